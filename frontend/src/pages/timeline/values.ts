import { formatBytes } from '../../model/format';
import type { Unit } from '../../model/lines';
import { formatNumber, formatShare, formatTick } from '../../model/numbers';

/** Numbers of a metric as text. */

export function formatValue(value: number | null | undefined, unit: Unit): string {
  if (value == null) return '–';
  if (unit === 'bytes') return formatBytes(value);
  return unit === 'share' ? formatShare(value) : formatNumber(value);
}

/** Beside the y axis, whose numbers are `step` apart. */
export const TICKS: Record<Unit, (value: number, step: number) => string> = {
  number: formatTick,
  share: (value) => formatShare(value),
  bytes: (value) => formatBytes(Math.round(value)),
};
