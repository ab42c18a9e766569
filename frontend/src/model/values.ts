import type { ValuesPayload } from '../api/types';
import { layoutOf, type Range, rangeLength, VECTOR_COLUMNS } from './slices';

/** A table of values: what stands in each cell, and the indices along its edges. */
export interface ValueGrid {
  /** Index of each row, and of each column; null where the tensor has no such axis. */
  rows: string[];
  columns: string[] | null;
  /** Row-major; the last row may be short. */
  cells: string[][];
  /** Largest finite magnitude among the cells; 0 where there is none. */
  largest: number;
}

/** Lays out what came for `region`. Rank 1 is broken into rows, strings stay one to a row. */
export function layOutValues(payload: ValuesPayload, region: readonly Range[]): ValueGrid {
  const { rows, columns } = layoutOf(region);
  const { text } = payload;
  const largest = payload.dtype === 'bool' ? 0 : largestMagnitude(text);
  const [first, second] = [region[rows], region[columns]];
  if (first && second) {
    const width = rangeLength(second);
    return {
      rows: indicesOf(first),
      columns: indicesOf(second),
      cells: chunk(text, width),
      largest,
    };
  }
  const width = payload.dtype === 'string' ? 1 : VECTOR_COLUMNS;
  const starts = first ? indicesOf(first).filter((_, index) => index % width === 0) : [''];
  const columnNames = first && width > 1 ? offsets(first, width) : null;
  return { rows: starts, columns: columnNames, cells: chunk(text, width), largest };
}

function indicesOf(range: Range): string[] {
  return Array.from({ length: rangeLength(range) }, (_, index) =>
    String(range.start + index * range.step),
  );
}

function offsets(range: Range, width: number): string[] {
  const count = Math.min(width, rangeLength(range));
  return Array.from({ length: count }, (_, index) => `+${index * range.step}`);
}

function chunk(text: readonly string[], width: number): string[][] {
  const rows = [];
  for (let start = 0; start < text.length; start += width)
    rows.push(text.slice(start, start + width));
  return rows;
}

function largestMagnitude(text: readonly string[]): number {
  let largest = 0;
  for (const element of text) {
    const magnitude = Math.abs(Number(element));
    if (magnitude > largest && magnitude !== Number.POSITIVE_INFINITY) largest = magnitude;
  }
  return largest;
}

/** `bad` for NaN and the infinities, `zero`, or nothing. */
export function classOf(element: string): string {
  if (/nan|inf/i.test(element)) return 'bad';
  return Number(element) === 0 ? 'zero' : '';
}
