import { useRef } from 'preact/hooks';
import { Icon } from './Icon';

/**
 * A search field; the down arrow leads into the list.
 *
 * `/` focuses it from anywhere on the page, unless it is a `second` one.
 */
export function Search(props: {
  value: string;
  label: string;
  placeholder: string;
  problem?: string | undefined;
  onInput: (text: string) => void;
  onDown: () => void;
  second?: boolean;
}) {
  const input = useRef<HTMLInputElement>(null);
  const clear = () => {
    props.onInput('');
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && props.value) {
      event.stopPropagation();
      clear();
    } else if (event.key === 'ArrowDown' || event.key === 'Enter') {
      event.preventDefault();
      props.onDown();
    }
  };
  return (
    <div class="search">
      <Icon name="search" />
      <input
        ref={input}
        type="text"
        data-search={props.second ? undefined : ''}
        autocomplete="off"
        spellcheck={false}
        value={props.value}
        aria-label={props.label}
        aria-invalid={props.problem ? 'true' : undefined}
        title={props.problem}
        placeholder={props.placeholder}
        onInput={(event) => props.onInput(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {props.value ? (
        <button
          type="button"
          class="plain small square"
          aria-label="Clear the search"
          onClick={clear}
        >
          <Icon name="close" />
        </button>
      ) : (
        !props.second && <kbd>/</kbd>
      )}
    </div>
  );
}
