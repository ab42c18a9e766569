import { expect, test } from 'vitest';
import { checkFile } from '../scripts/folder-rules.mjs';

test('an import against the order is told with its reason', () => {
  expect(checkFile('model/tree.ts', "import { api } from '../api/client';")).toEqual([
    'model/tree.ts imports api/client, but model may not: it is pure: what came in, what is shown out.',
  ]);
  expect(checkFile('ui/Icon.tsx', "const page = await import('../pages/home/home');")).toHaveLength(
    1,
  );
  expect(checkFile('index.ts', "import { go } from './state';")).toHaveLength(1);
});

test('an import along the order passes', () => {
  const text =
    "import type { A } from '../../api/types';\nimport { b } from './b';\nimport 'preact';";
  expect(checkFile('pages/home/a.tsx', text)).toEqual([]);
});

test('markup from text and evaluated code are found, wherever they stand', () => {
  expect(checkFile('ui/a.tsx', 'box.innerHTML = name')).toHaveLength(1);
  expect(checkFile('pages/a.tsx', 'new Function("return 1")')).toHaveLength(1);
});

test('a file without a rule is told', () => {
  expect(checkFile('helpers.ts', '')).toHaveLength(1);
});
