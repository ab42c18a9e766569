import { at, FLAG, type Wire } from './wire';

/** A scope with no more names in it is left as it is; so is a family. */
const MOST_IN_SCOPE = 16;
const MOST_IN_FAMILY = 12;
/** Fewer parts that have no number in common are no family: `max_pooling` and `max_norm`. */
const LEAST_PLAIN = 3;

/** Siblings whose names begin alike, and such among these. */
export interface Family {
  name: string;
  /** Places of labels that are in it, but not in one of its families. */
  members: number[];
  families: Family[];
}

/** The names of a graph with families as further scopes, which have no part in whole names. */
export interface Names {
  /** What an entry's whole name goes on with. */
  parent: Int32Array;
  leaf: readonly string[];
  /** The scope or family that an entry is in. */
  above: Int32Array;
  /** Entries that came; those behind them are families. */
  own: number;
}

/**
 * Gives scopes with many names in them a structure that the names have, but no slash tells:
 * `conv2_block1_1_conv`, `conv2_block1_1_bn` … are in `conv2_block1`, and that is in `conv2`.
 *
 * Cost: a look at all names. Which nodes are shown does not matter, so entries keep their numbers.
 */
export function addFamilies(wire: Wire): Names {
  const own = wire.leaf.length;
  const leaf = [...wire.leaf];
  /** Of the families. */
  const scopes: number[] = [];
  const arounds: number[] = [];
  const above = wire.parent.slice();
  // Scopes that are not loaded are asked for by their names.
  const large = wire.payload.partial ? [] : largeScopes(wire);
  for (const [scope, entries] of large) {
    const labels = entries.map((entry) => leaf[entry] ?? '');
    const add = (family: Family, around: number) => {
      const entry = leaf.length;
      leaf.push(family.name);
      scopes.push(scope);
      arounds.push(around);
      for (const member of family.members) above[at(entries, member)] = entry;
      for (const inner of family.families) add(inner, entry);
    };
    for (const family of findFamilies(labels)) add(family, scope);
  }
  return { parent: joined(wire.parent, scopes), leaf, above: joined(above, arounds), own };
}

function joined(column: Int32Array, more: readonly number[]): Int32Array {
  const both = new Int32Array(column.length + more.length);
  both.set(column);
  both.set(more, column.length);
  return both;
}

/** The entries in each scope that has many; arguments and results stay where they are. */
function largeScopes(wire: Wire): Map<number, number[]> {
  const isBoundary = new Uint8Array(wire.leaf.length);
  for (let node = 0; node < wire.count; node++) {
    if (at(wire.flags, node) & FLAG.boundary) isBoundary[at(wire.name, node)] = 1;
  }
  const sizes = new Int32Array(wire.leaf.length);
  const isIn = (entry: number) => !isBoundary[entry];
  for (let entry = 1; entry < sizes.length; entry++) {
    const scope = at(wire.parent, entry);
    if (isIn(entry)) sizes[scope] = at(sizes, scope) + 1;
  }
  const scopes = new Map<number, number[]>();
  for (let entry = 1; entry < sizes.length; entry++) {
    const scope = at(wire.parent, entry);
    if (!isIn(entry) || at(sizes, scope) <= MOST_IN_SCOPE) continue;
    const known = scopes.get(scope);
    if (known) known.push(entry);
    else scopes.set(scope, [entry]);
  }
  return scopes;
}

/** The families among some labels; the widest, with what is in them. */
export function findFamilies(labels: readonly string[]): Family[] {
  return split(
    labels,
    labels.map((_, place) => place),
    0,
  ).families;
}

/** @param from Length of the beginning that all have. */
function split(labels: readonly string[], places: number[], from: number): Omit<Family, 'name'> {
  const groups = new Map<string, number[]>();
  for (const place of places) {
    const label = labels[place] ?? '';
    const end = nextEnd(label, from);
    const name = end ? label.slice(0, end) : label;
    const known = groups.get(name);
    if (known) known.push(place);
    else groups.set(name, [place]);
  }
  const families: Family[] = [];
  const members = new Set(places);
  for (const [name, group] of groups) {
    const rests = new Set(group.map((place) => restOf(labels[place] ?? '', name)));
    if (group.length === places.length && from < name.length) {
      return rests.size > 1
        ? split(labels, places, name.length)
        : { members: places, families: [] };
    }
    if (rests.size < (/\d/.test(name) ? 2 : LEAST_PLAIN)) continue;
    for (const place of group) members.delete(place);
    const isSmall = group.length <= MOST_IN_FAMILY;
    const inside = isSmall ? { members: group, families: [] } : split(labels, group, name.length);
    families.push({ name, ...inside });
  }
  return { members: [...members], families };
}

/** A number ends a beginning, or a letter behind it: `conv2`, `block1` and then `block1a`. */
const NUMBERED = /(\d+)([a-z]?)(?=_)/g;
/** Names of layers that have a number for their dimensions. */
const DIMENSIONS =
  /(?:conv|pool|pooling|norm|normalization|padding|sampling|dropout|cropping)[123]d$/i;

/** Where the next beginning ends that may be a family's; 0 for none. */
function nextEnd(label: string, from: number): number {
  for (const { index, 0: match, 1: digits = '' } of label.matchAll(NUMBERED)) {
    if (DIMENSIONS.test(label.slice(0, index + match.length))) continue;
    for (const end of [index + digits.length, index + match.length]) {
      if (end > from && restOf(label, label.slice(0, end))) return end;
    }
  }
  const first = label.indexOf('_', from + 1);
  const isPlain = first > 0 && !/\d/.test(restOf(label, ''));
  return isPlain ? first : 0;
}

/** What a label has behind a beginning, but for the number that tells calls of a layer apart. */
function restOf(label: string, name: string): string {
  return label.slice(name.length).replace(/(?:_\d+)+$/, '');
}
