import { expect, test } from 'vitest';
import { CHOICES, layOutColumns, needsStats, nextTensorSort } from '../src/pages/weights/columns';

test('without a choice there are as many as fit, shape and histogram first', () => {
  expect(layOutColumns(1440, '', true).ids).toHaveLength(13);
  expect(layOutColumns(1024, '', true).ids).toEqual([
    ...['shape', 'histogram', 'bad', 'zeros'],
    ...['min', 'max', 'mean', 'std'],
  ]);
  expect(layOutColumns(600, '', true).ids).toEqual(['shape', 'histogram', 'bad']);
});

test.each([380, 500, 760, 1024, 1440, 2560])('at %i pixels nothing has to be scrolled', (width) => {
  for (const hasStats of [true, false]) {
    expect(layOutColumns(width, '', hasStats).minWidth).toBeLessThanOrEqual(width);
  }
});

test('without statistics there is no empty column for them', () => {
  expect(layOutColumns(1440, '', false).ids.some(needsStats)).toBe(false);
});

test('a choice is kept whatever the width, in the order of the table', () => {
  const layout = layOutColumns(400, 'std,role,histogram', true);
  expect(layout.ids).toEqual(['role', 'histogram', 'std']);
  expect(layout.minWidth).toBeGreaterThan(400);
});

test('names alone, or a choice from another version, are a choice', () => {
  expect(layOutColumns(1440, 'name', true).ids).toEqual([]);
  expect(layOutColumns(1440, 'kurtosis,std', true).ids).toEqual(['std']);
});

test('a third click on a head goes back to the order of the file', () => {
  const file = { column: 'file', descending: false };
  expect(nextTensorSort(file, 'std')).toBe('-std');
  expect(nextTensorSort({ column: 'std', descending: true }, 'std')).toBe('std');
  expect(nextTensorSort({ column: 'std', descending: false }, 'std')).toBe('');
  expect(nextTensorSort(file, 'name')).toBe('name');
});

test('every column that can be chosen can be sorted by, or says that it cannot', () => {
  for (const { id, fixed } of CHOICES) expect(Boolean(fixed)).toBe(id === 'histogram');
});
