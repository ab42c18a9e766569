import { describe, expect, test } from 'vitest';
import {
  formatAgo,
  formatBytes,
  formatQuantity,
  formatShape,
  formatShort,
  formatTime,
  naturalKey,
  splitForEllipsis,
  visibleName,
  visibleText,
} from '../src/model/format';

describe('sizes', () => {
  test('bytes are decimal, exact below 1,000, with one decimal below 100', () => {
    const sizes = [0, 1, 999, 1000, 99_949, 99_950, 4_812_345, 1_234_567_890_123];
    expect(sizes.map(formatBytes)).toEqual([
      '0 bytes',
      '1 byte',
      '999 bytes',
      '1.0 kB',
      '99.9 kB',
      '100 kB',
      '4.8 MB',
      '1.2 TB',
    ]);
  });

  test('what rounds to 1,000 of a unit is 1 of the next', () => {
    expect(formatBytes(999_499)).toBe('999 kB');
    expect(formatBytes(999_500)).toBe('1.0 MB');
    expect(formatShort(999_999_999)).toBe('1.0 B');
  });

  test('counts are exact below 10,000', () => {
    expect([9999, 10_000, 26_843_545_600].map(formatShort)).toEqual(['9,999', '10.0 K', '26.8 B']);
  });

  test('one is singular', () => {
    expect(formatQuantity(1, 'entry', 'entries')).toBe('1 entry');
    expect(formatQuantity(1204, 'entry', 'entries')).toBe('1,204 entries');
  });
});

describe('shapes', () => {
  test('unknown sizes are question marks; no axis and no rank have words', () => {
    expect(formatShape([null, 28, 1])).toBe('[?, 28, 1]');
    expect([formatShape([]), formatShape(null)]).toEqual(['scalar', 'rank unknown']);
  });
});

describe('times', () => {
  test('an age is told in its largest whole unit', () => {
    const ages = [0, 59, 60, 3599, 3600, 86_400, 2 * 86_400, 40 * 86_400, 800 * 86_400, -3600];
    expect(ages.map((age) => formatAgo(1e9 - age, 1e9))).toEqual([
      'just now',
      'just now',
      '1 min ago',
      '59 min ago',
      '1 h ago',
      '1 day ago',
      '2 days ago',
      '1 month ago',
      '2 years ago',
      'in the future',
    ]);
  });

  test('an exact time has all its digits', () => {
    expect(formatTime(new Date(2026, 0, 2, 3, 4, 5).getTime() / 1000)).toBe('2026-01-02 03:04:05');
  });
});

describe('names', () => {
  test('what does not print is escaped, everything else stays', () => {
    expect(visibleName('a\nb\t\x00\u202ec/é</script>')).toBe('a\\nb\\t\\x00\\u{202e}c/é</script>');
  });

  test('a split name is the same name, and its end is what is kept', () => {
    for (const name of ['short', 'a/b', `${'deep/'.repeat(40)}kernel`, 'x'.repeat(200), 'a/', '']) {
      expect(splitForEllipsis(name).join('')).toBe(name);
    }
    expect(splitForEllipsis(`${'deep/'.repeat(40)}kernel`)[1]).toBe('/kernel');
    expect(splitForEllipsis('x'.repeat(200))[1]).toHaveLength(20);
  });

  test('digits sort as numbers', () => {
    const names = ['layer_10', 'Layer_9', 'layer_9/b', 'layer_1000000'];
    const sorted = [...names].sort((a, b) => (naturalKey(a) < naturalKey(b) ? -1 : 1));
    expect(sorted).toEqual(['Layer_9', 'layer_9/b', 'layer_10', 'layer_1000000']);
  });
});

test('a text keeps its lines and tabs, and nothing else that does not print', () => {
  expect(visibleText('a:\r\n\tb\n\u202ec\u0007\n')).toBe('a:\n\tb\n\\u{202e}c\\x07\n');
});
