import type { ComponentChildren } from 'preact';

/** A filter that is on or off, with how much it lets through. */
export function Chip(props: {
  pressed: boolean;
  onToggle: () => void;
  title?: string;
  children: ComponentChildren;
}) {
  return (
    <button
      type="button"
      class="chip"
      aria-pressed={props.pressed}
      title={props.title}
      onClick={props.onToggle}
    >
      {props.children}
    </button>
  );
}

/** Chips of one filter. */
export function Chips(props: { label: string; children: ComponentChildren }) {
  return (
    <div class="chips" role="group" aria-label={props.label}>
      {props.children}
    </div>
  );
}

/** One of a few: exactly one is on. */
export function Segments<Name extends string>(props: {
  label: string;
  options: readonly (readonly [name: Name, content: ComponentChildren])[];
  value: Name;
  onChange: (name: Name) => void;
}) {
  return (
    <div class="segments" role="group" aria-label={props.label}>
      {props.options.map(([name, content]) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === props.value}
          onClick={() => props.onChange(name)}
        >
          {content}
        </button>
      ))}
    </div>
  );
}
