import { describe, expect, test } from 'vitest';
import { stats } from '../gallery/stats';
import { large } from '../gallery/tensors';
import type { TensorsPayload } from '../src/api/types';
import { StatsTable } from '../src/model/stats';
import { type TensorQuery, TensorTable } from '../src/model/tensors';
import { buildTree, nodeNumber, openAtFirst, type TreeNode, unfold } from '../src/model/tree';

const EMPTY = { name: '', tensors: 0, parameters: 0, nbytes: 0 };
const TOTALS = { by_role: [], by_dtype: [], all: EMPTY, aliases: EMPTY, model_parameters: 0 };
const ALL: TensorQuery = { search: '', roles: new Set(), dtypes: new Set() };
const IN_FILE_ORDER = { column: 'file', descending: false } as const;

type Line = [name: string, dtype: string, shape: number[], role?: string, alias?: number];

function table(lines: Line[]): TensorTable {
  const columns: TensorsPayload = {
    key: lines.map((_, row) => `key/${row}`),
    name: lines.map(([name]) => name),
    dtype: lines.map(([, dtype]) => dtype),
    shape: lines.map(([, , shape]) => shape),
    nbytes: lines.map(([, , shape]) => shape.reduce((product, size) => product * size, 4)),
    role: lines.map(([, , , role]) => role ?? 'weight'),
    alias_of: lines.map(([, , , , alias]) => alias ?? -1),
    totals: TOTALS,
  };
  return new TensorTable(columns);
}

const NET = table([
  ['net/dense_10/kernel', 'float32', [3, 4]],
  ['net/dense_9/kernel', 'float32', [20, 2]],
  ['net/dense_9/bias', 'bfloat16', [2], 'state'],
  ['copy/kernel', 'float32', [3, 4], 'weight', 0],
  ['copy/again', 'float32', [3, 4], 'weight', 0],
  ['words', 'string', [7], 'table'],
]);

describe('the table of tensors', () => {
  test('search looks at names and keys', () => {
    expect([...NET.filter({ ...ALL, search: 'dense_9' })]).toEqual([1, 2]);
    expect([...NET.filter({ ...ALL, search: 'KEY/5' })]).toEqual([5]);
    expect([...NET.filter({ ...ALL, search: '/^opy/' })]).toEqual([]);
    expect([...NET.filter({ ...ALL, search: '/^copy\\//' })]).toEqual([3, 4]);
  });

  test('filters combine', () => {
    const query = { search: 'net', roles: new Set(['weight']), dtypes: new Set(['float32']) };
    expect([...NET.filter(query)]).toEqual([0, 1]);
  });

  test('a tensor and its aliases count once, also where the original is not shown', () => {
    expect(NET.sum([0, 3, 4])).toEqual({ tensors: 3, parameters: 12, nbytes: 48, aliases: 2 });
    expect(NET.sum([3, 4])).toEqual({ tensors: 2, parameters: 12, nbytes: 48, aliases: 2 });
  });

  test('elements of strings are no parameters', () => {
    expect(NET.sum([5])).toMatchObject({ parameters: 0, nbytes: 28 });
  });

  test('a chip counts what it would show, whatever else of its filter is chosen', () => {
    const facet = NET.facet({ ...ALL, search: 'net', roles: new Set(['table']) }, 'role');
    expect(facet.map(([role, sums]) => [role, sums.tensors])).toEqual([
      ['weight', 2],
      ['state', 1],
      ['table', 0],
    ]);
  });

  test('sorts by every column, ties in file order, and leaves the rows it was given alone', () => {
    const rows = NET.filter(ALL);
    const by = (column: 'name' | 'shape' | 'parameters' | 'dtype' | 'file', descending = false) => [
      ...NET.sort(rows, { column, descending }),
    ];
    expect(by('name')).toEqual([4, 3, 2, 1, 0, 5]);
    expect(by('shape')).toEqual([2, 5, 0, 3, 4, 1]);
    expect(by('parameters', true)).toEqual([1, 0, 3, 4, 2, 5]);
    expect(by('dtype')).toEqual([2, 0, 1, 3, 4, 5]);
    expect(by('file', true)).toEqual([5, 4, 3, 2, 1, 0]);
    expect([...rows]).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

test('a file that only tells of variables holds no values; one without any is not such a file', () => {
  const told = { ...NET.columns, nbytes: NET.columns.nbytes.map(() => 0) };
  expect(new TensorTable(told).holdsValues).toBe(false);
  expect(NET.holdsValues).toBe(true);
  expect(table([]).holdsValues).toBe(true);
});

describe('the tree of tensors', () => {
  const tree = buildTree(NET, NET.filter(ALL), IN_FILE_ORDER);
  const everything = unfold(tree, () => true);

  test('branches come from slashes, before leaves, as people count, with sums', () => {
    expect(everything.map(({ node, depth }) => `${'  '.repeat(depth)}${node.label}`)).toEqual([
      'copy',
      '  again',
      '  kernel',
      'net',
      '  dense_9',
      '    bias',
      '    kernel',
      '  dense_10',
      '    kernel',
      'words',
    ]);
    const net = tree.find((node) => node.label === 'net');
    expect(net?.sums).toEqual({ tensors: 3, parameters: 54, nbytes: 216, aliases: 0 });
  });

  test('a branch that only holds one branch is joined with it', () => {
    const one = table([
      ['a/b/c/x', 'float32', [1]],
      ['a/b/c/y', 'float32', [1]],
    ]);
    expect(buildTree(one, one.filter(ALL), IN_FILE_ORDER).map((node) => node.label)).toEqual([
      'a/b/c',
    ]);
  });

  test('sorts branches by their sums where a size is asked for', () => {
    const sorted = buildTree(NET, NET.filter(ALL), { column: 'nbytes', descending: true });
    expect(sorted.map((node) => node.label)).toEqual(['net', 'copy', 'words']);
  });

  test('every row is one leaf, and paths tell branches apart', () => {
    const leaves = everything.filter(({ node }) => node.row >= 0).map(({ node }) => node.row);
    expect(leaves.sort()).toEqual([0, 1, 2, 3, 4, 5]);
    const branches = everything.filter(({ node }) => node.row < 0).map(({ node }) => node.path);
    expect(new Set(branches).size).toBe(branches.length);
  });

  test('names with empty parts, and a name that is also a branch, keep all tensors', () => {
    const odd = table([
      ['a', 'float32', [1]],
      ['a/b', 'float32', [1]],
      ['/a//b/', 'float32', [1]],
      ['', 'float32', [1]],
    ]);
    const lines = unfold(buildTree(odd, odd.filter(ALL), IN_FILE_ORDER), () => true);
    expect(lines.filter(({ node }) => node.row >= 0)).toHaveLength(4);
  });

  test('a name of 100,000 parts is one branch, not 100,000 calls deep', () => {
    const deep = table([[`${'a/'.repeat(100_000)}x`, 'float32', [1]]]);
    expect(buildTree(deep, deep.filter(ALL), IN_FILE_ORDER)).toHaveLength(1);
  });

  test('opens as many levels as stay short', () => {
    expect(openAtFirst(tree, 100)).toEqual(new Set(['net', 'copy', 'net/dense_9', 'net/dense_10']));
    expect(openAtFirst(tree, 7)).toEqual(new Set(['net', 'copy']));
    expect(openAtFirst(tree, 3)).toEqual(new Set());
  });
});

test('20,000 tensors are filtered, sorted and built into a tree without a row lost', () => {
  const big = new TensorTable(large(20_000));
  const rows = big.filter({ ...ALL, search: 'attention' });
  expect(rows).toHaveLength(8_000);
  const sorted = big.sort(rows, { column: 'name', descending: false });
  expect(new Set(sorted).size).toBe(8_000);
  const count = (nodes: TreeNode[]): number =>
    nodes.reduce((sum, node) => sum + (node.row < 0 ? count(node.children) : 1), 0);
  expect(count(buildTree(big, rows, IN_FILE_ORDER))).toBe(8_000);
});

describe('tensors and their statistics', () => {
  const payload = large(1000);
  const many = new TensorTable(payload);
  const known = new StatsTable(many.elements, payload.alias_of, many.parameters);
  const all = stats('diverged', payload, '');
  known.take(all);
  const rows = many.filter(ALL);

  test.each(['bad', 'zeros', 'min', 'std', 'l2'] as const)('sort by %s, both ways', (column) => {
    for (const descending of [true, false]) {
      const values = [...many.sort(rows, { column, descending }, known)].map((row) =>
        known.value(row, column),
      );
      expect(values).toEqual([...values].sort((a, b) => (descending ? b - a : a - b)));
    }
  });

  test('those of which nothing is known come last, in the order of the file', () => {
    const few = new StatsTable(many.elements, payload.alias_of, many.parameters);
    const short = Object.fromEntries(
      Object.entries(all).map(([name, one]) => [name, Array.isArray(one) ? one.slice(0, 3) : one]),
    ) as unknown as typeof all;
    few.take(short);
    const sorted = [...many.sort(rows, { column: 'std', descending: true }, few)];
    expect(new Set(sorted.slice(0, 3))).toEqual(new Set([0, 1, 2]));
    expect(sorted.slice(3)).toEqual([...rows].slice(3));
  });

  test('filter by finding', () => {
    const bad = many.filter({ ...ALL, also: (row) => known.passes(row, new Set(['nan'])) });
    const nan = known.countFindings(rows).find(({ kind }) => kind === 'nan');
    expect(bad.length).toBe(nan?.count);
    expect([...bad].every((row) => known.value(row, 'bad') > 0)).toBe(true);
  });

  test('a tree sorts its branches by what adds up over them', () => {
    const sort = { column: 'l2', descending: true } as const;
    const [top] = buildTree(many, rows, sort, known);
    const sums = (top?.children ?? []).map((node) => nodeNumber(node, known, 'l2'));
    expect(sums).toHaveLength(200);
    expect(sums).toEqual([...sums].sort((a, b) => b - a));
    expect(nodeNumber(top as TreeNode, known, 'l2')).toBeCloseTo(Math.hypot(...sums));
    expect(nodeNumber(top as TreeNode, known, 'mean')).toBeNaN();
  });
});
