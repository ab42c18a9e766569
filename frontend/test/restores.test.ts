import { describe, expect, test } from 'vitest';
import { RESTORES, restore } from '../gallery/restores';
import type { ArtifactRow, RestorePayload } from '../src/api/types';
import { suggestPair } from '../src/model/pairs';
import {
  askFor,
  countAll,
  countDiffering,
  explainSides,
  judge,
  keyOfRow,
  listTried,
  searchRows,
  specsOf,
} from '../src/model/restores';
import { suggestSources, suggestTargets } from '../src/model/suggestions';

const FIT = RESTORES.fits();

test.each<[Partial<RestorePayload>, string]>([
  [{}, 'good Fits'],
  [{ fits: false }, 'warn Fits in part'],
  [{ fits: false, restored: 0 }, 'bad Nothing fits'],
  [{ call: '' }, 'bad No call restores this'],
  [{ total: 0, restored: 0 }, 'warn Nothing to restore'],
  [{ failure: { type: 'ValueError', message: '', keys: [], key_count: 0 } }, 'bad Fails'],
])('a result with %j is judged %s', (change, expected) => {
  const { tone, word } = judge({ ...FIT, ...change });
  expect(`${tone} ${word}`).toBe(expected);
});

describe('what is asked for', () => {
  const route = { id: 'a', with: 'b', method: '', option: '', attach: '', state: '' };

  test('options that are not given are left to the server', () => {
    expect(askFor(route)).toEqual({ checkpoint: 'a', target: 'b' });
  });

  test('options and filters of the address', () => {
    const more = { method: 'keras_h5', option: 'by_name,skip_mismatch', state: 'missing,unused' };
    expect(askFor({ ...route, ...more })).toEqual({
      checkpoint: 'a',
      target: 'b',
      method: 'keras_h5',
      by_name: '1',
      skip_mismatch: '1',
      status: 'missing,unused',
    });
  });

  test('all is every status', () => {
    expect(askFor({ ...route, state: 'all' }).status).toBe(
      'shape_mismatch,dtype_mismatch,partial,missing,unused,matched',
    );
  });

  test('an address cannot carry the empty path of the root: a dot stands for it', () => {
    expect(askFor({ ...route, attach: '.' }).attach).toBe('');
    expect(askFor({ ...route, attach: 'model' }).attach).toBe('model');
  });
});

test('counts of what differs leave out what matches', () => {
  const { counts } = RESTORES.part();
  expect(countAll(counts)).toBe(17);
  expect(countDiffering(counts)).toBe(9);
});

describe('rows', () => {
  const { rows } = restore('part', null);

  test('have keys of their own, of the side that has them', () => {
    const keys = rows.status.map((_, row) => keyOfRow(rows, row));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((key) => key.startsWith('checkpoint:'))).toHaveLength(4);
  });

  test('are found by the names of both sides, by keys and by the path looked for', () => {
    expect(searchRows(rows, '')).toHaveLength(9);
    expect(searchRows(rows, 'CLASSES/kernel')).toHaveLength(1);
    expect(searchRows(rows, 'adam')).toHaveLength(3);
    expect(searchRows(rows, 'model.convnet.classes')).toHaveLength(2);
    expect(searchRows(rows, '/ATTRIBUTES.*VALUE$/')).toHaveLength(9);
    expect(searchRows(rows, '/[/')).toEqual([]);
  });

  test('say which of type and shape is another one', () => {
    const [target, checkpoint] = specsOf(rows, rows.status.indexOf('shape_mismatch'));
    expect(target).toEqual({
      dtype: 'float32',
      shape: '[1600, 128]',
      otherDtype: false,
      otherShape: true,
    });
    expect(checkpoint).toMatchObject({ shape: '[1600, 256]', otherShape: true });
    const [one, other] = specsOf(rows, rows.status.indexOf('dtype_mismatch'));
    expect([one?.otherDtype, other?.otherShape]).toEqual([true, false]);
    expect(specsOf(rows, rows.status.indexOf('missing'))[1]).toBeNull();
    expect(specsOf(rows, rows.status.indexOf('unused'))[0]).toBeNull();
  });
});

test('of the attachments that were tried those are listed that match, the best first', () => {
  const payload = RESTORES.part();
  const listed = listTried(payload).map(({ attachment, at }) => [attachment.matched, at]);
  expect(listed).toEqual([
    [8, 1],
    [5, 4],
    [2, 0],
    [1, 3],
  ]);
  const nothing = {
    ...payload,
    attachments: payload.attachments.map((one) => ({ ...one, matched: 0 })),
  };
  expect(listTried({ ...nothing, attached: 2 }).map(({ at }) => at)).toEqual([0, 2]);
});

test('kinds that cannot stand on a side are explained', () => {
  expect(explainSides('checkpoint', 'saved_model')).toEqual([]);
  expect(explainSides('checkpoint', 'graph_def')).toHaveLength(1);
  expect(explainSides('graph_def', 'graph_def')).toHaveLength(2);
});

describe('suggestions', () => {
  const row = (id: string, path: string, more: Partial<ArtifactRow> = {}): ArtifactRow => ({
    id,
    path,
    kind: 'checkpoint',
    state: 'complete',
    reason: null,
    run: 'a',
    step: null,
    series: null,
    nbytes: 1,
    mtime_s: 1,
    parameters: null,
    tensors: null,
    findings: [],
    ...more,
  });
  const old = row('old', 'a/ckpt-1', { series: 'a/ckpt', mtime_s: 1 });
  const late = row('late', 'a/ckpt-2', { series: 'a/ckpt', mtime_s: 2 });
  const best = row('best', 'a/best-2', { series: 'a/best', mtime_s: 9 });
  const model = row('model', 'a/export', { kind: 'saved_model' });
  const far = row('far', 'b/export', { kind: 'saved_model', run: 'b', mtime_s: 99 });
  const broken = row('broken', 'a/x', { kind: 'saved_model', state: 'broken' });
  const weights = row('weights', 'b/m.weights.h5', { kind: 'h5', run: 'b' });
  const rows = [old, late, best, model, far, broken, weights];
  const ids = (found: readonly { id: string }[]) => found.map(({ id }) => id);

  test('a model of the run comes first, then its own series, others and what is elsewhere', () => {
    expect(ids(suggestTargets(rows, late))).toEqual(['model', 'old', 'best', 'far']);
    expect(suggestTargets(rows, late).map(({ why }) => why)).toEqual([
      'SavedModel of the same run',
      'Another checkpoint of the same series',
      'Checkpoint of the same run',
      'SavedModel elsewhere in the logdir',
    ]);
  });

  test('into a model the newest of each series', () => {
    expect(ids(suggestSources(rows, model))).toEqual(['best', 'late', 'weights']);
  });

  test('a page about a checkpoint restores it, one about a model restores into it', () => {
    expect(suggestPair(rows, old)).toEqual({ id: 'old' });
    expect(suggestPair(rows, model)).toEqual({ id: 'best', with: 'model' });
    expect(suggestPair([model], model)).toEqual({ id: 'model' });
    expect(suggestPair([old, far], far)).toEqual({ id: 'far' });
  });

  test('without runs, a folder of the logdir belongs together', () => {
    const loose = (id: string, path: string, more = {}) => row(id, path, { run: null, ...more });
    const here = loose('here', 'x/m', { kind: 'saved_model' });
    const there = loose('there', 'y/ckpt-1');
    expect(suggestPair([here, there], here)).toEqual({ id: 'here' });
    expect(suggestPair([here, { ...there, path: 'x/ckpt-1' }], here)).toEqual({
      id: 'there',
      with: 'here',
    });
  });
});
