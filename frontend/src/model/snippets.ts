import type { SignaturePayload, SpecPayload } from '../api/types';
import { countElements } from './format';
import { formatPython, type Range } from './slices';

/** Elements of a placeholder value that is still written out in JSON. */
const MOST_WRITTEN = 64;

/** A string literal of Python (and of JSON). */
export function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/**
 * Python that loads a SavedModel and calls a signature with a value of the right dtype and shape.
 *
 * @param location Path of the SavedModel on the machine that runs TensorBoard.
 * @param tags Tags to load by, where the SavedModel has several MetaGraphs.
 */
export function writePythonCall(
  location: string,
  tags: readonly string[] | null,
  signature: SignaturePayload,
): string {
  const load = tags ? `, tags=[${tags.map(quote).join(', ')}]` : '';
  return [
    'import tensorflow as tf',
    '',
    `model = tf.saved_model.load(${quote(location)}${load})`,
    `call = model.signatures[${quote(signature.key)}]`,
    `outputs = call(${writeArguments(signature.inputs)})`,
    ...signature.outputs.map((output) => `print(outputs[${quote(output.key)}])${comment(output)}`),
  ].join('\n');
}

function comment(spec: SpecPayload): string {
  const shape = spec.shape?.map((size) => size ?? 'None').join(', ');
  return `  # ${spec.dtype}${shape === undefined ? '' : `, (${shape})`}`;
}

function writeArguments(inputs: readonly SpecPayload[]): string {
  if (!inputs.length) return '';
  const named = inputs.every((input) => isIdentifier(input.key));
  const lines = inputs.map((input) =>
    named ? `${input.key}=${writeValue(input)}` : `${quote(input.key)}: ${writeValue(input)}`,
  );
  if (!named) return `**{\n    ${lines.join(',\n    ')},\n}`;
  return lines.length === 1 ? (lines[0] ?? '') : `\n    ${lines.join(',\n    ')},\n`;
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

/** A placeholder of the right dtype and shape; an unknown size is 1. */
function writeValue(spec: SpecPayload): string {
  const shape = `[${knownShape(spec).join(', ')}]`;
  if (spec.encoding === 'sparse')
    return `tf.sparse.from_dense(tf.zeros(${shape}, tf.${spec.dtype}))`;
  if (spec.dtype === 'string') return `tf.fill(${shape}, "text")`;
  if (/^(resource|variant)$/.test(spec.dtype)) return `...  # a ${spec.dtype}`;
  return `tf.zeros(${shape}, tf.${spec.dtype})`;
}

function knownShape(spec: SpecPayload): number[] {
  return (spec.shape ?? []).map((size) => size ?? 1);
}

/** TensorFlow Serving names a model after the folder around its numbered versions. */
export function servedName(location: string): string {
  const parts = location.split('/').filter(Boolean);
  const name = /^\d+$/.test(parts.at(-1) ?? '') ? parts.at(-2) : parts.at(-1);
  return encodeURIComponent(name ?? 'model');
}

/**
 * A request to TensorFlow Serving for one signature.
 *
 * @param name The name the model is served under.
 */
export function writeRestCall(name: string, signature: SignaturePayload): string {
  const verb = /(classify|regress)$/.exec(signature.method_name)?.[1] ?? 'predict';
  const body =
    verb === 'predict'
      ? `"inputs": {${signature.inputs.map((input) => `\n    ${quote(input.key)}: ${writeJson(input)}`).join(',')}\n  }`
      : '"examples": [{"feature": 0.0}]';
  return [
    `POST /v1/models/${name}:${verb}`,
    '',
    '{',
    `  "signature_name": ${quote(signature.key)},`,
    `  ${body}`,
    '}',
  ].join('\n');
}

function writeJson(spec: SpecPayload): string {
  const shape = knownShape(spec);
  const element =
    spec.dtype === 'string' ? '"text"' : spec.dtype === 'bool' ? 'false' : zeroOf(spec);
  if (countElements(shape) > MOST_WRITTEN) {
    return `[…]  ← ${spec.dtype} [${shape.join(', ')}], nested lists`;
  }
  return nest(shape, element);
}

function zeroOf(spec: SpecPayload): string {
  return /float|complex/.test(spec.dtype) ? '0.0' : '0';
}

function nest(shape: readonly number[], element: string): string {
  const [size, ...rest] = shape;
  if (size === undefined) return element;
  return `[${Array(size).fill(nest(rest, element)).join(', ')}]`;
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
