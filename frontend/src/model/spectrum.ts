/** Where the singular values of a matrix lie in a plot: in order, on a logarithmic scale. */

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Tick {
  at: number;
  text: string;
}

export interface SpectrumPlot {
  /** Of the values that are not zero, the largest first. */
  points: readonly (readonly [x: number, y: number])[];
  /** On the axis of values; they are powers of ten where two of these lie in the range. */
  ticks: readonly Tick[];
  /** How many values are zero, and have no place on such a scale. */
  zeros: number;
}

const MOST_TICKS = 4;
/** Powers of ten that the axis spans at least: equal values are a line in its middle. */
const LEAST_SPAN = 0.2;

/** Lays out values, of which there is one at least, the largest first. */
export function layOutSpectrum(values: readonly number[], box: Box): SpectrumPlot {
  const positive = values.filter((value) => value > 0);
  const [high, low] = span(positive);
  const at = (log: number) => box.top + ((high - log) / (high - low)) * box.height;
  const step = box.width / Math.max(values.length - 1, 1);
  return {
    points: positive.map((value, index) => [box.left + index * step, at(Math.log10(value))]),
    ticks: ticksOf(positive, high, low).map((value) => ({
      at: at(Math.log10(value)),
      text: formatMeasure(value),
    })),
    zeros: values.length - positive.length,
  };
}

function span(positive: readonly number[]): [high: number, low: number] {
  const high = Math.log10(positive[0] ?? 1);
  const low = Math.log10(positive.at(-1) ?? 1);
  const missing = Math.max(LEAST_SPAN - (high - low), 0) / 2;
  return [high + missing, low - missing];
}

function ticksOf(positive: readonly number[], high: number, low: number): number[] {
  const first = Math.ceil(low);
  const count = Math.floor(high) - first + 1;
  if (count < 2)
    return [...new Set([positive[0], positive.at(-1)])].filter((one) => one !== undefined);
  const step = Math.ceil(count / MOST_TICKS);
  return Array.from(
    { length: Math.ceil(count / step) },
    (_, index) => 10 ** (first + index * step),
  );
}

/** The index of the value that is nearest to a place. */
export function indexAt(x: number, count: number, box: Box): number {
  const index = Math.round(((x - box.left) / box.width) * (count - 1));
  return Math.min(Math.max(index, 0), count - 1);
}

/** Four digits: `0.01235`, `98770`; very large and very small ones as `1.235e-7`. */
export function formatMeasure(value: number): string {
  const rounded = Number(value.toPrecision(4));
  const isPlain = rounded === 0 || (rounded >= 1e-4 && rounded < 1e6);
  return isPlain ? String(rounded) : rounded.toExponential().replace('e+', 'e');
}
