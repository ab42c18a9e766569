import type {
  ArtifactRow,
  CheckpointsPayload,
  ScalarsPayload,
  ScalarTagsPayload,
  TimelineJobPayload,
  TimelineNotePayload,
  TimelinePayload,
  TimelineValuesPayload,
} from '../src/api/types';

/** Series of checkpoints with values made by rule. */

export interface TensorLine {
  name: string;
  shape: number[];
  role: string;
  dtype?: string;
  /** Index of the checkpoint from which on it stays the same. */
  frozenFrom?: number;
  /** Index of the first checkpoint with NaN. */
  nanFrom?: number;
  /** Index of the first checkpoint that has it. */
  from?: number;
}

export interface SeriesLines {
  rows: readonly ArtifactRow[];
  tensors: readonly TensorLine[];
  /** Differs between runs, so that their lines do. */
  seed: number;
  state?: string;
  /** Share of the tensors that are read. */
  read?: number;
  job?: Partial<TimelineJobPayload>;
  notes?: TimelineNotePayload[];
  marks?: Record<number, string>;
  /** No checksum is stored. */
  hasNoChecksums?: boolean;
}

const DONE: TimelineJobPayload = {
  state: 'done',
  nbytes: 38_800_000,
  done_nbytes: 38_800_000,
  elapsed_s: 0.4,
  generation: 1,
  layout: 'a',
  error: null,
};

function job(lines: SeriesLines): TimelineJobPayload {
  return { ...DONE, ...lines.job };
}

function noise(seed: number): number {
  const value = Math.sin(seed * 127.1 + 311.7) * 43_758.5453;
  return value - Math.floor(value);
}

function checkpoints({ rows, marks }: SeriesLines): CheckpointsPayload {
  const isGone = (row: ArtifactRow) => row.state === 'deleted' && row.nbytes === 0;
  return {
    id: rows.map((row) => (isGone(row) ? null : row.id)),
    path: rows.map((row) => row.path),
    step: rows.map((row) => row.step),
    state: rows.map((row) => row.state),
    mark: rows.map((row, at) => marks?.[at] ?? (row.state === 'deleted' ? 'deleted' : 'kept')),
    nbytes: rows.map((row) => row.nbytes),
    mtime_s: rows.map((row) => (isGone(row) ? 0 : row.mtime_s)),
    problem: rows.map((row) => row.reason),
  };
}

/** Whether a checkpoint can be opened. */
function opens(row: ArtifactRow): boolean {
  return row.state !== 'deleted' && row.state !== 'broken';
}

function contentOf(lines: SeriesLines, tensor: TensorLine): (number | null)[] {
  return lines.rows.map((row, at) => {
    if (!opens(row) || lines.hasNoChecksums) return null;
    if (at < (tensor.from ?? 0)) return -1;
    return Math.min(at, tensor.frozenFrom ?? at);
  });
}

export function timeline(lines: SeriesLines): TimelinePayload {
  const { rows, tensors } = lines;
  const [first] = rows;
  const folder = first?.path.slice(0, first.path.lastIndexOf('/')) ?? '.';
  const elements = (shape: number[]) => shape.reduce((product, size) => product * size, 1);
  const steps = rows.map((row) => (opens(row) ? (row.step ?? 0) : null));
  const scalar = (name: string, values: (number | null)[]) => ({
    key: `adam/${name}/.ATTRIBUTES/VARIABLE_VALUE`,
    name: `adam/${name}`,
    values,
    text: values.map((value) => (value === null ? null : String(value))),
  });
  return {
    series: { name: 'ckpt', run: first?.run ?? null, folder },
    checkpoints: checkpoints(lines),
    tensors: {
      key: tensors.map(({ name }) => `${name}/.ATTRIBUTES/VARIABLE_VALUE`),
      name: tensors.map(({ name }) => name),
      layer: tensors.map(({ name }) => name.slice(0, name.lastIndexOf('/'))),
      dtype: tensors.map(({ dtype }) => dtype ?? 'float32'),
      shape: tensors.map(({ shape }) => shape),
      role: tensors.map(({ role }) => role),
      nbytes: tensors.map(({ shape }) => elements(shape) * 4),
    },
    content: tensors.map((tensor) => contentOf(lines, tensor)),
    hyperparameters: [
      scalar('iterations', steps),
      scalar(
        'learning_rate',
        steps.map((_step, at) =>
          steps[at] === null
            ? null
            : (lines.seed + 1) * 0.001 * 0.5 ** Math.floor((at * 4) / steps.length),
        ),
      ),
      scalar(
        'beta_1',
        steps.map((step) => (step === null ? null : 0.9)),
      ),
    ],
    notes: lines.notes ?? [],
    job: job(lines),
  };
}

type Row = Record<
  Exclude<keyof TimelineValuesPayload, 'tensor' | 'notes' | 'job'>,
  (number | null)[]
>;

/** Norms that grow and settle, changes that get smaller; the dot product fits to both. */
function valuesOf(lines: SeriesLines, tensor: TensorLine, index: number): Row {
  const content = contentOf(lines, tensor);
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  const row: Row = {
    count: [],
    nonfinite: [],
    sum_sq: [],
    previous: [],
    delta_abs_sum: [],
    delta_sum_sq: [],
    dot: [],
    pairs: [],
    pair_sum_sq: [],
    previous_pair_sum_sq: [],
  };
  const speed = 0.3 + noise(index + lines.seed * 7);
  const wide = Math.sqrt(count) * (0.05 + 0.1 * noise(index * 3));
  let before: { at: number; sum_sq: number; content: number | null } | undefined;
  for (const [at, own] of content.entries()) {
    const isThere = own !== -1 && opens(lines.rows[at] as ArtifactRow);
    const time = (own ?? at) / Math.max(content.length - 1, 1);
    const l2 = wide * (1 + 0.6 * speed * (1 - Math.exp(-time * 3)));
    const isBad = tensor.nanFrom !== undefined && at >= tensor.nanFrom;
    const sum_sq = l2 * l2;
    row.count.push(isThere ? count : null);
    row.nonfinite.push(isThere ? (isBad ? Math.ceil(count * 0.015) : 0) : null);
    row.sum_sq.push(isThere ? sum_sq : null);
    const wobble = 0.6 + 0.8 * noise(index * 131 + at);
    const relative = 0.02 + 0.25 * speed * Math.exp(-time * 4) * wobble;
    const change =
      before === undefined || !isThere
        ? null
        : before.content === own && own !== null
          ? 0
          : Math.max(relative * relative * before.sum_sq, (l2 - Math.sqrt(before.sum_sq)) ** 2);
    row.previous.push(change === null ? null : (before?.at ?? null));
    row.delta_sum_sq.push(change);
    row.delta_abs_sum.push(change === null ? null : Math.sqrt(change * count) * 0.8);
    row.dot.push(change === null ? null : (sum_sq + (before?.sum_sq ?? 0) - change) / 2);
    row.pairs.push(null);
    row.pair_sum_sq.push(null);
    row.previous_pair_sum_sq.push(null);
    if (isThere) before = { at, sum_sq, content: own };
  }
  return row;
}

export function values(lines: SeriesLines, since: number): TimelineValuesPayload {
  const share = lines.read ?? 1;
  const read = since >= job(lines).generation ? 0 : Math.round(lines.tensors.length * share);
  const rows = lines.tensors.slice(0, read).map((tensor, index) => valuesOf(lines, tensor, index));
  const column = (name: keyof Row) => rows.map((row) => row[name]);
  return {
    tensor: rows.map((_row, index) => index),
    count: column('count'),
    nonfinite: column('nonfinite'),
    sum_sq: column('sum_sq'),
    previous: column('previous'),
    delta_abs_sum: column('delta_abs_sum'),
    delta_sum_sq: column('delta_sum_sq'),
    dot: column('dot'),
    pairs: column('pairs'),
    pair_sum_sq: column('pair_sum_sq'),
    previous_pair_sum_sq: column('previous_pair_sum_sq'),
    notes: [],
    job: job(lines),
  };
}

export function tags(lines: SeriesLines): ScalarTagsPayload {
  const run = lines.rows[0]?.run ?? '.';
  return {
    runs: [
      { run: `${run}/train`, tags: ['epoch_accuracy', 'epoch_loss', 'learning_rate'] },
      { run: `${run}/validation`, tags: ['epoch_accuracy', 'epoch_loss'] },
    ],
    problem: null,
  };
}

export function scalars(lines: SeriesLines, run: string, tag: string): ScalarsPayload {
  const last = lines.rows.at(-1)?.step ?? 0;
  const points = 120;
  const steps = Array.from({ length: points }, (_, at) => Math.round((at * last) / points));
  const isLoss = !/acc/.test(tag);
  const curve = steps.map((_step, at) => {
    const time = at / points;
    const over = run.endsWith('validation') ? 0.35 * Math.max(0, time - 0.55) ** 1.4 : 0;
    const loss = 0.22 + 1.9 * Math.exp(-time * (5 + lines.seed * 3)) + over;
    const value = loss + 0.05 * (noise(at + lines.seed * 50) - 0.5);
    return isLoss ? value : 1 - value / 2.4;
  });
  const places = lines.rows.map((row) => steps.findLastIndex((step) => step <= (row.step ?? -1)));
  return {
    run,
    tag,
    steps,
    values: curve,
    problem: null,
    checkpoints: {
      id: checkpoints(lines).id,
      step: places.map((place) => steps[place] ?? null),
      value: places.map((place) => curve[place] ?? null),
      exact: places.map((place, at) => steps[place] === lines.rows[at]?.step),
    },
  };
}

/** The tensors of a small network with its optimizer. */
export function network(more: Record<string, Partial<TensorLine>> = {}): TensorLine[] {
  const weights: [string, number[]][] = [
    ['conv_1/kernel', [5, 5, 1, 32]],
    ['conv_1/bias', [32]],
    ['norm_1/gamma', [32]],
    ['norm_1/beta', [32]],
    ['conv_2/kernel', [3, 3, 32, 64]],
    ['conv_2/bias', [64]],
    ['norm_2/gamma', [64]],
    ['norm_2/beta', [64]],
    ['hidden/kernel', [1024, 256]],
    ['hidden/bias', [256]],
    ['head/kernel', [256, 10]],
    ['head/bias', [10]],
  ];
  const lines = weights.flatMap(([name, shape]): TensorLine[] => [
    { name: `convnet/${name}`, shape, role: 'weight' },
    { name: `adam/m/${name}`, shape, role: 'optimizer' },
    { name: `adam/v/${name}`, shape, role: 'optimizer' },
  ]);
  for (const norm of ['norm_1', 'norm_2']) {
    for (const part of ['moving_mean', 'moving_variance']) {
      lines.push({ name: `convnet/${norm}/${part}`, shape: [64], role: 'state' });
    }
  }
  lines.push({ name: 'adam/iterations', shape: [], role: 'counter', dtype: 'int64' });
  lines.push({ name: 'convnet/lookup/vocabulary', shape: [400], role: 'table', dtype: 'string' });
  return lines.map((line) => ({ ...line, ...more[line.name.replace('convnet/', '')] }));
}

/** Many tensors, a third of them frozen at some time. */
export function deep(count: number, length: number): TensorLine[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `encoder/layer_${Math.floor(index / 8)}/${['attention', 'mlp'][index % 2]}/${
      ['query', 'key', 'value', 'out'][Math.floor(index / 2) % 4]
    }/kernel`;
    const frozen = index % 3 === 0 ? { frozenFrom: Math.floor(noise(index) * length) } : {};
    return { name, shape: [64, 64], role: 'weight', ...frozen };
  });
}
