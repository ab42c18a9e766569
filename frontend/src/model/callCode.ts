/** Code that calls a signature, with values of the right dtype and shape to put others in place of. */

import type { RunFeaturePayload, SignaturePayload, SpecPayload } from '../api/types';
import { countElements } from './format';
import { isIdentifier, quote, quoteShell } from './snippets';

export interface Callee {
  /** Path of the SavedModel on the machine that runs TensorBoard. */
  location: string;
  tags: readonly string[];
  /** Whether the SavedModel has MetaGraphs of other tags. */
  hasOthers: boolean;
  signature: SignaturePayload;
  /** What the model parses out of inputs that are serialised examples, by their keys. */
  features: ReadonlyMap<string, readonly RunFeaturePayload[]>;
}

/** Why there is no such code, as a sentence. */
export class NoCode extends Error {}

/** Elements of a value that is written out. */
const MOST_WRITTEN = 16;
/** A size that is not known, but for the first one: that is a batch of 1. */
const USUAL_SIZE = 4;
const LISTS: Record<string, string> = { float32: 'float', int64: 'int64', string: 'bytes' };

/** An input as the code gives it: all its elements are the same. */
export interface Value {
  key: string;
  dtype: string;
  shape: readonly number[];
  /** Python of an element. */
  element: string;
  /** Python of the whole where its elements differ. */
  whole?: string;
  /** Lines that make what `element` names. */
  before: readonly string[];
}

/** `tf.saved_model.load`. */
export function writePython(callee: Callee): string {
  const { location, hasOthers, tags, signature } = callee;
  const values = valuesOf(callee);
  const load = hasOthers ? `, tags=[${tags.map(quote).join(', ')}]` : '';
  return [
    'import tensorflow as tf',
    '',
    ...values.flatMap(({ before }) => before),
    `model = tf.saved_model.load(${quote(location)}${load})`,
    `call = model.signatures[${quote(signature.key)}]`,
    `outputs = call(${argumentsOf(values)})`,
    ...signature.outputs.map((output) => `print(outputs[${quote(output.key)}])${comment(output)}`),
  ].join('\n');
}

/** The layer of Keras 3 that holds a SavedModel. */
export function writeKeras(callee: Callee): string {
  const { location, hasOthers, tags, signature } = callee;
  const values = valuesOf(callee);
  const [value] = values;
  if (hasOthers) {
    throw new NoCode(
      `TFSMLayer takes no tags, and there are several MetaGraphs: it cannot be told to load ${tags.join(', ') || 'the one without tags'}.`,
    );
  }
  if (!value || values.length > 1) {
    throw new NoCode(
      `TFSMLayer passes on one tensor, but this signature takes ${values.length || 'none'}. Call it from Python as the first tab says.`,
    );
  }
  if (/^(float[48]|u?int[24]$|qu?int)/.test(value.dtype)) {
    throw new NoCode(`Keras, whose layer TFSMLayer is, has no dtype ${value.dtype}.`);
  }
  // A layer casts floats to its own dtype, float32 unless told otherwise.
  const cast = /float/.test(value.dtype) && value.dtype !== 'float32';
  const dtype = cast ? `, dtype=${quote(value.dtype)}` : '';
  return [
    'import keras',
    'import tensorflow as tf',
    '',
    ...value.before,
    `layer = keras.layers.TFSMLayer(${quote(location)}, call_endpoint=${quote(signature.key)}${dtype})`,
    `outputs = layer(${tensorOf(value)})`,
    // A function of the model that has the signature's name comes before it, and answers as it likes.
    'print(outputs)',
  ].join('\n');
}

/** `modelinspect run`. */
export function writeCommand(callee: Callee): string {
  const values = valuesOf(callee);
  const options = [`--dir ${quoteShell(callee.location)}`];
  if (callee.tags.length) options.push(`--tag_set ${quoteShell(callee.tags.join())}`);
  options.push(`--signature_def ${quoteShell(callee.signature.key)}`);
  const isSayable = values.every((value) => isSayableAs(value, callee.features.get(value.key)));
  const given = (option: string, ones: readonly Value[], write: (value: Value) => string) => {
    if (!ones.length) return [];
    const text = ones.map((value) => `${value.key}=${write(value)}`).join(';');
    return [`--${option} ${quoteShell(text)}`];
  };
  const made = values.filter(({ before }) => before.length);
  const plain = values.filter(({ before }) => !before.length);
  if (values.length && !isSayable) options.push('--random');
  else {
    options.push(
      ...given('input_exprs', plain, writeNumpy),
      ...given('input_examples', made, ({ key, shape }) => {
        const features = callee.features.get(key) ?? [];
        const example = features.map((one) => `${quote(one.name)}: ${featureValues(one)}`);
        return nest(shape, `{${example.join(', ')}}`);
      }),
    );
  }
  return ['modelinspect run', ...options].join(' \\\n  ');
}

/** Whether an option can hold an input: it splits at some characters, and multiplies no list. */
function isSayableAs({ key, dtype, shape }: Value, features: readonly RunFeaturePayload[] = []) {
  if (/[=;]|^\s|\s$/.test(key)) return false;
  if (!features.length) return dtype !== 'string' || isShort(shape);
  return isShort(shape) && shape.length === 1 && features.every((one) => isShort([sizeOf(one)]));
}

function writeNumpy({ element, shape, whole }: Value): string {
  if (whole) return whole;
  return isShort(shape)
    ? nest(shape, element)
    : `np.zeros((${shape.join(', ')}${shape.length === 1 ? ',' : ''}))`;
}

/** The example values of all inputs; a sparse one is three, as `tf.saved_model.load` names them. */
export function valuesOf({ signature, features }: Callee): Value[] {
  let count = 0;
  return signature.inputs.flatMap((spec): Value[] => {
    const shape = (spec.shape ?? [null]).map((size, axis) => size ?? (axis ? USUAL_SIZE : 1));
    const found = features.get(spec.key) ?? [];
    if (/^(resource|variant)$/.test(spec.dtype) || spec.encoding === 'composite') {
      const kind = spec.encoding === 'composite' ? 'tensor of several parts' : spec.dtype;
      throw new NoCode(
        `The input ${spec.key} is a ${kind}, which cannot be written down: only TensorFlow makes one.`,
      );
    }
    if (spec.encoding === 'sparse') return sparseValues(spec, shape);
    if (!found.length) {
      const { key, dtype } = spec;
      return [{ key, dtype, shape, element: elementOf(dtype), before: [] }];
    }
    count += 1;
    const name = count > 1 ? `example_${count}` : 'example';
    const before = [`${name} = tf.train.Example()`, ...fillExample(name, found), ''];
    const element = `${name}.SerializeToString()`;
    return [{ key: spec.key, dtype: 'string', shape, element, before }];
  });
}

/** One element, at the beginning. */
function sparseValues({ key, dtype }: SpecPayload, shape: readonly number[]): Value[] {
  const part = (name: string, type: string, sizes: readonly number[], whole?: string): Value => ({
    key: `${key}_${name}`,
    dtype: type,
    shape: sizes,
    element: elementOf(type),
    before: [],
    ...(whole && { whole }),
  });
  const rank = shape.length;
  return [
    part('indices', 'int64', [1, rank]),
    part('values', dtype, [1]),
    part('dense_shape', 'int64', [rank], `[${shape.join(', ')}]`),
  ];
}

/** Python that puts all features into an example. */
export function fillExample(name: string, features: readonly RunFeaturePayload[]): string[] {
  return features.map(
    (one) =>
      `${name}.features.feature[${quote(one.name)}].${LISTS[one.dtype]}_list.value.extend(${featureValues(one)})`,
  );
}

/** How many values a feature gets: one where any number will do. */
export function sizeOf({ shape }: RunFeaturePayload): number {
  return countElements((shape ?? []).map((size) => size ?? 1));
}

function featureValues(feature: RunFeaturePayload): string {
  const { dtype } = feature;
  return listOf([sizeOf(feature)], dtype === 'string' ? 'b"text"' : elementOf(dtype));
}

export function elementOf(dtype: string): string {
  if (dtype === 'string') return '"text"';
  if (dtype === 'bool') return 'False';
  return /complex/.test(dtype) ? '0j' : /float/.test(dtype) ? '0.0' : '0';
}

function argumentsOf(values: readonly Value[]): string {
  const [first] = values;
  if (!first) return '';
  const named = values.every(({ key }) => isIdentifier(key));
  const lines = values.map((value) =>
    named ? `${value.key}=${tensorOf(value)}` : `${quote(value.key)}: ${tensorOf(value)}`,
  );
  if (!named) return `**{\n    ${lines.join(',\n    ')},\n}`;
  return lines.length === 1 ? lines.join() : `\n    ${lines.join(',\n    ')},\n`;
}

function tensorOf(value: Value): string {
  // TensorFlow fills no tensor with one of these.
  if (/^float[48]/.test(value.dtype) && !isShort(value.shape)) {
    return `tf.cast(tf.zeros([${value.shape.join(', ')}]), ${nameDtype(value.dtype)})`;
  }
  return `tf.constant(${tensorArguments(value)})`;
}

/** What `tf.constant` and `tf.make_tensor_proto` take: values and dtype, or one, dtype and shape. */
export function tensorArguments({ dtype, shape, element, whole }: Value): string {
  const type = nameDtype(dtype);
  if (whole || isShort(shape)) return `${whole ?? nest(shape, element)}, ${type}`;
  return `${element}, ${type}, [${shape.join(', ')}]`;
}

function nameDtype(dtype: string): string {
  return /^(float[48]|u?int[24]$)/.test(dtype) ? `tf.as_dtype(${quote(dtype)})` : `tf.${dtype}`;
}

function comment(spec: SpecPayload): string {
  const shape = spec.shape?.map((size) => size ?? 'None').join(', ');
  return `  # ${spec.dtype}${shape === undefined ? '' : `, (${shape})`}`;
}

export function isShort(shape: readonly number[]): boolean {
  const count = countElements(shape);
  return count > 0 && count <= MOST_WRITTEN;
}

/** A nested list, written out. */
export function nest(shape: readonly number[], element: string): string {
  const [size, ...rest] = shape;
  if (size === undefined) return element;
  return `[${Array(size).fill(nest(rest, element)).join(', ')}]`;
}

/** A nested list in Python, with repetitions where it would be long. */
export function listOf(shape: readonly number[], element: string): string {
  if (isShort(shape)) return nest(shape, element);
  return shape.reduceRight((inner, size) => `[${inner}] * ${size}`, element);
}
