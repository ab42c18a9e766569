import { visibleName } from './format';
import type { Match } from './search';

/** A document that is JSON, as lines of a tree. */

export type Json =
  | null
  | boolean
  | number
  | string
  | ExactNumber
  | Json[]
  | { [key: string]: Json };

/** A number that JavaScript would show otherwise than it is stored: `1e-07`, 2^63. */
export class ExactNumber {
  constructor(readonly source: string) {}

  /** What `JSON.stringify` writes: the very digits where the browser can. */
  toJSON(): unknown {
    const { rawJSON } = JSON as unknown as { rawJSON?: (source: string) => unknown };
    return rawJSON ? rawJSON(this.source) : Number(this.source);
  }
}

/** A line of the tree: a name and a value, or a container that can be unfolded. */
export interface JsonLine {
  /** Positions from the root to here, each after a `/`; empty for the root. */
  path: string;
  /** Key in an object, position in an array; undefined for the root. */
  name: string | undefined;
  value: Json;
  depth: number;
  open: boolean;
  position: number;
  siblings: number;
}

/** What a search keeps of the tree. */
export interface JsonFound {
  /** Paths of matches and of all that is above them. */
  kept: ReadonlySet<string>;
  /** Paths above matches. */
  above: ReadonlySet<string>;
  matches: number;
}

/** Matches that are looked for; a tree of more helps nobody. */
export const MOST_MATCHES = 1000;

type WithSource = (key: string, value: Json, context?: { source?: string }) => Json;

/** The value in a text, or undefined where it is no JSON (or nested beyond all reason). */
export function parseJson(text: string): Json | undefined {
  const exact: WithSource = (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined && context.source !== String(value)
      ? new ExactNumber(context.source)
      : value;
  try {
    return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
  } catch {
    return undefined;
  }
}

/** Whether a value holds others. */
export function isContainer(value: Json): value is Json[] | { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !(value instanceof ExactNumber);
}

/** What a container holds, in order; nothing of any other value. */
export function entriesOf(value: Json): [name: string, value: Json][] {
  return isContainer(value) ? Object.entries(value) : [];
}

function countEntries(value: Json): number {
  return isContainer(value) ? Object.keys(value).length : 0;
}

/**
 * The unfolded lines. Where a search found something below a container, only that of it is listed.
 *
 * @param open Paths of unfolded containers.
 */
export function listJson(root: Json, open: ReadonlySet<string>, found?: JsonFound): JsonLine[] {
  const lines: JsonLine[] = [];
  const first = { path: '', name: undefined, value: root, depth: 0, position: 1, siblings: 1 };
  const waiting: Omit<JsonLine, 'open'>[] = [first];
  for (let line = waiting.pop(); line; line = waiting.pop()) {
    const { path, value, depth } = line;
    const isOpen = isContainer(value) && open.has(path);
    lines.push({ ...line, open: isOpen });
    if (!isOpen) continue;
    const below = entriesOf(value).map(([name, child], index) => {
      return { path: `${path}/${index}`, name, value: child, depth: depth + 1 };
    });
    const shown = found?.above.has(path) ? below.filter((one) => found.kept.has(one.path)) : below;
    const placed = shown.map((one, index) => {
      return { ...one, position: index + 1, siblings: shown.length };
    });
    for (const one of placed.reverse()) waiting.push(one);
  }
  return lines;
}

/**
 * Containers to unfold so that at most `most` lines show; the upper ones first.
 *
 * @param stays Whether a container below the root stays folded.
 */
export function openJson(
  root: Json,
  most: number,
  stays: (value: Json) => boolean = () => false,
): string[] {
  const open: string[] = [];
  const level: [path: string, value: Json][] = [['', root]];
  let lines = 1;
  for (const [path, value] of level) {
    const count = countEntries(value);
    if (!count || lines + count > most || (path && stays(value))) continue;
    lines += count;
    open.push(path);
    for (const [index, [, child]] of entriesOf(value).entries()) {
      if (isContainer(child)) level.push([`${path}/${index}`, child]);
    }
  }
  return open;
}

/** Keys and plain values that match. Cost: one walk over the document. */
export function findJson(root: Json, match: Match): JsonFound {
  const kept = new Set<string>();
  const above = new Set<string>();
  let matches = 0;
  const waiting: [path: string, name: string | undefined, value: Json][] = [['', undefined, root]];
  for (let next = waiting.pop(); next && matches < MOST_MATCHES; next = waiting.pop()) {
    const [path, name, value] = next;
    if (isContainer(value)) {
      const isArray = Array.isArray(value);
      const below = entriesOf(value);
      for (let index = below.length - 1; index >= 0; index--) {
        const [key, child] = below[index] ?? ['', null];
        waiting.push([`${path}/${index}`, isArray ? undefined : key, child]);
      }
    }
    const plain = !isContainer(value) && match(plainText(value));
    if (!plain && (name === undefined || !match(name))) continue;
    matches += 1;
    kept.add(path);
    for (let up = parentOf(path); up !== undefined && !above.has(up); up = parentOf(up)) {
      above.add(up);
      kept.add(up);
    }
  }
  return { kept, above, matches };
}

/** The path of the container around; undefined for the root. */
export function parentOf(path: string): string | undefined {
  return path ? path.slice(0, path.lastIndexOf('/')) : undefined;
}

function plainText(value: Json): string {
  if (value instanceof ExactNumber) return value.source;
  return typeof value === 'string' ? value : String(value);
}

/** Characters of a text that a line shows. */
const LONGEST = 400;

/** What a line shows of a value: itself, or how much a container holds. */
export function describeValue(value: Json): string {
  if (isContainer(value)) {
    const count = countEntries(value);
    return Array.isArray(value) ? `[${count || ''}]` : `{${count || ''}}`;
  }
  if (typeof value !== 'string') return plainText(value);
  if (value.length <= LONGEST) return `"${visibleName(value)}"`;
  return `"${visibleName(value.slice(0, LONGEST))}…" (${value.length} characters)`;
}

/** A value to take away: JSON, and a text as it is. */
export function writeJson(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** The kind of a value, for its colour. */
export function kindOf(value: Json): 'container' | 'text' | 'number' | 'word' {
  if (isContainer(value)) return 'container';
  if (typeof value === 'string') return 'text';
  return typeof value === 'number' || value instanceof ExactNumber ? 'number' : 'word';
}

/** Whether Keras wrote an object of some class: its line says what it is. */
export function hasClass(value: Json): boolean {
  return isContainer(value) && !Array.isArray(value) && typeof value.class_name === 'string';
}

/** What an object is about, as Keras writes objects: its class and its name. */
export function hintOf(value: Json): string {
  if (!isContainer(value) || Array.isArray(value)) return '';
  const { class_name, name, config } = value;
  const inner = config && isContainer(config) && !Array.isArray(config) ? config.name : undefined;
  const words = [class_name, name ?? inner].filter((word) => typeof word === 'string');
  return words.map((word) => visibleName(word.slice(0, 80))).join(' · ');
}
