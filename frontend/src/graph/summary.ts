import { addFamilies, type Names } from './families';
import { at, FLAG, opOf, pathOf, type Wire } from './wire';

/** An op of a graph, or a class of layers: nodes, and what they add up to. */
export interface OpSum {
  name: string;
  count: number;
  parameters: number;
  flops: number;
  /** Nodes whose operations are unknown. */
  unknown: number;
}

/** Sums of a scope over all that it holds, as columns of rows. */
export const MEASURES = ['nodes', 'parameters', 'nbytes', 'flops', 'unknown'] as const;
export type Measure = (typeof MEASURES)[number];

/**
 * The scopes of a graph, and the families of names in them, each before those in it; row 0 is all
 * of it.
 *
 * A node that is no scope has a row if it costs something; one that only reads a variable is told
 * with its scope. A scope with nothing but another one in it is joined with that.
 */
export interface Summary extends Record<Measure, Float64Array> {
  /** Row around each; -1 of the first. */
  parent: Int32Array;
  /** The parts of the name that the scope around does not have. */
  label: string[];
  /** The whole name. */
  path: string[];
  /** Op of the node of that name; empty of a mere scope. */
  op: string[];
  ops: OpSum[];
  isLayers: boolean;
}

/** What only hands on a variable: it is not what costs something. */
const PASSING = /^(ReadVariableOp|Identity|Cast)$/;

/** Plumbing, arguments and results count for nothing. Cost: all names and nodes, once. */
export function summarise(wire: Wire): Summary {
  const sums = new Sums(wire);
  sums.addNodes();
  sums.addVariables();
  sums.addUp();
  return { ...sums.rows(), ops: sums.countOps(), isLayers: wire.payload.kind === 'layers' };
}

class Sums {
  private readonly size: number;
  private readonly names: Names;
  /** Entries of the names, each behind the scope or family that it is in. */
  private readonly order: ArrayLike<number> & Iterable<number>;
  private readonly columns: Record<Measure, Float64Array>;
  /** Node of each name, or -1. */
  private readonly node: Int32Array;
  private readonly parametersOf = new Map<number, number>();

  constructor(private readonly wire: Wire) {
    this.names = addFamilies(wire);
    this.size = this.names.leaf.length;
    this.order = orderOf(this.names);
    this.columns = columnsOf(this.size);
    this.node = new Int32Array(this.size).fill(-1);
  }

  addNodes() {
    const { wire, columns } = this;
    const { hidden, costs } = wire.payload;
    const inside = new Map(hidden.node.map((node, i) => [node, hidden.count[i] ?? 1]));
    for (let node = 0; node < wire.count; node++) {
      if (!this.counts(node)) continue;
      const entry = at(wire.name, node);
      const flops = costs.flops[node];
      this.node[entry] = node;
      add(columns.nodes, entry, inside.get(node) ?? 1);
      add(columns.flops, entry, flops ?? 0);
      add(columns.unknown, entry, flops === null ? 1 : 0);
    }
  }

  /** To the first node that reads each, so that sums count a variable once. */
  addVariables() {
    const { wire, columns } = this;
    const { costs } = wire.payload;
    for (const [i, node] of costs.parameter_node.entries()) {
      const entry = at(wire.name, node);
      add(columns.parameters, entry, at(costs.parameters, i));
      add(columns.nbytes, entry, at(costs.nbytes, i));
      this.parametersOf.set(node, at(costs.parameters, i));
    }
  }

  addUp() {
    const { above } = this.names;
    for (const column of Object.values(this.columns)) {
      for (let place = this.size - 1; place > 0; place--) {
        const entry = at(this.order, place);
        add(column, at(above, entry), at(column, entry));
      }
    }
  }

  rows() {
    const { entries, parents, labels } = this.number();
    const columns = columnsOf(entries.length);
    for (const name of MEASURES) {
      for (const [row, entry] of entries.entries()) {
        columns[name][row] = at(this.columns[name], entry);
      }
    }
    const op = entries.map((entry) => {
      const node = at(this.node, entry);
      return node < 0 ? '' : opOf(this.wire, node);
    });
    const path = entries.map((entry) => pathOf(this.names, entry));
    return { ...columns, parent: Int32Array.from(parents), label: labels, path, op };
  }

  /** Gives names their rows, in their order. */
  private number() {
    const { leaf, above: around, own } = this.names;
    const { told, below, last } = this.choose();
    const rowOf = new Int32Array(this.size).fill(-1);
    const prefix = new Map<number, string>();
    const [entries, parents, labels] = [[0], [-1], ['']];
    rowOf[0] = 0;
    for (const entry of this.order) {
      if (!entry) continue;
      const above = at(around, entry);
      if (!told[entry] || at(rowOf, above) < 0) continue;
      const label = (prefix.get(above) ?? '') + (leaf[entry] ?? '');
      if (at(below, entry) === 1 && this.isSame(entry, at(last, entry))) {
        rowOf[entry] = at(rowOf, above);
        prefix.set(entry, entry < own ? `${label}/` : '');
        continue;
      }
      rowOf[entry] = entries.length;
      entries.push(entry);
      parents.push(at(rowOf, above));
      labels.push(label);
    }
    return { entries, parents, labels };
  }

  countOps(): OpSum[] {
    const { wire } = this;
    const found = new Map<string, OpSum>();
    for (let node = 0; node < wire.count; node++) {
      if (!this.counts(node) || at(wire.flags, node) & FLAG.hidden) continue;
      const name = opOf(wire, node);
      const sum = found.get(name) ?? { name, count: 0, parameters: 0, flops: 0, unknown: 0 };
      const flops = wire.payload.costs.flops[node];
      sum.count += 1;
      sum.parameters += this.parametersOf.get(node) ?? 0;
      sum.flops += flops ?? 0;
      sum.unknown += flops === null ? 1 : 0;
      found.set(name, sum);
    }
    return [...found.values()].sort((a, b) => b.count - a.count);
  }

  private counts(node: number): boolean {
    return !(at(this.wire.flags, node) & (FLAG.boundary | FLAG.plumbing | FLAG.outside));
  }

  /** Which names have a row, how many of these are right below each, and one of them. */
  private choose() {
    const told = new Uint8Array(this.size);
    const [below, last] = [new Int32Array(this.size), new Int32Array(this.size)];
    for (let entry = this.size - 1; entry > 0; entry--) {
      if (!this.isTold(entry)) continue;
      const above = at(this.names.above, entry);
      told[entry] = 1;
      last[above] = entry;
      add(below, above, 1);
    }
    return { told, below, last };
  }

  private isTold(entry: number): boolean {
    const { nodes, parameters, nbytes, flops, unknown } = this.columns;
    const node = at(this.node, entry);
    if (node < 0) return at(nodes, entry) + at(parameters, entry) > 0;
    if (this.wire.payload.kind === 'layers') return true;
    if (at(this.wire.flags, node) & FLAG.hidden) return true;
    const work = at(flops, entry) + at(unknown, entry);
    const isInScope = at(this.names.parent, entry) > 0;
    if (!work && isInScope && PASSING.test(opOf(this.wire, node))) return false;
    return work + at(parameters, entry) + at(nbytes, entry) > 0;
  }

  /** Whether a scope is no more than the one name in it. */
  private isSame(scope: number, inner: number): boolean {
    const { nodes, parameters } = this.columns;
    if (at(this.node, scope) >= 0 || at(nodes, scope) !== at(nodes, inner)) return false;
    return at(parameters, scope) === at(parameters, inner);
  }
}

/** In the order of the file; a family stands before the first name that is in it. */
function orderOf(names: Names): number[] {
  const { above, own, leaf } = names;
  const first = Int32Array.from(leaf, (_, entry) => entry).fill(leaf.length, own);
  for (let entry = 1; entry < own; entry++) {
    for (let one = at(above, entry); one >= own; one = at(above, one)) {
      first[one] = Math.min(at(first, one), entry);
    }
  }
  const isFamily = (entry: number) => Number(entry >= own);
  return leaf
    .map((_, entry) => entry)
    .sort((a, b) => at(first, a) - at(first, b) || isFamily(b) - isFamily(a) || a - b);
}

function columnsOf(size: number): Record<Measure, Float64Array> {
  const column = () => new Float64Array(size);
  return {
    nodes: column(),
    parameters: column(),
    nbytes: column(),
    flops: column(),
    unknown: column(),
  };
}

function add(column: Float64Array | Int32Array, place: number, amount: number) {
  column[place] = at(column, place) + amount;
}
