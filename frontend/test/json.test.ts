import { describe, expect, test } from 'vitest';
import {
  describeValue,
  findJson,
  hasClass,
  hintOf,
  type Json,
  listJson,
  openJson,
  parseJson,
  writeJson,
} from '../src/model/json';
import { compileSearch, type Match } from '../src/model/search';

const CONFIG = parseJson(
  '{"name": "net", "layers": [{"class_name": "Dense", "config": {"name": "hidden", "units": 32}},' +
    ' {"class_name": "Lambda", "name": "evil"}], "rate": 1e-07, "seed": 9223372036854775807}',
) as Json;

function words(open: string[], search = ''): string[] {
  const found = search ? findJson(CONFIG, compileSearch(search) as Match) : undefined;
  const opened = new Set([...open, ...(found?.above ?? [])]);
  return listJson(CONFIG, opened, found).map(
    (line) => `${line.depth} ${line.name ?? ''} ${describeValue(line.value)}`,
  );
}

describe('JSON as a tree', () => {
  test('shows what is unfolded, in order, and how much the rest holds', () => {
    expect(words([''])).toEqual([
      '0  {4}',
      '1 name "net"',
      '1 layers [2]',
      '1 rate 1e-07',
      '1 seed 9223372036854775807',
    ]);
    expect(words(['', '/1', '/1/0']).slice(2, 6)).toEqual([
      '1 layers [2]',
      '2 0 {2}',
      '3 class_name "Dense"',
      '3 config {2}',
    ]);
  });

  test('a number is shown as it is stored, beyond 2^53 too', () => {
    expect(words(['']).slice(-2)).toEqual(['1 rate 1e-07', '1 seed 9223372036854775807']);
  });

  test('an object of Keras is named by its class and name', () => {
    const layers = (CONFIG as { layers: Json[] }).layers.map(hintOf);
    expect(layers).toEqual(['Dense · hidden', 'Lambda · evil']);
    expect([hintOf(null), hintOf([1]), hintOf({ class_name: 3 })]).toEqual(['', '', '']);
  });

  test('a value is copied as it is stored', () => {
    const seed = (CONFIG as { seed: Json }).seed;
    const exact = 'rawJSON' in JSON;
    expect(writeJson(seed)).toBe(exact ? '9223372036854775807' : '9223372036854776000');
    expect(writeJson('a "text"')).toBe('a "text"');
    expect(writeJson({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}');
  });

  test('text that is no JSON is none; neither is one nested beyond reason', () => {
    expect(parseJson('{"a": ')).toBeUndefined();
    expect(parseJson('{"a": NaN}')).toBeUndefined();
    expect(() => parseJson('['.repeat(1e6) + ']'.repeat(1e6))).not.toThrow();
  });

  test('names and texts stay text, whatever they hold', () => {
    const evil = parseJson('{"__proto__": {"x": 1}, "constructor": "a\\u202eb\\n"}') as Json;
    const lines = listJson(evil, new Set(['', '/0']));
    expect(lines.map((line) => line.name)).toEqual([undefined, '__proto__', 'x', 'constructor']);
    expect(describeValue(lines.at(-1)?.value ?? null)).toBe('"a\\u{202e}b\\n"');
  });

  test('a list of any length can be unfolded and searched', () => {
    const long = Array.from({ length: 300_000 }, (_, index) => index);
    expect(listJson(long, new Set(['']))).toHaveLength(300_001);
    expect(findJson(long, (text) => text === '299999').matches).toBe(1);
  });

  test('a long text is cut, and says how long it is', () => {
    const shown = describeValue('x'.repeat(1e6));
    expect(shown.length).toBeLessThan(450);
    expect(shown).toContain('(1000000 characters)');
  });
});

describe('a search in JSON', () => {
  test('leaves matches by key or value, with all that is above them', () => {
    expect(words([], 'lambda')).toEqual([
      '0  {4}',
      '1 layers [2]',
      '2 1 {2}',
      '3 class_name "Lambda"',
    ]);
    expect(words([], '/^units$/')).toHaveLength(5);
    expect(words([], '9223372036854775807').at(-1)).toBe('1 seed 9223372036854775807');
  });

  test('positions in arrays are no keys', () => {
    expect(findJson(['a', 'b'], (text) => text === '1').matches).toBe(0);
  });

  test('what is found can be unfolded whole', () => {
    expect(words(['/1/0/1'], 'config')).toContain('4 units 32');
  });

  test('ends where there is too much', () => {
    const many = Array.from({ length: 5000 }, () => 'same');
    expect(findJson(many, () => true).matches).toBe(1000);
  });
});

test('unfolds from above while there is room', () => {
  expect(openJson(CONFIG, 5)).toEqual(['']);
  expect(openJson(CONFIG, 8)).toEqual(['', '/1']);
  expect(openJson(CONFIG, 100)).toEqual(['', '/1', '/1/0', '/1/1', '/1/0/1']);
  expect(openJson(CONFIG, 100, hasClass)).toEqual(['', '/1']);
  expect(openJson('text', 100)).toEqual([]);
});
