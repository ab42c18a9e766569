import type { ArtifactPayload, SignaturePayload, SpecPayload } from '../api/types';
import { countElements } from './format';
import { formatPython, type Range } from './slices';

/** Elements of a placeholder value that is still written out in JSON. */
const MOST_WRITTEN = 64;

/** A string literal of Python (and of JSON). */
function quote(text: string): string {
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

function isIdentifier(name: string): boolean {
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

/** One way to load an artifact. */
export interface Loading {
  way: string;
  code: string;
}

/**
 * Python that loads what is no SavedModel (whose signatures have code of their own): as its own
 * framework does, then without it. TensorFlow may end its process over a file that is not whole.
 */
export function writeLoadings(payload: ArtifactPayload): Loading[] {
  if (payload.artifact.kind === 'saved_model') return [];
  const isWhole = payload.artifact.state === 'complete';
  return [
    ...(isWhole ? writeOwnLoadings(payload) : []),
    { way: 'Without TensorFlow', code: writePythonOpen(payload.location) },
  ];
}

function writeOwnLoadings(payload: ArtifactPayload): Loading[] {
  const { artifact, documents, format, location } = payload;
  switch (artifact.kind) {
    case 'checkpoint':
      return writeCheckpointLoadings(payload);
    case 'keras':
      return [{ way: 'Keras', code: writeLoadModel(location) }];
    case 'h5': {
      const isModel = documents.some((document) => document.name === 'model_config');
      const code = isModel ? writeLoadModel(location) : writeLoadWeights(location);
      return [{ way: 'Keras', code }];
    }
    case 'meta_graph':
      return [{ way: 'TensorFlow', code: writeImportMetaGraph(location) }];
    case 'graph_def':
      // A graph file may hold a larger message; TensorFlow loads no SavedModel under another name.
      if (format.includes('SavedModel')) return [];
      return [
        {
          way: 'TensorFlow',
          code: format.includes('MetaGraph')
            ? writeImportMetaGraph(location)
            : writeImportGraph(location, { isText: format.startsWith('text') }),
        },
      ];
    default:
      return [];
  }
}

function writePythonOpen(location: string): string {
  return [
    'import tensorboard_plugin_modelinspect as mi',
    '',
    `artifact = mi.open(${quote(location)})`,
    'for tensor in artifact.tensors.values():',
    '    print(tensor.name, tensor.dtype.name, tensor.shape)',
  ].join('\n');
}

/** Versions of the writer that TensorFlow can parse: `0.12.head` it refuses with its graph. */
const PARSED_VERSION = /^(\d+(\.\d+)*([-.]?(a|b|rc|dev|post)[-.]?\d*)*(\+[\w.]+)?)?$/;

function writeCheckpointLoadings({ location, files, meta_graphs }: ArtifactPayload): Loading[] {
  const read = [
    'import tensorflow as tf',
    '',
    `reader = tf.train.load_checkpoint(${quote(location)})`,
    'for key, shape in sorted(reader.get_variable_to_shape_map().items()):',
    '    print(key, shape)  # its values: reader.get_tensor(key)',
  ].join('\n');
  const isKnown = meta_graphs.some((graph) => PARSED_VERSION.test(graph.tensorflow_version));
  const meta = isKnown ? files.find((file) => file.name.endsWith('.meta')) : undefined;
  if (!meta) return [{ way: 'TensorFlow', code: read }];
  const folder = location.slice(0, location.lastIndexOf('/') + 1);
  const graph = [
    'import tensorflow as tf',
    '',
    'with tf.Graph().as_default(), tf.compat.v1.Session() as session:',
    `    saver = tf.compat.v1.train.import_meta_graph(${quote(folder + meta.name)})`,
    `    saver.restore(session, ${quote(location)})`,
    '    others = session.run(tf.compat.v1.report_uninitialized_variables())  # not restored',
    '    for variable in tf.compat.v1.global_variables():',
    '        if variable.op.name.encode() not in others:',
    '            print(variable.name, session.run(variable).shape)',
  ].join('\n');
  return [
    { way: 'TensorFlow', code: read },
    { way: 'With its graph', code: graph },
  ];
}

function writeLoadModel(location: string): string {
  return [
    'import keras',
    '',
    '# safe_mode refuses code that the file brings along, as in Lambda layers.',
    `model = keras.models.load_model(${quote(location)}, safe_mode=True)`,
    'model.summary()',
  ].join('\n');
}

function writeLoadWeights(location: string): string {
  return [
    '# The file holds weights only: build the model first, by the code it was saved from.',
    `model.load_weights(${quote(location)})`,
  ].join('\n');
}

function writeImportGraph(location: string, { isText }: { isText: boolean }): string {
  const parse = isText
    ? [
        `with open(${quote(location)}) as file:`,
        '    graph_def = text_format.Parse(file.read(), tf.compat.v1.GraphDef())',
      ]
    : [
        `with open(${quote(location)}, "rb") as file:`,
        '    graph_def = tf.compat.v1.GraphDef.FromString(file.read())',
      ];
  return [
    ...(isText ? ['from google.protobuf import text_format'] : []),
    'import tensorflow as tf',
    '',
    ...parse,
    'function = tf.compat.v1.wrap_function(',
    '    lambda: tf.graph_util.import_graph_def(graph_def, name=""), []',
    ')',
    'for op in function.graph.get_operations():',
    '    print(op.type, op.name)',
    '# To call it, name the tensors to feed and to fetch:',
    '# outputs = function.prune("input:0", "output:0")(value)',
  ].join('\n');
}

function writeImportMetaGraph(location: string): string {
  return [
    'import tensorflow as tf',
    '',
    'with tf.Graph().as_default():',
    `    saver = tf.compat.v1.train.import_meta_graph(${quote(location)})`,
    '    for variable in tf.compat.v1.global_variables():',
    '        print(variable.name, variable.shape)',
  ].join('\n');
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
