import type { TimelinePayload, TimelineValuesPayload } from '../src/api/types';

/** Series to test with: tensors by name, each with its values in every checkpoint. */

/** Values of a tensor in a checkpoint; null: the checkpoint does not have it. */
export type Versions = readonly (readonly number[] | null)[];

export function payload(
  tensors: Record<string, Versions>,
  more: { roles?: Record<string, string>; dtypes?: Record<string, string> } = {},
): TimelinePayload {
  const names = Object.keys(tensors);
  const length = Math.max(0, ...Object.values(tensors).map((versions) => versions.length));
  const places = Array.from({ length }, (_, at) => at);
  return {
    series: { name: 'ckpt', run: 'run', folder: 'run/checkpoints' },
    checkpoints: {
      id: places.map((at) => `id${at}`),
      path: places.map((at) => `run/checkpoints/ckpt-${at * 10}`),
      step: places.map((at) => at * 10),
      state: places.map(() => 'complete'),
      mark: places.map(() => 'kept'),
      nbytes: places.map(() => 100),
      mtime_s: places.map((at) => 1000 + at * 60),
      problem: places.map(() => null),
    },
    tensors: {
      key: names.map((name) => `key/${name}`),
      name: names,
      layer: names.map((name) => name.slice(0, name.lastIndexOf('/')) || name),
      dtype: names.map((name) => more.dtypes?.[name] ?? 'float32'),
      shape: names.map((name) => [tensors[name]?.[0]?.length ?? 0]),
      role: names.map((name) => more.roles?.[name] ?? 'weight'),
      nbytes: names.map(() => 8),
    },
    content: names.map((name) => contentsOf(tensors[name] ?? [])),
    hyperparameters: [],
    notes: [],
    job: {
      state: 'done',
      nbytes: 0,
      done_nbytes: 0,
      elapsed_s: 0,
      generation: 1,
      layout: 'a',
      error: null,
    },
  };
}

function contentsOf(versions: Versions): number[] {
  const seen = versions.flatMap((values) => (values ? [String(values)] : []));
  return versions.map((values) => (values ? seen.indexOf(String(values)) : -1));
}

/** What the server computes of the same tensors, in the plainest way. */
export function valuesOf(tensors: Record<string, Versions>): TimelineValuesPayload {
  const rows = Object.values(tensors).map(rowOf);
  const column = (name: keyof ReturnType<typeof rowOf>) => rows.map((row) => row[name]);
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
    job: payload(tensors).job,
  };
}

function rowOf(versions: Versions) {
  type List = (number | null)[];
  const row = {
    count: [] as List,
    nonfinite: [] as List,
    sum_sq: [] as List,
    previous: [] as List,
    delta_abs_sum: [] as List,
    delta_sum_sq: [] as List,
    dot: [] as List,
    pairs: [] as List,
    pair_sum_sq: [] as List,
    previous_pair_sum_sq: [] as List,
  };
  let previous: number | null = null;
  for (const [at, values] of versions.entries()) {
    const finite = values?.filter(Number.isFinite);
    row.count.push(values?.length ?? null);
    row.nonfinite.push(values && finite ? values.length - finite.length : null);
    row.sum_sq.push(finite ? sum(finite, (value) => value * value) : null);
    const before = previous === null ? null : (versions[previous] ?? null);
    const pairs = values && before ? pairsOf(before, values) : null;
    const areAll = pairs?.length === values?.length;
    const of = (how: (pair: [number, number]) => number) => (pairs ? sum(pairs, how) : null);
    row.previous.push(pairs ? previous : null);
    row.delta_abs_sum.push(of(([a, b]) => Math.abs(a - b)));
    row.delta_sum_sq.push(of(([a, b]) => (a - b) ** 2));
    row.dot.push(of(([a, b]) => a * b));
    row.pairs.push(pairs && !areAll ? pairs.length : null);
    row.pair_sum_sq.push(areAll ? null : of(([, b]) => b * b));
    row.previous_pair_sum_sq.push(areAll ? null : of(([a]) => a * a));
    if (values) previous = at;
  }
  return row;
}

function pairsOf(before: readonly number[], values: readonly number[]): [number, number][] {
  return values.flatMap((b, index): [number, number][] => {
    const a = before[index] ?? Number.NaN;
    return Number.isFinite(a) && Number.isFinite(b) ? [[a, b]] : [];
  });
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
