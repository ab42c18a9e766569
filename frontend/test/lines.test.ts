import { expect, test } from 'vitest';
import {
  alignTraces,
  assignSlots,
  chooseLines,
  chooseRoles,
  type Line,
  listLines,
  METRICS,
  nearestPlace,
  placesOf,
  sortByChange,
} from '../src/model/lines';
import { mergeValues, SeriesTable } from '../src/model/timeline';
import { payload, type Versions, valuesOf } from './series';

const WEIGHTS = new Set(['weight']);

function tableOf(tensors: Record<string, Versions>) {
  const parts = payload(tensors);
  parts.hyperparameters = [
    { key: 'i', name: 'adam/iterations', values: [1, 2, 3], text: ['1', '2', '3'] },
    { key: 'r', name: 'adam/learning_rate', values: [0.1, 0.1, 0.05], text: ['', '', ''] },
  ];
  return new SeriesTable(parts, mergeValues(new Map(), valuesOf(tensors)), { settled: true });
}

function line(key: string, change: number | null, isFrozen = false): Line {
  return { key, label: key, short: key, values: [], tensors: [], isFrozen, change };
}

const TENSORS = {
  'net/a/kernel': [[1], [2], [4]],
  'net/b/kernel': [[1], [1], [1]],
  'net/c/kernel': [[4], [5], [5]],
};

test('every metric has lines; what all names begin with is left out of the short ones', () => {
  const table = tableOf(TENSORS);
  for (const metric of METRICS) expect(listLines(table, metric, 'tensor', WEIGHTS)).not.toEqual([]);
  const lines = listLines(table, 'relative', 'tensor', WEIGHTS);
  expect(lines.map(({ short }) => short)).toEqual(['a/kernel', 'b/kernel', 'c/kernel']);
  expect(lines.map(({ isFrozen }) => isFrozen)).toEqual([false, true, false]);
  expect(lines.map(({ change }) => change)).toEqual([1, 0, 0.125]);
  expect(listLines(table, 'relative', 'tensor', WEIGHTS)).toBe(lines);
});

test('the share of frozen tensors and sizes need no values', () => {
  const table = new SeriesTable(payload(TENSORS), new Map(), { settled: false });
  table.payload.checkpoints.state[1] = 'deleted';
  const values = (metric: (typeof METRICS)[number]) =>
    listLines(table, metric, 'all', WEIGHTS).map((one) => one.values);
  expect(values('frozen')).toEqual([[null, 1 / 3, 2 / 3]]);
  expect(values('nbytes')).toEqual([[100, null, 100]]);
});

test('those that change most are shown, frozen ones only where there are no others', () => {
  const many = Array.from({ length: 20 }, (_, at) => line(`${at}`, at / 20));
  const chosen = chooseLines([...many, line('f', 0, true)], 'relative');
  expect(chosen).toEqual(['12', '13', '14', '15', '16', '17', '18', '19']);
  expect(chooseLines(many, 'relative', 2)).toEqual(['16', '17', '18', '19']);
  expect(chooseLines([line('a', 1), line('f', 0, true)], 'l2')).toEqual(['a']);
  expect(chooseLines([line('f', 0, true)], 'l2')).toEqual(['f']);
  expect(sortByChange([line('f', 0, true), line('x', null), line('a', 1)])[0]?.key).toBe('a');
});

test('of the hyperparameters the learning rate is shown first', () => {
  const lines = listLines(tableOf(TENSORS), 'hyperparameters', 'all', WEIGHTS);
  expect(chooseLines(lines, 'hyperparameters')).toEqual(['r']);
});

test('weights are added up unless there are none, or roles are compared', () => {
  expect(chooseRoles(['weight', 'optimizer'], 'layer')).toEqual(['weight']);
  expect(chooseRoles(['weight', 'optimizer'], 'role')).toEqual(['weight', 'optimizer']);
  expect(chooseRoles(['optimizer'], 'layer')).toEqual(['optimizer']);
});

test('a line keeps its colour while others come and go', () => {
  const first = assignSlots(new Map(), ['a', 'b', 'c']);
  expect([...first]).toEqual([
    ['a', 0],
    ['b', 1],
    ['c', 2],
  ]);
  const later = assignSlots(first, ['c', 'd', 'b']);
  expect([later.get('b'), later.get('c'), later.get('d')]).toEqual([1, 2, 0]);
});

test('times are since the first checkpoint; what has none has no place', () => {
  const { checkpoints } = payload({ w: [[1], [2], [3]] });
  expect(placesOf(checkpoints, 'step')).toEqual([0, 10, 20]);
  checkpoints.mtime_s[0] = 0;
  expect(placesOf(checkpoints, 'time')).toEqual([null, 0, 60]);
});

test('lines with points of their own share an axis: a gap is not a missing point', () => {
  const { xs, ys } = alignTraces([
    { xs: [0, 20, null], ys: [1, null, 9] },
    { xs: [20, 10], ys: [3, 2] },
  ]);
  expect(xs).toEqual([0, 10, 20]);
  expect(ys).toEqual([
    [1, undefined, null],
    [undefined, 2, 3],
  ]);
  expect(alignTraces([{ xs: [5], ys: [] }]).ys).toEqual([[null]]);
  expect(alignTraces([])).toEqual({ xs: [], ys: [] });
});

test('the nearest place is found, the first of two', () => {
  expect(nearestPlace([0, null, 10], 6)).toBe(2);
  expect(nearestPlace([0, 10], 5)).toBe(0);
  expect(nearestPlace([null], 5)).toBe(-1);
});
