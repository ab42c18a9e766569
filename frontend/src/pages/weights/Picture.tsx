import { useMemo } from 'preact/hooks';
import {
  canTile,
  fitFrame,
  frameKey,
  openingFrame,
  type Roles,
  readRoles,
  withTiles,
  writeRoles,
} from '../../model/frames';
import { decodePicture } from '../../model/pictures';
import { formatSlice, parseSlice, type Range, rangeLength } from '../../model/slices';
import type { TensorTable } from '../../model/tensors';
import { go, route, useAnswer } from '../../state';
import { Segments } from '../../ui/Chips';
import { Problem } from '../parts';
import { PictureAxes } from './PictureAxes';
import { PictureView } from './PictureView';
import { SliceField, useSettled } from './SliceField';
import { Take } from './Take';

/** What is to be pictured. */
export interface Asked {
  id: string;
  key: string;
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

/** What the address says to picture, and what is wrong with it. */
function readAsked(table: TensorTable, row: number) {
  const { slice, axes, id } = route.value;
  const shape = table.columns.shape[row] ?? [];
  const roles = readRoles(axes, shape);
  const opening = openingFrame(shape, roles);
  const parsed = slice ? parseSlice(slice, shape) : opening;
  const problem = typeof parsed === 'string' ? parsed : '';
  const [region, note] = fitFrame(typeof parsed === 'string' ? opening : parsed, shape, roles);
  return { asked: { id, key: table.columns.key[row] ?? '', shape, roles, region }, problem, note };
}

/** Gives the axes other roles: all of them is shown, at the indices that were shown of others. */
function goRoles({ shape, region }: Asked, roles: Roles) {
  const [kept] = fitFrame(keepSteps(openingFrame(shape, roles), region), shape, roles);
  go({ axes: writeRoles(roles), slice: formatSlice(kept, shape) });
}

/** One slice or a grid of tiles, where there are axes enough. */
export function TileChoice({ table, row }: { table: TensorTable; row: number }) {
  const { asked } = readAsked(table, row);
  const { shape, roles } = asked;
  if (!canTile(shape)) return null;
  return (
    <Segments
      label="One slice or a grid of tiles"
      options={LAYOUTS}
      value={roles.down >= 0 ? 'tiles' : 'one'}
      onChange={(layout) => goRoles(asked, withTiles(roles, shape, layout === 'tiles'))}
    />
  );
}

/** A slice of a tensor as a heat map, and the ways to choose and take it. */
export function Picture({ table, row }: { table: TensorTable; row: number }) {
  const { asked, problem, note } = readAsked(table, row);
  const { shape, roles, region } = asked;
  const choose = (next: Range[]) => go({ slice: formatSlice(next, shape) }, { replace: true });
  return (
    <div class="values">
      <div class="slice-line">
        <SliceField text={route.value.slice || formatSlice(region, shape)} problem={problem} />
        <PictureAxes
          region={region}
          shape={shape}
          roles={roles}
          onRoles={(next) => goRoles(asked, next)}
          onChange={choose}
        />
      </div>
      {(problem || note) && (
        <p class={`values-note ${problem ? 'bad' : 'muted'}`}>{problem || note}</p>
      )}
      {!problem && <Fetched asked={asked} table={table} row={row} onChange={choose} />}
      {problem && <Take table={table} row={row} region={region} />}
    </div>
  );
}

/** The opening of other roles, at the indices that were shown of axes that have none. */
function keepSteps(opening: Range[], before: readonly Range[]): Range[] {
  return opening.map((range, axis) => {
    const old = before[axis];
    return range.single && old ? { ...range, start: old.start, stop: old.start + 1 } : range;
  });
}

function Fetched(props: {
  asked: Asked;
  table: TensorTable;
  row: number;
  onChange: (region: Range[]) => void;
}) {
  const { asked } = props;
  const { id, key, region, roles } = asked;
  const { method } = route.value;
  const settled = useSettled(frameKey(region, roles));
  const [slice = '', axes = ''] = settled.split(' ');
  const size = sizeOf(region, roles);
  const { value, error, retry } = useAnswer(`${id} ${key} ${settled} ${method}`, (client, signal) =>
    client.picture(id, key, { slice, axes, method, ...size }, signal),
  );
  const picture = useMemo(() => value && decodePicture(value), [value]);
  if (error?.type === 'Unsupported') return <p class="values-note muted">{error.message}</p>;
  if (error) {
    return (
      <>
        <Problem error={error} what="This picture cannot be made" onRetry={retry} />
        <Take table={props.table} row={props.row} region={region} />
      </>
    );
  }
  const current = settled === frameKey(region, roles) ? picture : undefined;
  return <PictureView {...props} picture={current} />;
}

/** Cells to ask for: one per element where there is room, else as many as can be told apart. */
function sizeOf(region: readonly Range[], roles: Roles): { height: number; width: number } {
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
