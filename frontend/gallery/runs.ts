import type {
  RunAnswerPayload,
  RunCallPayload,
  RunFormPayload,
  RunInputPayload,
  RunNanPayload,
  RunPayload,
  RunTopPayload,
  RunValuePayload,
  ValuesPayload,
} from '../src/api/types';

import {
  APART,
  BEST,
  compared,
  DIFFERENT,
  HURT,
  LONG,
  PRODUCT,
  RESTORED,
  SAME,
  SCORES_PAIR,
  UNLIKE,
  value,
} from './answers';
import { type InnerCase, withInner } from './inner';

/** Answers for the Run page. */

export interface RunCase {
  form: keyof typeof FORMS;
  /** How the last call stands; none was made if not given. */
  last?: keyof typeof ANSWERS;
  /** Nothing can be compared with it. */
  refuses?: boolean;
  /** What was computed inside of it. */
  inner?: InnerCase;
  /** The server does not keep it any more. */
  isGone?: boolean;
}

export const NOTHING_FITS =
  'runs/convnet/ckpt-2814: no variable of runs/convnet/export/1 gets a value from it. `modelinspect restore-check` says why.';

function input(key: string, dtype: string, shape: RunInputPayload['shape']): RunInputPayload {
  return { key, dtype, shape, has_default: false, can_be_sent: true, features: [] };
}

const FORMS = {
  image: [input('image', 'float32', [null, 28, 28, 1])],
  kinds: [
    input('temperature', 'float32', []),
    input('flags', 'bool', [4]),
    input('features', 'float32', [null, 4]),
    input('text', 'string', [null]),
    { ...input('max_length', 'int32', []), has_default: true },
    input('anything', 'float32', null),
    input('picture', 'uint8', [null, null, null, 3]),
  ],
  examples: [
    {
      ...input('examples', 'string', [null]),
      features: [
        { name: 'age', dtype: 'float32', shape: [1], default: null },
        { name: 'clicks', dtype: 'int64', shape: [3], default: ['0', '0', '0'] },
        { name: 'occupation', dtype: 'string', shape: null, default: [] },
        { name: LONG, dtype: 'string', shape: [], default: ['unknown'] },
      ],
    },
  ],
  none: [],
  long: [input(LONG, 'float32', [2, 3]), input('table', 'resource', [])],
} satisfies Record<string, RunInputPayload[]>;

export function form(run: RunCase): RunFormPayload {
  const inputs: RunInputPayload[] = FORMS[run.form];
  return { inputs: inputs.map((one) => ({ ...one, can_be_sent: one.dtype !== 'resource' })) };
}

function call(state: string, more: Partial<RunCallPayload> = {}): RunCallPayload {
  return {
    call: 'last',
    state,
    ahead: 0,
    tags: ['serve'],
    signature: 'serving_default',
    asked_s: Date.now() / 1000 - 40,
    elapsed_s: 4.21,
    words: 'image [1, 28, 28, 1]',
    ...more,
  };
}

const SCORES = [
  '0.91',
  '0.031',
  '-0.012',
  '0.0004',
  '0.02',
  '0.01',
  '0.015',
  '0.006',
  '0.004',
  'NaN',
];
const LOG =
  'WARNING:tensorflow:5 out of the last 5 calls triggered tf.function retracing.\nhello from the model\n';
const INPUTS = [value('image', 'float32', [1, 28, 28, 1])];

function done(outputs: RunValuePayload[], more: Partial<RunAnswerPayload> = {}): RunAnswerPayload {
  return {
    call: call('done'),
    error: null,
    inputs: INPUTS,
    outputs,
    cost: {
      start_s: 3.12,
      load_s: 0.871,
      run_s: 0.012_43,
      overhead_s: 0.0031,
      memory_nbytes: 612_000_000,
      peak_nbytes: 702_000_000,
      is_first: true,
      tensorflow: '2.21.0',
      limits: ['memory: 4.0 GiB, by the kernel (RLIMIT_DATA)', 'time of a call: 60 s'],
    },
    log: LOG,
    ...NONE,
    ...more,
  };
}

const NONE = { nan: null, watched: [], watched_count: 0, comparison: null };
const PLANTED: RunNanPayload = {
  kind: 'nan',
  made: {
    text: 'StatefulPartitionedCall/net/log:0 (Log, float32): 2 NaN, 1 zero, 3 positive of 6',
    graph: 'encoder',
    node: 'net/log',
  },
  inputs: [
    {
      text: `StatefulPartitionedCall/net/${LONG}:0 (Mul, float32): 2 negative, 4 positive of 6`,
      graph: '',
      node: LONG,
    },
  ],
  infinity: null,
  looked_at: 212,
  reach: [
    'Of 212 tensors 6 have a NaN, 0 an infinity.',
    'Not looked at: 3 nodes in a condition of a loop.',
  ],
};
function under(
  state: string,
  more: Partial<RunCallPayload> = {},
  further: Partial<RunAnswerPayload> = {},
): RunAnswerPayload {
  return { ...done([]), call: call(state, more), cost: null, log: '', ...further };
}

const REASON =
  'calling serving_default: Matrix size-incompatible: In[0]: [1,783], In[1]: [784,128]. The model was built for other sizes: look at the shapes of its inputs.';

const ANSWERS = {
  equal: done([BEST], compared(SAME, { right: RESTORED })),
  differs: done([BEST], compared(DIFFERENT, { right: RESTORED, tolerance: 1e-6 })),
  'near-enough': done(
    [BEST],
    compared({
      ...DIFFERENT,
      outputs: [{ ...SCORES_PAIR, difference: { ...APART, differs: false } }],
    }),
  ),
  unlike: done([], compared(UNLIKE)),
  'second-side': under('loading', {}, compared(null, { right: RESTORED, at: 'right' })),
  'half-failed': {
    ...under('failed', { words: HURT }, compared(null, { right: RESTORED, at: 'right' })),
    error: { type: 'BadChecksum', message: HURT, id: null },
  },
  'long-sides': done(
    [],
    compared(
      {
        ...DIFFERENT,
        outputs: [{ ...SCORES_PAIR, key: LONG }],
        first: { ...PRODUCT, node: `${LONG}/${LONG}` },
      },
      {
        left: { ...RESTORED, path: `${LONG}/export/1` },
        right: {
          ...RESTORED,
          path: `${LONG}/export/2`,
          restored: RESTORED.restored && {
            ...RESTORED.restored,
            call: '',
            failure: `ValueError: ${LONG}`,
          },
        },
      },
    ),
  ),
  queued: under('queued', { ahead: 2, elapsed_s: 1.3 }),
  running: under('running', { elapsed_s: 3.4 }),
  failed: {
    ...under('failed', { words: REASON }),
    error: { type: 'CallFailed', message: REASON, id: null },
  },
  cancelled: under('cancelled'),
  done: done([value('probabilities', 'float32', [1, 10], SCORES)]),
  values: done([
    value('embedding', 'float32', [64, 128, 4]),
    value('ids', 'int64', [2, 3], ['9007199254740993', '0', '-1', '4', '5', '6']),
    value('words', 'string', [2], ['red', '<b>blue</b>']),
    value('mask', 'bool', [], ['True']),
    value('table', 'resource', []),
  ]),
  nan: done([value('y', 'float32', [2, 3], ['NaN', '1.0', 'NaN', '0.5', '2.0', '3.0'])], {
    nan: PLANTED,
  }),
  'no-nan': done([value('y', 'float32', [], ['1.0'])], {
    nan: { ...PLANTED, kind: 'none', made: null, inputs: [], reach: [] },
  }),
  infinite: done([value('y', 'float32', [], ['inf'])], {
    nan: { ...PLANTED, kind: 'infinity', reach: ['Of 212 tensors 0 have a NaN, 6 an infinity.'] },
  }),
  images: done([value('picture', 'float32', [2, 32, 48, 3])]),
  long: done([value(LONG, 'float32', [2, 10], [...SCORES, ...SCORES])], {
    call: call('done', { signature: LONG, words: `${LONG} [1, 28]` }),
  }),
} satisfies Record<string, RunAnswerPayload>;

export function answer(run: RunCase): RunAnswerPayload {
  const last: RunAnswerPayload = ANSWERS[run.last ?? 'done'];
  return run.inner ? withInner(last, run.inner) : last;
}

export function calls(run: RunCase): RunPayload {
  if (!run.last) return { calls: [] };
  const asked_s = Date.now() / 1000 - 400;
  const failed = call('failed', { call: 'failed', asked_s, elapsed_s: 0.02, words: REASON });
  const earlier = call('done', { call: 'earlier', asked_s: asked_s - 900, elapsed_s: 0.015 });
  return { calls: [ANSWERS[run.last].call, failed, earlier] };
}

export function values(slice: string, side: string): ValuesPayload {
  const counts = slice.split(',').map((part) => {
    const [start = 0, stop = 1] = part.split(':').map(Number);
    return stop - start;
  });
  const size = counts.reduce((product, count) => product * count, 1);
  const text = Array.from({ length: size }, (_, at) =>
    String(Math.round(1e4 * Math.sin(at) + (side === 'other' ? at % 7 : 0)) / 1e4),
  );
  const shape = [64, 128, 4];
  const dtype = 'float32';
  return {
    key: 'embedding',
    name: 'embedding',
    dtype,
    shape,
    region: [],
    result_shape: counts,
    text,
  };
}

export function top(run: RunCase): RunTopPayload {
  const isLong = run.last === 'long';
  const names = isLong
    ? [LONG, 'b', 'c', 'd', 'e']
    : ['ankle boot', 'sneaker', 'bag', 'sandal', 'shirt'];
  const row = ['0.91', '0.031', '0.02', '0.015', '-0.3'].map((text, place) => ({
    index: place * 2,
    value: Number(text),
    text,
    label: names[place] ?? null,
  }));
  return {
    classes: 10,
    rows: isLong ? 40 : 1,
    assets: ['labels.txt'],
    asset: 'labels.txt',
    top: isLong ? [row, row] : [row],
  };
}

/** Two pictures of 32 × 48 pixels. */
export function npy(): ArrayBuffer {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 32, 48, 3), }".padEnd(117);
  const bytes = new Uint8Array(128 + 4 * 2 * 32 * 48 * 3);
  bytes.set(new TextEncoder().encode(`\x93NUMPY\x01\x00`).filter((byte) => byte !== 0xc2));
  new DataView(bytes.buffer).setUint16(8, 118, true);
  bytes.set(new TextEncoder().encode(`${header}\n`), 10);
  const pixels = new Float32Array(bytes.buffer, 128);
  for (let at = 0; at < pixels.length; at++) {
    const pixel = Math.floor(at / 3);
    const place =
      at % 3 === 0 ? (pixel % 48) / 48 : at % 3 === 1 ? (Math.floor(pixel / 48) % 32) / 32 : 0.4;
    pixels[at] = pixel >= 32 * 48 ? 1 - place : place;
  }
  return bytes.buffer;
}

interface NamedCase {
  name: string;
  run: RunCase;
  keys?: Record<string, string>;
  click?: string;
}

export const RUNS: readonly NamedCase[] = [
  { name: 'form', run: { form: 'image' } },
  { name: 'image', run: { form: 'image' }, click: '.run-input .segments button:nth-child(3)' },
  { name: 'file', run: { form: 'image' }, click: '.run-input .segments button:nth-child(4)' },
  { name: 'json', run: { form: 'image' }, click: '.run-input .segments button' },
  { name: 'kinds', run: { form: 'kinds' }, keys: { signature: 'embed' } },
  { name: 'incomplete', run: { form: 'examples' }, click: '.plain.primary' },
  { name: 'examples', run: { form: 'examples' }, click: '.run-numbers .outlined' },
  { name: 'no-inputs', run: { form: 'none' } },
  { name: 'queued', run: { form: 'image', last: 'queued' } },
  { name: 'running', run: { form: 'image', last: 'running' } },
  { name: 'answered', run: { form: 'image', last: 'done' } },
  { name: 'code', run: { form: 'image', last: 'done' }, click: '.run-code summary' },
  { name: 'cost', run: { form: 'image', last: 'done' }, click: '.run-cost summary' },
  { name: 'values', run: { form: 'image', last: 'values' } },
  {
    name: 'histogram',
    run: { form: 'image', last: 'values' },
    click: '.run-output .segments button:nth-child(3)',
  },
  {
    name: 'heat-map',
    run: { form: 'image', last: 'values' },
    click: '.run-output .segments button:nth-child(2)',
  },
  { name: 'nan', run: { form: 'image', last: 'nan' } },
  { name: 'no-nan', run: { form: 'image', last: 'no-nan' } },
  { name: 'infinite', run: { form: 'image', last: 'infinite' } },
  { name: 'images', run: { form: 'image', last: 'images' } },
  { name: 'failed', run: { form: 'image', last: 'failed' } },
  { name: 'cancelled', run: { form: 'image', last: 'cancelled' } },
  { name: 'long', run: { form: 'long', last: 'long' } },
  ...(['equal', 'differs', 'near-enough', 'unlike', 'second-side', 'half-failed'] as const).map(
    (last): NamedCase => ({ name: `compare-${last}`, run: { form: 'image', last } }),
  ),
  { name: 'compare-long', run: { form: 'image', last: 'long-sides' } },
  {
    name: 'compare-choose',
    run: { form: 'image', last: 'done' },
    keys: { with: 'export-b', values: 'ckpt-a-3' },
  },
  { name: 'compare-first', run: { form: 'image' }, keys: { with: 'ckpt-a-6' } },
  {
    name: 'compare-refused',
    run: { form: 'image', last: 'done', refuses: true },
    keys: { with: 'ckpt-a-6' },
    click: '.run-versus button[type=submit]:not([disabled])',
  },
  {
    name: 'compare-command',
    run: { form: 'image', last: 'differs' },
    click: '.run-code summary',
  },
];
