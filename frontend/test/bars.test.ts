import { describe, expect, test } from 'vitest';
import { binsOfQuantiles, binsWithin, drawBars, highestBar, makeBars } from '../src/ui/bars';

const EVEN = { edges: [0, 1, 2, 3], counts: [4, 8, 0] };
const UNEVEN = { edges: [0, 1, 11], counts: [5, 10] };

describe('bars', () => {
  test('of one width are as high as their counts', () => {
    const { bars, by } = makeBars(EVEN);
    expect(by).toBe('count');
    expect(bars.map((bar) => bar.height)).toEqual([0.5, 1, 0]);
  });

  test('of different widths are as high as they are dense', () => {
    const { bars, by } = makeBars(UNEVEN);
    expect(by).toBe('density');
    expect(bars.map((bar) => bar.height)).toEqual([1, 0.2]);
    expect(bars.map((bar) => bar.count)).toEqual([5, 10]);
  });

  test('on a logarithmic scale the small ones are seen, and order stays', () => {
    const { bars } = makeBars({ edges: [0, 1, 2, 3], counts: [1, 1_000_000, 0] }, true);
    expect(bars[0]?.height).toBeGreaterThan(0.04);
    expect(bars[1]?.height).toBe(1);
    expect(bars[2]?.height).toBe(0);
  });

  test('the highest is not always the fullest', () => {
    expect(highestBar(makeBars(UNEVEN).bars)).toBe(0);
  });

  test('nothing, and one value, are drawn as well', () => {
    expect(drawBars({ edges: [], counts: [] }, 72, 18)).toEqual({ path: '', zero: null });
    expect(drawBars({ edges: [3, 3], counts: [9] }, 72, 18).path).toContain('z');
    expect(makeBars({ edges: [], counts: [] }).bars).toEqual([]);
  });

  test('zero is marked where it is inside', () => {
    expect(drawBars({ edges: [-1, 1, 3], counts: [1, 1] }, 72, 18).zero).toBe(18);
    expect(drawBars({ edges: [1, 2, 3], counts: [1, 1] }, 72, 18).zero).toBeNull();
  });

  test('a bin with a single value among millions has a pixel', () => {
    const { path } = drawBars({ edges: [0, 1, 2], counts: [1, 1_000_000] }, 72, 18);
    expect(path).toContain('M0 18V17H36');
  });
});

describe('the middle', () => {
  test('has the bins that reach into it', () => {
    expect(binsWithin(EVEN, 0.5, 1.5)).toEqual({ edges: [0, 1, 2], counts: [4, 8] });
    expect(binsWithin(EVEN, 5, 6)).toEqual({ edges: [], counts: [] });
  });

  test('can be told by quantiles, and loses none of the values between them', () => {
    const quantiles = [
      [0.01, 0],
      [0.25, 0],
      [0.5, 1],
      [0.95, 3],
      [0.99, 3],
    ] as const;
    expect(binsOfQuantiles(quantiles, 1000)).toEqual({ edges: [0, 1, 3], counts: [490, 490] });
  });

  test('of one value has no bins', () => {
    const same = [
      [0.01, 7],
      [0.99, 7],
    ] as const;
    expect(binsOfQuantiles(same, 10).counts).toEqual([]);
  });
});
