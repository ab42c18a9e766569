import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import uplotCss from 'uplot/dist/uPlot.min.css?inline';
import css from './linechart.css?inline';
import { dashOf, type Look, readToken, shapePath, tokenOf } from './palette';
import { adoptStyles } from './styles';

adoptStyles(uplotCss);
adoptStyles(css);

export interface ChartLine {
  look: Look;
  /** A value for each place of `xs`: null is a gap, undefined no point of this line. */
  values: (number | null | undefined)[];
}

/** A place on the x axis that is named. */
export interface ChartMark {
  x: number;
  word: string;
}

/** A sign on the x axis: a point that is there, one that is gone, and one that is special. */
export interface ChartTick {
  x: number;
  sign: 'there' | 'gone' | 'special';
}

export interface ChartProps {
  xs: number[];
  lines: readonly ChartLine[];
  /** What of the x axis shows. */
  range: readonly [number, number];
  height: number;
  /** Whether the y axis is logarithmic; then all values are above 0. */
  log?: boolean;
  xTicks: boolean;
  /** Steps that ticks of the x axis may have. */
  xSteps: number[];
  formatX: (x: number) => string;
  formatY: (y: number, step: number) => string;
  marks?: readonly ChartMark[];
  ticks?: readonly ChartTick[];
  selected: number | null;
  /** Line that stands out, or -1. */
  focused?: number;
  /** Charts of one name share their cursor. */
  sync: string;
  /** Where the pointer is, on the x axis. */
  onHover?: (x: number | null) => void;
  onSelect: (x: number) => void;
  /** A range was drawn with the pointer; null shows all again. */
  onZoom: (range: [number, number] | null) => void;
  /** Read and moved by the keyboard. */
  slider?: ChartSlider;
  children?: ComponentChildren;
}

export interface ChartSlider {
  label: string;
  now: number;
  count: number;
  text: string;
  onMove: (to: number) => void;
}

/** Room for the numbers of the y axis, so that charts above each other line up. */
const Y_AXIS_PX = 66;
const X_AXIS_PX = 26;
/** Half of the widest number below the x axis. */
const RIGHT_PX = 30;
/** Points closer than this on average get a shape now and then only. */
const CROWDED_PX = 14;
const SHAPE_EVERY_PX = 64;
/** Closer than this ticks are a bar that says nothing. */
const CROWDED_TICKS_PX = 4;

/** Lines on a canvas. One place on the x axis can be selected: by pointer, or as a slider by key. */
export function LineChart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const looks = props.lines.map(({ look }) => `${look.slot} ${look.dash}`).join();
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const plot = new uPlot(
      optionsFor(latest, element.clientWidth),
      dataOf(latest.current),
      element,
    );
    chart.current = plot;
    const stop = followSizeAndTheme(element, plot, latest);
    return () => {
      stop();
      plot.destroy();
      chart.current = null;
    };
  }, [looks, props.log, props.height, props.xTicks, props.sync]);
  useLayoutEffect(() => {
    chart.current?.setData(dataOf(latest.current));
  }, [props.xs, props.lines, props.range[0], props.range[1], props.formatX, props.formatY]);
  useLayoutEffect(() => {
    chart.current?.redraw(false, false);
  }, [props.selected, props.marks, props.ticks]);
  const focused = props.focused ?? -1;
  useLayoutEffect(() => {
    if (focused < 0) chart.current?.setSeries(null, { focus: true }, false);
    else chart.current?.setSeries(focused + 1, { focus: true }, false);
  }, [focused]);
  return (
    <div class="linechart" {...sliderProps(props.slider)}>
      <div ref={box} style={{ height: `${props.height}px` }} />
      {props.children}
    </div>
  );
}

function sliderProps(slider: ChartSlider | undefined) {
  if (!slider) return {};
  const { now, count, onMove } = slider;
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowLeft: now - 1,
      ArrowDown: now - 1,
      ArrowRight: now + 1,
      ArrowUp: now + 1,
      PageDown: now - 10,
      PageUp: now + 10,
      Home: 0,
      End: count - 1,
    };
    const to = moves[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    onMove(Math.max(0, Math.min(to, count - 1)));
  };
  return {
    role: 'slider' as const,
    tabIndex: 0,
    'aria-label': slider.label,
    'aria-valuemin': 0,
    'aria-valuemax': Math.max(count - 1, 0),
    'aria-valuenow': Math.max(now, 0),
    'aria-valuetext': slider.text,
    onKeyDown,
  };
}

type Latest = { current: ChartProps };

function dataOf({ xs, lines }: ChartProps): uPlot.AlignedData {
  return [xs, ...lines.map((line) => line.values)];
}

function followSizeAndTheme(element: HTMLElement, plot: uPlot, latest: Latest) {
  const sizes = new ResizeObserver(() => {
    const { clientWidth: width } = element;
    // A tab that is not in front has no size.
    if (width && width !== plot.width) plot.setSize({ width, height: latest.current.height });
  });
  sizes.observe(element);
  const themes = new MutationObserver(() => plot.redraw(false, true));
  themes.observe(document.documentElement, { attributes: true, attributeFilter: ['class'] });
  return () => {
    sizes.disconnect();
    themes.disconnect();
  };
}

function optionsFor(latest: Latest, width: number): uPlot.Options {
  const { lines, height, log, sync } = latest.current;
  return {
    width: width || 600,
    height,
    padding: [8, RIGHT_PX, latest.current.xTicks ? 0 : 6, 0],
    legend: { show: false },
    focus: { alpha: 0.2 },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      sync: { key: sync, scales: ['x', null], setSeries: false },
      points: { size: 8, width: 2, fill: () => readToken('--page') },
    },
    scales: {
      x: { time: false, range: () => [...latest.current.range] as uPlot.Range.MinMax },
      y: log ? { distr: 3 } : { range: (_plot, least, most) => roomFor(least, most) },
    },
    axes: [xAxis(latest), yAxis(latest)],
    series: [{}, ...lines.map(seriesFor)],
    hooks: {
      drawAxes: [(plot) => drawMarks(plot, latest.current)],
      drawSeries: [(plot, index) => drawShapes(plot, index, latest.current)],
      setCursor: [(plot) => tellHover(plot, latest.current)],
      setSelect: [(plot) => tellZoom(plot, latest.current)],
      ready: [(plot) => listen(plot, latest)],
    },
  };
}

/** A little more than the values need; all equal ones get a scale of their own size. */
function roomFor(least: number | null, most: number | null): uPlot.Range.MinMax {
  if (least === null || most === null) return [0, 1];
  if (least !== most) return uPlot.rangeNum(least, most, 0.1, true);
  return least === 0 ? [0, 1] : least > 0 ? [0, least * 2] : [least * 2, 0];
}

function seriesFor({ look }: ChartLine): uPlot.Series {
  return {
    width: 2,
    dash: [...dashOf(look)],
    stroke: () => readToken(tokenOf(look)),
    points: { show: false },
  };
}

function axisLooks() {
  const line = { stroke: () => readToken('--line-soft'), width: 1 };
  return {
    font: `12px ${getComputedStyle(document.documentElement).fontFamily}`,
    stroke: () => readToken('--muted'),
    grid: line,
    ticks: { ...line, size: 4 },
  };
}

function xAxis(latest: Latest): uPlot.Axis {
  const { xTicks } = latest.current;
  return {
    ...axisLooks(),
    size: xTicks ? X_AXIS_PX : 0,
    gap: 4,
    space: 84,
    incrs: () => latest.current.xSteps,
    values: (_plot, places) =>
      places.map((x) => (latest.current.xTicks ? latest.current.formatX(x) : '')),
  };
}

function yAxis(latest: Latest): uPlot.Axis {
  return {
    ...axisLooks(),
    size: Y_AXIS_PX,
    gap: 6,
    space: 32,
    values: (_plot, values, _axis, _space, step) =>
      values.map((value) => {
        if (value === null) return '';
        return latest.current.formatY(value, latest.current.log ? Math.abs(value) : step);
      }),
  };
}

function listen(plot: uPlot, latest: Latest) {
  // uPlot itself stops the click that ends a drag.
  plot.over.addEventListener('click', () => {
    const { left } = plot.cursor;
    if (left !== undefined && left >= 0) latest.current.onSelect(plot.posToVal(left, 'x'));
  });
  plot.over.addEventListener('dblclick', () => latest.current.onZoom(null));
}

function tellHover(plot: uPlot, { onHover }: ChartProps) {
  const { left, idx } = plot.cursor;
  const isInside = left !== undefined && left >= 0 && idx != null;
  onHover?.(isInside ? (plot.data[0][idx] ?? null) : null);
}

function tellZoom(plot: uPlot, { onZoom }: ChartProps) {
  const { left, width } = plot.select;
  if (width < 4) return;
  onZoom([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

/** The selected place, named places, and signs of the points on the axis; all under the lines. */
function drawMarks(plot: uPlot, { selected, marks, ticks }: ChartProps) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `500 ${11 * ratio}px ${getComputedStyle(document.documentElement).fontFamily}`;
  ctx.textBaseline = 'top';
  if (selected !== null) upright(plot, selected, readToken('--accent-fill'), []);
  for (const { x, word } of marks ?? []) {
    const at = upright(plot, x, readToken('--bad'), [4 * ratio, 3 * ratio]);
    if (at === null) continue;
    const isLeft = at + ctx.measureText(word).width + 8 * ratio < bbox.left + bbox.width;
    ctx.textAlign = isLeft ? 'left' : 'right';
    ctx.fillStyle = readToken('--bad');
    ctx.fillText(word, at + (isLeft ? 4 : -4) * ratio, bbox.top);
  }
  const isCrowded = (ticks?.length ?? 0) * CROWDED_TICKS_PX * ratio > bbox.width;
  for (const tick of ticks ?? []) {
    if (!isCrowded || tick.sign !== 'there') drawTick(plot, tick);
  }
  ctx.restore();
}

/** Draws a line over the whole height; null where it is out of sight. */
function upright(plot: uPlot, x: number, colour: string, dash: number[]): number | null {
  const { ctx, bbox } = plot;
  const at = Math.round(plot.valToPos(x, 'x', true));
  if (at < bbox.left || at > bbox.left + bbox.width) return null;
  ctx.beginPath();
  ctx.setLineDash(dash);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.moveTo(at, bbox.top);
  ctx.lineTo(at, bbox.top + bbox.height);
  ctx.stroke();
  ctx.setLineDash([]);
  return at;
}

/** Shapes of signs: those of the slots of a cross and a diamond. */
const GONE: Look = { slot: 6, dash: 0 };
const SPECIAL: Look = { slot: 3, dash: 0 };

function drawTick(plot: uPlot, { x, sign }: ChartTick) {
  const { ctx, bbox } = plot;
  const at = plot.valToPos(x, 'x', true);
  if (at < bbox.left - 1 || at > bbox.left + bbox.width + 1) return;
  const ratio = devicePixelRatio;
  const bottom = bbox.top + bbox.height;
  ctx.fillStyle = readToken('--muted');
  if (sign === 'there') ctx.fillRect(at - ratio / 2, bottom - 5 * ratio, ratio, 5 * ratio);
  else {
    const look = sign === 'gone' ? GONE : SPECIAL;
    ctx.fill(new Path2D(shapePath(look, at, bottom - 5 * ratio, 4 * ratio)));
  }
}

/** The shape of a line at its points: at each where there is room, else now and then. */
function drawShapes(plot: uPlot, index: number, { lines }: ChartProps) {
  const line = lines[index - 1];
  const series = plot.series[index];
  if (!line || !series) return;
  const [first, last] = series.idxs ?? [0, -1];
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const isCrowded = (last - first) * CROWDED_PX * ratio > bbox.width;
  const gap = isCrowded ? SHAPE_EVERY_PX * ratio : 0;
  // Lines start apart, so that their shapes do not lie on each other.
  let next = bbox.left + (isCrowded ? ((index * 23) % SHAPE_EVERY_PX) * ratio : 0);
  const path = new Path2D();
  for (let at = first; at <= last; at++) {
    const value = line.values[at];
    if (value == null) continue;
    const x = plot.valToPos(plot.data[0][at] ?? 0, 'x', true);
    if (x < next - 1) continue;
    next = x + gap;
    path.addPath(new Path2D(shapePath(line.look, x, plot.valToPos(value, 'y', true), 3.4 * ratio)));
  }
  ctx.save();
  ctx.globalAlpha = series.alpha ?? 1;
  ctx.fillStyle = readToken(tokenOf(line.look));
  ctx.fill(path);
  ctx.restore();
}
