import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { formatCount } from '../model/format';
import { adoptStyles } from '../ui/styles';
import css from './section.css?inline';

adoptStyles(css);

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

/** The first rows, and a button for the rest; a list of thousands is drawn when it is asked for. */
export function useMore<Row>(rows: readonly Row[], most: number) {
  const all = useSignal(false);
  const shown = all.value ? rows : rows.slice(0, most);
  const button = rows.length > most && (
    <button
      type="button"
      class="plain small more"
      onClick={() => {
        all.value = !all.value;
      }}
    >
      {all.value ? 'Show fewer' : `Show all ${formatCount(rows.length)}`}
    </button>
  );
  return { shown, button };
}
