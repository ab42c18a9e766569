import { expect, test } from 'vitest';
import { type Summary, summarise } from '../../src/graph/summary';
import { FLAG } from '../../src/graph/wire';
import { denseLines, type Line, wireOf } from './graphs';

/** Rows by their whole names, with the sums asked for. */
function rowsOf(summary: Summary, ...columns: ('nodes' | 'parameters' | 'flops' | 'unknown')[]) {
  return summary.path.map((path, row) => [path, ...columns.map((column) => summary[column][row])]);
}

function costed(lines: readonly Line[], flops: (number | null)[], parameters: number[] = []) {
  const nodes = parameters.map((_, node) => node);
  const nbytes = parameters.map((count) => 4 * count);
  return wireOf(lines, { costs: { flops, parameter_node: nodes, parameters, nbytes } });
}

test('a scope has what is in it; who only reads a variable is told with its scope', () => {
  const { lines, more } = denseLines();
  const summary = summarise(wireOf(lines, more));
  expect(rowsOf(summary, 'nodes', 'parameters')).toEqual([
    ['', 7, 72],
    ['net/dense', 5, 72],
    ['net/dense/MatMul', 2, 64],
    ['net/dense/BiasAdd', 2, 8],
  ]);
  expect(Array.from(summary.nbytes)).toEqual([288, 288, 256, 32]);
  expect(summary.op).toEqual(['', '', 'MatMul', 'BiasAdd']);
});

test('plumbing, arguments and results count for nothing', () => {
  const lines: Line[] = [
    ['x', 'Input', [], { flags: FLAG.boundary }],
    ['save/Const', 'Const', [], { flags: FLAG.plumbing }],
    ['a/MatMul', 'MatMul'],
    ['y', 'Output', [], { flags: FLAG.boundary }],
  ];
  const summary = summarise(costed(lines, [null, null, 7, null]));
  expect(rowsOf(summary, 'nodes', 'flops', 'unknown')).toEqual([
    ['', 1, 7, 0],
    ['a/MatMul', 1, 7, 0],
  ]);
  expect(summary.ops.map(({ name }) => name)).toEqual(['MatMul']);
});

test('unknown operations are counted, not taken for none', () => {
  const lines: Line[] = [
    ['a/b/Odd', 'Odd'],
    ['a/b/Odd_1', 'Odd'],
    ['a/c/Relu', 'Relu'],
    ['a/c/Reshape', 'Reshape'],
  ];
  const summary = summarise(costed(lines, [null, null, 5, 0]));
  expect(rowsOf(summary, 'nodes', 'flops', 'unknown')).toEqual([
    ['', 4, 5, 2],
    ['a', 4, 5, 2],
    ['a/b', 2, 0, 2],
    ['a/b/Odd', 1, 0, 1],
    ['a/b/Odd_1', 1, 0, 1],
    ['a/c', 2, 5, 0],
    ['a/c/Relu', 1, 5, 0],
  ]);
  expect(summary.ops[0]).toEqual({ name: 'Odd', count: 2, parameters: 0, flops: 0, unknown: 2 });
});

test('every layer has a row, and classes have their parameters', () => {
  const lines: Line[] = [
    ['image', 'InputLayer'],
    ['block/conv', 'Conv2D'],
    ['block/relu', 'Activation'],
  ];
  const costs = { flops: [null, null, null], parameter_node: [1], parameters: [9], nbytes: [36] };
  const summary = summarise(wireOf(lines, { kind: 'layers', costs }));
  expect(summary.isLayers).toBe(true);
  expect(rowsOf(summary, 'parameters').map(([name]) => name)).toEqual([
    '',
    'image',
    'block',
    'block/conv',
    'block/relu',
  ]);
  expect(summary.ops.find(({ name }) => name === 'Conv2D')?.parameters).toBe(9);
});

test('scopes that are not loaded have their nodes, and one row', () => {
  const lines: Line[] = [['big', '', [], { flags: FLAG.hidden }]];
  const hidden = { node: [0], scope: ['big'], count: [1000] };
  const summary = summarise(wireOf(lines, { hidden }));
  expect(rowsOf(summary, 'nodes')).toEqual([
    ['', 1000],
    ['big', 1000],
  ]);
  expect(summary.ops).toEqual([]);
});

test('an empty graph has one row', () => {
  expect(summarise(wireOf([])).label).toEqual(['']);
});

test('names that begin alike are summed as the picture groups them', () => {
  const lines = [1, 2, 3, 4, 5, 6].flatMap((block): Line[] => [
    [`net/stage1_block${block}_conv`, 'Conv2D'],
    [`net/stage1_block${block}_norm`, 'Mul'],
    [`net/stage1_block${block}_relu`, 'Relu'],
  ]);
  const summary = summarise(costed([...lines].reverse(), Array(18).fill(2)));
  expect(rowsOf(summary, 'nodes', 'flops').slice(0, 6)).toEqual([
    ['', 18, 36],
    ['net', 18, 36],
    ['net/stage1_block6', 3, 6],
    ['net/stage1_block6_relu', 1, 2],
    ['net/stage1_block6_norm', 1, 2],
    ['net/stage1_block6_conv', 1, 2],
  ]);
  expect([...summary.parent].every((above, row) => above < row)).toBe(true);
  expect(summary.label[3]).toBe('stage1_block6_relu');
});

test('a family of which one name costs something has no row, nor a part in the label', () => {
  const lines = Array.from({ length: 9 }, (_, block): Line[] => [
    [`net/block${block}_conv`, 'Conv2D'],
    [`net/block${block}_save`, 'Identity', [], { flags: FLAG.plumbing }],
  ]).flat();
  const flops = lines.map(([, op]) => (op === 'Conv2D' ? 1 : 0));
  const summary = summarise(costed(lines, flops));
  const rows = rowsOf(summary, 'flops');
  expect(rows).toContainEqual(['net/block3_conv', 1]);
  expect(summary.label.filter((label) => label.includes('/'))).toEqual([]);
});
