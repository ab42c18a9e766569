import type { ComponentChildren } from 'preact';
import { CopyButton } from './CopyButton';
import { Icon } from './Icon';

/** Something a person should know: what, why, and what to do. `copy` is what a report needs. */
export function Note(props: {
  tone: 'bad' | 'warn' | 'info';
  title?: string | undefined;
  children: ComponentChildren;
  copy?: string | undefined;
  onRetry?: (() => void) | undefined;
}) {
  const icon = ({ bad: 'error', warn: 'warning', info: 'info' } as const)[props.tone];
  return (
    <div class={`note ${props.tone}`} role={props.tone === 'bad' ? 'alert' : 'note'}>
      <Icon name={icon} />
      <div class="note-text">
        {props.title && <strong>{props.title}</strong>}
        {props.children}
      </div>
      <div class="note-actions">
        {props.onRetry && (
          <button type="button" class="plain" onClick={props.onRetry}>
            <Icon name="loop" />
            Try again
          </button>
        )}
        {props.copy && <CopyButton text={props.copy} label="Copy this message" />}
      </div>
    </div>
  );
}

/** Code to take away. */
export function CodeBlock(props: { code: string; label: string }) {
  return (
    <div class="codeblock">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it. */}
      <pre tabIndex={0} aria-label={props.label} role="region">
        {props.code}
      </pre>
      <CopyButton text={props.code} label="Copy the code" class="small" />
    </div>
  );
}
