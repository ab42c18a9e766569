import type { TensorsPayload } from '../api/types';
import { countElements, naturalKey } from './format';
import { compileSearch } from './search';

/** Which tensors Weights shows; empty sets let everything through. */
export interface TensorQuery {
  search: string;
  roles: ReadonlySet<string>;
  dtypes: ReadonlySet<string>;
}

export const TENSOR_COLUMNS = ['name', 'role', 'dtype', 'shape', 'parameters', 'nbytes'] as const;
export type TensorColumn = (typeof TENSOR_COLUMNS)[number];

export interface TensorSort {
  /** `file` is the order in which the tensors came. */
  column: TensorColumn | 'file';
  descending: boolean;
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
  /** Elements per tensor; 0 where elements are no parameters (strings, serialized objects). */
  readonly parameters: Float64Array;
  private names?: string[];

  constructor(readonly columns: TensorsPayload) {
    this.count = columns.key.length;
    this.parameters = Float64Array.from(columns.shape, (shape, row) =>
      isNumeric(columns.dtype[row] ?? '') ? countElements(shape) : 0,
    );
  }

  /** Row of a key, or -1. */
  find(key: string): number {
    return this.columns.key.indexOf(key);
  }

  /** Rows that pass, in file order; an expression that cannot be compiled lets nothing through. */
  filter(query: TensorQuery): Uint32Array {
    const match = compileSearch(query.search);
    if (typeof match === 'string') return new Uint32Array();
    const { key, name, role, dtype } = this.columns;
    const rows = new Uint32Array(this.count);
    let kept = 0;
    const all = query.search.trim() === '';
    for (let row = 0; row < this.count; row++) {
      if (query.roles.size && !query.roles.has(role[row] ?? '')) continue;
      if (query.dtypes.size && !query.dtypes.has(dtype[row] ?? '')) continue;
      if (all || match(name[row] ?? '') || match(key[row] ?? '')) rows[kept++] = row;
    }
    return rows.subarray(0, kept);
  }

  sort(rows: Uint32Array, sort: TensorSort): Uint32Array {
    const values = this.sortValues(sort.column);
    const direction = sort.descending ? -1 : 1;
    const sorted = rows.slice();
    if (!values) return sort.descending ? sorted.reverse() : sorted;
    return sorted.sort((a, b) => {
      const [left, right] = [values[a] ?? 0, values[b] ?? 0];
      return left < right ? -direction : left > right ? direction : a - b;
    });
  }

  private sortValues(column: TensorSort['column']): ArrayLike<string | number> | null {
    if (column === 'file') return null;
    if (column === 'parameters') return this.parameters;
    if (column === 'name') return this.naturalNames();
    if (column === 'shape') return this.columns.shape.map(shapeKey);
    return this.columns[column];
  }

  /** Names in the form that sorts as people count; kept, because every sort of a tree asks. */
  naturalNames(): string[] {
    this.names ??= this.columns.name.map(naturalKey);
    return this.names;
  }

  /** Sums over rows, a tensor and its aliases counted once. */
  sum(rows: Iterable<number>): TensorSums {
    const sums = { tensors: 0, parameters: 0, nbytes: 0, aliases: 0 };
    const seen = new Set<number>();
    for (const row of rows) {
      const alias = this.columns.alias_of[row] ?? -1;
      const content = alias < 0 ? row : alias;
      sums.tensors += 1;
      if (alias >= 0) sums.aliases += 1;
      if (seen.has(content)) continue;
      seen.add(content);
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

/** Shapes sort by rank, then by size of each axis. */
function shapeKey(shape: number[]): string {
  const sizes = shape.map((size) => String(size).padStart(15, '0'));
  return `${String(shape.length).padStart(3, '0')}:${sizes.join(':')}`;
}
