import type { CheckpointRow } from '../../model/checkpoints';
import { formatTime, visibleName } from '../../model/format';
import { METRIC_WORDS, nearestPlace, type Unit } from '../../model/lines';
import { formatElapsed } from '../../model/numbers';
import { Swatch } from '../../ui/Swatch';
import type { ChartsProps } from './Charts';
import { formatValue } from './values';
import { type Drawn, hovered, nameOfRow } from './view';

const MOST = 10;

/** What is under the pointer in numbers, in the upper corner that is farther from it. */
export function Readout(
  props: ChartsProps & {
    places: readonly (readonly (number | null)[])[];
    range: readonly [number, number];
  },
) {
  const { shown, drawn, settings, places, range } = props;
  const x = hovered.value;
  if (x === null) return null;
  const at = places.map((own) => nearestPlace(own, x));
  const first = shown[0]?.rows[at[0] ?? -1];
  if (!first) return null;
  const { unit } = METRIC_WORDS[settings.metric];
  const values = drawn.flatMap((one) => {
    const value = one.line.values[at[one.series] ?? -1] ?? null;
    return value === null ? [] : [{ ...one, value }];
  });
  values.sort((a, b) => b.value - a.value);
  const isRight = x - range[0] < range[1] - x;
  return (
    <div class={`readout ${isRight ? 'right' : 'left'}`} aria-hidden="true">
      <p>
        <strong>{settings.axis === 'step' ? nameOfRow(first) : formatElapsed(x)}</strong>
        {shown.length === 1 && (
          <span class="muted">
            {first.mtime_s > 0 ? formatTime(first.mtime_s) : ''}
            {first.state === 'complete' ? '' : ` ${first.state}`}
          </span>
        )}
      </p>
      {values.slice(0, MOST).map(({ series, line, look, value }) => (
        <p key={`${series} ${line.key}`}>
          <Swatch look={look} />
          <span class="readout-name">
            {shown.length > 1 && `${visibleName(shown[series]?.name ?? '')} · `}
            {visibleName(line.short)}
          </span>
          <span class="number">{formatValue(value, unit)}</span>
        </p>
      ))}
      {values.length > MOST && <p class="muted">and {values.length - MOST} more</p>}
      {!values.length && <p class="muted">no value here</p>}
    </div>
  );
}

/** The lines at a checkpoint in words. */
export function nameDrawn(drawn: readonly Drawn[], row: CheckpointRow, unit: Unit): string {
  return drawn
    .filter(({ series }) => series === row.series)
    .slice(0, MOST)
    .map(({ line }) => `${line.label} ${formatValue(line.values[row.at], unit)}`)
    .join(', ');
}
