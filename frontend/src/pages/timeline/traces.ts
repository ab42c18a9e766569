import { type Axis, placesOf, type Trace } from '../../model/lines';
import { findNonfinite } from '../../model/timeline';
import type { ChartMark, ChartTick } from '../../ui/LineChart';
import type { Drawn, Shown } from './view';

/** Where lines, and what is marked, stand on the x axis. */

/** For each series the place of each checkpoint; null: it has none. */
export type Places = readonly (readonly (number | null)[])[];

/** Whole numbers only, and parts of an hour and a day for times. */
const DECADES = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];
export const STEPS: Record<Axis, number[]> = {
  step: DECADES.flatMap((power) => [power, 2 * power, 5 * power]),
  time: [
    ...[1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200],
    ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((days) => days * 86_400),
  ],
};

export function traceOf(shown: readonly Shown[], { series, line }: Drawn, axis: Axis): Trace {
  const table = shown[series]?.table;
  return { xs: table ? placesOf(table.payload.checkpoints, axis) : [], ys: line.values };
}

/**
 * The scalar as a line: all its points over steps; over time only its values at the checkpoints,
 * whose times are known.
 */
export function scalarTrace({ scalars, rows, table }: Shown, axis: Axis): Trace {
  if (!scalars) return { xs: [], ys: [] };
  if (axis === 'step') return { xs: scalars.steps, ys: scalars.values };
  return {
    xs: placesOf(table.payload.checkpoints, axis),
    ys: rows.map(({ scalar }) => scalar?.value ?? null),
  };
}

/** All places, with a little room at both ends. */
export function rangeOf(all: readonly (readonly number[])[]): [number, number] {
  const ends = all.flatMap((xs) => (xs.length ? [xs[0] ?? 0, xs.at(-1) ?? 0] : []));
  if (!ends.length) return [0, 1];
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  const room = (last - first) * 0.015 || 0.5;
  return [first - room, last + room];
}

export function marksOf(shown: readonly Shown[], axis: Axis): ChartMark[] {
  return shown.flatMap(({ table, name }) => {
    const found = findNonfinite(table);
    const x = found ? placesOf(table.payload.checkpoints, axis)[found.at] : null;
    return x == null ? [] : [{ x, word: shown.length > 1 ? `NaN ${name}` : 'NaN' }];
  });
}

export function ticksOf(shown: readonly Shown[], axis: Axis): ChartTick[] {
  return shown.flatMap(({ table, rows }) => {
    const places = placesOf(table.payload.checkpoints, axis);
    return rows.flatMap(({ at, state, mark }) => {
      const x = places[at] ?? null;
      if (x === null) return [];
      const isGone = state === 'deleted' || mark === 'deleted';
      return [{ x, sign: isGone ? 'gone' : mark === 'preserved' ? 'special' : 'there' } as const];
    });
  });
}
