import type { ArtifactRow } from '../api/types';
import { naturalKey } from './format';
import { compileSearch } from './search';

/** Which artifacts Home shows and how; empty sets let everything through. */
export interface HomeQuery {
  search: string;
  kinds: ReadonlySet<string>;
  states: ReadonlySet<string>;
  /** Severities of findings. */
  findings: ReadonlySet<string>;
  /** The worst finding of artifacts, by id. */
  worst: ReadonlyMap<string, string>;
  sort: HomeSort;
}

export interface HomeSort {
  column: HomeColumn;
  descending: boolean;
}

export const HOME_COLUMNS = [
  'state',
  'path',
  'kind',
  'step',
  'nbytes',
  'parameters',
  'mtime_s',
] as const;
export type HomeColumn = (typeof HOME_COLUMNS)[number];

/**
 * A line of the list. `key` tells lines apart and stays the same over a reload; `above` is the start
 * of the path that the lines above say already.
 */
export type HomeItem = RunItem | SeriesItem | ArtifactItem;

export interface RunItem {
  type: 'run';
  key: string;
  run: string | null;
  sums: ArtifactSums;
  open: boolean;
}

export interface SeriesItem {
  type: 'series';
  key: string;
  path: string;
  above: string;
  sums: ArtifactSums;
  open: boolean;
  steps: string;
  /** Id of its last checkpoint. */
  newest: string;
}

export interface ArtifactItem {
  type: 'artifact';
  key: string;
  row: ArtifactRow;
  above: string;
  depth: number;
}

export interface ArtifactSums {
  artifacts: number;
  nbytes: number;
  /** Broken, partial or deleted. */
  attention: number;
}

/** A series with more members than this opens folded to one line. */
const SHORT_SERIES = 12;
/** The order of chips; states also sort in it. */
const ORDER = {
  kind: ['saved_model', 'checkpoint', 'keras', 'h5', 'graph_def', 'meta_graph', 'description'],
  state: ['complete', 'writing', 'deleted', 'partial', 'broken'],
  finding: ['critical', 'high', 'medium'],
};
export type HomeFacet = keyof typeof ORDER;

/** Whether a person has to do something about it. */
export function needsAttention(row: ArtifactRow): boolean {
  return row.state === 'broken' || row.state === 'partial' || row.state === 'deleted';
}

export function sumArtifacts(rows: readonly ArtifactRow[]): ArtifactSums {
  const sums = { artifacts: rows.length, nbytes: 0, attention: 0 };
  for (const row of rows) {
    sums.nbytes += row.nbytes;
    sums.attention += needsAttention(row) ? 1 : 0;
  }
  return sums;
}

/** Rows that pass the query; an expression that cannot be compiled lets nothing through. */
export function filterArtifacts(rows: readonly ArtifactRow[], query: HomeQuery): ArtifactRow[] {
  const match = compileSearch(query.search);
  if (typeof match === 'string') return [];
  return rows.filter(
    (row) =>
      (!query.kinds.size || query.kinds.has(row.kind)) &&
      (!query.states.size || query.states.has(row.state)) &&
      (!query.findings.size || query.findings.has(facetOf(row, 'finding', query))) &&
      match(row.path),
  );
}

/** How many rows each chip of a field would show, with the other filters as they are. */
export function countFacet(
  rows: readonly ArtifactRow[],
  query: HomeQuery,
  field: HomeFacet,
): Map<string, number> {
  const without = { ...query, [`${field}s`]: new Set<string>() };
  const counts = new Map<string, number>();
  const there = new Set([...query[`${field}s`], ...rows.map((row) => facetOf(row, field, query))]);
  for (const value of ORDER[field]) if (there.has(value)) counts.set(value, 0);
  for (const row of filterArtifacts(rows, without)) {
    const value = facetOf(row, field, query);
    if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** What a row has in a field; empty if it has no finding. */
function facetOf(row: ArtifactRow, field: HomeFacet, { worst }: HomeQuery): string {
  return field === 'finding' ? (worst.get(row.id) ?? '') : row[field];
}

/**
 * Lines of the list: runs, in them series and artifacts.
 *
 * By path, a series stands together in order of step. By any other column, rows stand alone and
 * runs follow their best row. `toggled` holds the keys whose folding is not the usual one.
 */
export function listHome(
  rows: readonly ArtifactRow[],
  sort: HomeSort,
  toggled: ReadonlySet<string>,
) {
  const compare = compareBy(sort);
  const sorted = [...rows].sort(compare);
  const runs = groupBy(sorted, (row) => row.run ?? '');
  const items: HomeItem[] = [];
  for (const [run, members] of sort.column === 'path' ? byRun(runs, sort) : [...runs]) {
    const key = `run:${run}`;
    const open = !toggled.has(key);
    items.push({ type: 'run', key, run: run || null, sums: sumArtifacts(members), open });
    if (!open) continue;
    const above = run && run !== '.' ? `${run}/` : '';
    if (sort.column === 'path') pushSeries(items, members, above, toggled);
    else for (const row of members) items.push(artifactItem(row, above, 1));
  }
  return items;
}

function byRun(runs: Map<string, ArtifactRow[]>, sort: HomeSort): [string, ArtifactRow[]][] {
  const direction = sort.descending ? -1 : 1;
  const keyed = [...runs].map((entry) => ({ entry, key: naturalKey(entry[0]) }));
  return keyed
    .sort((a, b) =>
      a.entry[0] === '' ? 1 : b.entry[0] === '' ? -1 : direction * order(a.key, b.key),
    )
    .map(({ entry }) => entry);
}

function artifactItem(row: ArtifactRow, above: string, depth: number): ArtifactItem {
  return { type: 'artifact', key: row.id, row, above, depth };
}

function pushSeries(
  items: HomeItem[],
  members: ArtifactRow[],
  above: string,
  toggled: ReadonlySet<string>,
) {
  const series = groupBy(members, (row) => row.series ?? `\0${row.id}`);
  for (const rows of series.values()) {
    const first = rows[0];
    if (!first) continue;
    if (rows.length === 1) {
      items.push(artifactItem(first, above, 1));
      continue;
    }
    const key = `series:${first.series}`;
    const open = rows.length <= SHORT_SERIES !== toggled.has(key);
    const path = commonStart(first.path, (rows.at(-1) ?? first).path);
    const steps = describeSteps(rows);
    const newest = rows.reduce((last, row) => ((row.step ?? -1) >= (last.step ?? -1) ? row : last));
    const sums = sumArtifacts(rows);
    items.push({ type: 'series', key, path, above, sums, open, steps, newest: newest.id });
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    if (open) for (const row of rows) items.push(artifactItem(row, folder || above, 2));
  }
}

function describeSteps(rows: readonly ArtifactRow[]): string {
  const steps = rows.flatMap((row) => (row.step === null ? [] : [row.step]));
  if (!steps.length) return '';
  const [least, most] = [Math.min(...steps), Math.max(...steps)];
  const grouped = (step: number) => step.toLocaleString('en-US');
  return least === most ? grouped(least) : `${grouped(least)} – ${grouped(most)}`;
}

function commonStart(a: string, b: string): string {
  let end = 0;
  while (end < a.length && a[end] === b[end]) end += 1;
  return a.slice(0, end).replace(/\d+$/, '');
}

function groupBy(rows: readonly ArtifactRow[], keyOf: (row: ArtifactRow) => string) {
  const groups = new Map<string, ArtifactRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

type Compare = (a: ArtifactRow, b: ArtifactRow) => number;

function compareBy({ column, descending }: HomeSort): Compare {
  const direction = descending ? -1 : 1;
  const paths = new Map<string, string>();
  const pathOf = (row: ArtifactRow) => {
    const known = paths.get(row.path) ?? naturalKey(row.path);
    paths.set(row.path, known);
    return known;
  };
  const byPath: Compare = (a, b) => bySeries(a, b) || order(pathOf(a), pathOf(b));
  if (column === 'path') return (a, b) => direction * byPath(a, b);
  return (a, b) =>
    compareValues(sortValue(a, column), sortValue(b, column), direction) || byPath(a, b);
}

/** Members of one series in order of step, whatever their names say. */
function bySeries(a: ArtifactRow, b: ArtifactRow): number {
  if (a.series === null || a.series !== b.series) return 0;
  return (a.step ?? -1) - (b.step ?? -1);
}

function sortValue(row: ArtifactRow, column: HomeColumn): string | number | null {
  if (column === 'state') return ORDER.state.indexOf(row.state);
  return row[column];
}

/** What is not known stands last in both directions. */
function compareValues(a: string | number | null, b: string | number | null, direction: number) {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return direction * order(a, b);
}

function order(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The checkpoints before and after this one in its series, by step. */
export function neighboursOf(rows: readonly ArtifactRow[], row: ArtifactRow) {
  const series = rows
    .filter((other) => row.series !== null && other.series === row.series)
    .sort((a, b) => bySeries(a, b) || order(naturalKey(a.path), naturalKey(b.path)));
  const at = series.findIndex((other) => other.id === row.id);
  return {
    previous: at > 0 ? series[at - 1] : undefined,
    next: at >= 0 ? series[at + 1] : undefined,
    position: at + 1,
    count: series.length,
  };
}
