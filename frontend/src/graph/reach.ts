import { at, type Wire } from './wire';

export type Direction = 'up' | 'down';

/** A mark for each node that data comes from (`up`) or gets to (`down`); the starts are marked. */
export function reach(wire: Wire, starts: Iterable<number>, direction: Direction): Uint8Array {
  const marks = new Uint8Array(wire.count);
  walk(wire, starts, direction, marks);
  return marks;
}

/** Nodes in the order a breadth-first walk meets them, and where it came from; -1 for the starts. */
function walk(wire: Wire, starts: Iterable<number>, direction: Direction, marks: Uint8Array) {
  const { start, edge } = direction === 'up' ? wire.into : wire.outOf;
  const end = direction === 'up' ? wire.source : wire.target;
  const came = new Int32Array(wire.count).fill(-1);
  const queue: number[] = [];
  for (const node of starts) {
    marks[node] = 1;
    queue.push(node);
  }
  for (let i = 0; i < queue.length; i++) {
    const node = at(queue, i);
    for (let j = at(start, node); j < at(start, node + 1); j++) {
      const other = at(end, at(edge, j));
      if (marks[other]) continue;
      marks[other] = 1;
      came[other] = node;
      queue.push(other);
    }
  }
  return came;
}

/** Marks of a shortest way of data between two sets of nodes, in whichever direction there is one. */
export function findPath(
  wire: Wire,
  from: readonly number[],
  to: readonly number[],
): Uint8Array | null {
  return pathDown(wire, from, to) ?? pathDown(wire, to, from);
}

function pathDown(wire: Wire, from: readonly number[], to: readonly number[]) {
  const seen = new Uint8Array(wire.count);
  const came = walk(wire, from, 'down', seen);
  const length = (node: number) => {
    let steps = 0;
    for (let one = node; one >= 0; one = at(came, one)) steps += 1;
    return steps;
  };
  const starts = new Set(from);
  const ends = to.filter((node) => seen[node] && !starts.has(node));
  if (!ends.length) return null;
  const nearest = ends.reduce((best, node) => (length(node) < length(best) ? node : best));
  const marks = new Uint8Array(wire.count);
  for (let one = nearest; one >= 0; one = at(came, one)) marks[one] = 1;
  return marks;
}
