import type { ArtifactRow } from '../api/types';
import { filterArtifacts, listHome } from './artifacts';

/** Artifacts to choose one from. */

/** An artifact that is likely meant, and why. */
export interface Suggestion {
  id: string;
  why: string;
}

export type ChoiceItem =
  | { type: 'head'; key: string; title: string }
  | {
      type: 'choice';
      /** The artifact's id; of a suggestion after `suggested:`. */
      key: string;
      row: ArtifactRow;
      /** The start of its path that the head says. */
      above: string;
      why: string;
    };

const ALL: ReadonlySet<string> = new Set();
const NEWEST_FIRST = { column: 'mtime_s', descending: true } as const;

/** Suggestions, then all by run, the newest first; of each only what a search lets through. */
export function listChoices(
  rows: readonly ArtifactRow[],
  search: string,
  suggested: readonly Suggestion[],
): ChoiceItem[] {
  const found = filterArtifacts(rows, {
    search,
    kinds: ALL,
    states: ALL,
    findings: ALL,
    worst: new Map(),
    sort: NEWEST_FIRST,
  });
  const items: ChoiceItem[] = [];
  for (const { id, why } of suggested) {
    const row = found.find((one) => one.id === id);
    if (row) items.push({ type: 'choice', key: `suggested:${id}`, row, above: '', why });
  }
  if (items.length) items.unshift({ type: 'head', key: 'suggested', title: 'Suggested' });
  for (const item of listHome(found, NEWEST_FIRST, ALL)) {
    if (item.type === 'run') {
      items.push({ type: 'head', key: item.key, title: titleOf(item.run) });
    } else if (item.type === 'artifact') {
      const { row, above } = item;
      items.push({ type: 'choice', key: row.id, row, above, why: '' });
    }
  }
  return items;
}

function titleOf(run: string | null): string {
  if (run === null) return 'No run';
  return run === '.' ? '. (the logdir itself)' : run;
}
