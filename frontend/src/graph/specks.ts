import type { Painted } from './paint';
import { BOX } from './scene';
import { at } from './wire';

/** Below this scale boxes are too low to have a form. */
export const SPECK_SCALE = 3 / 42;
const DIM = 0.22;
const LINE = 0.4;

/** Pixels that are put together here and then laid over the picture in one go. */
interface Sheet {
  canvas: OffscreenCanvas;
  context: OffscreenCanvasRenderingContext2D;
  image: ImageData;
  pixels: Uint32Array;
}

let kept: Sheet | undefined;
const colours = new Map<string, number>();

/**
 * Draws closed boxes and lines that are too small to have a form, as pixels. Cost: the pixels, and a
 * tenth of what as many rectangles and paths cost: 20,000 of these take longer than a frame.
 */
export function paintSpecks(canvas: CanvasRenderingContext2D, painted: Painted) {
  const dots = devicePixelRatio || 1;
  const { width, height, scene, view, ink, marks } = painted;
  const sheet = sheetOf(Math.round(width * dots), Math.round(height * dots));
  if (!sheet) return;
  const scale = view.scale * dots;
  const [left, top] = [view.x * dots, view.y * dots];
  const line = colourOf(ink.muted, LINE);
  const { start, points } = scene.lines;
  for (let one = 0; one < scene.lines.from.length; one++) {
    for (let i = at(start, one); i + 3 < at(start, one + 1); i += 2) {
      const [x, y] = [at(points, i) * scale + left, at(points, i + 1) * scale + top];
      drawLine(
        sheet,
        x,
        y,
        at(points, i + 2) * scale + left,
        at(points, i + 3) * scale + top,
        line,
      );
    }
  }
  for (let place = 0; place < scene.box.length; place++) {
    if (at(scene.kind, place) & BOX.open) continue;
    const alpha = marks && !marks[place] ? DIM : 1;
    const colour = colourOf(ink.slots[at(scene.colour, place) - 1] ?? ink.line, alpha);
    const [x, y] = [at(scene.x, place) * scale + left, at(scene.y, place) * scale + top];
    fill(sheet, x, y, at(scene.wide, place) * scale, at(scene.tall, place) * scale, colour);
  }
  sheet.context.putImageData(sheet.image, 0, 0);
  canvas.globalAlpha = 1;
  canvas.drawImage(sheet.canvas, 0, 0, width, height);
}

/** An empty sheet; the last one where its size is right. */
function sheetOf(wide: number, tall: number): Sheet | undefined {
  if (kept?.canvas.width === wide && kept.canvas.height === tall) {
    kept.pixels.fill(0);
    return kept;
  }
  const canvas = new OffscreenCanvas(wide, tall);
  const context = canvas.getContext('2d');
  if (!context) return;
  const image = context.createImageData(wide, tall);
  kept = { canvas, context, image, pixels: new Uint32Array(image.data.buffer) };
  return kept;
}

function fill(sheet: Sheet, x: number, y: number, wide: number, tall: number, colour: number) {
  const { width, height } = sheet.canvas;
  const [left, top] = [Math.max(0, Math.round(x)), Math.max(0, Math.round(y))];
  const right = Math.min(width, Math.max(Math.round(x + wide), Math.round(x) + 1));
  const bottom = Math.min(height, Math.max(Math.round(y + tall), Math.round(y) + 1));
  if (right <= left) return;
  for (let row = top; row < bottom; row++)
    sheet.pixels.fill(colour, row * width + left, row * width + right);
}

/** Pixel by pixel along the longer side; those out of sight are stepped over. */
function drawLine(sheet: Sheet, x: number, y: number, toX: number, toY: number, colour: number) {
  const { width, height } = sheet.canvas;
  const isAside = Math.max(x, toX) < 0 || Math.min(x, toX) >= width;
  if (isAside || Math.max(y, toY) < 0 || Math.min(y, toY) >= height) return;
  const steps = Math.ceil(Math.max(Math.abs(toX - x), Math.abs(toY - y), 1));
  const [byX, byY] = [(toX - x) / steps, (toY - y) / steps];
  for (let step = 0; step <= steps; step++) {
    const [column, row] = [Math.floor(x + byX * step), Math.floor(y + byY * step)];
    if (column >= 0 && column < width && row >= 0 && row < height)
      sheet.pixels[row * width + column] = colour;
  }
}

/** A colour of the theme as four bytes of a pixel, the last of them its opacity. */
function colourOf(text: string, alpha: number): number {
  const known = colours.get(`${text} ${alpha}`);
  if (known !== undefined) return known;
  const one = new OffscreenCanvas(1, 1).getContext('2d');
  if (!one) return 0;
  one.fillStyle = text;
  one.fillRect(0, 0, 1, 1);
  const { data } = one.getImageData(0, 0, 1, 1);
  data[3] = Math.round(alpha * 255);
  const colour = new Uint32Array(data.buffer)[0] ?? 0;
  colours.set(`${text} ${alpha}`, colour);
  return colour;
}
