import { expect, test } from 'vitest';
import { describeCell, describeChanges, listChanges, runsOf } from '../src/model/changes';
import { mergeValues, SeriesTable } from '../src/model/timeline';
import { payload, type Versions, valuesOf } from './series';

function rowsOf(tensors: Record<string, Versions>, read = true) {
  const rows = read ? mergeValues(new Map(), valuesOf(tensors)) : new Map();
  const table = new SeriesTable(payload(tensors), rows, { settled: read });
  const all = { key: 'all', label: 'all', tensors: [...Object.keys(tensors).keys()] };
  return listChanges(table, [all]);
}

const TENSORS = {
  a: [[1], [2], [2], [3], null],
  b: [null, [1], [1], [1], null],
};

test('signs come from contents alone', () => {
  const [row] = rowsOf(TENSORS, false);
  expect(row?.signs).toEqual(['first', 'changed', 'frozen', 'changed', 'absent']);
  expect([row?.changed, row?.compared]).toEqual([2, 3]);
});

test('values only add where there is NaN', () => {
  const [row] = rowsOf({ a: [[1], [Number.NaN], [Number.NaN]] });
  expect(row?.signs).toEqual(['first', 'nan', 'nan']);
  expect(row && describeCell(row, 1)).toBe('1 NaN or infinite');
});

test('a cell says how many of how many', () => {
  const [row] = rowsOf(TENSORS);
  const words = row?.signs.map((_sign, at) => describeCell(row, at));
  expect(words).toEqual([
    'first seen',
    'changed, 1 first seen',
    'frozen',
    '1 of 2 tensors changed',
    'absent',
  ]);
});

test('a row is a sentence for those who do not see it', () => {
  const [row] = rowsOf({ a: [[1], [2], [3], [3], [3]] });
  expect(row && describeChanges(row, (at) => `step ${at}`)).toBe(
    'first seen at step 0; changed at step 1 to step 2; frozen at step 3 to step 4',
  );
  const busy = Array.from({ length: 40 }, (_, at) => [Math.floor(at / 2)]);
  const [long] = rowsOf({ a: busy });
  expect(long && describeChanges(long, String)).toMatch(/; 28 more changes$/);
});

test('neighbours of one sign are one run', () => {
  expect(runsOf(['first', 'frozen', 'frozen', 'nan'])).toEqual([
    { sign: 'first', from: 0, to: 1 },
    { sign: 'frozen', from: 1, to: 3 },
    { sign: 'nan', from: 3, to: 4 },
  ]);
});
