import type { GrainPayload, PicturePayload } from '../api/types';
import type { Roles } from './frames';
import { type Range, rangeLength } from './slices';

/** What came of a picture, ready to draw and to tell. */

export interface Picture {
  payload: PicturePayload;
  /** Tile by tile, row by row; NaN where a cell has no finite element. */
  values: Float32Array | Float64Array;
  nan: Uint32Array;
  posinf: Uint32Array;
  neginf: Uint32Array;
}

export function decodePicture(payload: PicturePayload): Picture {
  const bytes = decodeBytes(payload.cells);
  const values =
    payload.cell_type === 'float64' ? new Float64Array(bytes) : new Float32Array(bytes);
  const counts = (text: string) =>
    text ? new Uint32Array(decodeBytes(text)) : new Uint32Array(values.length);
  return {
    payload,
    values,
    nan: counts(payload.nan),
    posinf: counts(payload.posinf),
    neginf: counts(payload.neginf),
  };
}

/** Every browser is little-endian, as the payload is. */
function decodeBytes(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
}

/** One number per cell for what it holds besides numbers: NaN goes before +Inf before -Inf. */
export function marksOf(
  picture: Picture,
  names: { nan: number; posinf: number; neginf: number },
): Uint8Array {
  return Uint8Array.from(picture.values, (_, cell) => {
    if (picture.nan[cell]) return names.nan;
    if (picture.posinf[cell]) return names.posinf;
    return picture.neginf[cell] ? names.neginf : 0;
  });
}

/** `robust` and `full` are of the cells; `-0.1:0.1` is one that a person keeps. */
export function readRange(text: string, payload: PicturePayload): [low: number, high: number] {
  const kept = /^(-?[\d.e+-]+):(-?[\d.e+-]+)$/i.exec(text);
  const [low, high] = [Number(kept?.[1]), Number(kept?.[2])];
  if (kept && Number.isFinite(low) && Number.isFinite(high) && low <= high) return [low, high];
  return (text === 'full' ? payload.full_range : payload.robust_range) ?? [0, 0];
}

/** Place of an element in the picture, counted in elements of the slice. */
export interface Place {
  down: number;
  across: number;
  row: number;
  column: number;
}

/** The cell that holds an element. */
export function cellOf({ payload }: Picture, place: Place): number {
  const { rows, columns, tile_columns } = payload;
  const tile = place.down * tile_columns.cells + place.across;
  const row = Math.floor(place.row / rows.block);
  return (tile * rows.cells + row) * columns.cells + Math.floor(place.column / columns.block);
}

/** Elements of the slice that a cell stands for: fewer at the edges. */
export function elementsOf({ payload }: Picture, place: Place): number {
  return inBlock(payload.rows, place.row) * inBlock(payload.columns, place.column);
}

function inBlock({ block, count }: GrainPayload, at: number): number {
  return Math.min(block, count - Math.floor(at / block) * block);
}

/** Where the cell of an element lies in the tensor: one range per axis, in its own steps. */
export function regionOf(
  region: readonly Range[],
  roles: Roles,
  place: Place,
  block: readonly [rows: number, columns: number],
): Range[] {
  return region.map((range, axis) => {
    if (axis === roles.rows) return part(range, place.row, block[0]);
    if (axis === roles.columns) return part(range, place.column, block[1]);
    if (axis === roles.down) return part(range, place.down, 1);
    return axis === roles.across ? part(range, place.across, 1) : range;
  });
}

/** The block that an element is in. */
function part(range: Range, at: number, block: number): Range {
  const first = at - (at % block);
  const count = Math.min(block, rangeLength(range) - first);
  const start = range.start + first * range.step;
  const stop = start + (count - 1) * range.step + 1;
  return { start, stop, step: count > 1 ? range.step : 1, single: count === 1 };
}

/** Elements whose exact values are asked for together. */
const ASKED_AT_ONCE = 4096;

/** A block of elements around a place whose exact values are asked for at once. */
export function exactBlock(
  region: readonly Range[],
  roles: Roles,
  place: Place,
): { region: Range[]; at: (place: Place) => number } {
  const used = Object.values(roles).filter((axis) => axis >= 0).length;
  const edge = Math.floor(ASKED_AT_ONCE ** (1 / Math.max(1, used)));
  const axisPlace = (of: Place, axis: number) => {
    if (axis === roles.rows) return of.row;
    if (axis === roles.columns) return of.column;
    if (axis === roles.down) return of.down;
    return axis === roles.across ? of.across : 0;
  };
  const asked = region.map((range, axis) => ({
    ...part(range, axisPlace(place, axis), edge),
    single: false,
  }));
  // Row-major in the order of the tensor's axes, as values come.
  const at = (of: Place) =>
    asked.reduce(
      (index, range, axis) => index * rangeLength(range) + (axisPlace(of, axis) % edge),
      0,
    );
  return { region: asked, at };
}

/** `576 × 300 elements, from -0.31 to 0.29; 12 NaN, 1 +Inf.`, or so many tiles of so many. */
export function summarise(
  payload: PicturePayload,
  words: { count: (n: number) => string; number: (n: number) => string },
): string {
  const { rows, columns, tile_rows, tile_columns, min, max } = payload;
  const sizeOf = (grains: readonly GrainPayload[]) =>
    grains
      .filter(({ axis }) => axis !== null)
      .map(({ count }) => words.count(count))
      .join(' × ');
  const [tiles, inside] = [sizeOf([tile_rows, tile_columns]), sizeOf([rows, columns])];
  const size = `${tiles ? `${tiles} tiles of ` : ''}${inside || '1'} elements`;
  const sampled = rows.step > 1 || columns.step > 1;
  const range =
    min === null || max === null
      ? 'none of them finite'
      : min === max
        ? `all ${words.number(min)}`
        : `from ${words.number(min)} to ${words.number(max)}`;
  const odd = oddCounts(payload).map(({ name, count }) => `${words.count(count)} ${name}`);
  const of = sampled ? ' of those read' : '';
  return `${size}, ${range}${odd.length ? `; ${odd.join(', ')}${of}` : ''}.`;
}

/** NaN and infinities that occur, by name. */
export function oddCounts(payload: PicturePayload) {
  const all = [
    { kind: 'nan' as const, name: 'NaN', count: payload.nan_count },
    { kind: 'posinf' as const, name: '+Inf', count: payload.posinf_count },
    { kind: 'neginf' as const, name: '-Inf', count: payload.neginf_count },
  ];
  return all.filter(({ count }) => count > 0);
}
