import type {
  DiffPicturePayload,
  GrainPayload,
  PicturePayload,
  StringsPayload,
  TensorsPayload,
} from '../src/api/types';

/** Cells and strings, made by rule. */

type Axis = [start: number, stop: number, step: number];

/** As the server makes them, for the axes and sizes that a request asks for. */
export function picture(
  tensors: TensorsPayload,
  key: string,
  asked: URLSearchParams,
  side = '',
): PicturePayload {
  const of = (name: string) => asked.get(name) ?? '';
  const row = tensors.key.indexOf(key);
  const shape = tensors.shape[row] ?? [];
  const region = of('slice')
    .split(',')
    .map((part) => part.split(':').map(Number) as Axis);
  const axes = of('axes').split(',').map(Number);
  const [rows, columns, down, across] = axes.length > 1 ? axes : [undefined, axes[0]];
  const grain = (axis: number | undefined, most: number): GrainPayload => {
    if (axis === undefined) return { axis: null, count: 1, step: 1, block: 1, cells: 1 };
    const [start, stop, step] = region[axis] ?? [0, 1, 1];
    const count = Math.ceil((stop - start) / step);
    const block = Math.max(1, Math.ceil(count / most));
    return { axis, count, step: 1, block, cells: Math.ceil(count / block) };
  };
  const tiles = [grain(down, Number.POSITIVE_INFINITY), grain(across, Number.POSITIVE_INFINITY)];
  const [tileRows, tileColumns] = tiles as [GrainPayload, GrainPayload];
  const grains = {
    tile_rows: tileRows,
    tile_columns: tileColumns,
    rows: grain(rows, Math.floor(Number(of('height')) / tileRows.count)),
    columns: grain(columns, Math.floor(Number(of('width')) / tileColumns.count)),
  };
  return describe(side + key, tensors.dtype[row] ?? '', shape, region, grains, of('method'));
}

/** Of both sides, and of what they differ by. */
export function pairPictures(
  tensors: TensorsPayload,
  key: string,
  pair: number,
  asked: URLSearchParams,
): DiffPicturePayload {
  const of = (side: string) => ({ ...picture(tensors, key, asked, side), key });
  const [before, after, difference] = [of('before|'), of(''), of('difference|')];
  const ranges = (name: 'robust_range' | 'full_range') => {
    const [a, b] = [before[name], after[name]];
    return a && b ? ([Math.min(a[0], b[0]), Math.max(a[1], b[1])] as [number, number]) : (a ?? b);
  };
  const most = (range: [number, number] | null) =>
    range ? Math.max(Math.abs(range[0]), Math.abs(range[1])) : 0;
  return {
    pair,
    ...{ before, after, difference },
    robust_range: ranges('robust_range'),
    full_range: ranges('full_range'),
    robust_change: most(difference.robust_range),
    full_change: most(difference.full_range),
  };
}

type Grains = Pick<PicturePayload, 'rows' | 'columns' | 'tile_rows' | 'tile_columns'>;

function describe(
  key: string,
  dtype: string,
  shape: number[],
  region: Axis[],
  grains: Grains,
  method: string,
): PicturePayload {
  const order = [grains.tile_rows, grains.tile_columns, grains.rows, grains.columns];
  const count = order.reduce((product, one) => product * one.cells, 1);
  const cells = new Float32Array(count);
  const counts = {
    nan: new Uint32Array(count),
    posinf: new Uint32Array(count),
    neginf: new Uint32Array(count),
  };
  for (let cell = 0; cell < count; cell++) {
    const index = region.map(([start]) => start);
    let rest = cell;
    for (const { axis, cells: size, block } of [...order].reverse()) {
      if (axis !== null)
        index[axis] = (index[axis] ?? 0) + (rest % size) * block * (region[axis]?.[2] ?? 1);
      rest = Math.floor(rest / size);
    }
    const value = valueAt(key, index);
    cells[cell] = Number.isFinite(value) ? value : Number.NaN;
    if (Number.isNaN(value)) counts.nan[cell] = 1;
    else if (value === Number.POSITIVE_INFINITY) counts.posinf[cell] = 1;
    else if (value === Number.NEGATIVE_INFINITY) counts.neginf[cell] = 1;
  }
  const finite = cells.filter(Number.isFinite).sort();
  const at = (share: number) => finite[Math.round(share * (finite.length - 1))] ?? 0;
  const range = (share: number): [number, number] | null =>
    finite.length ? [at(share), at(1 - share)] : null;
  const exact = order.every(({ block }) => block === 1);
  const size = `${grains.rows.block} × ${grains.columns.block} elements`;
  const mean = method === 'mean';
  return {
    key,
    dtype,
    shape,
    region,
    ...grains,
    method,
    description: exact
      ? 'Each cell is one element.'
      : `Each cell is ${mean ? 'the mean of' : 'the one farthest from zero of'} ${size}.`,
    exact,
    cell_type: 'float32',
    cells: encode(cells),
    nan: encodeCounts(counts.nan),
    posinf: encodeCounts(counts.posinf),
    neginf: encodeCounts(counts.neginf),
    nan_count: sum(counts.nan),
    posinf_count: sum(counts.posinf),
    neginf_count: sum(counts.neginf),
    min: finite.length ? at(0) : null,
    max: finite.length ? at(1) : null,
    robust_range: range(0.01),
    full_range: range(0),
    nbytes: 4 * count,
  };
}

/** Waves, so that one can see whether axes are where they should be. */
function valueAt(key: string, index: readonly number[]): number {
  const [side, own] = key.split('|');
  if (own !== undefined) {
    const [now, part] = [valueAt(own, index), (index[0] ?? 0) % 9 < 4 ? 0.35 : 0];
    return side === 'before' ? now * (1 - part) : now * part;
  }
  const [a = 0, b = 0, c = 0, d = 0] = index;
  if (key === 'all-nan') return Number.NaN;
  if (key === 'constant') return 0.25;
  if (key === 'odd') {
    if (a > 20 && a < 30 && b > 8 && b < 14) return Number.NaN;
    if (a === 5) return Number.POSITIVE_INFINITY;
    if (b === 20 && a > 10) return Number.NEGATIVE_INFINITY;
  }
  if (key === 'positive') return Math.exp(-(((a - 30) / 20) ** 2) - ((b - 30) / 20) ** 2);
  const turn = c * 0.7 + d * 1.9;
  const wave = Math.sin(a * 0.19 + turn + b * 0.05) * Math.cos(b * 0.13 - turn);
  return 0.3 * wave * (1 + 0.3 * Math.sin((a * 131 + b * 71) % 17));
}

function encode(array: Float32Array | Uint32Array): string {
  const bytes = new Uint8Array(array.buffer);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function encodeCounts(counts: Uint32Array): string {
  return counts.some(Boolean) ? encode(counts) : '';
}

function sum(counts: Uint32Array): number {
  return counts.reduce((total, count) => total + count, 0);
}

const WORDS = ['the', 'of', 'and', 'café', 'a word with spaces', '[UNK]', '\\x00\\xff', 'zürich'];

export function strings(
  tensors: TensorsPayload,
  key: string,
  asked: URLSearchParams,
): StringsPayload {
  const row = tensors.key.indexOf(key);
  const count = (tensors.shape[row] ?? []).reduce((product, size) => product * size, 1);
  const all = Array.from({ length: count }, (_, index) =>
    index === 3
      ? `a sentence of some length `.repeat(20)
      : `${WORDS[index % 8]}${index > 7 ? index : ''}`,
  );
  const q = (asked.get('q') ?? '').toLowerCase();
  const found = [...all.keys()].filter((index) => all[index]?.toLowerCase().includes(q));
  const start = Number(asked.get('start'));
  const shown = found.slice(start, start + 1000);
  const text = shown.map((index) => all[index] ?? '');
  return {
    key,
    count,
    matched: found.length,
    start,
    index: shown,
    text,
    nbytes: text.map((one) => one.length),
  };
}
