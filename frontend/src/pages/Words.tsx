import type { ComponentChildren } from 'preact';
import { Icon } from '../ui/Icon';
import { adoptStyles } from '../ui/styles';
import css from './verdict.css?inline';

adoptStyles(css);

const ICONS = { good: 'check', warn: 'warning', bad: 'error', muted: 'clock' } as const;

/** A verdict in a sentence: the line that a page begins with. */
export function Words(props: { tone: keyof typeof ICONS; children: ComponentChildren }) {
  return (
    <h2 class={`headline verdict-words ${props.tone}`}>
      <Icon name={ICONS[props.tone]} />
      <span>{props.children}</span>
    </h2>
  );
}
