import { useSignal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import type { DiffPicturePayload, PicturePayload } from '../../api/types';
import { formatCount } from '../../model/format';
import { frameKey, openingFrame, pan } from '../../model/frames';
import {
  cellOf,
  decodePicture,
  elementsOf,
  oddCounts,
  type Picture,
  regionOf,
  summarise,
} from '../../model/pictures';
import { formatSlice, type Range } from '../../model/slices';
import { go, route, useAnswer } from '../../state';
import { formatNumber, MARK, makeScale, type Palette, type Scale } from '../../ui/colours';
import { HeatMap, type Layer, usePalette } from '../../ui/HeatMap';
import { type Arrangement, arrange, type Room, type Sheet, type Spot } from '../../ui/heat';
import { Legend } from '../../ui/Legend';
import { Problem } from '../parts';
import { type Asked, goRoles, readAsked, sizeOf } from '../weights/asked';
import { useLook } from '../weights/look';
import { PictureAxes } from '../weights/PictureAxes';
import { SliceField, useSettled } from '../weights/SliceField';
import { sheetOf, toCells, useRoom, WHOLE, zoomAround } from '../weights/shown';
import type { DrawerProps } from './PairDrawer';

const NAMES = ['before', 'after', 'difference'] as const;
type Name = (typeof NAMES)[number];
const TITLES: Record<Name, string> = {
  before: 'Before',
  after: 'After',
  difference: 'After − before',
};
const GAP_PX = 12;
/** In less room pictures stand one below the other. */
const NARROW_PX = 420;

/** The same slice of both tensors on one scale, and of their difference around zero. */
export function PairPictures(props: DrawerProps) {
  const { table, row } = props;
  const shape = table.columns.shape[row] ?? [];
  const look = useLook();
  const { asked, problem, note } = readAsked(look, shape);
  const { roles, region } = asked;
  const choose = (next: Range[]) => go({ slice: formatSlice(next, shape) }, { replace: true });
  return (
    <div class="values">
      {!problem && <Fetched {...props} asked={asked} onChange={choose} />}
      <div class="slice-line">
        <SliceField text={route.value.slice || formatSlice(region, shape)} problem={problem} />
        <PictureAxes
          region={region}
          shape={shape}
          roles={roles}
          onRoles={(next) => goRoles(look, asked, next)}
          onChange={choose}
        />
      </div>
      {(problem || note) && (
        <p class={`values-note ${problem ? 'bad' : 'muted'}`}>{problem || note}</p>
      )}
    </div>
  );
}

interface FetchedProps extends DrawerProps {
  asked: Asked;
  onChange: (region: Range[]) => void;
}

function Fetched(props: FetchedProps) {
  const { sides, table, row, asked } = props;
  const { region, roles } = asked;
  const { method } = route.value;
  const pair = table.columns.pair[row] ?? 0;
  const settled = useSettled(frameKey(region, roles));
  const [slice = '', axes = ''] = settled.split(' ');
  const size = sizeOf(region, roles);
  const { value, error, retry } = useAnswer(
    `${sides.before} ${sides.after} ${pair} ${settled} ${method}`,
    (client, signal) => client.diffPicture(sides, pair, { slice, axes, method, ...size }, signal),
  );
  // While another frame is on its way the last one stays.
  const last = useRef<{ asked: Asked; payload: DiffPicturePayload } | null>(null);
  if (value && settled === frameKey(region, roles)) last.current = { asked, payload: value };
  if (error?.type === 'Unsupported') return <p class="values-note muted">{error.message}</p>;
  if (error) return <Problem error={error} what="No picture can be made" onRetry={retry} />;
  if (!last.current) return <p class="values-note muted">Drawing…</p>;
  const isStale = last.current.payload !== value;
  return <View {...last.current} isStale={isStale} onChange={props.onChange} />;
}

interface Drawn {
  picture: Picture;
  layers: [Layer];
}

function View(props: {
  asked: Asked;
  payload: DiffPicturePayload;
  isStale: boolean;
  onChange: (region: Range[]) => void;
}) {
  const { asked, payload } = props;
  const box = useRef<HTMLDivElement>(null);
  const room = useRoom(box);
  const palette = usePalette();
  const cursor = useSignal<Spot | null>(null);
  const drawn = useMemo(() => {
    const draw = (of: PicturePayload): Drawn => {
      const picture = decodePicture(of);
      return { picture, layers: [{ cells: toCells(picture), place: WHOLE }] };
    };
    return {
      before: draw(payload.before),
      after: draw(payload.after),
      difference: draw(payload.difference),
    };
  }, [payload]);
  const scales = useMemo(() => scalesOf(payload, route.value.range), [payload, route.value.range]);
  const [{ cells }] = drawn.after.layers;
  const { sheet } = cells;
  const arrangement = useMemo(
    () => arrangeHalf(sheet, room, asked),
    [sheet, room, frameKey(asked.region, asked.roles)],
  );
  const { rows, columns } = payload.after;
  const zoom = (factor: number, spot: Spot | null) => {
    const next = zoomAround(asked, factor, spot, sheet);
    if (next) props.onChange(next);
    return next !== null;
  };
  const shared = {
    sheet,
    arrangement,
    palette,
    cursor: cursor.value,
    block: [rows.block, columns.block] as const,
    onCursor: (spot: Spot | null) => {
      cursor.value = spot;
    },
    onZoom: zoom,
    onPan: (down: number, across: number) =>
      props.onChange(pan(asked.region, asked.shape, asked.roles, [down, across])),
    onWhole: () => props.onChange(wholeOf(asked)),
  };
  return (
    <div class={`picture ${props.isStale ? 'waiting-for-values' : ''}`} ref={box}>
      <div class="pair-pictures">
        {NAMES.map((name) => (
          <figure key={name}>
            <figcaption>{TITLES[name]}</figcaption>
            <HeatMap
              {...shared}
              label={`${TITLES[name]}: ${summarise(payload[name], { count: formatCount, number: formatNumber })}`}
              describedBy="pair-readout"
              layers={drawn[name].layers}
              scale={scales[name]}
            />
          </figure>
        ))}
        <Side {...{ payload, scales, palette, drawn, asked }} cursor={cursor.value} />
      </div>
      <p class="values-note muted">{payload.difference.description}</p>
    </div>
  );
}

/** All of what the axes show, at the indices that are shown of the others. */
function wholeOf({ shape, roles, region }: Asked): Range[] {
  return openingFrame(shape, roles).map((axis, index) =>
    axis.single ? (region[index] ?? axis) : axis,
  );
}

/** Each has half of the width, where there is room for two. */
function arrangeHalf(sheet: Sheet, room: Room, asked: Asked): Arrangement {
  const isNarrow = room.width < NARROW_PX;
  const width = isNarrow ? room.width : Math.floor((room.width - GAP_PX) / 2);
  const whole = sheetOf(wholeOf(asked), asked.roles);
  return arrange(sheet, { width, height: Math.round(room.height * 0.8) }, whole);
}

/** One scale for both tensors; for their difference one that has zero in its middle. */
function scalesOf(payload: DiffPicturePayload, range: string): Record<Name, Scale> {
  const isFull = range === 'full';
  const [low, high] = (isFull ? payload.full_range : payload.robust_range) ?? [0, 0];
  const most = isFull ? payload.full_change : payload.robust_change;
  const both = makeScale(low, high);
  const difference = { ...makeScale(-most, most), diverging: true };
  return { before: both, after: both, difference };
}

/** Beside the difference: what the cursor is on, and what the colours mean. */
function Side(props: {
  payload: DiffPicturePayload;
  scales: Record<Name, Scale>;
  palette: Palette;
  drawn: Record<Name, Drawn>;
  asked: Asked;
  cursor: Spot | null;
}) {
  const { payload, scales, palette } = props;
  const complex = payload.after.dtype.startsWith('complex') ? 'magnitude' : 'value';
  return (
    <div class="pair-side">
      <Readout {...props} />
      <Legend
        scale={payload.full_range && scales.after}
        palette={palette}
        unit={`${complex}, both`}
        marks={marksIn(payload.before, payload.after)}
      />
      <Legend
        scale={scales.difference}
        palette={palette}
        unit={complex === 'value' ? 'after − before' : 'magnitude of after − before'}
        marks={marksIn(payload.difference)}
      />
    </div>
  );
}

function marksIn(...payloads: PicturePayload[]) {
  const counts = new Map<string, { mark: number; name: string; sum: number }>();
  for (const payload of payloads) {
    for (const { kind, name, count } of oddCounts(payload)) {
      const sum = (counts.get(kind)?.sum ?? 0) + count;
      counts.set(kind, { mark: MARK[kind], name, sum });
    }
  }
  return [...counts.values()].map(({ sum, ...mark }) => ({ ...mark, count: formatCount(sum) }));
}

function Readout(props: { drawn: Record<Name, Drawn>; asked: Asked; cursor: Spot | null }) {
  const { drawn, asked, cursor } = props;
  if (!cursor) {
    return (
      <p id="pair-readout" class="muted">
        Point at a cell or use the arrow keys to read it on both sides.
      </p>
    );
  }
  const { picture } = drawn.after;
  const { rows, columns, exact } = picture.payload;
  const block = [rows.block, columns.block] as const;
  const where = formatSlice(regionOf(asked.region, asked.roles, cursor, block), asked.shape);
  return (
    <div id="pair-readout" aria-live="polite">
      <p>
        <code>[{where}]</code>
        {!exact && <span class="muted"> {formatCount(elementsOf(picture, cursor))} elements</span>}
      </p>
      <dl class="pair-readout">
        {NAMES.map((name) => (
          <div key={name}>
            <dt class="muted">{TITLES[name]}</dt>
            <dd class="number">{read(drawn[name].picture, cursor)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function read(picture: Picture, spot: Spot): string {
  const cell = cellOf(picture, spot);
  const value = picture.values[cell] ?? Number.NaN;
  if (!Number.isNaN(value)) return formatNumber(value, 6);
  if (picture.nan[cell]) return 'NaN';
  return picture.posinf[cell] ? 'inf' : '−inf';
}
