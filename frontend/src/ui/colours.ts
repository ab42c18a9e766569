/** From numbers to colours: a range, a table of shades, and marks for what is no number. */

export type Rgb = readonly [red: number, green: number, blue: number];

/** What a cell holds that has no place in a range; the higher goes before the lower. */
export const MARK = { none: 0, neginf: 1, posinf: 2, nan: 3 } as const;

export const SHADES = 256;

export interface Scale {
  /** Numbers at the ends of the legend. */
  low: number;
  high: number;
  /** Number of the first and of the last shade: as far from zero on either side, if it diverges. */
  first: number;
  last: number;
  diverging: boolean;
}

/** Diverging around zero where the range has both signs, else from the least to the largest. */
export function makeScale(low: number, high: number): Scale {
  const diverging = low < 0 && high > 0;
  const most = Math.max(-low, high);
  return { low, high, first: diverging ? -most : low, last: diverging ? most : high, diverging };
}

/** Number of the shade, 0 to 255; numbers outside get that of the nearer end. */
export function shadeOf(scale: Scale, value: number): number {
  const { first, last } = scale;
  // Halves: the distance of two large numbers may be no number.
  const part = last > first ? (value / 2 - first / 2) / (last / 2 - first / 2) : 0.5;
  return Math.max(0, Math.min(SHADES - 1, Math.floor(part * SHADES)));
}

/** Shades between stops that stand at equal distances, `#14407f #f4f2ee`. */
export function makeShades(stops: string): Rgb[] {
  const colours = stops.trim().split(/\s+/).map(parseColour);
  return Array.from({ length: SHADES }, (_, shade) => {
    const at = (shade / (SHADES - 1)) * (colours.length - 1);
    const from = Math.min(Math.floor(at), colours.length - 2);
    return mix(colours[from] ?? BLACK, colours[from + 1] ?? BLACK, at - from);
  });
}

const BLACK: Rgb = [0, 0, 0];

function mix(a: Rgb, b: Rgb, part: number): Rgb {
  const one = (index: 0 | 1 | 2) => Math.round(a[index] + (b[index] - a[index]) * part);
  return [one(0), one(1), one(2)];
}

/** `#fff` or `#14407f` */
export function parseColour(text: string): Rgb {
  const digits = text.trim().replace('#', '');
  const pairs = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  const one = (at: number) => Number.parseInt(pairs.slice(at, at + 2), 16);
  return [one(0), one(2), one(4)];
}

export function formatColour([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** The colours of a theme. */
export interface Palette {
  diverging: Rgb[];
  sequential: Rgb[];
  nan: Rgb;
  ink: Rgb;
  paper: Rgb;
  /** Between tiles. */
  line: Rgb;
}

/** Reads the palette from custom properties of the page. */
export function readPalette(property: (name: string) => string): Palette {
  return {
    diverging: makeShades(property('--heat-diverging')),
    sequential: makeShades(property('--heat-sequential')),
    nan: parseColour(property('--heat-nan')),
    ink: parseColour(property('--heat-ink')),
    paper: parseColour(property('--heat-paper')),
    line: parseColour(property('--line')),
  };
}

export function shadesOf(palette: Palette, scale: Scale): Rgb[] {
  return scale.diverging ? palette.diverging : palette.sequential;
}

/** Colour of a marked cell where it is too small for a hatch. */
export function markColour(palette: Palette, mark: number): Rgb {
  if (mark === MARK.nan) return palette.nan;
  return mark === MARK.posinf ? palette.ink : palette.paper;
}

/** Numbers for a legend: round ones from `low` to `high`, about `count`. */
export function makeTicks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const span = high / count - low / count;
  const power = 10 ** Math.floor(Math.log10(span));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= span) ?? 10);
  const first = Math.ceil(low / step);
  const ticks = [];
  for (let at = first; at * step <= high && ticks.length <= 2 * count; at++) {
    // As decimals: 3 × 0.1 is no round number.
    ticks.push(Number((at * step).toPrecision(12)) + 0);
  }
  return ticks;
}

/** At most `digits` significant digits: `0.0123`, `−1.2e+30`. */
export function formatNumber(value: number, digits = 4): string {
  return String(Number(value.toPrecision(digits))).replaceAll('-', '−');
}
