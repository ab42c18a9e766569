import { expect, test } from 'vitest';
import type { ObjectPayload } from '../src/api/types';
import { isBranch, listObjects, missingBelow, openObjectsAtFirst } from '../src/model/objects';

function nodes(...children: [string, number][][]): Map<number, ObjectPayload> {
  return new Map(
    children.map((own, id) => [
      id,
      { id, kind: 'object', label: '', detail: '', children: own, keys: [] },
    ]),
  );
}

/** Opens everything that can be opened, again and again. */
function openAll(graph: Map<number, ObjectPayload>) {
  const open = new Set<string>();
  for (let before = -1; before !== open.size; ) {
    before = open.size;
    for (const line of listObjects(graph, open)) if (isBranch(line)) open.add(line.path);
  }
  return listObjects(graph, open);
}

test('a cycle ends where an object stands below itself', () => {
  const lines = openAll(
    nodes(
      [['child', 1]],
      [
        ['parent', 0],
        ['self', 1],
      ],
    ),
  );
  expect(lines.map((line) => [line.name, line.repeats])).toEqual([
    ['', false],
    ['child', false],
    ['parent', true],
    ['self', true],
  ]);
});

test('a shared object shows at each of its places, told apart by path', () => {
  const lines = openAll(
    nodes(
      [
        ['a', 1],
        ['b', 1],
      ],
      [['x', 2]],
      [],
    ),
  );
  expect(lines.map((line) => line.name)).toEqual(['', 'a', 'x', 'b', 'x']);
  expect(new Set(lines.map((line) => line.path)).size).toBe(lines.length);
});

test('positions count among siblings from one', () => {
  const lines = openAll(
    nodes(
      [
        ['a', 1],
        ['b', 2],
      ],
      [],
      [],
    ),
  );
  expect(lines.map((line) => [line.position, line.siblings])).toEqual([
    [1, 1],
    [1, 2],
    [2, 2],
  ]);
});

test('what has not been fetched is a line without a twisty, and is named as missing', () => {
  const graph = nodes([
    ['a', 7],
    ['b', 7],
  ]);
  const [, child] = listObjects(graph, new Set(['0']));
  expect(child && isBranch(child)).toBe(false);
  expect(missingBelow(graph, 0)).toEqual([7]);
});

test('at first the root is open, and those of its children that have room', () => {
  const graph = nodes(
    [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ],
    [['x', 3]],
    Array.from({ length: 30 }, () => ['y', 3]),
    [],
  );
  expect(openObjectsAtFirst(graph)).toEqual(['0', '0/0:1']);
});
