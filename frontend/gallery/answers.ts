import type {
  RunAnswerPayload,
  RunComparedPayload,
  RunDifferencePayload,
  RunOutputPairPayload,
  RunSidePayload,
  RunValuePayload,
} from '../src/api/types';

/** Two answers side by side, for the Run page. */

export const LONG = `${'a_name_that_goes_on_and_on_'.repeat(7)}to_its_end`;

export function value(
  key: string,
  dtype: string,
  shape: number[],
  text: string[] | null = null,
): RunValuePayload {
  const nbytes = shape.reduce((product, size) => product * size, 4);
  return { key, dtype, shape, nbytes, has_values: dtype !== 'resource', text };
}

function side(path: string, more: Partial<RunSidePayload> = {}): RunSidePayload {
  const location = `/logs/${path}`;
  return {
    id: 'export-a',
    path,
    location,
    values: null,
    restored: null,
    log: '',
    ...more,
  };
}

function difference(more: Partial<RunDifferencePayload> = {}): RunDifferencePayload {
  const equal = { differs: false, words: 'equal', size: 6, different: 0 };
  return { ...equal, largest: 0, place: [0, 0], reason: '', ...more };
}

export const APART = difference({
  differs: true,
  words: '2 of 6 differ, by at most 0.517029 at [1, 0]: 0.267029434 and 0.784058869',
  different: 2,
  largest: 0.517029,
  place: [1, 0],
});
const LEFT = ['0.1', '0.25', '-3.5', '0.267029434', '0.0', 'NaN'];
const RIGHT = ['0.1', '0.25', '-3.25', '0.784058869', '0.0', 'NaN'];
export const SCORES_PAIR: RunOutputPairPayload = {
  key: 'scores',
  left: value('scores', 'float32', [2, 3], LEFT),
  right: value('scores', 'float32', [2, 3], RIGHT),
  difference: APART,
};
export const BEST = value('best', 'int64', [2], ['9007199254740993', '1']);
const BEST_PAIR = { key: 'best', left: BEST, right: BEST, difference: difference({ size: 2 }) };
export const PRODUCT = {
  node: 'last/product',
  output: 0,
  op: 'MatMul',
  graph: 'encoder',
  calls: 'StatefulPartitionedCall',
  dtype: 'float32',
  shape: [4, 2],
  difference: APART,
};
const READ = { ...PRODUCT, node: 'last/product/ReadVariableOp', op: 'ReadVariableOp' };
export const SAME: RunComparedPayload = {
  differs: false,
  outputs: [BEST_PAIR],
  first: null,
  computed: [],
  computed_count: 0,
  reads: [],
  reads_count: 0,
  compared: 16,
  not_compared: 0,
  unpaired: [0, 0],
  unwatched: '',
};
export const DIFFERENT: RunComparedPayload = {
  ...SAME,
  differs: true,
  outputs: [BEST_PAIR, SCORES_PAIR],
  compared: 412,
  first: PRODUCT,
  computed: [PRODUCT, { ...PRODUCT, node: 'last/add', op: 'AddV2' }],
  computed_count: 130,
  reads: [READ, { ...READ, node: 'last/add/ReadVariableOp' }],
  reads_count: 2,
  not_compared: 3,
  unpaired: [0, 4],
};
export const RESTORED = side('runs/convnet/export/1', {
  values: { id: 'ckpt-a-6', path: 'runs/convnet/ckpt-2814', location: '/logs/ckpt-2814' },
  restored: {
    call: 'tf.train.Checkpoint(model).restore(…)',
    variables: 14,
    kept: [{ name: 'first/kernel', reason: 'the checkpoint has no `first`' }],
    kept_count: 1,
    unused: ['save_counter', 'optimizer/iterations'],
    unused_count: 36,
    failure: '',
  },
});

export function compared(
  found: RunComparedPayload | null,
  more: Partial<RunAnswerPayload['comparison']> = {},
): Partial<RunAnswerPayload> {
  const sides = { left: side('runs/convnet/export/1'), right: side('runs/convnet/export/2') };
  return { comparison: { ...sides, at: '', tolerance: 0, found, ...more } };
}

export const HURT =
  'runs/convnet/export/1 with the values of runs/convnet/ckpt-2814: ckpt-2814.data-00000-of-00001 at byte 4096, tensor "last/kernel": expected checksum 1a2b3c4d, found 5e6f7081.';

export const UNLIKE: RunComparedPayload = {
  ...SAME,
  differs: true,
  unpaired: [],
  compared: 0,
  unwatched: 'More than 20000 tensors have that name: ask for fewer.',
  outputs: [
    {
      key: 'embedding',
      left: value('embedding', 'float32', [64, 128, 4]),
      right: value('embedding', 'float32', [64, 128, 4]),
      difference: { ...APART, size: 32_768, place: [3, 70, 1] },
    },
    {
      key: 'ids',
      left: value('ids', 'int64', [2], ['1', '2']),
      right: value('ids', 'int64', [3], ['1', '2', '3']),
      difference: difference({
        differs: true,
        words: 'shapes [2] and [3]',
        reason: 'shapes [2] and [3]',
        size: 0,
        largest: null,
        place: [],
      }),
    },
    {
      key: 'words',
      left: null,
      right: value('words', 'string', [2], ['red', 'blue']),
      difference: difference({
        differs: true,
        words: 'only the second has it',
        reason: 'only the second has it',
        size: 0,
        largest: null,
        place: [],
      }),
    },
    {
      key: 'names',
      left: value('names', 'string', [2], ['red', 'blue']),
      right: value('names', 'string', [2], ['red', 'green']),
      difference: difference({
        differs: true,
        words: '1 of 2 differ',
        size: 2,
        different: 1,
        largest: null,
        place: [],
      }),
    },
  ],
};
