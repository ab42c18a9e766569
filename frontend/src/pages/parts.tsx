import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/client';
import { linkTarget } from '../host';
import { splitForEllipsis, visibleName } from '../model/format';
import { HOME, type Route } from '../routes';
import { go, linkTo, status } from '../state';
import { Icon, type IconName } from '../ui/Icon';
import { Middle } from '../ui/Middle';
import { Note } from '../ui/Note';

/** Parts that several pages show. */

const STATES: Record<string, { icon: IconName; tone: string }> = {
  complete: { icon: 'check', tone: 'good' },
  writing: { icon: 'clock', tone: 'cool' },
  partial: { icon: 'warning', tone: 'warn' },
  broken: { icon: 'error', tone: 'bad' },
  deleted: { icon: 'gone', tone: 'muted' },
};

/** An artifact's state: a sign and a word, so that colour is never all. */
export function State({ state }: { state: string }) {
  const { icon, tone } = STATES[state] ?? { icon: 'info', tone: 'muted' };
  return (
    <span class={`state ${tone}`}>
      <Icon name={icon} />
      {state}
    </span>
  );
}

/** A link to another view of this tab; with Ctrl or the middle button it opens a tab of its own. */
export function ViewLink(props: {
  to: Partial<Route> & Pick<Route, 'page'>;
  class?: string;
  title?: string | undefined;
  tabIndex?: number;
  current?: boolean;
  children: ComponentChildren;
}) {
  return (
    <a
      href={linkTo(props.to)}
      target={linkTarget}
      class={props.class}
      title={props.title}
      tabIndex={props.tabIndex}
      aria-current={props.current ? 'page' : undefined}
      onClick={(event) => {
        event.stopPropagation();
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        visit(props.to);
      }}
    >
      {props.children}
    </a>
  );
}

/** Goes to a view and leaves what belongs to the old one behind. */
export function visit(to: Partial<Route> & Pick<Route, 'page'>) {
  go({ ...HOME, ...to });
}

/** A name from a file, cut in its middle where there is no room. */
export function Name(props: { name: string; title?: string; class?: string; dimHead?: boolean }) {
  return <Middle {...props} parts={splitForEllipsis(visibleName(props.name))} />;
}

/** What went wrong with a request, in the server's words. */
export function Problem(props: {
  error: ApiError;
  what: string;
  onRetry?: (() => void) | undefined;
}) {
  const { error } = props;
  const log = error.id ? ` TensorBoard's terminal says more under "${error.id}".` : '';
  const version = status.value ? `, Model Inspect ${status.value.version}` : '';
  return (
    <Note
      tone="bad"
      title={props.what}
      copy={`${props.what}\n${error.type}: ${error.message}${log}${version}`}
      onRetry={props.onRetry}
    >
      {error.message}
      {log}
    </Note>
  );
}
