import type {
  FoundPayload,
  HistogramPayload,
  HistogramsPayload,
  StatsJobPayload,
  StatsPayload,
  TensorStatsPayload,
  TensorsPayload,
} from '../src/api/types';

/** Statistics of the tensors of the gallery, made by rule, and how far they may be. */

export type Progress =
  | 'done'
  | 'filling'
  | 'idle'
  | 'cancelled'
  | 'changed'
  | 'unreadable'
  | 'diverged'
  | 'failed'
  | 'named'
  | 'unlooked'
  | 'fine-tuned'
  | 'sick';

/** Findings about the artifact as a whole. */
export function wholeFindings(progress: Progress): FoundPayload[] {
  if (progress !== 'fine-tuned' && progress !== 'sick') return [];
  return [
    {
      kind: 'missing_slot',
      severity: 'note',
      evidence: '9 of 24 weights have optimizer state',
      advice: 'Nothing, if the others are frozen on purpose, as in fine-tuning.',
    },
  ];
}

const IDLE: StatsJobPayload = {
  state: 'idle',
  done: 0,
  total: 0,
  unknown_nbytes: 0,
  nbytes: 0,
  done_nbytes: 0,
  elapsed_s: 0,
  error: null,
};

export function job(progress: Progress, tensors: TensorsPayload): StatsJobPayload {
  const total = tensors.key.length;
  const nbytes = 41_203_445_760;
  const part = Math.floor(total / 3);
  const partly = { done: part, unknown_nbytes: nbytes * 0.7, nbytes, done_nbytes: nbytes * 0.3 };
  if (progress === 'filling') {
    return { ...IDLE, state: 'running', total, ...partly, elapsed_s: 9.4 };
  }
  if (progress === 'idle' || progress === 'named')
    return { ...IDLE, total, unknown_nbytes: nbytes };
  if (progress === 'cancelled') return { ...IDLE, state: 'cancelled', total, ...partly };
  if (progress === 'changed') return { ...IDLE, state: 'changed' };
  const end = { ...IDLE, state: 'done', done: total, total, nbytes, done_nbytes: nbytes };
  if (progress === 'unlooked') return { ...end, state: 'idle', unknown_nbytes: nbytes * 0.4 };
  if (progress !== 'failed') return end;
  const message =
    "Something went wrong that should not. TensorBoard's log says what, under 1f2e3d4c. Please report it with that line.";
  return {
    ...IDLE,
    total,
    ...partly,
    error: { type: 'InternalError', message, id: '1f2e3d4c' },
  };
}

/** The rows that are known, 5,000 at a time. */
export function stats(progress: Progress, tensors: TensorsPayload, since: string): StatsPayload {
  const own = job(progress, tensors);
  const start = Number(since.split('.')[1] ?? 0);
  const count = progress === 'named' ? own.total : own.done;
  const rows = Array.from(
    { length: Math.max(0, Math.min(5000, count - start)) },
    (_, place) => start + place,
  );
  const all = rows.map((row) => numbers(progress, tensors, contentOf(tensors, row)));
  const column = <Name extends keyof Row>(name: Name) => all.map((one) => one[name]);
  return {
    job: own,
    generation: `a.${start + rows.length}`,
    whole: start === 0,
    more: start + rows.length < count,
    of_artifact: wholeFindings(progress),
    rows,
    nan: column('nan'),
    posinf: column('posinf'),
    neginf: column('neginf'),
    zeros: column('zeros'),
    min: column('min'),
    max: column('max'),
    mean: column('mean'),
    std: column('std'),
    l1: column('l1'),
    l2: column('l2'),
    findings: rows.map((row) => marks(progress, tensors, row)),
    error: column('error'),
  };
}

function contentOf(tensors: TensorsPayload, row: number): number {
  const alias = tensors.alias_of[row] ?? -1;
  return alias < 0 ? row : alias;
}

type Row = ReturnType<typeof numbers>;

/** A number that looks random, 0 to 1, the same each time. */
function noise(seed: number): number {
  const value = Math.sin(seed * 12.9898) * 43758.5453;
  return value - Math.floor(value);
}

const NONE = {
  ...{ nan: null, posinf: null, neginf: null, zeros: null, min: null, max: null },
  ...{ mean: null, std: null, l1: null, l2: null },
};

/** What is found about a tensor: kinds with their severities. */
function marks(progress: Progress, tensors: TensorsPayload, row: number): [string, string][] {
  const name = tensors.name[row] ?? '';
  if (tensors.alias_of[row] !== -1) return [];
  const { nan, std, error } = numbers(progress, tensors, row);
  const found: [string, string][] = [];
  if (nan) found.push(['nan', 'problem']);
  else if (/norm.*beta$/.test(name) && std === 0) found.push(['all_zero', 'warning']);
  const isRead = !error && !['named', 'unlooked'].includes(progress);
  if (isRead && /dense\/kernel$/.test(name)) found.push(['dead_channels', 'warning']);
  if (progress === 'sick' && /kernel$/.test(name)) {
    found.push(['duplicate_channels', 'warning'], ['exploding', 'warning']);
  }
  if (progress === 'fine-tuned' && /kernel$/.test(name)) found.push(['untrained', 'note']);
  if (/^(named|sick)$/.test(progress)) {
    if (row % 5 === 2) found.push(['untrained', 'warning']);
    if (/\/v\//.test(name) && row % 7 === 3) found.push(['orphan_slot', 'warning']);
  }
  return found;
}

const WORDS: Record<string, [evidence: string, advice: string]> = {
  nan: [
    '1,024 of 4,096 (25 %) are NaN, the first at [1, 5]',
    'Go back to an earlier checkpoint: whatever the layer computes from it is lost.',
  ],
  dead_channels: [
    '12 of 300 (4 %) output channels are dead, 12 all zero: 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 250, 288',
    'Look for the reason (a ReLU that died, pruning, no training), or remove them.',
  ],
  duplicate_channels: [
    '2 of 300 (0.667 %) output channels repeat another: 17 = 4, 250 = 91',
    'Check how they are initialised, or merge them: equal ones learn the same.',
  ],
  exploding: [
    'largest magnitude grew from 0.2711 to 135.6 since the checkpoint before',
    'Go back to the checkpoint before, and lower the learning rate or clip the gradients.',
  ],
  untrained: [
    'the same as in the one at step 469, while 20 of 24 weights changed',
    'Check that a gradient reaches it, unless it is frozen on purpose.',
  ],
  orphan_slot: [
    'optimizer state "adam/momentum" of "encoder/block_4/attention/query", which is not stored',
    'Check whether the variable was renamed or left out: this state will not be restored.',
  ],
};

function inWords([kind, severity]: [string, string]): FoundPayload {
  const [evidence, advice] = WORDS[kind] ?? [
    'all 300 values are zero',
    'Check that it was trained.',
  ];
  return { kind, severity, evidence, advice };
}

function numbers(progress: Progress, tensors: TensorsPayload, row: number) {
  const name = tensors.name[row] ?? '';
  const size = (tensors.shape[row] ?? []).reduce((product, one) => product * one, 1);
  const isText = tensors.dtype[row] === 'string';
  const isBad = progress === 'diverged' ? row % 3 === 0 : tensors.key[row] === 'variables/9';
  const isZero = /norm.*beta$/.test(name) && row % 2 === 1;
  const isUnread = progress === 'unreadable' && row % 4 === 1;
  const wide = 0.02 + noise(row) * (/\/v\//.test(name) ? 1e-6 : 0.4);
  const middle = /gamma|variance|scale/.test(name) ? 1 : (noise(row + 1) - 0.5) * 0.02;
  const nan = isBad ? Math.ceil(size * 0.1) : 0;
  if (isUnread) {
    const error = `run1/export/variables/variables.data-00001-of-00002 at byte ${4096 * row}, tensor "${name}": needs ${size * 4} bytes, file has 0. Copy the checkpoint again.`;
    return { ...NONE, error };
  }
  if (progress === 'named') return { ...NONE, error: null };
  if (isText) {
    const counts = { nan: 0, posinf: 0, neginf: 0, zeros: 0, min: 1, max: 18, mean: 6.2, std: 2.1 };
    return { ...counts, l1: size * 6.2, l2: 131.2, error: null };
  }
  const std = isZero || size < 2 ? 0 : wide;
  const mean = isZero ? 0 : middle;
  return {
    nan,
    posinf: isBad ? 2 : 0,
    neginf: isBad ? 1 : 0,
    zeros: isZero ? size : Math.floor(size * noise(row + 2) * 0.2),
    min: mean - 3.4 * std,
    max: mean + 3.9 * std,
    mean,
    std,
    l1: size * std * 0.8,
    l2: Math.sqrt(size) * std,
    error: null,
  };
}

function bell(min: number, max: number, bins: number, size: number): HistogramPayload {
  if (min === max) return { edges: [min, max], counts: [size] };
  const edges = Array.from({ length: bins + 1 }, (_, place) => min + ((max - min) * place) / bins);
  const weights = Array.from({ length: bins }, (_, place) => {
    const from = ((place + 0.5) / bins - 0.46) * 7;
    return Math.exp(-(from ** 2) / 2) * (0.9 + 0.2 * noise(place));
  });
  const sum = weights.reduce((total, one) => total + one, 0);
  return { edges, counts: weights.map((one) => Math.round((one / sum) * size)) };
}

export function histograms(
  progress: Progress,
  tensors: TensorsPayload,
  asked: readonly number[],
): HistogramsPayload {
  const rows = asked.filter((row) => !numbers(progress, tensors, contentOf(tensors, row)).error);
  return { rows, histograms: rows.map((row) => histogramOf(progress, tensors, row, 32)) };
}

function histogramOf(progress: Progress, tensors: TensorsPayload, row: number, bins: number) {
  const { min, max } = numbers(progress, tensors, contentOf(tensors, row));
  const size = (tensors.shape[row] ?? []).reduce((product, one) => product * one, 1);
  return bell(min ?? 0, max ?? 0, bins, size);
}

const SHARES: [share: string, deviations: number][] = [
  ['0.001', -3.09],
  ['0.01', -2.33],
  ['0.05', -1.64],
  ['0.25', -0.67],
  ['0.5', 0],
  ['0.75', 0.67],
  ['0.95', 1.64],
  ['0.99', 2.33],
  ['0.999', 3.09],
];

export function tensorStats(
  progress: Progress,
  tensors: TensorsPayload,
  key: string,
): TensorStatsPayload {
  const row = tensors.key.indexOf(key);
  const shape = tensors.shape[row] ?? [];
  const name = tensors.name[row] ?? '';
  const known = numbers(progress, tensors, contentOf(tensors, row));
  const nbytes = tensors.nbytes[row] ?? 0;
  const findings = marks(progress, tensors, row).map(inWords);
  const common = { key, name, unknown_nbytes: 0, findings };
  if (known.error) {
    const error = { type: 'Truncated', message: known.error, id: null };
    return { ...common, stats: null, error };
  }
  if (['idle', 'filling', 'named'].includes(progress)) {
    return { ...common, unknown_nbytes: 2 * nbytes, stats: null, error: null };
  }
  const texts = ['min', 'max', 'mean', 'std', 'l1', 'l2'] as const;
  const own = { ...known, nan: known.nan ?? 0, posinf: known.posinf ?? 0 };
  const { error: _, ...counts } = own;
  return {
    ...common,
    unknown_nbytes: progress === 'unlooked' ? nbytes : 0,
    stats: {
      ...counts,
      neginf: known.neginf ?? 0,
      zeros: known.zeros ?? 0,
      of: tensors.dtype[row] === 'string' ? 'length' : 'value',
      count: shape.reduce((product, one) => product * one, 1),
      text: Object.fromEntries(texts.map((one) => [one, String(known[one])])),
      histogram: histogramOf(progress, tensors, row, 64),
      quantiles: Object.fromEntries(
        SHARES.map(([share, by]) => [share, (known.mean ?? 0) + by * (known.std ?? 0)]),
      ),
      first_nan: known.nan ? shape.map((size) => Math.floor(size / 2)) : null,
      first_inf: known.posinf ? shape.map((size) => Math.floor(size / 3)) : null,
    },
    error: null,
  };
}
