import type { ArtifactRow } from '../api/types';
import type { Suggestion } from './choices';
import { formatKind } from './format';
import { isNear, isSource, isUsable } from './pairs';

/** What to restore a checkpoint into, and what to restore into a model. */

const MOST = 6;
/** Kinds that stand for a model. */
const MODELS: readonly string[] = ['saved_model', 'keras', 'meta_graph', 'description', 'h5'];

function placeOf(row: ArtifactRow, other: ArtifactRow): string {
  if (!isNear(row, other)) return 'elsewhere in the logdir';
  return row.run === null ? 'beside it' : 'of the same run';
}

/** Usable artifacts but this one: near ones before others, then the newest first. */
function others(rows: readonly ArtifactRow[], row: ArtifactRow): ArtifactRow[] {
  return rows
    .filter((other) => isUsable(row, other))
    .sort((a, b) => Number(isNear(b, row)) - Number(isNear(a, row)) || b.mtime_s - a.mtime_s);
}

/**
 * What a checkpoint may be restored into: models near it, another checkpoint of its series, one of
 * each other series near it, and then what lies elsewhere.
 */
export function suggestTargets(rows: readonly ArtifactRow[], row: ArtifactRow): Suggestion[] {
  const ranked: Suggestion[][] = [[], [], [], []];
  const seen = new Set<string>();
  for (const other of others(rows, row)) {
    const isModel = MODELS.includes(other.kind) && !isSource(other);
    const series = other.series ?? other.id;
    if (!isModel && (other.kind !== 'checkpoint' || seen.has(series))) continue;
    seen.add(series);
    const isSame = !isModel && series === row.series;
    const rank = isSame ? 1 : !isNear(row, other) ? 3 : isModel ? 0 : 2;
    const why = isSame
      ? 'Another checkpoint of the same series'
      : `${formatKind(other.kind)} ${placeOf(row, other)}`;
    ranked[rank]?.push({ id: other.id, why });
  }
  return ranked.flat().slice(0, MOST);
}

/** What may be restored into a target: the newest of each series, near ones first. */
export function suggestSources(rows: readonly ArtifactRow[], target: ArtifactRow): Suggestion[] {
  const seen = new Set<string>();
  const found: Suggestion[] = [];
  for (const other of others(rows, target)) {
    if (!isSource(other) || seen.has(other.series ?? other.id)) continue;
    seen.add(other.series ?? other.id);
    const word = other.series === null ? formatKind(other.kind) : 'The newest checkpoint';
    found.push({ id: other.id, why: `${word} ${placeOf(target, other)}` });
  }
  return found.slice(0, MOST);
}
