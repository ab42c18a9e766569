import { describe, expect, test } from 'vitest';
import type {
  ArtifactPayload,
  MetaGraphPayload,
  SignaturePayload,
  SpecPayload,
} from '../src/api/types';
import { parseSlice, type Range } from '../src/model/slices';
import {
  writeFirstSave,
  writeLoadings,
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

describe('code that loads an artifact', () => {
  function payload(kind: string, path: string, more: Partial<ArtifactPayload> = {}) {
    const artifact = { kind, path, state: 'complete' } as ArtifactPayload['artifact'];
    const nothing = { format: '', files: [], meta_graphs: [], documents: [] };
    return {
      artifact,
      location: `/logs/${path}`,
      ...nothing,
      ...more,
    } as unknown as ArtifactPayload;
  }
  const graph = { tensorflow_version: '1.15.0-rc3' } as MetaGraphPayload;

  test.each([
    ['keras', '', 'a.keras', 'keras.models.load_model("/logs/a.keras", safe_mode=True)'],
    ['h5', '', 'a.weights.h5', 'model.load_weights("/logs/a.weights.h5")'],
    ['graph_def', 'binary', 'a.pb', 'GraphDef.FromString(file.read())'],
    ['graph_def', 'text', 'a', 'text_format.Parse(file.read(), tf.compat.v1.GraphDef())'],
    ['graph_def', 'binary MetaGraphDef', 'a.pb', 'import_meta_graph("/logs/a.pb")'],
    ['graph_def', 'text SavedModel', 'a.pb', 'mi.open("/logs/a.pb")'],
    ['meta_graph', '', 'a.meta', 'import_meta_graph("/logs/a.meta")'],
    ['checkpoint', '', 'ckpt-1', 'tf.train.load_checkpoint("/logs/ckpt-1")'],
  ])('of kind %s %s, %s', (kind, format, path, words) => {
    const [first, ...others] = writeLoadings(payload(kind, path, { format }));
    expect(first?.code).toContain(words);
    expect((others.at(-1) ?? first)?.code).toContain(`mi.open("/logs/${path}")`);
  });

  test('an HDF5 file with a model config is a model, one without holds weights', () => {
    const documents = [{ name: 'model_config', nbytes: 2 }];
    const [first] = writeLoadings(payload('h5', 'a.h5', { documents }));
    expect(first?.code).toContain('load_model("/logs/a.h5", safe_mode=True)');
  });

  test('a checkpoint with its graph is restored into it, from the .meta beside it', () => {
    const files = [{ name: 'model.ckpt-2.meta', nbytes: 1 }];
    const old = payload('checkpoint', 'tf1/model.ckpt-2', { files, meta_graphs: [graph] });
    const odd = { ...graph, tensorflow_version: '0.12.head' };
    expect(writeLoadings({ ...old, meta_graphs: [odd] })).toHaveLength(2);
    const ways = writeLoadings(old).map(({ way }) => way);
    expect(ways).toEqual(['TensorFlow', 'With its graph', 'Without TensorFlow']);
    const code = writeLoadings(old)[1]?.code;
    expect(code).toContain('import_meta_graph("/logs/tf1/model.ckpt-2.meta")');
    expect(code).toContain('saver.restore(session, "/logs/tf1/model.ckpt-2")');
  });

  test('what is not whole is not given to TensorFlow', () => {
    const whole = payload('checkpoint', 'ckpt-1');
    const artifact = { ...whole.artifact, state: 'partial' };
    const ways = writeLoadings({ ...whole, artifact }).map(({ way }) => way);
    expect(ways).toEqual(['Without TensorFlow']);
  });

  test('a SavedModel has it with its signatures', () => {
    expect(writeLoadings(payload('saved_model', 'export'))).toEqual([]);
  });

  test('nothing in a path ends its string', () => {
    const evil = '"); import os #\n';
    for (const kind of ['keras', 'h5', 'graph_def', 'meta_graph', 'checkpoint']) {
      for (const { code } of writeLoadings(payload(kind, evil))) {
        expect(code).toContain(String.raw`\"); import os #\n"`);
      }
    }
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
