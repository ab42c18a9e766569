import { at, FLAG, opOf, type Wire } from './wire';

/** How a node is shown: as a box, as a word in its users' boxes, or not at all. */
export const SHOWN = 0;
export const FOLDED = 1;
export const HIDDEN = 2;

export interface FoldOptions {
  /** Show what only saves, restores and initialises. */
  plumbing: boolean;
  /** Show constants, and how variables are read. */
  constants: boolean;
  /** Show what only orders others. */
  control: boolean;
}

/** Ops without inputs that say little as a box of their own. */
const SOURCES = new Set(['Const', 'VarHandleOp', 'Variable', 'VariableV2', 'AutoReloadVariable']);
/** Ops that only hand on a variable or constant. */
const PASSING = new Set(['ReadVariableOp', 'Identity']);

/**
 * Decides how each node is shown.
 *
 * Folded are constants, variables, arguments that carry them, and what only hands these on: all
 * that they need is folded, too, and some box has their word. Hidden is plumbing, with constants
 * that nothing else uses, and nodes that only order others. All is in one of the three.
 */
export function foldNodes(wire: Wire, options: FoldOptions): Uint8Array {
  const state = new Uint8Array(wire.count);
  if (!options.plumbing) hidePlumbing(wire, state, options.control);
  if (options.constants) return state;
  const { ops } = wire.payload;
  const isSource = ops.map((op) => SOURCES.has(op));
  const isPassing = ops.map((op) => PASSING.has(op));
  const { start, edge } = wire.outOf;
  const waiting = needs(wire);
  const queue: number[] = [];
  const captured = capturesOf(wire);
  for (let node = 0; node < wire.count; node++) {
    const isOne = isSource[at(wire.op, node)] && !at(waiting, node);
    if ((isOne || captured.has(node)) && mayFold(wire, node, state)) queue.push(node);
  }
  while (queue.length) {
    const node = queue.pop() ?? 0;
    state[node] = FOLDED;
    for (let i = at(start, node); i < at(start, node + 1); i++) {
      const user = at(wire.target, at(edge, i));
      waiting[user] = at(waiting, user) - 1;
      if (!at(waiting, user) && isPassing[at(wire.op, user)] && mayFold(wire, user, state)) {
        queue.push(user);
      }
    }
  }
  hideUnused(wire, state);
  return state;
}

/**
 * Arguments that carry a variable, or something that one node alone uses; where a signature tells
 * what is asked for, all others: tensors that the function brought along.
 */
function capturesOf(wire: Wire): Set<number> {
  const { inputs, variables } = wire.payload;
  const keyed = inputs.filter((input) => input.key);
  const asked = new Set((keyed.length ? keyed : inputs).map((input) => input.node));
  const captured = new Set<number>();
  const input = wire.payload.ops.indexOf('Input');
  for (let node = 0; node < wire.count; node++) {
    if (at(wire.op, node) !== input || asked.has(node)) continue;
    if (keyed.length || outDegree(wire, node) === 1) captured.add(node);
  }
  for (const node of variables.node) if (opOf(wire, node) === 'Input') captured.add(node);
  return captured;
}

function outDegree(wire: Wire, node: number): number {
  return at(wire.outOf.start, node + 1) - at(wire.outOf.start, node);
}

/** Inputs of each node. */
function needs(wire: Wire): Int32Array {
  const { start } = wire.into;
  const count = new Int32Array(wire.count);
  for (let node = 0; node < wire.count; node++) count[node] = at(start, node + 1) - at(start, node);
  return count;
}

function mayFold(wire: Wire, node: number, state: Uint8Array): boolean {
  return state[node] === SHOWN && outDegree(wire, node) > 0 && !feedsResult(wire, node);
}

/** What goes straight out of the graph stays, or a result would come from nowhere. */
function feedsResult(wire: Wire, node: number): boolean {
  const { start, edge } = wire.outOf;
  for (let i = at(start, node); i < at(start, node + 1); i++) {
    if (opOf(wire, at(wire.target, at(edge, i))) === 'Output') return true;
  }
  return false;
}

function hidePlumbing(wire: Wire, state: Uint8Array, keepOrder: boolean) {
  for (let node = 0; node < wire.count; node++) {
    const isAlone =
      !outDegree(wire, node) && at(wire.into.start, node) === at(wire.into.start, node + 1);
    const onlyOrders = !keepOrder && isAlone && opOf(wire, node) === 'NoOp';
    if (at(wire.flags, node) & FLAG.plumbing || onlyOrders) state[node] = HIDDEN;
  }
}

/** From the last to the first: what is folded into nothing that is seen is hidden with that. */
function hideUnused(wire: Wire, state: Uint8Array) {
  const queue: number[] = [];
  const users = new Int32Array(wire.count);
  for (let edge = 0; edge < wire.source.length; edge++) {
    const source = at(wire.source, edge);
    if (state[at(wire.target, edge)] !== HIDDEN) users[source] = at(users, source) + 1;
  }
  for (let node = 0; node < wire.count; node++) {
    if (state[node] === FOLDED && !at(users, node)) queue.push(node);
  }
  while (queue.length) {
    const node = queue.pop() ?? 0;
    state[node] = HIDDEN;
    const { start, edge } = wire.into;
    for (let i = at(start, node); i < at(start, node + 1); i++) {
      const source = at(wire.source, at(edge, i));
      users[source] = at(users, source) - 1;
      if (state[source] === FOLDED && !at(users, source)) queue.push(source);
    }
  }
}

/** Nodes that are folded into one: those it reads, and those that these hand on. */
export function foldedInto(wire: Wire, state: Uint8Array, node: number): number[] {
  const found = new Set<number>();
  const queue = [node];
  while (queue.length) {
    const one = queue.pop() ?? 0;
    const { start, edge } = wire.into;
    for (let i = at(start, one); i < at(start, one + 1); i++) {
      const source = at(wire.source, at(edge, i));
      if (state[source] !== FOLDED || found.has(source)) continue;
      found.add(source);
      queue.push(source);
    }
  }
  return [...found];
}
