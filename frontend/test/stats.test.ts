import { describe, expect, test } from 'vitest';
import type { StatsJobPayload, StatsPayload } from '../src/api/types';
import { compareMarks, describeKind, toneOf, UNREADABLE } from '../src/model/findings';
import { compareNumbers, StatsTable } from '../src/model/stats';

const JOB: StatsJobPayload = {
  state: 'running',
  done: 0,
  total: 4,
  unknown_nbytes: 0,
  nbytes: 0,
  done_nbytes: 0,
  elapsed_s: 0,
  error: null,
};

type Numbers = Partial<Record<'nan' | 'zeros' | 'min' | 'max' | 'l2', number>>;

/** An answer with rows, each a few numbers or an error. */
function answer(
  rows: [row: number, numbers: Numbers | string | null, findings?: [string, string][]][],
  whole = false,
): StatsPayload {
  const hasNone = (one: Numbers | string | null) => typeof one === 'string' || !one;
  const column = (name: keyof Numbers) =>
    rows.map(([, one]) => (typeof one === 'string' ? null : (one?.[name] ?? null)));
  const zero = rows.map(([, one]) => (hasNone(one) ? null : 0));
  return {
    job: JOB,
    generation: 'a.1',
    whole,
    more: false,
    of_artifact: [],
    rows: rows.map(([row]) => row),
    nan: column('nan').map((nan, place) => (hasNone(rows[place]?.[1] ?? null) ? null : (nan ?? 0))),
    posinf: zero,
    neginf: zero,
    zeros: column('zeros'),
    min: column('min'),
    max: column('max'),
    mean: column('min'),
    std: zero,
    l1: zero,
    l2: column('l2'),
    findings: rows.map(([, , findings]) => findings ?? []),
    error: rows.map(([, one]) => (typeof one === 'string' ? one : null)),
  };
}

const NAN: [string, string] = ['nan', 'problem'];

function table(): StatsTable {
  return new StatsTable([10, 4, 10, 3], [-1, -1, 0, -1], [10, 4, 10, 0]);
}

describe('statistics as they come', () => {
  test('what is not known is no number, and not zero either', () => {
    const stats = table();
    expect(stats.has(0)).toBe(false);
    expect(stats.value(0, 'mean')).toBeNaN();
    expect(stats.value(0, 'bad')).toBeNaN();
    expect(stats.value(0, 'zeros')).toBeNaN();
    stats.take(answer([[0, { nan: 2, zeros: 5 }]]));
    expect(stats.has(0)).toBe(true);
    expect([stats.value(0, 'bad'), stats.value(0, 'zeros')]).toEqual([2, 0.5]);
    expect(stats.value(0, 'mean')).toBeNaN();
    expect(stats.known).toBe(1);
  });

  test('answers add up, and a whole one starts anew', () => {
    const stats = table();
    stats.take(answer([[0, { min: 1 }]], true));
    stats.take(answer([[1, { min: 2 }, [NAN]]]));
    expect([stats.value(0, 'min'), stats.value(1, 'min')]).toEqual([1, 2]);
    stats.take(answer([[3, { min: 3 }]], true));
    expect(stats.value(0, 'min')).toBeNaN();
    expect([stats.known, stats.findings(1)]).toEqual([1, []]);
  });

  test('an answer without news changes nothing', () => {
    const stats = table();
    stats.take(answer([[0, { min: 1 }]], true));
    const { version } = stats;
    stats.take(answer([]));
    expect(stats.version).toBe(version);
  });

  test('a row that cannot be read says why, and is found under a kind of its own', () => {
    const stats = table();
    stats.take(answer([[1, 'the shard is missing']]));
    expect([stats.has(1), stats.error(1)]).toEqual([true, 'the shard is missing']);
    expect(stats.value(1, 'bad')).toBeNaN();
    expect(stats.findings(1)).toEqual([{ kind: UNREADABLE, severity: 'problem' }]);
  });

  test('findings filter and are counted', () => {
    const stats = table();
    stats.take(
      answer([
        [0, {}, [NAN, ['inf', 'note']]],
        [1, {}, [['inf', 'note']]],
        [2, {}, [['inf', 'problem']]],
        [3, {}],
      ]),
    );
    expect([0, 1, 2, 3].map((row) => stats.passes(row, new Set(['nan'])))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(stats.passes(3, new Set())).toBe(true);
    expect(stats.passes(1, new Set(['nan', 'inf']))).toBe(true);
    expect(stats.countFindings([1, 2, 3])).toEqual([
      { kind: 'nan', severity: 'problem', count: 0 },
      { kind: 'inf', severity: 'problem', count: 2 },
    ]);
  });

  test('findings come before numbers, and a row that comes again is taken anew', () => {
    const stats = table();
    stats.take(answer([[0, null, [['untrained', 'note']]]]));
    expect([stats.has(0), stats.known, stats.stamp(0)]).toEqual([false, 0, 1]);
    expect(stats.findings(0)).toEqual([{ kind: 'untrained', severity: 'note' }]);
    stats.take(answer([[0, { min: 1 }, [NAN]]]));
    stats.take(answer([[0, { min: 1 }, []]]));
    expect([stats.has(0), stats.known, stats.stamp(0)]).toEqual([true, 1, 3]);
    expect([stats.findings(0), stats.value(0, 'min')]).toEqual([[], 1]);
    stats.take(answer([[0, 'the file changed']]));
    expect([stats.error(0), stats.known, stats.value(0, 'min')]).toEqual([
      'the file changed',
      1,
      Number.NaN,
    ]);
  });

  test('a branch adds up what adds up: an alias once, lengths of strings not at all', () => {
    const stats = table();
    const rows = [0, 1, 2, 3];
    stats.take(
      answer([
        [0, { nan: 1, zeros: 4, min: -2, max: 3, l2: 3 }],
        [1, { zeros: 0, min: -5, max: 0, l2: 4 }],
        [2, { nan: 1, zeros: 4, min: -2, max: 3, l2: 3 }],
        [3, { zeros: 3, min: 7, max: 900, l2: 100 }],
      ]),
    );
    expect(stats.sum(rows)).toEqual({
      known: 4,
      tensors: 4,
      elements: 14,
      bad: 1,
      zeros: 4,
      min: -5,
      max: 3,
      l2: 5,
    });
    expect(stats.sum(rows)).toBe(stats.sum(rows));
  });

  test('a sum follows what comes', () => {
    const stats = table();
    const rows = [0, 1];
    expect(stats.sum(rows).known).toBe(0);
    stats.take(answer([[0, { min: 1, l2: 2 }]]));
    expect(stats.sum(rows)).toMatchObject({ known: 1, l2: 2 });
  });

  test('there is no norm of no finite value', () => {
    const stats = table();
    stats.take(answer([[1, { nan: 3, l2: 0 }]]));
    expect([stats.value(1, 'l1'), stats.value(1, 'l2')]).toEqual([Number.NaN, Number.NaN]);
  });

  test('a column to sort by is whole', () => {
    const stats = table();
    stats.take(answer([[1, { nan: 3, zeros: 1 }]]));
    expect([...stats.column('bad')]).toEqual([Number.NaN, 3, Number.NaN, Number.NaN]);
    stats.take(answer([[0, { nan: 1 }]]));
    expect([...stats.column('bad')].slice(0, 2)).toEqual([1, 3]);
  });
});

test('unknown numbers come last, whichever way', () => {
  const values = [Number.NaN, 2, Number.NaN, 1];
  const sorted = (direction: number) =>
    [0, 1, 2, 3].sort(
      (a, b) => compareNumbers(values[a] as number, values[b] as number, direction) || a - b,
    );
  expect(sorted(1)).toEqual([3, 1, 0, 2]);
  expect(sorted(-1)).toEqual([1, 3, 0, 2]);
});

test('kinds are words, the worst first, and new ones are understood', () => {
  const marks = [
    { kind: 'odd_kind', severity: 'warning' },
    { kind: 'untrained', severity: 'note' },
    { kind: 'constant', severity: 'warning' },
    { kind: 'all_zero', severity: 'problem' },
    { kind: 'nan', severity: 'problem' },
    { kind: UNREADABLE, severity: 'problem' },
  ];
  expect(marks.sort(compareMarks).map(({ kind }) => kind)).toEqual([
    UNREADABLE,
    'nan',
    'all_zero',
    'constant',
    'odd_kind',
    'untrained',
  ]);
  expect(describeKind('odd_kind')).toBe('odd kind');
  expect(['problem', 'warning', 'note', 'odd'].map(toneOf)).toEqual([
    'bad',
    'warn',
    'muted',
    'muted',
  ]);
});
