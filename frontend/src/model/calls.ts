/** What a person fills in to call a model, and the same as the server takes it. */

import type { RunInputPayload } from '../api/types';
import { countElements, formatBytes, formatShape } from './format';

export type Way = 'values' | 'random' | 'npy' | 'image' | 'text' | 'file' | 'examples' | 'default';

/** A file that was dropped: what to say of it, and its bytes in Base64. */
export interface Taken {
  name: string;
  about: string;
  base64: string;
}

/** An image as bytes of pixels, channels last. */
export interface Pixels extends Taken {
  shape: number[];
}

/** What stands in the fields of an input. Every way keeps its own, so that one can go back. */
export interface Draft {
  way: Way;
  /** Sizes of all axes, with those that the signature leaves open filled in. */
  sizes: number[];
  /** Row-major, of a table. */
  cells: string[];
  /** Written by hand where there is no table; empty: the table. */
  json: string;
  text: string;
  seed: string;
  low: string;
  high: string;
  file: Taken | null;
  pixels: Pixels | null;
  scale: Scale;
  /** Of each example, what stands in a feature's field. */
  examples: Record<string, string>[];
}

export type Scale = '0..1' | '0..255' | '-1..1';

/** A table has no more cells, and no more columns. */
const MOST_CELLS = 144;
const MOST_COLUMNS = 12;
/** What is not known is at first this, the batch 1. */
const USUAL_SIZE = 4;
const CHANNELS = [1, 3, 4];
const LEAST_SIDE = 8;

/** What to begin with: values where they fit into a table, else random ones. */
export function beginDraft(input: RunInputPayload): Draft {
  const sizes = (input.shape ?? []).map((size, axis) => size ?? (axis ? USUAL_SIZE : 1));
  const isWhole = /int|bool/.test(input.dtype);
  const draft: Draft = {
    way: 'values',
    sizes,
    cells: [],
    json: '',
    text: '',
    seed: '0',
    low: '0',
    high: input.dtype === 'bool' || !isWhole ? '1' : '9',
    file: null,
    pixels: null,
    scale: /float/.test(input.dtype) ? '0..1' : '0..255',
    examples: [{}],
  };
  const ways = waysOf(input);
  const fits = input.shape !== null && isTable(draft);
  const usual = ways.includes('values') && !fits ? 'random' : ways[0];
  return { ...draft, way: input.has_default ? 'default' : (usual ?? 'values') };
}

/** The ways to give an input, the likeliest first. */
export function waysOf(input: RunInputPayload): Way[] {
  if (!input.can_be_sent) return input.has_default ? ['default'] : [];
  const ways: Way[] =
    input.dtype === 'string'
      ? [...(input.features.length ? (['examples'] as const) : []), 'text', 'file', 'values']
      : ['values', 'random', ...(imageLayout(input.shape) ? (['image'] as const) : []), 'npy'];
  return input.has_default ? ['default', ...ways] : ways;
}

/** Whether the values are few enough for a table of fields. */
export function isTable({ sizes }: Draft): boolean {
  const columns = sizes.at(-1) ?? 1;
  return sizes.length <= 2 && columns <= MOST_COLUMNS && countElements(sizes) <= MOST_CELLS;
}

/** How an image lies in a shape: where its channels are, and how large it has to be. */
export interface ImageLayout {
  /** Of the channels: `last`, `first`, or `none` where there is no such axis. */
  channels: 'last' | 'first' | 'none';
  height: number | null;
  width: number | null;
  count: number;
}

/** Null where the shape is no image's. */
export function imageLayout(shape: readonly (number | null)[] | null): ImageLayout | null {
  if (!shape || shape.length < 2 || shape.length > 4) return null;
  const inner = shape.length === 4 ? shape.slice(1) : shape;
  const [first = null, second = null, third = null] = inner;
  const isGray = [first, second].every((side) => side === null || side >= LEAST_SIDE);
  if (inner.length === 2) {
    return isGray ? { channels: 'none', height: first, width: second, count: 1 } : null;
  }
  if (third === null || CHANNELS.includes(third)) {
    return { channels: 'last', height: first, width: second, count: third ?? 3 };
  }
  // A batch of gray images without an axis for their one channel has three axes, too.
  if (first !== null && CHANNELS.includes(first)) {
    return { channels: 'first', height: second, width: third, count: first };
  }
  return shape.length === 3 ? { channels: 'none', height: second, width: third, count: 1 } : null;
}

/** Bytes of RGBA as those of a layout, and their shape within `rank` axes. */
export function arrangePixels(
  rgba: Uint8ClampedArray,
  height: number,
  width: number,
  { channels, count }: ImageLayout,
  rank: number,
): { bytes: Uint8Array; shape: number[] } {
  const size = height * width;
  const bytes = new Uint8Array(size * count);
  for (let pixel = 0; pixel < size; pixel++) {
    for (let channel = 0; channel < count; channel++) {
      const to = channels === 'first' ? channel * size + pixel : pixel * count + channel;
      bytes[to] = count === 1 ? luma(rgba, 4 * pixel) : (rgba[4 * pixel + channel] ?? 0);
    }
  }
  const inner =
    channels === 'none'
      ? [height, width]
      : channels === 'last'
        ? [height, width, count]
        : [count, height, width];
  return { bytes, shape: [...Array(Math.max(0, rank - inner.length)).fill(1), ...inner] };
}

/** As Pillow makes gray of colours (ITU-R 601-2). */
function luma(rgba: Uint8ClampedArray, at: number): number {
  const [red = 0, green = 0, blue = 0] = rgba.subarray(at, at + 3);
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** What a `.npy` file says of itself: `float32 [3, 28]`, or nothing if it is none. */
export function describeNpy(bytes: Uint8Array): string {
  if (String.fromCharCode(...bytes.subarray(1, 6)) !== 'NUMPY') return '';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = (bytes[6] ?? 1) > 1;
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const shape = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (type === undefined || shape === undefined) return '';
  const sizes = shape.split(',').flatMap((part) => (part.trim() ? [Number(part)] : []));
  return `${type.replace(/^[<>|=]/, '')} ${formatShape(sizes)}, ${formatBytes(bytes.length)}`;
}

/** Bytes as Base64; in parts, since a call takes only so many arguments. */
export function toBase64(bytes: Uint8Array): string {
  const parts = [];
  for (let start = 0; start < bytes.length; start += 0x8000) {
    parts.push(String.fromCharCode(...bytes.subarray(start, start + 0x8000)));
  }
  return btoa(parts.join(''));
}

/** What is wrong with a field, as the person who filled it in would say; else an empty text. */
export function problemOf(input: RunInputPayload, draft: Draft): string {
  if (!waysOf(input).length) return '';
  try {
    encodeInput(input, draft);
    return '';
  } catch (error) {
    return error instanceof Incomplete ? error.message : String(error);
  }
}

class Incomplete extends Error {}

/** All inputs as the route takes them. Numbers stay the digits that were typed. */
export function encodeInputs(inputs: readonly RunInputPayload[], drafts: readonly Draft[]): string {
  const parts = inputs.flatMap((input, index) => {
    const draft = drafts[index];
    if (!draft || draft.way === 'default') return [];
    return [`${JSON.stringify(input.key)}:${encodeInput(input, draft)}`];
  });
  return `{${parts.join(',')}}`;
}

function encodeInput(input: RunInputPayload, draft: Draft): string {
  const { way, file, pixels } = draft;
  if (way === 'random') return JSON.stringify({ random: randomOf(draft) });
  if (way === 'values') return `{"values":${valuesOf(input, draft)}}`;
  if (way === 'text') return JSON.stringify({ values: textOf(input, draft.text) });
  if (way === 'examples') return `{"examples":[${draft.examples.map(exampleOf(input)).join()}]}`;
  if (way === 'image') {
    if (!pixels) throw new Incomplete('Drop an image.');
    const { base64, shape } = pixels;
    return JSON.stringify({ pixels: base64, shape, scale: draft.scale });
  }
  if (way === 'default') return '';
  if (!file) throw new Incomplete(way === 'npy' ? 'Drop a .npy file.' : 'Drop a file.');
  return JSON.stringify({ [way]: file.base64 });
}

function randomOf({ seed, low, high, sizes }: Draft) {
  const numbers = { seed: Number(seed), low: Number(low), high: Number(high) };
  if (!/^\d{1,15}$/.test(seed)) throw new Incomplete('The seed is a whole number from 0 on.');
  if (!low.trim() || !high.trim() || !Number.isFinite(numbers.low + numbers.high)) {
    throw new Incomplete('Random values need a lowest and a highest number.');
  }
  if (numbers.low > numbers.high) throw new Incomplete('The lowest value is above the highest.');
  return { ...numbers, shape: sizes };
}

function valuesOf(input: RunInputPayload, draft: Draft): string {
  const { json } = draft;
  if (json || !isTable(draft) || input.shape === null) {
    try {
      JSON.parse(json);
    } catch {
      throw new Incomplete('Write the values as JSON: nested lists such as [[1, 2], [3, 4]].');
    }
    return json;
  }
  const cells = Array.from({ length: countElements(draft.sizes) }, (_, index) =>
    cellOf(input.dtype, draft.cells[index] ?? ''),
  );
  return nest(cells, draft.sizes);
}

/** A cell as JSON: a number with its own digits, else a text, which NaN and `1+2j` are. */
function cellOf(dtype: string, cell: string): string {
  const text = cell.trim();
  if (dtype === 'string') return JSON.stringify(cell);
  if (!text) return dtype === 'bool' ? 'false' : '0';
  if (dtype === 'bool' && /^(true|false)$/i.test(text)) return text.toLowerCase();
  return /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? text : JSON.stringify(text);
}

/** Row-major elements as nested lists. */
export function nest(elements: readonly string[], sizes: readonly number[]): string {
  const [size, ...rest] = sizes;
  if (size === undefined) return elements[0] ?? '0';
  const each = countElements(rest);
  const rows = Array.from({ length: size }, (_, row) =>
    nest(elements.slice(row * each, (row + 1) * each), rest),
  );
  return `[${rows.join(', ')}]`;
}

/** A text for a scalar; for a vector a string of each line. */
function textOf({ shape }: RunInputPayload, text: string): unknown {
  if (shape?.length === 0) return text;
  const lines = text.replace(/\n$/, '').split('\n');
  return (shape ?? [null]).length < 2
    ? lines
    : wrap(
        lines.map((line) => [line]),
        (shape ?? []).length - 2,
      );
}

function wrap(value: unknown, times: number): unknown {
  return times > 0 ? wrap([value], times - 1) : value;
}

/** An example with the features that were filled in. */
function exampleOf({ features }: RunInputPayload) {
  return (fields: Record<string, string>): string => {
    const parts = features.flatMap(({ name, dtype, default: usual }) => {
      const text = (fields[name] ?? '').trim();
      if (!text && usual) return [];
      if (!text && dtype !== 'string') throw new Incomplete(`The feature ${name} must be there.`);
      const values = dtype === 'string' ? stringsOf(text) : numbersOf(name, dtype, text);
      return [`${JSON.stringify(name)}:{"${dtype}":[${values.join()}]}`];
    });
    return `{${parts.join()}}`;
  };
}

/** One string, or a JSON list of several. */
function stringsOf(text: string): string[] {
  if (text.startsWith('[')) {
    try {
      return (JSON.parse(text) as unknown[]).map((one) => JSON.stringify(String(one)));
    } catch {
      // It only begins like a list.
    }
  }
  return [JSON.stringify(text)];
}

function numbersOf(name: string, dtype: string, text: string): string[] {
  return text.split(/[\s,]+/).map((part) => {
    const cell = cellOf(dtype, part);
    if (cell.startsWith('"') && !(dtype === 'float32' && /^"[+-]?(nan|inf)"$/i.test(cell))) {
      throw new Incomplete(
        `The feature ${name} takes numbers with commas between: ${part} is none.`,
      );
    }
    return cell;
  });
}
