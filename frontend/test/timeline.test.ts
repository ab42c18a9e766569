import { expect, test } from 'vitest';
import {
  type Cells,
  findNonfinite,
  GROUPINGS,
  MEASURES,
  measure,
  mergeValues,
  SeriesTable,
} from '../src/model/timeline';
import { payload, type Versions, valuesOf } from './series';

const WEIGHTS = new Set(['weight']);

function tableOf(
  tensors: Record<string, Versions>,
  more: Parameters<typeof payload>[1] & { unread?: string[]; settled?: boolean } = {},
) {
  const values = valuesOf(tensors);
  const all = mergeValues(new Map(), values);
  const unread = (more.unread ?? []).map((name) => Object.keys(tensors).indexOf(name));
  const rows = new Map([...all].filter(([tensor]) => !unread.includes(tensor)));
  return new SeriesTable(payload(tensors, more), rows, { settled: more.settled ?? true });
}

function measures(cells: Cells, settled = true) {
  const lists = MEASURES.map((name) => [name, measure(cells, name, settled)] as const);
  return Object.fromEntries(lists) as Record<(typeof MEASURES)[number], (number | null)[]>;
}

test('the formulas are those of vectors', () => {
  const table = tableOf({
    w: [
      [3, 4],
      [6, 8],
      [-8, 6],
    ],
  });
  const { l2, mean_abs, relative, cosine } = measures(table.cells([0]));
  expect(l2).toEqual([5, 10, 10]);
  expect(mean_abs).toEqual([null, 3.5, 8]);
  expect(relative).toEqual([null, 1, Math.sqrt(200) / 10]);
  expect(cosine).toEqual([null, 1, 0]);
});

test('what is frozen has no change and the same direction, before it is read too', () => {
  const frozen: Versions = [
    [1, 2],
    [1, 2],
    [1, 2],
  ];
  for (const unread of [[], ['w']]) {
    const { mean_abs, relative, cosine } = measures(tableOf({ w: frozen }, { unread }).cells([0]));
    expect([mean_abs, relative, cosine]).toEqual([
      [null, 0, 0],
      [null, 0, 0],
      [null, 1, 1],
    ]);
  }
  expect(measures(tableOf({ w: frozen }, { unread: ['w'] }).cells([0])).l2).toEqual([
    null,
    null,
    null,
  ]);
});

test('a group is the vector of all its elements', () => {
  const [a, b]: [Versions, Versions] = [
    [
      [1, 2],
      [2, 2],
      [0, -1],
    ],
    [
      [3, 0],
      [3, 0],
      [4, 1],
    ],
  ];
  const joined = a.map((values, at) => [...(values ?? []), ...(b[at] ?? [])]);
  const group = measures(tableOf({ 'l/a': a, 'l/b': b }).cells([0, 1]));
  const whole = measures(tableOf({ whole: joined }).cells([0]));
  for (const name of MEASURES) {
    for (const [at, value] of whole[name].entries()) {
      if (value === null) expect(group[name][at]).toBeNull();
      else expect(group[name][at]).toBeCloseTo(value, 12);
    }
  }
});

test('a change is of the elements that are finite in both', () => {
  const table = tableOf({
    w: [
      [3, 4, 1],
      [3, 8, Number.NaN],
      [3, 8, 5],
    ],
  });
  const cells = table.cells([0]);
  const { l2, mean_abs, relative } = measures(cells);
  expect([...cells.nonfinite]).toEqual([0, 1, 0]);
  expect(l2[1]).toBeCloseTo(Math.sqrt(73), 12);
  expect(mean_abs).toEqual([null, 2, 0]);
  expect(relative[1]).toBeCloseTo(4 / 5, 12);
});

test('of nothing but zeros there is neither a relative change nor a direction', () => {
  const { l2, relative, cosine } = measures(
    tableOf({
      w: [
        [0, 0],
        [1, 0],
      ],
    }).cells([0]),
  );
  expect([l2, relative, cosine]).toEqual([
    [0, 1],
    [null, null],
    [null, null],
  ]);
});

test('a tensor that is absent for a while is compared with the last that there was', () => {
  const table = tableOf({ w: [[1], null, [1], [3]] });
  expect(table.kinds(0)).toEqual(['first', 'absent', 'frozen', 'changed']);
  expect(measures(table.cells([0])).mean_abs).toEqual([null, null, 0, 2]);
});

test('a checkpoint that cannot be opened says nothing and is passed over', () => {
  const parts = payload({ w: [[1], [2], [1]] });
  parts.checkpoints.problem[1] = 'broken';
  parts.content = [[0, null, 0]];
  const table = new SeriesTable(parts, new Map(), { settled: true });
  expect(table.kinds(0)).toEqual(['first', 'unknown', 'frozen']);
});

test('without checksums the values tell what changed, once they are read', () => {
  const tensors = {
    w: [
      [1, 1],
      [1, 1],
      [2, 1],
      [2, Number.NaN],
      [2, Number.NaN],
    ],
  };
  const parts = payload(tensors);
  parts.content = [parts.checkpoints.path.map(() => null)];
  const kinds = (rows: Map<number, never> | ReturnType<typeof mergeValues>) =>
    new SeriesTable(parts, rows, { settled: true }).kinds(0);
  expect(kinds(new Map())).toEqual(['first', ...Array(4).fill('unknown')]);
  // What is NaN in both may be another NaN: it is not said to be the same.
  const known = ['first', 'frozen', 'changed', 'changed', 'changed'];
  expect(kinds(mergeValues(new Map(), valuesOf(tensors)))).toEqual(known);
});

test('while values are read a sum that lacks a tensor is held back', () => {
  const tensors = { 'l/a': [[3], [4]], 'l/b': [[4], [3]] };
  const partly = { unread: ['l/b'] };
  const l2 = (settled: boolean) =>
    measures(tableOf(tensors, { ...partly, settled }).cells([0, 1]), settled).l2;
  expect(l2(false)).toEqual([null, null]);
  expect(l2(true)).toEqual([3, 4]);
});

test('texts and the like have no norm and hold nothing back', () => {
  const tensors = { 'l/a': [[3], [4]], 'l/words': [[1], [2]] };
  const more = { dtypes: { 'l/words': 'string' }, unread: ['l/words'], settled: false };
  expect(measures(tableOf(tensors, more).cells([0, 1]), false).l2).toEqual([3, 4]);
});

test('groups are everything, roles, layers or tensors, of the roles asked for', () => {
  const tensors = { 'net/a/kernel': [[1]], 'net/a/bias': [[1]], 'net/b/kernel': [[1]], m: [[1]] };
  const table = tableOf(tensors, { roles: { m: 'optimizer' } });
  const groups = GROUPINGS.map((by) =>
    table.groups(by, WEIGHTS).map(({ label, tensors: own }) => `${label} ${own}`),
  );
  expect(groups).toEqual([
    ['everything 0,1,2'],
    ['weight 0,1,2'],
    ['net/a 0,1', 'net/b 2'],
    ['net/a/kernel 0', 'net/a/bias 1', 'net/b/kernel 2'],
  ]);
  expect(table.roles()).toEqual(['weight', 'optimizer']);
});

test('rows that come later take the place of older ones', () => {
  const first = mergeValues(new Map(), valuesOf({ a: [[1]], b: [[2]] }));
  const later = valuesOf({ a: [[5]] });
  expect(mergeValues(first, later).get(0)?.sum_sq).toEqual([25]);
  expect(mergeValues(first, later).get(1)?.sum_sq).toEqual([4]);
  expect(mergeValues(first, { ...later, tensor: [] })).toBe(first);
});

test('the first NaN is found in whatever tensor has it, weights first', () => {
  const bad = Number.POSITIVE_INFINITY;
  const tensors = { m: [[1], [bad], [bad]], w: [[1], [bad], [bad]], v: [[1], [1], [bad]] };
  const found = findNonfinite(tableOf(tensors, { roles: { m: 'optimizer' } }));
  expect(found).toEqual({
    at: 1,
    tensors: [
      { tensor: 1, nonfinite: 1, count: 1 },
      { tensor: 0, nonfinite: 1, count: 1 },
    ],
  });
  expect(findNonfinite(tableOf({ w: [[1], [2]] }))).toBeNull();
});

test('a counter is in no group but its own', () => {
  const parts = payload({ 'net/kernel': [[1]], step: [[5000]] });
  parts.hyperparameters = [{ key: 'key/step', name: 'step', values: [5000], text: ['5000'] }];
  const table = new SeriesTable(parts, new Map(), { settled: true });
  const tensors = (by: (typeof GROUPINGS)[number]) =>
    table.groups(by, WEIGHTS).map((group) => group.tensors);
  expect([tensors('all'), tensors('role'), tensors('tensor')]).toEqual([[[0]], [[0]], [[0], [1]]]);
});
