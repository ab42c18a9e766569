import { expect, test } from 'vitest';
import {
  BOX,
  boxAt,
  fitView,
  keepInPlace,
  rectOf,
  type Scene,
  zoomView,
} from '../../src/graph/scene';
import { Session, USUAL } from '../../src/graph/session';
import { denseLines, type Line, payloadOf } from './graphs';

function dense(options = USUAL): Session {
  const { lines, more } = denseLines();
  return new Session(payloadOf(lines, more), options);
}

function placeOf(scene: Scene, label: string): number {
  return scene.label.indexOf(label);
}

/** Lines as labels of their ends; `-` for the way in or out of a scope. */
function linesOf({ lines, label }: Scene): string[] {
  const end = (place = -1) => label[place] ?? '-';
  return Array.from(lines.from, (from, i) => `${end(from)} > ${end(lines.to[i])}`).sort();
}

test('the main scope is open at first, and data flows down', () => {
  const { scene } = dense().show('', '');
  expect(scene.label).toEqual(['x', 'net/dense', 'MatMul', 'BiasAdd', 'Relu', 'Identity', 'y']);
  expect(linesOf(scene)).toEqual([
    '- > MatMul',
    'BiasAdd > Relu',
    'Identity > y',
    'MatMul > BiasAdd',
    'Relu > -',
    'net/dense > Identity',
    'x > net/dense',
  ]);
  for (let i = 0; i < scene.lines.from.length; i++) {
    const points = scene.lines.points.subarray(scene.lines.start[i], scene.lines.start[i + 1]);
    expect(points.at(-1)).toBeGreaterThan(points[1] ?? 0);
  }
});

test('boxes are inside the scope they belong to', () => {
  const { scene } = dense().show('', '');
  const outer = rectOf(scene, placeOf(scene, 'net/dense'));
  for (const label of ['MatMul', 'BiasAdd', 'Relu']) {
    const inner = rectOf(scene, placeOf(scene, label));
    expect(inner.x).toBeGreaterThan(outer.x);
    expect(inner.x + inner.wide).toBeLessThan(outer.x + outer.wide);
    expect(inner.y + inner.tall).toBeLessThan(outer.y + outer.tall);
    expect(boxAt(scene, inner.x + 5, inner.y + 5)).toBe(placeOf(scene, label));
  }
  expect(boxAt(scene, outer.x + 2, outer.y + 2)).toBe(placeOf(scene, 'net/dense'));
  expect(boxAt(scene, -5, -5)).toBe(-1);
});

test('variables are named at what reads them, and count there', () => {
  const session = dense();
  const { scene } = session.show('', '');
  const matmul = placeOf(scene, 'MatMul');
  expect(scene.note[matmul]).toBe('kernel');
  const facts = session.describe(scene.box[matmul] ?? 0);
  expect(facts.variables).toEqual([{ name: 'dense/kernel', key: 'k' }]);
  expect(facts.parameters).toBe(64);
  expect(session.describe(scene.box[placeOf(scene, 'net/dense')] ?? 0)).toMatchObject({
    path: 'net/dense',
    node: -1,
    nodes: 3,
    parameters: 72,
  });
});

test('closing and opening changes that scope alone', () => {
  const session = dense();
  const before = session.show('', '').scene;
  const box = before.box[placeOf(before, 'net/dense')] ?? 0;
  const closed = session.toggle(box);
  expect(closed.scene.label).toEqual(['x', 'net/dense', 'Identity', 'y']);
  expect(closed.scene.note[1]).toBe('3 nodes');
  expect((closed.scene.kind[1] ?? 0) & BOX.open).toBe(0);
  expect(session.toggle(box).scene).toEqual(before);
});

test('a link to a node that is folded shows its user, and a scope can be all that is seen', () => {
  const session = dense();
  const { scene, selected } = session.show('', 'net/dense/BiasAdd/ReadVariableOp');
  expect(scene.label[selected]).toBe('BiasAdd');
  const inner = session.show('net/dense', '');
  expect(inner.scene.label).toEqual(['MatMul', 'BiasAdd', 'Relu']);
  expect(inner.crumbs).toEqual([{ label: 'net/dense', path: 'net/dense' }]);
  // Data comes from above the first and goes on below the last, as when all is seen.
  expect(linesOf(inner.scene)).toContain('- > MatMul');
  const [first = 0, second = 0, third = 0] = inner.scene.y;
  expect([first < second, second < third, first > 0]).toEqual([true, true, true]);
  expect(inner.scene.lines.points.every((one) => one >= 0)).toBe(true);
  expect(session.show('no/such/scope', 'nor this').selected).toBe(-1);
});

test('what is highlighted shows through closed scopes, and can be all that is left', () => {
  const session = dense();
  const { scene } = session.show('', '');
  const bias = scene.box[placeOf(scene, 'BiasAdd')] ?? 0;
  const down = session.highlight('down', bias, -1);
  const marked = down.scene.label.filter((_, place) => down.marks?.[place]);
  expect(marked).toEqual(['net/dense', 'BiasAdd', 'Relu', 'Identity', 'y']);
  const only = session.configure({ ...USUAL, isolated: true });
  expect(only.scene.label).toEqual(['net/dense', 'BiasAdd', 'Relu', 'Identity', 'y']);
  expect(session.configure(USUAL).scene.label).toHaveLength(7);
});

test('nothing is lost by folding: every node is shown, folded or hidden', () => {
  const { scene, folded, hidden } = dense().openAll(Number.POSITIVE_INFINITY);
  const shown = [...scene.kind].filter((kind) => !(kind & BOX.openable)).length;
  expect([shown, folded, hidden]).toEqual([6, 4, 1]);
  const all = dense({ ...USUAL, plumbing: true, constants: true }).openAll(
    Number.POSITIVE_INFINITY,
  );
  expect(all.scene.label).toContain('ReadVariableOp');
  expect([all.folded, all.hidden]).toEqual([0, 0]);
});

test('a source with many users is named at them instead of joined to them', () => {
  const lines: Line[] = [
    ['mask', 'Cast'],
    ['n0', 'Gather'],
  ];
  for (let i = 1; i < 8; i++) lines.push([`n${i}`, `Op${i}`, [`n${i - 1}`, 'mask']]);
  const { scene } = new Session(payloadOf(lines)).show('', '');
  expect(linesOf(scene).filter((line) => line.startsWith('mask'))).toEqual([]);
  expect(scene.note[placeOf(scene, 'n5')]).toBe('Op5 · ← mask');
});

test('a box that opens stays where it was, and on the screen', () => {
  const room = { width: 800, height: 600 };
  const view = { x: 100, y: 50, scale: 1 };
  const before = { x: 200, y: 100, wide: 100, tall: 28 };
  const after = { x: 250, y: 180, wide: 300, tall: 200 };
  const moved = keepInPlace(before, after, view, room);
  expect(after.y + moved.y).toBe(150);
  expect(after.x + after.wide / 2 + moved.x).toBe(350);
  const low = keepInPlace({ ...before, y: 500 }, { ...after, y: 500 }, view, room);
  expect(500 + 200 + low.y).toBeLessThanOrEqual(600);
  const huge = keepInPlace(before, { x: 0, y: 0, wide: 5000, tall: 5000 }, view, room);
  expect([huge.x, huge.y]).toEqual([16, 16]);
});

test('a view fits, and zooms around the pointer', () => {
  const view = fitView({ x: 0, y: 0, wide: 1000, tall: 100 }, { width: 532, height: 400 });
  expect(view).toEqual({ x: 16, y: 175, scale: 0.5 });
  const closer = zoomView(view, 2, 266, 200);
  expect((266 - closer.x) / closer.scale).toBeCloseTo((266 - view.x) / view.scale);
});

test('a scope that was left out says how much is in it', () => {
  const payload = payloadOf(
    [
      ['x', 'Input', [], { flags: 1 }],
      ['huge', 'Scope', ['x'], { flags: 64 }],
    ],
    { partial: true, hidden: { node: [1], scope: ['huge'], count: [700_000] } },
  );
  payload.nodes.number = [0, -1];
  const session = new Session(payload);
  const { scene } = session.show('', '');
  const huge = placeOf(scene, 'huge');
  expect(scene.note[huge]).toBe('700,000 nodes, not loaded');
  expect(session.describe(scene.box[huge] ?? 0).node).toBe(-1);
  expect(session.info().partial).toBe(true);
});

test('boxes are shaded by what they have beside the largest of those that are closed', () => {
  const session = dense({ ...USUAL, colouring: 'bytes' });
  const { scene, legend, most } = session.show('', '');
  expect([legend, most]).toEqual([[], 256]);
  const colours = ['net/dense', 'MatMul', 'BiasAdd', 'Relu'].map(
    (label) => scene.colour[placeOf(scene, label)],
  );
  expect(colours).toEqual([0, 8, 3, 0]);
  expect(session.closeAll().most).toBe(288);
  expect(session.configure(USUAL).most).toBe(0);
});

test('what has more nodes than asked for stays closed, and what is in open ones is opened', () => {
  const lines = [1, 2, 3].map((i): Line => [`big/small/n${i}`, `Op${i}`]);
  lines.push(['big/more/a', 'Abs'], ['big/more/b', 'Neg'], ['big/x', 'Relu'], ['y', 'Tanh']);
  const session = new Session(payloadOf(lines));
  session.closeAll();
  expect(session.openAll(3).scene.label).toEqual(['big', 'y']);
  session.toggle(session.show('', '').scene.box[0] ?? 0);
  expect(session.openAll(2).scene.label.sort()).toEqual(
    ['a', 'b', 'big', 'more', 'small', 'x', 'y'].sort(),
  );
});

test('a scope that is not loaded counts as what it stands for, and can be gone into', () => {
  const payload = payloadOf(
    [
      ['x', 'Placeholder'],
      ['big', '', ['x'], { flags: 64 }],
    ],
    { partial: true, hidden: { node: [1], scope: ['big'], count: [1_000_000] } },
  );
  payload.nodes.number = [0, -1];
  const session = new Session(payload);
  expect(session.info()).toMatchObject({ nodes: 1_000_001, partial: true });
  const { scene } = session.show('', '');
  const big = placeOf(scene, 'big');
  expect(scene.note[big]).toBe('1,000,000 nodes, not loaded');
  expect(scene.kind[big]).toBe(BOX.openable | BOX.unloaded);
  expect(session.describe(scene.box[big] ?? 0)).toMatchObject({
    path: 'big',
    node: -1,
    nodes: 1_000_000,
    ops: [],
  });
  expect(session.openAll(Number.POSITIVE_INFINITY).scene.label).toEqual(['x', 'big']);
});
