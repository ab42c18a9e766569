import type {
  ArtifactPayload,
  ArtifactRow,
  FeaturesPayload,
  MetaGraphPayload,
  ObjectPayload,
  SignaturePayload,
  SpecPayload,
} from '../src/api/types';
import { describeFormat } from './formats';
import { convnet } from './tensors';

/** Answers for the Model page. */

function spec(
  key: string,
  shape: SpecPayload['shape'],
  more: Partial<SpecPayload> = {},
): SpecPayload {
  const name = `serving_default_${key}:0`;
  return { key, dtype: 'float32', shape, name, encoding: 'dense', has_default: false, ...more };
}

function signature(
  key: string,
  inputs: SpecPayload[],
  outputs: SpecPayload[],
  more: Partial<SignaturePayload> = {},
): SignaturePayload {
  const method_name = 'tensorflow/serving/predict';
  return { key, method_name, inputs, outputs, internal: key.startsWith('__'), ...more };
}

const OPS: [string, number][] = [
  ['Const', 412],
  ['Identity', 208],
  ['Placeholder', 154],
  ['ReadVariableOp', 96],
  ['VarHandleOp', 64],
  ['RestoreV2', 60],
  ['NoOp', 44],
  ['StatefulPartitionedCall', 31],
  ['AssignVariableOp', 28],
  ['BiasAdd', 20],
  ['Conv2D', 12],
  ['FusedBatchNormV3', 12],
  ['Relu', 12],
  ['MaxPool', 8],
  ['MatMul', 8],
  ['Reshape', 4],
  ['Softmax', 4],
  ['Pack', 3],
  ['StridedSlice', 3],
  ['Shape', 2],
  ['SaveV2', 1],
  ['MergeV2Checkpoints', 1],
];

function graph(tags: string[], signatures: SignaturePayload[]): MetaGraphPayload {
  return {
    tags,
    tensorflow_version: '2.21.0',
    producer: 2286,
    min_consumer: 0,
    signatures,
    node_count: 812,
    functions: Array.from({ length: 31 }, (_, index) => ({
      name: `__inference_signature_wrapper_${index * 37 + 1204}`,
      count: 12 + ((index * 17) % 90),
    })),
    ops: OPS.map(([name, count]) => ({ name, count })),
    collections: [],
    assets: [
      { name: 'vocabulary.txt', tensor: 'Const_1:0', nbytes: 2411 },
      { name: 'labels.txt', tensor: 'Const_2:0', nbytes: null },
    ],
    has_object_graph: true,
  };
}

const FINGERPRINT = {
  saved_model_checksum: '10788747738265437022',
  graph_def_program_hash: '4711003021556113',
  signature_def_hash: '17221309184702100412',
  saved_object_graph_hash: '8812409931023388',
  checkpoint_hash: '998102311234401',
  uuid: '133a1d5e-2f7e-4f8e-8a39-5b7b3f3f9a10',
};

export function describe(artifact: ArtifactRow): ArtifactPayload {
  const payload: ArtifactPayload = {
    artifact,
    format: '',
    error: null,
    files: [
      { name: `${artifact.path}.index`, nbytes: 3_112 },
      { name: `${artifact.path}.data-00000-of-00001`, nbytes: artifact.nbytes - 3_112 },
    ],
    meta_graphs: [],
    totals: convnet().totals,
    object_count: 41,
    fingerprint: null,
    documents: [],
    notes: [],
    location: `/home/me/experiments/logs/${artifact.path}`,
  };
  if (artifact.state === 'broken') return broken(payload);
  if (artifact.state === 'partial') return partial(payload);
  const other = describeFormat(payload);
  if (other) return other;
  return artifact.kind === 'saved_model' ? savedModel(payload) : payload;
}

function broken(payload: ArtifactPayload): ArtifactPayload {
  const message = payload.artifact.reason ?? '';
  return {
    ...payload,
    error: { type: 'Truncated', message, id: null },
    files:
      payload.artifact.kind === 'keras'
        ? [{ name: 'half.keras', nbytes: payload.artifact.nbytes }]
        : [
            { name: 'saved_model.pb', nbytes: 512 },
            { name: 'variables/variables.index', nbytes: null },
          ],
    totals: null,
    object_count: 0,
  };
}

function partial(payload: ArtifactPayload): ArtifactPayload {
  return {
    ...payload,
    files: [
      { name: 'variables-9000.index', nbytes: 21_412 },
      { name: 'variables-9000.data-00000-of-00002', nbytes: 830_090_589 },
      { name: 'variables-9000.data-00001-of-00002', nbytes: null },
    ],
  };
}

function savedModel(payload: ArtifactPayload): ArtifactPayload {
  const image = spec('image', [null, 28, 28, 1]);
  const init = spec('__saved_model_init_op', null, { dtype: 'invalid', name: 'NoOp' });
  const outputs = [spec('probabilities', [null, 10], { name: 'StatefulPartitionedCall:0' })];
  const several = signature(
    'embed',
    [
      spec('text', [null], { dtype: 'string' }),
      spec('max-length', [], { dtype: 'int32', has_default: true }),
    ],
    [spec('embedding', [null, 64]), spec('mask', null, { dtype: 'bool' })],
  );
  const graphs = [
    graph(
      ['serve'],
      [
        signature('serving_default', [image], outputs),
        several,
        signature('parse', [spec('inputs', [null], { dtype: 'string' })], outputs, {
          method_name: 'tensorflow/serving/classify',
        }),
        signature('__saved_model_init_op', [], [init]),
      ],
    ),
  ];
  if (payload.artifact.id === 'export-b') graphs.push(graph(['gpu', 'serve'], []));
  return {
    ...payload,
    files: [
      { name: 'saved_model.pb', nbytes: 353_123 },
      { name: 'fingerprint.pb', nbytes: 78 },
      { name: 'variables/variables.index', nbytes: 3_112 },
      { name: 'variables/variables.data-00000-of-00001', nbytes: 4_847_568 },
      { name: 'assets/vocabulary.txt', nbytes: 2411 },
      { name: 'assets/labels.txt', nbytes: null },
    ],
    meta_graphs: graphs,
    fingerprint: FINGERPRINT,
    notes: [
      'assets/labels.txt is named by the model and missing: copy it beside the other assets.',
    ],
  };
}

/** What the signatures parse. */
export function features(signature: string): FeaturesPayload {
  if (signature !== 'parse') return { inputs: [] };
  const features = [
    { name: 'age', dtype: 'int64', shape: [], default: null },
    { name: 'caption', dtype: 'string', shape: null, default: [] },
    { name: 'image/encoded', dtype: 'string', shape: [], default: null },
    { name: 'pixels', dtype: 'float32', shape: [28, 28], default: null },
  ];
  return { inputs: [{ key: 'inputs', features }] };
}

/** A small tree with a shared child and a cycle. */
export function objects(): ObjectPayload[] {
  const node = (
    id: number,
    kind: string,
    label: string,
    children: [string, number][],
    more = {},
  ): ObjectPayload => ({
    id,
    kind,
    label,
    detail: '',
    children,
    keys: [],
    ...more,
  });
  const layers: [string, number][] = Array.from({ length: 24 }, (_, index) => [
    `layers-${index}`,
    10 + index,
  ]);
  return [
    node(0, 'user_object', '_tf_keras_model', [
      ['_layers', 1],
      ['optimizer', 2],
      ['step', 3],
      ['serve', 4],
    ]),
    node(1, 'user_object', 'ListWrapper', layers),
    node(2, 'user_object', 'Adam', [
      ['_model', 0],
      ['_learning_rate', 5],
    ]),
    node(3, 'variable', '', [], { detail: 'int64 []', keys: ['step'] }),
    node(4, 'function', '', []),
    node(5, 'variable', '', [], { detail: 'float32 []', keys: ['optimizer/m/variables/0'] }),
    ...layers.map(([, id]) =>
      node(id, 'user_object', '_tf_keras_layer', [
        ['kernel', 100 + id],
        ['bias', 200 + id],
      ]),
    ),
    ...layers.flatMap(([, id]) => [
      node(100 + id, 'variable', '', [], {
        detail: 'float32 [3, 3, 32, 64]',
        keys: ['variables/4'],
      }),
      node(200 + id, 'variable', '', [], { detail: 'float32 [64]', keys: ['variables/1'] }),
    ]),
  ];
}
