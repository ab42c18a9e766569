import { expect, test } from 'vitest';
import { FOLDED, foldedInto, foldNodes, HIDDEN, SHOWN } from '../../src/graph/fold';
import { nodeName, type Wire } from '../../src/graph/wire';
import { denseLines, type Line, wireOf } from './graphs';

const FOLD = { plumbing: false, constants: false, control: false };

function named(wire: Wire, state: Uint8Array, wanted: number): string[] {
  return [...state].flatMap((one, node) => (one === wanted ? [nodeName(wire, node)] : []));
}

test('variables are folded into what computes with them', () => {
  const { lines, more } = denseLines();
  const wire = wireOf(lines, more);
  const state = foldNodes(wire, FOLD);
  expect(named(wire, state, SHOWN)).toEqual([
    'x',
    'net/dense/MatMul',
    'net/dense/BiasAdd',
    'net/dense/Relu',
    'Identity',
    'y',
  ]);
  expect(named(wire, state, HIDDEN)).toEqual(['NoOp']);
  expect(foldedInto(wire, state, 4).map((node) => nodeName(wire, node))).toEqual([
    'net/dense/MatMul/ReadVariableOp',
    'dense_kernel',
  ]);
});

test('an input of the signature stays, though one node alone uses it', () => {
  const { lines, more } = denseLines();
  expect(foldNodes(wireOf(lines, more), FOLD)[0]).toBe(SHOWN);
});

test('where a signature tells what is asked for, all other arguments are folded', () => {
  const lines: Line[] = [
    ['x', 'Input'],
    ['mean', 'Input'],
    ['a', 'Sub', ['x', 'mean']],
    ['b', 'Mul', ['a', 'mean']],
  ];
  const input = (node: number, key: string) => ({ node, port: 0, name: '', key });
  const told = wireOf(lines, { inputs: [input(0, 'x'), input(1, '')] });
  expect([...foldNodes(told, FOLD)]).toEqual([SHOWN, FOLDED, SHOWN, SHOWN]);
  const untold = wireOf(lines, { inputs: [input(0, ''), input(1, '')] });
  expect([...foldNodes(untold, FOLD)]).toEqual([SHOWN, SHOWN, SHOWN, SHOWN]);
});

test('a constant that goes out of the graph stays', () => {
  const wire = wireOf([
    ['c', 'Const'],
    ['r', 'Identity', ['c']],
    ['y', 'Output', ['r']],
    ['z', 'Output', ['c']],
  ]);
  expect([...foldNodes(wire, FOLD)]).toEqual([SHOWN, SHOWN, SHOWN, SHOWN]);
});

test('a constant that only plumbing uses goes with it, unless that is asked for', () => {
  const wire = wireOf([
    ['zeros', 'Const'],
    ['v', 'VarHandleOp'],
    ['assign', 'AssignVariableOp', ['v', 'zeros'], { flags: 2 }],
    ['alone', 'Const'],
    ['use', 'Relu', ['alone']],
  ]);
  expect([...foldNodes(wire, FOLD)]).toEqual([HIDDEN, HIDDEN, HIDDEN, FOLDED, SHOWN]);
  expect([...foldNodes(wire, { ...FOLD, plumbing: true })]).toEqual([
    FOLDED,
    FOLDED,
    SHOWN,
    FOLDED,
    SHOWN,
  ]);
});

test('nothing is folded when constants are asked for', () => {
  const { lines, more } = denseLines();
  const state = foldNodes(wireOf(lines, more), { plumbing: true, constants: true, control: false });
  expect(new Set(state)).toEqual(new Set([SHOWN]));
});

test('a loop of nodes ends', () => {
  const wire = wireOf([
    ['a', 'Identity', ['b']],
    ['b', 'Identity', ['a']],
  ]);
  expect([...foldNodes(wire, FOLD)]).toEqual([SHOWN, SHOWN]);
});
