import type { TimelinePayload, TimelineValuesPayload } from '../api/types';

/** A series of checkpoints in numbers. Formulas and rules are those of `analyses/timeline.py`. */

export const MEASURES = ['relative', 'l2', 'mean_abs', 'cosine'] as const;
export type Measure = (typeof MEASURES)[number];

export const GROUPINGS = ['all', 'role', 'layer', 'tensor'] as const;
export type Grouping = (typeof GROUPINGS)[number];

const COLUMNS = [
  'count',
  'nonfinite',
  'sum_sq',
  'previous',
  'delta_abs_sum',
  'delta_sum_sq',
  'dot',
  'pairs',
  'pair_sum_sq',
  'previous_pair_sum_sq',
] as const;

/** The sums of one tensor, an entry for each checkpoint. */
export type ValueRow = Record<(typeof COLUMNS)[number], readonly (number | null)[]>;
export type ValueRows = ReadonlyMap<number, ValueRow>;

/** The rows known so far with those that came in place of older ones. */
export function mergeValues(
  known: ValueRows,
  payload: Pick<TimelineValuesPayload, 'tensor' | (typeof COLUMNS)[number]>,
): ValueRows {
  if (!payload.tensor.length) return known;
  const rows = new Map(known);
  for (const [at, tensor] of payload.tensor.entries()) {
    const lists = COLUMNS.map((name) => [name, payload[name][at] ?? []] as const);
    rows.set(tensor, Object.fromEntries(lists) as unknown as ValueRow);
  }
  return rows;
}

/** What a tensor is in a checkpoint, compared with the nearest one before that has it. */
export type Kind = 'unknown' | 'absent' | 'first' | 'changed' | 'frozen';

/** Tensors that are looked at together. */
export interface Group {
  key: string;
  label: string;
  tensors: number[];
}

/** Sums over the tensors of a group, at each checkpoint. */
export class Cells {
  /** Tensors by what they are, and of those that are there, how many are not read yet. */
  readonly kinds: Record<Kind, Uint32Array>;
  readonly unread: Uint32Array;
  /** Tensors whose sums are known, and of those with a known change. */
  readonly known: Uint32Array;
  readonly compared: Uint32Array;
  readonly count: Float64Array;
  readonly nonfinite: Float64Array;
  readonly sum_sq: Float64Array;
  readonly pairs: Float64Array;
  readonly pair_sum_sq: Float64Array;
  readonly previous_pair_sum_sq: Float64Array;
  readonly delta_abs_sum: Float64Array;
  readonly delta_sum_sq: Float64Array;
  readonly dot: Float64Array;

  constructor(readonly length: number) {
    const counts = () => new Uint32Array(length);
    const sums = () => new Float64Array(length);
    this.kinds = {
      unknown: counts(),
      absent: counts(),
      first: counts(),
      changed: counts(),
      frozen: counts(),
    };
    [this.unread, this.known, this.compared] = [counts(), counts(), counts()];
    [this.count, this.nonfinite, this.sum_sq] = [sums(), sums(), sums()];
    [this.pairs, this.pair_sum_sq, this.previous_pair_sum_sq] = [sums(), sums(), sums()];
    [this.delta_abs_sum, this.delta_sum_sq, this.dot] = [sums(), sums(), sums()];
  }

  add(at: number, row: ValueRow) {
    this.known[at] = (this.known[at] ?? 0) + 1;
    add(this.count, at, row.count[at]);
    add(this.nonfinite, at, row.nonfinite[at]);
    add(this.sum_sq, at, row.sum_sq[at]);
    const previous = row.previous[at];
    if (previous == null || row.delta_sum_sq[at] == null) return;
    this.compared[at] = (this.compared[at] ?? 0) + 1;
    add(this.pairs, at, row.pairs[at] ?? row.count[at]);
    add(this.pair_sum_sq, at, row.pair_sum_sq[at] ?? row.sum_sq[at]);
    add(this.previous_pair_sum_sq, at, row.previous_pair_sum_sq[at] ?? row.sum_sq[previous]);
    add(this.delta_abs_sum, at, row.delta_abs_sum[at]);
    add(this.delta_sum_sq, at, row.delta_sum_sq[at]);
    add(this.dot, at, row.dot[at]);
  }

  /** Tensors that are there. */
  present(at: number): number {
    const { first, changed, frozen, unknown } = this.kinds;
    return (first[at] ?? 0) + (changed[at] ?? 0) + (frozen[at] ?? 0) + (unknown[at] ?? 0);
  }

  /** Frozen ones among those of which it is known; null if it is of none. */
  frozenShare(at: number): number | null {
    const [frozen, changed] = [this.kinds.frozen[at] ?? 0, this.kinds.changed[at] ?? 0];
    return frozen + changed ? frozen / (frozen + changed) : null;
  }

  /** Whether all that is there is as before, which is known without reading it. */
  isFrozen(at: number): boolean {
    return (this.kinds.frozen[at] ?? 0) > 0 && this.kinds.frozen[at] === this.present(at);
  }
}

function add(sums: Float64Array, at: number, value: number | null | undefined) {
  sums[at] = (sums[at] ?? 0) + (value ?? 0);
}

const FORMULAS: Record<Measure, (cells: Cells, at: number) => number | null> = {
  l2: (cells, at) => Math.sqrt(cells.sum_sq[at] ?? 0),
  mean_abs: (cells, at) => ratio(cells.delta_abs_sum[at] ?? 0, cells.pairs[at] ?? 0),
  relative: (cells, at) =>
    ratio(Math.sqrt(cells.delta_sum_sq[at] ?? 0), Math.sqrt(cells.previous_pair_sum_sq[at] ?? 0)),
  cosine: (cells, at) => {
    const here = Math.sqrt(cells.pair_sum_sq[at] ?? 0);
    const cosine = ratio(cells.dot[at] ?? 0, here * Math.sqrt(cells.previous_pair_sum_sq[at] ?? 0));
    return cosine === null ? null : Math.max(-1, Math.min(cosine, 1));
  },
};
/** Of what is frozen, read or not. */
const UNCHANGED: Partial<Record<Measure, number>> = { mean_abs: 0, relative: 0, cosine: 1 };

function ratio(part: number, whole: number): number | null {
  return whole && Number.isFinite(whole) ? part / whole : null;
}

/**
 * A measure at each checkpoint; null where it is not known.
 *
 * While values are being read (`settled` false) a sum that lacks a tensor is held back: the line
 * would jump as the rest comes in. Afterwards it is of what could be read.
 */
export function measure(cells: Cells, of: Measure, settled: boolean): (number | null)[] {
  return Array.from({ length: cells.length }, (_, at) => {
    const isWhole = settled || !cells.unread[at];
    const isKnown = of === 'l2' ? cells.known[at] : cells.compared[at];
    const value = isKnown && isWhole ? FORMULAS[of](cells, at) : undefined;
    // Of zeros there is no direction, frozen or not; else what is frozen is so to the last digit.
    if (value === null) return null;
    return (cells.isFrozen(at) ? UNCHANGED[of] : undefined) ?? value ?? null;
  });
}

/** One series: what its indexes say, and the values read so far. */
export class SeriesTable {
  /** How many checkpoints. */
  readonly length: number;
  /** Whether no more values are to come. */
  readonly settled: boolean;
  private readonly opened: boolean[];
  private readonly compared = new Map<number, Kind[]>();
  private readonly added = new Map<string, Cells>();

  constructor(
    readonly payload: TimelinePayload,
    readonly rows: ValueRows,
    options: { settled: boolean },
  ) {
    const { checkpoints, content } = payload;
    this.length = checkpoints.path.length;
    this.settled = options.settled;
    this.opened = checkpoints.problem.map(
      (problem, at) => problem === null || content.some((row) => row[at] !== null),
    );
  }

  /** Roles there are, the most important first. */
  roles(): string[] {
    const there = new Set(this.payload.tensors.role);
    const known = ['weight', 'state', 'optimizer', 'counter', 'table', 'metadata'];
    return [...known.filter((role) => there.delete(role)), ...there];
  }

  /**
   * Tensors of some roles as groups, in the order of the file.
   *
   * Hyperparameters and counters are in none but their own: a count of steps would drown the norm
   * of all weights.
   */
  groups(by: Grouping, roles: ReadonlySet<string>): Group[] {
    const { key, name, layer, role } = this.payload.tensors;
    const alone = new Set(this.payload.hyperparameters.map((one) => one.key));
    const keyOf = {
      all: () => 'all',
      role: column(role),
      layer: column(layer),
      tensor: column(key),
    };
    const groups = new Map<string, Group>();
    for (const [tensor, own] of role.entries()) {
      if (!roles.has(own) || (by !== 'tensor' && alone.has(key[tensor] ?? ''))) continue;
      const of = keyOf[by](tensor);
      const label = by === 'tensor' ? (name[tensor] ?? of) : by === 'all' ? 'everything' : of;
      const group = groups.get(of) ?? { key: of, label, tensors: [] };
      group.tensors.push(tensor);
      groups.set(of, group);
    }
    return [...groups.values()];
  }

  /** What a tensor is in each checkpoint. */
  kinds(tensor: number): readonly Kind[] {
    const known = this.compared.get(tensor) ?? this.compare(tensor);
    this.compared.set(tensor, known);
    return known;
  }

  private compare(tensor: number): Kind[] {
    const row = this.rows.get(tensor);
    let before: number | null | undefined;
    return (this.payload.content[tensor] ?? []).map((content, at) => {
      if (content === -1) return 'absent';
      if (content === null && !this.opened[at]) return 'unknown';
      const last = before;
      before = content;
      if (last === undefined) return 'first';
      if (content !== null && last !== null) return content === last ? 'frozen' : 'changed';
      const delta = row?.delta_abs_sum[at] ?? null;
      if (delta === null) return 'unknown';
      const areAllFinite = (row?.pairs[at] ?? row?.count[at]) === row?.count[at];
      return delta === 0 && areAllFinite ? 'frozen' : 'changed';
    });
  }

  /** The tensors of a group added up; kept, since chart, table and map ask for the same. */
  cells(tensors: readonly number[]): Cells {
    const key = tensors.join();
    const cells = this.added.get(key) ?? this.addUp(tensors);
    this.added.set(key, cells);
    return cells;
  }

  private addUp(tensors: readonly number[]): Cells {
    const cells = new Cells(this.length);
    for (const tensor of tensors) {
      const row = this.rows.get(tensor);
      const numeric = hasNumbers(this.payload.tensors.dtype[tensor] ?? '');
      for (const [at, kind] of this.kinds(tensor).entries()) {
        const counts = cells.kinds[kind];
        counts[at] = (counts[at] ?? 0) + 1;
        if (kind === 'absent' || !numeric) continue;
        if (row && row.count[at] != null) cells.add(at, row);
        else if (this.opened[at]) cells.unread[at] = (cells.unread[at] ?? 0) + 1;
      }
    }
    return cells;
  }
}

function column(texts: readonly string[]) {
  return (tensor: number) => texts[tensor] ?? '';
}

/** Whether a tensor's elements can be added up. */
export function hasNumbers(dtype: string): boolean {
  return !/^(string|resource|variant|DT_)/.test(dtype);
}

/** Where NaN or infinite elements are first seen: the checkpoint, and the tensors that have them. */
export interface FirstNonfinite {
  at: number;
  /** Place of the tensor, its elements that are not finite, and all of them; weights first. */
  tensors: { tensor: number; nonfinite: number; count: number }[];
}

export function findNonfinite({ length, rows, payload }: SeriesTable): FirstNonfinite | null {
  const isWeight = (tensor: number) => payload.tensors.role[tensor] === 'weight';
  for (let at = 0; at < length; at++) {
    const tensors = [...rows].flatMap(([tensor, row]) => {
      const nonfinite = row.nonfinite[at] ?? 0;
      return nonfinite ? [{ tensor, nonfinite, count: row.count[at] ?? 0 }] : [];
    });
    tensors.sort(
      (a, b) => Number(isWeight(b.tensor)) - Number(isWeight(a.tensor)) || a.tensor - b.tensor,
    );
    if (tensors.length) return { at, tensors };
  }
  return null;
}
