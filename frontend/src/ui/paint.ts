import {
  formatColour,
  MARK,
  markColour,
  type Palette,
  type Rgb,
  type Scale,
  shadeOf,
  shadesOf,
} from './colours';
import { type Arrangement, type Sheet, tilePlace } from './heat';

/** Cells with their numbers and marks (see `MARK`), tile by tile, row by row. */
export interface Cells {
  sheet: Sheet;
  values: ArrayLike<number>;
  marks: Uint8Array;
}

/** Where cells lie in each tile, in shares of its width and height: 0 to 1 for all of it. */
export interface Place {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const HATCH_PX = 4;
/** Pixels from which a cell of NaN has a cross. */
const CROSS_PX = 9;

/** Draws cells; the context has been scaled to CSS pixels. */
export function paint(
  context: CanvasRenderingContext2D,
  cells: Cells,
  place: Place,
  arrangement: Arrangement,
  scale: Scale,
  palette: Palette,
) {
  const { values, marks } = cells;
  const shades = shadesOf(palette, scale);
  const image = toImage(cells, (cell) => {
    const mark = marks[cell] ?? 0;
    return mark ? markColour(palette, mark) : shades[shadeOf(scale, values[cell] ?? 0)];
  });
  drawTiles(context, image, cells.sheet, place, arrangement);
  for (const mark of [MARK.posinf, MARK.neginf]) {
    if (marks.includes(mark)) drawHatched(context, cells, mark, place, arrangement, palette);
  }
  if (marks.includes(MARK.nan)) drawCrosses(context, cells, place, arrangement, palette);
}

/** Frames of tiles, so that one whose numbers are near zero has edges, too. */
export function paintFrames(
  context: CanvasRenderingContext2D,
  sheet: Sheet,
  arrangement: Arrangement,
  palette: Palette,
) {
  const { tileWidth, tileHeight } = arrangement;
  context.fillStyle = formatColour(palette.line);
  for (let tile = 0; tile < sheet.down * sheet.across; tile++) {
    const [x, y] = tilePlace(arrangement, tile);
    context.fillRect(x - 1, y - 1, tileWidth + 2, tileHeight + 2);
  }
}

/** A pixel a cell, the tiles as they lie in the sheet; no colour leaves a hole. */
function toImage(cells: Cells, colourOf: (cell: number) => Rgb | undefined): HTMLCanvasElement {
  const { down, across, rows, columns } = cells.sheet;
  const canvas = document.createElement('canvas');
  canvas.width = across * columns;
  canvas.height = down * rows;
  const context = canvas.getContext('2d');
  if (!context || !cells.values.length) return canvas;
  const pixels = context.createImageData(canvas.width, canvas.height);
  for (let cell = 0; cell < cells.values.length; cell++) {
    const colour = colourOf(cell);
    if (!colour) continue;
    const tile = Math.floor(cell / (rows * columns));
    const [row, column] = [Math.floor(cell / columns) % rows, cell % columns];
    const y = Math.floor(tile / across) * rows + row;
    const at = 4 * (y * canvas.width + (tile % across) * columns + column);
    pixels.data.set(colour, at);
    pixels.data[at + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

function drawTiles(
  context: CanvasRenderingContext2D,
  image: HTMLCanvasElement,
  sheet: Sheet,
  place: Place,
  arrangement: Arrangement,
) {
  const { across, rows, columns } = sheet;
  context.imageSmoothingEnabled = false;
  for (let tile = 0; tile < sheet.down * across; tile++) {
    const box = boxOf(place, arrangement, tile);
    const [from, top] = [(tile % across) * columns, Math.floor(tile / across) * rows];
    context.drawImage(image, from, top, columns, rows, box.x, box.y, box.width, box.height);
  }
}

/** Where the cells of a tile stand, in pixels. */
function boxOf(place: Place, arrangement: Arrangement, tile: number) {
  const { tileWidth, tileHeight } = arrangement;
  const [x, y] = tilePlace(arrangement, tile);
  return {
    x: x + place.left * tileWidth,
    y: y + place.top * tileHeight,
    width: (place.right - place.left) * tileWidth,
    height: (place.bottom - place.top) * tileHeight,
  };
}

/** Infinities: black with lines that rise, white with lines that fall. */
function drawHatched(
  context: CanvasRenderingContext2D,
  cells: Cells,
  mark: number,
  place: Place,
  arrangement: Arrangement,
  palette: Palette,
) {
  const mask = toImage(cells, (cell) =>
    cells.marks[cell] === mark ? markColour(palette, mark) : undefined,
  );
  const ratio = context.getTransform().a;
  const overlay = document.createElement('canvas');
  overlay.width = Math.ceil(arrangement.width * ratio);
  overlay.height = Math.ceil(arrangement.height * ratio);
  const lines = overlay.getContext('2d');
  if (!lines) return;
  lines.scale(ratio, ratio);
  drawTiles(lines, mask, cells.sheet, place, arrangement);
  lines.globalCompositeOperation = 'source-atop';
  hatch(lines, arrangement.width, arrangement.height, mark, palette);
  context.drawImage(overlay, 0, 0, overlay.width / ratio, overlay.height / ratio);
}

/** Lines over a box at the origin, in the colour that shows on that of the mark. */
export function hatch(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  mark: number,
  palette: Palette,
) {
  const rising = mark === MARK.posinf;
  context.strokeStyle = formatColour(rising ? palette.paper : palette.ink);
  context.lineWidth = 1;
  context.beginPath();
  for (let at = -height; at <= width + height; at += HATCH_PX) {
    context.moveTo(at, 0);
    context.lineTo(rising ? at - height : at + height, height);
  }
  context.stroke();
}

/** Crosses in the cells of NaN, where there is room. */
function drawCrosses(
  context: CanvasRenderingContext2D,
  cells: Cells,
  place: Place,
  arrangement: Arrangement,
  palette: Palette,
) {
  const { rows, columns } = cells.sheet;
  const first = boxOf(place, arrangement, 0);
  const [width, height] = [first.width / columns, first.height / rows];
  const arm = Math.min(width, height, 3 * CROSS_PX) / 4;
  if (arm * 4 < CROSS_PX) return;
  context.strokeStyle = formatColour(palette.paper);
  context.lineWidth = 1.5;
  context.beginPath();
  for (const [cell, mark] of cells.marks.entries()) {
    if (mark !== MARK.nan) continue;
    const box = boxOf(place, arrangement, Math.floor(cell / (rows * columns)));
    const x = box.x + ((cell % columns) + 0.5) * width;
    const y = box.y + ((Math.floor(cell / columns) % rows) + 0.5) * height;
    for (const turn of [-1, 1]) {
      context.moveTo(x - arm, y - turn * arm);
      context.lineTo(x + arm, y + turn * arm);
    }
  }
  context.stroke();
}
