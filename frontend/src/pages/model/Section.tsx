import type { ComponentChildren } from 'preact';
import { formatCount } from '../../model/format';
import { CopyButton } from '../../ui/CopyButton';

/** A part of the page with its heading, how many, and a button. */
export function Section(props: {
  title: string;
  count?: number | undefined;
  copy?: { text: string; label: string };
  extra?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="section" aria-label={props.title}>
      <div class="section-head">
        <h3>{props.title}</h3>
        {props.count !== undefined && <span class="muted">{formatCount(props.count)}</span>}
        <span class="spring" />
        {props.extra}
        {props.copy && <CopyButton {...props.copy} class="small" />}
      </div>
      {props.children}
    </section>
  );
}
