/** Numbers and names as text for people. Sizes are decimal: 1 kB is 1,000 bytes. */

const GROUPED = new Intl.NumberFormat('en-US');
const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
const SCALES = ['', ' K', ' M', ' B', ' T'];

/** `1,204` */
export function formatCount(count: number): string {
  return GROUPED.format(count);
}

/** `1 tensor`, `1,204 tensors`; give the plural where it is not the word and an s. */
export function formatQuantity(count: number, word: string, plural = `${word}s`): string {
  return `${formatCount(count)} ${count === 1 ? word : plural}`;
}

/** `4.8 MB`; below 1,000 the exact `812 bytes`. */
export function formatBytes(nbytes: number): string {
  if (nbytes < 1000) return `${nbytes} ${nbytes === 1 ? 'byte' : 'bytes'}`;
  const [value, power] = scale(nbytes, UNITS.length);
  return `${value} ${UNITS[power]}`;
}

/** `4,812,345 bytes`, for a title. */
export function formatExactBytes(nbytes: number): string {
  return formatQuantity(nbytes, 'byte');
}

/** `1.2 M`; below 10,000 the exact `9,999`. */
export function formatShort(count: number): string {
  if (count < 10_000) return formatCount(count);
  const [value, power] = scale(count, SCALES.length);
  return `${value}${SCALES[power]}`;
}

/** One decimal below 100, none above, and the power of 1,000; 999,950 is `1.0` of the next power. */
function scale(number: number, powers: number): [string, number] {
  let power = 0;
  let value = number;
  while (power < powers - 1 && roundedDown(value) >= 1000) {
    value /= 1000;
    power += 1;
  }
  return [value < 99.95 ? value.toFixed(1) : GROUPED.format(Math.round(value)), power];
}

function roundedDown(value: number): number {
  return value < 99.95 ? value : Math.round(value);
}

/** `[?, 28, 28]`, `scalar`, or `rank unknown`. */
export function formatShape(shape: readonly (number | null)[] | null): string {
  if (!shape) return 'rank unknown';
  if (!shape.length) return 'scalar';
  return `[${shape.map((size) => (size === null ? '?' : String(size))).join(', ')}]`;
}

/** Elements of a shape; 1 for a scalar. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

const STEPS: [limit: number, seconds: number, word: string][] = [
  [3600, 60, 'min'],
  [86_400, 3600, 'h'],
  [30 * 86_400, 86_400, 'day'],
  [365 * 86_400, 30 * 86_400, 'month'],
  [Number.POSITIVE_INFINITY, 365 * 86_400, 'year'],
];

/** `3 min ago`, `5 days ago`. */
export function formatAgo(time_s: number, now_s: number): string {
  const age = now_s - time_s;
  if (age < -60) return 'in the future';
  if (age < 60) return 'just now';
  const [, seconds, word] = STEPS.find(([limit]) => age < limit) ?? [0, 1, 's'];
  const count = Math.floor(age / seconds);
  return `${count} ${word}${count > 1 && !/^(min|h)$/.test(word) ? 's' : ''} ago`;
}

/** `2026-05-04 13:37:00`, local time. */
export function formatTime(time_s: number): string {
  const date = new Date(time_s * 1000);
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A name from a file with everything that does not print as an escape: `a\nb`. */
export function visibleName(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu, escapeCharacter);
}

/** A text of several lines with everything that does not print as an escape, but tabs. */
export function visibleText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/[^\n\t]+/g, visibleName);
}

function escapeCharacter(character: string): string {
  const known: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  const code = character.codePointAt(0) ?? 0;
  if (known[character]) return known[character];
  return code < 256 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

const KINDS: Record<string, string> = {
  saved_model: 'SavedModel',
  checkpoint: 'Checkpoint',
  keras: 'Keras model',
  h5: 'Keras HDF5',
  graph_def: 'GraphDef',
  meta_graph: 'TF1 MetaGraph',
  description: 'Description',
};

/** The word people use for a kind of artifact. */
export function formatKind(kind: string): string {
  return KINDS[kind] ?? kind;
}

/**
 * Splits a name for an ellipsis in its middle: the end, which tells names apart, stays whole.
 *
 * The tail begins at the last slash where that leaves it short enough.
 */
export function splitForEllipsis(name: string, longestTail = 28): [head: string, tail: string] {
  const slash = name.lastIndexOf('/', name.length - 2);
  const fits = slash > 0 && name.length - slash <= longestTail;
  const at = fits ? slash : name.length > longestTail ? name.length - longestTail + 8 : 0;
  return [name.slice(0, at), name.slice(at)];
}

/** Orders names as people count: `layer_2` before `layer_10`. Compare the results with `<`. */
export function naturalKey(name: string): string {
  return name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(15, '0'));
}
