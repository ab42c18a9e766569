import { describe, expect, test } from 'vitest';
import type { ArtifactPayload, MetaGraphPayload } from '../src/api/types';
import { writeLoadings } from '../src/model/loadings';

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
    ['keras', 'Keras archive', 'a.keras', 'load_model("/logs/a.keras", safe_mode=True)'],
    ['keras', 'legacy Keras HDF5', 'a.keras', 'shutil.copy("/logs/a.keras", "model.h5")'],
    ['h5', 'Keras 3 weights', 'a.weights.h5', 'model.load_weights("/logs/a.weights.h5")'],
    ['h5', 'Keras 3 weights, sharded', 'a.weights.json', 'load_weights("/logs/a.weights.json")'],
    ['h5', 'Keras 3 weights', 'cp.ckpt', 'shutil.copy("/logs/cp.ckpt", "model.weights.h5")'],
    ['h5', 'legacy Keras HDF5', 'a.h5', 'model.load_weights("/logs/a.h5")'],
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
    const format = 'legacy Keras HDF5';
    const [first] = writeLoadings(payload('h5', 'a.h5', { documents, format }));
    expect(first?.code).toContain('load_model("/logs/a.h5", compile=False, safe_mode=True)');
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
