import { useLayoutEffect, useRef } from 'preact/hooks';
import {
  formatColour,
  formatNumber,
  MARK,
  makeTicks,
  markColour,
  type Palette,
  type Scale,
  shadeOf,
  shadesOf,
} from './colours';
import { hatch } from './paint';

/** A mark that occurs, by its name, and in how many elements. */
export interface Marked {
  mark: number;
  name: string;
  count: string;
}

const STOPS = 24;
const TICKS = 4;
/** Share of the bar that a label of an end takes; no tick is written there. */
const END_SHARE = 0.19;

/** Which colour stands for which number; what is no number has colours of its own. */
export function Legend(props: {
  /** Null where there is no number. */
  scale: Scale | null;
  palette: Palette;
  unit: string;
  marks: readonly Marked[];
}) {
  const { scale, palette, unit } = props;
  return (
    <div class="legend">
      {scale && <Bar scale={scale} palette={palette} unit={unit} />}
      <div class="legend-marks">
        {scale && <span class="muted">{unit}</span>}
        {props.marks.map(({ mark, name, count }) => (
          <span key={mark}>
            <Swatch mark={mark} palette={palette} />
            {name} <span class="muted">{count}</span>
          </span>
        ))}
      </div>
    </div>
  );
}

function Bar({ scale, palette, unit }: { scale: Scale; palette: Palette; unit: string }) {
  const { low, high } = scale;
  const shades = shadesOf(palette, scale);
  const stops = Array.from({ length: STOPS + 1 }, (_, at) => {
    const value = low + (high / STOPS - low / STOPS) * at;
    return formatColour(shades[shadeOf(scale, value)] ?? palette.ink);
  });
  return (
    <div
      class={`legend-bar ${high > low ? '' : 'constant'}`}
      role="img"
      aria-label={describe(unit, scale)}
    >
      <div style={{ background: `linear-gradient(to right, ${stops.join(', ')})` }} />
      <div class="legend-ticks" aria-hidden="true">
        <span class="first">{formatNumber(low, 3)}</span>
        {high > low && (
          <>
            {ticksOf(scale).map(([tick, share]) => (
              <span key={tick} style={{ left: `${share * 100}%` }}>
                {formatNumber(tick, 3)}
              </span>
            ))}
            <span class="last" style={{ left: '100%' }}>
              {formatNumber(high, 3)}
            </span>
          </>
        )}
      </div>
    </div>
  );
}

function describe(unit: string, { low, high }: Scale): string {
  return `Colours: ${unit}, from ${formatNumber(low)} to ${formatNumber(high)}`;
}

function ticksOf({ low, high }: Scale): [tick: number, share: number][] {
  return makeTicks(low, high, TICKS)
    .map((tick): [number, number] => [tick, (tick / 2 - low / 2) / (high / 2 - low / 2)])
    .filter(([, share]) => share > END_SHARE && share < 1 - END_SHARE);
}

function Swatch({ mark, palette }: { mark: number; palette: Palette }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.reset();
    context.fillStyle = formatColour(markColour(palette, mark));
    context.fillRect(0, 0, 14, 12);
    if (mark !== MARK.nan) hatch(context, 14, 12, mark, palette);
  }, [mark, palette]);
  return <canvas ref={canvas} width={14} height={12} />;
}
