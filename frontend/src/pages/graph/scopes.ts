import type { Measure, Summary } from '../../graph/summary';
import { adjacencyOf, at } from '../../graph/wire';
import { naturalKey, visibleName } from '../../model/format';
import type { Foldable } from '../../model/tree';

/** A row of a summary, as a branch of a tree where something is in it. */
export interface Scope extends Foldable {
  place: number;
  label: string;
  readonly children: readonly Scope[];
}

export interface ScopeSort {
  /** `order` is that of the file. */
  column: 'order' | 'name' | Measure;
  descending: boolean;
}

/** The scopes of a summary; what is in one is made when it is asked for. */
export class ScopeTree {
  private readonly start: Int32Array;
  private readonly inside: Int32Array;
  private rowOf: Map<string, number> | undefined;

  constructor(readonly summary: Summary) {
    const { start, edge } = adjacencyOf(summary.parent.subarray(1), summary.parent.length);
    this.start = start;
    this.inside = edge;
  }

  /** Rows right below one, in the order of the file. */
  rowsIn(row: number): number[] {
    const rows = this.inside.subarray(at(this.start, row), at(this.start, row + 1));
    return Array.from(rows, (place) => place + 1);
  }

  /** The whole name; empty for all of the graph. */
  path(row: number): string {
    return this.summary.path[row] ?? '';
  }

  /** Rows from the outermost scope down to one, itself included. */
  around(row: number): number[] {
    const rows: number[] = [];
    for (let one = row; one > 0; one = at(this.summary.parent, one)) rows.push(one);
    return rows.reverse();
  }

  /** The row of a name, or of the scope around it that has one. */
  find(path: string): number {
    this.rowOf ??= new Map(this.summary.path.map((one, row) => [one, row]));
    for (let rest = path; rest; rest = rest.slice(0, Math.max(rest.lastIndexOf('/'), 0))) {
      const row = this.rowOf.get(rest);
      if (row !== undefined) return row;
    }
    return 0;
  }

  scopes(row: number, sort: ScopeSort): Scope[] {
    const rows = this.rowsIn(row);
    if (sort.column !== 'order') rows.sort(this.comparison(sort));
    return rows.map((place) => this.scope(place, sort));
  }

  private scope(place: number, sort: ScopeSort): Scope {
    const isBranch = at(this.start, place) < at(this.start, place + 1);
    let children: Scope[] | undefined;
    const tree = this;
    return {
      place,
      row: isBranch ? -1 : place,
      path: String(place),
      label: this.summary.label[place] ?? '',
      get children() {
        children ??= tree.scopes(place, sort);
        return children;
      },
    };
  }

  private comparison({ column, descending }: ScopeSort) {
    const direction = descending ? -1 : 1;
    if (column === 'name' || column === 'order') {
      const key = (row: number) => naturalKey(this.summary.label[row] ?? '');
      return (a: number, b: number) => direction * (key(a) < key(b) ? -1 : 1);
    }
    const values = this.summary[column];
    return (a: number, b: number) => direction * (at(values, a) - at(values, b)) || a - b;
  }
}

const HEAD = ['scope', 'op', 'nodes', 'parameters', 'bytes', 'FLOPs', 'nodes of unknown FLOPs'];

/** All rows, opened or not. */
export function scopeRows(tree: ScopeTree): (string | number)[][] {
  const { op, nodes, parameters, nbytes, flops, unknown } = tree.summary;
  const rows = op.map((name, row) => {
    const numbers = [nodes, parameters, nbytes, flops, unknown].map((column) => at(column, row));
    return [tree.path(row), name, ...numbers];
  });
  return [HEAD, ...rows];
}

/** Rows as a spreadsheet takes them from the clipboard. */
export function writeTsv(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) => visibleName(String(value));
  return rows.map((row) => `${row.map(cell).join('\t')}\n`).join('');
}
