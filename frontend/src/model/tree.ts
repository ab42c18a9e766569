import { naturalKey } from './format';
import type { TensorSort, TensorSums, TensorTable } from './tensors';

/** A branch (or, with `row`, a leaf) of the tree that the slashes of readable names make. */
export interface TreeNode {
  /** Full name up to here: unique among branches. */
  path: string;
  /** What is shown: one or more parts of the name. */
  label: string;
  /** Row of the table, or -1 for a branch. */
  row: number;
  /** The label in the form that sorts as people count. */
  sortKey: string;
  children: TreeNode[];
  sums: TensorSums;
}

/** A line of the unfolded tree. */
export interface TreeLine {
  node: TreeNode;
  depth: number;
  open: boolean;
  position: number;
  siblings: number;
}

interface Draft {
  branches: Map<string, Draft>;
  leaves: number[];
}

/** Builds the tree of `rows`; a branch with one branch in it is joined with it. */
export function buildTree(table: TensorTable, rows: Uint32Array, sort: TensorSort): TreeNode[] {
  const root: Draft = { branches: new Map(), leaves: [] };
  for (const row of rows) insert(root, (table.columns.name[row] ?? '').split('/'), row);
  const finish = new Finisher(table, sort);
  return finish.children(root, '').children;
}

function insert(root: Draft, parts: string[], row: number) {
  let at = root;
  for (const part of parts.slice(0, -1)) {
    let next = at.branches.get(part);
    if (!next) {
      next = { branches: new Map(), leaves: [] };
      at.branches.set(part, next);
    }
    at = next;
  }
  at.leaves.push(row);
}

/** Turns drafts into nodes with sums, sorted. Depth is that of the names: bounded by their length. */
class Finisher {
  private readonly compare: (a: TreeNode, b: TreeNode) => number;

  constructor(
    private readonly table: TensorTable,
    sort: TensorSort,
  ) {
    this.compare = compareNodes(sort);
  }

  children(draft: Draft, path: string): { children: TreeNode[]; rows: number[] } {
    const rows = [...draft.leaves];
    const children = draft.leaves.map((row) => this.leaf(row));
    for (const [part, branch] of draft.branches) {
      const inside = this.branch(part, branch, path ? `${path}/${part}` : part);
      for (const row of inside.rows) rows.push(row);
      children.push(inside.node);
    }
    return { children: children.sort(this.compare), rows };
  }

  private branch(label: string, draft: Draft, path: string): { node: TreeNode; rows: number[] } {
    const only = draft.leaves.length === 0 && draft.branches.size === 1;
    const [entry] = draft.branches;
    if (only && entry) return this.branch(`${label}/${entry[0]}`, entry[1], `${path}/${entry[0]}`);
    const { children, rows } = this.children(draft, path);
    const sums = this.table.sum(rows);
    return { node: { path, label, row: -1, sortKey: naturalKey(label), children, sums }, rows };
  }

  private leaf(row: number): TreeNode {
    const name = this.table.columns.name[row] ?? '';
    const label = name.slice(name.lastIndexOf('/') + 1) || name;
    const sortKey = naturalKey(label);
    return { path: name, label, row, sortKey, children: [], sums: this.table.sum([row]) };
  }
}

function compareNodes(sort: TensorSort) {
  const direction = sort.descending ? -1 : 1;
  const { column } = sort;
  if (column === 'nbytes' || column === 'parameters') {
    return (a: TreeNode, b: TreeNode) =>
      direction * (a.sums[column] - b.sums[column]) || byName(a, b);
  }
  const named = column === 'name' ? direction : 1;
  return (a: TreeNode, b: TreeNode) => named * byName(a, b);
}

/** Branches first, each kind as people count. */
function byName(a: TreeNode, b: TreeNode): number {
  if (a.row < 0 !== b.row < 0) return a.row < 0 ? -1 : 1;
  return a.sortKey < b.sortKey ? -1 : a.sortKey > b.sortKey ? 1 : a.row - b.row;
}

/** The lines to show: `isOpen` says which branches are unfolded. */
export function unfold(
  nodes: readonly TreeNode[],
  isOpen: (node: TreeNode) => boolean,
): TreeLine[] {
  const lines: TreeLine[] = [];
  const visit = (siblings: readonly TreeNode[], depth: number) => {
    for (const [index, node] of siblings.entries()) {
      const open = node.row < 0 && isOpen(node);
      lines.push({ node, depth, open, position: index + 1, siblings: siblings.length });
      if (open) visit(node.children, depth + 1);
    }
  };
  visit(nodes, 0);
  return lines;
}

/** Branches that are open when the tree first shows: level by level while it stays short. */
export function openAtFirst(nodes: readonly TreeNode[], most = 60): Set<string> {
  const open = new Set<string>();
  let level = [...nodes];
  let lines = level.length;
  while (level.length) {
    const branches = level.filter((node) => node.row < 0);
    const next = branches.flatMap((node) => node.children);
    lines += next.length;
    if (lines > most) break;
    for (const node of branches) open.add(node.path);
    level = next;
  }
  return open;
}
