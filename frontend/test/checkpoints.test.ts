import { expect, test } from 'vitest';
import {
  chooseHyperparameters,
  findBest,
  keyOfCheckpoint,
  listCheckpoints,
  sortCheckpoints,
} from '../src/model/checkpoints';
import { mergeValues, SeriesTable } from '../src/model/timeline';
import { payload, valuesOf } from './series';

const TENSORS = {
  a: [[3], [4], [4], [Number.NaN]],
  b: [[1], [1], [1], [1]],
  m: [[9], [9], [9], [Number.NaN]],
};

function table() {
  const parts = payload(TENSORS, { roles: { m: 'optimizer' } });
  parts.hyperparameters = [
    { key: 'i', name: 'iterations', values: [1, 2, 3, 4], text: [] },
    { key: 'b', name: 'beta_1', values: [0.9, 0.9, 0.9, 0.9], text: [] },
    { key: 'r', name: 'learning_rate', values: [0.1, 0.1, 0.1, null], text: [] },
  ];
  parts.checkpoints.state[0] = 'deleted';
  return new SeriesTable(parts, mergeValues(new Map(), valuesOf(TENSORS)), { settled: true });
}

const POINTS = new Map([
  ['id0', { value: 0.1, step: 0, exact: true }],
  ['id1', { value: 0.7, step: 10, exact: true }],
  ['id2', { value: 0.5, step: 15, exact: false }],
  ['id3', { value: 0.5, step: 30, exact: true }],
]);

function rows() {
  return listCheckpoints(0, table(), [0, 1], POINTS, ['learning_rate', 'missing']);
}

test('a row has what changed, norms of the tensors asked for, and NaN of all', () => {
  const list = rows();
  expect(list.map(({ changed, compared }) => [changed, compared])).toEqual([
    [0, 0],
    [1, 2],
    [0, 2],
    [1, 2],
  ]);
  expect(list[1]?.l2).toBeCloseTo(Math.sqrt(17), 12);
  expect(list.map(({ nonfinite }) => nonfinite)).toEqual([0, 0, 0, 2]);
  expect(list.map(({ key }) => key)).toEqual(['id0', 'id1', 'id2', 'id3']);
  expect(list[1]?.hyperparameters).toEqual([0.1, null]);
  expect(list[2]?.scalar).toEqual({ value: 0.5, step: 15, exact: false });
});

test('values that were not read are not known, rather than none', () => {
  const unread = new SeriesTable(payload(TENSORS), new Map(), { settled: false });
  const [first] = listCheckpoints(0, unread, [0, 1], new Map(), []);
  expect([first?.nonfinite, first?.l2, first?.scalar]).toEqual([null, null, null]);
});

test('any column sorts, and what is not known stands last either way', () => {
  const order = (column: string, descending: boolean) =>
    sortCheckpoints(rows(), { column, descending }).map(({ at }) => at);
  expect(order('step', true)).toEqual([3, 2, 1, 0]);
  expect(order('scalar', false)).toEqual([0, 2, 3, 1]);
  expect(order('scalar', true)).toEqual([1, 2, 3, 0]);
  expect(order('changed', true)).toEqual([1, 3, 2, 0]);
  expect(order('hyper0', true)).toEqual([0, 1, 2, 3]);
  expect(order('hyper0', false)).toEqual([0, 1, 2, 3]);
  expect(order('nonfinite', true)).toEqual([3, 0, 1, 2]);
});

test('the best is the first of equal ones, and never one that is gone', () => {
  expect(findBest(rows(), false)?.at).toBe(2);
  expect(findBest(rows(), true)?.at).toBe(1);
  expect(findBest([], true)).toBeNull();
});

test('hyperparameters that change get a column, and the learning rate the first', () => {
  expect(chooseHyperparameters([table()])).toEqual(['learning_rate', 'iterations']);
  expect(chooseHyperparameters([])).toEqual([]);
});

test('one that only the state file knows is told by its path', () => {
  const { checkpoints } = payload(TENSORS);
  checkpoints.id[2] = null;
  expect([1, 2].map((at) => keyOfCheckpoint(checkpoints, at))).toEqual([
    'id1',
    'run/checkpoints/ckpt-20',
  ]);
});
