import { expect, test } from 'vitest';
import { GAP, type Layout, Layouts, layOut, type Shape } from '../../src/graph/layered';

function shapeOf(count: number, edges: readonly (readonly [number, number])[], width = 60): Shape {
  return {
    width: new Float32Array(count).fill(width),
    height: new Float32Array(count).fill(28),
    from: edges.map(([from]) => from),
    to: edges.map(([, to]) => to),
  };
}

/** Numbers that look random and are the same every time. */
function randomEdges(count: number, edges: number, seed = 1): [number, number][] {
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
  return Array.from({ length: edges }, (): [number, number] => {
    const from = next(count - 1);
    return [from, from + 1 + next(Math.min(20, count - from - 1))];
  });
}

function overlaps(shape: Shape, layout: Layout): number {
  let found = 0;
  const { x, y } = layout;
  for (let a = 0; a < x.length; a++) {
    for (let b = a + 1; b < x.length; b++) {
      const apartX = Math.abs((x[a] ?? 0) - (x[b] ?? 0)) >= (shape.width[a] ?? 0) - 0.01;
      const apartY = Math.abs((y[a] ?? 0) - (y[b] ?? 0)) >= (shape.height[a] ?? 0) - 0.01;
      if (!apartX && !apartY) found += 1;
    }
  }
  return found;
}

test('a chain is one straight line down', () => {
  const layout = layOut(
    shapeOf(3, [
      [0, 1],
      [1, 2],
    ]),
  );
  expect([...layout.x]).toEqual([0, 0, 0]);
  expect([...layout.y]).toEqual([0, 28 + GAP.down, 2 * (28 + GAP.down)]);
  expect([layout.width, layout.height]).toEqual([60, 3 * 28 + 2 * GAP.down]);
});

test('edges of any graph without cycles lead down, and boxes stand apart', () => {
  for (const seed of [1, 2, 3]) {
    const edges = randomEdges(120, 200, seed);
    const shape = shapeOf(120, edges);
    const layout = layOut(shape);
    for (const [from, to] of edges) {
      expect(layout.y[to]).toBeGreaterThanOrEqual((layout.y[from] ?? 0) + 28);
    }
    expect(overlaps(shape, layout)).toBe(0);
    expect(Math.max(...layout.x) + 60).toBeLessThanOrEqual(layout.width + 0.01);
    expect(Math.min(...layout.x)).toBeGreaterThanOrEqual(0);
  }
});

test('a long edge goes round what is between, and its bends follow its way', () => {
  const layout = layOut(
    shapeOf(4, [
      [0, 1],
      [1, 2],
      [2, 3],
      [0, 3],
    ]),
  );
  const bends = [...layout.bends.subarray(layout.start[3], layout.start[4])];
  expect(bends).toHaveLength(4);
  const [x = 0, y = 0, , lower = 0] = bends;
  expect(y).toBeLessThan(lower);
  expect(x < (layout.x[1] ?? 0) || x > (layout.x[1] ?? 0) + 60).toBe(true);
});

test('a cycle is broken, and the edge that leads back bends upwards', () => {
  const layout = layOut(
    shapeOf(3, [
      [0, 1],
      [1, 2],
      [2, 0],
    ]),
  );
  expect([...layout.rank]).toEqual([0, 1, 2]);
  const bends = [...layout.bends.subarray(layout.start[2], layout.start[3])];
  expect(bends).toHaveLength(2);
});

test('crossings that need not be are not there', () => {
  const layout = layOut(
    shapeOf(6, [
      [0, 5],
      [1, 4],
      [2, 3],
    ]),
  );
  const order = (places: number[]) =>
    places.sort((a, b) => (layout.x[a] ?? 0) - (layout.x[b] ?? 0));
  const above = order([0, 1, 2]);
  expect(order([3, 4, 5])).toEqual(above.map((one) => 5 - one));
});

test('a constant stands just above what uses it, not at the top', () => {
  const layout = layOut(
    shapeOf(5, [
      [0, 1],
      [1, 2],
      [2, 3],
      [4, 3],
    ]),
  );
  expect(layout.rank[4]).toBe(2);
});

test('what nothing is joined to stands in a grid below', () => {
  const layout = layOut(shapeOf(102, [[0, 1]]));
  expect(layout.width / layout.height).toBeGreaterThan(0.8);
  expect(layout.width / layout.height).toBeLessThan(4);
  expect(overlaps(shapeOf(102, []), layout)).toBe(0);
});

test('nothing at all, and one box, have a layout', () => {
  expect(layOut(shapeOf(0, []))).toMatchObject({ width: 0, height: 0 });
  expect(layOut(shapeOf(1, []))).toMatchObject({ width: 60, height: 28 });
});

test('thousands of boxes in one rank, and edges across thousands, are laid out', () => {
  const star = Array.from({ length: 5000 }, (_, i): [number, number] => [0, i + 1]);
  expect(layOut(shapeOf(5001, star)).width).toBeGreaterThan(5000 * 60);
  const chain = Array.from({ length: 5000 }, (_, i): [number, number] => [i, i + 1]);
  const long = Array.from({ length: 50 }, (_, i): [number, number] => [i, 5000 - i]);
  const layout = layOut(shapeOf(5001, [...chain, ...long]));
  expect(layout.bends).toHaveLength(0);
});

test('scopes of one shape are laid out once', () => {
  const layouts = new Layouts();
  const first = layouts.get(
    shapeOf(3, [
      [0, 1],
      [1, 2],
    ]),
  );
  expect(
    layouts.get(
      shapeOf(3, [
        [0, 1],
        [1, 2],
      ]),
    ),
  ).toBe(first);
  expect(
    layouts.get(
      shapeOf(3, [
        [0, 1],
        [0, 2],
      ]),
    ),
  ).not.toBe(first);
  expect(
    layouts.get(
      shapeOf(
        3,
        [
          [0, 1],
          [1, 2],
        ],
        61,
      ),
    ),
  ).not.toBe(first);
  expect(layouts.size).toBe(3);
});

test('the way in stands above all, the way out below, however short their edges are', () => {
  const shape = shapeOf(5, [
    [0, 1],
    [1, 2],
    [3, 2],
    [0, 4],
  ]);
  const layout = layOut({ ...shape, top: 3, bottom: 4 });
  expect(layout.rank[3]).toBe(0);
  expect(layout.rank[4]).toBe(2);
});
