import { addFamilies, type Names } from './families';
import { at, pathOf, type Wire } from './wire';

/**
 * The nodes that are shown, in their scopes.
 *
 * A unit is a node or a scope. Units are numbered from the root (0) down, so that all below `unit`
 * are `unit + 1` up to `end[unit]`. A scope with nothing but one unit in it is that unit, with a
 * longer name; so an op whose parts are folded away (`BiasAdd/ReadVariableOp`) is its scope.
 */
export interface Hierarchy {
  wire: Wire;
  count: number;
  end: Int32Array;
  parent: Int32Array;
  /** -1 for a scope. */
  node: Int32Array;
  names: Names;
  /** Of the names. */
  entry: Int32Array;
  /** Equal for units that hold the same kinds of nodes. */
  kind: Int32Array;
  unitOfNode: Int32Array;
  unitOfEntry: Int32Array;
  /** For `liftEdges`: all -1 between its calls. */
  place: Int32Array;
}

/** @param isShown Whether a node has a box. Cost: all names and nodes, once. */
export function buildHierarchy(wire: Wire, isShown: (node: number) => boolean): Hierarchy {
  const names = addFamilies(wire);
  const entries = countEntries(wire, names, isShown);
  const most = entries.shown + names.leaf.length;
  const h: Hierarchy = {
    wire,
    names,
    count: 0,
    end: new Int32Array(most),
    parent: new Int32Array(most),
    node: new Int32Array(most),
    entry: new Int32Array(most),
    kind: new Int32Array(most),
    unitOfNode: new Int32Array(wire.count).fill(-1),
    unitOfEntry: new Int32Array(names.leaf.length).fill(-1),
    place: new Int32Array(most).fill(-1),
  };
  number(h, entries);
  nameKinds(h);
  return h;
}

interface Entries {
  shown: number;
  /** Nodes of a name, and of names below it. */
  own: Int32Array;
  /** First node of a name, and the next of the same one; -1 ends. */
  firstNode: Int32Array;
  nextNode: Int32Array;
  /** Names below one that hold nodes. */
  children: Int32Array;
  firstChild: Int32Array;
  nextChild: Int32Array;
}

function countEntries(wire: Wire, names: Names, isShown: (node: number) => boolean): Entries {
  const size = names.leaf.length;
  const none = () => new Int32Array(size).fill(-1);
  const entries: Entries = {
    shown: 0,
    own: new Int32Array(size),
    firstNode: none(),
    nextNode: new Int32Array(wire.count).fill(-1),
    children: new Int32Array(size),
    firstChild: none(),
    nextChild: none(),
  };
  for (let node = wire.count - 1; node >= 0; node--) {
    if (!isShown(node)) continue;
    const entry = at(wire.name, node);
    entries.nextNode[node] = at(entries.firstNode, entry);
    entries.firstNode[entry] = node;
    entries.own[entry] = at(entries.own, entry) + 1;
    entries.shown += 1;
  }
  for (let entry = names.own - 1; entry > 0; entry--) {
    if (at(entries.own, entry) || at(entries.children, entry)) join(entries, names, entry);
  }
  return entries;
}

/** Puts an entry into what is around it; a family comes with the first of its members. */
function join(entries: Entries, names: Names, entry: number) {
  const above = at(names.above, entry);
  entries.children[above] = at(entries.children, above) + 1;
  entries.nextChild[entry] = at(entries.firstChild, above);
  entries.firstChild[above] = entry;
  if (above >= names.own && at(entries.children, above) === 1) join(entries, names, above);
}

function number(h: Hierarchy, entries: Entries) {
  // Entries to number, with the units that they are in; -1 where a unit ends.
  const stack = [0];
  const around = [-1];
  while (stack.length) {
    const entry = stack.pop() ?? 0;
    const parent = around.pop() ?? 0;
    if (entry < 0) {
      h.end[parent] = h.count;
      continue;
    }
    const kids = at(entries.children, entry);
    const own = at(entries.own, entry);
    if (entry && !kids && own === 1) {
      h.unitOfEntry[entry] = addUnit(h, entry, parent, at(entries.firstNode, entry));
      continue;
    }
    const isJoined = entry > 0 && kids === 1 && !own;
    const unit = isJoined ? parent : addUnit(h, entry, parent, -1);
    h.unitOfEntry[entry] = isJoined ? h.count : unit;
    if (!isJoined) {
      stack.push(-1);
      around.push(unit);
    }
    for (let node = at(entries.firstNode, entry); node >= 0; node = at(entries.nextNode, node)) {
      addUnit(h, entry, unit, node);
    }
    const first = stack.length;
    for (let one = at(entries.firstChild, entry); one >= 0; one = at(entries.nextChild, one)) {
      stack.push(one);
      around.push(unit);
    }
    reverseFrom(stack, first);
  }
}

function reverseFrom(values: number[], first: number) {
  for (let i = first, j = values.length - 1; i < j; i++, j--) {
    const value = at(values, i);
    values[i] = at(values, j);
    values[j] = value;
  }
}

function addUnit(h: Hierarchy, entry: number, parent: number, node: number): number {
  const unit = h.count++;
  h.entry[unit] = entry;
  h.parent[unit] = parent;
  h.node[unit] = node;
  h.end[unit] = unit + 1;
  if (node >= 0) h.unitOfNode[node] = unit;
  return unit;
}

/** Sums of what is inside, so that order does not matter. */
function nameKinds(h: Hierarchy) {
  const { wire, kind } = h;
  const { start } = wire.into;
  for (let unit = h.count - 1; unit >= 0; unit--) {
    const node = at(h.node, unit);
    const inputs = node >= 0 ? at(start, node + 1) - at(start, node) : 0;
    kind[unit] = node >= 0 ? mix(at(wire.op, node), inputs) : mix(at(kind, unit), 1 << 20);
    const parent = at(h.parent, unit);
    if (parent >= 0) kind[parent] = (at(kind, parent) + mix(at(kind, unit), 7)) | 0;
  }
}

/** A number that depends on both, and looks like none. */
export function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

export function isScope(h: Hierarchy, unit: number): boolean {
  return at(h.node, unit) < 0;
}

export function childrenOf(h: Hierarchy, unit: number): number[] {
  const children: number[] = [];
  for (let one = unit + 1; one < at(h.end, unit); one = at(h.end, one)) children.push(one);
  return children;
}

/** The parts of its name that its scope does not have. */
export function labelOf(h: Hierarchy, unit: number): string {
  const { names } = h;
  const entry = at(h.entry, unit);
  let above = at(h.entry, at(h.parent, unit));
  if (unit && entry === above) return names.leaf[entry] ?? '';
  if (above >= names.own) above = at(names.parent, above);
  return pathOf(names, entry, above);
}

export function unitPath(h: Hierarchy, unit: number): string {
  return pathOf(h.names, at(h.entry, unit));
}

/** The unit of a name, or -1. Cost: all names of one level for each part. */
export function findUnit(h: Hierarchy, path: string): number {
  for (let unit = 1; unit < h.count; unit++) {
    if (h.names.leaf[at(h.entry, unit)] === path.slice(path.lastIndexOf('/') + 1)) {
      if (unitPath(h, unit) === path) return unit;
    }
  }
  return findJoined(h, path);
}

/** A scope that is joined with the one thing in it has no unit of its own. */
function findJoined(h: Hierarchy, path: string): number {
  const last = path.slice(path.lastIndexOf('/') + 1);
  const entry = h.names.leaf.findIndex(
    (leaf, one) => leaf === last && at(h.unitOfEntry, one) >= 0 && pathOf(h.names, one) === path,
  );
  return entry > 0 ? at(h.unitOfEntry, entry) : -1;
}

/** Groups of units, and the edges between them; places `inlet` and `outlet` are all else. */
export interface Lifted {
  inlet: number;
  outlet: number;
  from: number[];
  to: number[];
  /** How many edges of the graph it stands for, and the type of the first. */
  count: number[];
  type: number[];
}

/** Lifts the edges of nodes to the groups they are in. Cost: the nodes in the groups. */
export function liftEdges(h: Hierarchy, groups: readonly (readonly number[])[]): Lifted {
  const { place } = h;
  for (const [group, units] of groups.entries()) {
    for (const unit of units) place.fill(group, unit, at(h.end, unit));
  }
  const size = groups.length;
  const lifted: Lifted = { inlet: size, outlet: size + 1, from: [], to: [], count: [], type: [] };
  const seen = new Map<number, number>();
  const add = (from: number, to: number, edge: number) => {
    const key = from * (size + 2) + to;
    const known = seen.get(key);
    if (known !== undefined) {
      lifted.count[known] = at(lifted.count, known) + 1;
      return;
    }
    seen.set(key, lifted.from.length);
    lifted.from.push(from);
    lifted.to.push(to);
    lifted.count.push(1);
    lifted.type.push(at(h.wire.type, edge));
  };
  const outside = { place, inlet: lifted.inlet, outlet: lifted.outlet, add };
  for (const [group, units] of groups.entries()) {
    for (const unit of units) {
      for (let one = unit; one < at(h.end, unit); one++) {
        if (at(h.node, one) >= 0) liftNode(h, at(h.node, one), group, outside);
      }
    }
  }
  for (const units of groups) for (const unit of units) place.fill(-1, unit, at(h.end, unit));
  return lifted;
}

interface Places {
  place: Int32Array;
  inlet: number;
  outlet: number;
  add: (from: number, to: number, edge: number) => void;
}

function liftNode(h: Hierarchy, node: number, group: number, places: Places) {
  const { wire, unitOfNode } = h;
  const { into, outOf } = wire;
  for (let i = at(into.start, node); i < at(into.start, node + 1); i++) {
    const edge = at(into.edge, i);
    const unit = at(unitOfNode, at(wire.source, edge));
    if (unit < 0) continue;
    const from = at(places.place, unit);
    if (from !== group) places.add(from < 0 ? places.inlet : from, group, edge);
  }
  for (let i = at(outOf.start, node); i < at(outOf.start, node + 1); i++) {
    const edge = at(outOf.edge, i);
    const unit = at(unitOfNode, at(wire.target, edge));
    if (unit >= 0 && at(places.place, unit) < 0) places.add(group, places.outlet, edge);
  }
}
