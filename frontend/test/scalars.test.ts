import { expect, test } from 'vitest';
import {
  chooseScalar,
  findScalar,
  isHigherBetter,
  nameScalar,
  pointsOf,
} from '../src/model/scalars';

test.each([
  [
    [{ run: 'r', tags: ['accuracy', 'loss', 'val_loss', 'val_accuracy'] }],
    'r/checkpoints',
    { run: 'r', tag: 'val_loss' },
  ],
  [
    [
      { run: 'r/train', tags: ['epoch_loss', 'batch_loss'] },
      {
        run: 'r/validation',
        tags: ['epoch_accuracy', 'epoch_loss', 'evaluation_loss_vs_iterations'],
      },
    ],
    'r/checkpoints',
    { run: 'r/validation', tag: 'epoch_loss' },
  ],
  [[{ run: 'train', tags: ['loss'] }], 'checkpoints', { run: 'train', tag: 'loss' }],
  [[{ run: '.', tags: ['reward'] }], 'a/b', { run: '.', tag: 'reward' }],
  [[{ run: 'other', tags: ['val_loss'] }], 'r/checkpoints', null],
  [[{ run: 'sweep/2', tags: ['val_loss'] }], 'sweep/1', null],
  [[], 'r', null],
])('the scalar that tells most is shown, never that of another run: %j', (runs, folder, chosen) => {
  expect(chooseScalar(runs, folder)).toEqual(chosen);
});

test('another series shows the same scalar of its own sub-run', () => {
  const runs = [
    { run: 'b/train', tags: ['loss'] },
    { run: 'b/validation', tags: ['loss'] },
  ];
  const wanted = { run: 'a/validation', tag: 'loss' };
  expect(findScalar(runs, wanted, { from: 'a', to: 'b' })?.run).toBe('b/validation');
  expect(findScalar(runs.slice(0, 1), wanted, { from: 'a', to: 'b' })?.run).toBe('b/train');
  expect(findScalar([], wanted, { from: 'a', to: 'b' })).toBeNull();
});

test('a scalar is named by what is not known already', () => {
  expect(nameScalar({ run: 'a', tag: 'loss' }, 'a')).toBe('loss');
  expect(nameScalar({ run: 'a/validation', tag: 'loss' }, 'a')).toBe('validation/loss');
  expect(nameScalar({ run: 'b', tag: 'loss' }, 'a')).toBe('b/loss');
});

test('of an accuracy the highest is the best, of a loss the lowest', () => {
  expect(['val_accuracy', 'AUC', 'f1', 'mean_reward'].map(isHigherBetter)).not.toContain(false);
  expect(['loss', 'val_loss', 'perplexity', 'learning_rate'].map(isHigherBetter)).not.toContain(
    true,
  );
});

test('points are known by the checkpoint, and those without a value are none', () => {
  const points = pointsOf({
    run: 'r',
    tag: 't',
    steps: [],
    values: [],
    problem: null,
    checkpoints: {
      id: ['a', 'b', null],
      step: [1, null, 3],
      value: [0.5, null, 1],
      exact: [false, false, true],
    },
  });
  expect([...points]).toEqual([['a', { value: 0.5, step: 1, exact: false }]]);
});
