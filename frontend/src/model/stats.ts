import type { StatsPayload } from '../api/types';
import { compareSeverities, type Mark, UNREADABLE } from './findings';

/** Statistics of tensors as typed columns, one entry per row of the table of tensors. */

const SENT = ['nan', 'posinf', 'neginf', 'zeros', 'min', 'max', 'mean', 'std', 'l1', 'l2'] as const;
type Sent = (typeof SENT)[number];

/** What can be shown and sorted by. `bad` is NaN and infinite together, `zeros` a share. */
export const STAT_COLUMNS = ['bad', 'zeros', 'min', 'max', 'mean', 'std', 'l1', 'l2'] as const;
export type StatColumn = (typeof STAT_COLUMNS)[number];

/** Sums over the tensors of a branch, each content once. */
export interface StatSums {
  /** Of how many tensors something is known, of how many. */
  known: number;
  tensors: number;
  elements: number;
  bad: number;
  zeros: number;
  min: number;
  max: number;
  l2: number;
}

/** Fills up as answers come; unknown numbers are NaN. */
export class StatsTable {
  /** Goes up with every answer that brought rows. */
  version = 0;
  known = 0;
  private readonly columns = {} as Record<Sent, Float64Array>;
  private readonly derived = new Map<StatColumn, { version: number; values: Float64Array }>();
  private readonly arrived: Uint8Array;
  /** Per row, how often something came. */
  private readonly comings: Uint8Array;
  private readonly marks: Mark[] = [];
  /** Per row a bit for each of `marks`. */
  private readonly found: Uint32Array;
  private readonly errors = new Map<number, string>();
  private readonly sums = new WeakMap<object, { version: number; sums: StatSums }>();

  /**
   * @param elements Per row, how many there are.
   * @param aliasOf Per row, the row whose content it repeats, or -1.
   * @param parameters Per row, how many elements are numbers: lengths of strings add up to nothing.
   */
  constructor(
    private readonly elements: ArrayLike<number>,
    private readonly aliasOf: ArrayLike<number>,
    private readonly parameters: ArrayLike<number>,
  ) {
    const count = elements.length;
    for (const name of SENT) this.columns[name] = new Float64Array(count).fill(Number.NaN);
    this.arrived = new Uint8Array(count);
    this.comings = new Uint8Array(count);
    this.found = new Uint32Array(count);
  }

  get count(): number {
    return this.elements.length;
  }

  /** Takes over the rows of an answer. */
  take(payload: StatsPayload) {
    if (payload.whole && this.known) this.clear();
    for (const name of SENT) {
      const [from, to] = [payload[name], this.columns[name]];
      for (const [place, row] of payload.rows.entries()) to[row] = from[place] ?? Number.NaN;
    }
    for (const [place, row] of payload.rows.entries()) this.takeRow(payload, place, row);
    if (payload.rows.length) this.version += 1;
  }

  /** What is no number; of a row that came before it is taken anew. */
  private takeRow(payload: StatsPayload, place: number, row: number) {
    const error = payload.error[place];
    const isKnown = error != null || payload.nan[place] != null;
    this.known += Number(isKnown) - (this.arrived[row] ?? 0);
    this.arrived[row] = Number(isKnown);
    this.comings[row] = (this.comings[row] ?? 0) + 1;
    if (error) this.errors.set(row, error);
    // The sum of no value is 0: true, and it would look as if there were some.
    if (payload.min[place] === null) this.columns.l1[row] = this.columns.l2[row] = Number.NaN;
    let bits = error ? this.bitOf(UNREADABLE, 'problem') : 0;
    for (const [kind, severity] of payload.findings[place] ?? []) {
      bits |= this.bitOf(kind, severity);
    }
    this.found[row] = bits;
  }

  private clear() {
    for (const name of SENT) this.columns[name].fill(Number.NaN);
    this.arrived.fill(0);
    this.found.fill(0);
    this.comings.fill(0);
    this.errors.clear();
    this.known = 0;
    this.version += 1;
  }

  private bitOf(kind: string, severity: string): number {
    const at = this.marks.findIndex((one) => one.kind === kind && one.severity === severity);
    if (at < 0) this.marks.push({ kind, severity });
    return 1 << ((at < 0 ? this.marks.length - 1 : at) & 31);
  }

  /** Whether a row's numbers are known, or why there are none. */
  has(row: number): boolean {
    return this.arrived[row] === 1;
  }

  /** Another number when more came of a row. */
  stamp(row: number): number {
    return this.comings[row] ?? 0;
  }

  /** Why a row has no statistics. */
  error(row: number): string | undefined {
    return this.errors.get(row);
  }

  /** Findings about a row, in the order in which such ones first occurred. */
  findings(row: number): Mark[] {
    const bits = this.found[row] ?? 0;
    return bits ? this.marks.filter((_, place) => bits & (1 << place)) : [];
  }

  /** Whether a row has a finding of one of these kinds; all rows pass an empty set. */
  passes(row: number, kinds: ReadonlySet<string>): boolean {
    return !kinds.size || this.findings(row).some(({ kind }) => kinds.has(kind));
  }

  /** Each kind that occurs at all, with its worst severity, and how many of some rows have it. */
  countFindings(rows: ArrayLike<number>): (Mark & { count: number })[] {
    const counts = new Map<string, Mark & { count: number }>();
    for (const mark of this.marks) {
      const before = counts.get(mark.kind);
      const isWorse = !before || compareSeverities(mark.severity, before.severity) < 0;
      if (isWorse) counts.set(mark.kind, { ...mark, count: 0 });
    }
    for (let place = 0; place < rows.length; place++) {
      const row = rows[place] ?? 0;
      if (!this.found[row]) continue;
      for (const kind of new Set(this.findings(row).map((mark) => mark.kind))) {
        const one = counts.get(kind);
        if (one) one.count += 1;
      }
    }
    return [...counts.values()];
  }

  /** How many values of a row are of a sort; NaN where unknown. */
  counted(row: number, name: 'nan' | 'posinf' | 'neginf' | 'zeros'): number {
    return this.columns[name][row] ?? Number.NaN;
  }

  /** What a column shows of a row; NaN where there is nothing. */
  value(row: number, column: StatColumn): number {
    if (column === 'bad') return this.bad(row);
    if (column !== 'zeros') return this.columns[column][row] ?? Number.NaN;
    return (this.columns.zeros[row] ?? Number.NaN) / (this.elements[row] || 1);
  }

  private bad(row: number): number {
    const { nan, posinf, neginf } = this.columns;
    return (nan[row] ?? 0) + (posinf[row] ?? 0) + (neginf[row] ?? 0);
  }

  /** A column whole, to sort by. The same array as long as nothing came. */
  column(column: StatColumn): Float64Array {
    if (column !== 'bad' && column !== 'zeros') return this.columns[column];
    const before = this.derived.get(column);
    if (before?.version === this.version) return before.values;
    const values = before?.values ?? new Float64Array(this.count);
    for (let row = 0; row < values.length; row++) values[row] = this.value(row, column);
    this.derived.set(column, { version: this.version, values });
    return values;
  }

  /** Sums over rows, an alias counted with its original. Kept with `rows` while nothing comes. */
  sum(rows: readonly number[]): StatSums {
    const before = this.sums.get(rows);
    if (before?.version === this.version) return before.sums;
    const sums = this.makeSums(rows);
    this.sums.set(rows, { version: this.version, sums });
    return sums;
  }

  private makeSums(rows: readonly number[]): StatSums {
    const sums = { known: 0, tensors: rows.length, elements: 0, bad: 0, zeros: 0, l2: 0 };
    let [min, max, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    const seen = new Set<number>();
    for (const row of rows) {
      if (!this.arrived[row]) continue;
      sums.known += 1;
      const content = (this.aliasOf[row] ?? -1) < 0 ? row : (this.aliasOf[row] ?? row);
      if (this.errors.has(row) || seen.has(content) || !this.parameters[row]) continue;
      seen.add(content);
      sums.elements += this.elements[row] ?? 0;
      sums.bad += this.bad(row);
      sums.zeros += this.columns.zeros[row] || 0;
      squares += (this.columns.l2[row] || 0) ** 2;
      min = Math.min(min, orElse(this.columns.min[row], min));
      max = Math.max(max, orElse(this.columns.max[row], max));
    }
    return { ...sums, l2: Math.sqrt(squares), min, max };
  }
}

/** A number, or another one where it is none; zero stays zero. */
function orElse(number: number | undefined, other: number): number {
  return number === undefined || Number.isNaN(number) ? other : number;
}

/** Orders rows by numbers of theirs; those without a number come last either way. */
export function compareNumbers(a: number, b: number, direction: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return direction * (a - b);
}
