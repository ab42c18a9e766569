import { formatCount } from './format';

/** Numbers of statistics as text: of one width, so that a column can be compared at a glance. */

/**
 * `0.1235`, `−12.35`, `−0.0123`, `1.23e−7`: so many significant digits, one less for what is small,
 * so that a column stays narrow; `–` for no number.
 */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return value > 0 ? 'inf' : '−inf';
  const isPlain = magnitude >= 1e-3 && magnitude < 10 ** (digits + 1) - 0.5;
  const text = isPlain ? plain(magnitude, digits) : scientific(magnitude, digits - 1);
  return value < 0 ? `−${text}` : text;
}

function plain(magnitude: number, digits: number): string {
  if (Number.isInteger(magnitude) || magnitude >= 10 ** (digits - 1)) {
    return formatCount(Math.round(magnitude));
  }
  return magnitude.toPrecision(magnitude < 0.1 ? digits - 1 : digits);
}

function scientific(magnitude: number, digits: number): string {
  const [mantissa, exponent] = magnitude.toExponential(digits - 1).split('e');
  return `${mantissa}e${exponent?.replace('+', '').replace('-', '−')}`;
}

/** `12.3 %`, `0.01 %`, `< 0.01 %`; 0 and 100 only where they are exact. */
export function formatShare(share: number): string {
  if (Number.isNaN(share)) return '–';
  const percent = share * 100;
  if (percent === 0) return '0 %';
  if (percent < 0.01) return '< 0.01 %';
  if (percent < 1) return `${percent.toPrecision(2)} %`;
  if (percent < 99.95) return `${percent.toFixed(1)} %`;
  return percent < 100 ? '> 99.9 %' : '100 %';
}

/** `12 s`, `3 min`, `1.5 h`. */
export function formatDuration(seconds: number): string {
  const rounded = Math.max(1, Math.round(seconds));
  if (rounded < 90) return `${rounded} s`;
  if (rounded < 5400) return `${Math.round(rounded / 60)} min`;
  return `${(rounded / 3600).toFixed(1)} h`;
}

/** A number beside a scale whose numbers are `step` apart: `0.9998`, `2.00e−7`. */
export function formatTick(value: number, step: number): string {
  const magnitude = Math.abs(value);
  const digits = decimalsOf(step);
  const isSmall = magnitude < 0.01 && digits > 5;
  if (isSmall || magnitude >= 1e6) return formatNumber(value);
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString('en-US', options).replace('-', '−');
}

/** Decimals that numbers which are `step` apart need. */
function decimalsOf(step: number): number {
  for (let digits = 0; digits < 12; digits++) {
    const whole = Math.abs(step) * 10 ** digits;
    if (Math.abs(whole - Math.round(whole)) <= 1e-6 * whole) return digits;
  }
  return 12;
}

/** Time since something, on an axis: `90 s`, `45 min`, `36 h`, `12 days`. */
export function formatElapsed(seconds: number): string {
  const [size, word] =
    seconds < 120
      ? [1, 's']
      : seconds < 7200
        ? [60, 'min']
        : seconds < 172_800
          ? [3600, 'h']
          : [86_400, 'days'];
  return `${Number((seconds / size).toPrecision(3))} ${word}`;
}
