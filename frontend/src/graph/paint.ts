import type { Pen } from './pen';
import { BOX, HEAD, type Lines, type Scene, textWidth, type View } from './scene';
import { paintSpecks, SPECK_SCALE } from './specks';
import { at } from './wire';

/** Colours of the theme that is shown. */
export interface Ink {
  page: string;
  band: string;
  line: string;
  text: string;
  muted: string;
  accent: string;
  /** Of slots 1 to 8, or of amounts. */
  slots: readonly string[];
  /** They are shades to fill boxes with, not colours to tint them. */
  isShade: boolean;
  font: string;
}

export interface Painted {
  scene: Scene;
  view: View;
  width: number;
  height: number;
  ink: Ink;
  /** Places of boxes, or -1. */
  selected: number;
  hovered: number;
  marks: Uint8Array | null;
  /** Texts of types, for lines. */
  types: readonly string[];
}

const DIM = 0.22;
/** Smaller than this on the screen, text is left out; and lines are straight, without heads. */
const LEAST_TEXT = 5.5;
const LEAST_CURVE = 0.12;
const LEAST_HEAD = 0.35;
/** Shapes are written on lines at this scale, where there are not too many. */
const LEAST_SHAPE = 0.75;
const MOST_SHAPES = 300;

/** Places that each frame fills anew, so that it leaves nothing to collect. */
class Places {
  list = new Int32Array(1024);
  size = 0;

  add(place: number) {
    if (this.size === this.list.length) {
      const longer = new Int32Array(2 * this.size);
      longer.set(this.list);
      this.list = longer;
    }
    this.list[this.size++] = place;
  }
}

type ByStress = readonly [dim: Places, plain: Places, strong: Places];
const SEEN = new Places();
const DATA: ByStress = [new Places(), new Places(), new Places()];
const CONTROL: ByStress = [new Places(), new Places(), new Places()];

/** Draws what of a scene is in sight. Cost: a look at every box and line, work for those seen. */
export function paintScene(canvas: Pen, painted: Painted) {
  const { ink, width, height, scene } = painted;
  canvas.fillStyle = ink.page;
  canvas.fillRect(0, 0, width, height);
  SEEN.size = 0;
  for (let place = 0; place < scene.box.length; place++)
    if (isSeen(painted, place)) SEEN.add(place);
  paintBoxes(canvas, painted, BOX.open);
  // A file has lines and boxes as such, however small.
  if (painted.view.scale < SPECK_SCALE && canvas instanceof CanvasRenderingContext2D) {
    paintSpecks(canvas, painted);
  } else {
    paintLines(canvas, painted);
    paintBoxes(canvas, painted, 0);
    for (let i = 0; i < SEEN.size; i++) paintWords(canvas, painted, at(SEEN.list, i));
  }
  canvas.globalAlpha = 1;
  for (const place of [painted.hovered, painted.selected])
    if (place >= 0) paintRing(canvas, painted, place);
}

/** @param open `BOX.open` for those that are, 0 for the others. */
function paintBoxes(canvas: Pen, painted: Painted, open: number) {
  for (let i = 0; i < SEEN.size; i++) {
    const place = at(SEEN.list, i);
    if ((at(painted.scene.kind, place) & BOX.open) === open) paintBox(canvas, painted, place);
  }
}

function isSeen({ scene, view, width, height }: Painted, place: number): boolean {
  const x = at(scene.x, place) * view.scale + view.x;
  const y = at(scene.y, place) * view.scale + view.y;
  if (x > width || y > height) return false;
  return x + at(scene.wide, place) * view.scale >= 0 && y + at(scene.tall, place) * view.scale >= 0;
}

function spotOf({ scene, view }: Painted, place: number) {
  const { scale } = view;
  return {
    x: at(scene.x, place) * scale + view.x,
    y: at(scene.y, place) * scale + view.y,
    wide: at(scene.wide, place) * scale,
    tall: at(scene.tall, place) * scale,
  };
}

function alphaOf({ marks }: Painted, place: number): number {
  return marks && !marks[place] ? DIM : 1;
}

function outline(canvas: Pen, painted: Painted, place: number, grow: number) {
  const { x, y, wide, tall } = spotOf(painted, place);
  const kind = at(painted.scene.kind, place);
  const round = kind & BOX.boundary ? tall / 2 : (kind & BOX.openable ? 6 : 3) * painted.view.scale;
  canvas.beginPath();
  canvas.roundRect(x - grow, y - grow, wide + 2 * grow, tall + 2 * grow, round + grow);
}

function paintBox(canvas: Pen, painted: Painted, place: number) {
  const { scene, ink, view } = painted;
  const { x, y, wide, tall } = spotOf(painted, place);
  const kind = at(scene.kind, place);
  const colour = ink.slots[at(scene.colour, place) - 1];
  canvas.globalAlpha = alphaOf(painted, place);
  if (tall < 3) {
    canvas.fillStyle = colour ?? ink.line;
    canvas.fillRect(x, y, Math.max(1, wide), Math.max(1, tall));
    return;
  }
  if (kind & BOX.bundle && !(kind & BOX.open)) paintStack(canvas, painted, place);
  outline(canvas, painted, place, 0);
  const isBand = kind & BOX.open ? at(scene.depth, place) % 2 === 0 : kind & BOX.openable;
  canvas.fillStyle = isBand ? ink.band : ink.page;
  canvas.fill();
  if (colour && !(kind & BOX.open)) {
    const alpha = canvas.globalAlpha;
    canvas.globalAlpha = ink.isShade ? alpha : alpha * 0.2;
    canvas.fillStyle = colour;
    canvas.fill();
    canvas.globalAlpha = alpha;
  }
  canvas.lineWidth = kind & BOX.calls ? Math.max(1, 2 * view.scale) : 1;
  canvas.strokeStyle = colour && !ink.isShade && !(kind & BOX.open) ? colour : ink.line;
  canvas.setLineDash(kind & BOX.custom ? [4, 3] : []);
  canvas.stroke();
  canvas.setLineDash([]);
}

/** The edges of two more boxes behind one that stands for many. */
function paintStack(canvas: Pen, painted: Painted, place: number) {
  const { ink, view } = painted;
  const { x, y, wide, tall } = spotOf(painted, place);
  canvas.lineWidth = 1;
  canvas.strokeStyle = ink.line;
  canvas.fillStyle = ink.page;
  for (const step of [6, 3]) {
    const by = step * view.scale;
    canvas.beginPath();
    canvas.roundRect(x + by, y + by, wide, tall, 6 * view.scale);
    canvas.fill();
    canvas.stroke();
  }
}

function paintRing(canvas: Pen, painted: Painted, place: number) {
  const isSelected = place === painted.selected;
  canvas.lineWidth = isSelected ? 2 : 1;
  canvas.strokeStyle = isSelected ? painted.ink.accent : painted.ink.muted;
  outline(canvas, painted, place, isSelected ? 2 : 1);
  canvas.stroke();
}

function paintLines(canvas: Pen, painted: Painted) {
  const { scene, ink, marks, selected } = painted;
  const { lines } = scene;
  for (const list of [...DATA, ...CONTROL]) list.size = 0;
  for (let line = 0; line < lines.from.length; line++) {
    if (!isLineSeen(painted, line)) continue;
    const [from, to] = [at(lines.from, line), at(lines.to, line)];
    const isOwn = selected >= 0 && (from === selected || to === selected);
    const isMarked = !marks || ((from < 0 || marks[from]) && (to < 0 || marks[to]));
    const lists = at(lines.isControl, line) ? CONTROL : DATA;
    lists[isOwn ? 2 : isMarked ? 1 : 0].add(line);
  }
  const dash = [5 * painted.view.scale, 4 * painted.view.scale];
  for (const lists of [CONTROL, DATA]) {
    const [dim, plain, strong] = lists;
    canvas.setLineDash(lists === CONTROL ? dash : []);
    canvas.globalAlpha = DIM;
    strokeLines(canvas, painted, dim, ink.muted, 1);
    canvas.globalAlpha = 0.75;
    strokeLines(canvas, painted, plain, ink.muted, marks ? 1.6 : 1);
    canvas.globalAlpha = 1;
    strokeLines(canvas, painted, strong, ink.accent, 1.6);
  }
  const [, plain, strong] = DATA;
  if (painted.view.scale < LEAST_SHAPE || plain.size + strong.size > MOST_SHAPES) return;
  paintShapes(canvas, painted, plain);
  paintShapes(canvas, painted, strong);
}

function isLineSeen({ scene, view, width, height }: Painted, line: number): boolean {
  const { start, points } = scene.lines;
  let [left, top, right, bottom] = [width + 1, height + 1, -1, -1];
  for (let i = at(start, line); i < at(start, line + 1); i += 2) {
    const x = at(points, i) * view.scale + view.x;
    const y = at(points, i + 1) * view.scale + view.y;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return left <= width && top <= height && right >= 0 && bottom >= 0;
}

function strokeLines(
  canvas: Pen,
  { scene, view }: Painted,
  which: Places,
  colour: string,
  wide: number,
) {
  if (!which.size) return;
  const { start, points } = scene.lines;
  canvas.beginPath();
  for (let i = 0; i < which.size; i++) {
    const line = at(which.list, i);
    const [first, last] = [at(start, line), at(start, line + 1)];
    let [x, y] = [
      at(points, first) * view.scale + view.x,
      at(points, first + 1) * view.scale + view.y,
    ];
    canvas.moveTo(x, y);
    for (let bend = first + 2; bend < last; bend += 2) {
      const nextX = at(points, bend) * view.scale + view.x;
      const nextY = at(points, bend + 1) * view.scale + view.y;
      const middle = (y + nextY) / 2;
      if (view.scale < LEAST_CURVE || x === nextX) canvas.lineTo(nextX, nextY);
      else canvas.bezierCurveTo(x, middle, nextX, middle, nextX, nextY);
      [x, y] = [nextX, nextY];
    }
    if (view.scale >= LEAST_HEAD) {
      const size = 4 * view.scale;
      canvas.moveTo(x - size * 0.8, y - size * 1.6);
      canvas.lineTo(x, y);
      canvas.lineTo(x + size * 0.8, y - size * 1.6);
    }
  }
  canvas.lineWidth = wide;
  canvas.strokeStyle = colour;
  canvas.stroke();
}

/**
 * The shape of what flows, beside the only line into a box or, where that has more, the only one
 * out of a box; or how many edges a line stands for.
 */
function paintShapes(canvas: Pen, painted: Painted, which: Places) {
  const { scene, view, ink, types } = painted;
  const { lines } = scene;
  const { into, outOf } = endsOf(lines);
  canvas.font = `${10 * view.scale}px ${ink.font}`;
  canvas.fillStyle = ink.muted;
  canvas.textBaseline = 'middle';
  for (let i = 0; i < which.size; i++) {
    const line = at(which.list, i);
    const count = at(lines.count, line);
    const text = count > 1 ? `×${count}` : (types[at(lines.type, line)] ?? '');
    const isLast = into.get(at(lines.to, line)) === 1;
    if (!text || !(isLast || outOf.get(at(lines.from, line)) === 1)) continue;
    const end = isLast ? at(lines.start, line + 1) - 2 : at(lines.start, line);
    const x = at(lines.points, end) * view.scale + view.x;
    const y = (at(lines.points, end + 1) + (isLast ? -13 : 10)) * view.scale + view.y;
    canvas.fillText(text, x + 6 * view.scale, y);
  }
}

interface Ends {
  into: Map<number, number>;
  outOf: Map<number, number>;
}

const KNOWN_ENDS = new WeakMap<Lines, Ends>();

/** Lines of data at each box, counted once; those that end outside of their scope count nowhere. */
function endsOf(lines: Lines): Ends {
  const known = KNOWN_ENDS.get(lines);
  if (known) return known;
  const count = (ends: Int32Array) => {
    const counts = new Map<number, number>();
    for (const [line, place] of ends.entries()) {
      if (place >= 0 && !lines.isControl[line]) counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    return counts;
  };
  const made = { into: count(lines.to), outOf: count(lines.from) };
  KNOWN_ENDS.set(lines, made);
  return made;
}

function paintWords(canvas: Pen, painted: Painted, place: number) {
  const { scene, view, ink } = painted;
  const { scale } = view;
  if (12 * scale < LEAST_TEXT) return;
  const { x, y, wide, tall } = spotOf(painted, place);
  const kind = at(scene.kind, place);
  const sign = kind & BOX.openable ? 16 : 0;
  const note = scene.note[place] ?? '';
  const isOpen = (kind & BOX.open) !== 0;
  const head = isOpen ? HEAD * scale : tall;
  const room = wide / scale - 12 - sign;
  canvas.globalAlpha = alphaOf(painted, place);
  canvas.textBaseline = 'middle';
  // Scopes read as headings, nodes as boxes.
  canvas.textAlign = sign ? 'left' : 'center';
  canvas.fillStyle = ink.text;
  canvas.font = `${sign ? '500 ' : ''}${12 * scale}px ${ink.font}`;
  const middle = note && !isOpen ? y + head * 0.34 : y + head / 2;
  const left = sign ? x + (8 + sign) * scale : x + wide / 2;
  canvas.fillText(shorten(scene.label[place] ?? '', room), left, middle, room * scale);
  if (sign) paintSign(canvas, x + 12 * scale, middle, scale, isOpen);
  if (note && !isOpen) {
    canvas.fillStyle = ink.isShade ? ink.text : ink.muted;
    canvas.font = `${10.5 * scale}px ${ink.font}`;
    canvas.fillText(shorten(note, room / 0.88), left, y + head * 0.7, room * scale);
  }
  canvas.textAlign = 'left';
}

/** A triangle that points right, or down where the box is open. */
function paintSign(canvas: Pen, x: number, y: number, scale: number, isOpen: boolean) {
  const size = 3.5 * scale;
  canvas.beginPath();
  if (isOpen) {
    canvas.moveTo(x - size, y - size / 2);
    canvas.lineTo(x + size, y - size / 2);
    canvas.lineTo(x, y + size);
  } else {
    canvas.moveTo(x - size / 2, y - size);
    canvas.lineTo(x - size / 2, y + size);
    canvas.lineTo(x + size, y);
  }
  canvas.fill();
}

/** A text with its middle left out where there is no room for it. */
export function shorten(text: string, room: number): string {
  if (textWidth(text) <= room) return text;
  const most = Math.max(3, Math.floor(room / 6.6));
  if (text.length <= most) return text;
  const tail = Math.floor((most - 1) * 0.6);
  return `${text.slice(0, most - 1 - tail)}…${text.slice(text.length - tail)}`;
}
