import { describe, expect, test } from 'vitest';
import { formatMeasure, indexAt, layOutSpectrum } from '../src/model/spectrum';

const BOX = { left: 10, top: 0, width: 100, height: 60 };

describe('a plot of singular values', () => {
  test('has the largest at the top left, the smallest at the bottom right', () => {
    const { points, ticks, zeros } = layOutSpectrum([100, 10, 1], BOX);
    expect(points).toEqual([
      [10, 0],
      [60, 30],
      [110, 60],
    ]);
    expect(ticks).toEqual([
      { at: 60, text: '1' },
      { at: 30, text: '10' },
      { at: 0, text: '100' },
    ]);
    expect(zeros).toBe(0);
  });

  test('leaves out what is zero, and says how many', () => {
    const { points, zeros } = layOutSpectrum([4, 2, 0, 0], BOX);
    expect(points).toHaveLength(2);
    expect(points[1]?.[0]).toBeCloseTo(10 + 100 / 3);
    expect(zeros).toBe(2);
  });

  test('draws equal values, and a lone one, in the middle', () => {
    for (const values of [[3, 3], [3]]) {
      const { points, ticks } = layOutSpectrum(values, BOX);
      for (const [, y] of points) expect(y).toBeCloseTo(30);
      expect(ticks.map((tick) => tick.text)).toEqual(['3']);
    }
  });

  test('has few ticks, whole powers of ten where there are two', () => {
    const texts = (values: number[]) => layOutSpectrum(values, BOX).ticks.map((one) => one.text);
    expect(texts([1e4, 1e-12])).toEqual(['1e-12', '1e-7', '0.01', '1000']);
    expect(texts([8, 2])).toEqual(['8', '2']);
    expect(texts([20, 0.5])).toEqual(['1', '10']);
  });

  test('finds the value under the pointer', () => {
    expect([0, 10, 59, 61, 110, 500].map((x) => indexAt(x, 3, BOX))).toEqual([0, 0, 1, 1, 2, 2]);
    expect(indexAt(50, 1, BOX)).toBe(0);
  });
});

test('measures have four digits', () => {
  expect([0, 1, 12.3456, 0.012345678, 1.2345678e-7, 98765.4, 1e22].map(formatMeasure)).toEqual([
    '0',
    '1',
    '12.35',
    '0.01235',
    '1.235e-7',
    '98770',
    '1e22',
  ]);
});
