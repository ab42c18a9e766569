import { expect, test } from 'vitest';
import { colourAmount, colourNodes, colourOp, joinSlots, SLOTS } from '../../src/graph/colour';
import { type Line, wireOf } from './graphs';

test('ops of one kind of work have one colour, and unknown ones none', () => {
  expect(colourOp('MatMul')).toBe(colourOp('DepthwiseConv2dNative'));
  expect(colourOp('Rsqrt')).toBe(colourOp('AddV2'));
  expect(colourOp('StatefulPartitionedCall')).toBe(colourOp('StatelessWhile'));
  expect(colourOp('Relu')).not.toBe(colourOp('MatMul'));
  expect(colourOp('SimpleMLInference')).toBe(0);
});

test('of many devices the most frequent have colours of their own', () => {
  const lines: Line[] = [];
  for (let device = 0; device < 12; device++) {
    for (let i = 0; i <= device; i++) {
      lines.push([`n${device}_${i}`, 'Relu', [], { device: `/gpu:${device}` }]);
    }
  }
  const { legend, slot } = colourNodes(wireOf(lines), 'device', new Map());
  expect(legend).toHaveLength(SLOTS);
  expect(legend[0]).toEqual({ slot: 1, name: '/gpu:11', count: 12 });
  expect(legend.at(-1)).toEqual({ slot: SLOTS, name: 'others', count: 15 });
  expect(slot[0]).toBe(SLOTS);
});

test('nodes without a device have no colour; a type is that of the output', () => {
  const wire = wireOf([
    ['a', 'Relu'],
    ['b', 'Relu', ['a']],
    ['c', 'NoOp'],
  ]);
  expect([...colourNodes(wire, 'device', new Map()).slot]).toEqual([0, 0, 0]);
  expect([...colourNodes(wire, 'dtype', new Map()).slot]).toEqual([1, 1, 0]);
});

test('the largest amount has the last shade, nothing has none', () => {
  expect([0, 1, 25, 100].map((amount) => colourAmount(amount, 100))).toEqual([0, 1, 4, 8]);
  expect(colourAmount(Number.NaN, 1)).toBe(0);
});

test('of a target an op has the colour of its verdict, and a scope that of the worst in it', () => {
  const wire = wireOf([
    ['a', 'Relu'],
    ['b', 'Erfinv'],
    ['c', 'ReadFile'],
    ['d', 'Own'],
  ]);
  const support = new Map([
    ['Relu', 'works'],
    ['Erfinv', 'needs'],
    ['ReadFile', 'fails'],
  ]);
  const { legend, slot } = colourNodes(wire, 'tflite', support);
  expect(legend.map(({ name, count }) => [name, count])).toEqual([
    ['works', 1],
    ['needs something', 1],
    ['does not work', 1],
  ]);
  const [relu = 0, erfinv = 0, file = 0, own] = slot;
  expect(own).toBe(0);
  expect(joinSlots('tflite', relu, erfinv)).toBe(erfinv);
  expect(joinSlots('tflite', file, relu)).toBe(file);
  expect(joinSlots('tflite', 0, relu)).toBe(relu);
  expect([joinSlots('op', 1, 1), joinSlots('op', 1, 2)]).toEqual([1, 0]);
});
