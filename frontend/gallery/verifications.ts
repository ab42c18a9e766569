import type { FindingPayload, StepPayload, VerifyPayload } from '../src/api/types';

/** How a verification may stand. */

const SIZE = 1_660_184_290;

export const IDLE: VerifyPayload = {
  state: 'idle',
  verdict: null,
  nbytes: 0,
  done_nbytes: 0,
  elapsed_s: 0,
  steps: [],
  error: null,
};

function step(name: string, title: string, count: number, noun: string, more = {}): StepPayload {
  const counts = { problem_count: 0, fact_count: 0, findings: [] };
  return { name, title, outcome: 'passed', count, noun, nbytes: 0, ...counts, ...more };
}

function steps(): StepPayload[] {
  return [
    step('graph', 'Graph parses', 1, 'file', { nbytes: 353_123 }),
    step('assets', 'Assets', 2, 'file'),
    step('index', 'Index', 5, 'block', { nbytes: 21_412 }),
    step('shards', 'Data shards', 2, 'shard'),
    step('extents', 'Tensor extents', 412, 'extent'),
    step('tensors', 'Tensor data', 412, 'checksum', { nbytes: SIZE }),
    step('leftovers', 'Leftovers', 3, 'file'),
    step('fingerprint', 'Fingerprint', 1, 'hash', {
      nbytes: 21_412,
      fact_count: 1,
      findings: [
        fact(
          'run1/export/fingerprint.pb',
          "saved_model_checksum, graph_def_program_hash, signature_def_hash, saved_object_graph_hash not recomputed: that needs TensorFlow's own form of the graph",
        ),
      ],
    }),
  ];
}

function fact(path: string, text: string): FindingPayload {
  const place = { start: null, stop: null, thing: '', tensor: null };
  return { problem: false, path, ...place, fact: text, next_step: '' };
}

function checksum(path: string, tensor: string, start: number, nbytes: number): FindingPayload {
  return {
    problem: true,
    path,
    start,
    stop: start + nbytes,
    thing: `tensor "${tensor}"`,
    tensor,
    fact: 'expected checksum 98949773, found f3f07387',
    next_step: 'The bytes changed after they were saved: copy or save the file again.',
  };
}

const DONE = { ...IDLE, state: 'done', nbytes: SIZE, done_nbytes: SIZE, elapsed_s: 0.41 };

export const PASSED: VerifyPayload = { ...DONE, verdict: 'passed', steps: steps() };

export const RUNNING: VerifyPayload = {
  ...DONE,
  state: 'running',
  done_nbytes: 612_334_592,
  elapsed_s: 4.2,
  steps: steps().map((one, index) => ({
    ...one,
    outcome: ['passed', 'running', 'waiting'][Math.sign(index - 5) + 1] ?? '',
    findings: [],
  })),
};

export const CANCELLED: VerifyPayload = { ...RUNNING, state: 'cancelled' };
export const WAITING: VerifyPayload = { ...IDLE, state: 'waiting' };
export const CHANGED: VerifyPayload = { ...IDLE, state: 'changed' };

function failed(findings: FindingPayload[], unlisted = 0): VerifyPayload {
  const problem_count = findings.length + unlisted;
  const bad = { outcome: 'failed', problem_count, findings };
  const all = steps().map((one) => (one.name === 'tensors' ? { ...one, ...bad } : one));
  return { ...DONE, verdict: 'failed', steps: all };
}

const SHARD = 'run1/export/variables/variables.data-00000-of-00002';

export const FAILED: VerifyPayload = failed([
  checksum(SHARD, 'variables/3', 1_204_224, 3_211_264),
  {
    ...checksum('run1/export/variables/variables.data-00001-of-00002', '', 0, 0),
    start: null,
    stop: null,
    thing: '',
    tensor: null,
    fact: 'expected 830,090,589 bytes, found 415,045,294',
    next_step:
      'Copy it again, next to the index: 204 of 412 tensors and slices are lost without it.',
  },
]);

export const FAILED_BADLY: VerifyPayload = failed(
  Array.from({ length: 200 }, (_, index) =>
    checksum(
      SHARD,
      `optimizer/_variables/${index}/\u202e${'very_long_name_'.repeat(1 + (index % 6))}/.ATTRIBUTES/VARIABLE_VALUE`,
      index * 1_000_000_000,
      999_999_999,
    ),
  ),
  212,
);

export const INCOMPLETE: VerifyPayload = {
  ...DONE,
  verdict: 'incomplete',
  nbytes: 153,
  done_nbytes: 153,
  elapsed_s: 0.001,
  steps: [
    step('index', 'Index', 3, 'block', {
      nbytes: 153,
      outcome: 'skipped',
      fact_count: 1,
      findings: [
        fact(
          '',
          'run1/ckpt-1.index: written for bundle readers of version 2 and newer; this one is version 1. Update this package.',
        ),
      ],
    }),
  ],
};

export const UNEXPECTED: VerifyPayload = {
  ...IDLE,
  state: 'done',
  error: {
    type: 'InternalError',
    message:
      "Something went wrong that should not. TensorBoard's log says what, under 1f2e3d4c. Please report it with that line.",
    id: '1f2e3d4c',
  },
};
