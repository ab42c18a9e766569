import { expect, test } from 'vitest';
import type { ArtifactRow } from '../src/api/types';
import { listChoices } from '../src/model/choices';

function row(id: string, run: string | null, mtime_s: number): ArtifactRow {
  return {
    id,
    path: run ? `${run}/${id}` : id,
    kind: 'checkpoint',
    state: 'complete',
    reason: null,
    run,
    step: null,
    series: null,
    nbytes: 1,
    mtime_s,
    parameters: null,
    tensors: null,
    findings: [],
  };
}

const ROWS = [row('old', 'a', 1), row('new', 'a', 9), row('b1', 'b', 5), row('lone', null, 3)];

function told(search: string, suggested: { id: string; why: string }[] = []) {
  return listChoices(ROWS, search, suggested).map((item) =>
    item.type === 'head' ? `# ${item.title}` : `${item.above}|${item.row.id} ${item.why}`.trim(),
  );
}

test('choices stand by run, the newest first', () => {
  expect(told('')).toEqual(['# a', 'a/|new', 'a/|old', '# b', 'b/|b1', '# No run', '|lone']);
});

test('suggestions stand first, with their reason, and again in their place', () => {
  expect(told('', [{ id: 'b1', why: 'Of the same run.' }]).slice(0, 3)).toEqual([
    '# Suggested',
    '|b1 Of the same run.',
    '# a',
  ]);
});

test('a search leaves out suggestions, runs and artifacts that it does not let through', () => {
  expect(told('/new$/', [{ id: 'b1', why: '' }])).toEqual(['# a', 'a/|new']);
  expect(told('/[/')).toEqual([]);
});

test('keys are unique, so that each line keeps its place', () => {
  const keys = listChoices(ROWS, '', [{ id: 'b1', why: 'x' }]).map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});
