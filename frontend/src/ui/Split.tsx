import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { recall, remember } from './memory';

const LEAST_SIDE = 340;
const LEAST_MAIN = 380;
const BY_KEY = 24;

/** Main part and a side of a width that a person can change; it is remembered under `memory`. */
export function Split(props: {
  memory: string;
  label: string;
  usual: number;
  main: ComponentChildren;
  side: ComponentChildren | null;
}) {
  const width = useSignal(Number(recall(props.memory)) || props.usual);
  const box = useRef<HTMLDivElement>(null);
  const most = () => (box.current?.clientWidth ?? innerWidth) - LEAST_MAIN;
  const change = (next: number) => {
    width.value = Math.round(Math.max(LEAST_SIDE, Math.min(next, most())));
    remember(props.memory, String(width.value));
  };
  return (
    <div class="split" ref={box}>
      <div class="split-main">{props.main}</div>
      {props.side && (
        <>
          <Bar label={props.label} width={width.value} onChange={change} />
          <div
            class="split-side"
            style={{ width: `clamp(${LEAST_SIDE}px, ${width.value}px, 100% - ${LEAST_MAIN}px)` }}
          >
            {props.side}
          </div>
        </>
      )}
    </div>
  );
}

function Bar(props: { label: string; width: number; onChange: (width: number) => void }) {
  const start = useRef({ x: 0, width: 0 });
  return (
    <div
      class="split-bar"
      role="separator"
      aria-orientation="vertical"
      aria-label={props.label}
      aria-valuenow={props.width}
      aria-valuemin={LEAST_SIDE}
      aria-valuemax={4000}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, width: props.width };
        event.preventDefault();
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        props.onChange(start.current.width + start.current.x - event.clientX);
      }}
      onKeyDown={(event) => {
        const by = event.key === 'ArrowLeft' ? BY_KEY : event.key === 'ArrowRight' ? -BY_KEY : 0;
        if (!by) return;
        event.preventDefault();
        props.onChange(props.width + by);
      }}
    />
  );
}
