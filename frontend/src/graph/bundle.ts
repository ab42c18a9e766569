import type { Lifted } from './hierarchy';
import { mix } from './hierarchy';
import { commonStart, findPeriods } from './periods';
import { at } from './wire';

/** Fewer are drawn one by one. */
export const LEAST_ALIKE = 8;
export const LEAST_SERIES = 4;
/** More in one scope nobody can look at: what is of one kind is put together, whatever it joins. */
export const MOST_BOXES = 6000;
const ROUNDS = 3;

/** Siblings that are drawn as one. */
export interface Group {
  /** Places, in their order. */
  members: number[];
  /** Each hands on to the next. */
  isSeries: boolean;
  /** Members by block, where several siblings make one. */
  blocks?: number[][];
}

/**
 * Finds siblings that are the same: a series of boxes in which each feeds the next, or of blocks of
 * several boxes, and units of one kind whose surroundings are alike, too (three rounds of colour
 * refinement).
 *
 * @param kinds Of each place: `Hierarchy.kind`.
 * @param labels Of each place.
 */
export function findGroups(
  kinds: ArrayLike<number>,
  edges: Lifted,
  labels: (place: number) => string,
): Group[] {
  const series = findSeries(kinds, edges);
  const taken = new Set(series.flatMap((group) => group.members));
  for (const blocks of findPeriods(kinds, labels, edges, (place) => taken.has(place))) {
    const members = blocks.flat();
    series.push({ members, isSeries: true, blocks });
    for (const place of members) taken.add(place);
  }
  const isAlone = (place: number) => !taken.has(place);
  const mayBeAlike = kinds.length - taken.size >= LEAST_ALIKE;
  const alike = mayBeAlike ? gather(refine(kinds, edges), isAlone, LEAST_ALIKE) : [];
  const groups = [...series, ...alike];
  if (groups.length === 1 && groups[0]?.members.length === kinds.length) return [];
  const left = kinds.length - groups.reduce((sum, group) => sum + group.members.length - 1, 0);
  return left > MOST_BOXES ? gather(kinds, () => true, 2) : groups;
}

/** Places of the same colour, at least `least` of them. */
function gather(
  colours: ArrayLike<number>,
  may: (place: number) => boolean,
  least: number,
): Group[] {
  const byColour = new Map<number, number[]>();
  for (let place = 0; place < colours.length; place++) {
    if (!may(place)) continue;
    const members = byColour.get(at(colours, place));
    if (members) members.push(place);
    else byColour.set(at(colours, place), [place]);
  }
  return [...byColour.values()]
    .filter((members) => members.length >= least)
    .map((members) => ({ members, isSeries: false }));
}

/** The colour of a place after looking at those around it, as at the colours around these. */
function refine(kinds: ArrayLike<number>, edges: Lifted): Int32Array {
  const size = kinds.length;
  let colours = new Int32Array(size + 2);
  for (let place = 0; place < size; place++) colours[place] = at(kinds, place);
  colours.set([1, 2], size);
  for (let round = 0; round < ROUNDS; round++) {
    const next = colours.map((colour) => mix(colour, 3));
    for (let edge = 0; edge < edges.from.length; edge++) {
      const [from, to] = [at(edges.from, edge), at(edges.to, edge)];
      next[to] = (at(next, to) + mix(at(colours, from), 11)) | 0;
      next[from] = (at(next, from) + mix(at(colours, to), 13)) | 0;
    }
    next.set([1, 2], size);
    colours = next;
  }
  return colours.subarray(0, size);
}

/** Runs of one kind, in which each has one of its kind before it and one behind it. */
function findSeries(kinds: ArrayLike<number>, edges: Lifted): Group[] {
  const size = kinds.length;
  const next = new Int32Array(size).fill(-1);
  const last = new Int32Array(size).fill(-1);
  for (let edge = 0; edge < edges.from.length; edge++) {
    const [from, to] = [at(edges.from, edge), at(edges.to, edge)];
    if (from >= size || to >= size || kinds[from] !== kinds[to]) continue;
    next[from] = at(next, from) === -1 ? to : -2;
    last[to] = at(last, to) === -1 ? from : -2;
  }
  const groups: Group[] = [];
  for (let place = 0; place < size; place++) {
    const isInside = at(last, place) >= 0 && next[at(last, place)] === place;
    if (isInside) continue;
    const members = [place];
    for (let one = at(next, place); one >= 0 && at(last, one) >= 0; one = at(next, one)) {
      if (last[one] !== members[members.length - 1]) break;
      members.push(one);
    }
    if (members.length >= LEAST_SERIES) groups.push({ members, isSeries: true });
  }
  return groups;
}

/** `layer_* ×12`: what the labels have in common, with a star where they count. */
export function describeGroup(labels: readonly string[], count = labels.length): string {
  const first = labels[0] ?? '';
  const common = patternOf(labels);
  // A name without a number, and the same with one: `Reshape`, `Reshape_1`.
  const stemOf = (label: string) => label.replace(/(_\d+)+(?=$|[ /])/g, '');
  const stem = stemOf(first);
  const counted = labels.every((label) => stemOf(label) === stem);
  return `${common || (counted ? stem : `${first} …`)} ×${count}`;
}

/** The first label, with stars for numbers that differ; empty where more than numbers does. */
function patternOf(labels: readonly string[]): string {
  // One number or several: of `relu_1` and `relu_2_1`, which a model within a model has.
  const parts = labels.map((label) => label.split(/(\d+(?:_\d+)*)/));
  const [first = []] = parts;
  const isSame = parts.every(
    (one) => one.length === first.length && one.every((part, i) => i % 2 || part === first[i]),
  );
  if (!isSame) return '';
  return first.map((part, i) => (parts.every((one) => one[i] === part) ? part : '*')).join('');
}

/** What the labels of one block have in common, else its first and its last one. */
export function describeBlock(labels: readonly string[]): string {
  const common = commonStart(labels).replace(/[^A-Za-z0-9]+$/, '');
  return common || `${labels[0] ?? ''} … ${labels.at(-1) ?? ''}`;
}
