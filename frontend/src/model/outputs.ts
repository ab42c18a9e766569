/** How an output can be shown. */

import type { RunValuePayload } from '../api/types';
import { countElements } from './format';

export type OutputView = 'classes' | 'images' | 'values' | 'picture' | 'histogram';

const MOST_CLASSES = 100_000;
const LEAST_CLASSES = 3;
const LEAST_SIDE = 8;
const MOST_SIDE = 4096;
/** Four are seldom colours, but often features. */
const CHANNELS = [1, 3];

/** Whether a NaN or an infinity is among the values that are here. */
export function hasLost(values: readonly RunValuePayload[]): boolean {
  return values.some(
    ({ dtype, text }) => dtype !== 'string' && text?.some((one) => /nan|inf/i.test(one)),
  );
}

/** In an address, the main graph of a MetaGraph: the first one has no name. */
export function mainGraph(graphs: readonly { tags: readonly string[] }[], tags: readonly string[]) {
  return graphs[0]?.tags.join() === tags.join() ? '.' : `main:${tags.join()}`;
}

/** The ways that fit, the one to begin with first. */
export function outputViews({ dtype, shape, has_values }: RunValuePayload): OutputView[] {
  if (!has_values) return [];
  const size = countElements(shape);
  if (dtype === 'string' || size === 0) return ['values'];
  const views: OutputView[] = [];
  const isReal = /float/.test(dtype);
  const classes = shape.at(-1) ?? 0;
  if (isReal && shape.length > 0 && shape.length < 3 && classes >= LEAST_CLASSES) {
    if (classes <= MOST_CLASSES) views.push('classes');
  }
  if (imageSizes(shape) && !/complex/.test(dtype)) views.push('images');
  views.push('values');
  if (size > 1) views.push('picture');
  if (size > 1 && dtype !== 'bool') views.push('histogram');
  return views;
}

export interface ImageSizes {
  count: number;
  height: number;
  width: number;
  channels: number;
}

/** Sizes of the images that an output is, channels last; null where it is none. */
export function imageSizes(shape: readonly number[]): ImageSizes | null {
  if (shape.length !== 3 && shape.length !== 4) return null;
  const [count = 1, height = 0, width = 0, channels = 0] =
    shape.length === 4 ? shape : [1, ...shape];
  const sides = [height, width];
  const fits = sides.every((side) => side >= LEAST_SIDE && side <= MOST_SIDE);
  return fits && CHANNELS.includes(channels) ? { count, height, width, channels } : null;
}

/** What numbers of images mean: a factor and an offset to 0 to 255, and that in words. */
export function pixelRange(
  low: number,
  high: number,
): [factor: number, offset: number, words: string] {
  if (low >= 0 && high <= 1) return [255, 0, '0 to 1'];
  if (low >= -1 && high <= 1) return [127.5, 127.5, '−1 to 1'];
  if (low >= 0 && high > 1 && high <= 255) return [1, 0, '0 to 255'];
  const factor = 255 / (high - low || 1);
  return [factor, -low * factor, 'smallest to largest'];
}

/** Values of a `.npy` file of a type that numpy has, little-endian. */
export function parseNpy(buffer: ArrayBuffer): ArrayLike<number> | null {
  const view = new DataView(buffer);
  const header = new TextDecoder('latin1').decode(buffer.slice(10, 10 + view.getUint16(8, true)));
  const [, type = ''] = /'descr':\s*'([^']*)'/.exec(header) ?? [];
  const data = buffer.slice(10 + view.getUint16(8, true));
  const make = ARRAYS[type.replace(/^[<|]/, '')];
  return make ? make(data) : null;
}

const ARRAYS: Record<string, (data: ArrayBuffer) => ArrayLike<number>> = {
  f4: (data) => new Float32Array(data),
  f8: (data) => new Float64Array(data),
  f2: (data) => Array.from(new Uint16Array(data), halfToNumber),
  u1: (data) => new Uint8Array(data),
  i1: (data) => new Int8Array(data),
  b1: (data) => new Uint8Array(data),
  u2: (data) => new Uint16Array(data),
  i2: (data) => new Int16Array(data),
  i4: (data) => new Int32Array(data),
  u4: (data) => new Uint32Array(data),
  i8: (data) => Array.from(new BigInt64Array(data), Number),
  u8: (data) => Array.from(new BigUint64Array(data), Number),
};

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
}
