import type { ArtifactRow, ArtifactsPayload, ScanInfo } from '../src/api/types';

import { ROWS } from './formats';

/** Lists of artifacts for Home. */

const NOW = Date.now() / 1000;
const DONE: ScanInfo = {
  running: false,
  counting: false,
  generation: 1,
  folders: 42,
  elapsed_s: 0.04,
  note: null,
};
const LOGDIR = '/home/me/experiments/logs';

function row(id: string, path: string, more: Partial<ArtifactRow> = {}): ArtifactRow {
  return {
    id,
    path,
    kind: 'checkpoint',
    state: 'complete',
    reason: null,
    run: null,
    step: null,
    series: null,
    nbytes: 4_812_345,
    mtime_s: NOW - 4000,
    parameters: 401_034,
    tensors: 60,
    findings: [],
    ...more,
  };
}

export function series(run: string, letter: string, count: number): ArtifactRow[] {
  return Array.from({ length: count }, (_, index) => {
    const step = (index + 1) * 469;
    return row(`ckpt-${letter}-${index + 1}`, `${run}/checkpoints/ckpt-${step}`, {
      run,
      step,
      series: `${run}/checkpoints/ckpt`,
      nbytes: 4_850_112,
      mtime_s: NOW - 90_000 + index * 600,
    });
  });
}

export function payload(rows: ArtifactRow[], scan: Partial<ScanInfo> = {}): ArtifactsPayload {
  return {
    scan: { ...DONE, ...scan },
    roots: [{ name: '', path: LOGDIR, exists: true }],
    runs: [...new Set(rows.flatMap((one) => (one.run === null ? [] : [one.run])))],
    artifacts: rows,
  };
}

export function normal(): ArtifactsPayload {
  const missing =
    'variables.data-00001-of-00002 is missing: copy it into the folder of the checkpoint, or restore from another step.';
  const bad =
    'saved_model.pb at byte 18: expected a MetaGraphDef of 2,113 bytes, found 512. Copy or save the file again.';
  return payload([
    ...series('convnet/lr=0.001', 'a', 6),
    ...series('convnet/lr=0.01', 'b', 5),
    row('ckpt-b-6', 'convnet/lr=0.01/checkpoints/ckpt-2814', {
      run: 'convnet/lr=0.01',
      step: 2814,
      series: 'convnet/lr=0.01/checkpoints/ckpt',
      state: 'writing',
      reason: 'Written 4 s ago and not whole yet: it is looked at again on Reload.',
      nbytes: 2_100_000,
      mtime_s: NOW - 4,
      parameters: null,
      tensors: null,
    }),
    row('export-a', 'convnet/lr=0.001/export/1', {
      run: 'convnet/lr=0.001',
      kind: 'saved_model',
      nbytes: 5_203_881,
    }),
    row('export-b', 'multi_signature/1', {
      kind: 'saved_model',
      parameters: 12,
      tensors: 3,
      nbytes: 41_220,
    }),
    row('tf1', 'tf1_linear/model.ckpt-200', {
      run: 'tf1_linear',
      step: 200,
      series: 'tf1_linear/model.ckpt',
      nbytes: 812,
      parameters: 11,
      tensors: 3,
    }),
    row('partial', 'archive/variables-9000', {
      state: 'partial',
      reason: missing,
      step: 9000,
      nbytes: 830_112_001,
      mtime_s: NOW - 40 * 86_400,
      parameters: 109_482_240,
      tensors: 394,
    }),
    row('broken', 'archive/broken_export', {
      kind: 'saved_model',
      state: 'broken',
      reason: bad,
      nbytes: 512,
      mtime_s: NOW - 400 * 86_400,
      parameters: null,
      tensors: null,
    }),
    row('large', 'archive/moe/ckpt-120000', {
      step: 120_000,
      nbytes: 107_374_182_400,
      parameters: 26_843_545_600,
      tensors: 100_000,
    }),
    row('long', `archive/${'deeply_nested_experiment_folder/'.repeat(6)}ckpt-7`, { step: 7 }),
  ]);
}

/** Some whose weights were looked at: the last of a run, and one of a long name. */
export function flagged(): ArtifactsPayload {
  const all = normal();
  const found = (kinds: [string, string, number][]) => ({
    findings: kinds.map(([kind, severity, tensors]) => ({ kind, severity, tensors })),
  });
  const known: Record<string, Partial<ArtifactRow>> = {
    'ckpt-a-6': found([
      ['nan', 'problem', 12],
      ['all_zero', 'problem', 1],
      ['dead_channels', 'warning', 2],
      ['duplicate_channels', 'warning', 3],
      ['exploding', 'warning', 4],
      ['untrained', 'warning', 5],
      ['orphan_slot', 'warning', 1],
    ]),
    'ckpt-a-5': found([['dead_channels', 'warning', 2]]),
    'ckpt-a-4': found([['untrained', 'note', 30]]),
    long: found([['inf', 'problem', 1]]),
  };
  const artifacts = all.artifacts.map((row) => ({ ...row, ...known[row.id] }));
  return { ...all, artifacts };
}

export function long(): ArtifactsPayload {
  return payload([
    row('long', `archive/${'deeply_nested_experiment_folder/'.repeat(6)}ckpt-7`, { step: 7 }),
    row('long2', `${'one_name_without_any_slash_in_it_'.repeat(7)}-1234567`, { step: 1_234_567 }),
    row('markup', 'evil/</script><img src=x onerror=alert(1)>/ckpt-1', {
      step: 1,
      run: '</script>',
    }),
    row('newline', 'evil/with\nnewline\tand\u202ereversed/ckpt-2', { step: 2 }),
    row('unicode', 'モデル/実験-学習率=0.001/チェックポイント-12', { step: 12 }),
  ]);
}

export function many(count: number): ArtifactsPayload {
  const rows = Array.from({ length: count }, (_, index) => {
    const run = `sweep/trial_${Math.floor(index / 25)}`;
    const step = (index % 25) * 1000;
    const exported = index % 25 === 24;
    const broken = index % 997 === 0;
    return row(`many-${index}`, exported ? `${run}/export` : `${run}/ckpt-${step}`, {
      run,
      step: exported ? null : step,
      kind: exported ? 'saved_model' : 'checkpoint',
      series: exported ? null : `${run}/ckpt`,
      state: broken ? 'broken' : 'complete',
      reason: broken
        ? 'ckpt.index at byte 0: expected an SSTable footer, found zeros. Copy it again.'
        : null,
      nbytes: 1_000_000 + ((index * 7919) % 900_000),
      mtime_s: NOW - index * 61,
    });
  });
  return payload(rows, { folders: 21_204 });
}

/** One artifact of each kind. */
export function everyKind(): ArtifactsPayload {
  return payload([...normal().artifacts, ...ROWS.map((one) => row(one.id, one.path, one))]);
}

export function scanning(): ArtifactsPayload {
  return payload(normal().artifacts.slice(0, 5), { running: true, folders: 1204 });
}

export function empty(exists: boolean): ArtifactsPayload {
  return { ...payload([]), roots: [{ name: '', path: LOGDIR, exists }] };
}
