import { describe, expect, test } from 'vitest';
import { normal } from '../gallery/artifacts';
import { DIFFS, type DiffCase, diff, values } from '../gallery/diffs';
import type { DiffValuesPayload, ValuesPayload } from '../src/api/types';
import {
  asHeading,
  describeKnown,
  listValues,
  type PairQuery,
  PairTable,
  writeDiffCommand,
  writeDiffJson,
} from '../src/model/diff';
import { formatQuantity } from '../src/model/format';
import { buildTree } from '../src/model/tree';

const [BEFORE, AFTER] = normal().artifacts;
const ALL: PairQuery = { search: '', words: new Set(), roles: new Set() };
const WORDS = { count: (count: number) => formatQuantity(count, 'tensor') };

function payloadOf(view: DiffCase, all = false) {
  if (!BEFORE || !AFTER) throw new Error('no artifacts');
  return diff(view, BEFORE, AFTER, all);
}

function tableOf(view: DiffCase, all = false): PairTable {
  return new PairTable(payloadOf(view, all).pairs);
}

function caseOf(name: string): DiffCase {
  const found = DIFFS.find(([own]) => own === name);
  if (!found) throw new Error(name);
  return found[1];
}

/** Numbers of pairs, by pair. */
function answer(rows: Record<number, Partial<Record<string, unknown>>>, whole = true) {
  const pairs = Object.keys(rows).map(Number);
  const column = (name: string, none: unknown) => pairs.map((pair) => rows[pair]?.[name] ?? none);
  return {
    whole,
    pair: pairs,
    state: column('state', 'changed'),
    error: column('error', null),
    ...Object.fromEntries(
      [
        'count',
        'differing',
        'nan_before',
        'nan_after',
        'max_abs',
        'mean_abs',
        'l2',
        'relative_l2',
        'cosine',
      ].map((name) => [name, column(name, null)]),
    ),
  } as unknown as DiffValuesPayload;
}

describe('the table of pairs', () => {
  const mixed = caseOf('mixed');

  test('a row has its state and its marks, but no state that a mark says better', () => {
    const table = tableOf(mixed);
    const words = (word: string) => {
      const rows = [...table.filter({ ...ALL, words: new Set([word]) })];
      return table.words(rows[0] ?? -1);
    };
    expect(words('changed')).toEqual(['changed']);
    expect(words('renamed')).toEqual(['equal', 'renamed']);
    expect(words('reshaped')).toEqual(['reshaped']);
    expect(words('added')).toEqual(['added']);
  });

  test('numbers come in, and a state with them', () => {
    const table = tableOf(mixed);
    const [row = -1] = table.filter({ ...ALL, words: new Set(['retyped']) });
    expect(table.words(row)).toEqual(['unknown', 'retyped']);
    const pair = table.columns.pair[row] ?? 0;
    table.take(answer({ [pair]: { state: 'equal', count: 8, differing: 0, max_abs: 0 } }));
    expect(table.words(row)).toEqual(['equal', 'retyped']);
    expect([table.share(row), table.number(row, 'max_abs')]).toEqual([0, 0]);
    expect([table.wasRead(row), table.version]).toEqual([true, 1]);
  });

  test('what cannot be read says why', () => {
    const table = tableOf(mixed);
    table.take(values(mixed, ''));
    const [row = -1] = table.filter({ ...ALL, words: new Set(['unreadable']) });
    expect(table.error(row)).toContain('checksum');
    expect(table.number(row, 'max_abs')).toBeNaN();
  });

  test('an answer that is all there is takes the place of what was known', () => {
    const table = tableOf(caseOf(''));
    const [first = 0, second = 0] = table.columns.pair;
    table.take(answer({ [first]: { max_abs: 1 } }));
    table.take(answer({ [second]: { max_abs: 2 } }));
    expect([table.number(0, 'max_abs'), table.number(1, 'max_abs')]).toEqual([Number.NaN, 2]);
    table.take(answer({ [first]: { max_abs: 3 } }, false));
    expect([table.number(0, 'max_abs'), table.number(1, 'max_abs')]).toEqual([3, 2]);
  });

  test('numbers of pairs that are not listed are left out', () => {
    const table = tableOf(caseOf(''));
    table.take(answer({ 100000: { max_abs: 1 } }));
    expect([table.wasRead(0), table.wasRead(100_000)]).toEqual([false, false]);
  });

  test('a search finds names before, too', () => {
    const table = tableOf(mixed);
    const rows = table.filter({ ...ALL, search: 'old/convnet' });
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(table.formerName(row)).toContain('old/convnet');
    expect(table.filter({ ...ALL, search: '/[/' })).toHaveLength(0);
  });

  test('chips count under the other filters, and stay while they are chosen', () => {
    const table = tableOf(mixed);
    const roles = new Set(['weight']);
    const counts = new Map(table.facet({ ...ALL, roles, words: new Set(['moved']) }, 'words'));
    for (const [word, count] of counts) {
      expect(table.filter({ ...ALL, roles, words: new Set([word]) })).toHaveLength(count);
    }
    const chosen = { ...ALL, search: 'nothing like it', words: new Set(['moved']) };
    expect(table.facet(chosen, 'words')).toEqual([['moved', 0]]);
  });

  test('a removed tensor and one of the same key after are told apart', () => {
    const { pairs } = payloadOf({ states: ['removed', 'added'] });
    const [, second = ''] = pairs.key;
    const table = new PairTable({ ...pairs, key: pairs.key.map(() => second) });
    expect([table.find(second, true), table.find(second, false)]).toEqual([0, 1]);
    expect([table.find('gone', false), table.find('', false)]).toEqual([-1, -1]);
  });

  test('aliases and bookkeeping are listed with all, and counted with none', () => {
    const [some, all] = [tableOf(mixed), tableOf(mixed, true)];
    expect(all.count).toBeGreaterThan(some.count);
    expect(all.countDifferent()).toBe(some.countDifferent());
  });
});

describe('the order of pairs', () => {
  const table = tableOf(caseOf(''));
  const rows = table.filter(ALL);
  table.take(values(caseOf(''), ''));

  test('new NaN first, then weights by how much they changed, before the optimizer', () => {
    const own = tableOf(caseOf(''));
    own.take(values(caseOf(''), ''));
    own.take(answer({ [own.columns.pair[9] ?? 0]: { nan_after: 4 } }, false));
    const sorted = [...own.sort(rows, { column: 'largest', descending: true })];
    expect(sorted[0]).toBe(9);
    const roles = sorted.slice(1).map((row) => own.columns.role[row] ?? '');
    const last = roles.lastIndexOf('weight');
    expect(roles.indexOf('optimizer')).toBeGreaterThan(last);
    const [first = 0, second = 0] = sorted.slice(1);
    expect(own.number(first, 'relative_l2')).toBeGreaterThan(own.number(second, 'relative_l2'));
  });

  test('by a number those without one stand last either way', () => {
    for (const descending of [true, false]) {
      const sorted = [...table.sort(rows, { column: 'max_abs', descending })];
      const numbers = sorted.map((row) => table.number(row, 'max_abs'));
      const known = numbers.filter((number) => !Number.isNaN(number));
      expect(numbers.slice(0, known.length)).toEqual(known);
      expect(known).toEqual([...known].sort((a, b) => (descending ? b - a : a - b)));
    }
  });

  test('a branch of the tree has the largest number below it', () => {
    const tree = buildTree(table.tensors, rows, { column: 'file', descending: true });
    for (const node of tree) {
      const below = node.rows.map((row) => table.number(row, 'relative_l2'));
      const known = below.filter((number) => !Number.isNaN(number));
      expect(table.measureNode(node, 'relative_l2')).toBe(
        known.length ? Math.max(...known) : Number.NaN,
      );
    }
  });

  test('the tree stands in the same order as the table', () => {
    const sort = { column: 'file', descending: true } as const;
    const measure = (node: Parameters<PairTable['measureNode']>[0]) =>
      table.measureNode(node, 'largest');
    const tree = buildTree(table.tensors, rows, sort, undefined, measure);
    const first = [...table.sort(rows, { column: 'largest', descending: true })][0] ?? -1;
    expect(tree[0]?.rows).toContain(first);
  });
});

describe('words for a diff', () => {
  test('how equal tensors are known to be equal', () => {
    const table = tableOf(caseOf(''));
    expect(describeKnown(60, table, WORDS)).toBe(
      '60 tensors equal by checksum, without reading a value',
    );
    expect(describeKnown(0, table, WORDS)).toBe('');
    table.take(answer({ [table.columns.pair[0] ?? 0]: {} }));
    expect(describeKnown(1, table, WORDS)).toBe(
      '1 tensor equal by checksum, without reading a value; 1 tensor compared value by value',
    );
  });

  test('a sentence becomes a heading', () => {
    expect(asHeading('same structure; all equal')).toBe('Same structure; all equal');
    expect(asHeading('')).toBe('');
  });

  test.each([
    ['/a/b-1', '/c', 'modelinspect diff /a/b-1 /c'],
    ["/my logs/it's", '/c', "modelinspect diff '/my logs/it'\\''s' /c"],
    ['/a$(x)', '/`b`', "modelinspect diff '/a$(x)' '/`b`'"],
  ])('the command takes any path: %s', (before, after, command) => {
    expect(writeDiffCommand(before, after)).toBe(command);
  });

  test('the download is JSON with the numbers that came', () => {
    const payload = payloadOf(caseOf(''));
    const table = new PairTable(payload.pairs);
    const [pair = 0] = payload.pairs.pair;
    table.take(answer({ [pair]: { max_abs: 0.5 } }));
    const read = JSON.parse(writeDiffJson(payload, table, 'now'));
    expect(read.summary).toBe('now');
    expect(read.pairs.key).toEqual(payload.pairs.key);
    expect(read.pairs.max_abs.slice(0, 2)).toEqual([0.5, null]);
  });
});

describe('values side by side', () => {
  const of = (text: string[]): ValuesPayload => ({
    key: 'k',
    name: 'k',
    dtype: 'float32',
    shape: [10, 4],
    region: [
      [4, 8, 2],
      [1, 4, 1],
    ],
    result_shape: [2, 3],
    text,
  });

  test('those that differ, with their place in the tensor', () => {
    const before = of(['1', '2', '3', '4', '5', '6']);
    const after = of(['1', '2', '9', '4', 'NaN', '6']);
    expect(listValues(before, after, true)).toEqual([
      { index: '[4, 3]', before: '3', after: '9' },
      { index: '[6, 2]', before: '5', after: 'NaN' },
    ]);
    expect(listValues(before, after, false).map(({ index }) => index)).toEqual([
      ...['[4, 1]', '[4, 2]', '[4, 3]', '[6, 1]', '[6, 2]', '[6, 3]'],
    ]);
  });
});
