import type { ArtifactPayload } from '../api/types';
import { quote } from './snippets';

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
  const { artifact, format, location } = payload;
  switch (artifact.kind) {
    case 'checkpoint':
      return writeCheckpointLoadings(payload);
    case 'keras':
    case 'h5':
      return [{ way: 'Keras', code: writeKerasLoading(payload) }];
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

/** Keras 3 goes by the ending of a file: one under another name is copied to a name that it takes. */
function writeKerasLoading({ artifact, documents, format, location }: ArtifactPayload): string {
  const isLegacy = format.startsWith('legacy');
  const isModel =
    artifact.kind === 'keras' || documents.some((document) => document.name === 'model_config');
  const ending = isLegacy ? '.h5' : isModel ? '' : '.weights.h5';
  const isTaken = location.endsWith(ending) || /\.(hdf5|weights\.json)$/.test(location);
  const path = isTaken ? location : `model${ending}`;
  const load = isModel
    ? [
        '# safe_mode refuses code that the file brings along, as in Lambda layers.',
        `model = keras.models.load_model(${quote(path)}, ${isLegacy ? 'compile=False, ' : ''}safe_mode=True)`,
        'model.summary()',
      ]
    : [
        '# The file holds weights only: build the model first, by the code it was saved from.',
        `model.load_weights(${quote(path)})`,
      ];
  const copy = [
    `# Keras 3 takes it only under a name that ends in ${ending}.`,
    `shutil.copy(${quote(location)}, ${quote(path)})`,
  ];
  const modules = [...(isTaken ? [] : ['import shutil']), ...(isModel ? ['import keras'] : [])];
  return [...modules, ...(modules.length ? [''] : []), ...(isTaken ? [] : copy), ...load].join(
    '\n',
  );
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
