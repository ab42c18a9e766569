import { expect, test } from 'vitest';
import { foldNodes, SHOWN } from '../../src/graph/fold';
import {
  buildHierarchy,
  childrenOf,
  findUnit,
  type Hierarchy,
  labelOf,
  liftEdges,
} from '../../src/graph/hierarchy';
import { denseLines, type Line, wireOf } from './graphs';

function hierarchyOf(lines: readonly Line[]): Hierarchy {
  return buildHierarchy(wireOf(lines), () => true);
}

function labels(h: Hierarchy, unit: number): string[] {
  return childrenOf(h, unit).map((child) => labelOf(h, child));
}

test('scopes that folding left empty go, and an op is the scope of its name', () => {
  const { lines, more } = denseLines();
  const wire = wireOf(lines, more);
  const state = foldNodes(wire, { plumbing: false, constants: false, control: false });
  const h = buildHierarchy(wire, (node) => state[node] === SHOWN);
  expect(labels(h, 0)).toEqual(['x', 'net/dense', 'Identity', 'y']);
  const dense = findUnit(h, 'net/dense');
  expect(labels(h, dense)).toEqual(['MatMul', 'BiasAdd', 'Relu']);
  expect(h.node[findUnit(h, 'net/dense/MatMul')]).toBe(4);
  expect(findUnit(h, 'net')).toBe(dense);
  expect(findUnit(h, 'nothing')).toBe(-1);
});

test('an op with others below its name is in its scope, and two of one name are two', () => {
  const h = hierarchyOf([
    ['s', 'Relu'],
    ['s/a', 'Relu', ['s']],
    ['t', 'Relu'],
    ['t', 'Relu'],
  ]);
  expect(labels(h, 0)).toEqual(['s', 't']);
  expect(labels(h, 1)).toEqual(['s', 'a']);
  expect(labels(h, findUnit(h, 't'))).toEqual(['t', 't']);
});

test('every shown node has one unit, below the unit of its scope', () => {
  const h = hierarchyOf([
    ['a/b/c', 'X'],
    ['a/d', 'X'],
    ['a/b/e', 'X'],
    ['f', 'X'],
  ]);
  expect(new Set(h.unitOfNode).size).toBe(4);
  for (const [node, unit] of h.unitOfNode.entries()) expect(h.node[unit]).toBe(node);
  const b = findUnit(h, 'a/b');
  expect([0, 2].every((node) => (h.unitOfNode[node] ?? 0) > b)).toBe(true);
  expect(h.end[0]).toBe(h.count);
});

test('units of the same ops are of one kind, whatever their order', () => {
  const h = hierarchyOf([
    ['a/x', 'Relu'],
    ['a/y', 'Add', ['a/x', 'a/x']],
    ['b/y', 'Add', ['b/x', 'b/x']],
    ['b/x', 'Relu'],
    ['c/x', 'Relu'],
    ['c/y', 'Mul', ['c/x', 'c/x']],
  ]);
  const kinds = ['a', 'b', 'c'].map((path) => h.kind[findUnit(h, path)]);
  expect(kinds[0]).toBe(kinds[1]);
  expect(kinds[0]).not.toBe(kinds[2]);
});

test('edges are lifted to the boxes that hold their ends, and counted', () => {
  const h = hierarchyOf([
    ['in', 'X'],
    ['s/a/1', 'X', ['in']],
    ['s/a/2', 'X', ['s/a/1']],
    ['s/b/1', 'X', ['s/a/1', 's/a/2']],
    ['s/b/2', 'X', ['s/b/1']],
    ['out', 'X', ['s/b/1', 's/b/2']],
  ]);
  const lifted = liftEdges(
    h,
    childrenOf(h, findUnit(h, 's')).map((unit) => [unit]),
  );
  const edges = lifted.from.map((from, i) => [from, lifted.to[i], lifted.count[i]]);
  expect(edges).toEqual([
    [lifted.inlet, 0, 1],
    [0, 1, 2],
    [1, lifted.outlet, 2],
  ]);
});

test('a name of thousands of parts is read', () => {
  const deep = `${'s/'.repeat(3000)}x`;
  const h = hierarchyOf([
    [deep, 'X'],
    [`${deep}/y`, 'X'],
  ]);
  expect(h.count).toBe(4);
});
