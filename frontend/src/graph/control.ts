import type { Drawing } from './drawing';
import { BOX, type Scene } from './scene';
import { at } from './wire';

/** More lines across a picture say nothing. */
export const MOST_CONTROL = 2000;

/**
 * Adds lines for control edges between the boxes that are seen, whatever scopes these are in; they
 * have no say in where boxes stand. Returns how many edges are left out since there are too many.
 */
export function drawControl(drawing: Drawing, scene: Scene): number {
  const { controlSource, controlTarget } = drawing.wire;
  const placeOf = placesOf(drawing, scene);
  const lines = new Map<number, number>();
  let undrawn = 0;
  for (let edge = 0; edge < controlSource.length; edge++) {
    const from = placeOf(at(controlSource, edge));
    const to = placeOf(at(controlTarget, edge));
    if (from < 0 || to < 0 || from === to) continue;
    const key = from * scene.box.length + to;
    const known = lines.get(key);
    if (known === undefined && lines.size === MOST_CONTROL) undrawn += 1;
    else lines.set(key, (known ?? 0) + 1);
  }
  addLines(scene, lines);
  return undrawn;
}

/** Place in the scene of the innermost box that shows a node; -1 for none. */
function placesOf(drawing: Drawing, scene: Scene): (node: number) => number {
  const { hierarchy, plans } = drawing;
  const places = new Int32Array(hierarchy.count).fill(-1);
  for (let place = 0; place < scene.box.length; place++) {
    if (at(scene.kind, place) & BOX.open) continue;
    for (const unit of plans.units(at(scene.box, place))) {
      places.fill(place, unit, at(hierarchy.end, unit));
    }
  }
  return (node) => {
    const unit = drawing.homeOf(node);
    return unit < 0 ? -1 : at(places, unit);
  };
}

function addLines(scene: Scene, lines: ReadonlyMap<number, number>) {
  const { lines: data } = scene;
  const boxes = scene.box.length;
  const keys = [...lines.keys()];
  const from = keys.map((key) => Math.floor(key / boxes));
  const to = keys.map((key) => key % boxes);
  const points = from.flatMap((one, i) => wayOf(scene, one, at(to, i)));
  const first = data.points.length;
  scene.lines = {
    from: joined(data.from, from),
    to: joined(data.to, to),
    count: joined(data.count, [...lines.values()]),
    type: joined(
      data.type,
      keys.map(() => -1),
    ),
    isControl: joined(
      data.isControl,
      keys.map(() => 1),
    ),
    start: joined(
      data.start,
      keys.map((_, i) => first + 4 * (i + 1)),
    ),
    points: joined(data.points, points),
  };
}

type Column = Int32Array | Float32Array | Uint8Array;

function joined<T extends Column>(column: T, more: readonly number[]): T {
  const both = new (column.constructor as new (size: number) => T)(column.length + more.length);
  both.set(column);
  both.set(more, column.length);
  return both;
}

/** From the lower side of a box to the upper side of one below it; else between near sides. */
function wayOf(scene: Scene, from: number, to: number): number[] {
  const middle = (place: number) => at(scene.x, place) + at(scene.wide, place) / 2;
  const bottom = (place: number) => at(scene.y, place) + at(scene.tall, place);
  if (at(scene.y, to) >= bottom(from))
    return [middle(from), bottom(from), middle(to), at(scene.y, to)];
  if (bottom(to) <= at(scene.y, from))
    return [middle(from), at(scene.y, from), middle(to), bottom(to)];
  const isRight = middle(to) > middle(from);
  const side = (place: number, right: boolean) =>
    at(scene.x, place) + (right ? at(scene.wide, place) : 0);
  const half = (place: number) => at(scene.y, place) + at(scene.tall, place) / 2;
  return [side(from, isRight), half(from), side(to, !isRight), half(to)];
}
