import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { PicturePayload } from '../../api/types';
import { formatCount, visibleName } from '../../model/format';
import { openingFrame, pan } from '../../model/frames';
import { oddCounts, type Picture, readRange, summarise } from '../../model/pictures';
import { formatSlice, type Range } from '../../model/slices';
import { Segments } from '../../ui/Chips';
import { formatNumber, MARK, makeScale, type Scale } from '../../ui/colours';
import { HeatMap, usePalette } from '../../ui/HeatMap';
import type { Arrangement, Sheet, Spot } from '../../ui/heat';
import { Icon } from '../../ui/Icon';
import { Legend } from '../../ui/Legend';
import type { Asked } from './asked';
import { type Held, placeKey, useLook } from './look';
import { PictureFiles } from './PictureFiles';
import { Readout } from './Readout';
import { follow, type Shown, sheetOf, useRoom, useShown, useSteady, zoomAround } from './shown';
import { Take } from './Take';

const METHODS = [
  ['', 'Mean'],
  ['absmax', 'Largest'],
] as const;

const RANGES = [
  ['', 'Robust'],
  ['full', 'Full'],
  ['kept', 'Keep'],
] as const;

const CLOSER = 0.5;

interface ViewProps {
  asked: Asked;
  /** Of what is asked for; while it is on its way, what is here of it is shown. */
  picture: Picture | undefined;
  held: Held;
  onChange: (region: Range[]) => void;
}

/** The heat map with its legend, what is under the pointer, and what it shows in words. */
export function PictureView(props: ViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const room = useRoom(box);
  const shown = useShown(props.asked, props.picture);
  const frame = shown?.frame ?? props.asked;
  const sheet = sheetOf(frame.region, frame.roles);
  const whole = sheetOf(wholeOf(frame), frame.roles);
  const arrangement = useSteady(sheet, whole, room);
  useEffect(() => (shown ? keepInView(box.current) : undefined), [shown === null]);
  return (
    <div class="picture" ref={box}>
      {shown ? (
        <Drawn {...props} shown={shown} sheet={sheet} arrangement={arrangement} />
      ) : (
        <div style={{ height: `${arrangement.height}px` }} />
      )}
    </div>
  );
}

/**
 * Who asks for a picture sees it, whatever else the drawer tells above, now or in a moment; until a
 * person does something there.
 */
function keepInView(box: HTMLElement | null) {
  const drawer = box?.closest('.drawer');
  if (!box || !drawer) return;
  const look = () => {
    const below = box.getBoundingClientRect().bottom > drawer.getBoundingClientRect().bottom;
    if (below) drawer.querySelector('.shown-as')?.scrollIntoView({ block: 'start' });
  };
  const stop = new AbortController();
  const observer = new ResizeObserver(look);
  for (const part of drawer.children) observer.observe(part);
  stop.signal.addEventListener('abort', () => observer.disconnect());
  for (const act of ['wheel', 'pointerdown', 'keydown']) {
    drawer.addEventListener(act, () => stop.abort(), { signal: stop.signal, passive: true });
  }
  return () => stop.abort();
}

function Drawn(props: ViewProps & { shown: Shown; sheet: Sheet; arrangement: Arrangement }) {
  const { asked, held, picture, shown, sheet, arrangement } = props;
  const { payload } = shown.current;
  const { range } = useLook().value;
  const cursor = useSignal<Spot | null>(null);
  const palette = usePalette();
  const scale = useMemo(() => makeScale(...readRange(range, payload)), [payload, range]);
  const summary = `picture-summary ${placeKey(held.at)}`.replace(/\s/g, '-');
  const change = (next: Range[] | null) => {
    if (!next) return false;
    cursor.value = cursor.value && follow(cursor.value, asked, next);
    props.onChange(next);
    return true;
  };
  const moves = {
    onZoom: (factor: number, spot: Spot | null) => change(zoomAround(asked, factor, spot, sheet)),
    onPan: (rows: number, columns: number) => {
      const by = panOf(sheet, arrangement, rows, columns);
      change(pan(asked.region, asked.shape, asked.roles, by));
    },
    onWhole: () => change(wholeOf(asked)),
  };
  const legend = {
    scale: payload.full_range ? scale : null,
    palette,
    unit: unitOf(shown.current),
    marks: marksIn(shown.current),
  };
  return (
    <>
      <Tools {...props} scale={scale} cursor={cursor.value} {...moves} />
      <div class={shown.stale ? 'waiting-for-values' : ''}>
        <HeatMap
          label={`Heat map of ${visibleName(held.name)}`}
          describedBy={summary}
          sheet={sheet}
          arrangement={arrangement}
          layers={shown.layers}
          scale={scale}
          palette={palette}
          cursor={cursor.value}
          block={[payload.rows.block, payload.columns.block]}
          onCursor={(spot) => {
            cursor.value = spot;
          }}
          {...moves}
        />
      </div>
      <Readout asked={asked} at={held.at} picture={picture} cursor={cursor.value} />
      <Legend {...legend} />
      <p class="values-note muted" id={summary}>
        {summarise(payload, { count: formatCount, number: formatNumber })} {payload.description}{' '}
        {describeRange(range, scale, payload)}
      </p>
      <Take held={held} region={asked.region}>
        <PictureFiles {...props} {...legend} scale={scale} ready={picture !== undefined} />
      </Take>
    </>
  );
}

function Tools(
  props: ViewProps & {
    shown: Shown;
    scale: Scale;
    cursor: Spot | null;
    onZoom: (factor: number, spot: Spot | null) => boolean;
    onWhole: () => void;
  },
) {
  const look = useLook();
  const { range, method } = look.value;
  const kept = range !== '' && range !== 'full';
  const { low, high } = props.scale;
  const { asked } = props;
  const isWhole =
    formatSlice(wholeOf(asked), asked.shape) === formatSlice(asked.region, asked.shape);
  return (
    <div class="picture-tools">
      <Segments
        label="Range of the colours"
        options={RANGES}
        value={kept ? 'kept' : range === 'full' ? 'full' : ''}
        onChange={(next) => look.go({ range: next === 'kept' ? `${low}:${high}` : next })}
      />
      {!props.shown.current.payload.exact && (
        <Segments
          label="What a cell shows"
          options={METHODS}
          value={method === 'absmax' ? 'absmax' : ''}
          onChange={(next) => look.go({ method: next })}
        />
      )}
      <span class="spring" />
      <ToolButton
        icon="minus"
        label="Zoom out (-)"
        onClick={() => props.onZoom(1 / CLOSER, null)}
      />
      <ToolButton icon="plus" label="Zoom in (+)" onClick={() => props.onZoom(CLOSER, null)} />
      <ToolButton icon="whole" label="Show all (0)" onClick={props.onWhole} disabled={isWhole} />
    </div>
  );
}

function ToolButton(props: {
  icon: 'minus' | 'plus' | 'whole';
  label: string;
  onClick: () => void;
  disabled?: boolean;
}) {
  return (
    <button
      type="button"
      class="plain square small"
      title={props.label}
      aria-label={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** All of what the axes show, at the indices that are shown of the others. */
function wholeOf({ shape, roles, region }: Asked): Range[] {
  return openingFrame(shape, roles).map((axis, index) =>
    axis.single ? (region[index] ?? axis) : axis,
  );
}

/** Tiles of a single axis are broken into lines: one line further is many tiles. */
function panOf(
  sheet: Sheet,
  { perLine }: Arrangement,
  rows: number,
  columns: number,
): [vertical: number, horizontal: number] {
  if (sheet.down * sheet.across === 1) return [rows, columns];
  const along = rows * perLine + columns;
  if (sheet.across === 1) return [along, 0];
  return sheet.down === 1 ? [0, along] : [rows, columns];
}

function unitOf({ payload }: Picture): string {
  const { rows, columns, method, exact, dtype } = payload;
  const thing = dtype.startsWith('complex') ? 'magnitude' : 'value';
  if (exact) return thing;
  const size = `${formatCount(rows.block)} × ${formatCount(columns.block)}`;
  return method === 'mean' ? `mean of ${size}` : `farthest from zero of ${size}`;
}

function marksIn({ payload }: Picture) {
  return oddCounts(payload).map(({ kind, name, count }) => ({
    mark: MARK[kind],
    name,
    count: formatCount(count),
  }));
}

function describeRange(range: string, { low, high }: Scale, { full_range }: PicturePayload) {
  if (!full_range || full_range[0] === full_range[1]) return '';
  const ends = `Colours reach from ${formatNumber(low)} to ${formatNumber(high)}`;
  if (range === 'full') return `${ends}, the least and the largest cell.`;
  return range
    ? `${ends}, as kept; cells beyond have the colour of that end.`
    : `${ends}, the 1st and the 99th percentile of the cells.`;
}
