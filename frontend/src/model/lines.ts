import { commonFolder } from './prefix';
import {
  type Cells,
  type Grouping,
  MEASURES,
  type Measure,
  measure,
  type SeriesTable,
} from './timeline';

/** What a chart of a series can show, which lines of it, and where their points stand. */

export const METRICS = [...MEASURES, 'frozen', 'nbytes', 'hyperparameters'] as const;
export type Metric = (typeof METRICS)[number];

/** How numbers of a metric are written. */
export type Unit = 'number' | 'share' | 'bytes';

export const METRIC_WORDS: Record<Metric, { title: string; unit: Unit; help: string }> = {
  relative: {
    title: 'Relative change',
    unit: 'number',
    help: 'Norm of the change since the checkpoint before, over the norm then',
  },
  l2: { title: 'L2 norm', unit: 'number', help: 'Root of the sum of squares' },
  mean_abs: {
    title: 'Mean absolute change',
    unit: 'number',
    help: 'Of an element, since the checkpoint before',
  },
  cosine: {
    title: 'Cosine to the previous',
    unit: 'number',
    help: 'Of the angle between this checkpoint and the one before: 1 is the same direction',
  },
  frozen: {
    title: 'Share of frozen tensors',
    unit: 'share',
    help: 'Tensors with the same content as in the checkpoint before, from checksums',
  },
  nbytes: { title: 'Size on disk', unit: 'bytes', help: 'Of all files of a checkpoint' },
  hyperparameters: {
    title: 'Hyperparameters',
    unit: 'number',
    help: 'Scalars of the optimizer, and counters, as stored in the checkpoints',
  },
};

/** Whether a metric is of tensors, which can be grouped. */
export function isOfTensors(metric: Metric): boolean {
  return metric !== 'nbytes' && metric !== 'hyperparameters';
}

/** A line that can be drawn: a value for each checkpoint. */
export interface Line {
  key: string;
  label: string;
  /** The label without the folders that all of them share. */
  short: string;
  values: readonly (number | null)[];
  /** Places of its tensors; empty where it is of none. */
  tensors: readonly number[];
  /** Frozen wherever that is known. */
  isFrozen: boolean;
  /** How much it changes: the mean of the relative change; null where it is not known. */
  change: number | null;
}

const LISTED = new WeakMap<SeriesTable, Map<string, Line[]>>();

/** All lines of a metric, in the order of the file; the same array again for the same table. */
export function listLines(
  table: SeriesTable,
  metric: Metric,
  grouping: Grouping,
  roles: ReadonlySet<string>,
): Line[] {
  const listed = LISTED.get(table) ?? new Map<string, Line[]>();
  LISTED.set(table, listed);
  const key = [metric, grouping, ...roles].join();
  const lines = listed.get(key) ?? makeLines(table, metric, grouping, roles);
  listed.set(key, lines);
  return lines;
}

function makeLines(
  table: SeriesTable,
  metric: Metric,
  grouping: Grouping,
  roles: ReadonlySet<string>,
): Line[] {
  const { checkpoints, hyperparameters } = table.payload;
  if (metric === 'nbytes') return [other('nbytes', 'size on disk', sizes(checkpoints))];
  if (metric === 'hyperparameters') {
    return hyperparameters.map(({ key, name, values }) => other(key, name, values));
  }
  const groups = table.groups(grouping, roles);
  const shared = commonFolder(groups.map(({ label }) => label)).length;
  return groups.map(({ key, label, tensors }) => {
    const short = label.slice(shared);
    const cells = table.cells(tensors);
    const relative = measure(cells, 'relative', table.settled);
    const values = metric === 'relative' ? relative : valuesOf(cells, metric, table.settled);
    return {
      key,
      label,
      short,
      tensors,
      values,
      isFrozen: staysFrozen(cells),
      change: mean(relative),
    };
  });
}

function other(key: string, label: string, values: readonly (number | null)[]) {
  return { key, label, short: label, tensors: [], values, isFrozen: false, change: null };
}

function valuesOf(cells: Cells, metric: Measure | 'frozen', settled: boolean) {
  if (metric !== 'frozen') return measure(cells, metric, settled);
  return Array.from({ length: cells.length }, (_, at) => cells.frozenShare(at));
}

function sizes({ nbytes, state }: SeriesTable['payload']['checkpoints']): (number | null)[] {
  return nbytes.map((size, at) => (state[at] === 'deleted' ? null : size));
}

function staysFrozen(cells: Cells): boolean {
  return cells.kinds.frozen.some(Boolean) && !cells.kinds.changed.some(Boolean);
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

/** Lines that are drawn unless a person chose: of one series, and of all together at most. */
const USUAL_COUNT = 8;
const LEAST_COUNT = 2;

/**
 * Keys of the lines that are usually shown: those that change most, or the learning rate.
 *
 * @param series How many series each is drawn of.
 */
export function chooseLines(lines: readonly Line[], metric: Metric, series = 1): string[] {
  if (metric === 'hyperparameters') {
    const rate = lines.find((line) => /learning_rate|(^|\/)lr$/i.test(line.label)) ?? lines[0];
    return rate ? [rate.key] : [];
  }
  const count = Math.max(LEAST_COUNT, Math.floor(USUAL_COUNT / series));
  const moving = lines.filter((line) => !line.isFrozen);
  const wanted = new Set(sortByChange(moving.length ? moving : lines).slice(0, count));
  return lines.filter((line) => wanted.has(line)).map((line) => line.key);
}

/** Most changed first; those of which nothing is known next, frozen ones last. */
export function sortByChange(lines: readonly Line[]): Line[] {
  const rank = (line: Line) => (line.isFrozen ? -2 : (line.change ?? -1));
  return [...lines].sort((a, b) => rank(b) - rank(a));
}

/** Roles whose tensors are added up unless a person chose: the weights, if there are any. */
export function chooseRoles(roles: readonly string[], grouping: Grouping): string[] {
  return grouping !== 'role' && roles.includes('weight') ? ['weight'] : [...roles];
}

/**
 * A number for each key that it keeps as long as the key is there: so a line keeps its colour.
 *
 * New keys get the lowest numbers that are free.
 */
export function assignSlots(before: ReadonlyMap<string, number>, keys: readonly string[]) {
  const slots = new Map<string, number>();
  for (const key of keys) {
    const slot = before.get(key);
    if (slot !== undefined) slots.set(key, slot);
  }
  const taken = new Set(slots.values());
  let free = 0;
  for (const key of keys) {
    if (slots.has(key)) continue;
    while (taken.has(free)) free += 1;
    slots.set(key, free);
    taken.add(free);
  }
  return slots;
}

export const AXES = ['step', 'time'] as const;
export type Axis = (typeof AXES)[number];

/** Where each checkpoint stands: its step, or seconds since the first of its series. */
export function placesOf(
  { step, mtime_s }: SeriesTable['payload']['checkpoints'],
  axis: Axis,
): (number | null)[] {
  if (axis === 'step') return step;
  const known = mtime_s.filter((time) => time > 0);
  const first = Math.min(...known);
  return mtime_s.map((time) => (time > 0 ? time - first : null));
}

export interface Trace {
  xs: readonly (number | null)[];
  ys: readonly (number | null)[];
}

/** Lines over one x axis: undefined where a line has no point, null where it has a gap. */
export interface Aligned {
  xs: number[];
  ys: (number | null | undefined)[][];
}

/** Puts lines with points of their own on one axis. Of two points at one place the last counts. */
export function alignTraces(traces: readonly Trace[]): Aligned {
  const places = new Set<number>();
  for (const { xs } of traces) for (const x of xs) if (x !== null) places.add(x);
  const xs = [...places].sort((a, b) => a - b);
  const at = new Map(xs.map((x, index) => [x, index]));
  const ys = traces.map((trace) => {
    const column: (number | null | undefined)[] = new Array(xs.length).fill(undefined);
    for (const [index, x] of trace.xs.entries()) {
      const place = x === null ? undefined : at.get(x);
      if (place !== undefined) column[place] = trace.ys[index] ?? null;
    }
    return column;
  });
  return { xs, ys };
}

/** Index of the entry nearest to `x`; -1 where there is none. */
export function nearestPlace(xs: readonly (number | null)[], x: number): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const [index, place] of xs.entries()) {
    const distance = place === null ? least : Math.abs(place - x);
    if (distance < least) [best, least] = [index, distance];
  }
  return best;
}
