import type { ArtifactRow } from '../api/types';
import type { Suggestion } from './choices';

/** Which artifacts are likely to be restored into which. */

const MOST = 6;

/** Whether values are restored from it more often than into it. */
function isSource(row: ArtifactRow): boolean {
  return row.kind === 'checkpoint' || (row.kind === 'h5' && row.path.endsWith('.weights.h5'));
}

/** Usable artifacts but this one: of its run before others, then the newest first. */
function others(rows: readonly ArtifactRow[], row: ArtifactRow): ArtifactRow[] {
  const isNear = (other: ArtifactRow) => Number(row.run !== null && other.run === row.run);
  return rows
    .filter(({ id, state }) => id !== row.id && (state === 'complete' || state === 'partial'))
    .sort((a, b) => isNear(b) - isNear(a) || b.mtime_s - a.mtime_s);
}

const MODELS: Record<string, string> = {
  saved_model: 'SavedModel',
  keras: 'Keras model',
  meta_graph: 'Graph',
  description: 'Description of a live model',
};

/**
 * What a checkpoint may be restored into: models of its run, then a checkpoint of each other series
 * there, then models of other runs.
 */
export function suggestTargets(rows: readonly ArtifactRow[], row: ArtifactRow): Suggestion[] {
  const near: Suggestion[] = [];
  const checkpoints: Suggestion[] = [];
  const far: Suggestion[] = [];
  const seen = new Set<string>();
  for (const other of others(rows, row)) {
    const isNear = row.run !== null && other.run === row.run;
    const word = MODELS[other.kind];
    if (word) {
      const of = isNear ? 'of the same run' : 'of another run';
      (isNear ? near : far).push({ id: other.id, why: `${word} ${of}` });
    } else if (other.kind === 'checkpoint' && !seen.has(other.series ?? other.id)) {
      seen.add(other.series ?? other.id);
      const isSame = other.series !== null && other.series === row.series;
      if (isSame) near.push({ id: other.id, why: 'The newest of the same series' });
      else if (isNear) checkpoints.push({ id: other.id, why: 'Checkpoint of the same run' });
      else far.push({ id: other.id, why: 'Checkpoint of another run' });
    }
  }
  return [...near, ...checkpoints, ...far].slice(0, MOST);
}

/** What may be restored into a target: the newest of each series, those of its run first. */
export function suggestSources(rows: readonly ArtifactRow[], target: ArtifactRow): Suggestion[] {
  const seen = new Set<string>();
  const found: Suggestion[] = [];
  for (const other of others(rows, target)) {
    if (!isSource(other) || seen.has(other.series ?? other.id)) continue;
    seen.add(other.series ?? other.id);
    const isNear = target.run !== null && other.run === target.run;
    const word = other.series === null ? 'Of' : 'The newest of its series, of';
    found.push({ id: other.id, why: `${word} ${isNear ? 'the same' : 'another'} run` });
  }
  return found.slice(0, MOST);
}

/** A checkpoint is restored; into a model the newest checkpoint of its run. */
export function suggestPair(rows: readonly ArtifactRow[], row: ArtifactRow) {
  const [source] = isSource(row) ? [] : suggestSources(rows, row);
  const found = rows.find(({ id }) => id === source?.id);
  const isNear = found && row.run !== null && found.run === row.run;
  return isNear ? { id: found.id, with: row.id } : { id: row.id };
}
