import { naturalKey } from './format';
import { compareNumbers, type StatColumn, type StatsTable } from './stats';
import { isStatColumn, type TensorSort, type TensorSums, type TensorTable } from './tensors';

/** A branch (or, with `row`, a leaf) of the tree that the slashes of readable names make. */
export interface TreeNode {
  /** Full name up to here: unique among branches. */
  path: string;
  /** What is shown: one or more parts of the name. */
  label: string;
  /** Row of the table, or -1 for a branch. */
  row: number;
  /** All rows below a branch, or the row of a leaf; the same array every time. */
  readonly rows: readonly number[];
  /** The label in the form that sorts as people count. */
  sortKey: string;
  /** Made when they are first asked for, so a folded branch costs nothing but its sums. */
  readonly children: TreeNode[];
  sums: TensorSums;
}

/** What of a branch matters to unfolding it. */
export interface Foldable {
  path: string;
  /** -1 for a branch. */
  row: number;
  readonly children: readonly Foldable[];
}

/** A line of the unfolded tree. */
export interface TreeLine<Node extends Foldable = TreeNode> {
  node: Node;
  depth: number;
  open: boolean;
  position: number;
  siblings: number;
}

/**
 * Builds the tree of `rows`; a branch with nothing but one branch in it is joined with it.
 *
 * `measure` gives the number that nodes are sorted by, where it is none of the table's own columns.
 */
export function buildTree(
  table: TensorTable,
  rows: Uint32Array,
  sort: TensorSort,
  stats?: StatsTable,
  measure = measureBy(sort, stats),
): TreeNode[] {
  return new Level(table, compareNodes(sort, measure)).nodes(rows, 0);
}

/** Makes the nodes of one level from rows whose names are the same before `start`. */
class Level {
  constructor(
    private readonly table: TensorTable,
    private readonly compare: (a: TreeNode, b: TreeNode) => number,
  ) {}

  nodes(rows: Iterable<number>, start: number): TreeNode[] {
    const branches = new Map<string, number[]>();
    const nodes: TreeNode[] = [];
    for (const row of rows) {
      const name = this.nameOf(row);
      const slash = name.indexOf('/', start);
      const part = name.slice(start, slash);
      const branch = branches.get(part);
      if (slash < 0) nodes.push(this.leaf(row, start));
      else if (branch) branch.push(row);
      else branches.set(part, [row]);
    }
    for (const [part, inside] of branches) nodes.push(this.branch(inside, start, part));
    return nodes.sort(this.compare);
  }

  private branch(rows: number[], start: number, part: string): TreeNode {
    const name = this.nameOf(rows[0] ?? 0);
    const end = this.endOfCommon(rows, name, start + part.length);
    const label = name.slice(start, end);
    const level = this;
    let children: TreeNode[] | undefined;
    return {
      path: name.slice(0, end),
      label,
      row: -1,
      rows,
      sortKey: naturalKey(label),
      sums: this.table.sum(rows),
      get children() {
        children ??= level.nodes(rows, end + 1);
        return children;
      },
    };
  }

  /** The last slash up to which all names are the same; `end` is one of them. */
  private endOfCommon(rows: readonly number[], name: string, end: number): number {
    for (let at = end; ; ) {
      const next = name.indexOf('/', at + 1);
      const part = name.slice(at, next + 1);
      if (next < 0 || !rows.every((row) => this.nameOf(row).startsWith(part, at))) return at;
      at = next;
    }
  }

  private leaf(row: number, start: number): TreeNode {
    const path = this.nameOf(row);
    const label = path.slice(start) || path;
    const sums = this.table.sum([row]);
    return { path, label, row, rows: [row], sortKey: naturalKey(label), children: [], sums };
  }

  private nameOf(row: number): string {
    return this.table.columns.name[row] ?? '';
  }
}

type Measure = (node: TreeNode) => number;

function measureBy({ column }: TensorSort, stats: StatsTable | undefined): Measure | undefined {
  return stats && isStatColumn(column) ? (node) => nodeNumber(node, stats, column) : undefined;
}

function compareNodes(sort: TensorSort, measure: Measure | undefined) {
  const direction = sort.descending ? -1 : 1;
  const { column } = sort;
  if (measure) {
    return (a: TreeNode, b: TreeNode) =>
      compareNumbers(measure(a), measure(b), direction) || byName(a, b);
  }
  if (column === 'nbytes' || column === 'parameters') {
    return (a: TreeNode, b: TreeNode) =>
      direction * (a.sums[column] - b.sums[column]) || byName(a, b);
  }
  const named = column === 'name' ? direction : 1;
  return (a: TreeNode, b: TreeNode) => named * byName(a, b);
}

/** What a column shows of a line; NaN where it does not add up over a branch, or nothing is known. */
export function nodeNumber(node: TreeNode, stats: StatsTable, column: StatColumn): number {
  if (node.row >= 0) return stats.value(node.row, column);
  const sums = stats.sum(node.rows);
  if (!sums.known) return Number.NaN;
  if (column === 'zeros') return sums.zeros / (sums.elements || 1);
  if (column === 'bad' || column === 'l2') return sums[column];
  if (column === 'min' || column === 'max') {
    return Number.isFinite(sums[column]) ? sums[column] : Number.NaN;
  }
  return Number.NaN;
}

/** Branches first, each kind as people count. */
function byName(a: TreeNode, b: TreeNode): number {
  if (a.row < 0 !== b.row < 0) return a.row < 0 ? -1 : 1;
  return a.sortKey < b.sortKey ? -1 : a.sortKey > b.sortKey ? 1 : a.row - b.row;
}

/** The lines to show: `isOpen` says which branches are unfolded. */
export function unfold<Node extends Foldable>(
  nodes: readonly Node[],
  isOpen: (node: Node) => boolean,
): TreeLine<Node>[] {
  const lines: TreeLine<Node>[] = [];
  const visit = (siblings: readonly Node[], depth: number) => {
    for (const [index, node] of siblings.entries()) {
      const open = node.row < 0 && isOpen(node);
      lines.push({ node, depth, open, position: index + 1, siblings: siblings.length });
      if (open) visit(node.children as readonly Node[], depth + 1);
    }
  };
  visit(nodes, 0);
  return lines;
}

/** Branches that are open at first: a lone one, and level by level while the tree stays short. */
export function openAtFirst(nodes: readonly Foldable[], most = 60): Set<string> {
  const open = new Set<string>();
  let level = [...nodes];
  let lines = level.length;
  while (level.length) {
    const branches = level.filter((node) => node.row < 0);
    const next = branches.flatMap((node) => node.children);
    lines += next.length;
    if (lines > most && level.length > 1) break;
    for (const node of branches) open.add(node.path);
    level = next;
  }
  return open;
}

/** Where the left and right arrows lead; undefined for other keys. */
export function foldByKey<Node extends Foldable>(
  key: string,
  lines: readonly TreeLine<Node>[],
  at: number,
  toggle: (line: TreeLine<Node>) => void,
): number | undefined {
  const line = lines[at];
  if (!line || (key !== 'ArrowLeft' && key !== 'ArrowRight')) return undefined;
  const right = key === 'ArrowRight';
  if (line.node.row < 0 && line.open !== right) {
    toggle(line);
    return at;
  }
  if (right) return line.node.row < 0 ? at + 1 : at;
  const parent = lines.slice(0, at).findLastIndex((other) => other.depth < line.depth);
  return parent < 0 ? at : parent;
}

/** What assistive technology is told of a line. */
export function treeAria(line: TreeLine<Foldable> | undefined) {
  if (!line) return {};
  return {
    'aria-level': line.depth + 1,
    'aria-posinset': line.position,
    'aria-setsize': line.siblings,
    ...(line.node.row < 0 ? { 'aria-expanded': line.open } : {}),
  };
}
