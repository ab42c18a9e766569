import { expect, test } from 'vitest';
import { nodeName, readWire } from '../../src/graph/wire';
import { payloadOf, wireOf } from './graphs';

test('names, and edges by both of their ends', () => {
  const wire = wireOf([
    ['a/b', 'Const'],
    ['a/c', 'Const'],
    ['d', 'Add', ['a/c', 'a/b', 'a/c']],
  ]);
  expect([0, 1, 2].map((node) => nodeName(wire, node))).toEqual(['a/b', 'a/c', 'd']);
  expect([...wire.into.start]).toEqual([0, 0, 0, 3]);
  expect([...wire.outOf.edge]).toEqual([1, 0, 2]);
});

test('a document that does not fit together is refused, not read past its ends', () => {
  const payload = payloadOf([
    ['a', 'Const'],
    ['b', 'Relu', ['a']],
  ]);
  const edges = { ...payload.edges, target: [7] };
  expect(() => readWire({ ...payload, edges })).toThrow('"edges.target" has 7 at 0');
  const short = { ...payload.nodes, op: [0] };
  expect(() => readWire({ ...payload, nodes: short })).toThrow('"nodes.op" has 1 entries, not 2');
  const names = { parent: [-1, 2, 1], leaf: ['', 'a', 'b'] };
  expect(() => readWire({ ...payload, names })).toThrow('names.parent');
});
