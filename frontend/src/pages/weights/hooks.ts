import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { route } from '../../state';

/** Closes the drawer with Esc, unless something above it takes that. */
export function useCloseOnEscape(close: () => void) {
  const latest = useRef(close);
  latest.current = close;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || !route.peek().tensor) return;
      if (!document.querySelector('dialog[open]')) latest.current();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

/** Width of a box; 0, as in a tab that is not in front, leaves it as it was. */
export function useWidth(box: { current: HTMLElement | null }) {
  const width = useSignal(1000);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth) width.value = element.clientWidth;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [box, width]);
  return width;
}
