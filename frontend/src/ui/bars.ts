/** Bars of a histogram: where they stand and how high they are. */

export interface Bins {
  /** Ascending, one more than `counts`; or none. */
  edges: readonly number[];
  counts: readonly number[];
}

export interface Bar {
  low: number;
  high: number;
  count: number;
  /** Of the highest, 0 to 1. */
  height: number;
}

export interface Bars {
  bars: Bar[];
  /** What the height stands for: bins of different widths are compared by density. */
  by: 'count' | 'density';
}

/** Bins up to this much wider than others are still compared by their counts. */
const SAME_WIDTH = 2;

export function makeBars({ edges, counts }: Bins, log = false): Bars {
  const widths = counts.map((_, place) => (edges[place + 1] ?? 0) - (edges[place] ?? 0));
  const by = Math.max(...widths) > SAME_WIDTH * Math.min(...widths) ? 'density' : 'count';
  const sizes = counts.map((count, place) =>
    by === 'count' ? count : count / (widths[place] || 1),
  );
  const largest = Math.max(...sizes);
  const least = Math.min(...sizes.filter((size) => size > 0));
  const heightOf = (size: number) =>
    log ? Math.log1p(size / least) / Math.log1p(largest / least) : size / largest;
  const bars = counts.map((count, place) => ({
    low: edges[place] ?? 0,
    high: edges[place + 1] ?? 0,
    count,
    height: count ? heightOf(sizes[place] ?? 0) : 0,
  }));
  return { bars, by };
}

/** The bins that reach into a range. */
export function binsWithin({ edges, counts }: Bins, low: number, high: number): Bins {
  const places = counts
    .map((_, place) => place)
    .filter((place) => (edges[place + 1] ?? low) > low && (edges[place] ?? high) < high);
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return { edges: [], counts: [] };
  return { edges: edges.slice(first, last + 2), counts: counts.slice(first, last + 1) };
}

/**
 * Bins between quantiles: coarse, but fine where the values are.
 *
 * @param quantiles Share below, and the value there, ascending.
 */
export function binsOfQuantiles(
  quantiles: readonly (readonly [share: number, value: number])[],
  total: number,
): Bins {
  const edges: number[] = [];
  const counts: number[] = [];
  let below = 0;
  for (const [share, value] of quantiles) {
    const last = edges.at(-1);
    if (last !== undefined && value <= last) continue;
    if (last !== undefined) counts.push(Math.round((share - below) * total));
    edges.push(value);
    below = share;
  }
  // A bin holds its lower edge, the last one its upper edge too.
  const rest = Math.round(((quantiles.at(-1)?.[0] ?? below) - below) * total);
  if (counts.length) counts[counts.length - 1] = (counts.at(-1) ?? 0) + rest;
  return { edges, counts };
}

/** An SVG path of bars by true edges, and where zero is; both in a box of this size. */
export function drawBars(bins: Bins, width: number, height: number) {
  const { edges, counts } = bins;
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 0];
  if (!counts.length) return { path: '', zero: null };
  if (low === high) {
    const middle = width / 2 - 1;
    return { path: `M${middle} ${height}V0h2V${height}z`, zero: null };
  }
  const x = (value: number) => ((value - low) / (high - low)) * width;
  const path = makeBars(bins).bars.map((bar) => {
    if (!bar.count) return '';
    const top = height - Math.max(1, bar.height * height);
    return `M${short(x(bar.low))} ${height}V${short(top)}H${short(x(bar.high))}V${height}z`;
  });
  return { path: path.join(''), zero: low < 0 && high > 0 ? short(x(0)) : null };
}

function short(number: number): number {
  return Math.round(number * 10) / 10;
}

/** The place of the bar with the most in it. */
export function highestBar(bars: readonly Bar[]): number {
  return bars.reduce(
    (best, bar, place) => (bar.height > (bars[best]?.height ?? 0) ? place : best),
    0,
  );
}
