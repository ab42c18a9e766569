/** Findings about the health of weights: kinds as words, and which come first. */

/** The kind under which a row that has no statistics, for a reason, is found. */
export const UNREADABLE = 'unreadable';

/** A kind of finding and how bad it is: `problem`, `warning` or `note`. */
export interface Mark {
  kind: string;
  severity: string;
}

const WORDS: Record<string, string> = {
  nan: 'NaN',
  inf: 'Inf',
};

/** The worst first, as the server lists kinds of one severity. */
const ORDER = [
  UNREADABLE,
  'nan',
  'inf',
  'all_zero',
  'constant',
  'dead_channels',
  'duplicate_channels',
  'saturated',
  'exploding',
  'untrained',
  'orphan_slot',
  'missing_slot',
];
const SEVERITIES = ['problem', 'warning', 'note'];

export function describeKind(kind: string): string {
  return WORDS[kind] ?? kind.replaceAll('_', ' ');
}

/** The colour of a severity. */
export function toneOf(severity: string): 'bad' | 'warn' | 'muted' {
  return severity === 'problem' ? 'bad' : severity === 'warning' ? 'warn' : 'muted';
}

export function compareMarks(a: Mark, b: Mark): number {
  return (
    compareSeverities(a.severity, b.severity) ||
    placeIn(ORDER, a.kind) - placeIn(ORDER, b.kind) ||
    (a.kind < b.kind ? -1 : Number(a.kind > b.kind))
  );
}

/** Below zero if the first is worse. */
export function compareSeverities(a: string, b: string): number {
  return placeIn(SEVERITIES, a) - placeIn(SEVERITIES, b);
}

function placeIn(order: readonly string[], word: string): number {
  const place = order.indexOf(word);
  return place < 0 ? order.length : place;
}
