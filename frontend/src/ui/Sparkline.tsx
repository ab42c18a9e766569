import { useMemo } from 'preact/hooks';

const WIDTH = 72;
const HEIGHT = 18;

/** The course of some values, as small as a word. Gaps stay gaps; it says nothing to a reader. */
export function Sparkline({ values }: { values: readonly (number | null)[] }) {
  const path = useMemo(() => sparkPath(values, WIDTH, HEIGHT), [values]);
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <path d={path} fill="none" stroke="currentcolor" stroke-linejoin="round" />
    </svg>
  );
}

/**
 * SVG path data of values in a box.
 *
 * Of more values than pixels the least and the largest of each pixel are drawn, so that a spike
 * stays one.
 */
export function sparkPath(values: readonly (number | null)[], width: number, height: number) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return '';
  let [least, most] = [known[0] ?? 0, known[0] ?? 0];
  for (const value of known) [least, most] = [Math.min(least, value), Math.max(most, value)];
  const span = most - least;
  const y = (value: number) =>
    (span ? 1 + (1 - (value - least) / span) * (height - 2) : height / 2).toFixed(1);
  const last = Math.max(values.length - 1, 1);
  let path = '';
  let pen = false;
  const columns = Math.min(values.length, width);
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.floor(((column + 1) * values.length) / columns);
    const ends = extremes(values, from, to);
    if (!ends.length) pen = false;
    for (const { at, value } of ends) {
      path += `${pen ? 'L' : 'M'}${((at / last) * width).toFixed(1)} ${y(value)}`;
      pen = true;
    }
  }
  return path.includes('L') ? path : `${path}h3`;
}

/** The least and the largest of a range, in their order. */
function extremes(values: readonly (number | null)[], from: number, to: number) {
  let least: { at: number; value: number } | undefined;
  let most: { at: number; value: number } | undefined;
  for (let at = from; at < to; at++) {
    const value = values[at] ?? null;
    if (value === null) continue;
    if (!least || value < least.value) least = { at, value };
    if (!most || value > most.value) most = { at, value };
  }
  if (!least || !most) return [];
  if (least.at === most.at) return [least];
  return least.at < most.at ? [least, most] : [most, least];
}
