import type { Pen } from './pen';

/** The longest drawing, in characters; the address that a page saves it from is a third longer. */
const LONGEST = 8_000_000;

/** From the middle of a letter to the line it stands on, in heights of the font. */
const DROP = 0.34;

/** Draws what is drawn on a canvas as SVG: shapes stay shapes, and texts stay text. */
export class SvgPen implements Pen {
  fillStyle: Pen['fillStyle'] = '#000';
  strokeStyle: Pen['strokeStyle'] = '#000';
  lineWidth = 1;
  globalAlpha = 1;
  font = '12px sans-serif';
  textAlign: CanvasTextAlign = 'left';
  textBaseline: CanvasTextBaseline = 'middle';
  private readonly parts: string[] = [];
  private length = 0;
  private path: string[] = [];
  /** The shape of a path that is a box and no more. */
  private box = '';
  private dashes = '';

  /** @param measure How wide a text is in a font. */
  constructor(private readonly measure: (text: string, font: string) => number) {}

  /**
   * The drawing, or nothing if it is too long.
   *
   * @param title What it shows; `description` says more, for those who do not see it.
   */
  finish(size: { width: number; height: number }, title: string, description: string) {
    if (this.length > LONGEST) return undefined;
    const [width, height] = [round(size.width), round(size.height)];
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"`,
      ` viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">`,
      `<title id="title">${escapeXml(title)}</title>`,
      `<desc id="description">${escapeXml(description)}</desc>`,
      ...this.parts,
      '</svg>',
    ].join('');
  }

  beginPath() {
    this.path = [];
    this.box = '';
  }

  moveTo(x: number, y: number) {
    this.path.push(`M${round(x)} ${round(y)}`);
  }

  lineTo(x: number, y: number) {
    this.path.push(`L${round(x)} ${round(y)}`);
  }

  bezierCurveTo(...points: [number, number, number, number, number, number]) {
    this.path.push(`C${points.map(round).join(' ')}`);
  }

  /** Of a path that is nothing else. */
  roundRect(x: number, y: number, wide: number, tall: number, corner?: unknown) {
    this.box = `<rect x="${round(x)}" y="${round(y)}" width="${round(wide)}" height="${round(tall)}" rx="${round(Number(corner))}"`;
  }

  setLineDash(dashes: Iterable<number>) {
    const list = [...dashes];
    this.dashes = list.length ? ` stroke-dasharray="${list.join(' ')}"` : '';
  }

  fill() {
    this.add(`${this.shape()} fill="${escapeXml(String(this.fillStyle))}"${this.opacity()}/>`);
  }

  stroke() {
    const stroke = `stroke="${escapeXml(String(this.strokeStyle))}" stroke-width="${round(this.lineWidth)}"`;
    this.add(`${this.shape()} fill="none" ${stroke}${this.dashes}${this.opacity()}/>`);
  }

  fillRect(x: number, y: number, wide: number, tall: number) {
    const place = `x="${round(x)}" y="${round(y)}" width="${round(wide)}" height="${round(tall)}"`;
    this.add(`<rect ${place} fill="${escapeXml(String(this.fillStyle))}"${this.opacity()}/>`);
  }

  /** @param room The text is squeezed where it is wider. */
  fillText(text: string, x: number, y: number, room = Number.POSITIVE_INFINITY) {
    const [, weight, size = '12', family = 'sans-serif'] =
      /^(?:(\d+) )?([\d.]+)px (.*)$/.exec(this.font) ?? [];
    const anchor = this.textAlign === 'center' ? ' text-anchor="middle"' : '';
    const squeeze =
      this.measure(text, this.font) > room
        ? ` textLength="${round(room)}" lengthAdjust="spacingAndGlyphs"`
        : '';
    const drop = this.textBaseline === 'middle' ? Number(size) * DROP : 0;
    this.add(
      `<text x="${round(x)}" y="${round(y + drop)}" font-family="${escapeXml(family)}"` +
        ` font-size="${round(Number(size))}"${weight ? ` font-weight="${weight}"` : ''}${anchor}` +
        `${squeeze} fill="${escapeXml(String(this.fillStyle))}"${this.opacity()}` +
        ` xml:space="preserve">${escapeXml(text)}</text>`,
    );
  }

  /** An area that tells a text to who points at it; nothing is seen of it. */
  addTip(x: number, y: number, wide: number, tall: number, text: string) {
    const place = `x="${round(x)}" y="${round(y)}" width="${round(wide)}" height="${round(tall)}"`;
    const title = `<title>${escapeXml(text)}</title>`;
    this.add(`<rect ${place} fill="none" pointer-events="all">${title}</rect>`);
  }

  private shape(): string {
    return this.box || `<path d="${this.path.join('')}"`;
  }

  private opacity(): string {
    return this.globalAlpha < 1 ? ` opacity="${round(this.globalAlpha)}"` : '';
  }

  private add(part: string) {
    this.length += part.length;
    if (this.length <= LONGEST) this.parts.push(part);
  }
}

/** Names come from files; what XML has no place for, such as half a letter, is replaced. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
