import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Palette, Scale } from './colours';
import { readPalette } from './colours';
import {
  type Arrangement,
  moveSpot,
  type Sheet,
  type Spot,
  spotAt,
  tileOf,
  tilePlace,
} from './heat';
import css from './heat.css?inline';
import { type Cells, type Place, paint, paintFrames } from './paint';
import { adoptStyles } from './styles';

adoptStyles(css);

/** Cells, and where they lie in what is shown. */
export interface Layer {
  cells: Cells;
  place: Place;
}

export interface HeatMapProps {
  label: string;
  describedBy: string;
  /** What is shown: its elements, whether their cells are here or not. */
  sheet: Sheet;
  arrangement: Arrangement;
  /** Drawn one over the other. */
  layers: readonly Layer[];
  scale: Scale;
  palette: Palette;
  /** Element that the pointer or the keyboard is on. */
  cursor: Spot | null;
  /** Elements of the cell that it is in, down and across. */
  block: readonly [rows: number, columns: number];
  onCursor: (spot: Spot | null) => void;
  /** By a factor (below 1: closer) around a spot; tells whether anything changed. */
  onZoom: (factor: number, spot: Spot | null) => boolean;
  /** By elements, or by tiles where there are several. */
  onPan: (rows: number, columns: number) => void;
  onWhole: () => void;
}

const ZOOM = 0.8;
const WHEEL_PX = 240;
const CLICK_PX = 4;

/**
 * A picture of numbers with a cursor; it knows nothing of what they are.
 *
 * Arrow keys move the cursor, with Shift what is shown; plus, minus and 0 zoom.
 */
export function HeatMap(props: HeatMapProps) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const grabbed = useSignal(false);
  useWheel(box, latest);
  const { width, height } = props.arrangement;
  return (
    <div
      ref={box}
      class={`heat ${grabbed.value ? 'grabbed' : ''}`}
      style={{ width: `${width}px`, height: `${height}px` }}
      role="application"
      aria-roledescription="heat map"
      aria-label={props.label}
      aria-describedby={props.describedBy}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: its role is interactive.
      tabIndex={0}
      onKeyDown={(event) => onKey(event, props)}
      {...usePointer(latest, grabbed)}
    >
      <Painted {...props} />
      <Cursor {...props} />
    </div>
  );
}

/** The colours of the theme, read anew when it changes. */
export function usePalette(): Palette {
  const theme = useSignal('');
  useEffect(() => {
    const root = document.documentElement;
    const check = () => {
      theme.value = root.className;
    };
    const observer = new MutationObserver(check);
    observer.observe(root, { attributes: true, attributeFilter: ['class'] });
    check();
    return () => observer.disconnect();
  }, [theme]);
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    return readPalette((name) => style.getPropertyValue(name));
  }, [theme.value]);
}

/** The cells alone. */
export function Painted(
  props: Pick<HeatMapProps, 'sheet' | 'arrangement' | 'layers' | 'scale' | 'palette'>,
) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { sheet, arrangement, layers, scale, palette } = props;
  const { width, height } = arrangement;
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const ratio = devicePixelRatio || 1;
    context.canvas.width = Math.round(width * ratio);
    context.canvas.height = Math.round(height * ratio);
    context.scale(ratio, ratio);
    if (arrangement.gap) paintFrames(context, sheet, arrangement, palette);
    for (const { cells, place } of layers)
      paint(context, cells, place, arrangement, scale, palette);
  }, [arrangement, layers, scale, palette]);
  return <canvas ref={canvas} style={{ width: `${width}px`, height: `${height}px` }} />;
}

/** A frame around the cell of the cursor. */
function Cursor({ sheet, arrangement, cursor, block }: HeatMapProps) {
  if (!cursor) return null;
  const [x, y] = tilePlace(arrangement, tileOf(sheet, cursor));
  const across = span(cursor.column, block[1], sheet.wide, arrangement.tileWidth);
  const down = span(cursor.row, block[0], sheet.tall, arrangement.tileHeight);
  const style = {
    left: `${x + across.start}px`,
    top: `${y + down.start}px`,
    width: `${across.size}px`,
    height: `${down.size}px`,
  };
  return <div class="heat-cursor" style={style} />;
}

/** Pixels of a block of elements, at least as many as can be seen. */
function span(at: number, block: number, count: number, pixels: number) {
  const first = at - (at % block);
  const start = (first / count) * pixels;
  const size = ((Math.min(first + block, count) - first) / count) * pixels;
  return size < 5 ? { start: start + size / 2 - 2.5, size: 5 } : { start, size };
}

const ARROWS: Record<string, readonly [rows: number, columns: number]> = {
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

function onKey(event: KeyboardEvent, props: HeatMapProps) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const arrow = ARROWS[event.key];
  if (arrow && event.shiftKey) props.onPan(...arrow);
  else if (arrow) props.onCursor(nextSpot(props, arrow));
  else if (event.key === '+' || event.key === '=') props.onZoom(ZOOM, props.cursor);
  else if (event.key === '-') props.onZoom(1 / ZOOM, props.cursor);
  else if (event.key === '0') props.onWhole();
  else if (event.key === 'Escape' && props.cursor) props.onCursor(null);
  else return;
  event.preventDefault();
}

/** A cell further; the first one if there is no cursor yet. */
function nextSpot(props: HeatMapProps, [rows, columns]: readonly [number, number]): Spot {
  const { sheet, arrangement, cursor, block } = props;
  if (!cursor) return { down: 0, across: 0, row: 0, column: 0 };
  return moveSpot(sheet, arrangement, cursor, rows * block[0], columns * block[1]);
}

type Latest = { current: HeatMapProps };

/** Not by a property: only a listener that is not passive may keep the page from scrolling. */
function useWheel(box: { current: HTMLElement | null }, latest: Latest) {
  useEffect(() => {
    const element = box.current;
    const onWheel = (event: WheelEvent) => {
      if (event.shiftKey || !event.deltaY) return;
      const pixels = event.deltaMode ? event.deltaY * 40 : event.deltaY;
      const factor = 2 ** Math.max(-1, Math.min(1, pixels / WHEEL_PX));
      if (latest.current.onZoom(factor, spotOf(event, element, latest.current))) {
        event.preventDefault();
      }
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [box, latest]);
}

function spotOf(event: MouseEvent, element: Element | null, props: HeatMapProps): Spot | null {
  const box = element?.getBoundingClientRect();
  if (!box) return null;
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  return spotAt(props.sheet, props.arrangement, x, y);
}

/** The cursor follows the pointer; with a button held what is shown does. */
function usePointer(latest: Latest, grabbed: { value: boolean }) {
  const from = useRef({ x: 0, y: 0, moved: false });
  type Event = PointerEvent & { currentTarget: HTMLElement };
  return {
    onPointerDown: (event: Event) => {
      from.current = { x: event.clientX, y: event.clientY, moved: false };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: Event) => {
      if (event.currentTarget.hasPointerCapture(event.pointerId)) {
        grabbed.value = drag(event, from.current, latest.current) || grabbed.value;
      } else {
        latest.current.onCursor(spotOf(event, event.currentTarget, latest.current));
      }
    },
    onPointerUp: (event: Event) => {
      grabbed.value = false;
      if (!from.current.moved) {
        latest.current.onCursor(spotOf(event, event.currentTarget, latest.current));
      }
    },
    onPointerLeave: (event: Event) => {
      if (document.activeElement !== event.currentTarget) latest.current.onCursor(null);
    },
  };
}

/** Moves what is shown by whole elements, or tiles; what is left counts for the next move. */
function drag(
  event: PointerEvent,
  from: { x: number; y: number; moved: boolean },
  props: HeatMapProps,
): boolean {
  const [x, y] = [event.clientX - from.x, event.clientY - from.y];
  if (!from.moved && Math.hypot(x, y) < CLICK_PX) return false;
  from.moved = true;
  const { sheet, arrangement } = props;
  const tiles = sheet.down * sheet.across > 1;
  const width = tiles ? arrangement.tileWidth + arrangement.gap : arrangement.width / sheet.wide;
  const height = tiles ? arrangement.tileHeight + arrangement.gap : arrangement.height / sheet.tall;
  const [columns, rows] = [Math.trunc(x / width), Math.trunc(y / height)];
  if (columns || rows) props.onPan(-rows, -columns);
  from.x += columns * width;
  from.y += rows * height;
  return true;
}
