import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';

import { formatCount } from '../../model/format';
import {
  type Axis,
  alignTraces,
  METRIC_WORDS,
  nearestPlace,
  placesOf,
  type Trace,
} from '../../model/lines';
import { formatElapsed, formatTick } from '../../model/numbers';
import { type ChartLine, LineChart } from '../../ui/LineChart';
import { ChartHead } from './ChartHead';
import { nameDrawn, Readout } from './Readout';
import { ScalarHead } from './ScalarHead';
import type { ShownScalar } from './scalars';
import { marksOf, type Places, rangeOf, STEPS, scalarTrace, ticksOf, traceOf } from './traces';
import { TICKS } from './values';
import {
  type Drawn,
  describeSelection,
  findSelected,
  hovered,
  pointed,
  type Settings,
  type Shown,
  select,
  zoom,
} from './view';

/** Heights of the charts in a window: they leave room for the table. */
const scalarPx = (tall: number) => clamp(Math.round(tall * 0.11), 68, 130);
const mainPx = (tall: number) => clamp(Math.round(tall * 0.28), 170, 360);
const AXIS_HELP = { step: 'Training step', time: 'Time since the first checkpoint of its series' };
const SYNC = 'timeline';

export interface ChartsProps {
  shown: readonly Shown[];
  drawn: readonly Drawn[];
  settings: Settings;
  scalar: ShownScalar | null;
}

/** The scalar and the lines of the series, one above the other on the same axis. */
export function Charts(props: ChartsProps) {
  const { shown, drawn, settings, scalar } = props;
  const { axis, isLog, metric } = settings;
  const tall = useWindowHeight();
  const traces = useMemo(
    () => drawn.map((one) => traceOf(shown, one, axis)),
    [shown, axis, drawn.map(({ series, line }) => `${series} ${line.key}`).join()],
  );
  const scalars = useMemo(() => shown.map((series) => scalarTrace(series, axis)), [shown, axis]);
  const places = useMemo(
    () => shown.map(({ table }) => placesOf(table.payload.checkpoints, axis)),
    [shown, axis],
  );
  const looks = drawn.map(({ look }) => look);
  const main = useChart(traces, looks, isLog, places);
  const top = useChart(
    scalars,
    shown.map((_series, index) => ({ slot: shown.length > 1 ? index : 0, dash: 0 })),
    isLog,
    [],
  );
  const range = zoom.value ?? rangeOf([main.xs, top.xs]);
  const row = findSelected(shown);
  const selected = row ? (places[row.series]?.[row.at] ?? null) : null;
  const unit = METRIC_WORDS[metric].unit;
  const marks = useMemo(() => marksOf(shown, axis), [shown, axis]);
  const ticks = useMemo(() => ticksOf(shown, axis), [shown, axis]);
  const shared = {
    range,
    selected,
    sync: SYNC,
    xSteps: STEPS[axis],
    formatX: axis === 'step' ? formatCount : formatElapsed,
    onSelect: (x: number) => selectAt(shown, places, x),
    onZoom: (next: [number, number] | null) => {
      zoom.value = next;
    },
  };
  const hasScalar = scalars.some(({ xs }) => xs.length > 0);
  const isAsking = shown.some(isAskingForScalars);
  return (
    <div class="charts">
      <ScalarHead shown={shown} scalar={scalar} axis={axis} />
      {isAsking && !hasScalar && <div style={{ height: `${scalarPx(tall)}px` }} />}
      {scalar && hasScalar && (
        <LineChart
          {...shared}
          xs={top.xs}
          lines={top.lines}
          height={scalarPx(tall)}
          log={isLog}
          xTicks={false}
          formatY={formatTick}
          onHover={setHovered}
        />
      )}
      <ChartHead settings={settings} />
      <LineChart
        {...shared}
        xs={main.xs}
        lines={main.lines}
        height={mainPx(tall)}
        log={isLog}
        xTicks
        formatY={TICKS[unit]}
        marks={marks}
        ticks={ticks}
        focused={shown.length > 1 ? -1 : drawn.findIndex(({ line }) => line.key === pointed.value)}
        onHover={setHovered}
        slider={{
          label: 'Selected checkpoint',
          now: row ? orderOf(shown, places).indexOf(row) : -1,
          count: orderOf(shown, places).length,
          text: row
            ? `${describeSelection(shown, scalar?.name)}; ${nameDrawn(drawn, row, unit)}`
            : 'none',
          onMove: (to) => select(orderOf(shown, places)[to]),
        }}
      >
        <Readout {...props} places={places} range={range} />
        <span class="axis-title muted" title={AXIS_HELP[axis]}>
          {axis === 'step' ? 'Step' : 'Time'}
        </span>
        {main.isEmpty && <Nothing {...props} />}
      </LineChart>
      <LeftOut places={places} axis={axis} />
    </div>
  );
}

/** Then the room of the chart is kept, so that nothing jumps. */
function isAskingForScalars({ source }: Shown): boolean {
  const { runs, error } = source.scalars.state.value;
  return !error && (!runs || source.scalars.isAsking);
}

function setHovered(x: number | null) {
  hovered.value = x;
}

/**
 * Lines on one axis.
 *
 * @param places Of checkpoints, that are on the axis whether a line has a point there or not.
 */
function useChart(
  traces: readonly Trace[],
  looks: readonly Drawn['look'][],
  isLog: boolean,
  places: readonly (readonly (number | null)[])[],
) {
  const key = looks.map(({ slot, dash }) => `${slot} ${dash}`).join();
  return useMemo(() => {
    const bare = places.map((xs) => ({ xs, ys: [] }));
    const { xs, ys } = alignTraces([...traces, ...bare]);
    const lines = traces.map((_trace, index): ChartLine => {
      const values = ys[index] ?? [];
      const positive = isLog ? values.map((y) => (y != null && y <= 0 ? null : y)) : values;
      return { look: looks[index] ?? { slot: 0, dash: 0 }, values: positive };
    });
    const isEmpty = lines.every(({ values }) => values.every((value) => value == null));
    return { xs, lines, isEmpty };
  }, [traces, isLog, key, places]);
}

/** The checkpoint nearest to a place; of the selected series where several are as near. */
function selectAt(shown: readonly Shown[], places: Places, x: number) {
  const own = findSelected(shown)?.series ?? 0;
  const order = [own, ...shown.keys()];
  let best: { series: number; at: number; distance: number } | undefined;
  for (const series of order) {
    const at = nearestPlace(places[series] ?? [], x);
    const place = places[series]?.[at] ?? null;
    const distance = place === null ? Number.POSITIVE_INFINITY : Math.abs(place - x);
    if (at >= 0 && (!best || distance < best.distance)) best = { series, at, distance };
  }
  if (best) select(shown[best.series]?.rows[best.at]);
}

/** All checkpoints from left to right, for the keyboard. */
function orderOf(shown: readonly Shown[], places: Places) {
  const rows = shown.flatMap((series, index) =>
    series.rows.map((row) => ({ row, x: places[index]?.[row.at] ?? null })),
  );
  const placed = rows.filter(({ x }) => x !== null);
  return placed.sort((a, b) => (a.x ?? 0) - (b.x ?? 0)).map(({ row }) => row);
}

/** Checkpoints that have no place on the axis. */
function LeftOut({ places, axis }: { places: Places; axis: Axis }) {
  const count = places.flat().filter((x) => x === null).length;
  if (!count) return null;
  const who = count === 1 ? '1 checkpoint has' : `${formatCount(count)} checkpoints have`;
  return <p class="left-out muted">{`${who} no ${axis}: only the table has them.`}</p>;
}

/** Height of the window while it has one: of a tab that is not in front it is 0. */
function useWindowHeight(): number {
  const tall = useSignal(innerHeight || 800);
  useEffect(() => {
    const onResize = () => {
      if (innerHeight) tall.value = innerHeight;
    };
    addEventListener('resize', onResize);
    return () => removeEventListener('resize', onResize);
  }, [tall]);
  return tall.value;
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}

/** Says why no line is to be seen. */
function Nothing({ shown, drawn, settings }: ChartsProps) {
  const isRead = shown.every(({ table }) => table.settled);
  const words = !drawn.length
    ? 'No line is chosen: choose some in the list.'
    : !isRead
      ? 'Nothing to draw until the values are read.'
      : settings.isLog
        ? 'No value above zero, so none on a logarithmic scale.'
        : shown.every(({ rows }) => rows.length < 2)
          ? 'A change needs two checkpoints.'
          : 'Nothing is known of these lines.';
  return <p class="chart-nothing muted">{words}</p>;
}
