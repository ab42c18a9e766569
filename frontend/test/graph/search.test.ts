import { expect, test } from 'vitest';
import { GraphSearch } from '../../src/graph/search';
import { denseLines, wireOf } from './graphs';

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
