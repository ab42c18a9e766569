import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { type Bar, type Bars, type Bins, binsOfQuantiles, binsWithin, makeBars } from './bars';
import { downloadSvg } from './download';
import { Icon } from './Icon';

const HEIGHT = 128;
/** Below the bars, for the ends of the range. */
const FOOT = 18;
/** With fewer bars than this inside the quantiles, the quantiles themselves tell more. */
const FEW = 8;

export interface HistogramProps {
  bins: Bins;
  /** Share of values below, and the value there, ascending. */
  quantiles: readonly (readonly [share: number, value: number])[];
  /** What the values are, for the name of a download and for screen readers. */
  name: string;
  formatNumber: (value: number) => string;
  formatCount: (count: number) => string;
}

/** Bars by their true edges. The pointer, or the arrow keys, read one out. */
export function Histogram(props: HistogramProps) {
  const log = useSignal(false);
  const robust = useSignal(false);
  const at = useSignal(-1);
  const picture = useRef<SVGSVGElement>(null);
  const inner = props.quantiles.filter(([share]) => share >= 0.01 && share <= 0.99);
  const [bins, isOfQuantiles] = robust.value ? focus(props.bins, inner) : [props.bins, false];
  const drawn = makeBars(bins, log.value);
  const total = props.bins.counts.reduce((sum, count) => sum + count, 0);
  const low = robust.value ? (inner[0]?.[1] ?? 0) : (bins.edges[0] ?? 0);
  const high = robust.value ? (inner.at(-1)?.[1] ?? 0) : (bins.edges.at(-1) ?? 0);
  const switchTo = (which: { value: boolean }) => {
    which.value = !which.value;
    at.value = -1;
  };
  const hovered = drawn.bars[at.value];
  return (
    <div class="histogram">
      <Plot {...{ props, drawn, low, high, at, picture }} />
      <div class="histogram-foot">
        <span class={hovered ? '' : 'muted'}>
          {hovered ? readOut(hovered, total, props) : explain(drawn, isOfQuantiles, log.value)}
        </span>
        <label>
          <input type="checkbox" checked={log.value} onChange={() => switchTo(log)} /> Log scale
        </label>
        {inner.length > 1 && (
          <label title="From the 1 % quantile to the 99 % quantile">
            <input type="checkbox" checked={robust.value} onChange={() => switchTo(robust)} />{' '}
            Middle 98 %
          </label>
        )}
        <button
          type="button"
          class="plain small"
          title="Download this picture"
          onClick={() => picture.current && downloadSvg(picture.current, `${props.name}.svg`)}
        >
          <Icon name="download" />
          SVG
        </button>
      </div>
      <Table bars={drawn.bars} total={total} props={props} />
    </div>
  );
}

/** The bins between the outer quantiles, or bins between quantiles where those are too few. */
function focus(bins: Bins, inner: HistogramProps['quantiles']): [Bins, boolean] {
  const inside = binsWithin(bins, inner[0]?.[1] ?? 0, inner.at(-1)?.[1] ?? 0);
  if (inside.counts.length >= FEW) return [inside, false];
  const coarse = binsOfQuantiles(
    inner,
    bins.counts.reduce((sum, count) => sum + count, 0),
  );
  return coarse.counts.length > 1 ? [coarse, true] : [inside, false];
}

function explain({ bars, by }: Bars, isOfQuantiles: boolean, log: boolean): string {
  const what = isOfQuantiles
    ? 'Bars between quantiles'
    : `${bars.length} ${bars.length === 1 ? 'bin' : 'bins'}`;
  const height = by === 'count' ? 'height is count' : 'height is count by width';
  return `${what}, ${height}${log ? ', logarithmic' : ''}`;
}

function readOut(bar: Bar, total: number, props: HistogramProps): string {
  const range = `${props.formatNumber(bar.low)} to ${props.formatNumber(bar.high)}`;
  return `${range}: ${props.formatCount(bar.count)} (${percent(bar.count, total)})`;
}

function percent(count: number, total: number): string {
  const share = (100 * count) / (total || 1);
  return `${share && share < 0.1 ? '< 0.1' : share.toFixed(1)} %`;
}

function Plot(own: {
  props: HistogramProps;
  drawn: Bars;
  low: number;
  high: number;
  at: { value: number };
  picture: { current: SVGSVGElement | null };
}) {
  const { props, drawn, low, high, at, picture } = own;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const x = (value: number) => {
    if (high === low) return value <= low ? width / 2 - 4 : width / 2 + 4;
    return Math.min(1, Math.max(0, (value - low) / (high - low))) * width;
  };
  const { bars } = drawn;
  const place = (event: PointerEvent) => {
    const from = event.clientX - (box.current?.getBoundingClientRect().left ?? 0);
    at.value = bars.findIndex(
      (bar) => from >= x(bar.low) && from < Math.max(x(bar.high), x(bar.low) + 1),
    );
  };
  const chosen = bars[at.value];
  const total = props.bins.counts.reduce((sum, count) => sum + count, 0);
  return (
    <div
      ref={box}
      class="histogram-plot"
      role="slider"
      tabIndex={0}
      aria-label={`Histogram of ${props.name}`}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, bars.length - 1)}
      aria-valuenow={Math.max(0, at.value)}
      aria-valuetext={chosen ? readOut(chosen, total, props) : `${bars.length} bins`}
      onPointerMove={place}
      onPointerLeave={() => {
        at.value = -1;
      }}
      onBlur={() => {
        at.value = -1;
      }}
      onKeyDown={(event) => {
        const to = moveBy(event.key, at.value, bars.length);
        if (to === undefined) return;
        event.preventDefault();
        at.value = to;
      }}
    >
      <svg ref={picture} width={width} height={HEIGHT + FOOT} aria-hidden="true">
        <path class="histogram-bars" d={pathOf(bars, x)} />
        {chosen && <path class="histogram-chosen" d={pathOf([chosen], x, 3)} />}
        <path class="histogram-axis" d={`M0 ${HEIGHT + 0.5}H${width}`} />
        <text x="0" y={HEIGHT + 14}>
          {props.formatNumber(low)}
        </text>
        {low < 0 && high > 0 && <Zero x={x(0)} width={width} />}
        {low !== high && (
          <text x={width} y={HEIGHT + 14} text-anchor="end">
            {props.formatNumber(high)}
          </text>
        )}
      </svg>
    </div>
  );
}

/** Where zero is, unless its mark would run into those of the ends. */
function Zero({ x, width }: { x: number; width: number }) {
  if (x < 80 || x > width - 80) return null;
  return (
    <>
      <path class="histogram-axis" d={`M${x.toFixed(1)} ${HEIGHT}v4`} />
      <text x={x} y={HEIGHT + 14} text-anchor="middle">
        0
      </text>
    </>
  );
}

/** Filled bars have at least a line's height; `least` is that height. */
function pathOf(bars: readonly Bar[], x: (value: number) => number, least = 1): string {
  const parts = bars.map((bar) => {
    const height = bar.count ? Math.max(least, bar.height * (HEIGHT - 4)) : least > 1 ? least : 0;
    if (!height) return '';
    const [left, right] = [x(bar.low), x(bar.high)];
    // A gap of a pixel tells bars apart where there is room for it.
    const end = right - left > 3 ? right - 1 : Math.max(right, left + 0.5);
    return `M${left.toFixed(1)} ${HEIGHT}V${(HEIGHT - height).toFixed(1)}H${end.toFixed(1)}V${HEIGHT}z`;
  });
  return parts.join('');
}

function moveBy(key: string, at: number, count: number): number | undefined {
  const moves: Record<string, number> = {
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    Home: 0,
    End: count - 1,
  };
  const to = moves[key];
  return to === undefined ? undefined : Math.max(0, Math.min(to, count - 1));
}

/** The same as a table, for those who do not see the picture, or want the numbers. */
function Table({ bars, total, props }: { bars: Bar[]; total: number; props: HistogramProps }) {
  const open = useSignal(false);
  return (
    <details
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>As a table</summary>
      {open.value && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
        <div class="histogram-table" tabIndex={0} role="region" aria-label="Bins">
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col">To</th>
                <th scope="col">Count</th>
                <th scope="col">Share</th>
              </tr>
            </thead>
            <tbody>
              {bars.map((bar) => (
                <tr key={bar.low}>
                  <td title={String(bar.low)}>{props.formatNumber(bar.low)}</td>
                  <td title={String(bar.high)}>{props.formatNumber(bar.high)}</td>
                  <td>{props.formatCount(bar.count)}</td>
                  <td>{percent(bar.count, total)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

function useWidth(box: { current: HTMLElement | null }): number {
  const width = useSignal(400);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      if (element.clientWidth) width.value = element.clientWidth;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box, width]);
  return width.value;
}
