import { expect, test } from 'vitest';
import { describeBlock, describeGroup, findGroups, LEAST_ALIKE } from '../../src/graph/bundle';
import { buildHierarchy, findUnit } from '../../src/graph/hierarchy';
import { Plans } from '../../src/graph/plans';
import { type Line, wireOf } from './graphs';

function plansOf(lines: readonly Line[], bundling = true): Plans {
  return new Plans(
    buildHierarchy(wireOf(lines), () => true),
    bundling,
  );
}

/** A mask that all layers of a chain read, each with two ops of its own. */
function layers(count: number): Line[] {
  const lines: Line[] = [
    ['mask', 'Cast'],
    ['first', 'Gather'],
  ];
  for (let layer = 0; layer < count; layer++) {
    const before = layer ? `layer_${layer - 1}/out` : 'first';
    lines.push([`layer_${layer}/attention`, 'Einsum', [before, 'mask']]);
    lines.push([`layer_${layer}/out`, 'AddV2', [`layer_${layer}/attention`, before]]);
  }
  lines.push(['pooler', 'Tanh', [`layer_${count - 1}/out`]]);
  return lines;
}

function labels(plans: Plans, box: number): string[] {
  return plans.plan(box).boxes.map((one) => plans.label(one));
}

test('twelve layers, each of which feeds the next, are a series', () => {
  const plans = plansOf(layers(12));
  expect(labels(plans, 0)).toEqual(['mask', 'first', 'layer_* ×12', 'pooler']);
  const { boxes, edges } = plans.plan(0);
  const series = boxes[2] ?? 0;
  expect(plans.isSeries(series)).toBe(true);
  expect(edges.from.map((from, edge) => [from, edges.to[edge]])).toEqual([
    [1, 2],
    [0, 2],
    [2, 3],
  ]);
  expect(labels(plans, series)).toHaveLength(12);
});

test('three layers are drawn one by one', () => {
  expect(labels(plansOf(layers(3)), 0)).toHaveLength(6);
});

test('one that does other things is no part of the series', () => {
  const lines = layers(12).map(
    (line): Line => (line[0] === 'layer_6/out' ? [line[0], 'Mul', line[2]] : line),
  );
  expect(labels(plansOf(lines), 0)).toEqual([
    'mask',
    'first',
    'layer_* ×6',
    'layer_6',
    'layer_* ×5',
    'pooler',
  ]);
});

test('many of one kind are a bundle where what is around them is alike, too', () => {
  const lines: Line[] = [
    ['x', 'A'],
    ['z', 'B'],
  ];
  for (let i = 0; i < LEAST_ALIKE; i++) lines.push([`one_${i}`, 'Relu', ['x']]);
  for (let i = 0; i < LEAST_ALIKE; i++) lines.push([`two_${i}`, 'Relu', ['z']]);
  lines.push(['odd', 'Relu', ['two_0']]);
  expect(labels(plansOf(lines), 0)).toEqual([
    'x',
    'z',
    'one_* ×8',
    ...Array.from({ length: 8 }, (_, i) => `two_${i}`),
    'odd',
  ]);
});

test('what is all of one kind is not put into one box', () => {
  const lines = Array.from({ length: 20 }, (_, i): Line => [`s/${i}`, 'Const']);
  const plans = plansOf([...lines, ['t', 'Relu']]);
  expect(labels(plans, findUnit(plans.hierarchy, 's'))).toHaveLength(20);
});

test('nothing is bundled where that is not wanted', () => {
  expect(labels(plansOf(layers(12), false), 0)).toHaveLength(15);
});

test('more boxes than anybody can look at come in pieces, and each can be found', () => {
  const lines = Array.from(
    { length: 30_000 },
    (_, i): Line => [`n_${i}`, i % 2 ? 'Relu' : 'Abs', i ? [`n_${i - 1}`] : []],
  );
  const plans = plansOf(lines);
  const top = plans.plan(0).boxes;
  expect(top.length).toBeLessThan(10);
  const unit = findUnit(plans.hierarchy, 'n_29999');
  const around = plans.around(unit);
  expect(around[0]).toBe(0);
  for (const [i, box] of around.entries()) {
    expect(plans.plan(box).boxes).toContain(around[i + 1] ?? unit);
  }
});

test('a series is broken where a box has two of its kind behind it', () => {
  const kinds = new Int32Array(6).fill(1);
  const edges = {
    inlet: 6,
    outlet: 7,
    from: [0, 1, 2, 2, 3, 4],
    to: [1, 2, 3, 5, 4, 5],
    count: [],
    type: [],
  };
  expect(findGroups(kinds, edges, String)).toEqual([]);
});

test('a loop of one kind ends', () => {
  const edges = {
    inlet: 5,
    outlet: 6,
    from: [0, 1, 2, 3, 4],
    to: [1, 2, 3, 4, 0],
    count: [],
    type: [],
  };
  expect(findGroups(new Int32Array(5).fill(1), edges, String)).toEqual([]);
});

test('a group says what its labels have in common', () => {
  expect(describeGroup(['Reshape', 'Reshape_1', 'Reshape_2'])).toBe('Reshape ×3');
  expect(describeGroup(['block2_conv', 'block13_conv'])).toBe('block*_conv ×2');
  expect(describeGroup(['alpha', 'beta'], 9)).toBe('alpha … ×9');
});

test('a block says what its labels have in common', () => {
  expect(describeBlock(['block_3_conv', 'block_3_bn'])).toBe('block_3');
  expect(describeBlock(['conv2d_1', 're_lu_1'])).toBe('conv2d_1 … re_lu_1');
  expect(describeGroup(['conv2d_1 … re_lu_1', 'conv2d_2_1 … re_lu_2_1'])).toBe(
    'conv2d_* … re_lu_* ×2',
  );
});
