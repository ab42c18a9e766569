import { formatExact, type Range, rangeLength } from './slices';

/** What of a tensor a picture shows: which axes go where, and how much of them. */

/** Axes by what they are for; -1: there is none. */
export interface Roles {
  rows: number;
  columns: number;
  /** From tile to tile, in a grid of tiles. */
  down: number;
  across: number;
}

export type Role = keyof Roles;

export const ROLE_NAMES: readonly Role[] = ['rows', 'columns', 'down', 'across'];

/** Tiles along each of two axes, or along a single one, that are shown at first. */
const OPENING_TILES = 16;
const OPENING_TILES_ALONE = 64;
/** Tiles along an axis at most: each is drawn by itself. */
const MOST_TILES = 64;
const MOST_TILES_ALONE = 256;
/** Axes of a convolution's kernel are no longer. */
const MOST_KERNEL = 16;
/** Elements along an axis that a person can still zoom into. */
const LEAST_SHOWN = 4;

/** Roles as an address carries them: `0,1` rows and columns, `0,1,2,3` with tiles down and across. */
export function readRoles(text: string, shape: readonly number[]): Roles {
  const axes = text.split(',').map(Number);
  const good =
    text !== '' &&
    axes.length <= 4 &&
    new Set(axes).size === axes.length &&
    axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < shape.length);
  return good ? rolesOf(axes) : openingRoles(shape);
}

function rolesOf(axes: readonly number[]): Roles {
  if (axes.length === 1) return { rows: -1, columns: axes[0] ?? -1, down: -1, across: -1 };
  const [rows = -1, columns = -1, down = -1, across = -1] = axes;
  return { rows, columns, down, across };
}

export function writeRoles({ rows, columns, down, across }: Roles): string {
  const axes = rows < 0 ? [columns] : [rows, columns, down, across];
  return axes.filter((axis) => axis >= 0).join();
}

/** A convolution's kernel as tiles; else the last two axes of more than one. */
export function openingRoles(shape: readonly number[]): Roles {
  return kernelRoles(shape) ?? flatRoles(shape);
}

/** The last two axes of more than one. */
export function flatRoles(shape: readonly number[]): Roles {
  const wide = [...shape.keys()].filter((axis) => shape[axis] !== 1);
  const axes = wide.length ? wide.slice(-2) : shape.length ? [shape.length - 1] : [];
  return rolesOf(axes);
}

/** Of `[height, width, in, out]`, also with a depth before; null for any other shape. */
function kernelRoles(shape: readonly number[]): Roles | null {
  const outer = shape.length - 2;
  const spatial = shape.slice(0, outer);
  const small = spatial.every((size) => size > 0 && size <= MOST_KERNEL);
  const kernels = (shape[outer] ?? 0) * (shape[outer + 1] ?? 0);
  const area = spatial.slice(-2).reduce((product, size) => product * size, 1);
  if ((outer !== 2 && outer !== 3) || !small || area < 2 || kernels < 2) return null;
  return { rows: outer - 2, columns: outer - 1, down: outer, across: outer + 1 };
}

/** Whether there is anything to make tiles of: three axes of more than one. */
export function canTile(shape: readonly number[]): boolean {
  return shape.filter((size) => size > 1).length > 2;
}

/** The same rows and columns with or without tiles of the axes that are left, the last first. */
export function withTiles(roles: Roles, shape: readonly number[], tiles: boolean): Roles {
  if (!tiles) return { ...roles, down: -1, across: -1 };
  const others = [...shape.keys()].filter(
    (axis) => axis !== roles.rows && axis !== roles.columns && (shape[axis] ?? 0) > 1,
  );
  const [down = -1, across = -1] = others.slice(-2);
  return { ...roles, down, across };
}

/** Gives a role to another axis; if that had one, the two axes change places. */
export function giveRole(roles: Roles, role: Role, axis: number): Roles {
  const other = ROLE_NAMES.find((name) => roles[name] === axis);
  return { ...roles, ...(other ? { [other]: roles[role] } : {}), [role]: axis };
}

/** Everything along rows and columns, the first tiles, index 0 of the others. */
export function openingFrame(shape: readonly number[], roles: Roles): Range[] {
  return shape.map((size, axis) => {
    if (axis === roles.rows || axis === roles.columns) return whole(size);
    const most = tilesAlong(axis, roles, shape, OPENING_TILES, OPENING_TILES_ALONE);
    return most ? { ...whole(size), stop: Math.min(size, most) } : only(0, size);
  });
}

function whole(size: number): Range {
  return { start: 0, stop: size, step: 1, single: false };
}

function only(index: number, size: number): Range {
  return { start: index, stop: Math.min(index + 1, size), step: 1, single: true };
}

/** How many tiles an axis may have; 0 where it is none of theirs. */
function tilesAlong(
  axis: number,
  { down, across }: Roles,
  shape: readonly number[],
  most: number,
  alone: number,
): number {
  if (axis < 0 || (axis !== down && axis !== across)) return 0;
  const other = axis === down ? across : down;
  return other < 0 || shape[other] === 1 ? alone : most;
}

/**
 * Makes a slice one that can be pictured: one index of each axis without a role, not too many tiles.
 *
 * Returns it and a sentence about what was left out, or an empty one.
 */
export function fitFrame(
  region: readonly Range[],
  shape: readonly number[],
  roles: Roles,
): [Range[], string] {
  const used = new Set(Object.values(roles));
  const fixed: number[] = [];
  let cut = '';
  const fitted = region.map((range, axis) => {
    if (!used.has(axis)) {
      if (rangeLength(range) > 1) fixed.push(axis);
      return rangeLength(range) > 1 ? only(range.start, shape[axis] ?? 0) : range;
    }
    const most = tilesAlong(axis, roles, shape, MOST_TILES, MOST_TILES_ALONE);
    if (!most || rangeLength(range) <= most) return range;
    cut = `At most ${most} tiles along an axis: these are the first.`;
    return { ...range, stop: range.start + most * range.step };
  });
  const axes = fixed.length > 1 ? `axes ${fixed.join(', ')}` : `axis ${fixed[0]}`;
  const note = fixed.length ? `Of ${axes} the first index is shown.` : '';
  return [fitted, [note, cut].filter(Boolean).join(' ')];
}

/** The slice as a request of its own, and as a name for what it shows. */
export function frameKey(region: readonly Range[], roles: Roles): string {
  return `${formatExact(region)} ${writeRoles(roles)}`;
}

/** Which two axes zooming and panning change: those of the tiles where there are any. */
export function moving(roles: Roles): readonly [vertical: number, horizontal: number] {
  const tiled = roles.down >= 0 || roles.across >= 0;
  return tiled ? [roles.down, roles.across] : [roles.rows, roles.columns];
}

/**
 * A closer or wider frame, or null where it cannot be.
 *
 * @param factor Of the length along either axis: below 1 is closer.
 * @param at Where the point is that stays in its place, in shares of the frame.
 */
export function zoom(
  region: readonly Range[],
  shape: readonly number[],
  roles: Roles,
  factor: number,
  at: readonly [vertical: number, horizontal: number],
): Range[] | null {
  const tiled = roles.down >= 0;
  const next = [...region];
  let changed = false;
  for (const [index, axis] of moving(roles).entries()) {
    const range = region[axis];
    if (!range) continue;
    const size = shape[axis] ?? 0;
    const most = tiled ? tilesAlong(axis, roles, shape, MOST_TILES, MOST_TILES_ALONE) : size;
    const closer = zoomRange(range, size, factor, at[index] ?? 0.5, tiled ? 1 : LEAST_SHOWN, most);
    changed ||= closer.start !== range.start || closer.stop !== range.stop;
    next[axis] = closer;
  }
  return changed ? next : null;
}

function zoomRange(
  range: Range,
  size: number,
  factor: number,
  at: number,
  least: number,
  most: number,
): Range {
  const { step } = range;
  const phase = range.start % step;
  const total = Math.ceil((size - phase) / step);
  const count = rangeLength(range);
  const scaled = factor < 1 ? Math.floor(count * factor) : Math.ceil(count * factor);
  const wanted = Math.max(Math.min(scaled, total, most), Math.min(least, count, total));
  const first = Math.round((range.start - phase) / step + (count - wanted) * at);
  const start = phase + Math.max(0, Math.min(first, total - wanted)) * step;
  return { start, stop: Math.min(size, start + wanted * step), step, single: false };
}

/** The frame some elements (or tiles) further; it stops at the edges. */
export function pan(
  region: readonly Range[],
  shape: readonly number[],
  roles: Roles,
  by: readonly [vertical: number, horizontal: number],
): Range[] {
  const next = [...region];
  for (const [index, axis] of moving(roles).entries()) {
    const range = region[axis];
    if (range) next[axis] = panRange(range, shape[axis] ?? 0, by[index] ?? 0);
  }
  return next;
}

function panRange(range: Range, size: number, by: number): Range {
  const { step } = range;
  const count = rangeLength(range);
  const phase = range.start % step;
  const last = Math.max(0, Math.ceil((size - phase) / step) - count);
  const first = Math.max(0, Math.min((range.start - phase) / step + by, last));
  const start = phase + first * step;
  return { ...range, start, stop: Math.min(size, start + count * step) };
}
