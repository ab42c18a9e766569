import { describe, expect, test } from 'vitest';
import type { ValuesPayload } from '../src/api/types';
import { parseSlice, type Range } from '../src/model/slices';
import { classOf, layOutValues } from '../src/model/values';

function layOut(slice: string, shape: number[], text: string[], dtype = 'float32') {
  const region = parseSlice(slice, shape) as Range[];
  const payload: ValuesPayload = {
    key: '',
    name: '',
    dtype,
    shape,
    region: [],
    result_shape: [],
    text,
  };
  return layOutValues(payload, region);
}

describe('a table of values', () => {
  test('rows and columns carry the indices of the tensor, not of the window', () => {
    const grid = layOut('4:8:2, 1, 10:13', [9, 2, 20], ['1', '2', '3', '4', '5', '-6']);
    expect(grid.rows).toEqual(['4', '6']);
    expect(grid.columns).toEqual(['10', '11', '12']);
    expect(grid.cells).toEqual([
      ['1', '2', '3'],
      ['4', '5', '-6'],
    ]);
  });

  test('a vector is broken into rows of five that name their first index', () => {
    const text = Array.from({ length: 23 }, (_, index) => String(index));
    const grid = layOut('100:123', [400], text);
    expect(grid.rows).toEqual(['100', '105', '110', '115', '120']);
    expect(grid.columns?.[4]).toBe('+4');
    expect(grid.cells.map((row) => row.length)).toEqual([5, 5, 5, 5, 3]);
  });

  test('strings stand one to a row', () => {
    const grid = layOut('5:7', [9], ['a', 'b'], 'string');
    expect([grid.rows, grid.columns, grid.cells]).toEqual([['5', '6'], null, [['a'], ['b']]]);
  });

  test('the largest magnitude leaves out what is not finite', () => {
    expect(layOut(':', [4], ['-3', 'inf', 'NaN', '2']).largest).toBe(3);
    expect(layOut(':', [2], ['True', 'False'], 'bool').largest).toBe(0);
  });
});

test('what is not finite stands out, also within complex numbers', () => {
  expect(['NaN', 'nan', '-inf', '(1+nanj)', '0.0', '-0.0', '1.5'].map(classOf)).toEqual([
    'bad',
    'bad',
    'bad',
    'bad',
    'zero',
    'zero',
    '',
  ]);
});
