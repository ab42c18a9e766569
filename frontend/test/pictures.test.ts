import { describe, expect, test } from 'vitest';
import type { GrainPayload, PicturePayload } from '../src/api/types';
import { openingRoles, readRoles } from '../src/model/frames';
import {
  cellOf,
  decodePicture,
  elementsOf,
  exactBlock,
  marksOf,
  readRange,
  regionOf,
  summarise,
} from '../src/model/pictures';
import { formatExact, formatSlice, parseSlice, type Range } from '../src/model/slices';

function encode(array: Float32Array | Float64Array | Uint32Array): string {
  return Buffer.from(array.buffer).toString('base64');
}

function grain(axis: number | null, count: number, block = 1): GrainPayload {
  return { axis, count, step: 1, block, cells: Math.ceil(count / block) };
}

function payload(more: Partial<PicturePayload> = {}): PicturePayload {
  return {
    key: 'a',
    dtype: 'float32',
    shape: [5, 4],
    region: [
      [0, 5, 1],
      [0, 4, 1],
    ],
    rows: grain(0, 5, 2),
    columns: grain(1, 4, 2),
    tile_rows: grain(null, 1),
    tile_columns: grain(null, 1),
    method: 'mean',
    description: '',
    exact: false,
    cell_type: 'float32',
    cells: encode(new Float32Array([1, 2, 3, 4, 5, Number.NaN])),
    nan: encode(new Uint32Array([0, 0, 1, 0, 0, 2])),
    posinf: encode(new Uint32Array([0, 1, 1, 0, 0, 0])),
    neginf: '',
    nan_count: 3,
    posinf_count: 2,
    neginf_count: 0,
    min: -2,
    max: 9,
    robust_range: [1, 4],
    full_range: [1, 5],
    nbytes: 80,
    ...more,
  };
}

function region(text: string, shape: number[]): Range[] {
  return parseSlice(text, shape) as Range[];
}

const WORDS = { count: String, number: String };

describe('what came', () => {
  test('cells and counts are decoded, float64 where there is need', () => {
    const picture = decodePicture(payload());
    expect([...picture.values.slice(0, 5)]).toEqual([1, 2, 3, 4, 5]);
    expect([...picture.nan]).toEqual([0, 0, 1, 0, 0, 2]);
    expect([...picture.neginf]).toEqual([0, 0, 0, 0, 0, 0]);
    const wide = payload({ cell_type: 'float64', cells: encode(new Float64Array([1e300])) });
    expect([...decodePicture(wide).values]).toEqual([1e300]);
  });

  test('of several marks the worst counts', () => {
    const marks = marksOf(decodePicture(payload()), { nan: 3, posinf: 2, neginf: 1 });
    expect([...marks]).toEqual([0, 2, 3, 0, 0, 3]);
  });

  test('an element is found in its cell, also in the smaller one at an edge', () => {
    const picture = decodePicture(payload());
    const at = (row: number, column: number) => ({ down: 0, across: 0, row, column });
    expect(cellOf(picture, at(0, 0))).toBe(0);
    expect(cellOf(picture, at(3, 2))).toBe(3);
    expect(cellOf(picture, at(4, 3))).toBe(5);
    expect(elementsOf(picture, at(1, 1))).toBe(4);
    expect(elementsOf(picture, at(4, 3))).toBe(2);
  });

  test('tiles follow each other', () => {
    const tiles = { tile_rows: grain(2, 2), tile_columns: grain(3, 3) };
    const picture = decodePicture(payload({ ...tiles, rows: grain(0, 2), columns: grain(1, 2) }));
    expect(cellOf(picture, { down: 1, across: 2, row: 1, column: 0 })).toBe(5 * 4 + 2);
  });
});

describe('the range of colours', () => {
  test('is robust, full, or the one that was kept', () => {
    expect(readRange('', payload())).toEqual([1, 4]);
    expect(readRange('full', payload())).toEqual([1, 5]);
    expect(readRange('-0.5:1e-3', payload())).toEqual([-0.5, 0.001]);
    for (const text of ['2:1', 'x:y', '1', '--1:2', 'NaN:1', '1e999:1e999'])
      expect(readRange(text, payload()), text).toEqual([1, 4]);
  });
});

describe('where a cell lies in the tensor', () => {
  test('as numpy writes it, in the steps of the slice', () => {
    const shape = [20, 30, 4];
    const roles = readRoles('0,1', shape);
    const frame = region('2::3, :, 1', shape);
    const at = { down: 0, across: 0, row: 3, column: 5 };
    expect(formatSlice(regionOf(frame, roles, at, [1, 1]), shape)).toBe('11, 5, 1');
    expect(formatSlice(regionOf(frame, roles, at, [2, 4]), shape)).toBe('8:12:3, 4:8, 1');
  });

  test('exact values are asked for in blocks, and found in them', () => {
    const shape = [300, 5, 200];
    const roles = readRoles('2,0', shape);
    const frame = region('10:, 3, 7:', shape);
    const place = { down: 0, across: 0, row: 70, column: 130 };
    const block = exactBlock(frame, roles, place);
    expect(formatExact(block.region)).toBe('138:202:1,3:4:1,71:135:1');
    const element = (138 + 2) * 1000 + 3 * 200 + 71 + 6;
    const values = [];
    for (let a = 138; a < 202; a++) {
      for (let c = 71; c < 135; c++) values.push(a * 1000 + 3 * 200 + c);
    }
    expect(values[block.at(place)]).toBe(element);
  });

  test('with tiles a block reaches over several', () => {
    const shape = [3, 3, 32, 64];
    const frame = region(':, :, 0:16, 0:16', shape);
    const place = { down: 9, across: 2, row: 1, column: 2 };
    const block = exactBlock(frame, openingRoles(shape), place);
    expect(formatExact(block.region)).toBe('0:3:1,0:3:1,8:16:1,0:8:1');
    expect(block.at(place)).toBe(((1 * 3 + 2) * 8 + 1) * 8 + 2);
  });
});

describe('what is said', () => {
  test('sizes, the range of elements, and what is no number', () => {
    expect(summarise(payload(), WORDS)).toBe('5 × 4 elements, from -2 to 9; 3 NaN, 2 +Inf.');
    const none = { min: null, max: null, posinf_count: 0, nan_count: 20 };
    expect(summarise(payload(none), WORDS)).toBe('5 × 4 elements, none of them finite; 20 NaN.');
    const tiles = { tile_rows: grain(2, 8), tile_columns: grain(3, 16) };
    const same = { nan_count: 0, posinf_count: 0, min: 1, max: 1 };
    expect(summarise(payload({ ...tiles, ...same }), WORDS)).toBe(
      '8 × 16 tiles of 5 × 4 elements, all 1.',
    );
    const sampled = { rows: { ...grain(0, 5, 2), step: 2 }, posinf_count: 0 };
    expect(summarise(payload(sampled), WORDS)).toContain('3 NaN of those read.');
  });
});
