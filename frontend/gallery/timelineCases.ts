import type { ArtifactRow } from '../src/api/types';
import { series } from './artifacts';
import { deep, network, type SeriesLines } from './timelines';

/** Series to look at in the timeline. */

export interface TimelineCase {
  name: string;
  keys?: Record<string, string>;
  series: readonly SeriesLines[];
  scalars?: 'none' | 'failing';
}

const NOW = Date.now() / 1000;
const SLOW = series('convnet/lr=0.001', 'a', 24);
const FAST = series('convnet/lr=0.01', 'b', 20);
const normal: SeriesLines = {
  rows: SLOW,
  seed: 0,
  tensors: network({ 'conv_1/kernel': { frozenFrom: 9 }, 'conv_1/bias': { frozenFrom: 0 } }),
};
const fast: SeriesLines = { rows: FAST, seed: 1, tensors: network() };

function change(rows: readonly ArtifactRow[], more: Record<number, Partial<ArtifactRow>>) {
  return rows.map((row, at) => ({ ...row, ...more[at] }));
}

const broken: SeriesLines = {
  ...normal,
  rows: change(SLOW, {
    0: { state: 'deleted', nbytes: 0, reason: 'Deleted: the file `checkpoint` still names it.' },
    1: { state: 'deleted', nbytes: 0, reason: 'Deleted: the file `checkpoint` still names it.' },
    7: {
      state: 'broken',
      reason:
        'ckpt-3752.index at byte 812: block checksum is 98949773, expected f3f07387. Copy the checkpoint again.',
    },
    23: { state: 'writing', reason: null },
  }),
  marks: { 4: 'preserved', 9: 'preserved', 23: 'unlisted' },
  notes: [
    note(11, 'tensor "convnet/hidden/kernel": checksum is 98949773, expected f3f07387.'),
    note(14, 'ckpt-7035.data-00000-of-00001 vanished while it was read.'),
    note(15, 'ckpt-7504.data-00000-of-00001 at byte 4096: needs 1048576 bytes, file has 524288.'),
    note(16, 'ckpt-7973.data-00000-of-00001 vanished while it was read.'),
    {
      ...note(18, 'convnet/head/kernel has another shape from here on: [256, 12].'),
      problem: false,
    },
  ],
};

function note(checkpoint: number, message: string) {
  return { checkpoint, tensor: null, problem: true, message };
}

const bad: SeriesLines = {
  ...normal,
  tensors: network({
    'hidden/kernel': { nanFrom: 15 },
    'hidden/bias': { nanFrom: 15 },
    'head/kernel': { nanFrom: 17 },
    'norm_2/beta': { frozenFrom: 6 },
    'norm_2/gamma': { frozenFrom: 6 },
    'conv_2/bias': { from: 5 },
  }),
};

const unread: SeriesLines = {
  ...normal,
  read: 0,
  job: { state: 'idle', nbytes: 41_203_000_000, done_nbytes: 0, generation: 0 },
};

const running: SeriesLines = {
  ...normal,
  read: 0.4,
  job: {
    state: 'running',
    nbytes: 41_203_000_000,
    done_nbytes: 16_112_000_000,
    elapsed_s: 21,
  },
};

const long = '</script>_a_rather_long_name_of_a_scope';
const named: SeriesLines = {
  rows: change(series(`run_${'with_a_name_that_does_not_end_'.repeat(6)}`, 'a', 7), {}),
  seed: 2,
  tensors: network().map((line, index) => ({
    ...line,
    name: `${`${long}_${index}/`.repeat(4)}${line.name}`,
  })),
};

const HUGE = Array.from({ length: 500 }, (_, index): ArtifactRow => {
  const [base] = SLOW;
  return {
    ...(base as ArtifactRow),
    id: `huge-${index}`,
    path: `pretraining/ckpt-${(index + 1) * 2000}`,
    run: 'pretraining',
    series: 'pretraining/ckpt',
    step: (index + 1) * 2000,
    nbytes: 1_203_004_000,
    mtime_s: NOW - (500 - index) * 1800,
  };
});

export const SERIES: readonly TimelineCase[] = [
  { name: '', series: [normal], keys: { id: 'ckpt-a-9' } },
  { name: 'tensors', series: [normal], keys: { group: 'tensor', metric: 'l2', id: 'ckpt-a-9' } },
  { name: 'runs', series: [normal, fast], keys: { runs: 'ckpt-a-1,ckpt-b-1', id: 'ckpt-b-12' } },
  { name: 'runs-time', series: [normal, fast], keys: { runs: 'ckpt-a-1,ckpt-b-1', axis: 'time' } },
  { name: 'map', series: [normal], keys: { view: 'map', group: 'tensor', id: 'ckpt-a-9' } },
  { name: 'nan', series: [bad], keys: { id: 'ckpt-a-16' } },
  { name: 'nan-map', series: [bad], keys: { view: 'map', group: 'tensor', id: 'ckpt-a-16' } },
  { name: 'marks', series: [broken], keys: { id: 'ckpt-a-5' } },
  { name: 'unread', series: [unread] },
  { name: 'running', series: [running] },
  {
    name: 'waiting',
    series: [{ ...running, read: 0, job: { ...running.job, state: 'waiting', done_nbytes: 0 } }],
  },
  { name: 'cancelled', series: [{ ...running, job: { ...running.job, state: 'cancelled' } }] },
  {
    name: 'failed',
    series: [
      {
        ...normal,
        read: 0,
        job: {
          state: 'failed',
          error: { type: 'NotFound', message: 'The folder of the series is gone.', id: null },
        },
      },
    ],
  },
  { name: 'hyperparameters', series: [normal], keys: { metric: 'hyperparameters' } },
  { name: 'size', series: [broken], keys: { metric: 'nbytes' } },
  { name: 'frozen', series: [normal], keys: { metric: 'frozen', group: 'all' } },
  { name: 'log', series: [normal], keys: { scale: 'log', group: 'role' } },
  { name: 'cosine', series: [normal], keys: { metric: 'cosine', sort: 'scalar' } },
  { name: 'one', series: [{ ...normal, rows: SLOW.slice(0, 1) }] },
  { name: 'no-scalars', series: [normal], scalars: 'none' },
  { name: 'scalars-failing', series: [normal], scalars: 'failing' },
  { name: 'no-lines', series: [normal], keys: { lines: 'none', scalar: 'none' } },
  { name: 'no-checksums', series: [{ ...normal, hasNoChecksums: true }], keys: { view: 'map' } },
  { name: 'long-names', series: [named], keys: { group: 'tensor' } },
  {
    name: '500',
    series: [{ rows: HUGE, seed: 3, tensors: deep(200, 500) }],
    keys: { group: 'tensor' },
  },
  {
    name: '500-map',
    series: [{ rows: HUGE, seed: 3, tensors: deep(200, 500) }],
    keys: { group: 'tensor', view: 'map' },
  },
];
