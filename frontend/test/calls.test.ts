import { describe, expect, it } from 'vitest';
import type { RunInputPayload } from '../src/api/types';
import {
  arrangePixels,
  beginDraft,
  type Draft,
  describeNpy,
  encodeInputs,
  imageLayout,
  isTable,
  nest,
  problemOf,
  toBase64,
  waysOf,
} from '../src/model/calls';

function input(
  dtype: string,
  shape: RunInputPayload['shape'],
  more: Partial<RunInputPayload> = {},
): RunInputPayload {
  return { key: 'x', dtype, shape, has_default: false, can_be_sent: true, features: [], ...more };
}

/** What is sent of one input, read back. */
function sent(of: RunInputPayload, change: Partial<Draft>) {
  const draft = { ...beginDraft(of), ...change };
  return JSON.parse(encodeInputs([of], [draft])).x;
}

describe('what a form begins with', () => {
  it('is a table where the values fit, and random values where they do not', () => {
    expect(beginDraft(input('float32', [null, 4]))).toMatchObject({ way: 'values', sizes: [1, 4] });
    expect(beginDraft(input('float32', [null, 28, 28, 1]))).toMatchObject({
      way: 'random',
      sizes: [1, 28, 28, 1],
    });
    expect(beginDraft(input('float32', null)).way).toBe('random');
    expect(isTable(beginDraft(input('int32', [13])))).toBe(false);
  });

  it('is the value that is stored with the model', () => {
    expect(beginDraft(input('int32', [], { has_default: true })).way).toBe('default');
  });

  it('offers what fits the type', () => {
    expect(waysOf(input('float32', [null, 8, 8, 3]))).toEqual(['values', 'random', 'image', 'npy']);
    expect(waysOf(input('string', [null]))).toEqual(['text', 'file', 'values']);
    const features = [{ name: 'a', dtype: 'int64', shape: [], default: null }];
    expect(waysOf(input('string', [null], { features }))[0]).toBe('examples');
    expect(waysOf(input('resource', [], { can_be_sent: false }))).toEqual([]);
  });
});

describe('values', () => {
  it('keep the digits that were typed', () => {
    const draft = { ...beginDraft(input('int64', [2])), cells: ['9007199254740993', ''] };
    expect(encodeInputs([input('int64', [2])], [draft])).toBe(
      '{"x":{"values":[9007199254740993, 0]}}',
    );
  });

  it('send what JSON has no number for as text', () => {
    const cells = ['NaN', '-inf', '1+2j', '.5'];
    expect(sent(input('complex64', [4]), { cells })).toEqual({ values: cells });
    expect(sent(input('bool', [3]), { cells: ['True', '0', ''] })).toEqual({
      values: [true, 0, false],
    });
    expect(sent(input('string', [2, 1]), { way: 'values', cells: ['1', 'a"'] })).toEqual({
      values: [['1'], ['a"']],
    });
  });

  it('are nested as the shape says', () => {
    expect(nest(['1', '2', '3', '4', '5', '6'], [2, 3])).toBe('[[1, 2, 3], [4, 5, 6]]');
    expect(nest(['7'], [])).toBe('7');
    expect(nest([], [0, 2])).toBe('[]');
    expect(nest([], [2, 0])).toBe('[[], []]');
  });

  it('written by hand must be JSON', () => {
    const of = input('float32', [null, 28, 28, 1]);
    const draft: Draft = { ...beginDraft(of), way: 'values', json: '[1,' };
    expect(problemOf(of, draft)).toContain('JSON');
    expect(problemOf(of, { ...draft, json: '[[1e400]]' })).toBe('');
  });

  it('of strings are lines', () => {
    expect(sent(input('string', [null]), { text: 'a\nb\n' })).toEqual({ values: ['a', 'b'] });
    expect(sent(input('string', []), { text: 'a\nb' })).toEqual({ values: 'a\nb' });
    expect(sent(input('string', [null, 1]), { text: 'a\nb' })).toEqual({ values: [['a'], ['b']] });
  });
});

describe('random values', () => {
  it('have a seed and a range', () => {
    expect(sent(input('float32', [null, 50]), { low: '-1', high: '2.5', seed: '7' })).toEqual({
      random: { seed: 7, low: -1, high: 2.5, shape: [1, 50] },
    });
  });

  it.each([{ seed: '-1' }, { seed: '1.5' }, { low: '' }, { high: 'one' }, { low: '2', high: '1' }])(
    'are not asked for with %o',
    (change) => {
      const of = input('float32', [null, 50]);
      expect(problemOf(of, { ...beginDraft(of), ...change })).not.toBe('');
    },
  );
});

describe('examples', () => {
  const features = [
    { name: 'age', dtype: 'float32', shape: [1], default: null },
    { name: 'ids', dtype: 'int64', shape: null, default: [] },
    { name: 'name', dtype: 'string', shape: [], default: ['nobody'] },
  ];
  const of = input('string', [null], { features });

  it('have the types of their features', () => {
    const examples: Record<string, string>[] = [
      { age: '31', ids: '1, 9007199254740993', name: '["a", "b"]' },
      { age: 'nan' },
    ];
    const draft = { ...beginDraft(of), examples };
    expect(encodeInputs([of], [draft])).toBe(
      '{"x":{"examples":[{"age":{"float32":[31]},"ids":{"int64":[1,9007199254740993]},' +
        '"name":{"string":["a","b"]}},{"age":{"float32":["nan"]}}]}}',
    );
  });

  it('ask for what must be there, and for numbers', () => {
    expect(problemOf(of, beginDraft(of))).toContain('age must be there');
    expect(problemOf(of, { ...beginDraft(of), examples: [{ age: '1', ids: 'x' }] })).toContain('x');
  });
});

describe('images', () => {
  it.each([
    [[null, 28, 28, 1], { channels: 'last', height: 28, width: 28, count: 1 }],
    [[null, null, null, 3], { channels: 'last', height: null, width: null, count: 3 }],
    [[null, 3, 224, 224], { channels: 'first', height: 224, width: 224, count: 3 }],
    [[null, 28, 28], { channels: 'none', height: 28, width: 28, count: 1 }],
    [[28, 28], { channels: 'none', height: 28, width: 28, count: 1 }],
    [[null, 4], null],
    [[null, 8, 8, 16], null],
    [null, null],
    [[10], null],
  ])('of the shape %o are %o', (shape, layout) => {
    expect(imageLayout(shape)).toEqual(layout);
  });

  it('are laid out as the input wants them', () => {
    const rgba = new Uint8ClampedArray([1, 2, 3, 255, 4, 5, 6, 255]);
    const arrange = (channels: 'first' | 'last' | 'none', count: number, rank: number) => {
      const layout = { channels, height: 1, width: 2, count };
      const { bytes, shape } = arrangePixels(rgba, 1, 2, layout, rank);
      return [[...bytes], shape];
    };
    expect(arrange('last', 3, 4)).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 1, 2, 3],
    ]);
    expect(arrange('first', 3, 4)).toEqual([
      [1, 4, 2, 5, 3, 6],
      [1, 3, 1, 2],
    ]);
    expect(arrange('none', 1, 3)).toEqual([
      [2, 5],
      [1, 1, 2],
    ]);
  });
});

it('reads the head of a .npy file', () => {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  const bytes = new Uint8Array(10 + header.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
  bytes.set(new TextEncoder().encode(header), 10);
  expect(describeNpy(bytes)).toBe('f4 [2, 3], 69 bytes');
  expect(describeNpy(new Uint8Array([1, 2]))).toBe('');
});

it('writes Base64 of any length', () => {
  const bytes = Uint8Array.from({ length: 100_001 }, (_, at) => at % 251);
  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
});
