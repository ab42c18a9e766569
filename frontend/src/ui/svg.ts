import {
  formatNumber,
  MARK,
  makeTicks,
  type Palette,
  type Rgb,
  type Scale,
  shadeOf,
  shadesOf,
} from './colours';
import { type Arrangement, type Sheet, tilePlace } from './heat';
import type { Cells } from './paint';

/** What a picture says beside its cells; colours of its ground and text. */
export interface Caption {
  title: string;
  subtitle: string;
  /** Sentences below it. */
  notes: readonly string[];
  unit: string;
  marks: readonly { mark: number; name: string; count: string }[];
  ground: string;
  text: string;
}

const MARGIN = 16;
const LINE = 18;
const LEAST_WIDTH = 420;
const BAR = 12;
/** Characters to a line of text, by its width in pixels. */
const CHARACTER_PX = 6.1;

/** A picture as SVG: cells as paths, title, legend and notes as text. */
export function toSvg(
  cells: Cells,
  seen: Arrangement,
  scale: Scale,
  palette: Palette,
  caption: Caption,
): string {
  const arrangement = inWholePixels(seen, cells.sheet);
  const inner = Math.max(arrangement.width, LEAST_WIDTH);
  const notes = caption.notes.flatMap((note) => wrap(note, inner / CHARACTER_PX));
  const top = MARGIN + 2 * LINE + 6;
  const legendTop = top + arrangement.height + 14;
  const notesTop = legendTop + BAR + 2 * LINE + (caption.marks.length ? LINE : 0) + 10;
  const [width, height] = [inner + 2 * MARGIN, notesTop + notes.length * LINE + MARGIN / 2];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${round(height)}"`,
    ` viewBox="0 0 ${round(width)} ${round(height)}" font-family="Roboto, Arial, sans-serif"`,
    ` font-size="12" fill="${caption.text}">`,
    definitions(palette),
    `<rect width="100%" height="100%" fill="${caption.ground}"/>`,
    line(MARGIN, MARGIN + 12, caption.title, 'font-size="14" font-weight="500"'),
    line(MARGIN, MARGIN + 12 + LINE, caption.subtitle),
    `<g transform="translate(${MARGIN} ${top})" shape-rendering="crispEdges" fill="none">`,
    arrangement.gap ? frames(cells.sheet, arrangement, palette) : '',
    paths(cells, arrangement, scale, palette),
    '</g>',
    `<g transform="translate(${MARGIN} ${legendTop})">${legend(scale, palette, caption)}</g>`,
    ...notes.map((note, at) => line(MARGIN, notesTop + at * LINE, note)),
    '</svg>',
  ].join('');
}

/** Cells of whole pixels, no smaller than they are seen: there are no seams between them. */
function inWholePixels(seen: Arrangement, { rows, columns }: Sheet): Arrangement {
  const { perLine, lines, gap } = seen;
  const tileWidth = Math.ceil(seen.tileWidth / columns - 0.01) * columns;
  const tileHeight = Math.ceil(seen.tileHeight / rows - 0.01) * rows;
  const width = perLine * (tileWidth + gap) - gap;
  return { ...seen, tileWidth, tileHeight, width, height: lines * (tileHeight + gap) - gap };
}

function definitions(palette: Palette): string {
  const pattern = (id: string, ground: Rgb, ink: Rgb, path: string) =>
    `<pattern id="${id}" width="4" height="4" patternUnits="userSpaceOnUse">` +
    `<rect width="4" height="4" fill="${hex(ground)}"/>` +
    `<path d="${path}" stroke="${hex(ink)}"/></pattern>`;
  const { ink, paper } = palette;
  return (
    '<defs>' +
    pattern('posinf', ink, paper, 'M-1 1 1-1M0 4 4 0M3 5 5 3') +
    pattern('neginf', paper, ink, 'M-1 3 1 5M0 0 4 4M3-1 5 1') +
    '</defs>'
  );
}

function frames(sheet: Sheet, arrangement: Arrangement, palette: Palette): string {
  const { tileWidth, tileHeight } = arrangement;
  const [width, height] = [round(tileWidth + 2), round(tileHeight + 2)];
  const boxes = Array.from({ length: sheet.down * sheet.across }, (_, tile) => {
    const [x, y] = tilePlace(arrangement, tile);
    return `M${round(x - 1)} ${round(y - 1)}h${width}v${height}h-${width}z`;
  });
  return `<path fill="${hex(palette.line)}" d="${boxes.join('')}"/>`;
}

/** Runs of cells of one colour as lines as thick as a cell: a path for each colour. */
function paths(
  { sheet, values, marks }: Cells,
  arrangement: Arrangement,
  scale: Scale,
  palette: Palette,
): string {
  const shades = shadesOf(palette, scale).map(hex);
  const { rows, columns } = sheet;
  const [width, height] = [arrangement.tileWidth / columns, arrangement.tileHeight / rows];
  const colourOf = (cell: number) => {
    const mark = marks[cell] ?? 0;
    return mark ? paintOf(mark, palette) : (shades[shadeOf(scale, values[cell] ?? 0)] ?? '');
  };
  const drawn = new Map<string, string[]>();
  for (let cell = 0; cell < values.length; ) {
    const first = cell;
    const colour = colourOf(first);
    const end = first - (first % columns) + columns;
    while (cell < end && colourOf(cell) === colour) cell++;
    const [x, y] = tilePlace(arrangement, Math.floor(first / (rows * columns)));
    const row = Math.floor(first / columns) % rows;
    const from = `M${round(x + (first % columns) * width)} ${round(y + (row + 0.5) * height)}`;
    const segments = drawn.get(colour) ?? [];
    segments.push(`${from}h${round((cell - first) * width)}`);
    drawn.set(colour, segments);
  }
  return [...drawn]
    .map(
      ([colour, all]) =>
        `<path stroke="${colour}" stroke-width="${round(height)}" d="${all.join('')}"/>`,
    )
    .join('');
}

function paintOf(mark: number, palette: Palette): string {
  if (mark === MARK.nan) return hex(palette.nan);
  return `url(#${mark === MARK.posinf ? 'posinf' : 'neginf'})`;
}

function legend(scale: Scale, palette: Palette, caption: Caption): string {
  const shades = shadesOf(palette, scale);
  const { low, high } = scale;
  const bar = Array.from({ length: 64 }, (_, at) => {
    const value = low + (high / 63 - low / 63) * at;
    const colour = hex(shades[shadeOf(scale, value)] ?? palette.ink);
    return `<rect x="${at * 5}" width="5.5" height="${BAR}" fill="${colour}"/>`;
  });
  const ticks = high > low ? makeTicks(low, high, 4) : [];
  const inner = ticks
    .map((tick): [number, number] => [tick, (tick / 2 - low / 2) / (high / 2 - low / 2)])
    .filter(([, share]) => share > 0.18 && share < 0.82)
    .map(([tick, share]) => line(320 * share, BAR + LINE - 3, formatNumber(tick, 3), MIDDLE));
  const ends = [
    line(0, BAR + LINE - 3, formatNumber(low, 3)),
    high > low ? line(320, BAR + LINE - 3, formatNumber(high, 3), 'text-anchor="end"') : '',
  ];
  const marks = caption.marks.map(({ mark, name, count }, at) => {
    const stroke = `stroke="${caption.text}" stroke-width="0.5"`;
    const box = `<rect x="${at * 120}" y="${BAR + 2 * LINE - 1}" width="14" height="12"`;
    const words = line(at * 120 + 20, BAR + 2 * LINE + 9, `${name} ${count}`);
    return `${box} fill="${paintOf(mark, palette)}" ${stroke}/>${words}`;
  });
  const unit = line(330, BAR - 2, caption.unit);
  return [...bar, ...ends, ...inner, unit, ...marks].join('');
}

const MIDDLE = 'text-anchor="middle"';

function line(x: number, y: number, text: string, more = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" ${more}>${escapeText(text)}</text>`;
}

/** Names come from files. */
function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function hex(colour: Rgb): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Lines of about as many characters, broken between words. */
function wrap(text: string, most: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last && last.length + word.length >= most) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}
