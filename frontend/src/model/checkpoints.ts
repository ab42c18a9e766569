import type { ScalarPoint } from './scalars';
import { measure, type SeriesTable } from './timeline';

/** The checkpoints of one or more series as rows of a table. */

export interface CheckpointRow {
  /** Its id; the path where only the state file knows it. */
  key: string;
  /** Which of the series shown, and its place in it. */
  series: number;
  at: number;
  id: string | null;
  path: string;
  step: number | null;
  mtime_s: number;
  nbytes: number;
  state: string;
  mark: string;
  problem: string | null;
  /** Tensors with another content than before, of those that were there before. */
  changed: number;
  compared: number;
  l2: number | null;
  relative: number | null;
  /** Elements that are NaN or infinite; null: not known. */
  nonfinite: number | null;
  scalar: ScalarPoint | null;
  hyperparameters: (number | null)[];
}

export const CHECKPOINT_COLUMNS = [
  'step',
  'mtime_s',
  'nbytes',
  'state',
  'changed',
  'l2',
  'relative',
  'nonfinite',
  'scalar',
] as const;

export interface CheckpointSort {
  column: string;
  descending: boolean;
}

export function keyOfCheckpoint(checkpoints: SeriesTable['payload']['checkpoints'], at: number) {
  return checkpoints.id[at] ?? checkpoints.path[at] ?? '';
}

/**
 * The rows of one series.
 *
 * @param tensors Those whose changes and norms are shown; NaN are looked for in all.
 * @param names Hyperparameters to show.
 */
export function listCheckpoints(
  series: number,
  table: SeriesTable,
  tensors: readonly number[],
  points: ReadonlyMap<string, ScalarPoint>,
  names: readonly string[],
): CheckpointRow[] {
  const { checkpoints, hyperparameters } = table.payload;
  const cells = table.cells(tensors);
  const all = table.cells([...table.payload.tensors.key.keys()]);
  const l2 = measure(cells, 'l2', table.settled);
  const relative = measure(cells, 'relative', table.settled);
  const shown = names.map((name) => hyperparameters.find((one) => one.name === name));
  return checkpoints.path.map((path, at) => ({
    key: keyOfCheckpoint(checkpoints, at),
    series,
    at,
    id: checkpoints.id[at] ?? null,
    path,
    step: checkpoints.step[at] ?? null,
    mtime_s: checkpoints.mtime_s[at] ?? 0,
    nbytes: checkpoints.nbytes[at] ?? 0,
    state: checkpoints.state[at] ?? '',
    mark: checkpoints.mark[at] ?? '',
    problem: checkpoints.problem[at] ?? null,
    changed: cells.kinds.changed[at] ?? 0,
    compared: (cells.kinds.changed[at] ?? 0) + (cells.kinds.frozen[at] ?? 0),
    l2: l2[at] ?? null,
    relative: relative[at] ?? null,
    nonfinite: all.known[at] ? (all.nonfinite[at] ?? 0) : null,
    scalar: points.get(checkpoints.id[at] ?? '') ?? null,
    hyperparameters: shown.map((one) => one?.values[at] ?? null),
  }));
}

/** Hyperparameters worth a column: those that change, and the learning rate; at most two. */
export function chooseHyperparameters(tables: readonly SeriesTable[]): string[] {
  const all = tables.flatMap((table) => table.payload.hyperparameters);
  const values = new Map<string, Set<number>>();
  for (const one of all) {
    const seen = values.get(one.name) ?? new Set();
    for (const value of one.values) if (value !== null) seen.add(value);
    values.set(one.name, seen);
  }
  const isRate = (name: string) => /learning_rate/i.test(name);
  const wanted = [...values].filter(([name, seen]) => isRate(name) || seen.size > 1);
  wanted.sort(([a], [b]) => Number(isRate(b)) - Number(isRate(a)));
  return wanted.slice(0, 2).map(([name]) => name);
}

const SIGNS: Record<string, number> = { deleted: 0, partial: 1, broken: 2, writing: 3 };

function sortValue(row: CheckpointRow, column: string): number | null {
  if (column === 'scalar') return row.scalar?.value ?? null;
  if (column === 'state') return SIGNS[row.state] ?? 4;
  if (column === 'mtime_s' || column === 'nbytes') return row[column] || null;
  if (column === 'changed') return row.compared ? row.changed : null;
  const at = /^hyper(\d+)$/.exec(column)?.[1];
  if (at !== undefined) return row.hyperparameters[Number(at)] ?? null;
  return row[column as 'step' | 'l2' | 'relative' | 'nonfinite'];
}

/** Sorted by a column, then by step and series; what is not known stands last either way. */
export function sortCheckpoints(rows: readonly CheckpointRow[], sort: CheckpointSort) {
  const direction = sort.descending ? -1 : 1;
  const compare = (a: CheckpointRow, b: CheckpointRow) => {
    const [left, right] = [sortValue(a, sort.column), sortValue(b, sort.column)];
    if (left !== right) {
      if (left === null) return 1;
      return right === null ? -1 : direction * (left - right);
    }
    return (a.step ?? -1) - (b.step ?? -1) || a.series - b.series || a.at - b.at;
  };
  return [...rows].sort(compare);
}

/** The row with the lowest or highest scalar; of equal ones the first. A deleted one is no use. */
export function findBest(rows: readonly CheckpointRow[], highest: boolean): CheckpointRow | null {
  let best: CheckpointRow | null = null;
  for (const row of rows) {
    const value = row.scalar?.value;
    if (value === undefined || row.state === 'deleted') continue;
    const least = best?.scalar?.value;
    if (least === undefined || (highest ? value > least : value < least)) best = row;
  }
  return best;
}
