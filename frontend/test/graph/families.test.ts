import { expect, test } from 'vitest';
import { type Family, findFamilies } from '../../src/graph/families';
import {
  buildHierarchy,
  childrenOf,
  findUnit,
  type Hierarchy,
  labelOf,
  unitPath,
} from '../../src/graph/hierarchy';
import { FLAG } from '../../src/graph/wire';
import { type Line, wireOf } from './graphs';

/** Families as text: their name, and what is in them. */
function outline(families: readonly Family[], labels: readonly string[]): unknown {
  return Object.fromEntries(
    families.map((family) => [
      family.name,
      family.families.length
        ? outline(family.families, labels)
        : family.members.map((place) => labels[place]).join(' '),
    ]),
  );
}

function familiesOf(labels: readonly string[]): unknown {
  return outline(findFamilies(labels), labels);
}

const ARGUMENT = { flags: FLAG.boundary };
const BLOCK = ['1_conv', '1_bn', '1_relu', '2_conv', '2_bn', 'add', 'out'];

test('numbers in names make stages and blocks', () => {
  const blocks = ['conv2_block1', 'conv2_block2', 'conv3_block1', 'conv3_block2'];
  const layers = blocks.flatMap((block) => BLOCK.map((layer) => `${block}_${layer}_1`));
  const block = (name: string) => BLOCK.map((layer) => `${name}_${layer}_1`).join(' ');
  expect(familiesOf(['conv1_conv', 'conv1_bn', ...layers, 'avg_pool', 'predictions'])).toEqual({
    conv1: 'conv1_conv conv1_bn',
    conv2: { conv2_block1: block('conv2_block1'), conv2_block2: block('conv2_block2') },
    conv3: { conv3_block1: block('conv3_block1'), conv3_block2: block('conv3_block2') },
  });
});

test('a letter behind a number is a block in a stage', () => {
  const parts = ['dwconv', 'bn', 'activation', 'se_squeeze', 'se_expand', 'project', 'add'];
  const layers = ['block1a', 'block1b'].flatMap((block) => parts.map((one) => `${block}_${one}`));
  const found = familiesOf(['stem_conv', 'stem_bn', 'stem_activation', 'top_conv', ...layers]);
  expect(found).toEqual({
    stem: 'stem_conv stem_bn stem_activation',
    block1: {
      block1a: parts.map((one) => `block1a_${one}`).join(' '),
      block1b: parts.map((one) => `block1b_${one}`).join(' '),
    },
  });
});

test('layers of one kind, and their dimensions, are no family', () => {
  const count = (name: string) => [name, ...[1, 2, 3].map((n) => `${name}_${n}`)];
  const names = ['conv2d', 'batch_normalization', 're_lu', 'max_pooling2d', 'dense'];
  expect(familiesOf([...names.flatMap(count), 'max_norm', 'global_pool'])).toEqual({});
});

function hierarchyOf(lines: readonly Line[], partial = false): Hierarchy {
  return buildHierarchy(wireOf(lines, { partial }), () => true);
}

function labels(h: Hierarchy, unit: number): string[] {
  return childrenOf(h, unit).map((child) => labelOf(h, child));
}

function layered(): Line[] {
  const layers = [0, 1, 2].flatMap((n) => BLOCK.map((layer) => `layer_${n}_${layer}`));
  return layers.map((layer) => [`net/${layer}/MatMul`, 'MatMul', []] as const);
}

test('a family is a scope with the whole names of its members', () => {
  const h = hierarchyOf([...layered(), ['net/head/Softmax', 'Softmax']]);
  const net = findUnit(h, 'net');
  expect(labels(h, net)).toEqual(['layer_0', 'layer_1', 'layer_2', 'head/Softmax']);
  const family = findUnit(h, 'net/layer_1');
  expect(labels(h, family)).toEqual(BLOCK.map((layer) => `layer_1_${layer}/MatMul`));
  const member = findUnit(h, 'net/layer_1_add/MatMul');
  expect([h.parent[member], unitPath(h, member)]).toEqual([family, 'net/layer_1_add/MatMul']);
});

test('small scopes, arguments, and graphs that are loaded in part have none', () => {
  const few = layered().filter(([name]) => !name.includes('layer_2'));
  const inputs = layered().map(([name]): Line => [name.split('/')[1] ?? '', 'Input', [], ARGUMENT]);
  const net = (h: Hierarchy) => labels(h, findUnit(h, 'net'));
  expect(net(hierarchyOf(layered()))).toHaveLength(3);
  expect(net(hierarchyOf(few))).toHaveLength(14);
  expect(net(hierarchyOf(layered(), true))).toHaveLength(21);
  expect(labels(hierarchyOf(inputs), 0)).toHaveLength(21);
});
