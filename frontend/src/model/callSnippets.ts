/** Code that calls a model with the inputs of a call that was made. */

import type { RunValuePayload, SignaturePayload } from '../api/types';
import { type Draft, nest } from './calls';
import { isIdentifier, quote, quoteJson } from './snippets';

export interface CallOf {
  location: string;
  /** Under which TensorFlow Serving has it. */
  name: string;
  /** Where the SavedModel has several MetaGraphs. */
  tags: readonly string[] | null;
  signature: SignaturePayload;
  inputs: readonly RunValuePayload[];
  /** Of this very call, by key; nothing is known of one that was made before a reload. */
  drafts: ReadonlyMap<string, Draft>;
}

/** File that an input which is too long to be written out is downloaded as. */
export function fileOf(key: string): string {
  return `${key.replace(/[^\w.-]/g, '_')}.npy`;
}

export function writePython(call: CallOf): string {
  const load = call.tags ? `, tags=[${call.tags.map(quote).join(', ')}]` : '';
  return [
    ...importsOf(call),
    'import tensorflow as tf',
    '',
    `model = tf.saved_model.load(${quote(call.location)}${load})`,
    `call = model.signatures[${quote(call.signature.key)}]`,
    `outputs = call(${argumentsOf(call)})`,
    ...call.signature.outputs.map(({ key }) => `print(outputs[${quote(key)}])`),
  ].join('\n');
}

export function writeCurl(call: CallOf): string {
  const address = `http://localhost:8501/v1/models/${call.name}:predict`;
  const inputs = call.inputs.map((value) => `${quoteJson(value.key)}: ${jsonOf(value) ?? '…'}`);
  const body = `{"signature_name": ${quoteJson(call.signature.key)}, "inputs": {${inputs.join(', ')}}}`;
  if (call.inputs.every(jsonOf)) {
    return `curl -H 'Content-Type: application/json' -d ${shellQuote(body)} \\\n  ${address}`;
  }
  // Too long for a command line: Python writes the request.
  const entries = call.inputs.map((value) => {
    const literal = jsonOf(value);
    return `    ${quote(value.key)}: ${literal === null ? `${arrayOf(call, value)}.tolist()` : pythonOf(value)},`;
  });
  return [
    "python - > request.json <<'EOF'",
    'import json',
    ...importsOf(call),
    'inputs = {',
    ...entries,
    '}',
    `print(json.dumps({"signature_name": ${quote(call.signature.key)}, "inputs": inputs}))`,
    'EOF',
    `curl -H 'Content-Type: application/json' -d @request.json \\\n  ${address}`,
  ].join('\n');
}

export function writeGrpc(call: CallOf): string {
  const inputs = call.inputs.map(
    (value) =>
      `request.inputs[${quote(value.key)}].CopyFrom(\n    tf.make_tensor_proto(${literalOf(call, value)}, tf.${value.dtype})\n)`,
  );
  return [
    'import grpc',
    ...importsOf(call),
    'import tensorflow as tf',
    'from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc',
    '',
    'channel = grpc.insecure_channel("localhost:8500")',
    'stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)',
    'request = predict_pb2.PredictRequest()',
    `request.model_spec.name = ${quote(decodeURIComponent(call.name))}`,
    `request.model_spec.signature_name = ${quote(call.signature.key)}`,
    ...inputs,
    'answer = stub.Predict(request, timeout=60)',
    ...call.signature.outputs.map(
      ({ key }) => `print(tf.make_ndarray(answer.outputs[${quote(key)}]))`,
    ),
  ].join('\n');
}

function argumentsOf(call: CallOf): string {
  const { inputs } = call;
  if (!inputs.length) return '';
  const named = inputs.every(({ key }) => isIdentifier(key));
  const lines = inputs.map((value) => {
    const tensor = `tf.constant(${literalOf(call, value)}, tf.${value.dtype})`;
    return named ? `    ${value.key}=${tensor},` : `    ${quote(value.key)}: ${tensor},`;
  });
  return named ? `\n${lines.join('\n')}\n` : `**{\n${lines.join('\n')}\n}`;
}

function importsOf(call: CallOf): string[] {
  return call.inputs.every((value) => value.text) ? [] : ['import numpy as np'];
}

function literalOf(call: CallOf, value: RunValuePayload): string {
  return value.text ? pythonOf(value) : arrayOf(call, value);
}

/** Made anew where it is random, else from the file that the page gives. */
function arrayOf({ drafts }: CallOf, { key, dtype, shape }: RunValuePayload): string {
  const draft = drafts.get(key);
  if (draft?.way !== 'random') return `np.load(${quote(fileOf(key))})`;
  const sizes = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const generator = `np.random.default_rng(${draft.seed})`;
  return /int|bool/.test(dtype)
    ? `${generator}.integers(${Math.ceil(Number(draft.low))}, ${Math.floor(Number(draft.high))}, ${sizes}, endpoint=True)`
    : `${generator}.uniform(${Number(draft.low)}, ${Number(draft.high)}, ${sizes})`;
}

function pythonOf({ text, dtype, shape }: RunValuePayload): string {
  const elements = (text ?? []).map((element) => {
    if (dtype === 'string') return quote(element);
    return /nan|inf/i.test(element) && dtype !== 'bool' ? `float("${element}")` : element;
  });
  return nest(elements, shape);
}

/** As TensorFlow Serving reads JSON, which has NaN and Infinity for it; null if it is too long. */
function jsonOf({ text, dtype, shape }: RunValuePayload): string | null {
  if (!text) return null;
  const words: Record<string, string> = { inf: 'Infinity', '-inf': '-Infinity' };
  const elements = text.map((element) => {
    if (dtype === 'string') return quoteJson(element);
    return dtype === 'bool' ? element.toLowerCase() : (words[element] ?? element);
  });
  return nest(elements, shape);
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
