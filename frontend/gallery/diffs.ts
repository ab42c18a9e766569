import type {
  ArtifactRow,
  DifferencePayload,
  DiffGroupPayload,
  DiffJobPayload,
  DiffPairPayload,
  DiffPartPayload,
  DiffPayload,
  DiffSidePayload,
  DiffValuesPayload,
  ErrorBody,
  PairsPayload,
  TensorsPayload,
} from '../src/api/types';
import { convnet, large, long } from './tensors';

/** What two artifacts differ by, made by rule. */

export interface DiffCase {
  /** State of each tensor of the list, by turns; a word of `WORDS`, `equal` for those not listed. */
  states: readonly string[];
  tensors?: TensorsPayload;
  summary?: string;
  /** How the reading of values stands; `done` if not given. */
  job?: Partial<DiffJobPayload>;
  parts?: Partial<Record<string, Partial<DiffPartPayload>>>;
  notes?: string[];
  /** The one after cannot be opened. */
  error?: ErrorBody;
}

const READ = ['changed', 'unknown', 'renamed', 'retyped', 'unreadable'];
const WRONG =
  'ckpt-2814.data-00000-of-00001 at byte 81920, tensor "adam/m": expected checksum 1a2b3c4d, found 5e6f7081. Copy the checkpoint again.';

function group(
  title: string,
  state: string,
  lines: string[][],
  more: Partial<DiffGroupPayload> = {},
) {
  const listed = lines.map(([name = '', before, after]) => ({
    state: !before ? 'added' : !after ? 'removed' : before === after ? 'equal' : 'changed',
    name,
    before: before || null,
    after: after || null,
  }));
  const list = { title: '', count: lines.length, folded: false, lines: listed };
  return { title, state, note: '', lists: [list], ...more };
}

const SIGNATURES = [
  group('serving_default', 'changed', [
    ['input image', 'float32 [?, 28, 28, 1]', 'float32 [?, 32, 32, 3]'],
    ['input training', 'bool [] with a default', ''],
    ['output logits', 'float32 [?, 10]', 'float32 [?, 10]'],
  ]),
  group('encode', 'added', [
    ['input image', '', 'float32 [?, 32, 32, 3]'],
    ['output vector', '', 'float32 [?, 300]'],
  ]),
  group('regress', 'changed', [['output y', 'float32 [?] out_1:0', 'float32 [?] out_7:0']], {
    note: 'only names inside the graph differ: callers notice nothing',
  }),
];

const GRAPH = {
  title: 'tag-set serve',
  state: 'changed',
  note: '',
  lists: [
    [
      'Versions and size',
      false,
      [
        ['tensorflow version', '2.15.0', '2.21.0'],
        ['node count', '1,204', '1,310'],
      ],
    ],
    [
      'Ops',
      false,
      [
        ['Identity', '94', '120'],
        ['FusedBatchNormV3', '3', ''],
        ['Gelu', '', '12'],
      ],
    ],
    ['Functions', true, [['__inference_call', '2', '3']]],
    ['Assets', false, [['vocabulary.txt', '61.5 kB (61,503 bytes), fed to vocab:0', '']]],
  ].map(([title, folded, lines]) => ({
    ...(group('', '', lines as string[][]).lists[0] as DiffGroupPayload['lists'][number]),
    title: String(title),
    folded: folded === true,
  })),
};

const OBJECTS = group('Object tree', 'changed', [
  ['layers/head and 3 objects below', '', 'user_object Dense'],
  ['layers/dense', 'user_object Dense', 'user_object EinsumDense'],
  ['optimizer and 28 objects below', 'user_object Adam', ''],
]);

const DOCUMENT = group('config.json', 'changed', [
  ['config.layers[3].config.units', '300', '256'],
  ['config.layers[4].config.activation', '"relu"', '"gelu"'],
  ['compile_config.optimizer', '{"class_name": "Adam", "config": {"learning_rate": 0.001}}', ''],
]);

export const PARTS: DiffCase['parts'] = {
  signatures: { count: 3, groups: SIGNATURES },
  graph: { count: 7, groups: [GRAPH] },
  objects: { count: 3, groups: [OBJECTS] },
  documents: { count: 1, groups: [DOCUMENT] },
};

function partsOf({ parts }: DiffCase): DiffPartPayload[] {
  return ['signatures', 'graph', 'objects', 'documents'].map((name) => ({
    name,
    skipped: null,
    count: 0,
    groups: [],
    ...parts?.[name],
  }));
}

const ALL = convnet();
const NONE = {
  ...ALL,
  ...Object.fromEntries(
    ['key', 'name', 'dtype', 'shape', 'nbytes', 'role', 'alias_of'].map((name) => [name, []]),
  ),
} as TensorsPayload;

function tensorsOf(view: DiffCase): TensorsPayload {
  return view.error ? NONE : (view.tensors ?? ALL);
}

function isCounted(tensors: TensorsPayload, row: number): boolean {
  return (tensors.alias_of[row] ?? -1) < 0 && tensors.role[row] !== 'metadata';
}

function wordOf(view: DiffCase, row: number): string {
  return view.states[row % view.states.length] ?? 'equal';
}

function stateOf(word: string): string {
  if (word === 'reshaped') return 'incomparable';
  if (word === 'renamed' || word === 'moved') return 'equal';
  return word === 'retyped' || word === 'unreadable' ? 'unknown' : word;
}

function pairsOf(view: DiffCase, all: boolean): PairsPayload {
  const tensors = tensorsOf(view);
  const isListed = (row: number) =>
    all || (wordOf(view, row) !== 'equal' && isCounted(tensors, row));
  const rows = [...tensors.key.keys()].filter(isListed);
  const take = <T>(column: readonly T[]) => rows.map((row) => column[row] as T);
  const marked = <T>(word: string, make: (row: number) => T) =>
    rows.map((row) => (wordOf(view, row) === word ? make(row) : null));
  const isKnown = (word: string) => ['renamed', 'retyped', 'reshaped', 'moved'].includes(word);
  const before_name = marked('renamed', (row) => `old/${tensors.name[row]}`);
  return {
    pair: rows,
    state: rows.map((row) => stateOf(wordOf(view, row))),
    marks: rows.map((row) => [
      ...[wordOf(view, row)].filter(isKnown),
      ...((tensors.alias_of[row] ?? -1) < 0 ? [] : ['alias']),
      ...(tensors.role[row] === 'metadata' ? ['metadata'] : []),
    ]),
    key: take(tensors.key),
    name: take(tensors.name),
    dtype: take(tensors.dtype),
    shape: take(tensors.shape),
    role: take(tensors.role),
    nbytes: take(tensors.nbytes),
    before_key: before_name,
    before_name,
    before_dtype: marked('retyped', () => 'bfloat16'),
    before_shape: marked('reshaped', (row) => [...(tensors.shape[row] ?? []), 2]),
    before_role: marked('moved', () => 'state'),
    before_nbytes: marked('retyped', (row) => (tensors.nbytes[row] ?? 0) / 2),
    by: rows.map((row) => (before_name[rows.indexOf(row)] ? 'guess' : 'key')),
    confidence: rows.map((row) => (wordOf(view, row) === 'renamed' ? 0.93 : 1)),
    reason: rows.map((row) =>
      wordOf(view, row) === 'renamed' ? '“old” taken from before the name, as of 4 others' : '',
    ),
  };
}

function side(row: ArtifactRow, view: DiffCase, error: ErrorBody | null): DiffSidePayload {
  const { id, path, kind } = row;
  const location = `/home/me/experiments/logs/${path}`;
  return { id, path, kind, format: '', location, tensors: tensorsOf(view).key.length, error };
}

export function diff(
  view: DiffCase,
  before: ArtifactRow,
  after: ArtifactRow,
  all: boolean,
): DiffPayload {
  const tensors = tensorsOf(view);
  const counted = [...tensors.key.keys()].filter((row) => isCounted(tensors, row));
  const equal = counted.filter((row) => ['equal', 'moved'].includes(wordOf(view, row))).length;
  return {
    before: side(before, view, null),
    after: side(after, view, view.error ?? null),
    layout: view.error ? '' : 'a',
    summary: view.summary ?? `same structure; 12 of ${counted.length} tensors changed`,
    same_structure: !view.parts,
    total: counted.length,
    equal,
    pairs: pairsOf(view, all),
    parts: view.error ? [] : partsOf(view),
    notes: view.notes ?? [],
  };
}

function readable(view: DiffCase): number[] {
  const tensors = tensorsOf(view);
  const rows = [...tensors.key.keys()].filter((row) => isCounted(tensors, row));
  return rows.filter((row) => READ.includes(wordOf(view, row)));
}

export function job(view: DiffCase): DiffJobPayload {
  const total = readable(view).length;
  return {
    state: 'done',
    done: total,
    total,
    unknown_nbytes: 0,
    nbytes: 9_600_000,
    done_nbytes: 9_600_000,
    elapsed_s: 0.4,
    layout: 'a',
    error: null,
    ...view.job,
  };
}

function noise(seed: number): number {
  const value = Math.sin(seed * 127.1 + 311.7) * 43_758.5453;
  return value - Math.floor(value);
}

function difference(view: DiffCase, row: number): DifferencePayload {
  const tensors = tensorsOf(view);
  const count = (tensors.shape[row] ?? []).reduce((product, size) => product * size, 1);
  const isText = tensors.dtype[row] === 'string';
  const isSame = wordOf(view, row) === 'renamed';
  const relative = 0.3 * noise(row) ** 3;
  const differing = isSame ? 0 : Math.ceil(count * (0.2 + 0.8 * noise(row * 3)));
  const numbers = {
    max_abs: isSame ? 0 : relative * 0.9,
    mean_abs: isSame ? 0 : relative * 0.04,
    l2: isSame ? 0 : relative * 2.1,
    relative_l2: isSame ? 0 : relative,
    cosine: isSame ? 1 : 1 - relative ** 2 / 2,
  };
  const shown = isText
    ? { max_abs: null, mean_abs: null, l2: null, relative_l2: null, cosine: null }
    : numbers;
  const place = (tensors.shape[row] ?? []).map((size, axis) =>
    Math.floor(size * noise(row + axis)),
  );
  const bins = Array.from({ length: 41 }, (_, at) => Math.exp(-(((at - 20) / 6) ** 2)));
  const drawn = differing > 1 && !isText;
  return {
    of: isText ? 'equality' : 'value',
    compared_as: wordOf(view, row) === 'retyped' ? 'float64' : '',
    count,
    differing,
    first: differing ? place : null,
    nan_both: 0,
    nan_before: 0,
    nan_after: tensors.key[row] === 'odd' ? 45 : 0,
    ...shown,
    max_at: differing && !isText ? place : null,
    rounding: wordOf(view, row) === 'retyped' ? true : null,
    histogram: {
      edges: drawn ? bins.concat(0).map((_, at) => (at - 20.5) * 0.01 * relative) : [],
      counts: drawn ? bins.map((bin) => Math.round(bin * differing * 0.1)) : [],
    },
    text: Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)])),
  };
}

export function values(view: DiffCase, since: string): DiffValuesPayload {
  const { done, state } = job(view);
  const rows = since ? [] : readable(view).slice(0, done);
  const isBad = (row: number) => wordOf(view, row) === 'unreadable';
  const found = rows.map((row) => (isBad(row) ? null : difference(view, row)));
  const column = <Name extends keyof DifferencePayload>(name: Name) =>
    found.map((one) => one?.[name] ?? null);
  const active = state === 'running' || state === 'waiting';
  return {
    job: job(view),
    generation: 'a.1',
    whole: !since,
    summary: active ? null : (view.summary ?? null),
    pair: rows,
    state: rows.map((row, at) =>
      isBad(row) ? 'unreadable' : found[at]?.differing ? 'changed' : 'equal',
    ),
    count: column('count'),
    differing: column('differing'),
    nan_before: column('nan_before'),
    nan_after: column('nan_after'),
    max_abs: column('max_abs'),
    mean_abs: column('mean_abs'),
    l2: column('l2'),
    relative_l2: column('relative_l2'),
    cosine: column('cosine'),
    error: rows.map((row) => (isBad(row) ? WRONG : null)),
  };
}

export function pair(view: DiffCase, row: number): DiffPairPayload {
  const word = wordOf(view, row);
  const wasRead = readable(view).indexOf(row) >= 0 && readable(view).indexOf(row) < job(view).done;
  const isBad = word === 'unreadable';
  return {
    pair: row,
    state: isBad ? 'unreadable' : stateOf(word),
    confidence: word === 'renamed' ? 0.93 : 1,
    reason: word === 'renamed' ? '“old” taken from before the name, as of 4 others' : '',
    unread_nbytes: READ.includes(word) && !wasRead ? 2 * (tensorsOf(view).nbytes[row] ?? 0) : 0,
    values: wasRead && !isBad ? difference(view, row) : null,
    error: isBad ? { type: 'BadChecksum', message: WRONG, id: null } : null,
  };
}

export function tensorsBehind(view: DiffCase): TensorsPayload {
  return tensorsOf(view);
}

const MIXED = [
  ...['changed', 'equal', 'changed', 'renamed', 'changed', 'equal', 'retyped', 'changed'],
  ...['reshaped', 'removed', 'changed', 'added', 'moved', 'unreadable', 'equal', 'changed'],
];
const LARGEST = 'largest in convnet/dense/kernel (relative L2 0.236)';
const IDLE = { state: 'idle', done: 0, nbytes: 0, done_nbytes: 0, unknown_nbytes: 41_200_000_000 };

/** Views of the Compare page: a name, the case, and more keys of the address. */
export const DIFFS: readonly [name: string, view: DiffCase, keys?: Record<string, string>][] =
  (() => {
    const series: DiffCase = {
      states: ['changed', 'equal', 'changed', 'changed', 'equal'],
      summary: `same structure; 12 of 60 tensors changed, ${LARGEST}`,
    };
    const mixed: DiffCase = {
      states: MIXED,
      summary: `structure differs: 4 tensors added, 4 tensors removed, 5 tensors renamed, 3 signatures changed, 1 asset changed; 26 of 60 tensors changed, ${LARGEST}, 4 cannot be read`,
      parts: PARTS,
    };
    const across: DiffCase = {
      states: ['equal', 'renamed', 'renamed', 'removed', 'unknown'],
      job: { ...IDLE, unknown_nbytes: 812_000_000 },
      summary:
        'structure differs: 12 tensors removed, 24 tensors renamed; 0 of 48 tensors changed, 12 not compared',
      parts: {
        signatures: { skipped: 'no graph before' },
        graph: { skipped: 'no graph before' },
        objects: {
          skipped: 'the object graphs of different kinds of artifacts have little in common',
        },
        documents: { skipped: 'no document on either side' },
      },
    };
    const running = {
      ...IDLE,
      state: 'running',
      done: 9,
      nbytes: 41_200_000_000,
      done_nbytes: 9_100_000_000,
      elapsed_s: 6,
    };
    const error = {
      type: 'InternalError',
      message:
        "Something went wrong that should not. TensorBoard's log says what, under 1a2b3c4d. Please report it with that line.",
      id: '1a2b3c4d',
    };
    return [
      ['', series],
      ['tree', series, { view: 'tree' }],
      ['all', series, { all: '1' }],
      ['picture', series, { tensor: 'variables/3' }],
      ['tiles', series, { tensor: 'variables/7', show: '' }],
      ['values', series, { tensor: 'variables/3', show: 'values' }],
      ['odd', { ...series, states: ['changed'] }, { tensor: 'odd' }],
      ['strings', { ...series, states: ['changed'] }, { tensor: 'vocabulary' }],
      ['scalar', { ...series, states: ['changed'] }, { tensor: 'step' }],
      ['equal-pair', series, { tensor: 'variables/1', all: '1' }],
      ['mixed', mixed],
      ['mixed-tree', mixed, { view: 'tree', sort: 'name' }],
      ['renamed', mixed, { state: 'renamed', tensor: 'variables/4' }],
      ['retyped', mixed, { state: 'retyped', tensor: 'variables/6' }],
      ['unreadable', mixed, { state: 'unreadable', tensor: 'variables/13' }],
      ['reshaped', mixed, { state: 'reshaped', tensor: 'variables/8' }],
      ['removed', mixed, { state: 'removed', tensor: 'variables/9', at: 'before' }],
      ['signatures', mixed, { part: 'signatures' }],
      ['graph', mixed, { part: 'graph' }],
      ['objects', mixed, { part: 'objects' }],
      ['documents', mixed, { part: 'documents' }],
      ['formats', across],
      ['skipped', across, { part: 'objects' }],
      ['nothing-there', series, { part: 'signatures' }],
      ['identical', { states: ['equal'], summary: 'same structure; all 60 tensors equal' }],
      ['idle', { ...series, job: IDLE }, { tensor: 'variables/3' }],
      ['reading', { ...series, job: running }],
      ['cancelled', { ...series, job: { ...IDLE, state: 'cancelled', done: 9 } }],
      ['failed', { ...series, job: { ...IDLE, done: 9, error } }],
      ['no-match', series, { q: 'resnet' }],
      ['unknown-tensor', series, { tensor: 'gone' }],
      ['long', { ...mixed, tensors: long(), states: ['changed', 'renamed'] }, { tensor: 'long/0' }],
      [
        '100k',
        {
          states: ['changed', 'equal', 'equal'],
          get tensors() {
            return large(100_000);
          },
          job: IDLE,
        },
      ],
      [
        'partial',
        {
          ...series,
          notes: ['After: ckpt-2814.data-00001-of-00002 missing: what is in it cannot be read.'],
        },
      ],
      [
        'broken',
        {
          states: ['equal'],
          error: {
            type: 'Truncated',
            message:
              'saved_model.pb at byte 18: expected a MetaGraphDef of 2,113 bytes, found 512. Copy or save the file again.',
            id: null,
          },
        },
      ],
    ];
  })();
