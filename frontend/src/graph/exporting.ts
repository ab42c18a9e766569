import { type Painted, paintScene } from './paint';
import type { Pen } from './pen';
import { textWidth } from './scene';
import { SvgPen } from './svgPen';
import { at } from './wire';

/** What is said above a picture that leaves the page. */
export interface Caption {
  title: string;
  /** What colours mean. */
  legend: readonly { slot: number; name: string }[];
  description: string;
}

/** A picture to save: what is drawn, how large, and how many dots of it a pixel has. */
export interface Sheet {
  painted: Painted;
  caption: Caption;
  width: number;
  height: number;
  dots: number;
}

/** Sides and area that every browser's canvas has, in dots. */
const LONGEST_SIDE = 16_384;
const LARGEST_AREA = 64_000_000;
const USUAL_DOTS = 2;
const MARGIN = 16;
const LINE = 20;
const LEAST_WIDTH = 640;

/** All of a scene at its own size, or what of it is in view as it is seen there. */
export function makeSheet(seen: Painted, caption: Caption, isWhole: boolean): Sheet {
  const { scene } = seen;
  const inner = isWhole ? Math.max(scene.width, LEAST_WIDTH) : seen.width - 2 * MARGIN;
  const width = inner + 2 * MARGIN;
  const top = captionHeight(caption, inner);
  const height = isWhole ? top + scene.height + MARGIN : top + seen.height;
  const view = isWhole
    ? { x: (width - scene.width) / 2, y: top, scale: 1 }
    : { ...seen.view, y: seen.view.y + top };
  const painted = { ...seen, view, width, height, hovered: -1 };
  return { painted, caption, width, height, dots: dotsOf(width, height) };
}

/** Dots per pixel: fewer where a canvas could not hold them. */
function dotsOf(width: number, height: number): number {
  const side = LONGEST_SIDE / Math.max(width, height);
  return Math.min(USUAL_DOTS, side, Math.sqrt(LARGEST_AREA / (width * height)));
}

/** The sheet as SVG, or nothing if that would be too long. */
export function drawSvg(sheet: Sheet, measure: (text: string, font: string) => number) {
  const pen = new SvgPen(measure);
  paintSheet(pen, sheet);
  const { scene, view } = sheet.painted;
  for (const [place, label] of scene.label.entries()) {
    const [x, y] = [at(scene.x, place) * view.scale, at(scene.y, place) * view.scale];
    const [wide, tall] = [at(scene.wide, place) * view.scale, at(scene.tall, place) * view.scale];
    const isSeen = x + wide + view.x > 0 && x + view.x < sheet.width;
    if (!isSeen || y + tall + view.y < 0 || y + view.y > sheet.height) continue;
    const note = scene.note[place];
    pen.addTip(x + view.x, y + view.y, wide, tall, note ? `${label}\n${note}` : label);
  }
  return pen.finish(sheet, sheet.caption.title, sheet.caption.description);
}

/** Draws it in dots; the canvas gets its size. */
export function drawOn(canvas: HTMLCanvasElement, sheet: Sheet) {
  canvas.width = Math.floor(sheet.width * sheet.dots);
  canvas.height = Math.floor(sheet.height * sheet.dots);
  const pen = canvas.getContext('2d');
  pen?.setTransform(sheet.dots, 0, 0, sheet.dots, 0, 0);
  if (pen) paintSheet(pen, sheet);
}

function paintSheet(pen: Pen, sheet: Sheet) {
  paintScene(pen, sheet.painted);
  const { ink } = sheet.painted;
  const inner = sheet.width - 2 * MARGIN;
  pen.fillStyle = ink.page;
  pen.fillRect(0, 0, sheet.width, captionHeight(sheet.caption, inner) - MARGIN / 2);
  pen.textBaseline = 'middle';
  pen.fillStyle = ink.text;
  pen.font = `500 14px ${ink.font}`;
  pen.fillText(sheet.caption.title, MARGIN, MARGIN + 4, inner);
  pen.font = `12px ${ink.font}`;
  for (const { slot, name, x, line } of placeLegend(sheet.caption, inner)) {
    const y = MARGIN + 4 + (line + 1) * LINE;
    pen.fillStyle = ink.slots[slot - 1] ?? ink.line;
    pen.fillRect(MARGIN + x, y - 5, 10, 10);
    pen.fillStyle = ink.text;
    pen.fillText(name, MARGIN + x + 15, y, inner - x - 15);
  }
}

function captionHeight(caption: Caption, room: number): number {
  const last = placeLegend(caption, room).at(-1);
  return MARGIN + LINE * (last ? last.line + 2 : 1) + MARGIN / 2;
}

/** Entries side by side, in as many lines as they need. */
function placeLegend({ legend }: Caption, room: number) {
  let [x, line] = [0, 0];
  return legend.map(({ slot, name }) => {
    const wide = 15 + textWidth(name) + 16;
    if (x && x + wide > room) [x, line] = [0, line + 1];
    const entry = { slot, name, x, line };
    x += wide;
    return entry;
  });
}
