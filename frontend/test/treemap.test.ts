import { expect, test } from 'vitest';
import { squarify } from '../src/model/treemap';

const WITHIN = { x: 10, y: 20, wide: 600, tall: 400 };

test('areas are as large as their amounts, and fill the whole without overlap', () => {
  const amounts = [60, 60, 40, 30, 20, 20, 10];
  const areas = squarify(amounts, WITHIN);
  expect(areas).toHaveLength(amounts.length);
  const unit = (600 * 400) / 240;
  for (const [i, { x, y, wide, tall }] of areas.entries()) {
    expect(wide * tall).toBeCloseTo((amounts[i] ?? 0) * unit, 5);
    expect(x).toBeGreaterThanOrEqual(10 - 1e-9);
    expect(y).toBeGreaterThanOrEqual(20 - 1e-9);
    expect(x + wide).toBeLessThanOrEqual(610 + 1e-9);
    expect(y + tall).toBeLessThanOrEqual(420 + 1e-9);
    for (const other of areas.slice(i + 1)) {
      const across = Math.min(x + wide, other.x + other.wide) - Math.max(x, other.x);
      const down = Math.min(y + tall, other.y + other.tall) - Math.max(y, other.y);
      expect(Math.min(across, down)).toBeLessThan(1e-6);
    }
  }
});

test('parts of one size are near to squares', () => {
  for (const { wide, tall } of squarify(Array(24).fill(1), WITHIN)) {
    expect(Math.max(wide / tall, tall / wide)).toBeLessThan(1.6);
  }
});

test('amounts that differ a lot still have an area', () => {
  const areas = squarify([1e12, 1, 1e-9], WITHIN);
  for (const { wide, tall } of areas) expect(Number.isFinite(wide * tall)).toBe(true);
});

test('nothing has no areas', () => {
  expect(squarify([], WITHIN)).toEqual([]);
});
