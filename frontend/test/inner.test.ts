import { expect, test } from 'vitest';
import type { RunWatchedPayload } from '../src/api/types';
import { writeRoles } from '../src/model/frames';
import { canPicture, countOdd, innerName, innerRoles } from '../src/model/inner';

function tensor(more: Partial<RunWatchedPayload>): RunWatchedPayload {
  const facts = { node: 'net/conv', output: 0, op: 'Conv2D', calls: '', dtype: 'float32' };
  const numbers = { size: 6, nbytes: 24, finite: 6, min: '0', max: '1', mean: '0.5' };
  return { ...facts, ...numbers, shape: [2, 3], text: [], reason: '', ...more };
}

test('a name says no more than is needed in its scope', () => {
  expect(innerName(tensor({}))).toBe('net/conv');
  expect(innerName(tensor({ output: 1 }), 'net')).toBe('conv:1');
  expect(innerName(tensor({ node: 'network/conv' }), 'net')).toBe('network/conv');
});

test('what is NaN or infinite is counted where there is such a thing', () => {
  expect(countOdd(tensor({ finite: 4 }))).toBe(2);
  expect(countOdd(tensor({ finite: null }))).toBe(0);
});

test('a picture needs several numbers that are here', () => {
  expect(canPicture(tensor({}))).toBe(true);
  expect(canPicture(tensor({ shape: [], size: 1 }))).toBe(false);
  expect(canPicture(tensor({ dtype: 'string' }))).toBe(false);
  expect(canPicture(tensor({ reason: 'too large' }))).toBe(false);
  expect(canPicture(tensor({ shape: null }))).toBe(false);
});

const OPENINGS: [shape: number[], axes: string, more?: Partial<RunWatchedPayload>][] = [
  [[1, 28, 28, 32], '1,2,3'],
  [[8, 7, 7, 512], '1,2,3'],
  [[1, 28, 28, 1], '1,2'],
  [[1, 4, 28, 28, 16], '2,3,4'],
  [[2, 12, 197, 197], '2,3,1', { op: 'Softmax' }],
  [[1, 1, 20, 20], '2,3'],
  [[4, 1, 1, 1000], '0,3'],
  [[4, 1, 20, 8], '2,3'],
  [[32, 10], '0,1'],
  [[1, 10], '1'],
  [[2, 50, 64], '1,2'],
  [[3, 3, 16, 32], '0,1,2,3', { op: 'ReadVariableOp' }],
  [[3, 3, 16, 32], '0,1,2,3', { op: 'Identity', node: 'conv/kernel/read' }],
  [[], ''],
];

test.each(OPENINGS)('%j is first shown along %s', (shape, axes, more = {}) => {
  expect(writeRoles(innerRoles(tensor({ shape, ...more })))).toBe(axes);
});
