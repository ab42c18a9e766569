import type { SumPayload, TensorsPayload, ValuesPayload } from '../src/api/types';

/** Tensors and values, made by rule. */

interface Line {
  key: string;
  name: string;
  dtype: string;
  shape: number[];
  role: string;
  alias: number;
}

function line(key: string, name: string, shape: number[], more: Partial<Line> = {}): Line {
  return { key, name, dtype: 'float32', shape, role: 'weight', alias: -1, ...more };
}

const WIDTHS: Record<string, number> = { float32: 4, int64: 8, bfloat16: 2, string: 9, float16: 2 };

function nbytesOf({ dtype, shape }: Line): number {
  return shape.reduce((product, size) => product * size, 1) * (WIDTHS[dtype] ?? 4);
}

function columns(lines: readonly Line[]): TensorsPayload {
  return {
    key: lines.map((one) => one.key),
    name: lines.map((one) => one.name),
    dtype: lines.map((one) => one.dtype),
    shape: lines.map((one) => one.shape),
    nbytes: lines.map(nbytesOf),
    role: lines.map((one) => one.role),
    alias_of: lines.map((one) => one.alias),
    totals: totalsOf(lines),
  };
}

function totalsOf(lines: readonly Line[]) {
  const own = lines.filter((one) => one.alias < 0);
  const sum = (name: string, of: readonly Line[]): SumPayload => ({
    name,
    tensors: of.length,
    parameters: of.reduce((count, one) => count + one.shape.reduce((p, size) => p * size, 1), 0),
    nbytes: of.reduce((count, one) => count + nbytesOf(one), 0),
  });
  const by = (field: 'role' | 'dtype') =>
    [...new Set(own.map((one) => one[field]))].map((name) =>
      sum(
        name,
        own.filter((one) => one[field] === name),
      ),
    );
  const model = own.filter((one) => one.role === 'weight' || one.role === 'state');
  return {
    by_role: by('role'),
    by_dtype: by('dtype'),
    all: sum('all', own),
    aliases: sum(
      'aliases',
      lines.filter((one) => one.alias >= 0),
    ),
    model_parameters: sum('model', model).parameters,
  };
}

export function convnet(): TensorsPayload {
  const own: Line[] = [];
  const add = (name: string, shape: number[], more: Partial<Line> = {}) => {
    own.push(line(`variables/${own.length}`, name, shape, more));
  };
  for (const [index, [from, to]] of [
    [1, 32],
    [32, 64],
    [64, 64],
  ].entries()) {
    const layer = index ? `conv2d_${index}` : 'conv2d';
    add(`convnet/${layer}/kernel`, [3, 3, from ?? 1, to ?? 1]);
    add(`convnet/${layer}/bias`, [to ?? 1]);
    const norm = index ? `batch_normalization_${index}` : 'batch_normalization';
    for (const part of ['gamma', 'beta']) add(`convnet/${norm}/${part}`, [to ?? 1]);
    for (const part of ['moving_mean', 'moving_variance']) {
      add(`convnet/${norm}/${part}`, [to ?? 1], { role: 'state' });
    }
  }
  add('convnet/dense/kernel', [576, 300]);
  add('convnet/dense/bias', [300]);
  add('convnet/head/kernel', [300, 10], { dtype: 'bfloat16' });
  add('convnet/head/bias', [10]);
  const weights = own.filter((one) => one.role === 'weight');
  const slots = weights.flatMap((one) =>
    ['m', 'v'].map((slot) =>
      line(`optimizer/${slot}/${one.key}`, `adam/${slot}/${one.name}`, one.shape, {
        role: 'optimizer',
      }),
    ),
  );
  const copies = weights.map((one) =>
    line(`_all/${one.key}`, `_all_variables/${one.name}`, one.shape, {
      dtype: one.dtype,
      alias: own.indexOf(one),
    }),
  );
  const others = [
    line('embedding', 'convnet/embedding/embeddings', [4000, 256]),
    line('odd', 'convnet/odd/kernel', [48, 32]),
    line('positive', 'convnet/positive/kernel', [64, 64]),
    line('constant', 'convnet/constant/kernel', [40, 30]),
    line('all-nan', 'convnet/all_nan/kernel', [40, 30]),
    line('depthwise', 'convnet/depthwise/kernel', [3, 3, 48, 1]),
    line('cube', 'convnet/attention/kernel', [12, 64, 96]),
    line('tall', 'convnet/tall/kernel', [3000, 12]),
    line('nothing', 'convnet/nothing', [0, 8]),
    line('damaged', 'convnet/damaged', [64, 64]),
    line('step', 'step', [], { dtype: 'int64', role: 'counter' }),
    line('vocabulary', 'convnet/lookup/vocabulary', [400], { dtype: 'string', role: 'table' }),
    line('_CHECKPOINTABLE_OBJECT_GRAPH', '_CHECKPOINTABLE_OBJECT_GRAPH', [], {
      dtype: 'string',
      role: 'metadata',
    }),
  ];
  return columns(interesting([...own, ...slots, ...copies, ...others]));
}

/** The cases link to a large matrix as `variables/3` and to a kernel of rank 4 as `variables/4`. */
function interesting(lines: Line[]): Line[] {
  const swap = (a: string, b: string) => {
    const [left, right] = [lines.find((one) => one.key === a), lines.find((one) => one.key === b)];
    if (left && right) [left.key, right.key] = [b, a];
  };
  swap('variables/3', 'variables/18');
  swap('variables/4', 'variables/6');
  return lines;
}

/** What a file tells of that has variables, but not their values. */
export function unstored(): TensorsPayload {
  const all = convnet();
  const none = (sums: SumPayload[]) => sums.map((sum) => ({ ...sum, nbytes: 0 }));
  const { by_role, by_dtype } = all.totals;
  const own = { ...all.totals.all, nbytes: 0 };
  const totals = { ...all.totals, by_role: none(by_role), by_dtype: none(by_dtype), all: own };
  return { ...all, nbytes: all.nbytes.map(() => 0), totals };
}

const LARGE = new Map<number, TensorsPayload>();

/** Made when it is first asked for: a hundred thousand take longer than all else a page does. */
export function large(count: number): TensorsPayload {
  const made = LARGE.get(count) ?? makeLarge(count);
  LARGE.set(count, made);
  return made;
}

function makeLarge(count: number): TensorsPayload {
  const parts = [
    'attention/query/kernel',
    'attention/key/kernel',
    'mlp/wi/kernel',
    'mlp/wo/kernel',
    'norm/scale',
  ];
  return columns(
    Array.from({ length: count }, (_, index) => {
      const layer = Math.floor(index / 1000);
      const expert = Math.floor(index / 5) % 200;
      const part = parts[index % 5] ?? '';
      const shape = index % 5 === 4 ? [1024] : [1024, 128 + (index % 7) * 128];
      const name = `transformer/layer_${layer}/expert_${expert}/${part}`;
      const dtype = index % 3 ? 'bfloat16' : 'float32';
      return line(`model/${name}/.ATTRIBUTES/VARIABLE_VALUE`, name, shape, { dtype });
    }),
  );
}

export function long(): TensorsPayload {
  const deep = 'a_rather_long_name_of_a_scope/'.repeat(7);
  return columns([
    line('long/0', `${deep}kernel`, [12, 24]),
    line('long/1', `${deep}bias`, [24], { alias: 0 }),
    line('long/2', 'evil/</script><img src=x onerror=alert(1)>', [2]),
    line('long/3', 'evil/with\nnewline', [2]),
    line('long/4', `${'x'.repeat(220)}`, [1, 1, 1, 1, 1, 1, 1, 1, 128, 256]),
  ]);
}

/** Every third value is another one for another `version`. */
export function values(
  tensors: TensorsPayload,
  key: string,
  slice: string,
  version = 0,
): ValuesPayload {
  const row = tensors.key.indexOf(key);
  const shape = tensors.shape[row] ?? [];
  const dtype = tensors.dtype[row] ?? '';
  const region = slice
    ? slice.split(',').map((part) => part.split(':').map(Number) as [number, number, number])
    : [];
  const sizes = region.map(([start, stop, step]) => Math.ceil((stop - start) / step));
  const count = sizes.reduce((product, size) => product * size, 1);
  const text = Array.from({ length: count }, (_, index) =>
    element(index + (index % 3 ? 0 : version), key, dtype),
  );
  return { key, name: tensors.name[row] ?? '', dtype, shape, region, result_shape: sizes, text };
}

const WORDS = ['the', 'of', 'and', 'café', 'a word with spaces', '[UNK]', '\\x00\\xff', 'zürich'];

function element(index: number, key: string, dtype: string): string {
  if (dtype === 'string')
    return key.startsWith('_C') ? '\\n\\x0d\\n\\x05model\\x10\\x01' : (WORDS[index % 8] ?? '');
  if (dtype === 'int64') return '2814';
  if (key === 'variables/9' && index % 7 === 3) return ['NaN', 'inf', '-inf'][index % 3] ?? 'NaN';
  if (index % 11 === 5) return '0.0';
  const value = Math.sin(index * 12.9898) * Math.cos(index * 4.1414) * 0.31;
  return String(Math.fround(value).toPrecision(dtype === 'bfloat16' ? 3 : 8)).replace(/0+$/, '0');
}
