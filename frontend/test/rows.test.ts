import { describe, expect, test } from 'vitest';
import { type Rows, scrollToShow, uniformRows, variableRows, visibleRows } from '../src/ui/rows';

const HEIGHTS = [38, 32, 54, 32, 32, 38, 54];
const KINDS: [string, Rows][] = [
  ['uniform', uniformRows(1000, 28)],
  ['variable', variableRows(HEIGHTS)],
];

describe.each(KINDS)('%s rows', (_, rows) => {
  test('the row at a height is the one that covers it', () => {
    for (let y = 0; y < Math.min(rows.height, 500); y++) {
      const row = rows.at(y);
      expect(rows.top(row)).toBeLessThanOrEqual(y);
      expect(row + 1 < rows.count ? rows.top(row + 1) : rows.height).toBeGreaterThan(y);
    }
  });

  test('beyond both ends the first and last row answer', () => {
    expect(rows.at(-100)).toBe(0);
    expect(rows.at(rows.height + 100)).toBe(rows.count - 1);
  });

  test('whatever is in view is drawn, at every scroll position', () => {
    for (let top = 0; top <= rows.height; top += 13) {
      const { first, last } = visibleRows(rows, top, 100, 0);
      expect(first).toBeLessThanOrEqual(rows.at(top));
      expect(last).toBeGreaterThan(rows.at(Math.min(top + 99, rows.height - 1)));
    }
  });

  test('scrolling to a row shows it whole, and moves no further than it must', () => {
    for (let row = 0; row < Math.min(rows.count, 60); row++) {
      const top = scrollToShow(rows, row, 50, 100);
      expect(rows.top(row)).toBeGreaterThanOrEqual(top);
      const bottom = row + 1 < rows.count ? rows.top(row + 1) : rows.height;
      expect(bottom).toBeLessThanOrEqual(top + 100);
      expect(scrollToShow(rows, row, top, 100)).toBe(top);
    }
  });
});

test('no rows draw nothing', () => {
  expect(visibleRows(uniformRows(0, 28), 0, 500)).toEqual({ first: 0, last: 0 });
  expect(variableRows([]).height).toBe(0);
});

test('100,000 rows draw some dozens', () => {
  const { first, last } = visibleRows(uniformRows(100_000, 28), 1_400_000, 900);
  expect(last - first).toBeLessThan(60);
});
