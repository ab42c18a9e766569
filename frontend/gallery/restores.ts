import type { RestoreNearestPayload, RestorePayload, RestoreRowsPayload } from '../src/api/types';
import { STATUSES } from '../src/model/restores';

/** What restores would do. */

interface Line {
  status: string;
  name: string;
  shape?: number[];
  /** Of the checkpoint where it is another one. */
  stored?: { name?: string; shape?: number[]; dtype?: string };
  reason?: string;
  restored?: boolean;
  nearest?: RestoreNearestPayload[];
}

const LAYERS: [string, number[]][] = [
  ['conv_1/kernel', [3, 3, 3, 32]],
  ['conv_1/bias', [32]],
  ['norm_1/gamma', [32]],
  ['norm_1/beta', [32]],
  ['norm_1/moving_mean', [32]],
  ['norm_1/moving_variance', [32]],
  ['conv_2/kernel', [3, 3, 32, 64]],
  ['conv_2/bias', [64]],
  ['hidden/kernel', [1600, 256]],
  ['hidden/bias', [256]],
  ['head/kernel', [256, 10]],
  ['head/bias', [10]],
];

function keyOf(name: string): string {
  return `model/${name}/.ATTRIBUTES/VARIABLE_VALUE`;
}

function matched(prefix = 'convnet/'): Line[] {
  return LAYERS.map(([name, shape]) => ({ status: 'matched', name: prefix + name, shape }));
}

function guess(name: string, score: number, reason: string): RestoreNearestPayload {
  return { key: keyOf(name), name, score, reason };
}

function rowsOf(lines: readonly Line[]): RestoreRowsPayload {
  const side = (line: Line, has: boolean, key: 'key' | 'name') => {
    const name = line.stored?.name ?? line.name;
    return has ? (key === 'key' ? keyOf(name) : name) : null;
  };
  const inTarget = (line: Line) => line.status !== 'unused';
  const inCheckpoint = (line: Line) => line.status !== 'missing';
  return {
    status: lines.map((line) => line.status),
    restored: lines.map((line) => line.restored ?? line.status === 'matched'),
    role: lines.map((line) => (line.name.startsWith('adam') ? 'optimizer' : 'weight')),
    looked_for: lines.map((line) => `model.${line.name.replaceAll('/', '.')}`),
    reason: lines.map((line) => line.reason ?? ''),
    target_key: lines.map((line) => (inTarget(line) ? keyOf(line.name) : null)),
    target_name: lines.map((line) => (inTarget(line) ? line.name : null)),
    target_dtype: lines.map((line) => (inTarget(line) ? 'float32' : null)),
    target_shape: lines.map((line) => (inTarget(line) ? (line.shape ?? []) : null)),
    checkpoint_key: lines.map((line) => side(line, inCheckpoint(line), 'key')),
    checkpoint_name: lines.map((line) => side(line, inCheckpoint(line), 'name')),
    checkpoint_dtype: lines.map((line) =>
      inCheckpoint(line) ? (line.stored?.dtype ?? 'float32') : null,
    ),
    checkpoint_shape: lines.map((line) =>
      inCheckpoint(line) ? (line.stored?.shape ?? line.shape ?? []) : null,
    ),
    nearest: lines.map((line) => line.nearest ?? []),
  };
}

const CHECKPOINT = '/home/me/experiments/logs/convnet/lr=0.001/checkpoints/ckpt-2814';
const TARGET = '/home/me/experiments/logs/convnet/lr=0.001/export/1';
const CALL = `tf.train.Checkpoint(model=model).restore("${CHECKPOINT}")`;

function result(lines: readonly Line[], more: Partial<RestorePayload> = {}): RestorePayload {
  const count = (status: string) => lines.filter((line) => line.status === status).length;
  const ofTarget = lines.filter((line) => line.status !== 'unused');
  const restored = ofTarget.filter((line) => line.restored ?? line.status === 'matched').length;
  const total = ofTarget.length;
  const plain = {
    checkpoint: '',
    target: '',
    reason: 'Root to root: what a restore does that is told nothing.',
  };
  return {
    method: 'object',
    methods: ['object', 'name'],
    call: CALL,
    why: 'Both sides have an object graph.',
    fits: restored === total,
    verdict: `All of ${total} variables restored.`,
    restored,
    total,
    counts: Object.fromEntries(STATUSES.map((status) => [status, count(status)])),
    rows: rowsOf(lines),
    row_count: lines.length,
    attachments: [{ ...plain, matched: restored, total }],
    attached: 0,
    failure: null,
    assert_consumed: null,
    assert_existing_objects_matched: null,
    snippets: [
      {
        kind: 'checkpoint',
        title: 'Restore what fits',
        code: `status = ${CALL}\nstatus.assert_consumed()`,
        note: 'Everything on both sides is used.',
      },
    ],
    notes: [],
    command: `modelinspect restore-check ${CHECKPOINT} --into ${TARGET}`,
    ...more,
  };
}

const UNUSED: Line[] = [
  'adam/iterations',
  'adam/learning_rate',
  'adam/convnet_head_kernel_momentum',
].map((name) => ({ status: 'unused', name, reason: 'Nothing in the target asks for it.' }));

const PART: Line[] = [
  ...matched().slice(0, 8),
  {
    status: 'shape_mismatch',
    name: 'convnet/hidden/kernel',
    shape: [1600, 128],
    stored: { shape: [1600, 256] },
    reason: 'Its shape is (1600, 256) in the checkpoint, (1600, 128) here.',
  },
  {
    status: 'dtype_mismatch',
    name: 'convnet/hidden/bias',
    shape: [128],
    stored: { dtype: 'bfloat16' },
    reason: 'Its type is bfloat16 in the checkpoint, float32 here: this restore does not cast.',
  },
  {
    status: 'missing',
    name: 'convnet/classes/kernel',
    shape: [256, 10],
    reason: 'The checkpoint has no object at `model.classes`.',
    nearest: [
      guess('convnet/head/kernel', 0.82, 'same shape, similar name'),
      guess('adam/convnet_head_kernel_momentum', 0.51, 'same shape'),
      guess('convnet/hidden/kernel', 0.44, 'same last part of its name'),
    ],
  },
  {
    status: 'missing',
    name: 'convnet/classes/bias',
    shape: [10],
    reason: 'The checkpoint has no object at `model.classes`.',
    nearest: [guess('convnet/head/bias', 0.81, 'same shape, similar name')],
  },
  {
    status: 'partial',
    name: 'convnet/embedding',
    shape: [50_000, 64],
    reason: 'Some of its slices are not in the checkpoint.',
  },
  {
    status: 'unused',
    name: 'convnet/head/kernel',
    shape: [256, 10],
    reason: 'The target has no object at `model.head`.',
    nearest: [guess('convnet/classes/kernel', 0.82, 'same shape, similar name')],
  },
  ...UNUSED,
];

const ATTACHMENTS = [
  ['', '', 2, 'Root to root: what a restore does that is told nothing.'],
  ['model', '', 8, 'The checkpoint holds under `model` what the target is by itself.'],
  ['optimizer', '', 0, 'The checkpoint holds under `optimizer` what the target is by itself.'],
  ['', '_functional', 1, 'The checkpoint is by itself what the target holds under `_functional`.'],
  [
    'model._functional',
    '_functional',
    5,
    'The checkpoint calls `model._functional` what the target calls `_functional`.',
  ],
  [
    'optimizer',
    '_functional',
    0,
    'The checkpoint calls `optimizer` what the target calls `_functional`.',
  ],
].map(([checkpoint, target, matched, reason]) => ({
  checkpoint,
  target,
  matched,
  total: 13,
  reason,
})) as RestorePayload['attachments'];

function part(): RestorePayload {
  return result(PART, {
    verdict:
      '8 of 13 variables restored: 1 has another shape, 1 has another type, 1 is stored in part, 2 are missing in the checkpoint. 4 tensors of the checkpoint are not used.',
    attachments: ATTACHMENTS,
    attached: 1,
    assert_existing_objects_matched: {
      type: 'AssertionError',
      message:
        'Found 2 Python objects that were not bound to checkpointed values, likely due to changes in the Python program: model.classes.kernel, model.classes.bias',
      keys: [keyOf('convnet/classes/kernel'), keyOf('convnet/classes/bias')],
      key_count: 2,
    },
    assert_consumed: {
      type: 'AssertionError',
      message: 'Unresolved object in checkpoint (root).model.head.kernel',
      keys: [keyOf('convnet/head/kernel')],
      key_count: 1,
    },
    snippets: [
      {
        kind: 'rename',
        title: 'Restore under the names of the checkpoint',
        code: `status = tf.train.Checkpoint(\n    model=tf.train.Checkpoint(conv_1=model.conv_1, hidden=model.hidden, head=model.classes)\n).restore("${CHECKPOINT}")`,
        note: 'Objects that go by another name in the checkpoint: `head` is `classes` here. Restores 10 of 13 variables.',
      },
      { kind: 'checkpoint', title: 'Restore what fits', code: `status = ${CALL}`, note: '' },
      {
        kind: 'expect_partial',
        title: 'Silence the warnings',
        code: `${CALL}.expect_partial()`,
        note: 'Silences the warnings about 4 values of the checkpoint that nothing asks for: model.head.kernel, optimizer._iterations, optimizer._learning_rate, optimizer._variables.8. It changes nothing for 5 variables of the target that keep their values without any warning.',
      },
    ],
  });
}

function fails(): RestorePayload {
  const stopped = matched().map((line, index) => ({
    ...line,
    restored: index < 3,
    reason: index < 3 ? '' : 'It fits, but the restore stops with an error before it gets here.',
  }));
  const lines: Line[] = [
    ...stopped,
    {
      status: 'shape_mismatch',
      name: 'convnet/out/kernel',
      shape: [256, 100],
      stored: { shape: [256, 10] },
      reason: 'Its shape is (256, 10) in the checkpoint, (256, 100) here.',
    },
  ];
  return result(lines, {
    verdict: '3 of 13 variables restored: 1 has another shape. The call fails with ValueError.',
    failure: {
      type: 'ValueError',
      message:
        'Received incompatible tensor with shape (256, 10) when attempting to restore variable with shape (256, 100) and name convnet/out/kernel.',
      keys: [keyOf('convnet/out/kernel')],
      key_count: 1,
    },
    snippets: [],
  });
}

function different(): RestorePayload {
  const lines: Line[] = [
    ...LAYERS.map(([name, shape]) => ({
      status: 'missing',
      name: `encoder/${name}`,
      shape,
      reason: `Nothing in the checkpoint is called encoder/${name}.`,
    })),
    ...matched('convnet/').map((line) => ({
      ...line,
      status: 'unused',
      reason: 'Nothing in the target asks for it.',
    })),
  ];
  return result(lines, {
    method: 'name',
    methods: ['name'],
    call: '',
    why: 'The two are of different libraries: only names can be compared.',
    verdict:
      'None of 12 variables restored: 12 are missing in the checkpoint. 12 tensors of the checkpoint are not used.',
    snippets: [],
    notes: [
      'No call restores one of these formats from the other: variables are paired by their readable names, as if each were assigned by hand.',
    ],
  });
}

function keras(): RestorePayload {
  const path = '/home/me/experiments/logs/files/shapes.h5';
  const lines: Line[] = [
    ...matched('').slice(0, 10),
    {
      status: 'shape_mismatch',
      name: 'head/kernel',
      shape: [256, 100],
      stored: { shape: [256, 10] },
      reason: 'Its shape is (256, 10) in the checkpoint, (256, 100) here.',
    },
    {
      status: 'shape_mismatch',
      name: 'head/bias',
      shape: [100],
      stored: { shape: [10] },
      reason: 'Its shape is (10,) in the checkpoint, (100,) here.',
    },
  ];
  return result(lines, {
    method: 'keras_h5',
    methods: ['keras_h5', 'keras_weights', 'name'],
    call: `model.load_weights("${path}", by_name=True, skip_mismatch=True)`,
    why: 'The weights are in legacy HDF5, layer by layer.',
    verdict: '10 of 12 variables restored: 2 have another shape.',
    snippets: [
      {
        kind: 'load_weights',
        title: 'Load the weights by the names of layers and leave out what does not fit',
        code: `model.load_weights("${path}", by_name=True, skip_mismatch=True)`,
        note: 'Loads 10 of 12 variables. These keep their values: head/kernel, head/bias.',
      },
    ],
  });
}

function long(): RestorePayload {
  const stem = 'a_scope_of_a_model_with_a_rather_long_name/'.repeat(5);
  const lines: Line[] = LAYERS.map(([name, shape], index) => ({
    status: ['shape_mismatch', 'missing', 'unused'][index % 3] ?? '',
    name: stem + name,
    shape,
    stored: { shape: [...shape, 1_000_000] },
    reason: `What the checkpoint has at \`${stem.replaceAll('/', '.')}${name}\` is one with what goes to another place: the target has two objects for it.`,
    nearest: [guess(`${stem}other/${name}`, 0.93, 'same shape, similar name')],
  }));
  return result(lines, {
    verdict:
      'None of 8 variables restored: 4 have another shape, 4 are missing in the checkpoint. 4 tensors of the checkpoint are not used.',
    call: `tf.train.Checkpoint(model=tf.train.Checkpoint(${stem.replaceAll('/', '_')}=model)).restore("/home/me/${stem}ckpt-7")`,
    attachments: ATTACHMENTS.map((one) => ({
      ...one,
      checkpoint: one.checkpoint && `${stem.replaceAll('/', '.')}${one.checkpoint}`,
    })),
    attached: 1,
    notes: [`Checkpoint: ${stem}ckpt-7: no ${stem}ckpt-7.data-00000-of-00001.`],
  });
}

/** So many that an answer holds a part of them. */
function many(): RestorePayload {
  const lines: Line[] = Array.from({ length: 10_000 }, (_, index) => ({
    status: index % 3 ? 'missing' : 'unused',
    name: `moe/layer_${Math.floor(index / 40)}/expert_${index % 40}/kernel`,
    shape: [512, 2048],
    reason: index % 3 ? 'The checkpoint has no tensor of this name.' : 'Nothing asks for it.',
  }));
  return result(lines, {
    verdict:
      'None of 100,000 variables restored: 100,000 are missing in the checkpoint. The call fails with NotFoundError. 50,000 tensors of the checkpoint are not used.',
    counts: {
      matched: 0,
      shape_mismatch: 0,
      dtype_mismatch: 0,
      partial: 0,
      missing: 100_000,
      unused: 50_000,
    },
    total: 100_000,
    row_count: 150_000,
    method: 'name',
    methods: ['name'],
    call: `tf.compat.v1.train.Saver().restore(session, "${CHECKPOINT}")`,
    why: 'Neither side has an object graph: a `Saver` goes by the names of variables.',
    failure: {
      type: 'NotFoundError',
      message: 'Key moe/layer_0/expert_0/kernel not found in checkpoint',
      keys: [],
      key_count: 100_000,
    },
    snippets: [],
  });
}

export const RESTORES = {
  fits: () => result(matched()),
  part,
  fails,
  different,
  keras,
  long,
  many,
};

/** The answer for the rows asked for. */
export function restore(name: keyof typeof RESTORES, status: string | null): RestorePayload {
  const whole = RESTORES[name]();
  const wanted = status ? status.split(',') : STATUSES.filter((one) => one !== 'matched');
  const keep = [...whole.rows.status.keys()].filter((row) =>
    wanted.includes(whole.rows.status[row] ?? ''),
  );
  const rows = Object.fromEntries(
    Object.entries(whole.rows).map(([column, values]) => [column, keep.map((row) => values[row])]),
  ) as unknown as RestoreRowsPayload;
  const cut = whole.row_count - whole.rows.status.length;
  return { ...whole, rows, row_count: rows.status.length + cut };
}
