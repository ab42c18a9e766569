import { FOLDED, type FoldOptions, foldedInto, foldNodes, HIDDEN, SHOWN } from './fold';
import { buildHierarchy, findUnit, type Hierarchy } from './hierarchy';
import { Plans } from './plans';
import { at, nodeName, type Wire } from './wire';

export interface DrawingOptions extends FoldOptions {
  /** Draw what repeats as one box. */
  bundling: boolean;
}

/** What boxes have sums of; `unknown` counts nodes whose operations are. */
export type Amount = 'nodes' | 'parameters' | 'bytes' | 'flops' | 'unknown';

/** A variable that a box reads, and its tensor's key if that is known. */
export interface Read {
  name: string;
  key: string | null;
}

/** A graph with one choice of what is seen of it: which nodes have boxes, and in which scopes. */
export class Drawing {
  /** How each node is shown. */
  readonly state: Uint8Array;
  readonly folded: number;
  readonly hidden: number;
  readonly hierarchy: Hierarchy;
  readonly plans: Plans;
  /** By unit, over all units before it: a scope has the difference of two. Made when asked for. */
  private readonly sums: Partial<Record<Amount, Float64Array>> = {};
  /** Places in the columns of variables, by the node that stands for them. */
  private readonly variables = new Map<number, number[]>();

  /** @param only Marks of the nodes to show; null for all. Cost: all nodes and edges. */
  constructor(
    readonly wire: Wire,
    options: DrawingOptions,
    only: Uint8Array | null,
  ) {
    const state = foldNodes(wire, options);
    const count = (wanted: number) => state.reduce((sum, one) => sum + Number(one === wanted), 0);
    this.state = state;
    this.folded = count(FOLDED);
    this.hidden = count(HIDDEN);
    const isShown = (node: number) => state[node] === SHOWN && (!only || only[node] === 1);
    this.hierarchy = buildHierarchy(wire, isShown);
    this.plans = new Plans(this.hierarchy, options.bundling);
    for (const [i, node] of wire.payload.variables.node.entries()) {
      const known = this.variables.get(node);
      if (known) known.push(i);
      else this.variables.set(node, [i]);
    }
  }

  /** The unit that a name's node has, or is folded into; -1 for none. */
  find(path: string): number {
    const unit = findUnit(this.hierarchy, path);
    if (unit > 0) return unit;
    for (let node = 0; node < this.wire.count; node++) {
      if (this.state[node] !== SHOWN && nodeName(this.wire, node) === path)
        return this.homeOf(node);
    }
    return -1;
  }

  /** The unit whose box shows a node, or that it is folded into; -1 for hidden ones. */
  homeOf(node: number): number {
    const { wire, hierarchy } = this;
    const own = at(hierarchy.unitOfNode, node);
    if (own >= 0 || this.state[node] !== FOLDED) return own;
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

  *nodesWithin(box: number): Generator<number> {
    const { node, end } = this.hierarchy;
    for (const unit of this.plans.units(box)) {
      for (let one = unit; one < at(end, unit); one++) if (at(node, one) >= 0) yield at(node, one);
    }
  }

  nodesOf(box: number): number[] {
    return [...this.nodesWithin(box)];
  }

  /** Nodes that are folded into one. */
  foldedInto(node: number): number[] {
    return foldedInto(this.wire, this.state, node);
  }

  variablesOf(node: number, folded: readonly number[]): Read[] {
    const { variables } = this.wire.payload;
    return [node, ...folded].flatMap((one) => {
      return (this.variables.get(one) ?? []).map((place) => ({
        name: variables.name[place] ?? '',
        key: variables.key[place] ?? null,
      }));
    });
  }

  total(box: number, amount: Amount): number {
    this.sums[amount] ??= this.sum(amount);
    const sums = this.sums[amount];
    let total = 0;
    for (const unit of this.plans.units(box)) {
      total += at(sums, at(this.hierarchy.end, unit)) - at(sums, unit);
    }
    return total;
  }

  count(box: number): number {
    return this.total(box, 'nodes');
  }

  private sum(amount: Amount): Float64Array {
    const { count, unitOfNode } = this.hierarchy;
    const sums = new Float64Array(count + 1);
    const isOfWeights = amount === 'parameters' || amount === 'bytes';
    this.addUp(amount, (node, value) => {
      const own = at(unitOfNode, node);
      const unit = own < 0 && isOfWeights ? this.homeOf(node) : own;
      if (unit >= 0) sums[unit + 1] = at(sums, unit + 1) + value;
    });
    for (let unit = 0; unit < count; unit++) sums[unit + 1] = at(sums, unit) + at(sums, unit + 1);
    return sums;
  }

  /** Calls `add` with what each node has of an amount. */
  private addUp(amount: Amount, add: (node: number, value: number) => void) {
    const { costs, hidden } = this.wire.payload;
    const { flops, parameter_node, parameters, nbytes } = costs;
    if (amount === 'parameters' || amount === 'bytes') {
      const values = amount === 'bytes' ? nbytes : parameters;
      for (const [i, node] of parameter_node.entries()) add(node, at(values, i));
      return;
    }
    for (let node = 0; node < this.wire.count; node++) {
      if (amount === 'nodes') add(node, 1);
      else if (amount === 'flops') add(node, flops[node] ?? 0);
      else add(node, flops[node] === null ? 1 : 0);
    }
    if (amount !== 'nodes') return;
    // What is not loaded counts as what it stands for.
    for (const [i, node] of hidden.node.entries()) add(node, at(hidden.count, i) - 1);
  }
}
