import { useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { useLook } from './look';

/** Selections pass by this quickly under an arrow key that is held down. */
const SETTLE_MS = 80;

/** The slice as text, applied with Enter or when the field is left. */
export function SliceField({ text, problem }: { text: string; problem: string }) {
  const look = useLook();
  const draft = useSignal(text);
  useEffect(() => {
    draft.value = text;
  }, [text]);
  const apply = () => {
    if (draft.value.trim() !== text) look.go({ slice: draft.value.trim() });
  };
  return (
    <label class="slice-field">
      <span class="muted">Slice</span>
      <input
        class="field code"
        type="text"
        spellcheck={false}
        autocomplete="off"
        value={draft.value}
        title="As in numpy: 0:10, :, 3"
        aria-invalid={problem ? 'true' : undefined}
        onInput={(event) => {
          draft.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') apply();
          if (event.key === 'Escape' && draft.value !== text) {
            event.preventDefault();
            draft.value = text;
          }
        }}
        onBlur={apply}
      />
    </label>
  );
}

/** A text once it has stopped changing: what is asked for only then. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
