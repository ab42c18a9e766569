import { describe, expect, test } from 'vitest';
import {
  canTile,
  fitFrame,
  giveRole,
  openingFrame,
  openingRoles,
  pan,
  readRoles,
  withTiles,
  writeRoles,
  zoom,
} from '../src/model/frames';
import { formatSlice, parseSlice, type Range } from '../src/model/slices';

const KERNEL = [3, 3, 32, 64];

function frame(text: string, shape: number[]): Range[] {
  const region = parseSlice(text, shape);
  if (typeof region === 'string') throw new Error(region);
  return region;
}

describe('which axes go where', () => {
  test('a matrix is rows and columns, a vector one row, a kernel tiles', () => {
    expect(writeRoles(openingRoles([20, 30]))).toBe('0,1');
    expect(writeRoles(openingRoles([20]))).toBe('0');
    expect(writeRoles(openingRoles([1, 20, 1, 30]))).toBe('1,3');
    expect(writeRoles(openingRoles(KERNEL))).toBe('0,1,2,3');
    expect(writeRoles(openingRoles([2, 3, 3, 8, 8]))).toBe('1,2,3,4');
    expect(writeRoles(openingRoles([3, 3, 16, 1]))).toBe('0,1,2,3');
    expect(writeRoles(openingRoles([1, 1, 16, 16]))).toBe('2,3');
    expect(writeRoles(openingRoles([12, 64, 96]))).toBe('1,2');
    expect(writeRoles(openingRoles([64, 64, 3, 3]))).toBe('2,3');
  });

  test('an address is read back; one that makes no sense gives the opening', () => {
    for (const text of ['0,1', '1,0', '2,3,0,1', '0,1,3'])
      expect(writeRoles(readRoles(text, KERNEL)), text).toBe(text);
    for (const text of ['', '0,0', '0,4', '-1,0', '0,1,2,3,0', 'x', '0.5,1'])
      expect(readRoles(text, KERNEL), text).toEqual(openingRoles(KERNEL));
  });

  test('tiles take the axes that are left, the last ones', () => {
    const one = readRoles('2,3', KERNEL);
    expect(writeRoles(withTiles(one, KERNEL, true))).toBe('2,3,0,1');
    expect(writeRoles(withTiles(withTiles(one, KERNEL, true), KERNEL, false))).toBe('2,3');
    expect(writeRoles(withTiles(readRoles('1,2', [12, 64, 96]), [12, 64, 96], true))).toBe('1,2,0');
    expect(canTile([3, 3, 1, 1])).toBe(false);
    expect(canTile([12, 64, 96])).toBe(true);
  });

  test('a role that is taken is exchanged', () => {
    expect(writeRoles(giveRole(readRoles('0,1', KERNEL), 'rows', 1))).toBe('1,0');
    expect(writeRoles(giveRole(readRoles('0,1', KERNEL), 'rows', 3))).toBe('3,1');
  });
});

describe('what is shown at first', () => {
  test('all rows and columns, index 0 of others, some tiles', () => {
    const opening = (shape: number[], axes = '') =>
      formatSlice(openingFrame(shape, readRoles(axes, shape)), shape);
    expect(opening([500, 300])).toBe(':, :');
    expect(opening([12, 64, 96])).toBe('0, :, :');
    expect(opening(KERNEL)).toBe(':, :, 0:16, 0:16');
    expect(opening([3, 3, 100, 1])).toBe(':, :, 0:64, :');
    expect(opening([0, 4])).toBe(':, :');
  });

  test('a slice that shows more than there is room for is cut, in words', () => {
    const roles = readRoles('2,3', KERNEL);
    const [fitted, note] = fitFrame(frame('1:, 2, :, :', KERNEL), KERNEL, roles);
    expect(formatSlice(fitted, KERNEL)).toBe('1, 2, :, :');
    expect(note).toBe('Of axis 0 the first index is shown.');
    const wide = [3, 3, 500, 500];
    const [tiles, words] = fitFrame(frame(':, :, 100:, ::2', wide), wide, openingRoles(wide));
    expect(formatSlice(tiles, wide)).toBe(':, :, 100:164, 0:128:2');
    expect(words).toContain('At most 64 tiles');
  });
});

describe('zooming and panning', () => {
  const shape = [1000, 600];
  const roles = readRoles('0,1', shape);
  const whole = frame('', shape);

  test('the point stays in its place', () => {
    for (const at of [0.1, 0.5, 0.93]) {
      const closer = zoom(whole, shape, roles, 0.5, [at, at]) as Range[];
      for (const [axis, size] of shape.entries()) {
        const range = closer[axis] as Range;
        expect(range.stop - range.start).toBe(size / 2);
        expect(range.start + (size / 2) * at).toBeCloseTo(size * at, -0.5);
      }
    }
  });

  test('it ends at the whole and at a few elements, and then says that nothing changed', () => {
    expect(zoom(whole, shape, roles, 2, [0.5, 0.5])).toBeNull();
    let now: Range[] | null = whole;
    let steps = 0;
    for (let next = now; next; next = zoom(next, shape, roles, 0.8, [0.3, 0.9]) as Range[]) {
      now = next;
      steps += 1;
    }
    expect(steps).toBeLessThan(40);
    expect(now?.map(({ start, stop }) => stop - start)).toEqual([4, 4]);
    for (let next: Range[] | null = now; next; next = zoom(next, shape, roles, 1.25, [0.3, 0.9]))
      now = next;
    expect(formatSlice(now as Range[], shape)).toBe(':, :');
  });

  test('steps of a slice stay', () => {
    const region = frame('1::3, :', shape);
    const closer = zoom(region, shape, roles, 0.5, [1, 1]) as Range[];
    expect(closer[0]).toEqual({ start: 502, stop: 1000, step: 3, single: false });
  });

  test('panning stops at the edges', () => {
    const region = frame('10:20, 0:100', shape);
    expect(formatSlice(pan(region, shape, roles, [5, 7]), shape)).toBe('15:25, 7:107');
    expect(formatSlice(pan(region, shape, roles, [-50, 9999]), shape)).toBe('0:10, 500:600');
    expect(formatSlice(pan(whole, shape, roles, [3, 3]), shape)).toBe(':, :');
  });

  test('with tiles it is they that move', () => {
    const tiles = openingRoles(KERNEL);
    const region = openingFrame(KERNEL, tiles);
    expect(formatSlice(pan(region, KERNEL, tiles, [1, 2]), KERNEL)).toBe(':, :, 1:17, 2:18');
    const closer = zoom(region, KERNEL, tiles, 0.5, [0, 0]) as Range[];
    expect(formatSlice(closer, KERNEL)).toBe(':, :, 0:8, 0:8');
    const wider = zoom(region, KERNEL, tiles, 8, [0, 0]) as Range[];
    expect(formatSlice(wider, KERNEL)).toBe(':, :, :, :');
  });
});
