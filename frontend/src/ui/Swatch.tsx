import { dashOf, type Look, shapePath, tokenOf } from './palette';

/** A piece of a line as it is drawn: its colour, dashes and shape; `isPlain` leaves dashes only. */
export function Swatch({ look, isPlain = false }: { look: Look; isPlain?: boolean }) {
  const colour = isPlain ? 'currentcolor' : `var(${tokenOf(look)})`;
  return (
    <svg class="swatch" viewBox="0 0 26 12" aria-hidden="true">
      <path
        d="M0 6H26"
        fill="none"
        stroke={colour}
        stroke-width="2"
        stroke-dasharray={dashOf(look).join(' ')}
      />
      {!isPlain && <path d={shapePath(look, 13, 6, 3.6)} fill={colour} />}
    </svg>
  );
}
