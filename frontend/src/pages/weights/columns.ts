import { isStatColumn } from '../../model/tensors';
import { readSet } from '../../routes';
import type { Column } from '../../ui/VirtualGrid';

/** Which columns the table of tensors shows, and how wide they are. */

interface Sized extends Column {
  px: number;
  /** What it is, where the title does not say. */
  means?: string;
}

const NAME: Column = { id: 'name', title: 'Name' };

/** In the order in which they stand. */
export const CHOICES: readonly Sized[] = [
  { id: 'role', title: 'Role', px: 92 },
  { id: 'dtype', title: 'Dtype', px: 88 },
  { id: 'shape', title: 'Shape', right: true, px: 128 },
  { id: 'parameters', title: 'Parameters', right: true, px: 100 },
  { id: 'nbytes', title: 'Size', right: true, px: 84 },
  { id: 'histogram', title: 'Histogram', fixed: true, px: 92 },
  { id: 'bad', title: 'Bad', right: true, px: 68, means: 'NaN and infinite values' },
  { id: 'zeros', title: 'Zeros', right: true, px: 72, means: 'share of values that are 0' },
  { id: 'min', title: 'Min', right: true, px: 84 },
  { id: 'max', title: 'Max', right: true, px: 84 },
  { id: 'mean', title: 'Mean', right: true, px: 84 },
  { id: 'std', title: 'Std', right: true, px: 84, means: 'standard deviation' },
  { id: 'l1', title: 'L1', right: true, px: 84, means: 'sum of magnitudes' },
  { id: 'l2', title: 'L2', right: true, px: 84, means: 'root of the sum of squares' },
];

/** Without statistics, and then the same where there is little room. */
const PLAIN = ['shape', 'nbytes', 'dtype', 'parameters', 'role'];
/** With them: the first of these that fit. */
const WITH_STATS = [
  ...['shape', 'histogram', 'bad', 'mean', 'std', 'zeros', 'min', 'max'],
  ...['nbytes', 'l2', 'dtype', 'parameters', 'role'],
];

const NAME_PX = 240;
const NARROW_NAME_PX = 200;
const NARROW_PX = 760;
const WIDEST_NAME_PX = 960;
/** Left and right of a row. */
const PADDING_PX = 32;

export interface Layout {
  columns: readonly Column[];
  template: string;
  minWidth: number;
  /** Whether there is only room for the most important. */
  compact: boolean;
  ids: readonly string[];
}

/**
 * Columns for the room there is.
 *
 * @param chosen As the address names them; empty: the usual ones.
 */
export function layOutColumns(width: number, chosen: string, hasStats: boolean): Layout {
  const compact = width < NARROW_PX;
  const name_px = compact ? NARROW_NAME_PX : NAME_PX;
  const wanted = chosen ? readSet(chosen) : usual(width - name_px - PADDING_PX, hasStats);
  const shown = CHOICES.filter((column) => wanted.has(column.id));
  const sum = shown.reduce((total, column) => total + column.px, 0);
  const template = [
    `minmax(${name_px}px, ${compact ? '1fr' : `${WIDEST_NAME_PX}px`})`,
    ...shown.map((column) => `${column.px}px`),
  ].join(' ');
  return {
    columns: [NAME, ...shown],
    template,
    minWidth: name_px + sum + PADDING_PX,
    compact,
    ids: shown.map((column) => column.id),
  };
}

function usual(room: number, hasStats: boolean): Set<string> {
  const fitting = new Set<string>();
  let left = room;
  for (const id of hasStats ? WITH_STATS : PLAIN) {
    left -= CHOICES.find((column) => column.id === id)?.px ?? 0;
    if (left < 0) break;
    fitting.add(id);
  }
  return fitting;
}

/** Whether a column is of statistics. */
export function needsStats(id: string): boolean {
  return id === 'histogram' || isStatColumn(id);
}

/** The sort after a click on a column's head: best first, then the other way, then file order. */
export function nextTensorSort(
  sort: { column: string; descending: boolean },
  column: string,
): string {
  const largeFirst = column === 'nbytes' || column === 'parameters' || isStatColumn(column);
  if (sort.column !== column) return `${largeFirst ? '-' : ''}${column}`;
  if (sort.descending === largeFirst) return `${largeFirst ? '' : '-'}${column}`;
  return '';
}
