import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from './Icon';

/** A button with a panel below it, at the right end of a line; Esc, a click elsewhere or leaving it by Tab closes it. */
export function Menu(props: {
  word: string;
  label: string;
  icon?: IconName;
  children: ComponentChildren;
}) {
  const open = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open.value) return;
    const close = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) open.value = false;
    };
    addEventListener('pointerdown', close);
    addEventListener('focusin', close);
    return () => {
      removeEventListener('pointerdown', close);
      removeEventListener('focusin', close);
    };
  }, [open.value]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only sees what its button and panel leave.
    <div
      class="menu at-end"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open.value) return;
        event.preventDefault();
        open.value = false;
        box.current?.querySelector('button')?.focus();
      }}
    >
      <button
        type="button"
        class="plain outlined small"
        aria-expanded={open.value}
        aria-haspopup="true"
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {props.icon && <Icon name={props.icon} />}
        {props.word}
        <Icon name="down" />
      </button>
      {open.value && (
        <div class="menu-panel" role="group" aria-label={props.label}>
          {props.children}
        </div>
      )}
    </div>
  );
}
