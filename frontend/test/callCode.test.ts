import { describe, expect, test } from 'vitest';
import type { SignaturePayload, SpecPayload } from '../src/api/types';
import { type Callee, NoCode, writeCommand, writeKeras, writePython } from '../src/model/callCode';
import { writeGrpc, writeRest } from '../src/model/servingCode';

/** What the code does when it is executed, `tests/views/http/test_call_code.py` tests. */

function spec(
  key: string,
  dtype: string,
  shape: SpecPayload['shape'],
  encoding = 'dense',
): SpecPayload {
  return { key, dtype, shape, name: `${key}:0`, encoding, has_default: false };
}

function callee(
  inputs: SpecPayload[],
  more: Partial<Callee> = {},
  method_name = 'tensorflow/serving/predict',
): Callee {
  const signature: SignaturePayload = {
    key: 'serving_default',
    method_name,
    inputs,
    outputs: [spec('y', 'float32', [null, 2])],
    internal: false,
  };
  const location = '/logs/export/1';
  return { location, tags: ['serve'], hasOthers: false, signature, features: new Map(), ...more };
}

const EXAMPLES = new Map([
  [
    'x',
    [
      { name: 'age', dtype: 'int64', shape: [], default: null },
      { name: 'image', dtype: 'string', shape: null, default: [] },
    ],
  ],
]);
const LONG = new Map([
  ['x', [{ name: 'pixels', dtype: 'float32', shape: [28, 28], default: null }]],
]);
const SERVED = [spec('inputs', 'string', [null])];
const STRINGS = [spec('x', 'string', [null])];

describe('Python', () => {
  test('loads, calls with a value of the right dtype and shape, and prints each output', () => {
    expect(writePython(callee([spec('x', 'float32', [null, 28])]))).toBe(
      [
        'import tensorflow as tf',
        '',
        'model = tf.saved_model.load("/logs/export/1")',
        'call = model.signatures["serving_default"]',
        'outputs = call(x=tf.constant(0.0, tf.float32, [1, 28]))',
        'print(outputs["y"])  # float32, (None, 2)',
      ].join('\n'),
    );
  });

  test('few values are written out, to put others in their place', () => {
    const code = writePython(callee([spec('x', 'bool', [null, null]), spec('n', 'int64', [])]));
    expect(code).toContain('x=tf.constant([[False, False, False, False]], tf.bool)');
    expect(code).toContain('n=tf.constant(0, tf.int64)');
  });

  test('names that are no identifiers go through a dictionary', () => {
    for (const key of ['input-1', 'class', '1st']) {
      const code = writePython(callee([spec(key, 'string', null)]));
      expect(code).toContain(`call(**{\n    "${key}": tf.constant(["text"], tf.string),\n})`);
    }
  });

  test('tags are named where there are several MetaGraphs', () => {
    const code = writePython(callee([], { tags: ['gpu', 'serve'], hasOthers: true }));
    expect(code).toContain('load("/logs/export/1", tags=["gpu", "serve"])');
  });

  test('a sparse input is three tensors', () => {
    const code = writePython(callee([spec('x', 'float32', [null, 5], 'sparse')]));
    expect(code).toContain('x_indices=tf.constant([[0, 0]], tf.int64)');
    expect(code).toContain('x_dense_shape=tf.constant([1, 5], tf.int64)');
  });

  test('examples are built with what the model parses', () => {
    const code = writePython(callee(STRINGS, { features: EXAMPLES }));
    expect(code).toContain('example.features.feature["age"].int64_list.value.extend([0])');
    expect(code).toContain('example.features.feature["image"].bytes_list.value.extend([b"text"])');
    expect(code).toContain('x=tf.constant([example.SerializeToString()], tf.string)');
  });

  test('what cannot be written down has no code', () => {
    expect(() => writePython(callee([spec('x', 'resource', [])]))).toThrow(NoCode);
    expect(() => writePython(callee([spec('x', 'int64', null, 'composite')]))).toThrow(NoCode);
  });
});

describe('TFSMLayer', () => {
  test('has the dtype of its input, which it would cast else', () => {
    expect(writeKeras(callee([spec('x', 'float64', [])]))).toContain(', dtype="float64")');
    expect(writeKeras(callee([spec('x', 'float32', [])]))).not.toContain('dtype=');
    expect(writeKeras(callee([spec('x', 'int32', [])]))).not.toContain('dtype=');
  });

  test('says what it cannot do', () => {
    const two = [spec('a', 'int32', []), spec('b', 'int32', [])];
    expect(() => writeKeras(callee(two))).toThrow('passes on one tensor');
    expect(() => writeKeras(callee(STRINGS, { hasOthers: true }))).toThrow('takes no tags');
    expect(() => writeKeras(callee([spec('x', 'int4', [])]))).toThrow('no dtype int4');
  });
});

describe('TensorFlow Serving', () => {
  test('serves the folder above a numbered one', () => {
    const code = writeRest(callee([spec('x', 'float32', [null, 2])]));
    expect(code).toContain('#   --model_name=export \\\n#   --model_base_path=/logs/export\n');
    expect(code).toContain('/v1/models/export/versions/1:predict <<');
    const loose = writeRest(callee([], { location: '/logs/my model', tags: ['gpu'] }));
    expect(loose).toContain('/v1/models/my_model:predict <<');
    expect(loose).toContain("--model_base_path='/logs/my model' --saved_model_tags=gpu");
    expect(loose).toContain('put the model into 1/ there');
  });

  test('the method name gives the verb, and examples instead of inputs', () => {
    const method = 'tensorflow/serving/classify';
    const features = new Map([['inputs', EXAMPLES.get('x') ?? []]]);
    const code = writeRest(callee(SERVED, { features }, method));
    expect(code).toContain('/versions/1:classify');
    expect(code).toContain(
      '"examples": [{\n    "age": [0],\n    "image": [{"b64": "dGV4dA=="}]\n  }]',
    );
    const grpc = writeGrpc(callee(SERVED, {}, 'tensorflow/serving/regress'));
    expect(grpc).toContain('request = regression_pb2.RegressionRequest()');
    expect(grpc).toContain('stub.Regress(request');
    expect(grpc).toContain('# Which features it parses is not to be seen');
  });

  test('a classification of anything but examples is refused, as the server does', () => {
    const method = 'tensorflow/serving/classify';
    for (const inputs of [STRINGS, [spec('inputs', 'float32', [null])], [...SERVED, ...STRINGS]]) {
      expect(() => writeRest(callee(inputs, {}, method))).toThrow('named inputs');
      expect(() => writeGrpc(callee(inputs, {}, method))).toThrow('named inputs');
    }
  });

  test('what is long, Python writes', () => {
    expect(writeRest(callee([spec('x', 'float32', [null, 28, 28])]))).toContain(
      '"x": [[[0.0] * 28] * 28] * 1',
    );
    const method = 'tensorflow/serving/regress';
    const features = new Map([['inputs', LONG.get('x') ?? []]]);
    expect(writeRest(callee(SERVED, { features }, method))).toContain('"pixels": [0.0] * 784');
    expect(writeRest(callee(STRINGS, { features: LONG }))).toContain(
      '{"b64": base64.b64encode(example.SerializeToString()).decode()}',
    );
  });

  test('types that JSON has not, and sparse tensors, are refused with the reason', () => {
    for (const dtype of ['float16', 'bfloat16', 'complex64', 'uint16']) {
      expect(() => writeRest(callee([spec('x', dtype, [])]))).toThrow(`x is ${dtype}, which`);
    }
    const sparse = callee([spec('x', 'int64', [null, 2], 'sparse')]);
    expect(() => writeRest(sparse)).toThrow('x is sparse');
    expect(() => writeGrpc(sparse)).toThrow('x is sparse');
    expect(() => writeGrpc(callee([spec('x', 'quint8', [])]))).toThrow('no TensorProto');
  });
});

describe('modelinspect run', () => {
  test('has the values as expressions, and examples as a list', () => {
    const inputs = [spec('y', 'float32', [null, 28]), ...STRINGS];
    const code = writeCommand(callee(inputs, { features: EXAMPLES }));
    expect(code).toContain("--input_exprs 'y=np.zeros((1, 28))'");
    expect(code).toContain(`--input_examples 'x=[{"age": [0], "image": [b"text"]}]'`);
    expect(code).toContain('--tag_set serve \\\n');
  });

  test('makes values up where an option cannot hold them', () => {
    expect(writeCommand(callee(STRINGS, { features: LONG }))).toMatch(/--random$/);
    expect(writeCommand(callee([spec('x', 'string', [null, 100])]))).toMatch(/--random$/);
    expect(writeCommand(callee([spec('a=b;c', 'float32', [])]))).toMatch(/--random$/);
  });
});
