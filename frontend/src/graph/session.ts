import type { GraphAttributesPayload, GraphPayload } from '../api/types';
import { formatShape, visibleName } from '../model/format';
import {
  type Colouring,
  type Colours,
  colourAmount,
  colourNodes,
  isAmount,
  isTarget,
  joinSlots,
  type Support,
} from './colour';
import { drawControl } from './control';
import { type Description, describeBox, faceOf } from './describe';
import { Drawing, type DrawingOptions } from './drawing';
import { findUnit, isScope, unitPath } from './hierarchy';
import { Layouts } from './layered';
import { type Direction, findPath, reach } from './reach';
import { BOX, type Scene, SceneBuilder } from './scene';
import { GraphSearch } from './search';
import { type Summary, summarise } from './summary';
import { at, nodeName, readWire, type Wire } from './wire';

export interface Options extends DrawingOptions {
  colouring: Colouring;
  /** What the target makes of ops that is coloured by; empty for other colourings. */
  support: Support;
  /** Only these nodes: what a highlight marked. */
  isolated: boolean;
}

export const USUAL: Options = {
  plumbing: false,
  constants: false,
  control: false,
  bundling: true,
  colouring: 'op',
  support: new Map(),
  isolated: false,
};

/** What is known of a graph when it is loaded. */
export interface GraphInfo {
  title: string;
  nodes: number;
  edges: number;
  control: number;
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
  /** Where colours are amounts, the largest one of a box. */
  most: number;
  /** Of each box: whether it is, or holds, what is highlighted; null where nothing is. */
  marks: Uint8Array | null;
  /** Nodes that are highlighted. */
  marked: number;
  /** Nodes without a box: folded into others, and hidden. */
  folded: number;
  hidden: number;
  /** Control edges that have no line since there are too many. */
  undrawn: number;
  /** Place of the box that was asked for, or -1. */
  selected: number;
}

export type Highlight = Direction | 'path';

/** Boxes that opening many stops at. */
const MOST_OPEN = 2500;
/** A scope with more inside is not opened by itself. */
const MOST_AT_FIRST = 80;

/** An open graph: what is unfolded, highlighted, looked at. It answers the page, in a worker. */
export class Session {
  private readonly wire: Wire;
  private readonly layouts = new Layouts();
  private search: GraphSearch | undefined;
  private drawing: Drawing;
  private colours: Colours;
  private readonly open = new Set<number>();
  private root = 0;
  private marks: Uint8Array | null = null;

  constructor(
    payload: GraphPayload,
    private options: Options = USUAL,
  ) {
    this.wire = readWire(payload);
    this.drawing = new Drawing(this.wire, options, null);
    this.colours = colourNodes(this.wire, options.colouring, options.support);
    this.openFirst();
  }

  info(): GraphInfo {
    const { payload } = this.wire;
    const { hidden, notes, dangling } = payload;
    const lost = dangling.count ? [`Such inputs are: ${dangling.examples.join(', ')}`] : [];
    return {
      title: payload.title,
      nodes: hidden.count.reduce((sum, one) => sum + one - 1, this.wire.count),
      edges: this.wire.source.length,
      control: payload.control.source.length,
      types: payload.types.map(({ shape }) => (shape?.length ? formatShape(shape) : '')),
      notes: [...notes, ...lost],
      partial: payload.partial,
    };
  }

  /** Shows the inside of a scope, and within it what `selected` names. */
  show(scope: string, selected: string): Shown {
    const { hierarchy } = this.drawing;
    this.root = scope ? Math.max(0, findUnit(hierarchy, scope)) : 0;
    if (!isScope(hierarchy, this.root)) this.root = at(hierarchy.parent, this.root);
    const unit = selected ? this.drawing.find(selected) : -1;
    return this.draw(unit > 0 ? this.reveal(unit) : -1);
  }

  toggle(box: number): Shown {
    if (!this.open.delete(box)) this.open.add(box);
    return this.draw(box);
  }

  /**
   * Opens what is closed, level by level, while the picture stays small enough.
   *
   * @param most Nodes in a box that is still opened.
   */
  openAll(most: number): Shown {
    const { plans } = this.drawing;
    let level = [this.root];
    for (let boxes = 0; level.length; ) {
      const next: number[] = [];
      for (const box of level) {
        for (const one of plans.plan(box).boxes) next.push(one);
        if (boxes + next.length > MOST_OPEN && box !== this.root) return this.draw(-1);
      }
      boxes += next.length;
      for (const box of level) this.open.add(box);
      level = next.filter((box) => this.mayOpen(box, most));
    }
    return this.draw(-1);
  }

  /** A larger one that is open stays so, and what is in it is looked at. */
  private mayOpen(box: number, most: number): boolean {
    const { drawing } = this;
    if (!drawing.plans.isOpenable(box)) return false;
    return this.open.has(box) || drawing.count(box) <= most;
  }

  closeAll(): Shown {
    this.open.clear();
    return this.draw(-1);
  }

  /** Shows a node wherever it is: its box, or the box it is folded into. */
  showNode(node: number): Shown {
    const unit = this.drawing.homeOf(node);
    return this.draw(unit > 0 ? this.reveal(unit) : -1);
  }

  /** Changes what is shown of the graph; what is open stays open, and `selected` names a box. */
  configure(options: Options, selected = ''): Shown {
    const { hierarchy } = this.drawing;
    // Names outlive units and bundles.
    const open = [...this.open].filter((box) => box < hierarchy.count);
    const entries = open.map((box) => at(hierarchy.entry, box));
    const root = at(hierarchy.entry, this.root);
    this.options = options;
    this.drawing = new Drawing(this.wire, options, options.isolated ? this.marks : null);
    this.colours = colourNodes(this.wire, options.colouring, options.support);
    const { unitOfEntry } = this.drawing.hierarchy;
    this.open.clear();
    for (const entry of entries) this.open.add(at(unitOfEntry, entry));
    this.root = Math.max(0, at(unitOfEntry, root));
    return this.draw(selected ? this.drawing.find(selected) : -1);
  }

  /** Names of nodes, by the numbers the server has for them. */
  names(numbers: readonly number[]): string[] {
    const { number } = this.wire.payload.nodes;
    return numbers.map((one) => nodeName(this.wire, number.length ? number.indexOf(one) : one));
  }

  /** Sums by scope and op. */
  summary(): Summary {
    return summarise(this.wire);
  }

  /** Numbers of nodes for a search, or what is wrong with it. */
  seek(query: string): Int32Array | string {
    this.search ??= new GraphSearch(this.wire);
    return this.search.find(query);
  }

  /** Takes what the server says of all nodes' attributes, for searches that look at these. */
  learn(attributes: GraphAttributesPayload) {
    this.search ??= new GraphSearch(this.wire);
    this.search.learn(attributes);
  }

  /** Marks where the data of a box comes from or goes to, or the way to another; none ends it. */
  highlight(kind: Highlight | 'none', box: number, other: number): Shown {
    const { drawing, wire } = this;
    if (kind === 'none') this.marks = null;
    else if (kind === 'path')
      this.marks = findPath(wire, drawing.nodesOf(box), drawing.nodesOf(other));
    else this.marks = reach(wire, drawing.nodesOf(box), kind);
    return this.draw(box);
  }

  describe(box: number): Description {
    return describeBox(this.drawing, box);
  }

  /** Opens the scope that half of the graph is in, and the one in that. */
  private openFirst() {
    const { drawing } = this;
    const { plans } = drawing;
    for (let box = 0; ; ) {
      const half = drawing.count(box) / 2;
      const main = plans
        .plan(box)
        .boxes.find((one) => plans.isOpenable(one) && drawing.count(one) >= half);
      if (main === undefined || plans.isBundle(main)) return;
      if (plans.plan(main).boxes.length > MOST_AT_FIRST) return;
      this.open.add(main);
      box = main;
    }
  }

  /** Opens all around a box, so that it is seen. */
  private reveal(box: number): number {
    const around = this.drawing.plans.around(box);
    if (!around.includes(this.root)) this.root = 0;
    for (const one of around) this.open.add(one);
    return box;
  }

  private draw(selected: number): Shown {
    const { drawing, options } = this;
    const isOpen = (box: number) => this.open.has(box);
    const builder = new SceneBuilder(drawing.plans, this.layouts, isOpen, (box) => ({
      ...faceOf(drawing, box),
      colour: this.commonColour(box),
    }));
    const scene = builder.build(this.root);
    const undrawn = options.control ? drawControl(drawing, scene) : 0;
    return {
      scene,
      crumbs: this.crumbs(),
      legend: this.colours.legend,
      most: this.colourAmounts(scene),
      marks: this.marks && Uint8Array.from(scene.box, (box) => this.isMarked(box)),
      marked: this.marks?.reduce((sum, mark) => sum + mark, 0) ?? 0,
      folded: drawing.folded,
      hidden: drawing.hidden,
      undrawn,
      selected: scene.box.indexOf(selected),
    };
  }

  /** Colours boxes by how much they have beside the one that has most; that is returned. */
  private colourAmounts(scene: Scene): number {
    const { colouring } = this.options;
    if (!isAmount(colouring)) return 0;
    const amounts = Float64Array.from(scene.box, (box, place) =>
      at(scene.kind, place) & BOX.open ? 0 : this.drawing.total(box, colouring),
    );
    const most = amounts.reduce((a, b) => Math.max(a, b), 0);
    scene.colour = Uint8Array.from(amounts, (amount) => colourAmount(amount, most));
    return most;
  }

  private crumbs(): Crumb[] {
    const { hierarchy, plans } = this.drawing;
    const crumbs: Crumb[] = [];
    for (let unit = this.root; unit > 0; unit = at(hierarchy.parent, unit)) {
      const label = visibleName(plans.label(unit));
      crumbs.push({ label, path: unitPath(hierarchy, unit) });
    }
    return crumbs.reverse();
  }

  private commonColour(box: number): number {
    const { slot } = this.colours;
    const { colouring } = this.options;
    let common = -1;
    for (const node of this.drawing.nodesWithin(box)) {
      common = common < 0 ? at(slot, node) : joinSlots(colouring, common, at(slot, node));
      if (!common && !isTarget(colouring)) return 0;
    }
    return Math.max(0, common);
  }

  private isMarked(box: number): number {
    for (const node of this.drawing.nodesWithin(box)) if (this.marks?.[node]) return 1;
    return 0;
  }
}
