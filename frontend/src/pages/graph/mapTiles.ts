import type { Measure } from '../../graph/summary';
import { at } from '../../graph/wire';
import { formatQuantity } from '../../model/format';
import { type Area, squarify } from '../../model/treemap';
import type { ScopeTree } from './scopes';

/** A scope as an area; one that groups others has these above it, in the order of the list. */
export interface Tile extends Area {
  key: string;
  /** Of the summary; -1 for what is too small to be told apart, and what is in no scope below. */
  row: number;
  label: string;
  amount: number;
  isGroup: boolean;
}

/** Scopes of one level that have an area of their own; the rest is one. */
const MOST = 60;
/** Smaller ones are put together. */
const LEAST_PX2 = 500;
const MOST_DEEP = 3;
const HEAD_PX = 22;
const GAP_PX = 3;

/** Areas of the scopes in one, and within those that are large enough of the scopes in these. */
export function layMap(
  tree: ScopeTree,
  root: number,
  measure: Measure,
  area: Area,
  deep = MOST_DEEP,
): Tile[] {
  return layScope(tree, root, measure, area).flatMap((tile) => {
    const inner = {
      x: tile.x + GAP_PX,
      y: tile.y + HEAD_PX,
      wide: tile.wide - 2 * GAP_PX,
      tall: tile.tall - HEAD_PX - GAP_PX,
    };
    const isRoomy = deep > 1 && inner.wide > 70 && inner.tall > 40;
    const inside = tile.row >= 0 && isRoomy ? layMap(tree, tile.row, measure, inner, deep - 1) : [];
    const isGroup = inside.some(({ row }) => row >= 0);
    return isGroup ? [{ ...tile, isGroup }, ...inside] : [tile];
  });
}

function layScope(tree: ScopeTree, root: number, measure: Measure, area: Area): Tile[] {
  const amounts = tree.summary[measure];
  const whole = at(amounts, root);
  const least = (whole * LEAST_PX2) / (area.wide * area.tall);
  const rows = tree
    .rowsIn(root)
    .filter((row) => at(amounts, row) > 0)
    .sort((a, b) => at(amounts, b) - at(amounts, a));
  const own = rows.filter((row, i) => i < MOST && at(amounts, row) >= least);
  const small = rows.slice(own.length);
  const sum = (some: readonly number[]) => some.reduce((total, row) => total + at(amounts, row), 0);
  const parts = own.map((row) => ({
    row,
    label: tree.summary.label[row] ?? '',
    amount: at(amounts, row),
  }));
  const rest = sum(small);
  if (rest)
    parts.push({ row: -1, label: `${formatQuantity(small.length, 'scope')} more`, amount: rest });
  const loose = whole - sum(rows);
  if (loose > whole * 1e-9) parts.push({ row: -1, label: 'in no scope below', amount: loose });
  parts.sort((a, b) => b.amount - a.amount);
  const areas = squarify(
    parts.map(({ amount }) => amount),
    area,
  );
  return parts.map((part, i) => ({
    ...part,
    ...(areas[i] ?? area),
    key: `${root} ${part.row < 0 ? part.label : part.row}`,
    isGroup: false,
  }));
}
