import { formatPython, type Range } from './slices';

/** A string literal of Python. */
export function quote(text: string): string {
  return quoteAscii(text, (code) => (code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`));
}

/** A string of JSON, in ASCII. */
export function quoteJson(text: string): string {
  return quoteAscii(text, (_, character) =>
    [...Array(character.length).keys()]
      .map((place) => `\\u${hex(character.charCodeAt(place), 4)}`)
      .join(''),
  );
}

function quoteAscii(text: string, write: (code: number, character: string) => string): string {
  return JSON.stringify(text).replace(/[\u007f-\u{10ffff}]/gu, (character) =>
    write(character.codePointAt(0) ?? 0, character),
  );
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** A word of a command line, on one line. */
export function quoteShell(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (/^[ -~]*$/.test(text)) return `'${text.replaceAll("'", String.raw`'\''`)}'`;
  return `$'${quote(text).slice(1, -1).replaceAll(String.raw`\"`, '"').replaceAll("'", String.raw`\'`)}'`;
}

const KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except ' +
    'finally for from global if import in is lambda nonlocal not or pass raise return try while ' +
    'with yield'
  ).split(' '),
);

export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && !KEYWORDS.has(name);
}

/** TensorFlow Serving names a model after the folder around its numbered versions. */
export function servedName(location: string): string {
  const parts = location.split('/').filter(Boolean);
  const name = /^\d+$/.test(parts.at(-1) ?? '') ? parts.at(-2) : parts.at(-1);
  return name?.replace(/[^\w.-]+/g, '_') || 'model';
}

/** Python that reads a slice of a tensor without TensorFlow. */
export function writePythonRead(location: string, key: string, region: readonly Range[]): string {
  return [
    'import tensorboard_plugin_modelinspect as mi',
    '',
    `artifact = mi.open(${quote(location)})`,
    `values = artifact.tensors[${quote(key)}].read(${region.length ? formatPython(region) : ''})`,
  ].join('\n');
}

/** Python that puts something into an empty logdir. */
export function writeFirstSave(logdir: string): string {
  const folder = logdir.replace(/\/$/, '');
  return [
    'import tensorflow as tf',
    `tf.train.Checkpoint(model=model).save(${quote(`${folder}/ckpt`)})`,
    `model.export(${quote(`${folder}/export/1`)})`,
  ].join('\n');
}
