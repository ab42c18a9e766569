import { describe, expect, test } from 'vitest';
import {
  HOME,
  parseHash,
  readRoute,
  readSet,
  readSort,
  sameRoute,
  toggleIn,
  writeHash,
} from '../src/routes';

describe('the address', () => {
  test('a route written into a hash is read back the same, whatever its values hold', () => {
    const route = {
      ...HOME,
      page: 'weights' as const,
      id: 'a1',
      tensor: 'layer/a&b=c#d%e+f é/.ATTRIBUTES/VARIABLE_VALUE',
      slice: '0:10, :, 3',
      q: '/k[ae]rnel$/',
    };
    expect(readRoute(parseHash(writeHash('', route)).keys)).toEqual(route);
  });

  test('keys of other plugins and the tab stay as they are', () => {
    const hash = writeHash('#scalars&p.other.x=1%26&tagFilter=loss&p.modelinspect.q=old', {
      ...HOME,
      q: 'new',
    });
    expect(hash).toBe('#scalars&p.other.x=1%26&tagFilter=loss&p.modelinspect.q=new');
  });

  test('our tab is named where the address names none', () => {
    expect(writeHash('', HOME)).toBe('#modelinspect');
  });

  test('usual values are not written', () => {
    expect(writeHash('#modelinspect&p.modelinspect.page=model', { ...HOME })).toBe('#modelinspect');
  });

  test('an unknown page, and a page without an artifact, lead Home', () => {
    expect(readRoute(new Map([['p.modelinspect.page', 'nonsense']])).page).toBe('home');
    expect(readRoute(new Map([['p.modelinspect.page', 'weights']])).page).toBe('home');
  });

  test('tokens that TensorBoard would drop are dropped, and broken escapes stay text', () => {
    const { tab, keys } = parseHash('#modelinspect&a=b=c&p.modelinspect.q=%E0%A4%A');
    expect([tab, [...keys]]).toEqual(['modelinspect', [['p.modelinspect.q', '%E0%A4%A']]]);
  });

  test('routes are the same only if every key is', () => {
    expect(sameRoute(HOME, { ...HOME })).toBe(true);
    expect(sameRoute(HOME, { ...HOME, slice: '0' })).toBe(false);
  });
});

describe('lists in the address', () => {
  test('toggling puts a member in and takes it out, in one order', () => {
    expect(toggleIn('b', 'a')).toBe('a,b');
    expect(toggleIn('a,b', 'a')).toBe('b');
    expect(readSet('')).toEqual(new Set());
  });

  test('a sort that does not exist is the usual one', () => {
    const usual = { column: 'path', descending: false } as const;
    const columns = ['path', 'nbytes'] as const;
    expect(readSort('-nbytes', columns, usual)).toEqual({ column: 'nbytes', descending: true });
    expect(readSort('-color', columns, usual)).toEqual(usual);
  });
});
