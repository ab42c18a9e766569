import { expect, test } from 'vitest';
import { MOST_CONTROL } from '../../src/graph/control';
import type { Scene } from '../../src/graph/scene';
import { Session, USUAL } from '../../src/graph/session';
import { denseLines, type Line, payloadOf } from './graphs';

const CONTROL = { ...USUAL, control: true };

/** Lines that only order, as labels of their ends. */
function controlOf({ lines, label }: Scene): string[] {
  return Array.from(lines.from, (from, i) => `${label[from]} > ${label[lines.to[i] ?? 0]}`).filter(
    (_, i) => lines.isControl[i],
  );
}

test('control edges are drawn where that is asked for, and boxes stand as before', () => {
  const { lines, more } = denseLines();
  const session = new Session(payloadOf(lines, more));
  expect(controlOf(session.show('', '').scene)).toEqual([]);
  const { scene } = session.configure(CONTROL);
  // The read is folded into the op that uses it.
  expect(controlOf(scene)).toEqual(['NoOp > Identity', 'MatMul > NoOp']);
  const data = scene.lines.isControl.indexOf(1);
  expect(scene.lines.isControl.subarray(data).every(Boolean)).toBe(true);
  for (let line = data; line < scene.lines.from.length; line++) {
    const [first = 0, last = 0] = scene.lines.start.subarray(line, line + 2);
    expect(last - first).toBe(4);
    expect(scene.lines.points.subarray(first, last).every(Number.isFinite)).toBe(true);
  }
  expect(controlOf(session.configure(USUAL).scene)).toEqual([]);
});

test('they lead to the innermost box that is seen, once for all that it holds', () => {
  const lines: Line[] = [
    ['a', 'Relu'],
    ['s/b', 'Abs', ['^a']],
    ['s/c', 'Neg', ['^a', '^s/b']],
  ];
  const session = new Session(payloadOf(lines), CONTROL);
  session.closeAll();
  const { scene } = session.show('', '');
  expect(controlOf(scene)).toEqual(['a > s']);
  expect(scene.lines.count.at(-1)).toBe(2);
  expect(controlOf(session.openAll(100).scene)).toEqual(['a > b', 'a > c', 'b > c']);
});

test('from a number on no more are drawn, and it is said how many', () => {
  const names = Array.from({ length: 70 }, (_, i) => `n${i}`);
  const lines = names.map(
    (name, i): Line => [name, `Op${i}`, names.slice(0, i).map((one) => `^${one}`)],
  );
  const { scene, undrawn } = new Session(payloadOf(lines), CONTROL).show('', '');
  expect(controlOf(scene)).toHaveLength(MOST_CONTROL);
  expect(undrawn).toBe((70 * 69) / 2 - MOST_CONTROL);
});

test('what the server says wrongly is refused', () => {
  const payload = payloadOf([['a', 'Relu']], { control: { source: [0], target: [7] } });
  expect(() => new Session(payload)).toThrow('"control.target" has 7 at 0');
});
