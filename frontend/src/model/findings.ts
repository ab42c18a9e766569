import { UNREADABLE } from './stats';

/** Kinds of findings as words. */

const WORDS: Record<string, string> = {
  [UNREADABLE]: 'unreadable',
  nan: 'NaN',
  inf: 'Inf',
  all_zero: 'all zero',
};

/** Kinds for which results are wrong or training is lost. */
const GRAVE = new Set([UNREADABLE, 'nan', 'inf', 'exploding']);
const ORDER = [UNREADABLE, 'nan', 'inf', 'exploding', 'saturated'];

export function describeKind(kind: string): string {
  return WORDS[kind] ?? kind.replaceAll('_', ' ');
}

export function isGrave(kind: string): boolean {
  return GRAVE.has(kind);
}

/** The worst first, the others by name. */
export function compareKinds(a: string, b: string): number {
  return placeOf(a) - placeOf(b) || (a < b ? -1 : Number(a > b));
}

function placeOf(kind: string): number {
  const place = ORDER.indexOf(kind);
  return place < 0 ? ORDER.length : place;
}
