import type { GraphPayload } from '../api/types';

/** What `flags` of a node add up from. */
export const FLAG = {
  boundary: 1,
  plumbing: 2,
  stateful: 4,
  calls: 8,
  reads: 16,
  custom: 32,
  hidden: 64,
  outside: 128,
} as const;

/** Edges by the node at one of their ends: those of `node` are `edge[start[node]…start[node + 1])`. */
export interface Adjacency {
  start: Int32Array;
  edge: Int32Array;
}

/** A graph as it came, in arrays; a node and an edge are places in them. */
export interface Wire {
  payload: GraphPayload;
  count: number;
  parent: Int32Array;
  leaf: readonly string[];
  name: Int32Array;
  op: Int32Array;
  device: Int32Array;
  flags: Int32Array;
  source: Int32Array;
  target: Int32Array;
  type: Int32Array;
  controlSource: Int32Array;
  controlTarget: Int32Array;
  into: Adjacency;
  outOf: Adjacency;
}

/**
 * Takes over a document.
 *
 * @throws Error where columns do not fit together: a sentence that says which.
 */
export function readWire(payload: GraphPayload): Wire {
  const { names, nodes, edges, control } = payload;
  const count = nodes.name.length;
  const parent = column('names.parent', names.parent, names.leaf.length, -1, names.leaf.length);
  for (let entry = 1; entry < parent.length; entry++) {
    const above = parent[entry] ?? -1;
    if (above < 0 || above >= entry) refuse('names.parent', entry, above);
  }
  const size = edges.source.length;
  const source = column('edges.source', edges.source, size, 0, count);
  const target = column('edges.target', edges.target, size, 0, count);
  return {
    payload,
    count,
    parent,
    leaf: names.leaf,
    name: column('nodes.name', nodes.name, count, 0, names.leaf.length),
    op: column('nodes.op', nodes.op, count, 0, payload.ops.length),
    device: column('nodes.device', nodes.device, count, 0, payload.devices.length),
    flags: column('nodes.flags', nodes.flags, count, 0, 256),
    source,
    target,
    type: column('edges.type', edges.type, size, -1, payload.types.length),
    controlSource: column('control.source', control.source, control.target.length, 0, count),
    controlTarget: column('control.target', control.target, control.target.length, 0, count),
    into: adjacencyOf(target, count),
    outOf: adjacencyOf(source, count),
  };
}

function column(name: string, from: readonly number[], size: number, low: number, high: number) {
  if (from.length !== size) {
    throw new Error(`The graph's "${name}" has ${from.length} entries, not ${size}.`);
  }
  const values = new Int32Array(from);
  for (let place = 0; place < size; place++) {
    const value = values[place] ?? 0;
    if (value < low || value >= high) refuse(name, place, value);
  }
  return values;
}

function refuse(name: string, place: number, value: number): never {
  throw new Error(`The graph's "${name}" has ${value} at ${place}, which is out of range.`);
}

/** Groups edges by one of their ends, in their order. */
export function adjacencyOf(end: Int32Array, count: number): Adjacency {
  const start = new Int32Array(count + 1);
  for (let edge = 0; edge < end.length; edge++) bump(start, (end[edge] ?? 0) + 1);
  for (let node = 0; node < count; node++) start[node + 1] = at(start, node + 1) + at(start, node);
  const next = start.slice();
  const edges = new Int32Array(end.length);
  for (let edge = 0; edge < end.length; edge++) {
    const node = end[edge] ?? 0;
    edges[at(next, node)] = edge;
    bump(next, node);
  }
  return { start, edge: edges };
}

/** An entry of an array; 0 outside of it. */
export function at(values: ArrayLike<number>, place: number): number {
  return values[place] ?? 0;
}

function bump(values: Int32Array, place: number) {
  values[place] = at(values, place) + 1;
}

/** The path of a name's entry, from the one below `above` on. */
export function pathOf(wire: Pick<Wire, 'parent' | 'leaf'>, entry: number, above = 0): string {
  const parts: string[] = [];
  for (let one = entry; one > 0 && one !== above; one = at(wire.parent, one)) {
    parts.push(wire.leaf[one] ?? '');
  }
  return parts.reverse().join('/');
}

export function nodeName(wire: Wire, node: number): string {
  return pathOf(wire, at(wire.name, node));
}

export function opOf(wire: Wire, node: number): string {
  return wire.payload.ops[at(wire.op, node)] ?? '';
}
