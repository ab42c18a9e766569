import { expect, test } from 'vitest';
import { parseSlice, type Range } from '../src/model/slices';
import {
  quote,
  quoteJson,
  quoteShell,
  writeFirstSave,
  writePythonRead,
} from '../src/model/snippets';

test('a string of Python is ASCII, and every character one', () => {
  expect(quote('a"\u2028\u{1f600}')).toBe(String.raw`"a\"\u2028\U0001f600"`);
});

test('a string of JSON is ASCII, and says the same', () => {
  const text = 'a"\u2028\u{1f600}\ud800';
  expect(quoteJson(text)).toMatch(/^[ -~]*$/);
  expect(JSON.parse(quoteJson(text))).toBe(text);
});

test('a word of a command line is quoted where it must be', () => {
  expect(quoteShell('/logs/export/1')).toBe('/logs/export/1');
  expect(quoteShell('')).toBe("''");
  expect(quoteShell("it's $HOME")).toBe(String.raw`'it'\''s $HOME'`);
  expect(quoteShell('a\'b"\n\\')).toBe(String.raw`$'a\'b"\n\\'`);
});

test('Python that reads names the slice, and a scalar needs none', () => {
  const region = parseSlice('0:10, 3', [20, 5]) as Range[];
  expect(writePythonRead('/ckpt', 'a/b', region)).toContain(
    '["a/b"].read((slice(0, 10), slice(3, 4)))',
  );
  expect(writePythonRead('/ckpt', 'step', [])).toContain('["step"].read()');
});

test('the first lines to save something are three, in the folder that is searched', () => {
  const code = writeFirstSave('/home/me/logs/');
  expect(code.split('\n')).toHaveLength(3);
  expect(code).toContain('"/home/me/logs/ckpt"');
});
