import { describe, expect, it, test } from 'vitest';
import { normal } from '../gallery/artifacts';
import { answer } from '../gallery/runs';
import type { RunComparedPayload, RunDifferencePayload } from '../src/api/types';
import {
  fitsAnswers,
  judgeAnswers,
  pairElements,
  pathOf,
  suggestAnswers,
  writeCompare,
} from '../src/model/answers';

const ROWS = normal().artifacts;

test('a model is likely compared with what is near it, of a series with the last', () => {
  const row = ROWS.find((one) => one.id === 'export-a');
  const found = row ? suggestAnswers(ROWS, row) : [];
  expect(found[0]).toEqual({ id: 'ckpt-a-6', why: 'The last checkpoint near it' });
  expect(found.filter(({ id }) => id.startsWith('ckpt-a'))).toHaveLength(1);
  expect(found.map(({ id }) => id)).not.toContain('export-a');
  expect(ROWS.filter((one) => one.state === 'broken' && fitsAnswers(one))).toEqual([]);
});

function difference(more: Partial<RunDifferencePayload>): RunDifferencePayload {
  const equal = { differs: false, words: 'equal', size: 4, different: 0, largest: 0, place: [0] };
  return { ...equal, reason: '', ...more };
}

function verdict(...differences: Partial<RunDifferencePayload>[]): string {
  const outputs = differences.map((more, at) => ({
    key: `y${at}`,
    left: null,
    right: null,
    difference: difference(more),
  }));
  const { tone, word, text } = judgeAnswers({ outputs } as unknown as RunComparedPayload);
  return `${tone}: ${word} ${text}`;
}

test('the verdict is one line', () => {
  const apart = { differs: true, different: 2, largest: 0.517, place: [3, 0] };
  const lost = { reason: 'without values', size: 0, largest: null, place: [] };
  expect(verdict()).toBe('warn: No outputs to compare');
  expect(verdict({}, {})).toBe('good: Equal in every element of every output');
  expect(verdict(apart)).toBe('warn: 1 of 1 output differs, by at most 0.5170 at [3, 0]');
  expect(verdict({}, apart, { ...apart, largest: 2 })).toBe(
    'warn: 2 of 3 outputs differ, by at most 2 at [3, 0] of y2',
  );
  expect(verdict({ ...apart, differs: false })).toBe(
    'good: Within the tolerance with at most 0.5170 at [3, 0]',
  );
  expect(verdict({ ...lost, differs: true, reason: 'shapes [1] and [2]' })).toBe(
    'warn: 1 of 1 output differs: shapes [1] and [2]',
  );
  expect(verdict({ ...apart, largest: null, place: [] })).toBe('warn: 1 of 1 output differs');
  expect(verdict(lost)).toBe('warn: Nothing has values to compare');
  expect(verdict({}, lost)).toBe('good: Equal in every element of every output; 1 without values');
});

describe('elements side by side', () => {
  function pairs(dtype: string, left: string[], right: string[]) {
    const region = [{ start: 5, stop: 5 + left.length, step: 1, single: false }];
    return pairElements(dtype, left, right, region).map(
      (one) => `${one.place} ${one.differs ? one.difference || 'differs' : '='}`,
    );
  }
  it.each([
    [
      'float32',
      ['1.0', 'NaN', '0.0', 'inf'],
      ['1.5', 'NaN', '-0.0', '1.0'],
      ['+0.5000', '=', '=', 'differs'],
    ],
    ['float32', ['NaN', '1.0'], ['1.0', 'NaN'], ['differs', 'differs']],
    ['int64', ['9007199254740993', '5'], ['9007199254740992', '7'], ['−1', '+2']],
    ['bool', ['True', 'False'], ['True', 'True'], ['=', 'differs']],
    ['string', ['a', 'b'], ['a', 'c'], ['=', 'differs']],
    ['complex64', ['(1+2j)'], ['(1+3j)'], ['differs']],
  ])('%s', (dtype, left, right, expected) => {
    expect(pairs(dtype, left, right)).toEqual(expected.map((word, at) => `${5 + at} ${word}`));
  });

  it('are named by their place in the whole, and shaded by their part of the largest', () => {
    const region = [
      { start: 2, stop: 3, step: 1, single: true },
      { start: 4, stop: 6, step: 1, single: false },
      { start: 0, stop: 4, step: 2, single: false },
    ];
    const found = pairElements('float32', ['1', '2', '3', '4'], ['1', '4', '3', '5'], region);
    expect(found.map(({ place }) => place)).toEqual(['2, 4, 0', '2, 4, 2', '2, 5, 0', '2, 5, 2']);
    expect(found.map(({ strength }) => strength)).toEqual([0, 1, 0, 0.5]);
    expect(pairElements('float32', ['1'], ['2'], [])[0]?.place).toBe('');
  });
});

test('an inner tensor is named as on the command line', () => {
  expect(pathOf({ calls: 'call/inner', node: 'a/b', output: 1 })).toBe('call/inner/a/b:1');
  expect(pathOf({ calls: '', node: 'a', output: 0 })).toBe('a:0');
});

test('the command has both sides, and inputs where they are short', () => {
  const { comparison, call, inputs } = answer({ form: 'image', last: 'differs' });
  if (!comparison) throw new Error('no comparison');
  const x = { ...(inputs[0] ?? { key: '' }), key: 'x' } as (typeof inputs)[number];
  const short = { ...x, key: 'y', shape: [2], text: ['NaN', '-inf'] };
  const word = { ...x, key: 'w', dtype: 'string', shape: [], text: ["it's"] };
  expect(writeCompare(comparison, call, [x, short, word]).split(' \\\n  ')).toEqual([
    'modelinspect run',
    '--dir /logs/runs/convnet/export/1',
    '--tag_set serve',
    '--signature_def serving_default',
    `--input_exprs 'y=[np.nan, -np.inf];w="it'\\''s"'`,
    '--inputs x=x.npy',
    '--against /logs/ckpt-2814',
    '--tolerance 0.000001',
  ]);
  const swapped = { ...comparison, left: comparison.right, right: comparison.left, tolerance: 0 };
  expect(writeCompare(swapped, { tags: [], signature: 'f' }, []).split(' \\\n  ')).toEqual([
    'modelinspect run',
    '--dir /logs/runs/convnet/export/1',
    '--signature_def f',
    '--restore /logs/ckpt-2814',
    '--against /logs/runs/convnet/export/1',
  ]);
});
