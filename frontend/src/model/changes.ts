import { formatCount, formatQuantity } from './format';
import type { Cells, SeriesTable } from './timeline';

/** The map of changes: for each line and checkpoint what happened, from checksums alone. */

export const SIGNS = ['absent', 'unknown', 'first', 'frozen', 'changed', 'nan'] as const;
export type Sign = (typeof SIGNS)[number];

export const SIGN_WORDS: Record<Sign, string> = {
  changed: 'changed',
  frozen: 'frozen',
  first: 'first seen',
  absent: 'absent',
  unknown: 'not known',
  nan: 'NaN or infinite',
};

/** The one sign of a group at a checkpoint: the worst news first. */
export function signOf(cells: Cells, at: number): Sign {
  const { changed, frozen, first, unknown } = cells.kinds;
  if (cells.nonfinite[at]) return 'nan';
  if (changed[at]) return 'changed';
  if (frozen[at]) return 'frozen';
  if (first[at]) return 'first';
  return unknown[at] ? 'unknown' : 'absent';
}

/** A line of the map. */
export interface ChangeRow {
  key: string;
  label: string;
  signs: Sign[];
  /** Checkpoints at which something changed, of those that were compared. */
  changed: number;
  compared: number;
  cells: Cells;
}

export function listChanges(
  table: SeriesTable,
  lines: readonly { key: string; label: string; tensors: readonly number[] }[],
): ChangeRow[] {
  return lines.map(({ key, label, tensors }) => {
    const cells = table.cells(tensors);
    const signs = Array.from({ length: cells.length }, (_, at) => signOf(cells, at));
    const { changed, frozen } = cells.kinds;
    return {
      key,
      label,
      signs,
      cells,
      changed: changed.filter(Boolean).length,
      compared: changed.filter((count, at) => count + (frozen[at] ?? 0) > 0).length,
    };
  });
}

/** Neighbours of the same sign together: `[from, to)` of the checkpoints. */
export function runsOf(signs: readonly Sign[]): { sign: Sign; from: number; to: number }[] {
  const runs: { sign: Sign; from: number; to: number }[] = [];
  for (const [at, sign] of signs.entries()) {
    const last = runs.at(-1);
    if (last?.sign === sign) last.to = at + 1;
    else runs.push({ sign, from: at, to: at + 1 });
  }
  return runs;
}

/** What happened to a line at a checkpoint, in words. */
export function describeCell(row: ChangeRow, at: number): string {
  const { changed, frozen, first, unknown } = row.cells.kinds;
  const compared = (changed[at] ?? 0) + (frozen[at] ?? 0);
  const sign = row.signs[at] ?? 'unknown';
  const words: string[] = [];
  if (sign === 'nan') {
    words.push(`${formatCount(row.cells.nonfinite[at] ?? 0)} NaN or infinite`);
  } else if (compared <= 1 || sign !== 'changed') words.push(SIGN_WORDS[sign]);
  if (compared > 1 && changed[at]) {
    words.push(`${formatCount(changed[at] ?? 0)} of ${formatQuantity(compared, 'tensor')} changed`);
  }
  if (first[at] && compared) words.push(`${formatCount(first[at] ?? 0)} first seen`);
  if (unknown[at] && sign !== 'unknown') words.push(`${formatCount(unknown[at] ?? 0)} not known`);
  return words.join(', ');
}

/** A line in a sentence, for those who do not see the map. */
export function describeChanges(row: ChangeRow, nameOf: (at: number) => string): string {
  const parts = runsOf(row.signs).map(({ sign, from, to }) => {
    const range = to - from > 1 ? `${nameOf(from)} to ${nameOf(to - 1)}` : nameOf(from);
    return `${SIGN_WORDS[sign]} at ${range}`;
  });
  const most = 12;
  const rest = parts.length - most;
  return `${parts.slice(0, most).join('; ')}${rest > 0 ? `; ${formatCount(rest)} more changes` : ''}`;
}
