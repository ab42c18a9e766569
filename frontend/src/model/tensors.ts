import type { TensorsPayload } from '../api/types';
import { countElements, naturalKey } from './format';
import { compileSearch } from './search';
import { compareNumbers, STAT_COLUMNS, type StatColumn, type StatsTable } from './stats';

/** Which tensors Weights shows; empty sets let everything through. */
export interface TensorQuery {
  search: string;
  roles: ReadonlySet<string>;
  dtypes: ReadonlySet<string>;
  /** What else a row must be; nothing if not given. */
  also?: (row: number) => boolean;
}

export const TENSOR_COLUMNS = ['name', 'role', 'dtype', 'shape', 'parameters', 'nbytes'] as const;
export type TensorColumn = (typeof TENSOR_COLUMNS)[number];

export interface TensorSort {
  /** `file` is the order in which the tensors came. */
  column: TensorColumn | StatColumn | 'file';
  descending: boolean;
}

export function isStatColumn(column: string): column is StatColumn {
  return (STAT_COLUMNS as readonly string[]).includes(column);
}

export interface TensorSums {
  tensors: number;
  parameters: number;
  nbytes: number;
  /** Of `tensors`, those that repeat another one; their elements and bytes are counted once. */
  aliases: number;
}

/** All tensors of an artifact as columns, with what filters and sorts need, made once. */
export class TensorTable {
  readonly count: number;
  /** Elements per tensor, whatever they are. */
  readonly elements: Float64Array;
  /** Elements per tensor; 0 where elements are no parameters (strings, serialized objects). */
  readonly parameters: Float64Array;
  /** Whether the file has values: a TF1 `.meta` only tells which variables there are. */
  readonly holdsValues: boolean;
  /** Sums over all of them. */
  readonly total: TensorSums;
  private readonly ranked = new Map<TensorColumn, ArrayLike<number>>();
  /** Per row, the last sum that has counted its content. */
  private readonly counted: Uint32Array;
  private sums = 0;
  private found: { text: string; rows: Uint8Array } | undefined;

  constructor(readonly columns: TensorsPayload) {
    this.count = columns.key.length;
    this.counted = new Uint32Array(this.count);
    this.elements = Float64Array.from(columns.shape, countElements);
    this.parameters = this.elements.map((count, row) =>
      isNumeric(columns.dtype[row] ?? '') ? count : 0,
    );
    this.holdsValues = columns.nbytes.some(Boolean) || !this.parameters.some(Boolean);
    this.total = this.sum(columns.key.keys());
  }

  /** Row of a key, or -1. */
  find(key: string): number {
    return key ? this.columns.key.indexOf(key) : -1;
  }

  /** Rows that pass, in file order; an expression that cannot be compiled lets nothing through. */
  filter(query: TensorQuery): Uint32Array {
    const { role, dtype } = this.columns;
    const found = this.search(query.search);
    const rows = new Uint32Array(this.count);
    let kept = 0;
    for (let row = 0; row < this.count; row++) {
      if (!found[row]) continue;
      if (query.roles.size && !query.roles.has(role[row] ?? '')) continue;
      if (query.dtypes.size && !query.dtypes.has(dtype[row] ?? '')) continue;
      if (query.also && !query.also(row)) continue;
      rows[kept++] = row;
    }
    return rows.subarray(0, kept);
  }

  /** 1 for each row whose name or key matches; kept, because every filter and chip asks. */
  private search(text: string): Uint8Array {
    if (this.found?.text === text) return this.found.rows;
    const match = compileSearch(text);
    const rows = new Uint8Array(this.count);
    if (!text.trim()) rows.fill(1);
    else if (typeof match !== 'string') {
      const { key, name } = this.columns;
      for (let row = 0; row < this.count; row++) {
        if (match(name[row] ?? '') || match(key[row] ?? '')) rows[row] = 1;
      }
    }
    this.found = { text, rows };
    return rows;
  }

  /** Sorted rows; by a statistic those of which it is known, then the others in file order. */
  sort(rows: Uint32Array, sort: TensorSort, stats?: StatsTable): Uint32Array {
    const sorted = rows.slice();
    const { column } = sort;
    if (column === 'file') return sort.descending ? sorted.reverse() : sorted;
    const direction = sort.descending ? -1 : 1;
    if (isStatColumn(column)) {
      const numbers = stats?.column(column) ?? [];
      const of = (row: number) => numbers[row] ?? Number.NaN;
      return sorted.sort((a, b) => compareNumbers(of(a), of(b), direction) || a - b);
    }
    const ranks = this.ranks(column);
    return sorted.sort((a, b) => direction * ((ranks[a] ?? 0) - (ranks[b] ?? 0)) || a - b);
  }

  /** Numbers that order the rows by a column; made when they are first asked for. */
  private ranks(column: TensorColumn): ArrayLike<number> {
    const known = this.ranked.get(column) ?? this.makeRanks(column);
    this.ranked.set(column, known);
    return known;
  }

  private makeRanks(column: TensorColumn): ArrayLike<number> {
    if (column === 'parameters') return this.parameters;
    if (column === 'nbytes') return this.columns.nbytes;
    if (column === 'shape') return rankOf(this.columns.shape.map(String), shapeKey);
    return rankOf(this.columns[column], naturalKey);
  }

  /** Sums over rows, a tensor and its aliases counted once. */
  sum(rows: Iterable<number>): TensorSums {
    const sums = { tensors: 0, parameters: 0, nbytes: 0, aliases: 0 };
    this.sums += 1;
    for (const row of rows) {
      const alias = this.columns.alias_of[row] ?? -1;
      const content = alias < 0 ? row : alias;
      sums.tensors += 1;
      if (alias >= 0) sums.aliases += 1;
      if (this.counted[content] === this.sums) continue;
      this.counted[content] = this.sums;
      sums.parameters += this.parameters[row] ?? 0;
      sums.nbytes += this.columns.nbytes[row] ?? 0;
    }
    return sums;
  }

  /** Sums per role or dtype that occur, under the other filters; the largest first. */
  facet(query: TensorQuery, field: 'role' | 'dtype'): [string, TensorSums][] {
    const column = this.columns[field];
    const groups = new Map<string, number[]>();
    for (const value of column) if (!groups.has(value)) groups.set(value, []);
    const others = { ...query, [`${field}s`]: new Set<string>() };
    for (const row of this.filter(others)) groups.get(column[row] ?? '')?.push(row);
    const sums = [...groups].map(([value, rows]): [string, TensorSums] => [value, this.sum(rows)]);
    return sums.sort(([a], [b]) => facetOrder(field, a) - facetOrder(field, b) || (a < b ? -1 : 1));
  }
}

const ROLES = ['weight', 'state', 'optimizer', 'counter', 'table', 'metadata'];

function facetOrder(field: 'role' | 'dtype', value: string): number {
  const at = field === 'role' ? ROLES.indexOf(value) : 0;
  return at < 0 ? ROLES.length : at;
}

function isNumeric(dtype: string): boolean {
  return !/^(string|variant|resource|invalid|DT_.*)$/.test(dtype);
}

/** Ranks of texts in the order of their keys; each different text is looked at once. */
function rankOf(texts: readonly string[], keyOf: (text: string) => string): Float64Array {
  const different = [...new Set(texts)].map((text) => ({ text, key: keyOf(text) }));
  different.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const ranks = new Map(different.map(({ text }, rank) => [text, rank]));
  return Float64Array.from(texts, (text) => ranks.get(text) ?? 0);
}

/** Shapes, written `3,3,1,32`, sort by their number of axes, then by the size of each. */
function shapeKey(shape: string): string {
  const sizes = shape ? shape.split(',') : [];
  const padded = sizes.map((size) => size.padStart(15, '0'));
  return `${String(sizes.length).padStart(3, '0')}:${padded.join(':')}`;
}
