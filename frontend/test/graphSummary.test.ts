import { expect, test } from 'vitest';
import { graph, list } from '../gallery/graphs';
import { summarise } from '../src/graph/summary';
import { readWire } from '../src/graph/wire';
import { layMap } from '../src/pages/graph/mapTiles';
import { filterOps, marksOf, opRows, opTable, sortOps } from '../src/pages/graph/ops';
import { ScopeTree, scopeRows, writeTsv } from '../src/pages/graph/scopes';

const summaryOf = (id: string) => summarise(readWire(graph(id)));
const AREA = { x: 0, y: 0, wide: 1400, tall: 700 };

test('a tree opens to the same rows as are saved, each with its whole name', () => {
  const tree = new ScopeTree(summaryOf(''));
  const top = tree.scopes(0, { column: 'order', descending: false });
  expect(top.map(({ label }) => label)).toContain('net');
  const [head, all, ...rows] = scopeRows(tree);
  expect(head?.[0]).toBe('scope');
  expect(all?.[0]).toBe('');
  expect(rows.map(([name]) => name)).toEqual(rows.map((_, i) => tree.path(i + 1)));
  for (const [i, [name]] of rows.entries()) expect(tree.find(String(name))).toBe(i + 1);
});

test('a name without a row leads to the scope around it', () => {
  const tree = new ScopeTree(summaryOf(''));
  expect(tree.path(tree.find('net/block_1/conv/nowhere'))).toBe('net/block_1/conv');
  expect(tree.find('nowhere')).toBe(0);
});

test('scopes are sorted among those beside them', () => {
  const tree = new ScopeTree(summaryOf('scopes'));
  const net = tree.find('net');
  const amounts = tree
    .scopes(net, { column: 'parameters', descending: true })
    .map(({ place }) => tree.summary.parameters[place] ?? 0);
  expect(amounts).toEqual([...amounts].sort((a, b) => b - a));
  const names = tree.scopes(net, { column: 'name', descending: false }).map(({ label }) => label);
  expect(names[0]).toBe('stage_0');
});

test('areas of a map add up, and hold no more than can be told apart', () => {
  const tree = new ScopeTree(summaryOf('scopes'));
  const tiles = layMap(tree, 0, 'parameters', AREA);
  expect(tiles.length).toBeLessThan(2500);
  const top = tiles.filter(({ row }) => row >= 0 && tree.summary.parent[row] === 0);
  const sum = top.reduce((total, { amount }) => total + amount, 0);
  expect(sum).toBe(tree.summary.parameters[0]);
});

test('ops have counts here, by signature and in all graphs', () => {
  const graphs = list();
  const rows = opRows(graphs, summaryOf(''), '');
  const convolution = rows.find(({ name }) => name === 'Conv2D');
  expect(convolution).toMatchObject({ here: 3, bySignature: [3], all: 3, graph: '' });
  const custom = filterOps(rows, '', 'custom');
  expect(custom.length).toBeGreaterThan(0);
  for (const row of custom) expect(marksOf(row)).toContain('custom');
  expect(filterOps(rows, '/^conv/', '').map(({ name }) => name)).toEqual(['Conv2D']);
  const [first] = sortOps(rows, 'all', true);
  expect(first?.all).toBe(Math.max(...rows.map(({ all }) => all)));
  expect(opTable(rows, graphs, false)[0]).toContain('signature serving_default');
});

test('an op that is not in the open graph leads to one that has it', () => {
  const rows = opRows(list(), summaryOf(''), '');
  const elsewhere = rows.find(({ name }) => name === 'Einsum');
  expect(elsewhere).toMatchObject({ here: 0, graph: 'encoder' });
});

test('layers are told by class', () => {
  const rows = opRows(list(), summaryOf('keras:layers'), 'keras:layers');
  expect(rows.find(({ name }) => name === 'Conv2D')).toMatchObject({ here: 5 });
  expect(rows.flatMap(marksOf)).toEqual([]);
  expect(opTable(rows, list(), true)[0]).toEqual(['layer class', 'layers', 'parameters']);
});

test('names cannot break out of their cell', () => {
  expect(writeTsv([['a\tb\nc', 1]])).toBe('a\\tb\\nc\t1\n');
});
