import { describe, expect, it } from 'vitest';
import type { RunValuePayload } from '../src/api/types';
import { type CallOf, writeCurl, writeGrpc, writePython } from '../src/model/callSnippets';
import { beginDraft } from '../src/model/calls';

function value(
  key: string,
  dtype: string,
  shape: number[],
  text: string[] | null,
): RunValuePayload {
  return { key, dtype, shape, nbytes: 0, has_values: true, text };
}

function call(inputs: RunValuePayload[], more: Partial<CallOf> = {}): CallOf {
  const signature = {
    key: 'serving_default',
    method_name: 'tensorflow/serving/predict',
    inputs: [],
    outputs: [
      {
        key: 'y',
        dtype: 'float32',
        shape: [null],
        name: 'y:0',
        encoding: 'dense',
        has_default: false,
      },
    ],
    internal: false,
  };
  return { location: '/m/1', name: 'm', tags: null, signature, inputs, drafts: new Map(), ...more };
}

const X = value('x', 'float32', [2, 2], ['1.0', 'NaN', '-inf', '2.5']);
const LONG = value('image', 'float32', [1, 28, 28, 1], null);

describe('Python', () => {
  it('has the inputs as they were', () => {
    expect(writePython(call([X, value('my key', 'bool', [1], ['True'])]))).toBe(
      [
        'import tensorflow as tf',
        '',
        'model = tf.saved_model.load("/m/1")',
        'call = model.signatures["serving_default"]',
        'outputs = call(**{',
        '    "x": tf.constant([[1.0, float("NaN")], [float("-inf"), 2.5]], tf.float32),',
        '    "my key": tf.constant([True], tf.bool),',
        '})',
        'print(outputs["y"])',
      ].join('\n'),
    );
  });

  it('makes long random ones anew, and reads others from a file', () => {
    const input = {
      key: 'image',
      dtype: 'float32',
      shape: LONG.shape,
      has_default: false,
      can_be_sent: true,
      features: [],
    };
    const drafts = new Map([['image', { ...beginDraft(input), seed: '7' }]]);
    expect(writePython(call([LONG], { drafts }))).toContain(
      'image=tf.constant(np.random.default_rng(7).uniform(0, 1, (1, 28, 28, 1)), tf.float32)',
    );
    expect(writePython(call([LONG]))).toContain('np.load("image.npy")');
  });

  it('keeps names from files inside of strings', () => {
    const text = writePython(call([value('"); evil(', 'string', [], ['"\n'])]));
    expect(text).toContain('"\\"); evil(": tf.constant("\\"\\n", tf.string)');
  });

  it('names tags where there are several MetaGraphs', () => {
    expect(writePython(call([], { tags: ['gpu', 'serve'] }))).toContain('tags=["gpu", "serve"]');
  });
});

describe('curl', () => {
  it('is a request of TensorFlow Serving, safe in a shell', () => {
    expect(writeCurl(call([X, value("it's", 'string', [1], ["a'b"])]))).toBe(
      "curl -H 'Content-Type: application/json' -d " +
        `'{"signature_name": "serving_default", "inputs": {"x": [[1.0, NaN], [-Infinity, 2.5]], "it'\\''s": ["a'\\''b"]}}' \\\n` +
        '  http://localhost:8501/v1/models/m:predict',
    );
  });

  it('lets Python write what is too long for a command line', () => {
    const text = writeCurl(call([LONG, X]));
    expect(text).toContain('"image": np.load("image.npy").tolist(),');
    expect(text).toContain('-d @request.json');
  });
});

it('gRPC has the types', () => {
  const text = writeGrpc(call([X]));
  expect(text).toContain(
    'tf.make_tensor_proto([[1.0, float("NaN")], [float("-inf"), 2.5]], tf.float32)',
  );
  expect(text).toContain('request.model_spec.name = "m"');
});
