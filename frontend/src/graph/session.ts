import type { GraphPayload } from '../api/types';
import { formatQuantity, formatShape, visibleName } from '../model/format';
import { type Colouring, type Colours, colourAmount, colourNodes } from './colour';
import { FOLDED, type FoldOptions, foldedInto, foldNodes, HIDDEN, SHOWN } from './fold';
import { buildHierarchy, findUnit, type Hierarchy, isScope, unitPath } from './hierarchy';
import { Layouts } from './layered';
import { Plans } from './plans';
import { type Direction, findPath, reach } from './reach';
import { BOX, type Face, type Scene, SceneBuilder } from './scene';
import { GraphSearch } from './search';
import { at, FLAG, nodeName, opOf, readWire, type Wire } from './wire';

export interface Options extends FoldOptions {
  /** Draw what repeats as one box. */
  bundling: boolean;
  colouring: Colouring;
  /** Only these nodes: what a highlight marked. */
  isolated: boolean;
}

export const USUAL: Options = {
  plumbing: false,
  constants: false,
  bundling: true,
  colouring: 'op',
  isolated: false,
};

/** What is known of a graph when it is loaded. */
export interface GraphInfo {
  title: string;
  nodes: number;
  edges: number;
  /** Shapes of the types that lines refer to; empty for scalars and unknown ones. */
  types: string[];
  notes: string[];
  /** Nodes were left out: a scope's inside is a document of its own. */
  partial: boolean;
}

export interface Crumb {
  label: string;
  path: string;
}

/** A picture, and what belongs to it. */
export interface Shown {
  scene: Scene;
  crumbs: Crumb[];
  legend: Colours['legend'];
  /** Of each box: whether it is, or holds, what is highlighted; null where nothing is. */
  marks: Uint8Array | null;
  /** Nodes that are highlighted. */
  marked: number;
  /** Nodes without a box: folded into others, and hidden. */
  folded: number;
  hidden: number;
  /** Place of the box that was asked for, or -1. */
  selected: number;
}

/** What a box stands for. */
export interface Description {
  path: string;
  label: string;
  /** Number of `graph_node`; -1 for a scope or bundle. */
  node: number;
  isBundle: boolean;
  nodes: number;
  parameters: number;
  flops: number;
  /** Nodes whose operations are unknown. */
  unknown: number;
  ops: { name: string; count: number }[];
  /** What is folded into it. */
  folded: { node: number; name: string; op: string }[];
  variables: { name: string; key: string | null }[];
  calls: { role: string; function: string; known: boolean }[];
}

export type Highlight = Direction | 'path';

/** Boxes that "open all" stops at. */
const MOST_OPEN = 2500;
/** A scope with more inside is not opened by itself. */
const MOST_AT_FIRST = 60;

/** An open graph: what is unfolded, highlighted, looked at. It answers the page, in a worker. */
export class Session {
  private readonly wire: Wire;
  private readonly layouts = new Layouts();
  /** Places in the columns of variables, by the node that stands for them. */
  private readonly variables = new Map<number, number[]>();
  private search: GraphSearch | undefined;
  private state: Uint8Array = new Uint8Array();
  private folded = 0;
  private hidden = 0;
  private hierarchy: Hierarchy;
  private plans: Plans;
  private colours: Colours = { legend: [], slot: new Uint8Array() };
  private sums: Sums;
  private readonly open = new Set<number>();
  private root = 0;
  private scene: Scene | undefined;
  private marks: Uint8Array | null = null;

  constructor(
    payload: GraphPayload,
    private options: Options = USUAL,
  ) {
    this.wire = readWire(payload);
    for (const [i, node] of payload.variables.node.entries()) {
      this.variables.set(node, [...(this.variables.get(node) ?? []), i]);
    }
    this.hierarchy = this.build();
    this.plans = new Plans(this.hierarchy, options.bundling);
    this.sums = this.sum();
    this.openFirst();
  }

  info(): GraphInfo {
    const { payload } = this.wire;
    const { count, examples } = payload.dangling;
    const lost = count
      ? [`${formatQuantity(count, 'input')} of nodes that do not exist: ${examples.join(', ')}`]
      : [];
    return {
      title: payload.title,
      nodes: this.wire.count,
      edges: this.wire.source.length,
      types: payload.types.map(({ shape }) => (shape?.length ? formatShape(shape) : '')),
      notes: [...payload.notes, ...lost],
      partial: payload.partial,
    };
  }

  /** Shows the inside of a scope, and within it what `selected` names. */
  show(scope: string, selected: string): Shown {
    this.root = scope ? Math.max(0, findUnit(this.hierarchy, scope)) : 0;
    if (!isScope(this.hierarchy, this.root)) this.root = at(this.hierarchy.parent, this.root);
    const unit = selected ? this.find(selected) : -1;
    return this.draw(unit > 0 ? this.reveal(unit) : -1);
  }

  toggle(box: number): Shown {
    if (!this.open.delete(box)) this.open.add(box);
    return this.draw(box);
  }

  /** Opens what is closed, level by level, while the picture stays small enough. */
  openAll(): Shown {
    let level = [this.root];
    for (let boxes = 0; level.length; ) {
      const next: number[] = [];
      for (const box of level) {
        for (const one of this.plans.plan(box).boxes) next.push(one);
        if (boxes + next.length > MOST_OPEN && box !== this.root) return this.draw(-1);
      }
      boxes += next.length;
      for (const box of level) this.open.add(box);
      level = next.filter((box) => this.plans.isOpenable(box));
    }
    return this.draw(-1);
  }

  closeAll(): Shown {
    this.open.clear();
    return this.draw(-1);
  }

  /** Shows a node wherever it is: its box, or the box it is folded into. */
  showNode(node: number): Shown {
    const unit = this.homeOf(node);
    return this.draw(unit > 0 ? this.reveal(unit) : -1);
  }

  /** Changes what is shown of the graph; what is open stays open, and `selected` names a box. */
  configure(options: Options, selected = ''): Shown {
    const { open, root, hierarchy } = this;
    const paths = [...open]
      .filter((box) => box < hierarchy.count)
      .map((box) => unitPath(hierarchy, box));
    const rootPath = unitPath(hierarchy, root);
    this.options = options;
    this.hierarchy = this.build();
    this.plans = new Plans(this.hierarchy, options.bundling);
    this.sums = this.sum();
    this.open.clear();
    const units = unitsByPath(this.hierarchy, new Set([...paths, rootPath]));
    for (const path of paths) this.open.add(units.get(path) ?? 0);
    this.root = units.get(rootPath) ?? 0;
    return this.draw(selected ? this.find(selected) : -1);
  }

  find(path: string): number {
    const unit = findUnit(this.hierarchy, path);
    if (unit > 0) return unit;
    for (let node = 0; node < this.wire.count; node++) {
      if (this.state[node] !== SHOWN && nodeName(this.wire, node) === path)
        return this.homeOf(node);
    }
    return -1;
  }

  /** Names of nodes, by the numbers the server has for them. */
  names(numbers: readonly number[]): string[] {
    const { number } = this.wire.payload.nodes;
    return numbers.map((one) => nodeName(this.wire, number.length ? number.indexOf(one) : one));
  }

  /** Numbers of nodes for a search, or what is wrong with it. */
  seek(query: string): Int32Array | string {
    this.search ??= new GraphSearch(this.wire);
    return this.search.find(query);
  }

  /** Marks where the data of a box comes from or goes to, or the way to another; none ends it. */
  highlight(kind: Highlight | 'none', box: number, other: number): Shown {
    if (kind === 'none') this.marks = null;
    else if (kind === 'path')
      this.marks = findPath(this.wire, this.nodesOf(box), this.nodesOf(other));
    else this.marks = reach(this.wire, this.nodesOf(box), kind);
    return this.draw(box);
  }

  describe(box: number): Description {
    const { wire, hierarchy, plans } = this;
    const units = plans.units(box);
    const unit = units[0] ?? 0;
    const node = plans.isBundle(box) ? -1 : at(hierarchy.node, unit);
    const folded = node < 0 ? [] : foldedInto(wire, this.state, node);
    const { payload } = wire;
    return {
      path: plans.isBundle(box)
        ? unitPath(hierarchy, plans.parent(box))
        : unitPath(hierarchy, unit),
      label: plans.label(box),
      node: node < 0 ? -1 : (payload.nodes.number[node] ?? node),
      isBundle: plans.isBundle(box),
      nodes: this.count(box),
      parameters: this.total(box, this.sums.parameters),
      flops: this.total(box, this.sums.flops),
      unknown: this.total(box, this.sums.unknown),
      ops: this.countOps(box),
      folded: folded.map((one) => ({ node: one, name: nodeName(wire, one), op: opOf(wire, one) })),
      variables: this.variablesOf(node, folded),
      calls: payload.calls.node.flatMap((caller, i) => {
        if (caller !== node) return [];
        const called = payload.functions[payload.calls.function[i] ?? -1] ?? '';
        const [role = '', known = false] = [payload.calls.role[i], payload.calls.known[i]];
        return [{ role, function: called, known }];
      }),
    };
  }

  private build(): Hierarchy {
    const { wire, options } = this;
    this.state = foldNodes(wire, options);
    const count = (wanted: number) =>
      this.state.reduce((sum, one) => sum + Number(one === wanted), 0);
    this.folded = count(FOLDED);
    this.hidden = count(HIDDEN);
    const marks = options.isolated ? this.marks : null;
    const isShown = (node: number) => this.state[node] === SHOWN && (!marks || marks[node] === 1);
    const { colouring } = options;
    const isAmount = colouring === 'parameters' || colouring === 'flops';
    this.colours = isAmount ? { legend: [], slot: new Uint8Array() } : colourNodes(wire, colouring);
    return buildHierarchy(wire, isShown);
  }

  /** Opens the scope that half of the graph is in, and the one in that. */
  private openFirst() {
    for (let box = 0; ; ) {
      const { boxes } = this.plans.plan(box);
      const half = this.count(box) / 2;
      const main = boxes.find((one) => this.plans.isOpenable(one) && this.count(one) >= half);
      if (main === undefined || this.plans.plan(main).boxes.length > MOST_AT_FIRST) return;
      if (this.plans.isBundle(main)) return;
      this.open.add(main);
      box = main;
    }
  }

  /** Opens all around a box, so that it is seen. */
  private reveal(box: number): number {
    const around = this.plans.around(box);
    if (!around.includes(this.root)) this.root = 0;
    for (const one of around) this.open.add(one);
    return box;
  }

  private draw(selected: number): Shown {
    const { plans, options } = this;
    const isOpen = (box: number) => this.open.has(box);
    const builder = new SceneBuilder(plans, this.layouts, isOpen, (box) => this.face(box));
    this.scene = builder.build(this.root);
    if (options.colouring === 'parameters' || options.colouring === 'flops') {
      this.colourAmounts(this.scene, this.sums[options.colouring]);
    }
    return {
      scene: this.scene,
      crumbs: this.crumbs(),
      legend: this.colours.legend,
      marks: this.marks && Uint8Array.from(this.scene.box, (box) => this.isMarked(box)),
      marked: this.marks?.reduce((sum, mark) => sum + mark, 0) ?? 0,
      folded: this.folded,
      hidden: this.hidden,
      selected: this.scene.box.indexOf(selected),
    };
  }

  private colourAmounts(scene: Scene, sums: Float64Array) {
    const amounts = Array.from(scene.box, (box, place) =>
      at(scene.kind, place) & BOX.open ? 0 : this.total(box, sums),
    );
    const most = amounts.reduce((a, b) => Math.max(a, b), 0);
    scene.colour = Uint8Array.from(amounts, (amount) => colourAmount(amount, most));
  }

  private crumbs(): Crumb[] {
    const crumbs: Crumb[] = [];
    for (let unit = this.root; unit > 0; unit = at(this.hierarchy.parent, unit)) {
      const label = visibleName(this.plans.label(unit));
      crumbs.push({ label, path: unitPath(this.hierarchy, unit) });
    }
    return crumbs.reverse();
  }

  private face(box: number): Face {
    const { plans, hierarchy } = this;
    const label = visibleName(plans.label(box));
    if (plans.isOpenable(box)) {
      const bundle = plans.isBundle(box) ? BOX.bundle : 0;
      const note = formatQuantity(this.count(box), 'node');
      return { label, note, kind: BOX.openable | bundle, colour: this.commonColour(box) };
    }
    const node = at(hierarchy.node, box);
    const flags = at(this.wire.flags, node);
    const kind =
      (flags & FLAG.boundary ? BOX.boundary : 0) |
      (flags & FLAG.calls ? BOX.calls : 0) |
      (flags & FLAG.custom ? BOX.custom : 0);
    return { label, note: this.nodeNote(node, label), kind, colour: this.commonColour(box) };
  }

  /** The op where the name does not tell it, and the variables that are read. */
  private nodeNote(node: number, label: string): string {
    const { hidden } = this.wire.payload;
    const place = hidden.node.indexOf(node);
    if (place >= 0) return `${formatQuantity(hidden.count[place] ?? 0, 'node')}, not loaded`;
    const op = opOf(this.wire, node);
    const last = label.slice(label.lastIndexOf('/') + 1).replace(/_\d+$/, '');
    const variables = this.variablesOf(node, foldedInto(this.wire, this.state, node));
    const names = variables.map(({ name }) => visibleName(name.slice(name.lastIndexOf('/') + 1)));
    const some = names.slice(0, 3).join(', ') + (names.length > 3 ? ` +${names.length - 3}` : '');
    return [last === op ? '' : op, some].filter(Boolean).join(' · ');
  }

  private variablesOf(node: number, folded: readonly number[]) {
    const { variables } = this.wire.payload;
    return [node, ...folded].flatMap((one) => {
      return (this.variables.get(one) ?? []).map((place) => ({
        name: variables.name[place] ?? '',
        key: variables.key[place] ?? null,
      }));
    });
  }

  private commonColour(box: number): number {
    const { slot } = this.colours;
    let common = -1;
    for (const node of this.nodesWithin(box)) {
      const one = at(slot, node);
      if (common >= 0 && one !== common) return 0;
      common = one;
    }
    return Math.max(0, common);
  }

  private *nodesWithin(box: number): Generator<number> {
    const { node, end } = this.hierarchy;
    for (const unit of this.plans.units(box)) {
      for (let one = unit; one < at(end, unit); one++) if (at(node, one) >= 0) yield at(node, one);
    }
  }

  private nodesOf(box: number): number[] {
    return [...this.nodesWithin(box)];
  }

  private isMarked(box: number): number {
    for (const node of this.nodesWithin(box)) if (this.marks?.[node]) return 1;
    return 0;
  }

  private countOps(box: number): { name: string; count: number }[] {
    const counts = new Map<string, number>();
    for (const node of this.nodesWithin(box)) {
      const op = opOf(this.wire, node);
      counts.set(op, (counts.get(op) ?? 0) + 1);
    }
    const ops = [...counts].map(([name, count]) => ({ name, count }));
    return ops.sort((a, b) => b.count - a.count);
  }

  /** The unit whose box shows a node, or that it is folded into; -1 for hidden ones. */
  private homeOf(node: number): number {
    const { wire, hierarchy } = this;
    const seen = new Set([node]);
    const queue = [node];
    for (let i = 0; i < queue.length; i++) {
      const one = at(queue, i);
      const unit = at(hierarchy.unitOfNode, one);
      if (unit >= 0) return unit;
      if (this.state[one] !== FOLDED) continue;
      for (let j = at(wire.outOf.start, one); j < at(wire.outOf.start, one + 1); j++) {
        const user = at(wire.target, at(wire.outOf.edge, j));
        if (!seen.has(user)) queue.push(user);
        seen.add(user);
      }
    }
    return -1;
  }

  private sum(): Sums {
    const { wire, hierarchy } = this;
    const { flops, parameter_node, parameters } = wire.payload.costs;
    const size = hierarchy.count + 1;
    const sums: Sums = {
      nodes: new Float64Array(size),
      parameters: new Float64Array(size),
      flops: new Float64Array(size),
      unknown: new Float64Array(size),
    };
    const add = (column: Float64Array, unit: number, amount: number) => {
      if (unit >= 0) column[unit + 1] = at(column, unit + 1) + amount;
    };
    for (let node = 0; node < wire.count; node++) {
      const unit = at(hierarchy.unitOfNode, node);
      add(sums.nodes, unit, 1);
      add(sums.flops, unit, flops[node] ?? 0);
      add(sums.unknown, unit, flops[node] === null ? 1 : 0);
    }
    for (const [i, node] of parameter_node.entries()) {
      add(sums.parameters, this.homeOf(node), at(parameters, i));
    }
    for (const column of Object.values(sums)) {
      for (let unit = 0; unit < hierarchy.count; unit++) {
        column[unit + 1] = at(column, unit) + at(column, unit + 1);
      }
    }
    return sums;
  }

  private total(box: number, sums: Float64Array): number {
    let total = 0;
    for (const unit of this.plans.units(box)) {
      total += at(sums, at(this.hierarchy.end, unit)) - at(sums, unit);
    }
    return total;
  }

  private count(box: number): number {
    return this.total(box, this.sums.nodes);
  }
}

/** Sums over units from the first on: a scope has the difference of two. */
interface Sums extends Record<string, Float64Array> {
  nodes: Float64Array;
  parameters: Float64Array;
  flops: Float64Array;
  unknown: Float64Array;
}

/** Units of many names in one go. */
function unitsByPath(h: Hierarchy, paths: ReadonlySet<string>): Map<string, number> {
  const found = new Map<string, number>();
  for (let unit = 0; unit < h.count; unit++) {
    const path = unitPath(h, unit);
    if (paths.has(path) && !found.has(path)) found.set(path, unit);
  }
  return found;
}
