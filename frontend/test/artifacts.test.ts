import { describe, expect, test } from 'vitest';
import type { ArtifactRow } from '../src/api/types';
import {
  countFacet,
  filterArtifacts,
  type HomeItem,
  type HomeQuery,
  type HomeSort,
  listHome,
  neighboursOf,
  sumArtifacts,
} from '../src/model/artifacts';

function row(path: string, more: Partial<ArtifactRow> = {}): ArtifactRow {
  return {
    id: path,
    path,
    kind: 'checkpoint',
    state: 'complete',
    reason: null,
    run: null,
    step: null,
    series: null,
    nbytes: 10,
    mtime_s: 0,
    parameters: null,
    tensors: null,
    findings: [],
    ...more,
  };
}

const BY_PATH: HomeSort = { column: 'path', descending: false };
const ALL: HomeQuery = {
  search: '',
  kinds: new Set(),
  states: new Set(),
  findings: new Set(),
  worst: new Map([
    ['z/model', 'critical'],
    ['a9/ckpt-1', 'medium'],
  ]),
  sort: BY_PATH,
};

const SERIES = [90, 100, 5].map((step) =>
  row(`b/ckpt-${step}`, { run: 'b', step, series: 'b/ckpt', nbytes: step }),
);
const ROWS = [
  row('z/model', { kind: 'saved_model', state: 'broken' }),
  ...SERIES,
  row('a10/ckpt-1', { run: 'a10' }),
  row('a9/ckpt-1', { run: 'a9', state: 'partial', parameters: 7 }),
];

function words(items: readonly HomeItem[]): string[] {
  return items.map((item) => {
    if (item.type === 'run') return `run ${item.run}`;
    return item.type === 'series' ? `series ${item.path}` : item.row.path;
  });
}

describe('the list of Home', () => {
  test('groups by run as people count, those without a run last, a series in order of step', () => {
    expect(words(listHome(ROWS, BY_PATH, new Set()))).toEqual([
      'run a9',
      'a9/ckpt-1',
      'run a10',
      'a10/ckpt-1',
      'run b',
      'series b/ckpt-',
      'b/ckpt-5',
      'b/ckpt-90',
      'b/ckpt-100',
      'run null',
      'z/model',
    ]);
  });

  test('by another column rows stand alone, runs follow their best row, unknown comes last', () => {
    const bySize = listHome(ROWS, { column: 'nbytes', descending: true }, new Set());
    expect(words(bySize).slice(0, 5)).toEqual([
      'run b',
      'b/ckpt-100',
      'b/ckpt-90',
      'b/ckpt-5',
      'run a9',
    ]);
    for (const descending of [true, false]) {
      const items = listHome(ROWS, { column: 'parameters', descending }, new Set());
      expect(words(items)[1], String(descending)).toBe('a9/ckpt-1');
    }
  });

  test('a folded group shows its sums and nothing else', () => {
    const items = listHome(ROWS, BY_PATH, new Set(['run:b']));
    expect(words(items)).not.toContain('b/ckpt-90');
    expect(items.find((item) => item.key === 'run:b')).toMatchObject({
      open: false,
      sums: { artifacts: 3, nbytes: 195, attention: 0 },
    });
  });

  test('a long series opens folded, and the same toggle unfolds it', () => {
    const long = Array.from({ length: 40 }, (_, step) =>
      row(`ckpt-${step}`, { step, series: 'ckpt', run: 'r' }),
    );
    expect(listHome(long, BY_PATH, new Set())).toHaveLength(2);
    expect(listHome(long, BY_PATH, new Set(['series:ckpt']))).toHaveLength(42);
  });

  test('keys are unique, so that rows are told apart', () => {
    const keys = listHome(ROWS, BY_PATH, new Set()).map((item) => item.key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('10,000 artifacts keep their number and order', () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      row(`run_${index % 400}/ckpt-${index}`, {
        run: `run_${index % 400}`,
        step: index,
        series: `run_${index % 400}/ckpt`,
      }),
    );
    const all = new Set(Array.from({ length: 400 }, (_, run) => `series:run_${run}/ckpt`));
    const items = listHome(many, BY_PATH, all);
    expect(items.filter((item) => item.type === 'artifact')).toHaveLength(10_000);
  });
});

describe('filters of Home', () => {
  test('search, kinds and states must all pass', () => {
    const query = { ...ALL, search: 'CKPT', states: new Set(['partial']) };
    expect(filterArtifacts(ROWS, query).map((one) => one.path)).toEqual(['a9/ckpt-1']);
    expect(filterArtifacts(ROWS, { ...ALL, search: '/[/' })).toEqual([]);
  });

  test('a chip counts what it would show, whatever else of its filter is chosen', () => {
    const query = { ...ALL, kinds: new Set(['saved_model']), states: new Set(['complete']) };
    expect([...countFacet(ROWS, query, 'kind')]).toEqual([
      ['saved_model', 0],
      ['checkpoint', 4],
    ]);
  });

  test('findings pass by the worst of them, and what has none has no chip', () => {
    const query = { ...ALL, findings: new Set(['critical']) };
    expect(filterArtifacts(ROWS, query).map((one) => one.path)).toEqual(['z/model']);
    expect([...countFacet(ROWS, { ...query, kinds: new Set(['checkpoint']) }, 'finding')]).toEqual([
      ['critical', 0],
      ['medium', 1],
    ]);
  });

  test('what needs attention is broken, partial or deleted, not what is being written', () => {
    const rows = ['complete', 'writing', 'partial', 'broken', 'deleted'].map((state) =>
      row(state, { state }),
    );
    expect(sumArtifacts(rows)).toEqual({ artifacts: 5, nbytes: 50, attention: 3 });
  });
});

test('neighbours are those of the same series by step', () => {
  const found = neighboursOf(ROWS, SERIES[0] as ArtifactRow);
  expect([found.previous?.step, found.next?.step, found.position, found.count]).toEqual([
    5, 100, 2, 3,
  ]);
  expect(neighboursOf(ROWS, ROWS[0] as ArtifactRow).count).toBe(0);
});
