import { describe, expect, test } from 'vitest';
import {
  countRegion,
  fitRegion,
  formatExact,
  formatPython,
  formatSlice,
  layoutOf,
  MOST_ELEMENTS,
  openingRegion,
  pageRange,
  parseSlice,
  type Range,
  regionAround,
  swapAxis,
} from '../src/model/slices';

function parse(text: string, shape: number[]): Range[] {
  const region = parseSlice(text, shape);
  if (typeof region === 'string') throw new Error(region);
  return region;
}

describe('reading a slice', () => {
  test('means what it means in numpy', () => {
    const cases: [string, number[], string][] = [
      ['0:10, :, 3', [20, 5, 4], '0:10:1,0:5:1,3:4:1'],
      ['[2:, -1]', [4, 9], '2:4:1,8:9:1'],
      ['::2', [5], '0:5:2'],
      ['-3:', [10, 2], '7:10:1,0:2:1'],
      ['5:2', [9], '5:5:1'],
      ['90:99', [9], '9:9:1'],
      ['..., 1', [3, 4, 5], '0:3:1,0:4:1,1:2:1'],
      ['2, ...', [3, 4, 5], '2:3:1,0:4:1,0:5:1'],
      ['', [3, 4], '0:3:1,0:4:1'],
      ['1,', [3, 4], '1:2:1,0:4:1'],
      ['', [], ''],
    ];
    for (const [text, shape, exact] of cases)
      expect(formatExact(parse(text, shape)), text).toBe(exact);
  });

  test('says in a sentence what is wrong, and where', () => {
    const shape = [4, 1];
    expect(parseSlice('0, 0, 0', shape)).toBe('3 slices for a tensor of 2 axes.');
    expect(parseSlice('4', shape)).toBe('Axis 0 has indices 0 to 3; 4 is outside.');
    expect(parseSlice('0, -2', shape)).toBe('Axis 1 has one index, 0; -2 is outside.');
    expect(parseSlice('::0', shape)).toBe('Axis 0: a step of 0; steps are 1 or more.');
    expect(parseSlice('..., ...', shape)).toBe('Only one "..." can be understood.');
    for (const text of ['x', '1:2:3:4', '1.5', '0,,1', '0:1;alert()']) {
      expect(parseSlice(text, shape), text).toMatch(/is no slice|slices for a tensor/);
    }
  });

  test('what is written is read back as the same region', () => {
    const shape = [7, 3, 9];
    for (const text of ['0:7, 0, ::3', '1:5:2, :, 8', ':, 1:2, 4:', '...']) {
      const region = parse(text, shape);
      expect(parse(formatSlice(region, shape), shape)).toEqual(region);
    }
  });

  test('Python gets slices that its reader takes', () => {
    expect(formatPython(parse('0:10, 3, ::2', [20, 5, 6]))).toBe(
      '(slice(0, 10), slice(3, 4), slice(0, 6, 2))',
    );
    expect(formatPython(parse('2:4', [9]))).toBe('(slice(2, 4),)');
  });
});

describe('what is shown', () => {
  test('a tensor opens with a window on its last two axes that have more than one index', () => {
    const opened = (shape: number[]) => formatSlice(openingRegion(shape), shape);
    expect(opened([5000, 300])).toBe('0:50, 0:20');
    expect(opened([3, 3, 32, 64])).toBe('0, 0, 0:32, 0:20'.replace('0:32', ':'));
    expect(opened([5, 5, 1, 8])).toBe('0, :, 0, :');
    expect(opened([1, 1, 7])).toBe('0, :, :');
    expect(opened([1, 1])).toBe(':, :');
    expect(opened([40])).toBe(':');
    expect(opened([100_000])).toBe('0:500');
    expect(opened([0, 4])).toBe(':, :');
    expect(opened([])).toBe('');
  });

  test('a region that fits is left alone', () => {
    const region = parse('0:10, 2, :', [20, 5, 30]);
    expect(fitRegion(region)).toEqual([region, '']);
  });

  test('a third axis is held at its first index, and said so', () => {
    const [region, note] = fitRegion(parse('1:3, :, :', [4, 5, 6]));
    expect(formatExact(region)).toBe('1:2:1,0:5:1,0:6:1');
    expect(note).toContain('axis 0');
  });

  test('no request asks for more elements than the server gives, and what is cut is said', () => {
    for (const shape of [
      [1_000_000],
      [20_000, 20_000],
      [3, 100_000],
      [100_000, 3],
      [2, 70, 9000],
    ]) {
      const [region, note] = fitRegion(parse('...', shape));
      expect(countRegion(region), String(shape)).toBeLessThanOrEqual(MOST_ELEMENTS);
      expect(countRegion(region), String(shape)).toBeGreaterThan(0);
      expect(note).toContain('10,000');
    }
  });

  test('the last two ranged axes are rows and columns', () => {
    expect(layoutOf(parse('0, :, 0, :', [2, 2, 2, 2]))).toEqual({ rows: 1, columns: 3 });
    expect(layoutOf(parse('0, :', [2, 2]))).toEqual({ rows: 1, columns: -1 });
    expect(layoutOf(parse('0, 0', [2, 2]))).toEqual({ rows: -1, columns: -1 });
  });
});

describe('moving', () => {
  test('to an element shows a window with it in, that pages like the first one', () => {
    const around = (place: number[], shape: number[]) =>
      formatSlice(regionAround(place, shape), shape);
    expect(around([3, 7], [576, 300])).toBe('0:50, 0:20');
    expect(around([575, 299], [576, 300])).toBe('550:576, 280:300');
    expect(around([2, 1, 40, 63], [3, 3, 64, 64])).toBe('2, 1, 0:50, 60:64');
    expect(around([1234], [5000])).toBe('1000:1500');
    expect(around([], [])).toBe('');
  });

  const range = (text: string, size: number) => parse(text, [size])[0] as Range;

  test('paging visits every index once and ends at both ends', () => {
    const seen: number[] = [];
    for (let at: Range | null = range('0:50', 120); at; at = pageRange(at, 120, 1)) {
      for (let index = at.start; index < at.stop; index++) seen.push(index);
    }
    expect(seen).toEqual(Array.from({ length: 120 }, (_, index) => index));
    expect(pageRange(range('0:50', 120), 120, -1)).toBeNull();
  });

  test('paging back from an odd start shows the first window, not less than nothing', () => {
    expect(pageRange(range('20:70', 120), 120, -1)).toMatchObject({ start: 0, stop: 50 });
  });

  test('a single index moves by one', () => {
    expect(pageRange(range('2', 3), 3, 1)).toBeNull();
    expect(pageRange(range('1', 3), 3, 1)).toMatchObject({ start: 2, stop: 3, single: true });
  });

  test('another axis shown takes the place of the one that was', () => {
    const shape = [7, 8, 100];
    const swapped = swapAxis(parse('3, 2:5, 0:20', shape), shape, 1, 0);
    expect(formatSlice(swapped, shape)).toBe(':, 2, 0:20');
  });
});
