import { effect, type ReadonlySignal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import {
  type ChangeRow,
  describeCell,
  describeChanges,
  listChanges,
  runsOf,
  SIGN_WORDS,
  type Sign,
} from '../../model/changes';
import { formatCount, formatQuantity, visibleName } from '../../model/format';
import { nearestPlace, placesOf } from '../../model/lines';
import { commonFolder } from '../../model/prefix';
import { compileSearch } from '../../model/search';
import { route } from '../../state';
import { announce } from '../../ui/announce';
import { readToken } from '../../ui/palette';
import { uniformRows } from '../../ui/rows';
import { VirtualGrid } from '../../ui/VirtualGrid';
import { Name } from '../parts';
import type { LowerProps } from './Lower';
import { findSelected, hovered, isGrouped, nameOfRow, type Shown, select } from './view';

const ROW_PX = 22;
const STRIP_PX = 16;

/** Line and checkpoint under the pointer, and where it is in the map. */
interface Under {
  row: number;
  at: number;
  x: number;
  y: number;
}

/**
 * For each line and checkpoint whether it changed, from checksums alone.
 *
 * The arrow keys move over it: up and down the lines, left and right the selected checkpoint.
 */
export function ChangeMap({ shown, settings }: LowerProps) {
  const active = useSignal(0);
  const box = useRef<HTMLDivElement>(null);
  const under = useSignal<Under | null>(null);
  const selected = findSelected(shown);
  const series = shown[selected?.series ?? 0];
  const rows = useMemo(
    () => (series ? rowsOf(series, settings.grouping, route.value.q) : []),
    [series, settings.grouping, route.value.q],
  );
  const at = selected?.at ?? -1;
  useCursors(box, series, at, settings.axis);
  if (!series) return null;
  const shared = commonFolder(rows.map(({ label }) => label)).length;
  const say = (row: number, place: number) => {
    const one = rows[row];
    const checkpoint = series.rows[place];
    if (one && checkpoint)
      announce(`${one.label} at ${nameOfRow(checkpoint)}: ${describeCell(one, place)}`);
  };
  const onKey = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (!by) return false;
    const to = Math.max(0, Math.min(at + by, series.rows.length - 1));
    select(series.rows[to]);
    say(active.value, to);
    return true;
  };
  return (
    <div class="changes" ref={box}>
      <MapHead series={series} shown={shown} isGrouped={isGrouped(settings)} />
      {!rows.length && <p class="linelist-empty muted">No tensor to show: choose a role above.</p>}
      <VirtualGrid
        role="grid"
        label="What changed at each checkpoint"
        rows={uniformRows(rows.length, ROW_PX)}
        template="minmax(120px, 30%) minmax(200px, 1fr) 104px"
        minWidth={440}
        active={Math.min(active.value, rows.length - 1)}
        onActive={(row) => {
          active.value = row;
          say(row, at);
        }}
        onOpen={(_row, event) => {
          const place = placeUnder(event, series.rows.length);
          if (place !== null) select(series.rows[place]);
        }}
        onKey={onKey}
        rowKey={(row) => rows[row]?.key ?? ''}
        rowProps={(row) => ({
          onPointerMove: (event) => {
            const place = placeUnder(event, series.rows.length);
            const edge = box.current?.getBoundingClientRect();
            under.value =
              place === null || !edge
                ? null
                : { row, at: place, x: event.clientX - edge.left, y: event.clientY - edge.top };
          },
          onPointerLeave: () => {
            under.value = null;
          },
        })}
      >
        {(row) => {
          const one = rows[row];
          return one && <MapRow row={one} series={series} shared={shared} />;
        }}
      </VirtualGrid>
      <Tip under={under} rows={rows} series={series} box={box} />
    </div>
  );
}

function rowsOf(series: Shown, grouping: LowerProps['settings']['grouping'], q: string) {
  const match = compileSearch(q);
  const groups = series.table.groups(grouping, series.roles);
  return listChanges(
    series.table,
    typeof match === 'string' ? [] : groups.filter(({ label }) => match(label)),
  );
}

/** Puts the places of the selected checkpoint and of the pointer's into all strips at once. */
function useCursors(
  box: RefObject<HTMLDivElement | null>,
  series: Shown | undefined,
  at: number,
  axis: 'step' | 'time',
) {
  useEffect(() => {
    const count = series?.rows.length ?? 0;
    const share = (place: number) => (place < 0 ? '-1' : String((place + 0.5) / count));
    box.current?.style.setProperty('--selected', share(at));
    if (!series) return;
    const places = placesOf(series.table.payload.checkpoints, axis);
    return effect(() => {
      const x = hovered.value;
      box.current?.style.setProperty('--over', share(x === null ? -1 : nearestPlace(places, x)));
    });
  }, [series, at, axis]);
}

/** Which checkpoint of the strip is under the pointer; null beside it. */
function placeUnder(event: MouseEvent | KeyboardEvent, count: number): number | null {
  if (!('clientX' in event)) return null;
  const strip = (event.currentTarget as HTMLElement).querySelector('.strip');
  const edge = strip?.getBoundingClientRect();
  if (!edge || event.clientX < edge.left || event.clientX >= edge.right) return null;
  return Math.floor(((event.clientX - edge.left) / edge.width) * count);
}

function MapHead(props: { series: Shown; shown: readonly Shown[]; isGrouped: boolean }) {
  const { series, shown } = props;
  const [first, last] = [series.rows[0], series.rows.at(-1)];
  return (
    <div class="changes-head">
      <span>
        {shown.length > 1 && `${visibleName(series.name)}: `}
        {first && last && `${nameOfRow(first)} to ${nameOfRow(last)}`}
      </span>
      <span class="spring" />
      {(['changed', 'frozen', 'first', 'unknown', 'nan'] as const).map((sign) => (
        <span key={sign} class="changes-sign muted">
          <Strip signs={[sign]} label={null} />
          {SIGN_WORDS[sign]}
        </span>
      ))}
    </div>
  );
}

function MapRow(props: { row: ChangeRow; series: Shown; shared: number }) {
  const { row, series, shared } = props;
  const words = useMemo(
    () =>
      describeChanges(row, (at) => {
        const one = series.rows[at];
        return one ? nameOfRow(one) : '';
      }),
    [row, series],
  );
  return (
    <div class="cells">
      <span role="gridcell" class="line-name">
        <Name name={row.label.slice(shared)} title={visibleName(row.label)} />
      </span>
      <span role="gridcell" class="strip-cell">
        <Strip signs={row.signs} label={words} />
      </span>
      <span
        role="gridcell"
        class="number"
        title={`Changed at ${formatCount(row.changed)} of ${formatQuantity(row.compared, 'checkpoint')} that could be compared`}
      >
        {row.compared ? `${formatCount(row.changed)} of ${formatCount(row.compared)}` : '–'}
      </span>
    </div>
  );
}

/** A strip of signs, told apart by height as well as by colour. */
function Strip({ signs, label }: { signs: readonly Sign[]; label: string | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const draw = () => drawStrip(element, signs);
    draw();
    const sizes = new ResizeObserver(draw);
    sizes.observe(element);
    const themes = new MutationObserver(draw);
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ['class'] });
    return () => {
      sizes.disconnect();
      themes.disconnect();
    };
  }, [signs]);
  return (
    <span class="strip">
      <canvas
        ref={canvas}
        role={label === null ? 'presentation' : 'img'}
        aria-label={label ?? undefined}
      />
    </span>
  );
}

/** Token of the colour, and the height as a share of the strip. */
const LOOKS: Record<Sign, { token: string; height: number }> = {
  changed: { token: '--series-1', height: 0.75 },
  frozen: { token: '--muted', height: 0.125 },
  first: { token: '--series-1', height: 0.4 },
  nan: { token: '--bad', height: 1 },
  unknown: { token: '--line', height: 0.75 },
  absent: { token: '--line', height: 0 },
};
/** Checkpoints narrower than this have no gap between them. */
const GAP_FROM_PX = 5;

function drawStrip(canvas: HTMLCanvasElement, signs: readonly Sign[]) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext('2d');
  if (!width || !context) return;
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const one = canvas.width / signs.length;
  const gap = one / ratio >= GAP_FROM_PX ? ratio : 0;
  const parts = gap ? signs.map((sign, at) => ({ sign, from: at, to: at + 1 })) : runsOf(signs);
  const colours = new Map([...new Set(signs)].map((sign) => [sign, readToken(LOOKS[sign].token)]));
  for (const { sign, from, to } of parts) {
    const tall = Math.round(canvas.height * LOOKS[sign].height);
    context.fillStyle = colours.get(sign) ?? '';
    const left = Math.round(from * one);
    const right = Math.max(left + 1, Math.round(to * one) - gap);
    const bottom = sign === 'frozen' ? (canvas.height + tall) / 2 : canvas.height;
    context.fillRect(left, Math.round(bottom - tall), right - left, tall);
  }
}

/** What is under the pointer. Only this is drawn anew when it moves. */
function Tip(props: {
  under: ReadonlySignal<Under | null>;
  rows: readonly ChangeRow[];
  series: Shown;
  box: RefObject<HTMLDivElement | null>;
}) {
  const { rows, series, box } = props;
  const under = props.under.value;
  const row = rows[under?.row ?? -1];
  const checkpoint = series.rows[under?.at ?? -1];
  if (!under || !row || !checkpoint) return null;
  const width = box.current?.clientWidth ?? 0;
  const side =
    under.x > width / 2 ? { right: `${width - under.x + 12}px` } : { left: `${under.x + 12}px` };
  return (
    <div class="tip" style={{ ...side, top: `${under.y + STRIP_PX}px` }} aria-hidden="true">
      <strong>{nameOfRow(checkpoint)}</strong>
      <span>{visibleName(row.label)}</span>
      <span>{describeCell(row, under.at)}</span>
    </div>
  );
}
