import { expect, test } from 'vitest';
import { MOST_BOXES } from '../../src/graph/bundle';
import { buildHierarchy, findUnit } from '../../src/graph/hierarchy';
import { Plans } from '../../src/graph/plans';
import { BOX } from '../../src/graph/scene';
import { Session, USUAL } from '../../src/graph/session';
import { type Line, payloadOf, wireOf } from './graphs';

function plansOf(lines: readonly Line[]): Plans {
  return new Plans(buildHierarchy(wireOf(lines), () => true));
}

function labels(plans: Plans, box = 0): string[] {
  return plans.plan(box).boxes.map((one) => plans.label(one));
}

function names(kind: string, number: number): string {
  return number ? `${kind}_${number}` : kind;
}

/** Convolution, normalisation and activation as siblings, as Keras names them. */
function flat(numbers: readonly number[]): Line[] {
  const lines: Line[] = [['image', 'Input']];
  let last = 'image';
  for (const number of numbers) {
    for (const [kind, op] of [
      ['conv2d', 'Conv2D'],
      ['batch_norm', 'FusedBatchNormV3'],
      ['re_lu', 'Relu'],
    ] as const) {
      lines.push([names(kind, number), op, [last]]);
      last = names(kind, number);
    }
  }
  lines.push(['top', 'MatMul', [last]]);
  return lines;
}

/**
 * A stage of residual blocks; the first one has a convolution of its own beside it. Dots keep their
 * names from being families, which are scopes.
 */
function residual(stage: number, blocks: number, input: string): { lines: Line[]; last: string } {
  const lines: Line[] = [];
  let last = input;
  for (let block = 1; block <= blocks; block++) {
    const name = `conv${stage}.block${block}`;
    lines.push(
      [`${name}.1.conv`, 'Conv2D', [last]],
      [`${name}.1.relu`, 'Relu', [`${name}.1.conv`]],
    );
    const beside = block === 1 ? `${name}.0.conv` : last;
    if (block === 1) lines.push([beside, 'Conv2D', [last]]);
    lines.push(
      [`${name}.2.conv`, 'Conv2D', [`${name}.1.relu`]],
      [`${name}.add`, 'AddV2', [beside, `${name}.2.conv`]],
      [`${name}.out`, 'Relu', [`${name}.add`]],
    );
    last = `${name}.out`;
  }
  return { lines, last };
}

test('convolution, normalisation and activation twelve times are one box, with twelve in it', () => {
  const plans = plansOf(flat([...Array(12).keys()]));
  expect(labels(plans)).toEqual(['image', 'conv2d … re_lu ×12', 'top']);
  const [, series = 0] = plans.plan(0).boxes;
  expect([plans.isSeries(series), plans.isMany(series)]).toEqual([true, true]);
  const blocks = plans.plan(series).boxes;
  expect(plans.plan(series).edges.from).toHaveLength(13);
  expect(blocks.map((one) => plans.label(one)).slice(0, 2)).toEqual([
    'conv2d … re_lu',
    'conv2d_1 … re_lu_1',
  ]);
  expect([plans.isBundle(blocks[0] ?? 0), plans.isMany(blocks[0] ?? 0)]).toEqual([true, false]);
  expect(labels(plans, blocks[1])).toEqual(['conv2d_1', 'batch_norm_1', 're_lu_1']);
});

test('gaps in the numbers, and the order of the file, do not matter', () => {
  const lines = flat([1, 2, 5, 9]);
  const expected = ['image', 'conv2d_* … re_lu_* ×4', 'top'];
  expect(labels(plansOf(lines))).toEqual(expected);
  expect(labels(plansOf([...lines].reverse())).sort()).toEqual(expected.sort());
});

test('what is repeated twice is drawn one by one, unless it is long and has a name', () => {
  expect(labels(plansOf(flat([1, 2])))).toHaveLength(8);
  const wide = flat([1, 2]).flatMap((line): Line[] => {
    const [name, op, inputs = []] = line;
    return op === 'Relu'
      ? [
          [`pad_${name}`, 'Pad', inputs],
          [`pool_${name}`, 'MaxPool', [`pad_${name}`]],
          [name, op, [`pool_${name}`]],
        ]
      : [line];
  });
  expect(labels(plansOf(wide))).toHaveLength(12);
  const { lines } = residual(2, 3, 'image');
  expect(labels(plansOf([['image', 'Input'], ...lines]))).toContain('conv2.block* ×2');
});

test('blocks begin where their names do, though kinds repeat from before', () => {
  const first = residual(2, 4, 'image');
  const second = residual(3, 5, first.last);
  const found = labels(plansOf([['image', 'Input'], ...first.lines, ...second.lines]));
  expect(found.filter((label) => label.includes('×'))).toEqual([
    'conv2.block* ×3',
    'conv3.block* ×4',
  ]);
  expect(found).toContain('conv2.block1.out');
  expect(found).toContain('conv3.block1.1.conv');
});

test('a block that is joined in another way ends the series', () => {
  const lines = flat([1, 2, 3, 4, 5, 6]).map(
    (line): Line => (line[0] === 're_lu_4' ? ['re_lu_4', 'Relu', ['conv2d_4']] : line),
  );
  expect(labels(plansOf(lines))).toContain('conv2d_* … re_lu_* ×3');
});

test('pairs that are not joined to each other are no series', () => {
  const lines = Array.from({ length: 4 }, (_, i): Line[] => [
    [`a_${i}`, 'Abs'],
    [`b_${i}`, 'Neg', [`a_${i}`]],
  ]).flat();
  expect(labels(plansOf([...lines, ['z', 'Tanh']]))).toHaveLength(9);
});

test('every node is in one box, and the way to it is known', () => {
  const lines = [...flat([...Array(7).keys()]), ...residual(2, 6, 'top').lines];
  const plans = plansOf(lines);
  const inside = (box: number): number[] =>
    plans.isBundle(box) ? plans.plan(box).boxes.flatMap(inside) : [box];
  const units = plans.plan(0).boxes.flatMap(inside);
  expect([...units].sort((a, b) => a - b)).toEqual(lines.map((_, i) => i + 1));
  const unit = findUnit(plans.hierarchy, 'conv2.block4.add');
  for (const [i, box] of plans.around(unit).entries()) {
    expect(plans.plan(box).boxes).toContain(plans.around(unit)[i + 1] ?? unit);
  }
  const session = new Session(payloadOf(lines), USUAL);
  const { scene, folded } = session.openAll(Number.POSITIVE_INFINITY);
  expect([...scene.kind].filter((kind) => !(kind & BOX.openable))).toHaveLength(
    lines.length - folded,
  );
});

test('more blocks than anybody can look at come in pieces', () => {
  const plans = plansOf(flat([...Array(MOST_BOXES + 10).keys()]));
  const [, series = 0] = plans.plan(0).boxes;
  expect(plans.plan(series).boxes.length).toBeLessThan(100);
});
