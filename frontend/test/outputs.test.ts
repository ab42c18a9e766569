import { describe, expect, it } from 'vitest';
import {
  hasLost,
  imageSizes,
  mainGraph,
  outputViews,
  parseNpy,
  pixelRange,
} from '../src/model/outputs';

function views(dtype: string, shape: number[]) {
  return outputViews({ key: 'y', dtype, shape, nbytes: 0, has_values: true, text: null });
}

describe('an output is shown', () => {
  it.each([
    ['float32', [1, 10], ['classes', 'values', 'picture', 'histogram']],
    ['float32', [10], ['classes', 'values', 'picture', 'histogram']],
    ['float32', [4, 2], ['values', 'picture', 'histogram']],
    ['int64', [1, 10], ['values', 'picture', 'histogram']],
    ['uint8', [2, 32, 48, 3], ['images', 'values', 'picture', 'histogram']],
    ['float32', [64, 128, 4], ['values', 'picture', 'histogram']],
    ['string', [3], ['values']],
    ['bool', [3], ['values', 'picture']],
    ['float32', [], ['values']],
    ['float32', [0, 10], ['values']],
  ])('%s %o as %o', (dtype, shape, expected) => {
    expect(views(dtype, shape)).toEqual(expected);
  });

  it('not at all where it has no values', () => {
    const value = {
      key: 'y',
      dtype: 'resource',
      shape: [],
      nbytes: 0,
      has_values: false,
      text: null,
    };
    expect(outputViews(value)).toEqual([]);
  });
});

it('finds images alone and in a batch', () => {
  expect(imageSizes([32, 48, 1])).toEqual({ count: 1, height: 32, width: 48, channels: 1 });
  expect(imageSizes([2, 32, 48, 3])).toEqual({ count: 2, height: 32, width: 48, channels: 3 });
  expect(imageSizes([2, 4, 4, 3])).toBeNull();
});

it.each([
  [0, 1, '0 to 1', 0, 255],
  [-1, 1, '−1 to 1', 0, 255],
  [0, 255, '0 to 255', 0, 255],
  [-30, 500, 'smallest to largest', 0, 255],
  [7, 7, '0 to 255', 7, 7],
  [300, 300, 'smallest to largest', 0, 0],
])('pixels from %d to %d are %s', (low, high, words, black, white) => {
  const [factor, offset, told] = pixelRange(low, high);
  expect(told).toBe(words);
  expect(low * factor + offset).toBeCloseTo(black);
  expect(high * factor + offset).toBeCloseTo(white);
});

describe('a .npy file', () => {
  function npy(type: string, data: ArrayBuffer): ArrayBuffer {
    const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (2,), }`;
    const bytes = new Uint8Array(10 + header.length + data.byteLength);
    bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
    bytes.set(new TextEncoder().encode(header), 10);
    bytes.set(new Uint8Array(data), 10 + header.length);
    return bytes.buffer;
  }

  it('is read in the types that numpy has', () => {
    const read = (type: string, data: ArrayBuffer) => [
      ...Array.from(parseNpy(npy(type, data)) ?? []),
    ];
    expect(read('<f4', new Float32Array([1.5, -2]).buffer)).toEqual([1.5, -2]);
    expect(read('|u1', new Uint8Array([1, 255]).buffer)).toEqual([1, 255]);
    expect(read('<i8', new BigInt64Array([5n, -1n]).buffer)).toEqual([5, -1]);
    expect(read('<f2', new Uint16Array([0x3c00, 0xc000, 0x7c00, 1]).buffer)).toEqual([
      1,
      -2,
      Number.POSITIVE_INFINITY,
      2 ** -24,
    ]);
  });

  it('of other types is left alone', () => {
    expect(parseNpy(npy('<c8', new Float32Array(4).buffer))).toBeNull();
  });
});

describe('an answer is looked into', () => {
  const value = (dtype: string, text: string[] | null) => ({
    key: 'y',
    dtype,
    shape: [2],
    nbytes: 8,
    has_values: true,
    text,
  });
  it.each([
    ['float32', ['1.0', 'NaN'], true],
    ['float32', ['-inf', '1.0'], true],
    ['complex64', ['1.0+nanj'], true],
    ['float32', ['1.0', '2.5'], false],
    ['string', ['NaN', 'information'], false],
    ['float32', null, false],
  ])('%s %o: %s', (dtype, text, expected) => {
    expect(hasLost([value('int64', ['1']), value(dtype, text)])).toBe(expected);
  });

  it('the main graph of the first MetaGraph has no name', () => {
    const graphs = [{ tags: ['serve'] }, { tags: ['serve', 'tpu'] }];
    expect(mainGraph(graphs, ['serve'])).toBe('.');
    expect(mainGraph(graphs, ['serve', 'tpu'])).toBe('main:serve,tpu');
  });
});
