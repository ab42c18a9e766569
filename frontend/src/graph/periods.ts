import { type Lifted, mix } from './hierarchy';
import { at } from './wire';

/** Fewer repeats are drawn one by one; of long blocks with names of their own two are enough. */
const LEAST_REPEATS = 3;
const LEAST_NAMED = 5;
const LONGEST_BLOCK = 64;
/** Of places that are not taken: two blocks of two. */
const LEAST_FREE = 4;
/** Comparisons in one scope; in a large one only short blocks are looked for. */
const MOST_WORK = 2_000_000;
/** Blocks whose names decide where blocks begin. */
const LOOKED_AT = 3;

/** Equally long lists of places, each in the order of flow. */
type Blocks = number[][];

/** A stretch of positions along the flow that repeats. */
interface Run {
  start: number;
  size: number;
  period: number;
  /** The names of each block have a beginning, or a number, of their own. */
  isNamed: boolean;
}

/** What is to be known of the siblings of one scope, along the flow. */
interface Row {
  /** Place of each position. */
  order: Int32Array;
  labels: string[];
  /** The kind, and the name without numbers. */
  kinds: Int32Array;
  /** Number of a layer of that name: 3 of `conv2d_3/Conv2D`. */
  numbers: string[];
  /** Positions that feed each one. */
  sources: number[][];
}

/**
 * Finds blocks of several siblings that repeat along the flow, such as convolution, normalisation
 * and activation ×12: kinds, and names but for numbers, are the same, so are the edges within a
 * block and those from the block before, and each block feeds the next.
 *
 * @param kinds Of each place: `Hierarchy.kind`.
 * @param labels Of each place: where a block begins is told by what its names have in common.
 * @param isTaken Whether a place is in a group of its own.
 */
export function findPeriods(
  kinds: ArrayLike<number>,
  labels: (place: number) => string,
  edges: Lifted,
  isTaken: (place: number) => boolean,
): Blocks[] {
  let free = 0;
  for (let place = 0; place < kinds.length; place++) free += isTaken(place) ? 0 : 1;
  if (free < LEAST_FREE) return [];
  const row = lineUp(kinds, labels, edges);
  const used = Uint8Array.from(row.order, (place) => (isTaken(place) ? 1 : 0));
  const settled = findRuns(row.kinds, used).flatMap((run) => settle(run, row) ?? []);
  const found: Blocks[] = [];
  for (const run of settled.sort(byWorth)) {
    const { start, size } = run;
    if (used.subarray(start, start + size).includes(1)) continue;
    used.fill(1, start, start + size);
    found.push(cut(row.order, run));
  }
  return found;
}

/** Blocks with names of their own first, then what is not only a pair, then what covers most. */
function byWorth(a: Run, b: Run): number {
  const isPair = ({ size, period }: Run) => Number(size === 2 * period);
  return (
    Number(b.isNamed) - Number(a.isNamed) ||
    isPair(a) - isPair(b) ||
    b.size - a.size ||
    a.period - b.period
  );
}

function lineUp(kinds: ArrayLike<number>, labelOf: (place: number) => string, edges: Lifted): Row {
  const order = sortByFlow(kinds.length, edges);
  const labels = Array.from(order, labelOf);
  const stems = new Map<string, number>();
  const stemOf = (label: string) => {
    const stem = label.replace(/_?\d+/g, '');
    const known = stems.get(stem) ?? stems.size;
    stems.set(stem, known);
    return known;
  };
  return {
    order,
    labels,
    kinds: Int32Array.from(order, (place, i) => mix(at(kinds, place), stemOf(labels[i] ?? ''))),
    numbers: labels.map(
      (label) => /_(\d+)(?:_\d+)*$/.exec(label.split('/', 1)[0] ?? '')?.[1] ?? '',
    ),
    sources: sourcesOf(order, edges),
  };
}

/** Sources before what they feed; else the order they came in. */
function sortByFlow(size: number, edges: Lifted): Int32Array {
  const into: number[][] = Array.from({ length: size }, () => []);
  for (const [edge, to] of edges.to.entries()) {
    const from = at(edges.from, edge);
    if (from < size && to < size) into[to]?.push(from);
  }
  const order = new Int32Array(size);
  const state = new Uint8Array(size);
  let filled = 0;
  for (let root = 0; root < size; root++) {
    const stack = state[root] ? [] : [root];
    while (stack.length) {
      const place = at(stack, stack.length - 1);
      const next = into[place]?.pop();
      if (next !== undefined) {
        if (!state[next]) stack.push(next);
      } else {
        stack.pop();
        if (!state[place]) order[filled++] = place;
        state[place] = 1;
      }
    }
  }
  return order;
}

function sourcesOf(order: Int32Array, edges: Lifted): number[][] {
  const position = new Int32Array(order.length);
  for (const [i, place] of order.entries()) position[place] = i;
  const sources: number[][] = Array.from(order, () => []);
  for (const [edge, to] of edges.to.entries()) {
    const from = at(edges.from, edge);
    if (from < order.length && to < order.length)
      sources[at(position, to)]?.push(at(position, from));
  }
  return sources;
}

/** Stretches in which kinds repeat; where a shorter period does, its multiples are no news. */
function findRuns(kinds: Int32Array, used: Uint8Array): Run[] {
  const size = kinds.length;
  const longest = Math.min(LONGEST_BLOCK, size / 2, MOST_WORK / Math.max(1, size));
  const runs: Run[] = [];
  const known = new Map<string, number[]>();
  for (let period = 1; period <= longest; period++) {
    let same = 0;
    for (let i = 0; i + period <= size; i++) {
      const isSame =
        i + period < size && !used[i] && !used[i + period] && kinds[i] === kinds[i + period];
      if (isSame) {
        same += 1;
        continue;
      }
      const run = { start: i - same, size: same + period, period, isNamed: false };
      same = 0;
      if (run.size < 2 * period) continue;
      const key = `${run.start} ${run.size}`;
      const shorter = known.get(key) ?? [];
      if (shorter.some((one) => period % one === 0)) continue;
      known.set(key, [...shorter, period]);
      // One box that repeats is a series of its own.
      if (period > 1) runs.push(run);
    }
  }
  return runs;
}

/** The run cut to where blocks begin, as far as their edges repeat, too; null for too few. */
function settle(run: Run, row: Row): Run | null {
  const { period } = run;
  const shifts = Array.from({ length: period }, (_, shift) => {
    const start = run.start + shift;
    const repeats = Math.floor((run.size - shift) / period);
    const isNamed = countNamed(start, period, Math.min(repeats, LOOKED_AT), row) >= 2;
    const mixed = new Set(row.numbers.slice(start, start + period)).size;
    return { start, repeats, isNamed, mixed };
  });
  shifts.sort(
    (a, b) => Number(b.isNamed) - Number(a.isNamed) || b.repeats - a.repeats || a.mixed - b.mixed,
  );
  const [best] = shifts;
  if (!best || best.repeats < 2) return null;
  const { start, isNamed } = best;
  const repeats = isNamed ? countNamed(start, period, best.repeats, row) : best.repeats;
  const found = countRepeats(start, period, repeats, row.sources);
  const hasName = isNamed && commonStart(row.labels.slice(start, start + period)) !== '';
  const least = hasName && period >= LEAST_NAMED ? 2 : LEAST_REPEATS;
  return found < least ? null : { start, size: found * period, period, isNamed };
}

/** Blocks from the first on of which each has a name of its own: `conv2_block1_`, `conv2_block2_`. */
function countNamed(start: number, period: number, repeats: number, row: Row): number {
  const within = (column: readonly string[], block: number) =>
    column.slice(start + block * period, start + (block + 1) * period);
  for (let block = 0; block < repeats; block++) {
    const own = commonStart(within(row.labels, block));
    const numbers = new Set(within(row.numbers, block));
    for (const other of [block - 1, block + 1]) {
      if (other < 0 || other >= repeats) continue;
      const isMixed = own
        ? within(row.labels, other).some((label) => label.startsWith(own))
        : numbers.size > 1 || within(row.numbers, other).some((one) => numbers.has(one));
      if (isMixed) return block;
    }
  }
  return repeats;
}

export function commonStart(labels: readonly string[]): string {
  const [first = ''] = labels;
  let size = first.length;
  for (const label of labels) while (!label.startsWith(first.slice(0, size))) size -= 1;
  return first.slice(0, size);
}

/** Blocks whose edges are those of the second; the first has others before it. */
function countRepeats(
  start: number,
  period: number,
  repeats: number,
  sources: readonly number[][],
): number {
  const near = (block: number, i: number, back: number) => {
    const own = start + block * period;
    const offsets = (sources[own + i] ?? []).map((one) => one - own).filter((one) => one >= -back);
    return offsets.sort((a, b) => a - b).join();
  };
  let isJoined = false;
  for (let i = 0; i < period; i++) {
    if (near(0, i, 0) !== near(1, i, 0)) return 0;
    isJoined ||= near(1, i, 0) !== near(1, i, period);
  }
  if (!isJoined) return 0;
  for (let block = 2; block < repeats; block++) {
    for (let i = 0; i < period; i++) {
      if (near(block, i, period) !== near(1, i, period)) return block;
    }
  }
  return repeats;
}

function cut(order: Int32Array, { start, size, period }: Run): Blocks {
  const blocks: Blocks = [];
  for (let first = start; first < start + size; first += period) {
    blocks.push([...order.subarray(first, first + period)]);
  }
  return blocks;
}
