import { dashOf, type Look, shapePath } from './palette';

/** Line charts as an SVG document, to save: panels above each other on one x axis, and a legend. */

export interface SvgLine {
  look: Look;
  label: string;
  xs: readonly (number | null)[];
  ys: readonly (number | null)[];
}

export interface SvgPanel {
  title: string;
  height: number;
  isLog: boolean;
  formatY: (value: number, step: number) => string;
  lines: readonly SvgLine[];
}

export interface SvgOptions {
  width: number;
  range: readonly [number, number];
  xTitle: string;
  formatX: (x: number) => string;
  panels: readonly SvgPanel[];
  /** Colours as values, since the file stands alone. */
  colours: { page: string; text: string; muted: string; line: string };
  colourOf: (look: Look) => string;
  font: string;
}

const LEFT = 76;
const RIGHT = 24;
const TITLE = 34;
const LEGEND = 20;
const CROWDED = 14;

/** The document; all texts in it are escaped. */
export function writeSvg(options: SvgOptions): string {
  const { width, panels, colours, font } = options;
  const parts: string[] = [];
  let top = 0;
  for (const panel of panels) {
    parts.push(...writePanel(options, panel, top + TITLE));
    top += TITLE + panel.height;
  }
  const last = panels.at(-1);
  parts.push(...writeXAxis(options, top), ...writeLegend(options, last?.lines ?? [], top + 56));
  const height = top + 60 + Math.ceil((last?.lines.length ?? 0) / 2) * LEGEND;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" font-family="${escapeText(font)}" font-size="12">` +
    `<rect width="100%" height="100%" fill="${colours.page}"/>${parts.join('')}</svg>`
  );
}

function writePanel(options: SvgOptions, panel: SvgPanel, top: number): string[] {
  const { width, range, colours } = options;
  const bottom = top + panel.height;
  const [least, most] = limitsOf(panel, range);
  const bend = panel.isLog ? Math.log10 : (value: number) => value;
  const y = (value: number) =>
    bottom - ((bend(value) - bend(least)) / (bend(most) - bend(least))) * panel.height;
  const { ticks, step } = panel.isLog
    ? { ticks: decades(least, most), step: least }
    : niceTicks(least, most, Math.max(2, Math.floor(panel.height / 30)));
  const parts = [text(LEFT, top - 12, panel.title, colours.text, 'start', 'font-weight="500"')];
  for (const tick of ticks) {
    parts.push(line(LEFT, y(tick), width - RIGHT, y(tick), colours.line));
    const words = panel.formatY(tick, panel.isLog ? tick : step);
    parts.push(text(LEFT - 8, y(tick) + 4, words, colours.muted, 'end'));
  }
  parts.push(line(LEFT, bottom, width - RIGHT, bottom, colours.muted));
  for (const one of panel.lines) parts.push(writeLine(options, one, y));
  return parts;
}

function placer({ width, range }: SvgOptions) {
  const [first, last] = range;
  return (x: number) => LEFT + ((x - first) / (last - first || 1)) * (width - LEFT - RIGHT);
}

function writeLine(options: SvgOptions, { look, xs, ys }: SvgLine, y: (value: number) => number) {
  const { range, colourOf, width } = options;
  const x = placer(options);
  const colour = colourOf(look);
  let path = '';
  let shapes = '';
  let pen = false;
  const inside = xs.filter((place) => place !== null && place >= range[0] && place <= range[1]);
  const isCrowded = inside.length * CROWDED > width;
  for (const [index, place] of xs.entries()) {
    const value = ys[index] ?? null;
    if (place === null || place < range[0] || place > range[1]) continue;
    if (value === null || !Number.isFinite(y(value))) {
      pen = false;
      continue;
    }
    path += `${pen ? 'L' : 'M'}${x(place).toFixed(1)} ${y(value).toFixed(1)}`;
    if (!isCrowded || !pen) shapes += shapePath(look, x(place), y(value), 3.4);
    pen = true;
  }
  const dash = dashOf(look).join(' ');
  return (
    `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" ` +
    `stroke-linejoin="round" stroke-dasharray="${dash || 'none'}"/>` +
    `<path d="${shapes}" fill="${colour}"/>`
  );
}

function writeXAxis(options: SvgOptions, top: number): string[] {
  const { width, range, colours, formatX } = options;
  const x = placer(options);
  const { ticks } = niceTicks(range[0], range[1], Math.floor((width - LEFT) / 110));
  const parts = ticks.map((tick) =>
    text(x(tick), top + 18, formatX(tick), colours.muted, 'middle'),
  );
  parts.push(text((LEFT + width - RIGHT) / 2, top + 36, options.xTitle, colours.muted, 'middle'));
  return parts;
}

function writeLegend(options: SvgOptions, lines: readonly SvgLine[], top: number): string[] {
  const half = (options.width - LEFT - RIGHT) / 2;
  return lines.flatMap(({ look, label }, index) => {
    const left = LEFT + (index % 2) * half;
    const middle = top + Math.floor(index / 2) * LEGEND;
    const colour = options.colourOf(look);
    const dash = dashOf(look).join(' ') || 'none';
    return [
      `<path d="M${left} ${middle}h26" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`,
      `<path d="${shapePath(look, left + 13, middle, 3.6)}" fill="${colour}"/>`,
      text(left + 34, middle + 4, shortenLabel(label, half / 7 - 6), options.colours.text, 'start'),
    ];
  });
}

/** The end of a name tells more than its beginning. */
function shortenLabel(label: string, most: number): string {
  return label.length > most ? `…${label.slice(label.length - Math.floor(most) + 1)}` : label;
}

function limitsOf(panel: SvgPanel, range: readonly [number, number]): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { xs, ys } of panel.lines) {
    for (const [index, x] of xs.entries()) {
      const value = ys[index] ?? null;
      if (x === null || value === null || x < range[0] || x > range[1]) continue;
      if (panel.isLog && value <= 0) continue;
      [least, most] = [Math.min(least, value), Math.max(most, value)];
    }
  }
  if (least > most) return panel.isLog ? [0.1, 1] : [0, 1];
  if (panel.isLog)
    return [10 ** Math.floor(Math.log10(least)), 10 ** Math.ceil(Math.log10(most) + 1e-9)];
  const room = (most - least) * 0.08 || Math.abs(most) * 0.1 || 1;
  return [least - room, most + room];
}

/** Round numbers in a range, about as many as asked for. */
export function niceTicks(least: number, most: number, count: number) {
  const rough = (most - least) / Math.max(count, 1) || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough;
  const ticks: number[] = [];
  for (let index = Math.ceil(least / step - 1e-9); index * step <= most + step * 1e-9; index++) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return { ticks, step };
}

function decades(least: number, most: number): number[] {
  const [first, last] = [Math.round(Math.log10(least)), Math.round(Math.log10(most))];
  const every = Math.max(1, Math.ceil((last - first) / 6));
  const powers: number[] = [];
  for (let power = first; power <= last; power += every) powers.push(10 ** power);
  return powers;
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  const at = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<path d="M${at[0]} ${at[1]}L${at[2]} ${at[3]}" stroke="${colour}"/>`;
}

function text(x: number, y: number, words: string, colour: string, anchor: string, more = '') {
  const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"`;
  return `<text ${place} fill="${colour}" ${more}>${escapeText(words)}</text>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeText(words: string): string {
  return words.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}
