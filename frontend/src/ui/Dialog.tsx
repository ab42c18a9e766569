import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './Icon';

/** A modal dialog; Esc, its button and a click beside it close it. */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  /** Whether it takes the room there is. */
  large?: boolean;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc is the dialog's own.
    <dialog
      ref={dialog}
      class={props.large ? 'large' : ''}
      aria-label={props.title}
      onClose={props.onClose}
      onClick={(event) => {
        if (event.target === dialog.current) props.onClose();
      }}
    >
      <div class="dialog-head">
        <h2 title={props.large ? props.title : undefined}>{props.title}</h2>
        <button type="button" class="plain square" aria-label="Close" onClick={props.onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div class="dialog-body">{props.children}</div>
    </dialog>
  );
}
