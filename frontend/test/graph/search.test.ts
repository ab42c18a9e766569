import { expect, test } from 'vitest';
import { GraphSearch } from '../../src/graph/search';
import { readWire } from '../../src/graph/wire';
import { denseLines, payloadOf, wireOf } from './graphs';

const { lines, more } = denseLines();
const SEARCH = new GraphSearch(wireOf(lines, more));

function find(query: string) {
  const found = SEARCH.find(query);
  return typeof found === 'string' ? found : [...found].map((node) => lines[node]?.[0]);
}

test('by a part of the name, or of the op', () => {
  expect(find('dense/Re')).toEqual(['net/dense/Relu']);
  expect(find('noop')).toEqual(['NoOp']);
  expect(find('op:matmul')).toEqual(['net/dense/MatMul']);
  expect(find('name:matmul')).toHaveLength(2);
});

test('by a regular expression, which may be wrong', () => {
  expect(find('/^net.*Relu$/')).toEqual(['net/dense/Relu']);
  expect(find('op:/^(mat|bias)/')).toHaveLength(2);
  expect(find('/[/')).toContain('no regular expression');
});

test('by type, and by the function that is called', () => {
  const search = new GraphSearch(
    wireOf(
      [
        ['a', 'PartitionedCall'],
        ['b', 'Relu', ['a']],
      ],
      {
        functions: ['__inference_inner'],
        calls: { node: [0], role: ['call'], function: [0], known: [true], shift: [0] },
      },
    ),
  );
  expect(search.find('calls:inner')).toEqual(Int32Array.of(0));
  expect(search.find('inference_inn')).toEqual(Int32Array.of(0));
  expect(search.find('dtype:float')).toEqual(Int32Array.of(0));
});

test('nothing is found by nothing', () => {
  expect(find(' ')).toEqual([]);
  expect(find('op:')).toEqual([]);
});

test('by an attribute, once the server has said what these are', () => {
  const search = new GraphSearch(
    wireOf([
      ['a', 'Conv2D'],
      ['b', 'Relu', ['a']],
      ['c', 'Conv2D', ['b']],
    ]),
  );
  expect(search.find('attr:padding')).toBe('The attributes are not loaded.');
  search.learn({
    kind: [0, 1, 2],
    start: [0, 2, 3, 5],
    attribute: [0, 1, 0, 0, 2],
    text: ['T=float32', 'padding=SAME', 'padding=VALID'],
    left_out: 0,
  });
  expect(search.find('attr:padding=same')).toEqual(Int32Array.of(0));
  expect(search.find('attr:/^padding=(SAME|VALID)$/')).toEqual(Int32Array.of(0, 2));
  expect(search.find('attr:float32')).toEqual(Int32Array.of(0, 1, 2));
  expect(search.find('attr:/(/')).toContain('no regular expression');
  expect(search.find('padding')).toEqual(new Int32Array(0));
});

test('attributes are known by the numbers that the server has for nodes', () => {
  const payload = payloadOf([
    ['a', 'Relu'],
    ['s', ''],
    ['b', 'Relu'],
  ]);
  const search = new GraphSearch(
    readWire({ ...payload, nodes: { ...payload.nodes, number: [4, -1, 2] } }),
  );
  search.learn({
    kind: [0, 0, 1, 0, 1],
    start: [0, 0, 1],
    attribute: [0],
    text: ['x=1'],
    left_out: 0,
  });
  expect(search.find('attr:x')).toEqual(Int32Array.of(0, 2));
});
