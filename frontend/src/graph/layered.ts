import { at } from './wire';

/** Boxes of one scope to lay out, in pixels. */
export interface Shape {
  width: Float32Array;
  height: Float32Array;
  /** Edges between places; all are below the number of boxes. */
  from: ArrayLike<number>;
  to: ArrayLike<number>;
  /** Places that stand above and below all others; -1 or none for nothing. */
  top?: number;
  bottom?: number;
}

export interface Layout {
  width: number;
  height: number;
  /** Corners of the boxes. */
  x: Float32Array;
  y: Float32Array;
  rank: Int32Array;
  /** Bends of edge `e`, down its way: `bends[start[e]…start[e + 1])`, x and y in turn. */
  start: Int32Array;
  bends: Float32Array;
}

export const GAP = { across: 18, down: 34, lane: 10, grid: 12 } as const;
/** More bends than that help nobody: such edges are drawn straight. */
const MOST_DUMMIES = 8000;
/** Times that all ranks are sorted, and how many boxes and bends may be sorted in all. */
const SWEEPS = 12;
const MOST_SORTED = 40_000;
const STRAIGHTEN = 6;

/**
 * Lays boxes out in ranks so that edges point down: cycles are broken, ranks are longest paths,
 * crossings are reduced by medians, and places found by pulling boxes to their neighbours. What has
 * no edges stands in a grid below. Cost: about linear in boxes and edges.
 */
export function layOut(shape: Shape): Layout {
  const net = makeNet(shape);
  order(net);
  place(net);
  return finish(net, shape);
}

/** Boxes with edges and the bends of long edges, as one layered graph. */
interface Net {
  boxes: number;
  count: number;
  width: Float32Array;
  x: Float32Array;
  rank: Int32Array;
  ranks: Int32Array[];
  up: List;
  down: List;
  /** Places of each edge's bends, down its way, and whether that was turned round. */
  chains: { bends: number[]; isTurned: boolean }[];
  isAlone: Uint8Array;
}

interface List {
  start: Int32Array;
  to: Int32Array;
}

function listOf(from: ArrayLike<number>, to: ArrayLike<number>, count: number): List {
  const start = new Int32Array(count + 1);
  for (let edge = 0; edge < from.length; edge++)
    start[at(from, edge) + 1] = at(start, at(from, edge) + 1) + 1;
  for (let one = 0; one < count; one++) start[one + 1] = at(start, one + 1) + at(start, one);
  const next = start.slice();
  const list = new Int32Array(from.length);
  for (let edge = 0; edge < from.length; edge++) {
    const one = at(from, edge);
    list[at(next, one)] = at(to, edge);
    next[one] = at(next, one) + 1;
  }
  return { start, to: list };
}

function makeNet(shape: Shape): Net {
  const boxes = shape.width.length;
  const turned = findBackEdges(boxes, shape.from, shape.to);
  const edges = shape.from.length;
  const head = new Int32Array(edges);
  const tail = new Int32Array(edges);
  for (let edge = 0; edge < edges; edge++) {
    head[edge] = at(turned[edge] ? shape.to : shape.from, edge);
    tail[edge] = at(turned[edge] ? shape.from : shape.to, edge);
  }
  const isAlone = new Uint8Array(boxes).fill(1);
  for (let edge = 0; edge < edges; edge++) {
    isAlone[at(head, edge)] = 0;
    isAlone[at(tail, edge)] = 0;
  }
  const rank = findRanks(boxes, head, tail, shape.top ?? -1);
  if (shape.bottom !== undefined && !isAlone[shape.bottom]) {
    rank[shape.bottom] = rank.reduce((most, one) => Math.max(most, one), 0);
  }
  return addBends({ boxes, head, tail, rank, turned, isAlone, width: shape.width });
}

interface Ranked {
  boxes: number;
  head: Int32Array;
  tail: Int32Array;
  rank: Int32Array;
  turned: Uint8Array;
  isAlone: Uint8Array;
  width: Float32Array;
}

function addBends(ranked: Ranked): Net {
  const { boxes, head, tail, rank, isAlone } = ranked;
  let dummies = 0;
  for (let edge = 0; edge < head.length; edge++) {
    dummies += Math.max(0, at(rank, at(tail, edge)) - at(rank, at(head, edge)) - 1);
  }
  const longest = dummies > MOST_DUMMIES ? 1 : Number.POSITIVE_INFINITY;
  const ranks: number[] = [...rank];
  const [from, to]: [number[], number[]] = [[], []];
  const chains: Net['chains'] = [];
  for (let edge = 0; edge < head.length; edge++) {
    const [first, last] = [at(head, edge), at(tail, edge)];
    const bends: number[] = [];
    let one = first;
    const span = at(rank, last) - at(rank, first);
    for (let step = 1; step < span && span <= longest; step++) {
      bends.push(ranks.length);
      from.push(one);
      to.push(ranks.length);
      one = ranks.length;
      ranks.push(at(rank, first) + step);
    }
    from.push(one);
    to.push(last);
    chains.push({ bends, isTurned: ranked.turned[edge] === 1 });
  }
  const count = ranks.length;
  const width = new Float32Array(count).fill(2);
  width.set(ranked.width);
  return {
    boxes,
    count,
    width,
    x: new Float32Array(count),
    rank: Int32Array.from(ranks),
    ranks: groupByRank(ranks, isAlone),
    up: listOf(to, from, count),
    down: listOf(from, to, count),
    chains,
    isAlone,
  };
}

function groupByRank(rank: readonly number[], isAlone: Uint8Array): Int32Array[] {
  const lists: number[][] = [];
  for (const [one, of] of rank.entries()) {
    if (isAlone[one]) continue;
    while (lists.length <= of) lists.push([]);
    lists[of]?.push(one);
  }
  return lists.map((list) => Int32Array.from(list));
}

/** Marks the edges that lead back to where a walk came from; without them there is no cycle. */
function findBackEdges(count: number, from: ArrayLike<number>, to: ArrayLike<number>): Uint8Array {
  const marks = new Uint8Array(from.length);
  const edgeList = listOf(
    from,
    Int32Array.from(from, (_, edge) => edge),
    count,
  );
  const state = new Uint8Array(count);
  const next = edgeList.start.slice();
  for (let root = 0; root < count; root++) {
    const stack = state[root] ? [] : [root];
    while (stack.length) {
      const one = stack[stack.length - 1] ?? 0;
      state[one] = 1;
      if (at(next, one) === at(edgeList.start, one + 1)) {
        state[one] = 2;
        stack.pop();
        continue;
      }
      const edge = at(edgeList.to, at(next, one));
      next[one] = at(next, one) + 1;
      const target = at(to, edge);
      if (state[target] === 1) marks[edge] = 1;
      else if (!state[target]) stack.push(target);
    }
  }
  return marks;
}

/** Longest path from above; then what has nothing above it goes down to its users. */
function findRanks(count: number, head: Int32Array, tail: Int32Array, top: number): Int32Array {
  const down = listOf(head, tail, count);
  const rank = new Int32Array(count);
  const waiting = new Int32Array(count);
  for (const one of tail) waiting[one] = at(waiting, one) + 1;
  const sorted: number[] = [];
  const isSource = new Uint8Array(count);
  for (let one = 0; one < count; one++) {
    if (at(waiting, one)) continue;
    isSource[one] = 1;
    sorted.push(one);
  }
  for (let i = 0; i < sorted.length; i++) {
    const one = at(sorted, i);
    for (let j = at(down.start, one); j < at(down.start, one + 1); j++) {
      const user = at(down.to, j);
      rank[user] = Math.max(at(rank, user), at(rank, one) + 1);
      waiting[user] = at(waiting, user) - 1;
      if (!at(waiting, user)) sorted.push(user);
    }
  }
  for (let one = 0; one < count; one++) {
    const isUnused = at(down.start, one) === at(down.start, one + 1);
    if (!isSource[one] || isUnused || one === top) continue;
    let least = Number.POSITIVE_INFINITY;
    for (let j = at(down.start, one); j < at(down.start, one + 1); j++) {
      least = Math.min(least, at(rank, at(down.to, j)));
    }
    rank[one] = least - 1;
  }
  return rank;
}

/** Sorts each rank by the medians of its neighbours, and keeps the order with fewest crossings. */
function order(net: Net) {
  const position = new Float64Array(net.count);
  const settle = () => {
    for (const list of net.ranks) for (let i = 0; i < list.length; i++) position[at(list, i)] = i;
  };
  startFromAbove(net, position);
  settle();
  const sweeps = Math.max(2, Math.min(SWEEPS, Math.floor(MOST_SORTED / net.count)));
  let best = countAllCrossings(net, position);
  let kept = net.ranks.map((list) => list.slice());
  for (let sweep = 0; sweep < sweeps && best > 0; sweep++) {
    const isDown = sweep % 2 === 0;
    const lists = isDown ? net.ranks.slice(1) : net.ranks.slice(0, -1).reverse();
    for (const list of lists) sortByMedian(list, isDown ? net.up : net.down, position);
    settle();
    const crossings = countAllCrossings(net, position);
    if (crossings >= best) continue;
    best = crossings;
    kept = net.ranks.map((list) => list.slice());
  }
  net.ranks = kept;
}

/** At first boxes stand as a walk down from the sources meets them: branches stay together. */
function startFromAbove(net: Net, position: Float64Array) {
  const seen = new Uint8Array(net.count);
  let step = 0;
  for (const list of net.ranks) {
    for (const root of list) {
      const stack = seen[root] ? [] : [root];
      while (stack.length) {
        const one = stack.pop() ?? 0;
        if (seen[one]) continue;
        seen[one] = 1;
        position[one] = step++;
        for (let j = at(net.down.start, one + 1) - 1; j >= at(net.down.start, one); j--) {
          stack.push(at(net.down.to, j));
        }
      }
    }
  }
  for (const list of net.ranks) list.sort((a, b) => at(position, a) - at(position, b));
}

function sortByMedian(list: Int32Array, near: List, position: Float64Array) {
  const keys = new Map<number, number>();
  for (const one of list) keys.set(one, medianOf(one, near, position));
  const sorted = [...list].sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
  for (const [i, one] of sorted.entries()) {
    list[i] = one;
    position[one] = i;
  }
}

function medianOf(one: number, near: List, position: Float64Array): number {
  const [first, last] = [at(near.start, one), at(near.start, one + 1)];
  if (first === last) return at(position, one);
  if (last - first === 1) return at(position, at(near.to, first));
  const places = Array.from({ length: last - first }, (_, i) =>
    at(position, at(near.to, first + i)),
  );
  places.sort((a, b) => a - b);
  const middle = places.length >> 1;
  return places.length % 2 ? at(places, middle) : (at(places, middle - 1) + at(places, middle)) / 2;
}

function countAllCrossings(net: Net, position: Float64Array): number {
  let crossings = 0;
  for (const list of net.ranks) crossings += countCrossings(list, net.down, position);
  return crossings;
}

/** Inversions among the lower ends, by a tree of sums. Cost: edges times a logarithm. */
function countCrossings(list: Int32Array, down: List, position: Float64Array): number {
  const ends: number[] = [];
  for (const one of list) {
    const own: number[] = [];
    for (let j = at(down.start, one); j < at(down.start, one + 1); j++) {
      own.push(at(position, at(down.to, j)));
    }
    ends.push(...own.sort((a, b) => a - b));
  }
  const size = ends.reduce((most, end) => Math.max(most, end), 0) + 2;
  const sums = new Int32Array(size + 1);
  let crossings = 0;
  for (const [seen, end] of ends.entries()) {
    let notRight = 0;
    for (let i = end + 1; i > 0; i -= i & -i) notRight += at(sums, i);
    crossings += seen - notRight;
    for (let i = end + 1; i <= size; i += i & -i) sums[i] = at(sums, i) + 1;
  }
  return crossings;
}

/** Packs each rank, then pulls it to its neighbours above and below in turn. */
function place(net: Net) {
  for (const list of net.ranks) {
    let x = 0;
    for (const one of list) {
      net.x[one] = x + at(net.width, one) / 2;
      x += at(net.width, one) + gapAfter(net, one);
    }
    for (const one of list) net.x[one] = at(net.x, one) - x / 2;
  }
  for (let round = 0; round < STRAIGHTEN; round++) {
    const isDown = round % 2 === 0;
    const lists = isDown ? net.ranks : [...net.ranks].reverse();
    for (const list of lists)
      pull(net, list, round > 2 ? [net.up, net.down] : [isDown ? net.up : net.down]);
  }
}

function gapAfter(net: Net, one: number): number {
  return one < net.boxes ? GAP.across : GAP.lane;
}

/** The places nearest to what each wants that keep order and gaps: blocks that touch are merged. */
function pull(net: Net, list: Int32Array, sides: readonly List[]) {
  const blocks: { sum: number; weight: number; size: number }[] = [];
  const offset = new Float64Array(list.length);
  for (let i = 1; i < list.length; i++) {
    const [a, b] = [at(list, i - 1), at(list, i)];
    const gap = Math.min(gapAfter(net, a), gapAfter(net, b));
    offset[i] = at(offset, i - 1) + (at(net.width, a) + at(net.width, b)) / 2 + gap;
  }
  for (let i = 0; i < list.length; i++) {
    const [wish, weight] = wishOf(net, at(list, i), sides);
    let block = { sum: (wish - at(offset, i)) * weight, weight, size: 1 };
    for (;;) {
      const before = blocks[blocks.length - 1];
      if (!before || before.sum / before.weight < block.sum / block.weight) break;
      blocks.pop();
      block = {
        sum: before.sum + block.sum,
        weight: before.weight + block.weight,
        size: before.size + block.size,
      };
    }
    blocks.push(block);
  }
  let i = 0;
  for (const block of blocks) {
    for (const end = i + block.size; i < end; i++) {
      net.x[at(list, i)] = block.sum / block.weight + at(offset, i);
    }
  }
}

/** Where a box wants to be, and how much: the bends of one edge want to be above each other. */
function wishOf(net: Net, one: number, sides: readonly List[]): [wish: number, weight: number] {
  let [sum, weight] = [0, 0];
  for (const near of sides) {
    for (let j = at(near.start, one); j < at(near.start, one + 1); j++) {
      const other = at(near.to, j);
      const pullOf =
        one >= net.boxes && other >= net.boxes ? 8 : one >= net.boxes || other >= net.boxes ? 2 : 1;
      sum += at(net.x, other) * pullOf;
      weight += pullOf;
    }
  }
  return weight ? [sum / weight, weight] : [at(net.x, one), 0.1];
}

function finish(net: Net, shape: Shape): Layout {
  const layout = {
    width: 0,
    height: 0,
    x: new Float32Array(net.boxes),
    y: new Float32Array(net.boxes),
    rank: net.rank.subarray(0, net.boxes),
    start: new Int32Array(net.chains.length + 1),
    bends: new Float32Array(2 * (net.count - net.boxes)),
  };
  const middle = stackRanks(net, shape, layout);
  let filled = 0;
  for (const [edge, { bends, isTurned }] of net.chains.entries()) {
    for (const bend of isTurned ? [...bends].reverse() : bends) {
      layout.bends[filled++] = at(net.x, bend);
      layout.bends[filled++] = at(middle, at(net.rank, bend));
    }
    layout.start[edge + 1] = filled;
  }
  addGrid(net, shape, layout);
  return layout;
}

/** Heights of ranks; returns the middle of each, and moves all to begin at 0. */
function stackRanks(net: Net, shape: Shape, layout: Layout): Float64Array {
  const middle = new Float64Array(net.ranks.length);
  let [left, right] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const list of net.ranks) {
    for (const one of list) {
      left = Math.min(left, at(net.x, one) - at(net.width, one) / 2);
      right = Math.max(right, at(net.x, one) + at(net.width, one) / 2);
    }
  }
  let y = 0;
  for (const [rank, list] of net.ranks.entries()) {
    let tall = 0;
    for (const one of list) if (one < net.boxes) tall = Math.max(tall, at(shape.height, one));
    middle[rank] = y + tall / 2;
    for (const one of list) {
      net.x[one] = at(net.x, one) - left;
      if (one >= net.boxes) continue;
      layout.x[one] = at(net.x, one) - at(net.width, one) / 2;
      layout.y[one] = y + (tall - at(shape.height, one)) / 2;
    }
    y += tall + gapBelow(list.length);
  }
  if (net.ranks.length) layout.height = y - gapBelow(net.ranks.at(-1)?.length ?? 0);
  layout.width = Math.max(0, right - left);
  return middle;
}

/** Many lines need room to spread. */
function gapBelow(boxes: number): number {
  return GAP.down + Math.min(60, Math.floor(boxes / 8) * 4);
}

/** What nothing is joined to, in lines of about the same width, wider than high. */
function addGrid(net: Net, shape: Shape, layout: Layout) {
  let [area, widest] = [0, 0];
  for (let one = 0; one < net.boxes; one++) {
    if (!net.isAlone[one]) continue;
    area += (at(shape.width, one) + GAP.grid) * (at(shape.height, one) + GAP.grid);
    widest = Math.max(widest, at(shape.width, one));
  }
  if (!area) return;
  const wide = Math.max(widest, layout.width, Math.sqrt(area * 1.8));
  let [x, y, tall] = [0, layout.height ? layout.height + GAP.down : 0, 0];
  for (let one = 0; one < net.boxes; one++) {
    if (!net.isAlone[one]) continue;
    if (x && x + at(shape.width, one) > wide) {
      x = 0;
      y += tall + GAP.grid;
      tall = 0;
    }
    layout.x[one] = x;
    layout.y[one] = y;
    x += at(shape.width, one) + GAP.grid;
    tall = Math.max(tall, at(shape.height, one));
    layout.width = Math.max(layout.width, x - GAP.grid);
  }
  layout.height = y + tall;
}

/** Layouts by the shape they are for: scopes that look the same are laid out once. */
export class Layouts {
  private readonly known = new Map<string, Layout>();

  /** How many shapes there were. */
  get size(): number {
    return this.known.size;
  }

  get(shape: Shape): Layout {
    const key = `${shape.width}|${shape.height}|${Array.from(shape.from)}|${Array.from(shape.to)}|${shape.top}`;
    const known = this.known.get(key);
    if (known) return known;
    const made = layOut(shape);
    this.known.set(key, made);
    return made;
  }
}
