import { expect, test } from 'vitest';
import { normal } from '../gallery/artifacts';
import { suggestSides } from '../src/model/sides';

const ROWS = normal().artifacts;

function told(id: string) {
  const row = ROWS.find((one) => one.id === id);
  return row ? suggestSides(ROWS, row).map((one) => `${one.id}: ${one.why}`) : [];
}

test('a checkpoint is likely compared with its neighbours, then with what its run has', () => {
  expect(told('ckpt-a-3')).toEqual([
    'ckpt-a-2: The checkpoint before',
    'ckpt-a-4: The checkpoint after',
    'export-a: Of the same run',
  ]);
  expect(told('ckpt-a-1')[0]).toBe('ckpt-a-2: The checkpoint after');
});

test('a model is likely compared with what its run has', () => {
  expect(told('export-a')).toHaveLength(6);
  expect(told('export-a')[0]).toBe('ckpt-a-1: Of the same run');
});

test('of what stands alone nothing is known', () => {
  expect(told('export-b')).toEqual([]);
});
