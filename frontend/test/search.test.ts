import { expect, test } from 'vitest';
import { compileSearch } from '../src/model/search';

function matches(query: string, text: string): boolean {
  const match = compileSearch(query);
  if (typeof match === 'string') throw new Error(match);
  return match(text);
}

test('plain text is found anywhere, in any case, and is no expression', () => {
  expect(matches(' KERNEL ', 'dense/kernel')).toBe(true);
  expect(matches('a.b', 'a.b')).toBe(true);
  expect(matches('a.b', 'acb')).toBe(false);
  expect(matches('', 'anything')).toBe(true);
});

test('text between slashes is an expression', () => {
  expect(matches('/conv_[12]\\/bias$/', 'net/Conv_2/bias')).toBe(true);
  expect(matches('/conv_[12]$/', 'net/conv_2/bias')).toBe(false);
});

test('one slash, and a path that begins with one, are plain text', () => {
  expect(matches('/', 'a/b')).toBe(true);
  expect(matches('/dense', 'net/dense')).toBe(true);
});

test('a broken expression is told in a sentence', () => {
  expect(compileSearch('/[/')).toMatch(/^\/\[\/ is no regular expression: .+\.$/);
});
