import type { GraphsPayload } from '../../api/types';
import type { OpSum, Summary } from '../../graph/summary';
import { FLAG } from '../../graph/wire';
import { naturalKey, visibleName } from '../../model/format';
import { compileSearch } from '../../model/search';

/** An op, or a class of layers: how often it is used where. */
export interface OpRow {
  name: string;
  /** In the graph that is open. */
  here: number;
  parameters: number;
  flops: number;
  unknown: number;
  /** In what each signature runs. */
  bySignature: number[];
  /** In all main graphs and functions. */
  all: number;
  flags: number;
  isEstimated: boolean;
  /** Id of the graph that has most of them. */
  graph: string;
}

/** Signatures that have a column. */
export const MOST_SIGNATURES = 8;

/** With their tags where two have the same key. */
export function signaturesOf(graphs: GraphsPayload) {
  const own = graphs.signatures.filter((signature) => !signature.internal);
  const isOnly = (key: string) => own.filter((one) => one.key === key).length === 1;
  return own.slice(0, MOST_SIGNATURES).map(({ key, tags, ops }) => ({
    title: visibleName(isOnly(key) ? key : `${key} (${tags.join(', ') || 'no tags'})`),
    ops,
  }));
}

/** All ops of the artifact, or the classes of its layers, the most frequent first. */
export function opRows(graphs: GraphsPayload, summary: Summary, graph: string): OpRow[] {
  const here = new Map(summary.ops.map((sum) => [sum.name, sum]));
  if (summary.isLayers) {
    return summary.ops.map((sum) => row(sum.name, { ...sum, unknown: 0 }, graph));
  }
  const counts = signaturesOf(graphs).map(
    ({ ops }) => new Map(ops.map(({ name, count }) => [name, count])),
  );
  const { ops } = graphs;
  return ops.name.map((name, i) => ({
    ...row(name, here.get(name), here.has(name) ? graph : (ops.graph[i] ?? graph)),
    bySignature: counts.map((count) => count.get(name) ?? 0),
    all: ops.count[i] ?? 0,
    flags: ops.flags[i] ?? 0,
    isEstimated: ops.estimated[i] ?? false,
  }));
}

function row(name: string, sum: OpSum | undefined, graph: string): OpRow {
  const { count = 0, parameters = 0, flops = 0, unknown = 0 } = sum ?? {};
  const none = { bySignature: [], all: count, flags: 0, isEstimated: true };
  return { name, here: count, parameters, flops, unknown, graph, ...none };
}

/** What ops can be narrowed down to. */
export const OP_MARKS = ['custom', 'stateful', 'unknown'] as const;
export type OpMark = (typeof OP_MARKS)[number];

export function marksOf(row: OpRow): OpMark[] {
  const marks: OpMark[] = [];
  if (row.flags & FLAG.custom) marks.push('custom');
  if (row.flags & FLAG.stateful) marks.push('stateful');
  if (!row.isEstimated || row.unknown) marks.push('unknown');
  return marks;
}

/** Rows that a search finds and that have a mark; all if the search is not valid. */
export function filterOps(rows: readonly OpRow[], query: string, mark: string): OpRow[] {
  const match = compileSearch(query);
  return rows.filter(
    (one) =>
      (typeof match === 'string' || match(one.name)) &&
      (!mark || marksOf(one).some((name) => name === mark)),
  );
}

/** @param column `name`, `here`, `parameters`, `flops`, `all`, or the number of a signature. */
export function sortOps(rows: readonly OpRow[], column: string, descending: boolean): OpRow[] {
  const direction = descending ? -1 : 1;
  const value = (one: OpRow) =>
    column === 'here' || column === 'parameters' || column === 'flops' || column === 'all'
      ? one[column]
      : (one.bySignature[Number(column)] ?? 0);
  const byName = (a: OpRow, b: OpRow) => (naturalKey(a.name) < naturalKey(b.name) ? -1 : 1);
  if (column === 'name') return [...rows].sort((a, b) => direction * byName(a, b));
  return [...rows].sort((a, b) => direction * (value(a) - value(b)) || byName(a, b));
}

export function opTable(
  rows: readonly OpRow[],
  graphs: GraphsPayload,
  isLayers: boolean,
): (string | number)[][] {
  if (isLayers) {
    const head = ['layer class', 'layers', 'parameters'];
    return [head, ...rows.map((one) => [one.name, one.here, one.parameters])];
  }
  const keys = signaturesOf(graphs).map(({ title }) => `signature ${title}`);
  const head = [
    'op',
    'this graph',
    'FLOPs',
    'nodes of unknown FLOPs',
    ...keys,
    'all graphs',
    'marks',
  ];
  const lines = rows.map((one) => [
    ...[one.name, one.here, one.flops, one.unknown],
    ...one.bySignature,
    ...[one.all, marksOf(one).join(' ')],
  ]);
  return [head, ...lines];
}
