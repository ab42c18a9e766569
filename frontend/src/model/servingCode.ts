/** Code that asks TensorFlow Serving for a signature. */

import type { RunFeaturePayload, SignaturePayload } from '../api/types';
import {
  type Callee,
  elementOf,
  fillExample,
  isShort,
  listOf,
  NoCode,
  nest,
  sizeOf,
  tensorArguments,
  type Value,
  valuesOf,
} from './callCode';
import { quote, quoteJson, quoteShell, servedName } from './snippets';

/** The version of a model in a numbered folder, else empty; and the folder of all versions. */
function versionOf(location: string): { version: string; base: string } {
  const parts = location.split('/');
  while (parts.length > 1 && !parts.at(-1)) parts.pop();
  const last = parts.at(-1) ?? '';
  const isVersion = /^\d{1,18}$/.test(last);
  return {
    version: isVersion ? String(BigInt(last)) : '',
    base: (isVersion ? parts.slice(0, -1) : parts).join('/'),
  };
}

/** How to start TensorFlow Serving, as comments. */
function serve({ location, tags }: Callee): string[] {
  const { version, base } = versionOf(location);
  const others = tags.join() === 'serve' ? '' : ` --saved_model_tags=${quoteShell(tags.join())}`;
  return [
    '# tensorflow_model_server --port=8500 --rest_api_port=8501 \\',
    `#   --model_name=${servedName(location)} \\`,
    `#   --model_base_path=${quoteShell(base)}${others}`,
    ...(version ? [] : ['# It serves what is in numbered folders: put the model into 1/ there.']),
  ];
}

type Verb = 'predict' | 'classify' | 'regress';

/** What the method name asks TensorFlow Serving for (tensorflow/python/saved_model/signature_constants.py). */
export function verbOf({ method_name }: SignaturePayload): Verb {
  const verb = /^tensorflow\/serving\/(classify|regress)$/.exec(method_name)?.[1];
  return (verb as Verb | undefined) ?? 'predict';
}

/**
 * Features of the examples of a classification or regression, which TensorFlow Serving feeds to the
 * one input `inputs` (servables/tensorflow/classifier.cc, regressor.cc).
 */
function servedFeatures({ signature, features }: Callee): readonly RunFeaturePayload[] {
  const [input, other] = signature.inputs;
  if (input?.key !== 'inputs' || input.dtype !== 'string' || other) {
    throw new NoCode(
      `TensorFlow Serving's ${verbOf(signature)} feeds examples to a single input of strings named inputs, which this signature has not.`,
    );
  }
  return (
    features.get(input.key) ?? [{ name: 'feature', dtype: 'float32', shape: null, default: null }]
  );
}

/** A comment where `servedFeatures` knows none. */
function doubt({ signature, features }: Callee): string[] {
  if (verbOf(signature) === 'predict' || features.size) return [];
  return ['# Which features it parses is not to be seen in its graph: "feature" stands for them.'];
}

/** Dtypes that TensorFlow Serving reads from JSON (the table "JSON mapping" of its documentation). */
const IN_JSON = /^(bool|string|u?int(8|32|64)|int16|float(32|64))$/;
/** Strings that are likely no text: JSON has them in Base64. */
const BINARY = /bytes|image|jpe?g|png|encoded|seriali[sz]ed|proto|audio|examples?$/i;
const BASE64 = '{"b64": "dGV4dA=="}';

function requireDense({ inputs, outputs }: SignaturePayload) {
  const other = [...inputs, ...outputs].find(({ encoding }) => encoding !== 'dense');
  if (other) {
    throw new NoCode(
      `${other.key} is ${other.encoding}, which is several tensors: TensorFlow Serving feeds and fetches one for each name.`,
    );
  }
}

/** TensorFlow Serving's REST API, by `curl`. */
export function writeRest(callee: Callee): string {
  const { signature, location } = callee;
  const verb = verbOf(signature);
  const { version } = versionOf(location);
  const address = `http://localhost:8501/v1/models/${servedName(location)}${version && `/versions/${version}`}:${verb}`;
  const head = [...serve(callee), ...doubt(callee), ''];
  const key = `"signature_name": ${quoteJson(signature.key)}`;
  if (verb !== 'predict') {
    const features = servedFeatures(callee);
    const isLong = features.some((one) => !isShort([sizeOf(one)]));
    const entries = features.map(
      (one) => `${(isLong ? quote : quoteJson)(one.name)}: ${jsonFeature(one)}`,
    );
    const examples = `"examples": [{\n    ${entries.join(',\n    ')}\n  }]`;
    return [...head, ...(isLong ? pipe : here)(address, [key, examples])].join('\n');
  }
  requireDense(signature);
  const values = valuesOf(callee);
  const other = values.find(({ dtype }) => !IN_JSON.test(dtype));
  if (other) {
    throw new NoCode(
      `The input ${other.key} is ${other.dtype}, which TensorFlow Serving does not read from JSON. Use gRPC.`,
    );
  }
  const before = values.flatMap((value) => value.before);
  if (before.length || values.some(({ shape }) => !isShort(shape))) {
    const entries = values.map(
      (value) => `${quote(value.key)}: ${listOf(value.shape, pythonElement(value))}`,
    );
    const python = `"signature_name": ${quote(signature.key)}`;
    return [...head, ...pipe(address, [python, block('inputs', entries)], before)].join('\n');
  }
  const entries = values.map(
    (value) => `${quoteJson(value.key)}: ${nest(value.shape, jsonElement(value))}`,
  );
  return [...head, ...here(address, [key, block('inputs', entries)])].join('\n');
}

function block(name: string, entries: readonly string[]): string {
  return entries.length ? `"${name}": {\n    ${entries.join(',\n    ')}\n  }` : `"${name}": {}`;
}

function jsonElement({ key, dtype, element }: Value): string {
  if (dtype === 'string') return BINARY.test(key) ? BASE64 : element;
  return element.toLowerCase();
}

function pythonElement(value: Value): string {
  if (!value.before.length) return value.dtype === 'string' ? jsonElement(value) : value.element;
  return `{"b64": base64.b64encode(${value.element}).decode()}`;
}

function jsonFeature(feature: RunFeaturePayload): string {
  const { name, dtype } = feature;
  const text = BINARY.test(name) ? BASE64 : '"text"';
  return listOf([sizeOf(feature)], dtype === 'string' ? text : elementOf(dtype));
}

/** A request that stands in the command. */
function here(address: string, members: readonly string[]): string[] {
  return ['curl -d @- \\', `  ${address} <<'EOF'`, '{', `  ${members.join(',\n  ')}`, '}', 'EOF'];
}

/** A request that Python writes: one that is long, or has an example in it. */
function pipe(
  address: string,
  members: readonly string[],
  before: readonly string[] = [],
): string[] {
  return [
    "python3 - <<'EOF' | curl -d @- \\",
    `  ${address}`,
    ...(before.length ? ['import base64'] : []),
    'import json',
    ...(before.length ? ['import tensorflow as tf'] : []),
    '',
    ...before,
    'print(json.dumps({',
    `  ${members.join(',\n  ')}`,
    '}))',
    'EOF',
  ];
}

/** Message, module and method of each verb (tensorflow_serving/apis/prediction_service.proto). */
const MESSAGES = {
  predict: ['PredictRequest', 'predict_pb2', 'Predict'],
  classify: ['ClassificationRequest', 'classification_pb2', 'Classify'],
  regress: ['RegressionRequest', 'regression_pb2', 'Regress'],
} as const;

/** TensorFlow Serving's gRPC API. */
export function writeGrpc(callee: Callee): string {
  const { signature, location } = callee;
  const verb = verbOf(signature);
  const isPredict = verb === 'predict';
  const [message, module, method] = MESSAGES[verb];
  const { version } = versionOf(location);
  const values = isPredict ? valuesOf(callee) : [];
  if (isPredict) requireDense(signature);
  const quantized = values.find(({ dtype }) => /^qu?int/.test(dtype));
  if (quantized) {
    throw new NoCode(
      `The input ${quantized.key} is ${quantized.dtype}, of which Python makes no TensorProto.`,
    );
  }
  return [
    ...serve(callee),
    ...doubt(callee),
    '# pip install tensorflow-serving-api',
    'import grpc',
    ...(isPredict ? ['import tensorflow as tf'] : []),
    `from tensorflow_serving.apis import ${[module, 'prediction_service_pb2_grpc'].join(', ')}`,
    '',
    ...values.flatMap(({ before }) => before),
    `request = ${module}.${message}()`,
    `request.model_spec.name = ${quote(servedName(location))}`,
    ...(version ? [`request.model_spec.version.value = ${version}`] : []),
    `request.model_spec.signature_name = ${quote(signature.key)}`,
    ...(isPredict
      ? values.map(
          (value) =>
            `request.inputs[${quote(value.key)}].CopyFrom(tf.make_tensor_proto(${tensorArguments(value)}))`,
        )
      : [
          'example = request.input.example_list.examples.add()',
          ...fillExample('example', servedFeatures(callee)),
        ]),
    '',
    'channel = grpc.insecure_channel("localhost:8500")',
    'stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)',
    `answer = stub.${method}(request, timeout=60)`,
    ...(isPredict
      ? signature.outputs.map(({ key }) => `print(tf.make_ndarray(answer.outputs[${quote(key)}]))`)
      : ['print(answer.result)']),
  ].join('\n');
}
