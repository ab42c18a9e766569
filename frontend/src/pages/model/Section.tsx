import type { ComponentChildren } from 'preact';
import { formatCount } from '../../model/format';

/** A part of the page with its heading, how many, and what can be done. */
export function Section(props: {
  title: string;
  count?: number | undefined;
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
      </div>
      {props.children}
    </section>
  );
}
