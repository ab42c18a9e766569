import { expect, test } from 'vitest';
import { findPath, reach } from '../../src/graph/reach';
import { wireOf } from './graphs';

const WIRE = wireOf([
  ['a', 'X'],
  ['b', 'X', ['a']],
  ['c', 'X', ['b']],
  ['d', 'X', ['a', 'c']],
  ['e', 'X', ['d']],
  ['f', 'X'],
]);

test('ancestors and descendants, with the start', () => {
  expect([...reach(WIRE, [2], 'up')]).toEqual([1, 1, 1, 0, 0, 0]);
  expect([...reach(WIRE, [2], 'down')]).toEqual([0, 0, 1, 1, 1, 0]);
});

test('the shortest way, whichever end is named first', () => {
  expect([...(findPath(WIRE, [0], [4]) ?? [])]).toEqual([1, 0, 0, 1, 1, 0]);
  expect([...(findPath(WIRE, [4], [0]) ?? [])]).toEqual([1, 0, 0, 1, 1, 0]);
  expect(findPath(WIRE, [0], [5])).toBeNull();
});

test('a loop ends', () => {
  const wire = wireOf([
    ['a', 'X', ['b']],
    ['b', 'X', ['a']],
  ]);
  expect([...reach(wire, [0], 'down')]).toEqual([1, 1]);
});
