/** Slices of a tensor in numpy's syntax: `0:10, :, 3`. */

/** One axis: half open, `step` 1 or more; `single` where one index was written (`3`). */
export interface Range {
  start: number;
  stop: number;
  step: number;
  single: boolean;
}

/** Elements one request may ask for. */
export const MOST_ELEMENTS = 10_000;

const WINDOW_ROWS = 50;
const WINDOW_COLUMNS = 20;
const WINDOW_VECTOR = 500;
/** A tensor of rank 1 is laid out in rows of this many. */
export const VECTOR_COLUMNS = 5;

export function rangeLength(range: Range): number {
  return Math.max(0, Math.ceil((range.stop - range.start) / range.step));
}

export function countRegion(region: readonly Range[]): number {
  return region.reduce((product, range) => product * rangeLength(range), 1);
}

/**
 * Reads a slice.
 *
 * Returns one range per axis, clipped to `shape` as numpy does, or a sentence that says what is
 * wrong. Axes left out are whole; `...` stands for as many as are missing.
 */
export function parseSlice(text: string, shape: readonly number[]): Range[] | string {
  const parts = expandEllipsis(splitParts(text), shape.length);
  if (typeof parts === 'string') return parts;
  const ranges: Range[] = [];
  for (const [axis, size] of shape.entries()) {
    const range = parseAxis(parts[axis] ?? ':', axis, size);
    if (typeof range === 'string') return range;
    ranges.push(range);
  }
  return ranges;
}

function splitParts(text: string): string[] {
  const inner = text
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .trim();
  const parts = inner ? inner.split(',').map((part) => part.trim()) : [];
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}

function expandEllipsis(parts: string[], rank: number): string[] | string {
  const at = parts.indexOf('...');
  const given = at < 0 ? parts.length : parts.length - 1;
  if (given > rank)
    return `${given} slices for a tensor of ${rank === 1 ? '1 axis' : `${rank} axes`}.`;
  if (at < 0) return parts;
  if (parts.indexOf('...', at + 1) >= 0) return 'Only one "..." can be understood.';
  return [...parts.slice(0, at), ...Array(rank - given).fill(':'), ...parts.slice(at + 1)];
}

function parseAxis(part: string, axis: number, size: number): Range | string {
  const fields = part.split(':').map((field) => field.trim());
  if (fields.length > 3 || fields.some((field) => !/^(-?\d+)?$/.test(field)) || part === '') {
    return `Axis ${axis}: "${part}" is no slice. Write 3, 0:10, 0:10:2 or : for all.`;
  }
  const [first, second, third] = fields.map((field) => (field ? Number(field) : undefined));
  if (fields.length === 1) return singleIndex(first ?? 0, axis, size);
  const step = third ?? 1;
  if (step < 1) return `Axis ${axis}: a step of ${step}; steps are 1 or more.`;
  const start = clip(first ?? 0, size);
  return { start, stop: Math.max(start, clip(second ?? size, size)), step, single: false };
}

function singleIndex(index: number, axis: number, size: number): Range | string {
  const start = index < 0 ? index + size : index;
  if (start < 0 || start >= size) {
    return `Axis ${axis} has ${size === 1 ? 'one index, 0' : `indices 0 to ${size - 1}`}; ${index} is outside.`;
  }
  return { start, stop: start + 1, step: 1, single: true };
}

function clip(index: number, size: number): number {
  return Math.min(Math.max(index < 0 ? index + size : index, 0), size);
}

/** The shortest text that `parseSlice` reads back as the same region. */
export function formatSlice(region: readonly Range[], shape: readonly number[]): string {
  return region.map((range, axis) => formatRange(range, shape[axis] ?? 0)).join(', ');
}

function formatRange({ start, stop, step, single }: Range, size: number): string {
  if (single) return String(start);
  const end = step > 1 ? `:${step}` : '';
  if (start === 0 && stop === size) return end ? `:${end}` : ':';
  return `${start}:${stop}${end}`;
}

/** As a request wants it: a range on every axis, `3:4` for `3`, nothing left out. */
export function formatExact(region: readonly Range[]): string {
  return region.map(({ start, stop, step }) => `${start}:${stop}:${step}`).join(',');
}

/** As Python writes it: `(slice(0, 10), slice(3, 4))`. */
export function formatPython(region: readonly Range[]): string {
  const parts = region.map(({ start, stop, step }) =>
    step === 1 ? `slice(${start}, ${stop})` : `slice(${start}, ${stop}, ${step})`,
  );
  return `(${parts.join(', ')}${parts.length === 1 ? ',' : ''})`;
}

/** What a tensor opens with: a window on its last two axes of more than one, index 0 of the others. */
export function openingRegion(shape: readonly number[]): Range[] {
  const table = openingAxes(shape);
  return shape.map((size, axis) => {
    const isLast = axis === table.at(-1);
    if (!table.includes(axis)) return { start: 0, stop: Math.min(1, size), step: 1, single: true };
    const most = isLast && shape.length > 1 ? WINDOW_COLUMNS : WINDOW_ROWS;
    const stop = Math.min(size, shape.length === 1 ? WINDOW_VECTOR : most);
    return { start: 0, stop, step: 1, single: false };
  });
}

/** The window of the opening size that holds one element. */
export function regionAround(place: readonly number[], shape: readonly number[]): Range[] {
  return openingRegion(shape).map((range, axis) => {
    const at = place[axis] ?? 0;
    const width = Math.max(1, rangeLength(range));
    const start = Math.floor(at / width) * width;
    return { ...range, start, stop: Math.min(shape[axis] ?? 0, start + width) };
  });
}

function openingAxes(shape: readonly number[]): number[] {
  const axes = [...shape.keys()];
  const wide = axes.filter((axis) => shape[axis] !== 1).slice(-2);
  const narrow = axes.filter((axis) => !wide.includes(axis)).slice(wide.length - 2);
  return (wide.length < 2 ? [...wide, ...narrow] : wide).sort((a, b) => a - b);
}

/** The axes a region lays out as a table; `columns` is -1 where one axis at most has a range. */
export interface Layout {
  rows: number;
  columns: number;
}

/** The last two axes that have a range are the table; a region of single indices has none. */
export function layoutOf(region: readonly Range[]): Layout {
  const ranged = region.flatMap((range, axis) => (range.single ? [] : [axis]));
  if (ranged.length > 1) return { rows: ranged.at(-2) ?? 0, columns: ranged.at(-1) ?? 0 };
  return { rows: ranged[0] ?? -1, columns: -1 };
}

/**
 * Makes a region one that can be shown: two ranged axes, at most `MOST_ELEMENTS` elements.
 *
 * Returns the region and a sentence about what was left out, or an empty one.
 */
export function fitRegion(region: readonly Range[]): [Range[], string] {
  const { rows, columns } = layoutOf(region);
  const fixed: number[] = [];
  const fitted = region.map((range, axis) => {
    if (range.single || axis === rows || axis === columns) return range;
    fixed.push(axis);
    return { start: range.start, stop: range.start + 1, step: 1, single: true };
  });
  const shortened = shorten(fitted, rows, columns);
  const notes = [];
  if (fixed.length) {
    notes.push(
      `A table has two axes: of ${fixed.length > 1 ? 'axes' : 'axis'} ${fixed.join(', ')} the first index is shown.`,
    );
  }
  if (shortened)
    notes.push(
      `At most ${MOST_ELEMENTS.toLocaleString('en-US')} elements at once: this is the first part.`,
    );
  return [fitted, notes.join(' ')];
}

function shorten(region: Range[], rows: number, columns: number): boolean {
  if (countRegion(region) <= MOST_ELEMENTS) return false;
  const wide = columns < 0 ? 1 : Math.min(rangeLength(region[columns] as Range), 1000);
  if (columns >= 0) region[columns] = takeFirst(region[columns] as Range, wide);
  region[rows] = takeFirst(region[rows] as Range, Math.floor(MOST_ELEMENTS / wide));
  return true;
}

function takeFirst(range: Range, count: number): Range {
  return { ...range, stop: Math.min(range.stop, range.start + count * range.step) };
}

/** Moves the window on one axis by whole windows (`by` 1 or -1), or null at the end. */
export function pageRange(range: Range, size: number, by: number): Range | null {
  const width = range.single ? 1 : Math.max(1, rangeLength(range)) * range.step;
  const start = range.start + by * width;
  if (start >= size || (by < 0 && range.start === 0)) return null;
  const from = Math.max(0, start);
  return { ...range, start: from, stop: Math.min(size, from + width) };
}

/** Shows another axis as rows or columns; the axis that leaves becomes its first shown index. */
export function swapAxis(
  region: readonly Range[],
  shape: readonly number[],
  from: number,
  to: number,
): Range[] {
  const opening = openingRegion([shape[to] ?? 0, shape[to] ?? 0])[1] as Range;
  return region.map((range, axis) => {
    if (axis === to) return { ...opening, start: 0 };
    if (axis === from) return { start: range.start, stop: range.start + 1, step: 1, single: true };
    return range;
  });
}
