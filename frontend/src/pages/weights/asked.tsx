import {
  canTile,
  fitFrame,
  openingFrame,
  type Roles,
  readRoles,
  withTiles,
  writeRoles,
} from '../../model/frames';
import { formatSlice, parseSlice, type Range, rangeLength } from '../../model/slices';
import { Segments } from '../../ui/Chips';
import { type Look, useLook } from './look';

/** What was chosen of pictures: which slice, along which axes, and how large. */

/** What is to be pictured. */
export interface Asked {
  shape: readonly number[];
  roles: Roles;
  region: Range[];
}

/** Cells of an answer, and of one direction where a screen has no more pixels. */
const MOST_CELLS = 1 << 16;
const MOST_TALL = 256;
const MOST_WIDE = 512;

const LAYOUTS = [
  ['one', 'One slice'],
  ['tiles', 'Tiles'],
] as const;

/** What was chosen to be pictured of a tensor, and what is wrong with it. */
export function readAsked({ value: { slice, axes } }: Look, shape: readonly number[]) {
  const roles = readRoles(axes, shape);
  const opening = openingFrame(shape, roles);
  const parsed = slice ? parseSlice(slice, shape) : opening;
  const problem = typeof parsed === 'string' ? parsed : '';
  const [region, note] = fitFrame(typeof parsed === 'string' ? opening : parsed, shape, roles);
  return { asked: { shape, roles, region }, problem, note };
}

/** Gives the axes other roles: all of them is shown, at the indices that were shown of others. */
export function goRoles(look: Look, { shape, region }: Asked, roles: Roles) {
  const [kept] = fitFrame(keepSteps(openingFrame(shape, roles), region), shape, roles);
  look.go({ axes: writeRoles(roles), slice: formatSlice(kept, shape) });
}

/** One slice or a grid of tiles, where there are axes enough. */
export function TileChoice({ shape }: { shape: readonly number[] }) {
  const look = useLook();
  const { asked } = readAsked(look, shape);
  const { roles } = asked;
  if (!canTile(shape)) return null;
  return (
    <Segments
      label="One slice or a grid of tiles"
      options={LAYOUTS}
      value={roles.down >= 0 ? 'tiles' : 'one'}
      onChange={(layout) => goRoles(look, asked, withTiles(roles, shape, layout === 'tiles'))}
    />
  );
}

/** The opening of other roles, at the indices that were shown of axes that have none. */
function keepSteps(opening: Range[], before: readonly Range[]): Range[] {
  return opening.map((range, axis) => {
    const old = before[axis];
    return range.single && old ? { ...range, start: old.start, stop: old.start + 1 } : range;
  });
}

/** Cells to ask for: one per element where there is room, else as many as can be told apart. */
export function sizeOf(region: readonly Range[], roles: Roles): { height: number; width: number } {
  const along = (axis: number) => {
    const range = region[axis];
    return range ? Math.max(1, rangeLength(range)) : 1;
  };
  const tiled = roles.down >= 0;
  const tall = along(roles.rows) * along(roles.down);
  const wide = along(roles.columns) * along(roles.across);
  const height = tiled ? tall : Math.min(tall, MOST_TALL);
  const width = tiled ? wide : Math.min(wide, MOST_WIDE);
  if (height * width <= MOST_CELLS) return { height, width };
  const side = Math.sqrt(MOST_CELLS);
  if (height <= side) return { height, width: Math.floor(MOST_CELLS / height) };
  return width <= side
    ? { height: Math.floor(MOST_CELLS / width), width }
    : { height: side, width: side };
}
