import { useSignal } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { frameKey, type Roles, zoom } from '../../model/frames';
import { marksOf, type Picture } from '../../model/pictures';
import { type Range, rangeLength } from '../../model/slices';
import { MARK } from '../../ui/colours';
import type { Layer } from '../../ui/HeatMap';
import {
  type Arrangement,
  arrange,
  type Extent,
  type Room,
  type Sheet,
  type Spot,
} from '../../ui/heat';
import type { Cells, Place } from '../../ui/paint';
import type { Asked } from './asked';

/** What is on the screen while pictures come and are overtaken. */

interface Came {
  asked: Asked;
  picture: Picture;
  cells: Cells;
}

export interface Shown {
  /** What is shown: what is asked for, unless nothing of it is here. */
  frame: Asked;
  layers: Layer[];
  /** The latest picture that is part of it. */
  current: Picture;
  stale: boolean;
}

/** All of a tile. */
export const WHOLE: Place = { left: 0, top: 0, right: 1, bottom: 1 };

/**
 * What there is to show of what is asked for; null before the first picture.
 *
 * Zooming and panning show at once what is known of the new frame: the last picture over the widest.
 */
export function useShown(asked: Asked, picture: Picture | undefined): Shown | null {
  const past = useRef<Came[]>([]);
  const last = past.current.at(-1);
  if (picture && last?.picture !== picture) {
    past.current = [...widest(past.current, asked), { asked, picture, cells: toCells(picture) }];
  }
  const known = past.current;
  return useMemo(
    () => show(asked, picture, known),
    [frameKey(asked.region, asked.roles), picture, known],
  );
}

function show(asked: Asked, picture: Picture | undefined, known: readonly Came[]): Shown | null {
  const last = known.at(-1);
  if (!last) return null;
  const fits = baseOf(last.asked) === baseOf(asked);
  const frame = picture || (fits && asked.roles.down < 0) ? asked : last.asked;
  const layers = known
    .filter((one) => one === last || (frame === asked && asked.roles.down < 0))
    .filter((one) => baseOf(one.asked) === baseOf(frame))
    .map(({ asked: of, cells }) => ({ cells, place: placeIn(frame, of) }));
  return { frame, layers, current: last.picture, stale: frame !== asked };
}

/** What two pictures must have in common to lie over each other: all but rows and columns. */
function baseOf({ region, roles }: Asked): string {
  const fixed = region.map(({ start, stop, step }, axis) =>
    axis === roles.rows || axis === roles.columns ? `${start % step}:${step}` : `${start}:${stop}`,
  );
  return `${fixed} ${Object.values(roles)}`;
}

/** The picture of most elements among those that lie under the next one. */
function widest(known: readonly Came[], asked: Asked): Came[] {
  const size = ({ asked: { region } }: Came) =>
    region.reduce((product, range) => product * rangeLength(range), 1);
  const fitting = known.filter((one) => baseOf(one.asked) === baseOf(asked));
  return fitting.sort((a, b) => size(b) - size(a)).slice(0, 1);
}

function placeIn(frame: Asked, of: Asked): Place {
  if (frame.roles.down >= 0) return WHOLE;
  const [top, bottom] = shares(frame.region[frame.roles.rows], of.region[of.roles.rows]);
  const [left, right] = shares(frame.region[frame.roles.columns], of.region[of.roles.columns]);
  return { left, top, right, bottom };
}

function shares(frame: Range | undefined, of: Range | undefined): [from: number, to: number] {
  if (!frame || !of) return [0, 1];
  const length = rangeLength(frame) * frame.step;
  const from = (of.start - frame.start) / length;
  return [from, from + (rangeLength(of) * of.step) / length];
}

/** A picture as what is painted. */
export function toCells(picture: Picture): Cells {
  const { rows, columns, tile_rows, tile_columns } = picture.payload;
  return {
    sheet: {
      down: tile_rows.cells,
      across: tile_columns.cells,
      rows: rows.cells,
      columns: columns.cells,
      tall: rows.count,
      wide: columns.count,
    },
    values: picture.values,
    marks: marksOf(picture, MARK),
  };
}

/** Elements and tiles of a frame. */
export function sheetOf(region: readonly Range[], roles: Roles): Sheet {
  const along = (axis: number) => {
    const range = region[axis];
    return range ? rangeLength(range) : 1;
  };
  const [tall, wide] = [along(roles.rows), along(roles.columns)];
  return {
    down: along(roles.down),
    across: along(roles.across),
    rows: tall,
    columns: wide,
    tall,
    wide,
  };
}

const LEAST_HEIGHT = 240;
/** Of the height of the drawer or dialog: legend and readout are to be seen with the picture. */
const SHARE = 0.48;

/** The room for a picture in a box whose width is given. */
export function useRoom(box: { current: HTMLElement | null }): Room {
  const room = useSignal<Room>({ width: 480, height: LEAST_HEIGHT });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      if (!element.clientWidth) return;
      const drawer = element.closest('.drawer, .inner-values')?.clientHeight ?? innerHeight;
      const height = Math.max(LEAST_HEIGHT, Math.round(drawer * SHARE));
      room.value = { width: element.clientWidth, height };
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    addEventListener('resize', measure);
    return () => {
      observer.disconnect();
      removeEventListener('resize', measure);
    };
  }, [box, room]);
  return room.value;
}

/** Differences in height that are only those of whole elements: the picture would tremble. */
const SAME_SHARE = 0.06;

/** The arrangement of a sheet; its size stays while zooming changes proportions a little. */
export function useSteady(sheet: Sheet, whole: Extent, room: Room): Arrangement {
  const last = useRef<{ arrangement: Arrangement; room: Room } | null>(null);
  return useMemo(() => {
    const next = arrange(sheet, room, whole);
    const before = last.current;
    const same =
      before?.room === room &&
      next.perLine * next.lines === 1 &&
      before.arrangement.perLine * before.arrangement.lines === 1 &&
      before.arrangement.width === next.width &&
      Math.abs(before.arrangement.height - next.height) < SAME_SHARE * next.height;
    const arrangement = same ? before.arrangement : next;
    last.current = { arrangement, room };
    return arrangement;
  }, [Object.values(sheet).join(), whole.tall, whole.wide, room]);
}

/** The frame closer by a factor around a spot, or around its middle. */
export function zoomAround(asked: Asked, factor: number, spot: Spot | null, sheet: Sheet) {
  const tiled = asked.roles.down >= 0;
  const middle = { down: (sheet.down - 1) / 2, across: (sheet.across - 1) / 2 };
  const inside = { row: (sheet.tall - 1) / 2, column: (sheet.wide - 1) / 2 };
  const { down, across, row, column } = spot ?? { ...middle, ...inside };
  const at: [number, number] = tiled
    ? [(down + 0.5) / sheet.down, (across + 0.5) / sheet.across]
    : [(row + 0.5) / sheet.tall, (column + 0.5) / sheet.wide];
  return zoom(asked.region, asked.shape, asked.roles, factor, at);
}

/** The same element in another frame, or the nearest that is still to be seen. */
export function follow(spot: Spot, asked: Asked, next: readonly Range[]): Spot {
  const { rows, columns, down, across } = asked.roles;
  return {
    row: shift(spot.row, asked.region[rows], next[rows]),
    column: shift(spot.column, asked.region[columns], next[columns]),
    down: shift(spot.down, asked.region[down], next[down]),
    across: shift(spot.across, asked.region[across], next[across]),
  };
}

function shift(at: number, before: Range | undefined, after: Range | undefined): number {
  if (!before || !after) return at;
  const moved = at + (before.start - after.start) / after.step;
  return Math.max(0, Math.min(rangeLength(after) - 1, moved));
}
