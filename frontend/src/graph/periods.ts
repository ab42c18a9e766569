import type { Lifted } from './hierarchy';
import { at } from './wire';

/** Fewer repeats are drawn one by one; of long blocks with names of their own two are enough. */
const LEAST_REPEATS = 3;
const LEAST_NAMED = 4;
const LONGEST_BLOCK = 64;
/** Comparisons in one scope; in a large one only short blocks are looked for. */
const MOST_WORK = 4_000_000;

/** Equally long lists of places, each in the order of flow. */
type Blocks = number[][];

interface Run {
  start: number;
  size: number;
  period: number;
}

/**
 * Finds blocks of several siblings that repeat along the flow, such as convolution, normalisation
 * and activation ×12: the kinds are the same, so are the edges within a block and those from the
 * block before, and each block feeds the next.
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
  const order = sortByFlow(kinds.length, edges);
  const used = Uint8Array.from(order, (place) => (isTaken(place) ? 1 : 0));
  const before = sourcesOf(order, edges);
  const found: Blocks[] = [];
  for (const run of findRuns(order, kinds, used)) {
    if (hasUsed(used, run.start, run.size)) continue;
    const best = settle(run, (position) => labels(at(order, position)), before);
    if (!best) continue;
    used.fill(1, best.start, best.start + best.size);
    found.push(cut(order, best));
  }
  return found;
}

function hasUsed(used: Uint8Array, start: number, size: number): boolean {
  return used.subarray(start, start + size).includes(1);
}

/** Sources before what they feed; else the order they came in. */
function sortByFlow(size: number, edges: Lifted): Int32Array {
  const into: number[][] = Array.from({ length: size }, () => []);
  for (const [edge, to] of edges.to.entries()) {
    const from = at(edges.from, edge);
    if (from < size && to < size) into[to]?.push(from);
  }
  const order = new Int32Array(size);
  const seen = new Uint8Array(size);
  let filled = 0;
  for (let root = 0; root < size; root++) {
    const stack = seen[root] ? [] : [root];
    while (stack.length) {
      const place = at(stack, stack.length - 1);
      seen[place] = Math.max(1, at(seen, place));
      const next = into[place]?.pop();
      if (next !== undefined) {
        if (!seen[next]) stack.push(next);
      } else {
        stack.pop();
        if (seen[place] === 1) order[filled++] = place;
        seen[place] = 2;
      }
    }
  }
  return order;
}

/** Positions that feed each position. */
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

/** Stretches in which kinds repeat, the longest first; of equal ones that of the shortest period. */
function findRuns(order: Int32Array, kinds: ArrayLike<number>, used: Uint8Array): Run[] {
  const size = order.length;
  const longest = Math.min(LONGEST_BLOCK, size / 2, MOST_WORK / Math.max(1, size));
  const runs: Run[] = [];
  const kindAt = (i: number) => at(kinds, at(order, i));
  for (let period = 2; period <= longest; period++) {
    let same = 0;
    for (let i = 0; i + period <= size; i++) {
      const isSame =
        i + period < size && !used[i] && !used[i + period] && kindAt(i) === kindAt(i + period);
      if (isSame) same += 1;
      else {
        const run = { start: i - same, size: same + period, period };
        if (run.size >= 2 * period && isVaried(run, kindAt)) runs.push(run);
        same = 0;
      }
    }
  }
  return runs.sort((a, b) => b.size - a.size || a.period - b.period);
}

/** Not one kind alone: that is a series of single boxes. */
function isVaried(run: Run, kindAt: (i: number) => number): boolean {
  for (let i = 1; i < run.period; i++) {
    if (kindAt(run.start + i) !== kindAt(run.start)) return true;
  }
  return false;
}

/** The run cut to where blocks begin, as far as their edges repeat, too; null for too few. */
function settle(
  run: Run,
  label: (position: number) => string,
  sources: readonly number[][],
): Run | null {
  const { period } = run;
  let best: Run | null = null;
  let bestScore = 0;
  for (let shift = 0; shift < period; shift++) {
    const repeats = Math.floor((run.size - shift) / period);
    const start = run.start + shift;
    const labels = (block: number) =>
      Array.from({ length: period }, (_, i) => label(start + block * period + i));
    const named = countNamed(repeats, labels);
    const isNamed = named >= (period < LEAST_NAMED ? LEAST_REPEATS : 2);
    const found = countRepeats(start, period, isNamed ? named : repeats, sources);
    if (found < (isNamed ? Math.min(named, LEAST_REPEATS) : LEAST_REPEATS)) continue;
    const score = (isNamed ? 1e6 : 0) + found * 1000 - numbersOf(labels(0)).size;
    if (best && score <= bestScore) continue;
    best = { start, size: found * period, period };
    bestScore = score;
  }
  return best;
}

/** Blocks from the first on of which each has a name of its own: `conv2_block1_`, `conv2_block2_`. */
function countNamed(repeats: number, labels: (block: number) => readonly string[]): number {
  for (let block = 0; block < repeats; block++) {
    const own = commonStart(labels(block));
    const numbers = numbersOf(labels(block));
    const isNext = (label: string) =>
      own ? label.startsWith(own) : numbers.has(numberOf(label)) || numbers.size > 1;
    const others = [block - 1, block + 1].filter((one) => one >= 0 && one < repeats);
    if (others.some((one) => labels(one).some(isNext))) return block;
  }
  return repeats;
}

/** The number that a layer of that name has: 3 of `conv2d_3/Conv2D`. */
function numberOf(label: string): string {
  return /_(\d+)(?:_\d+)*$/.exec(label.split('/', 1)[0] ?? '')?.[1] ?? '';
}

function numbersOf(labels: readonly string[]): Set<string> {
  return new Set(labels.map(numberOf));
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
