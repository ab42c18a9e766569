import type { DiffPayload, DiffValuesPayload, PairsPayload, ValuesPayload } from '../api/types';
import { compileSearch } from './search';
import { compareNumbers } from './stats';
import { TensorTable } from './tensors';
import type { TreeNode } from './tree';

/** Pairs of tensors as a table: what is known of each from checksums, and numbers as they come. */

const NUMBERS = [
  'differing',
  'count',
  'max_abs',
  'mean_abs',
  'l2',
  'relative_l2',
  'cosine',
  'nan_before',
  'nan_after',
] as const;
type Number_ = (typeof NUMBERS)[number];

/** What rows can be sorted by; `largest`: weights before the optimizer, by relative L2. */
export const PAIR_SORTS = [
  'largest',
  'name',
  'state',
  'relative_l2',
  'max_abs',
  'mean_abs',
  'differing',
  'cosine',
] as const;
export type PairColumn = (typeof PAIR_SORTS)[number];

export interface PairSort {
  column: PairColumn;
  descending: boolean;
}

export interface PairQuery {
  search: string;
  /** Empty sets let everything through. */
  words: ReadonlySet<string>;
  roles: ReadonlySet<string>;
}

/** States and marks of a row as a person reads them, in the order of the chips. */
export const WORDS: Record<string, { word: string; sign: string; means: string }> = {
  changed: { word: 'changed', sign: '≠', means: 'Values differ' },
  added: { word: 'added', sign: '+', means: 'Only after' },
  removed: { word: 'removed', sign: '−', means: 'Only before' },
  unknown: {
    word: 'not read',
    sign: '?',
    means: 'No checksum tells; their values are not read yet',
  },
  unreadable: { word: 'unreadable', sign: '!', means: 'Values cannot be read' },
  incomparable: {
    word: 'no values',
    sign: '·',
    means: 'Values of this type cannot be compared',
  },
  renamed: { word: 'renamed', sign: '→', means: 'Found under another name' },
  retyped: { word: 'retyped', sign: '→', means: 'Of another element type' },
  reshaped: { word: 'reshaped', sign: '→', means: 'Of another shape' },
  moved: { word: 'moved', sign: '→', means: 'Of another role' },
  equal: { word: 'equal', sign: '=', means: 'All values are the same' },
};
const ORDER = Object.keys(WORDS);
const WEIGHTS = ['weight', 'state'];

export class PairTable {
  /** The tensors after, or before where they were removed. */
  readonly tensors: TensorTable;
  readonly count: number;
  /** Goes up with every answer that brought rows. */
  version = 0;
  private readonly rows = new Map<number, number>();
  readonly numbers = {} as Record<Number_, Float64Array>;
  readonly states: string[];
  private readonly marks: string[][];
  private readonly errors = new Map<number, string>();
  private readonly read = new Set<number>();
  private readonly measured = new WeakMap<object, { of: string; value: number }>();

  constructor(readonly columns: PairsPayload) {
    const { key, name, dtype, shape, role, nbytes } = columns;
    this.count = key.length;
    const none = { name: '', tensors: 0, parameters: 0, nbytes: 0 };
    this.tensors = new TensorTable({
      ...{ key, name, dtype, shape, role, nbytes },
      alias_of: key.map(() => -1),
      totals: { by_role: [], by_dtype: [], all: none, aliases: none, model_parameters: 0 },
    });
    this.states = [...columns.state];
    this.marks = columns.marks.map((marks) => marks.filter((mark) => mark in WORDS));
    for (const [row, pair] of columns.pair.entries()) this.rows.set(pair, row);
    for (const one of NUMBERS) this.numbers[one] = new Float64Array(this.count).fill(Number.NaN);
  }

  /** Takes over the rows of an answer; pairs that are not listed here are left out. */
  take(payload: DiffValuesPayload) {
    if (payload.whole && this.read.size) this.clear();
    for (const [place, pair] of payload.pair.entries()) {
      const row = this.rows.get(pair);
      if (row === undefined) continue;
      for (const name of NUMBERS) this.numbers[name][row] = payload[name][place] ?? Number.NaN;
      this.states[row] = payload.state[place] ?? 'unknown';
      const error = payload.error[place];
      if (error) this.errors.set(row, error);
      this.read.add(row);
    }
    if (payload.pair.length) this.version += 1;
  }

  private clear() {
    for (const row of this.read) {
      this.states[row] = this.columns.state[row] ?? 'unknown';
      for (const name of NUMBERS) this.numbers[name][row] = Number.NaN;
    }
    this.errors.clear();
    this.read.clear();
    this.version += 1;
  }

  /** Row of the tensor of a key after; or before, of one that was removed. Else -1. */
  find(key: string, isBefore: boolean): number {
    const { columns } = this;
    return key
      ? columns.key.findIndex(
          (one, row) => one === key && (columns.state[row] === 'removed') === isBefore,
        )
      : -1;
  }

  /** Row of a pair by its number, or -1. */
  rowOf(pair: number): number {
    return this.rows.get(pair) ?? -1;
  }

  /** How many were read, or that was tried. */
  get readCount(): number {
    return this.read.size;
  }

  state(row: number): string {
    return this.states[row] ?? 'unknown';
  }

  /** Whether its values were read, or that was tried. */
  wasRead(row: number): boolean {
    return this.read.has(row);
  }

  error(row: number): string | undefined {
    return this.errors.get(row);
  }

  number(row: number, name: Number_): number {
    return this.numbers[name][row] ?? Number.NaN;
  }

  /** Whether it has NaN where there was none before. */
  hasNewNan(row: number): boolean {
    return this.number(row, 'nan_after') > 0;
  }

  /** What is to be said of a row: its state, unless a mark says it better, and its marks. */
  words(row: number): string[] {
    const [state, marks] = [this.state(row), this.marks[row] ?? []];
    return state === 'incomparable' && marks.length ? marks : [state, ...marks];
  }

  /** Whether it is not the same on both sides. */
  differs(row: number): boolean {
    return this.state(row) !== 'equal' || (this.marks[row] ?? []).length > 0;
  }

  /** Rows that differ, of those that count. */
  countDifferent(): number {
    let count = 0;
    for (const [row, marks] of this.columns.marks.entries()) {
      const isCounted = !marks.some((mark) => mark === 'alias' || mark === 'metadata');
      if (isCounted && this.differs(row)) count += 1;
    }
    return count;
  }

  /** What is known of the tensor before or after; as of the other where it is the same, or alone. */
  tensorOf(row: number, isBefore: boolean) {
    const { columns } = this;
    const of = <T>(before: readonly (T | null)[], after: readonly T[]) =>
      ((isBefore ? before[row] : null) ?? after[row]) as T;
    return {
      key: of(columns.before_key, columns.key),
      name: of(columns.before_name, columns.name),
      dtype: of(columns.before_dtype, columns.dtype),
      shape: of(columns.before_shape, columns.shape),
      role: of(columns.before_role, columns.role),
      nbytes: of(columns.before_nbytes, columns.nbytes),
    };
  }

  /** The name before, where it was another one. */
  formerName(row: number): string | null {
    return this.columns.before_name[row] ?? null;
  }

  /** Rows that pass; an expression that cannot be compiled lets nothing through. */
  filter(query: PairQuery): Uint32Array {
    const match = compileSearch(query.search);
    if (typeof match === 'string') return new Uint32Array();
    const { key, name, role, before_name } = this.columns;
    const rows = new Uint32Array(this.count);
    let kept = 0;
    for (let row = 0; row < this.count; row++) {
      if (query.roles.size && !query.roles.has(role[row] ?? '')) continue;
      if (query.words.size && !this.words(row).some((word) => query.words.has(word))) continue;
      const names = [name[row], key[row], before_name[row]];
      if (query.search && !names.some((text) => text && match(text))) continue;
      rows[kept++] = row;
    }
    return rows.subarray(0, kept);
  }

  /** How many rows each word, or role, would leave with the other filters as they are. */
  facet(query: PairQuery, of: 'words' | 'roles'): [string, number][] {
    const counts = new Map<string, number>();
    for (const row of this.filter({ ...query, [of]: new Set() })) {
      const own = of === 'words' ? this.words(row) : [this.columns.role[row] ?? ''];
      for (const one of own) counts.set(one, (counts.get(one) ?? 0) + 1);
    }
    for (const one of query[of]) if (!counts.has(one)) counts.set(one, 0);
    return [...counts].sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b));
  }

  /** Sorted rows; those without a number stand last, either way. */
  sort(rows: Uint32Array, { column, descending }: PairSort): Uint32Array {
    if (column === 'name') return this.tensors.sort(rows, { column, descending });
    const direction = descending ? -1 : 1;
    const of = (row: number) => this.measure(row, column);
    return rows.slice().sort((a, b) => compareNumbers(of(a), of(b), direction) || a - b);
  }

  private measure(row: number, column: PairColumn): number {
    if (column === 'state') return ORDER.indexOf(this.state(row));
    if (column === 'differing') return this.share(row);
    if (column !== 'largest' && column !== 'name') return this.number(row, column);
    const relative = this.number(row, 'relative_l2');
    const isWeight = WEIGHTS.includes(this.columns.role[row] ?? '');
    // NaN that came is the largest change of all.
    if (this.hasNewNan(row)) return 3;
    return (isWeight ? 1 : 0) + relative / (1 + relative);
  }

  /** Share of the elements that differ. */
  share(row: number): number {
    return this.number(row, 'differing') / (this.number(row, 'count') || 1);
  }

  /** The number that a line of the tree is sorted by: of a branch the largest below it. */
  measureNode(node: TreeNode, column: PairColumn): number {
    if (node.row >= 0) return this.measure(node.row, column);
    const of = `${this.version} ${column}`;
    const known = this.measured.get(node.rows);
    if (known?.of === of) return known.value;
    let value = Number.NaN;
    for (const row of node.rows) {
      const one = this.measure(row, column);
      if (!(one <= value) && !Number.isNaN(one)) value = one;
    }
    this.measured.set(node.rows, { of, value });
    return value;
  }
}

/** How it is known that what is equal is equal: by checksums, or by reading. */
export function describeKnown(
  equal: number,
  table: PairTable,
  words: { count: (count: number) => string },
): string {
  const read = table.readCount;
  const parts = [];
  if (equal) parts.push(`${words.count(equal)} equal by checksum, without reading a value`);
  if (read) parts.push(`${words.count(read)} compared value by value`);
  return parts.join('; ');
}

/** The sentence as a heading. */
export function asHeading(summary: string): string {
  return summary.slice(0, 1).toUpperCase() + summary.slice(1);
}

/** The command that says the same; paths as a shell takes them. */
export function writeDiffCommand(before: string, after: string): string {
  return `modelinspect diff ${quote(before)} ${quote(after)}`;
}

/** All that is listed, as JSON: what the server said, with the numbers that came since. */
export function writeDiffJson(payload: DiffPayload, table: PairTable, summary: string): string {
  const pairs = { ...payload.pairs, ...table.numbers, state: table.states };
  const asArray = (_key: string, value: unknown) =>
    value instanceof Float64Array ? [...value] : value;
  return JSON.stringify({ ...payload, summary, pairs }, asArray, 1);
}

function quote(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** `[1, 2]` */
export function placeText(place: readonly number[]): string {
  return `[${place.join(', ')}]`;
}

export interface ValueLine {
  /** `[1, 2]`. */
  index: string;
  before: string;
  after: string;
}

/** Elements of the same slice of both, row-major; `onlyDifferent` leaves out equal ones. */
export function listValues(
  before: ValuesPayload,
  after: ValuesPayload,
  onlyDifferent: boolean,
): ValueLine[] {
  const lines: ValueLine[] = [];
  const sizes = after.result_shape;
  for (const [place, text] of after.text.entries()) {
    const old = before.text[place] ?? '';
    if (onlyDifferent && old === text) continue;
    const index: number[] = [];
    for (let axis = sizes.length - 1, rest = place; axis >= 0; axis--) {
      const size = sizes[axis] || 1;
      const [start = 0, , step = 1] = after.region[axis] ?? [];
      index.unshift(start + (rest % size) * step);
      rest = Math.floor(rest / size);
    }
    lines.push({ index: placeText(index), before: old, after: text });
  }
  return lines;
}
