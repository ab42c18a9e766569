import { describe, expect, test } from 'vitest';
import type { SignaturePayload, SpecPayload } from '../src/api/types';
import { parseSlice, type Range } from '../src/model/slices';
import {
  writeFirstSave,
  writePythonCall,
  writePythonRead,
  writeRestCall,
} from '../src/model/snippets';

function spec(
  key: string,
  dtype: string,
  shape: SpecPayload['shape'],
  encoding = 'dense',
): SpecPayload {
  return { key, dtype, shape, name: `${key}:0`, encoding, has_default: false };
}

function signature(...inputs: SpecPayload[]): SignaturePayload {
  return {
    key: 'serving_default',
    method_name: 'tensorflow/serving/predict',
    inputs,
    outputs: [spec('y', 'float32', [null, 2])],
    internal: false,
  };
}

describe('Python that calls a signature', () => {
  test('loads, calls with a value of the right dtype and shape, and prints each output', () => {
    const code = writePythonCall(
      '/logs/export/1',
      null,
      signature(spec('x', 'float32', [null, 28])),
    );
    expect(code).toBe(
      [
        'import tensorflow as tf',
        '',
        'model = tf.saved_model.load("/logs/export/1")',
        'call = model.signatures["serving_default"]',
        'outputs = call(x=tf.zeros([1, 28], tf.float32))',
        'print(outputs["y"])  # float32, (None, 2)',
      ].join('\n'),
    );
  });

  test('names that are no Python identifiers go through a dictionary', () => {
    for (const key of ['input-1', 'class', '1st']) {
      const code = writePythonCall('/m', null, signature(spec(key, 'string', [null])));
      expect(code).toContain(`call(**{\n    "${key}": tf.fill([1], "text"),\n})`);
    }
  });

  test('nothing in a name or a path ends its string', () => {
    const evil = '"); import os #\\\n\u2028';
    const code = writePythonCall(evil, [evil], signature(spec(evil, 'int64', [])));
    expect(code).not.toContain('\u2028');
    expect(
      code.split('\n').filter((line) => line.startsWith('model =') || line.includes('import os')),
    ).toHaveLength(2);
    expect(code).toContain(String.raw`"\"); import os #\\\n\u2028"`);
  });

  test('tags are named where there are several, sparse inputs are sparse', () => {
    const code = writePythonCall(
      '/m',
      ['gpu', 'serve'],
      signature(spec('x', 'float32', [null, 5], 'sparse')),
    );
    expect(code).toContain('load("/m", tags=["gpu", "serve"])');
    expect(code).toContain('tf.sparse.from_dense(tf.zeros([1, 5], tf.float32))');
  });
});

describe('a REST request', () => {
  test('small inputs are written out as JSON that parses', () => {
    const text = writeRestCall(
      'net',
      signature(spec('x', 'float32', [null, 2]), spec('s', 'string', [])),
    );
    const [first, , ...body] = text.split('\n');
    expect(first).toBe('POST /v1/models/net:predict');
    expect(JSON.parse(body.join('\n'))).toEqual({
      signature_name: 'serving_default',
      inputs: { x: [[0, 0]], s: 'text' },
    });
  });

  test('large inputs are named by their shape, not written out', () => {
    const text = writeRestCall('net', signature(spec('image', 'float32', [null, 224, 224, 3])));
    expect(text.length).toBeLessThan(300);
    expect(text).toContain('[1, 224, 224, 3]');
  });

  test('the method name gives the verb', () => {
    const call = { ...signature(), method_name: 'tensorflow/serving/classify' };
    expect(writeRestCall('net', call)).toContain('/net:classify');
  });
});

test('Python that reads names the slice, and a scalar needs none', () => {
  const region = parseSlice('0:10, 3', [20, 5]) as Range[];
  expect(writePythonRead('/ckpt', 'a/b', region)).toContain(
    '["a/b"].read((slice(0, 10), slice(3, 4)))',
  );
  expect(writePythonRead('/ckpt', 'step', [])).toContain('["step"].read()');
});

test('the first lines to save something are three, in the folder that is searched', () => {
  const code = writeFirstSave('/home/me/logs/');
  expect(code.split('\n')).toHaveLength(3);
  expect(code).toContain('"/home/me/logs/ckpt"');
});
