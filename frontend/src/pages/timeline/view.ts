import { signal } from '@preact/signals';
import type { ScalarsPayload } from '../../api/types';
import {
  CHECKPOINT_COLUMNS,
  type CheckpointRow,
  type CheckpointSort,
} from '../../model/checkpoints';
import {
  AXES,
  type Axis,
  assignSlots,
  chooseLines,
  isOfTensors,
  type Line,
  METRICS,
  type Metric,
} from '../../model/lines';
import { joinList, splitList } from '../../model/lists';
import { formatNumber } from '../../model/numbers';
import { commonFolder } from '../../model/prefix';
import { GROUPINGS, type Grouping, type SeriesTable } from '../../model/timeline';
import { readSort } from '../../routes';
import { go, route } from '../../state';
import { COLOURS, type Look } from '../../ui/palette';
import type { SeriesSource } from './source';

/** What the address says of the timeline, and what its parts share. */

export interface Settings {
  metric: Metric;
  grouping: Grouping;
  axis: Axis;
  isLog: boolean;
  /** Keys of lines that a person chose; null for the usual ones. */
  lines: readonly string[] | null;
  sort: CheckpointSort;
}

const USUAL_SORT: CheckpointSort = { column: 'step', descending: true };
const SORTS = [...CHECKPOINT_COLUMNS, 'series', 'hyper0', 'hyper1'] as const;
/** In place of a list: that it is empty because a person wants it so. */
export const NONE = 'none';

export function readSettings(): Settings {
  const { metric, group, axis, scale, lines, sort } = route.value;
  return {
    metric: METRICS.find((name) => name === metric) ?? 'relative',
    grouping: GROUPINGS.find((name) => name === group) ?? 'layer',
    axis: AXES.find((name) => name === axis) ?? 'step',
    isLog: scale === 'log',
    lines: lines === NONE ? [] : lines ? splitList(lines) : null,
    sort: readSort<string>(sort, SORTS, USUAL_SORT),
  };
}

/** Whether tensors can be grouped for what is shown. */
export function isGrouped({ metric }: Settings): boolean {
  return isOfTensors(metric);
}

/** A series as it is shown. */
export interface Shown {
  source: SeriesSource;
  table: SeriesTable;
  /** Its run, or its path where the run does not tell it from the others. */
  name: string;
  /** Roles of the tensors that are looked at. */
  roles: ReadonlySet<string>;
  /** All its lines, by key. */
  lines: ReadonlyMap<string, Line>;
  rows: readonly CheckpointRow[];
  /** Names of those that the rows have. */
  hyperparameters: readonly string[];
  scalars: ScalarsPayload | undefined;
}

/** A line of one series that is drawn. */
export interface Drawn {
  series: number;
  line: Line;
  look: Look;
}

/** What tells series apart: their runs, or else their paths; without what all begin with. */
export function namesOf(tables: readonly SeriesTable[]): string[] {
  const runs = tables.map((table) => table.payload.series.run);
  const names = tables.map(({ payload }, index) => {
    const { run, folder, name } = payload.series;
    const isAlone = run !== null && runs.indexOf(run) === index && runs.lastIndexOf(run) === index;
    return isAlone ? run : folder === '.' ? name : `${folder}/${name}`;
  });
  const shared = commonFolder(names).length;
  return names.map((name) => name.slice(shared));
}

/** All lines of all series, once each, in the order of the first that has them. */
export function unionOf(shown: readonly Shown[]): Line[] {
  const lines = new Map<string, Line>();
  for (const series of shown) {
    for (const [key, line] of series.lines) if (!lines.has(key)) lines.set(key, line);
  }
  return [...lines.values()];
}

/** What stays while a page is open: colours of lines, and which were chosen for a person. */
export interface Memory {
  slots: ReadonlyMap<string, number>;
  usual: { of: string; keys: string[] };
}

/**
 * Which lines are drawn, and how: of one series each has a colour of its own; of several the colour
 * tells the series and the dashes the line.
 */
export function assignLooks(shown: readonly Shown[], settings: Settings, memory: Memory) {
  const keys = settings.lines ?? usualLines(shown, settings, memory);
  memory.slots = assignSlots(memory.slots, keys);
  const drawn: Drawn[] = [];
  for (const [series, { lines }] of shown.entries()) {
    for (const key of keys) {
      const line = lines.get(key);
      const slot = memory.slots.get(key) ?? 0;
      const dash = Math.floor(slot / COLOURS);
      const look = shown.length > 1 ? { slot: series, dash: slot } : { slot, dash };
      if (line) drawn.push({ series, line, look });
    }
  }
  return { keys, drawn };
}

/** Chosen once all is read, and then kept: lines that come and go by themselves are no help. */
function usualLines(shown: readonly Shown[], { metric, grouping }: Settings, memory: Memory) {
  const isRead = shown.every(({ table }) => table.settled);
  const names = shown.map(({ name }) => name);
  const of = [metric, grouping, route.value.role, isRead, ...names].join();
  if (memory.usual.of !== of)
    memory.usual = { of, keys: chooseLines(unionOf(shown), metric, shown.length) };
  return memory.usual.keys;
}

/** Where the pointer is on the x axis, over whichever part of the page. */
export const hovered = signal<number | null>(null);
/** Part of the x axis that shows; null for all of it. */
export const zoom = signal<[number, number] | null>(null);
/** Key of the line that the pointer is on in the list. */
export const pointed = signal<string | null>(null);

/** Key of the row that is selected; the address says which. */
export function selectedKey(): string {
  return route.value.at || route.value.id;
}

export function findSelected(shown: readonly Shown[]): CheckpointRow | undefined {
  const key = selectedKey();
  for (const { rows } of shown) {
    const row = rows.find((one) => one.key === key);
    if (row) return row;
  }
  return undefined;
}

/** What a screen reader hears when another checkpoint is selected. */
export function describeSelection(shown: readonly Shown[], tag: string | undefined): string {
  const row = findSelected(shown);
  if (!row) return '';
  const scalar = row.scalar && tag ? `, ${tag} ${formatNumber(row.scalar.value)}` : '';
  return `Selected ${nameOfRow(row)}${scalar}`;
}

export function select(row: CheckpointRow | undefined) {
  if (!row) return;
  const change = row.id === null ? { at: row.path } : { id: row.id, at: '' };
  go(change, { replace: true });
}

export function showLines(keys: readonly string[]) {
  go({ lines: keys.length ? joinList(keys) : NONE });
}

/** `step 1,200`, or the end of the path where a checkpoint has no step. */
export function nameOfRow(row: Pick<CheckpointRow, 'step' | 'path'>): string {
  if (row.step !== null) return `step ${row.step.toLocaleString('en-US')}`;
  return row.path.slice(row.path.lastIndexOf('/') + 1);
}

/** Leaves the other series; if the selected checkpoint goes with it, the newest of another is. */
export function takeOut(shown: readonly Shown[], out: Shown) {
  const rest = shown.filter((series) => series !== out);
  const runs = rest.length > 1 ? joinList(rest.map(({ source }) => source.id)) : '';
  const isGone = out.rows.some((row) => row.key === selectedKey());
  const newest = rest[0]?.rows.findLast((row) => row.id !== null)?.id;
  const id = isGone ? (newest ?? rest[0]?.source.id ?? route.value.id) : route.value.id;
  go({ runs, id, at: isGone ? '' : route.value.at });
}
