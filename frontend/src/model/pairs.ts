import type { ArtifactRow } from '../api/types';

/** Which two artifacts are likely to be restored one into the other. */

/** Whether values are restored from it more often than into it. */
export function isSource(row: ArtifactRow): boolean {
  const isWeights = row.kind === 'h5' && /weights[^/]*$/i.test(row.path);
  return row.kind === 'checkpoint' || isWeights;
}

/** Whether two belong together: to one run, or without runs to one folder of the logdir. */
export function isNear(a: ArtifactRow, b: ArtifactRow): boolean {
  const top = ({ path }: ArtifactRow) => path.slice(0, path.indexOf('/') + 1);
  return a.run === b.run && (a.run !== null || top(a) === top(b));
}

/** Whether it is another one that can be opened. */
export function isUsable(row: ArtifactRow, other: ArtifactRow): boolean {
  return other.id !== row.id && (other.state === 'complete' || other.state === 'partial');
}

/** A checkpoint is restored; into a model the newest checkpoint near it. */
export function suggestPair(rows: readonly ArtifactRow[], row: ArtifactRow) {
  let newest: ArtifactRow | undefined;
  for (const other of isSource(row) ? [] : rows) {
    const fits = isSource(other) && isUsable(row, other) && isNear(row, other);
    if (fits && other.mtime_s > (newest?.mtime_s ?? -1)) newest = other;
  }
  return newest ? { id: newest.id, with: row.id } : { id: row.id };
}
