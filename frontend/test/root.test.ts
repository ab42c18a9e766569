import { expect, test } from 'vitest';
import { rootOf } from '../src/root';

test('both addresses of the entry lead to one root, at every place a server may stand', () => {
  for (const before of [
    'http://localhost:6006/',
    'https://host/proxy/6006/',
    'http://h/modelinspect/x/',
  ]) {
    const root = `${before}data/plugin/modelinspect/`;
    expect(rootOf(`${root}index.js`)).toBe(root);
    expect(rootOf(`${root}plugin/modelinspect/index.js`)).toBe(root);
    expect(rootOf(`${root}index.js?_file_hash=1`)).toBe(root);
  }
});
