import type { Layout, Layouts } from './layered';
import type { Plan, Plans } from './plans';
import { at } from './wire';

/** What stands where, in pixels at a scale of 1; boxes from the outside in, in reading order. */
export interface Scene {
  width: number;
  height: number;
  /** Ids of boxes; all columns are by place in this one. */
  box: Int32Array;
  x: Float32Array;
  y: Float32Array;
  wide: Float32Array;
  tall: Float32Array;
  depth: Int32Array;
  position: Int32Array;
  siblings: Int32Array;
  /** What a box is: sums of `BOX`. */
  kind: Uint8Array;
  label: string[];
  note: string[];
  /** Of the colours in use, 1 for the first; 0 for none. */
  colour: Uint8Array;
  lines: Lines;
}

export const BOX = {
  openable: 1,
  open: 2,
  bundle: 4,
  boundary: 8,
  calls: 16,
  custom: 32,
  unloaded: 64,
} as const;

/** Lines between boxes: `points[start[line]…start[line + 1])`, x and y in turn. */
export interface Lines {
  /** Places of boxes in the scene; -1 where the edge comes from or goes out of its scope. */
  from: Int32Array;
  to: Int32Array;
  /** How many edges of the graph it stands for, and the type of the first. */
  count: Int32Array;
  type: Int32Array;
  /** 1: it only says what runs first; nothing flows. */
  isControl: Uint8Array;
  start: Int32Array;
  points: Float32Array;
}

/** What a scene needs to know of a box. */
export interface Face {
  label: string;
  note: string;
  kind: number;
  colour: number;
}

export const HEAD = 28;
export const PAD = 14;
const LOW = 28;
const HIGH = 42;
const LEAST_WIDTH = 56;
const MOST_WIDTH = 240;
/** A box with this many users or more, and unusually many, is named at these instead of joined. */
const MANY = 5;

/** A scope as it is shown: its plan, and where its boxes stand within. */
interface Room {
  plan: Plan;
  layout: Layout;
  /** Edges that are drawn; the others are told by words. */
  drawn: number[];
  order: number[];
  sizes: readonly (readonly [wide: number, tall: number])[];
}

/** Lays out what is open below `root`. Cost: the boxes that are seen. */
export class SceneBuilder {
  private readonly rooms = new Map<number, Room>();
  private readonly size = new Map<number, readonly [wide: number, tall: number]>();
  private readonly faces = new Map<number, Face>();

  constructor(
    private readonly plans: Plans,
    private readonly layouts: Layouts,
    private readonly isOpen: (box: number) => boolean,
    private readonly face: (box: number) => Face,
  ) {}

  build(root: number): Scene {
    const open = [root];
    for (let i = 0; i < open.length; i++) {
      for (const box of this.plans.plan(open[i] ?? root).boxes) {
        if (this.isOpenBox(box)) open.push(box);
      }
    }
    for (const box of open.reverse()) this.furnish(box);
    return this.collect(root);
  }

  private isOpenBox(box: number): boolean {
    return this.plans.isOpenable(box) && this.isOpen(box);
  }

  /** Lays out one scope; those inside are done. */
  private furnish(box: number) {
    const plan = this.plans.plan(box);
    const count = plan.boxes.length;
    const drawn = joinable(plan, count);
    this.nameSources(plan, drawn);
    const sizes = plan.boxes.map((one) => this.sizeOf(one));
    // Data comes into a scope, also one that is all that is seen, but not into the graph.
    const ports = box ? 2 : 0;
    const layout = this.layouts.get({
      width: Float32Array.from({ length: count + ports }, (_, i) => sizes[i]?.[0] ?? 2),
      height: Float32Array.from({ length: count + ports }, (_, i) => sizes[i]?.[1] ?? 0),
      from: drawn.map((edge) => at(plan.edges.from, edge)),
      to: drawn.map((edge) => at(plan.edges.to, edge)),
      ...(ports ? { top: plan.edges.inlet, bottom: plan.edges.outlet } : {}),
    });
    const order = plan.boxes.map((_, place) => place);
    order.sort((a, b) => at(layout.y, a) - at(layout.y, b) || at(layout.x, a) - at(layout.x, b));
    this.rooms.set(box, { plan, layout, drawn, order, sizes });
    const head = textWidth(this.faceOf(box).label) + 48;
    const wide = Math.max(layout.width, Math.min(head, MOST_WIDTH)) + 2 * PAD;
    this.size.set(box, [wide, layout.height + HEAD + 2 * PAD]);
  }

  /** Says at the users of a box that is not joined to them what it is called. */
  private nameSources(plan: Plan, drawn: readonly number[]) {
    const { from, to } = plan.edges;
    const isDrawn = new Set(drawn);
    const words = new Map<number, string[]>();
    for (let edge = 0; edge < from.length; edge++) {
      const [source, target] = [plan.boxes[at(from, edge)], plan.boxes[at(to, edge)]];
      if (isDrawn.has(edge) || source === undefined || target === undefined) continue;
      const known = words.get(target);
      if (known) known.push(this.plans.label(source));
      else words.set(target, [this.plans.label(source)]);
    }
    for (const [box, names] of words) {
      const face = this.faceOf(box);
      const more = names.length > 2 ? ` +${names.length - 2}` : '';
      const arrow = `← ${names.slice(0, 2).join(', ')}${more}`;
      this.faces.set(box, { ...face, note: face.note ? `${face.note} · ${arrow}` : arrow });
    }
  }

  private faceOf(box: number): Face {
    const known = this.faces.get(box);
    if (known) return known;
    const face = this.face(box);
    this.faces.set(box, face);
    return face;
  }

  private sizeOf(box: number): readonly [wide: number, tall: number] {
    const inner = this.size.get(box);
    if (inner) return inner;
    const { label, note, kind } = this.faceOf(box);
    const sign = kind & BOX.openable ? 16 : 0;
    const text = Math.max(textWidth(label), textWidth(note) * 0.9) + sign + 20;
    const wide = Math.ceil(Math.max(LEAST_WIDTH, Math.min(text, MOST_WIDTH)) / 8) * 8;
    return [wide, note ? HIGH : LOW];
  }

  private collect(root: number): Scene {
    const draft = new Draft();
    const [wide, tall] = this.size.get(root) ?? [0, 0];
    const places = new Map<number, number>();
    const stack: Spot[] = [...this.spotsIn(root, 0, -HEAD, 0)].reverse();
    while (stack.length) {
      const spot = stack.pop();
      if (!spot) break;
      const open = this.rooms.has(spot.box);
      places.set(spot.box, draft.add(spot, this.sizeOf(spot.box), this.faceOf(spot.box), open));
      if (!open) continue;
      stack.push(...this.spotsIn(spot.box, spot.x, spot.y, spot.depth + 1).reverse());
    }
    this.drawLines(draft, root, places);
    return draft.finish(wide, tall - HEAD);
  }

  private spotsIn(box: number, x: number, y: number, depth: number): Spot[] {
    const room = this.rooms.get(box);
    if (!room) return [];
    const left = x + PAD + this.indent(box, room);
    return room.order.map((place, position) => ({
      box: at(room.plan.boxes, place),
      x: left + at(room.layout.x, place),
      y: y + HEAD + PAD + at(room.layout.y, place),
      depth,
      position: position + 1,
      siblings: room.order.length,
    }));
  }

  /** A scope with a long name is wider than what is in it: that stands in its middle. */
  private indent(box: number, room: Room): number {
    return ((this.size.get(box)?.[0] ?? 0) - 2 * PAD - room.layout.width) / 2;
  }

  private drawLines(draft: Draft, root: number, places: ReadonlyMap<number, number>) {
    for (const [box, room] of this.rooms) {
      const own = places.get(box);
      if (own === undefined && box !== root) continue;
      const x = (own === undefined ? 0 : (draft.x[own] ?? 0)) + PAD + this.indent(box, room);
      const y = (own === undefined ? -HEAD : (draft.y[own] ?? 0)) + HEAD + PAD;
      for (const [index, edge] of room.drawn.entries()) {
        const points = pointsOf(room, index, edge);
        for (let i = 0; i < points.length; i += 2) {
          points[i] = at(points, i) + x;
          points[i + 1] = at(points, i + 1) + y;
        }
        const place = (one: number) => places.get(room.plan.boxes[one] ?? -1) ?? -1;
        const { from, to, count, type } = room.plan.edges;
        draft.line(
          place(at(from, edge)),
          place(at(to, edge)),
          at(count, edge),
          at(type, edge),
          points,
        );
      }
    }
  }
}

interface Spot {
  box: number;
  x: number;
  y: number;
  depth: number;
  position: number;
  siblings: number;
}

/** Edges to draw: not those of a box, or of the way in or out, that has unusually many. */
function joinable(plan: Plan, count: number): number[] {
  const { from, to, outlet } = plan.edges;
  const degree = new Int32Array(count + 2);
  for (const one of from) degree[one] = at(degree, one) + 1;
  for (const one of to) if (one === outlet) degree[one] = at(degree, one) + 1;
  const sorted = [...degree.subarray(0, count)].sort((a, b) => a - b);
  const [low, high] = [at(sorted, count >> 2), at(sorted, (3 * count) >> 2)];
  const most = Math.max(MANY - 1, high + (high - low));
  const edges = from.map((_, edge) => edge);
  return edges.filter((edge) => {
    const last = at(to, edge) === outlet ? at(degree, outlet) : 0;
    return at(degree, at(from, edge)) <= most && last <= most;
  });
}

/** From the lower side of a box, by the bends, to the upper side of the other; within the room. */
function pointsOf(room: Room, index: number, edge: number): number[] {
  const { layout, plan } = room;
  const [from, to] = [at(plan.edges.from, edge), at(plan.edges.to, edge)];
  const bends = [...layout.bends.subarray(at(layout.start, index), at(layout.start, index + 1))];
  const isBack = at(layout.y, from) > at(layout.y, to);
  const [first, last] = isBack
    ? [side(room, from, 0), side(room, to, 1)]
    : [side(room, from, 1), side(room, to, 0)];
  const points = [...first, ...bends, ...last];
  // Ways in begin below the head, ways out end at the border.
  if (from === plan.edges.inlet) points[1] = at(points, 1) - PAD;
  if (to === plan.edges.outlet) points[points.length - 1] = at(points, points.length - 1) + PAD;
  return points;
}

/** Middle of a box's upper or lower side; ways in and out have no size to speak of. */
function side(room: Room, place: number, below: 0 | 1): [x: number, y: number] {
  const [wide, tall] = room.sizes[place] ?? [2, 0];
  return [at(room.layout.x, place) + wide / 2, at(room.layout.y, place) + below * tall];
}

/** Columns of a scene while it is made. */
class Draft {
  readonly x: number[] = [];
  readonly y: number[] = [];
  private readonly spots: Spot[] = [];
  private readonly wide: number[] = [];
  private readonly tall: number[] = [];
  private readonly faces: Face[] = [];
  private readonly kinds: number[] = [];
  private readonly ends: [from: number, to: number, count: number, type: number][] = [];
  private readonly start = [0];
  private readonly points: number[] = [];

  add(spot: Spot, size: readonly [number, number], face: Face, isOpen: boolean): number {
    this.x.push(spot.x);
    this.y.push(spot.y);
    this.spots.push(spot);
    this.wide.push(size[0]);
    this.tall.push(size[1]);
    this.faces.push(face);
    this.kinds.push(face.kind | (isOpen ? BOX.open : 0));
    return this.spots.length - 1;
  }

  line(from: number, to: number, count: number, type: number, points: readonly number[]) {
    this.ends.push([from, to, count, type]);
    for (const one of points) this.points.push(one);
    this.start.push(this.points.length);
  }

  finish(width: number, height: number): Scene {
    const spot = (of: (spot: Spot) => number) => Int32Array.from(this.spots, of);
    const end = (which: 0 | 1 | 2 | 3) => Int32Array.from(this.ends, (line) => line[which]);
    return {
      width,
      height,
      box: spot((one) => one.box),
      x: Float32Array.from(this.x),
      y: Float32Array.from(this.y),
      wide: Float32Array.from(this.wide),
      tall: Float32Array.from(this.tall),
      depth: spot((one) => one.depth),
      position: spot((one) => one.position),
      siblings: spot((one) => one.siblings),
      kind: Uint8Array.from(this.kinds),
      label: this.faces.map((face) => face.label),
      note: this.faces.map((face) => face.note),
      colour: Uint8Array.from(this.faces, (face) => face.colour),
      lines: {
        from: end(0),
        to: end(1),
        count: end(2),
        type: end(3),
        isControl: new Uint8Array(this.ends.length),
        start: Int32Array.from(this.start),
        points: Float32Array.from(this.points),
      },
    };
  }
}

/** About how wide a text is at 12 px: a worker cannot measure, and half a letter does not matter. */
export function textWidth(text: string): number {
  let width = 0;
  for (let i = 0; i < text.length && i < 60; i++) {
    const code = text.charCodeAt(i);
    const isCapital = (code >= 65 && code <= 90) || code > 255;
    width += isCapital ? 8.2 : NARROW.has(code) ? 3.9 : WIDE.has(code) ? 10.4 : 7;
  }
  return width;
}

const NARROW = new Set([..."ijltfr.,:;'|!/()[] "].map((letter) => letter.charCodeAt(0)));
const WIDE = new Set([...'mwMW%@'].map((letter) => letter.charCodeAt(0)));

export interface View {
  /** Where the scene's corner is on the screen, and pixels of the screen for one of the scene. */
  x: number;
  y: number;
  scale: number;
}

interface Rect {
  x: number;
  y: number;
  wide: number;
  tall: number;
}

interface Area {
  width: number;
  height: number;
}

export function rectOf(scene: Scene, place: number): Rect {
  return {
    x: at(scene.x, place),
    y: at(scene.y, place),
    wide: at(scene.wide, place),
    tall: at(scene.tall, place),
  };
}

/** The view in which a box that changed stands where it was; as far as that can be, all of it is seen. */
export function keepInPlace(before: Rect, after: Rect, view: View, room: Area): View {
  const { scale } = view;
  const middle = (before.x + before.wide / 2) * scale + view.x;
  const top = before.y * scale + view.y;
  const wide = after.wide * scale;
  const tall = after.tall * scale;
  const left = into(middle - wide / 2, wide, room.width);
  return { x: left - after.x * scale, y: into(top, tall, room.height) - after.y * scale, scale };
}

const EDGE = 16;

/** Moves a stretch so that it is seen, or so much of its beginning as there is room for. */
function into(start: number, size: number, room: number): number {
  return Math.max(EDGE, Math.min(start, room - EDGE - size));
}

/** The view that shows a part of the scene whole, in its middle; not closer than 1. */
export function fitView(rect: Rect, room: Area, most = 1): View {
  const scale = Math.min(
    most,
    Math.max(
      0.002,
      Math.min((room.width - 2 * EDGE) / rect.wide, (room.height - 2 * EDGE) / rect.tall),
    ),
  );
  return {
    x: room.width / 2 - (rect.x + rect.wide / 2) * scale,
    y: room.height / 2 - (rect.y + rect.tall / 2) * scale,
    scale,
  };
}

/** Zooms around a point of the screen. */
export function zoomView(view: View, factor: number, x: number, y: number): View {
  const scale = Math.max(0.005, Math.min(view.scale * factor, 4));
  const by = scale / view.scale;
  return { x: x - (x - view.x) * by, y: y - (y - view.y) * by, scale };
}

/** The innermost box at a point of the scene, or -1: boxes inside come after those around them. */
export function boxAt(scene: Scene, x: number, y: number): number {
  for (let place = scene.box.length - 1; place >= 0; place--) {
    const [left, top] = [at(scene.x, place), at(scene.y, place)];
    if (x < left || y < top) continue;
    if (x <= left + at(scene.wide, place) && y <= top + at(scene.tall, place)) return place;
  }
  return -1;
}
