import type { ArtifactPayload, ArtifactRow, MetaGraphPayload, SpecPayload } from '../src/api/types';
import { large, unstored } from './tensors';

/** Artifacts of every kind that is no SavedModel and no checkpoint of TensorFlow 2. */

/** What each says of itself, by id. */
export const ROWS: readonly (Partial<ArtifactRow> & { id: string; path: string })[] = [
  { id: 'keras', path: 'convnet/lr=0.001/model.keras', kind: 'keras', run: 'convnet/lr=0.001' },
  { id: 'h5', path: 'files/shapes.h5', kind: 'h5', nbytes: 167_696 },
  { id: 'weights-h5', path: 'files/shapes.weights.h5', kind: 'h5', nbytes: 163_176 },
  { id: 'frozen', path: 'files/frozen_inference_graph.pb', kind: 'graph_def', nbytes: 29_083_865 },
  { id: 'pbtxt', path: 'estimator/graph.pbtxt', kind: 'graph_def', parameters: 0, tensors: 0 },
  { id: 'meta', path: 'estimator/model.ckpt-0.meta', kind: 'meta_graph', nbytes: 81_022 },
  { id: 'v1', path: 'old/model.ckpt-200', step: 200, nbytes: 91_002 },
  { id: 'bundle', path: 'old/session_bundle/00000123/export-?????-of-00001', nbytes: 12_345 },
  { id: 'crowded', path: `files/${'crowded_model_'.repeat(14)}.keras`, kind: 'keras' },
  {
    id: 'broken-keras',
    path: 'files/half.keras',
    kind: 'keras',
    state: 'broken',
    reason:
      'files/half.keras at byte 85995: expected the directory of a ZIP archive, found the end of the file. Copy or save the file again.',
    nbytes: 85_995,
    parameters: null,
    tensors: null,
  },
];

const OPS: [string, number][] = [
  ['Const', 412],
  ['Identity', 208],
  ['Conv2D', 54],
  ['FusedBatchNorm', 54],
  ['Relu6', 47],
  ['Placeholder', 1],
];

function graph(more: Partial<MetaGraphPayload> = {}): MetaGraphPayload {
  return {
    tags: [],
    tensorflow_version: '',
    producer: 1395,
    min_consumer: 12,
    signatures: [],
    node_count: 1917,
    functions: [],
    ops: OPS.map(([name, count]) => ({ name, count })),
    collections: [],
    assets: [],
    has_object_graph: false,
    ...more,
  };
}

const COLLECTIONS = [
  ['global_step', 'bytes_list', 1],
  ['losses', 'node_list', 1],
  ['saveable_objects_of_an_iterator_with_a_long_name', 'any_list', 2],
  ['summaries', 'node_list', 14],
  ['train_op', 'node_list', 1],
  ['trainable_variables', 'bytes_list', 36],
  ['variables', 'bytes_list', 112],
] as const;

const TF1 = graph({
  tensorflow_version: '1.15.2',
  collections: COLLECTIONS.map(([name, kind, count]) => ({ name, kind, count })),
});

function spec(key: string, dtype: string): SpecPayload {
  return { key, dtype, shape: [null, 4], name: `${key}:0`, encoding: 'dense', has_default: false };
}

const EXPORTED = {
  ...TF1,
  signatures: ['inputs', 'outputs'].map((key) => ({
    key,
    method_name: '',
    inputs: key === 'inputs' ? [spec('images', 'float32')] : [],
    outputs: key === 'outputs' ? [spec('classes', 'string'), spec('scores', 'float32')] : [],
    internal: false,
  })),
};

const CONFIG = JSON.stringify({
  module: 'keras',
  class_name: 'Sequential',
  config: {
    name: 'shapes',
    trainable: true,
    layers: Array.from({ length: 13 }, (_, index) => ({
      module: 'keras.layers',
      class_name: ['Conv2D', 'BatchNormalization', 'ReLU', 'Lambda'][index % 4],
      config: {
        name:
          index === 3 ? `</script><img src=x onerror=alert(1)>${'x'.repeat(200)}` : `l_${index}`,
        epsilon: 0.001,
        units: [null, index],
      },
    })),
  },
  compile_config: { optimizer: { class_name: 'Adam', config: { learning_rate: 0.0099 } } },
});

/** What `document` answers: a config, its like of 5 MB, and text that is no JSON. */
export function text(name: string): string {
  if (name === 'metadata.json') return '{"keras_version": "3.15.0", "date_saved": "2026-05-04"}';
  if (name === 'large.json') return JSON.stringify(Array(5000).fill(JSON.parse(CONFIG)));
  return name === 'notes' ? 'model:\n  layers: 13\n  \u202ereversed\u0007\n' : CONFIG;
}

function documents(...names: string[]) {
  return names.map((name) => ({ name, nbytes: text(name).length }));
}

const LONG_NAME = `</script>_${'a_rather_long_name_'.repeat(10)}`;

/** The kinds of the rows above in full, on the base of what any artifact has. */
export function describeFormat(base: ArtifactPayload): ArtifactPayload | undefined {
  const file = { name: base.artifact.path.split('/').pop() ?? '', nbytes: base.artifact.nbytes };
  const plain = { ...base, files: [file], object_count: 0 };
  const more: Record<string, () => Partial<ArtifactPayload>> = {
    keras: () => ({
      documents: documents('config.json', 'metadata.json', 'large.json', 'notes'),
    }),
    h5: () => ({ format: 'Keras 2', documents: documents('model_config', 'training_config') }),
    'weights-h5': () => ({ format: 'Keras 3' }),
    frozen: () => ({ meta_graphs: [graph()] }),
    pbtxt: () => ({ format: 'text', meta_graphs: [graph()], totals: large(0).totals }),
    meta: () => ({ meta_graphs: [TF1], totals: unstored().totals }),
    crowded: () => ({
      documents: documents(...Array.from({ length: 60 }, (_, at) => `${at}_${LONG_NAME}`)),
      files: Array.from({ length: 300 }, (_, at) => ({ name: `${at}_${LONG_NAME}`, nbytes: at })),
      meta_graphs: [
        {
          ...TF1,
          collections: Array.from({ length: 400 }, (_, at) => {
            return { name: `${at}_${LONG_NAME}`, kind: 'node_list', count: at * 1000 };
          }),
        },
      ],
    }),
    v1: () => ({
      format: 'V1',
      meta_graphs: [TF1],
      files: [file, { name: 'model.ckpt-200.meta', nbytes: 60_123 }],
    }),
    bundle: () => ({
      format: 'V1',
      meta_graphs: [EXPORTED],
      files: ['export-00000-of-00001', 'export.meta'].map((name) => ({ name, nbytes: 6_000 })),
    }),
  };
  const own = more[base.artifact.id]?.();
  return own && { ...plain, ...own };
}
