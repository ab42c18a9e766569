/** Where the cells of a picture stand on the screen, in pixels. */

/** A grid of tiles, each of rows and columns of cells; a single picture is one tile. */
export interface Sheet {
  down: number;
  across: number;
  rows: number;
  columns: number;
  /** What the rows and columns stand for: elements of a tile; they give its proportions. */
  tall: number;
  wide: number;
}

/** Elements along both axes of a single picture when it shows all: its size stays while zooming. */
export interface Extent {
  tall: number;
  wide: number;
}

/** An element of a tile, by its place in it. */
export interface Spot {
  down: number;
  across: number;
  row: number;
  column: number;
}

export interface Room {
  width: number;
  height: number;
}

export interface Arrangement extends Room {
  /** Tiles beside each other, and lines of them. */
  perLine: number;
  lines: number;
  tileWidth: number;
  tileHeight: number;
  gap: number;
}

/** Pixels of an element at most. */
const MOST_PX = 40;
const MOST_TILE_PX = 28;
/** Pixels of a picture at least, unless its elements were too large. */
const LEAST_PX = 120;
/** Of these the outer ones are a frame around each tile. */
const GAP_PX = 4;

/** The tile of a sheet, row-major. */
export function tileOf(sheet: Sheet, spot: Spot): number {
  return spot.down * sheet.across + spot.across;
}

/** Makes the best of the room: a single picture fills its width, tiles keep their proportions. */
export function arrange(sheet: Sheet, room: Room, whole: Extent = sheet): Arrangement {
  return sheet.down * sheet.across > 1 ? arrangeTiles(sheet, room) : arrangeOne(sheet, room, whole);
}

function arrangeOne({ tall, wide }: Sheet, room: Room, whole: Extent): Arrangement {
  const width = Math.round(Math.min(room.width, whole.wide * MOST_PX));
  const most = Math.min(room.height, whole.tall * MOST_PX);
  const height = Math.round(Math.min(Math.max((width * tall) / wide, LEAST_PX), most));
  return { perLine: 1, lines: 1, tileWidth: width, tileHeight: height, gap: 0, width, height };
}

/** Tiles of one axis only are broken into lines so that they become as large as can be. */
function arrangeTiles(sheet: Sheet, room: Room): Arrangement {
  const count = sheet.down * sheet.across;
  const oneAxis = sheet.down === 1 || sheet.across === 1;
  let best = { perLine: sheet.across, scale: scaleOf(sheet, room, sheet.across) };
  for (let perLine = 1; oneAxis && perLine <= count; perLine++) {
    const scale = scaleOf(sheet, room, perLine);
    if (perLine === 1 || scale > best.scale) best = { perLine, scale };
  }
  const { perLine, scale } = best;
  const lines = Math.ceil(count / perLine);
  const [tileWidth, tileHeight] = [sheet.wide * scale, sheet.tall * scale];
  const width = perLine * tileWidth + (perLine - 1) * GAP_PX;
  const height = lines * tileHeight + (lines - 1) * GAP_PX;
  return { perLine, lines, tileWidth, tileHeight, gap: GAP_PX, width, height };
}

function scaleOf(sheet: Sheet, room: Room, perLine: number): number {
  const lines = Math.ceil((sheet.down * sheet.across) / perLine);
  const scale = Math.min(
    (room.width - (perLine - 1) * GAP_PX) / (perLine * sheet.wide),
    (room.height - (lines - 1) * GAP_PX) / (lines * sheet.tall),
    MOST_TILE_PX,
  );
  // Whole pixels where there are several, so that all elements are of one size.
  return scale >= 2 ? Math.floor(scale) : Math.max(scale, 0.2);
}

/** Left and top of a tile. */
export function tilePlace(arrangement: Arrangement, tile: number): [x: number, y: number] {
  const { perLine, tileWidth, tileHeight, gap } = arrangement;
  const line = Math.floor(tile / perLine);
  return [(tile % perLine) * (tileWidth + gap), line * (tileHeight + gap)];
}

/** The element at a point; in a gap, and beside the last tile, there is none. */
export function spotAt(sheet: Sheet, at: Arrangement, x: number, y: number): Spot | null {
  const line = Math.floor(y / (at.tileHeight + at.gap));
  const place = Math.floor(x / (at.tileWidth + at.gap));
  const tile = line * at.perLine + place;
  const inside = place >= 0 && place < at.perLine && line >= 0 && tile < sheet.down * sheet.across;
  const column = Math.floor(((x - place * (at.tileWidth + at.gap)) / at.tileWidth) * sheet.wide);
  const row = Math.floor(((y - line * (at.tileHeight + at.gap)) / at.tileHeight) * sheet.tall);
  if (!inside || column >= sheet.wide || row >= sheet.tall) return null;
  return { down: Math.floor(tile / sheet.across), across: tile % sheet.across, row, column };
}

/**
 * The spot some elements further; from tile to tile as they stand on the screen, and no further
 * than the outermost.
 */
export function moveSpot(
  sheet: Sheet,
  at: Arrangement,
  spot: Spot,
  rows: number,
  columns: number,
): Spot {
  const tile = tileOf(sheet, spot);
  const [place, line] = [tile % at.perLine, Math.floor(tile / at.perLine)];
  const x = step(place * sheet.wide + spot.column, columns, at.perLine * sheet.wide);
  const y = step(line * sheet.tall + spot.row, rows, at.lines * sheet.tall);
  const next = Math.floor(y / sheet.tall) * at.perLine + Math.floor(x / sheet.wide);
  if (next >= sheet.down * sheet.across) return spot;
  return {
    down: Math.floor(next / sheet.across),
    across: next % sheet.across,
    row: y % sheet.tall,
    column: x % sheet.wide,
  };
}

function step(from: number, by: number, size: number): number {
  return Math.max(0, Math.min(size - 1, from + by));
}
