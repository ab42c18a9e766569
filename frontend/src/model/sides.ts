import type { ArtifactRow } from '../api/types';
import { neighboursOf } from './artifacts';
import type { Suggestion } from './choices';

const MOST = 6;

/** What an artifact may be compared with: its neighbours in its series, what else its run has. */
export function suggestSides(rows: readonly ArtifactRow[], row: ArtifactRow): Suggestion[] {
  const { previous, next } = neighboursOf(rows, row);
  const found: Suggestion[] = [];
  if (previous) found.push({ id: previous.id, why: 'The checkpoint before' });
  if (next) found.push({ id: next.id, why: 'The checkpoint after' });
  for (const one of rows) {
    const isOther = one.id !== row.id && (row.series === null || one.series !== row.series);
    if (isOther && row.run !== null && one.run === row.run && found.length < MOST) {
      found.push({ id: one.id, why: 'Of the same run' });
    }
  }
  return found;
}
