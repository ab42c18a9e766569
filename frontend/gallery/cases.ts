import type { ArtifactsPayload, VerifyPayload } from '../src/api/types';
import * as artifacts from './artifacts';
import { DIFFS, type DiffCase } from './diffs';
import { INNER, type InnerCase } from './inner';
import type { Kin } from './lineages';
import type { RESTORES } from './restores';
import { RUNS, type RunCase } from './runs';
import type { Progress } from './stats';
import { SERIES, type TimelineCase } from './timelineCases';
import type { SeriesLines } from './timelines';
import type { Trusted } from './trusts';
import * as verifications from './verifications';

/** A view to look at: what the server knows, and the address. */
export interface Case {
  name: string;
  artifacts: ArtifactsPayload;
  /** Hash after `#modelinspect`. */
  hash: string;
  /** Start-up problem that the status tells. */
  problem?: string;
  /** How the verification of each artifact stands; idle if not given. */
  verification?: VerifyPayload;
  /** How far the statistics of each artifact are; `done` if not given. */
  stats?: Progress;
  /** Of what is clicked once it is there: states that no address tells. */
  click?: string | string[];
  /** What artifacts have in common; nothing if not given. */
  lineage?: Kin;
  /** What the timeline knows of series. */
  series?: readonly SeriesLines[];
  /** What two artifacts differ by. */
  diff?: DiffCase;
  /** The timeline's scalars: there are none, or asking for them fails. */
  scalars?: 'none' | 'failing';
  /** What a restore would do; refused if not given. */
  restore?: keyof typeof RESTORES;
  /** Models may be run: what the form asks for, and how the last call stands. */
  run?: RunCase;
  /** What the scan finds; nothing if not given. */
  trust?: Trusted;
  /** No request is answered. */
  silent?: boolean;
}

function address(keys: Record<string, string>): string {
  const tokens = Object.entries(keys).map(
    ([name, value]) => `&p.modelinspect.${name}=${encodeURIComponent(value)}`,
  );
  return tokens.join('');
}

const normal = artifacts.normal();

function view(name: string, keys: Record<string, string>, more: Partial<Case> = {}): Case {
  return { name, artifacts: normal, hash: address(keys), ...more };
}

const every = { artifacts: artifacts.everyKind() };

function stats(name: string, progress: Progress, more: Record<string, string> = {}): Case {
  const keys = { page: 'weights', id: 'export-a', ...more };
  return view(`weights-stats-${name}`, keys, { stats: progress });
}

function verify(name: string, verification: VerifyPayload, id = 'export-a'): Case {
  return view(`verify-${name}`, { page: 'model', id }, { verification });
}

function lineage(name: Kin, more: Partial<Case> = {}, id = 'export-a'): Case {
  return view(`lineage-${name}`, { page: 'model', id }, { lineage: name, ...more });
}

function picture(name: string, tensor: string, more: Record<string, string> = {}): Case {
  return view(`picture-${name}`, {
    page: 'weights',
    id: 'export-a',
    tensor,
    show: 'picture',
    ...more,
  });
}

function timeline({ name, keys, series, scalars }: TimelineCase): Case {
  const rows = series.flatMap((lines) => lines.rows);
  const id = keys?.id ?? series[0]?.rows.at(-1)?.id ?? '';
  return view(
    `timeline${name && `-${name}`}`,
    { page: 'timeline', ...keys, id },
    { artifacts: artifacts.payload([...rows]), series, scalars },
  );
}

function inner(
  name: string,
  tensors: InnerCase,
  click: string[] = [],
  more: Partial<RunCase> = {},
): Case {
  const node = tensors === 'scope' ? 'net' : 'net/block_1/conv/Conv2D';
  return view(
    `inner-${name}`,
    { page: 'graph', id: 'export-a', node },
    {
      run: { form: 'image', last: 'done', inner: tensors, ...more },
      click: ['.graph-inner > button', ...click],
    },
  );
}

function restore(
  name: string,
  result: keyof typeof RESTORES | undefined,
  keys: Record<string, string> = {},
  more: Partial<Case> = {},
): Case {
  const sides = { page: 'restore', id: 'ckpt-a-6', with: 'export-a' };
  const asked = result && { restore: result };
  return view(`restore-${name}`, { ...sides, ...keys }, { ...every, ...asked, ...more });
}

function trust(
  name: string,
  found: Trusted | undefined,
  keys: Record<string, string> = {},
  more: Partial<Case> = {},
): Case {
  const asked = found && { trust: found };
  return view(`trust-${name}`, { page: 'trust', id: 'export-a', ...keys }, { ...asked, ...more });
}

const RENAMED = 'target:model/convnet/classes/kernel/.ATTRIBUTES/VARIABLE_VALUE';

function compare([name, diff, keys]: (typeof DIFFS)[number]): Case {
  const long = name === 'long' ? { id: 'long', with: 'ckpt-a-6' } : {};
  const ids = { id: 'ckpt-a-6', with: 'ckpt-a-5', ...long };
  return view(`compare${name && `-${name}`}`, { page: 'compare', ...ids, ...keys }, { diff });
}

const SUMMARY = { page: 'graph', id: 'export-a', view: 'summary' };

/** The scopes, the map and the ops of a graph. */
function summaries(graph: string): Case[] {
  const word = graph && `-${graph.replace(':', '-')}`;
  return ['', 'map', 'ops'].map((part) =>
    view(`graph-summary${word}${part && `-${part}`}`, { ...SUMMARY, graph, part }),
  );
}

/** The code of a signature in one of the ways; the card is scrolled to by what is clicked. */
function code(name: string, signature: string, way: number): Case {
  const card = `article[aria-label="${signature}"]`;
  const open = signature === 'serving_default' ? [] : [`${card} summary`];
  const click = [...open, `${card} .segments > button:nth-child(${way})`];
  return view(`model-code-${name}`, { page: 'model', id: 'export-a' }, { click });
}

export const CASES: readonly Case[] = [
  view('home', {}),
  view('home-by-size', { sort: '-nbytes' }),
  view('home-attention', { state: 'broken,deleted,partial' }),
  view('home-no-match', { q: 'resnet152' }),
  view('home-flags', {}, { artifacts: artifacts.flagged() }),
  view('home-10k', {}, { artifacts: artifacts.many(10_000) }),
  view('home-long-names', {}, { artifacts: artifacts.long() }),
  view('home-scanning', {}, { artifacts: artifacts.scanning() }),
  view('home-empty', {}, { artifacts: artifacts.empty(true) }),
  view('home-missing', {}, { artifacts: artifacts.empty(false) }),
  view(
    'home-problem',
    {},
    {
      problem:
        'The flag --modelinspect_max_depth wants a number of 1 or more, but is 0. Start TensorBoard again with another value.',
    },
  ),
  view('home-no-answer', {}, { silent: true }),
  view('model-searching', { page: 'model', id: 'new' }, { artifacts: artifacts.scanning() }),
  view('model-saved-model', { page: 'model', id: 'export-a' }),
  code('keras', 'serving_default', 2),
  code('rest', 'serving_default', 3),
  code('refused', 'embed', 2),
  code('rest-examples', 'parse', 3),
  code('grpc-examples', 'parse', 4),
  code('command', 'embed', 5),
  view('model-two-tag-sets', { page: 'model', id: 'export-b' }),
  view('model-checkpoint', { page: 'model', id: 'ckpt-a-3' }),
  view('model-broken', { page: 'model', id: 'broken' }),
  view('model-partial', { page: 'model', id: 'partial' }),
  view(
    'model-health',
    { page: 'model', id: 'ckpt-a-6' },
    { artifacts: artifacts.flagged(), stats: 'sick' },
  ),
  view('model-long-names', { page: 'model', id: 'long' }),
  view('model-unknown', { page: 'model', id: 'gone' }),
  view('home-kinds', {}, every),
  view('home-kinds-filtered', { kind: 'graph_def,meta_graph' }, every),
  ...['keras', 'h5', 'weights-h5', 'frozen', 'pbtxt', 'meta', 'v1', 'bundle', 'broken-keras'].map(
    (id) => view(`model-${id}`, { page: 'model', id }, every),
  ),
  view('model-crowded', { page: 'model', id: 'crowded' }, every),
  view('weights-no-values', { page: 'weights', id: 'meta', tensor: 'variables/3' }, every),
  view('weights-none', { page: 'weights', id: 'pbtxt' }, every),
  view('home-marks', {}, { lineage: 'found' }),
  lineage('looking'),
  lineage('found'),
  { ...lineage('found', { click: '.lineage-row button' }), name: 'lineage-layers' },
  lineage('many'),
  lineage('none'),
  lineage('unknown'),
  lineage('long', { click: '.lineage-row button' }),
  verify('passed', verifications.PASSED),
  verify('running', verifications.RUNNING),
  verify('waiting', verifications.WAITING),
  verify('failed', verifications.FAILED),
  verify('failed-badly', verifications.FAILED_BADLY),
  verify('incomplete', verifications.INCOMPLETE),
  verify('cancelled', verifications.CANCELLED),
  verify('changed', verifications.CHANGED),
  verify('unexpected', verifications.UNEXPECTED),
  verify('broken', verifications.FAILED, 'broken'),
  view('weights-table', { page: 'weights', id: 'export-a' }),
  view('weights-filtered', { page: 'weights', id: 'export-a', q: 'kernel', role: 'weight' }),
  view('weights-tree', { page: 'weights', id: 'export-a', view: 'tree' }),
  view('weights-drawer', { page: 'weights', id: 'export-a', tensor: 'variables/3' }),
  view('weights-drawer-rank4', {
    page: 'weights',
    id: 'export-a',
    tensor: 'variables/4',
    slice: '0:3, 1, :, 0:16',
  }),
  view('weights-drawer-rank1', { page: 'weights', id: 'export-a', tensor: 'variables/1' }),
  view('weights-drawer-nan', { page: 'weights', id: 'export-a', tensor: 'variables/9' }),
  view('weights-drawer-scalar', { page: 'weights', id: 'export-a', tensor: 'step' }),
  view('weights-drawer-strings', { page: 'weights', id: 'export-a', tensor: 'vocabulary' }),
  view('weights-drawer-error', { page: 'weights', id: 'partial', tensor: 'variables/3' }),
  ...[
    ['large', 'variables/3'],
    ['small', 'variables/4'],
    ['refused', 'variables/0'],
    ['waiting', 'variables/12'],
  ].map(([name, tensor]) =>
    view(
      `weights-spectrum-${name}`,
      { page: 'weights', id: 'export-a', tensor: tensor ?? '' },
      { click: '.spectrum > button' },
    ),
  ),
  view('weights-drawer-bad-slice', {
    page: 'weights',
    id: 'export-a',
    tensor: 'variables/3',
    slice: '0:x',
  }),
  stats('filling', 'filling'),
  stats('idle', 'idle'),
  stats('cancelled', 'cancelled'),
  stats('changed', 'changed'),
  stats('failed', 'failed'),
  stats('unreadable', 'unreadable', { tensor: 'variables/7' }),
  stats('diverged', 'diverged', { sort: '-bad' }),
  stats('found', 'diverged', { finding: 'nan,dead_channels' }),
  stats('named', 'named', { tensor: 'variables/2' }),
  stats('unlooked', 'unlooked', { tensor: 'variables/3' }),
  stats('fine-tuned', 'fine-tuned', { view: 'tree' }),
  stats('sick', 'sick', { tensor: 'variables/12' }),
  stats('tree', 'done', { view: 'tree', sort: '-l2' }),
  stats('all-columns', 'done', {
    cols: 'role,dtype,shape,parameters,nbytes,histogram,bad,zeros,min,max,mean,std,l1,l2',
  }),
  stats('drawer-idle', 'idle', { tensor: 'variables/3' }),
  stats('long', 'unreadable', { id: 'long', tensor: 'long/0' }),
  picture('matrix', 'variables/3'),
  picture('matrix-exact', 'variables/3', { slice: '100:148, 40:88' }),
  picture('kernel-tiles', 'variables/4'),
  picture('kernel-slice', 'variables/4', { axes: '2,3', slice: '1, 2, :, :' }),
  picture('depthwise', 'depthwise'),
  picture('embedding', 'embedding'),
  picture('embedding-largest', 'embedding', { method: 'absmax', range: 'full' }),
  picture('scale', 'variables/2'),
  picture('odd', 'odd'),
  picture('positive', 'positive'),
  picture('constant', 'constant'),
  picture('all-nan', 'all-nan'),
  picture('cube', 'cube'),
  picture('tall', 'tall'),
  picture('kept-range', 'variables/3', { range: '-0.05:0.05' }),
  picture('scalar', 'step'),
  picture('nothing', 'nothing'),
  picture('damaged', 'damaged'),
  picture('bad-slice', 'variables/3', { slice: '9:x' }),
  picture('long-name', 'long/0', { id: 'long' }),
  view('weights-no-match', { page: 'weights', id: 'export-a', q: '/[/' }),
  view('weights-100k', { page: 'weights', id: 'large' }),
  view('weights-100k-tree', { page: 'weights', id: 'large', view: 'tree' }),
  view('weights-long-names', { page: 'weights', id: 'long', tensor: 'long/0' }),
  view('weights-broken', { page: 'weights', id: 'broken' }),
  ...SERIES.map(timeline),
  restore('fits', 'fits'),
  restore('fits-all', 'fits', { state: 'all' }),
  restore('part', 'part'),
  restore('part-all', 'part', { state: 'all' }),
  restore('part-missing', 'part', { state: 'missing,unused' }),
  restore('detail', 'part', { tensor: RENAMED }),
  restore('detail-gone', 'part', { tensor: 'target:no/such' }),
  restore('attached', 'part', { attach: '.' }),
  restore('fails', 'fails', { state: 'all' }),
  restore('different', 'different', { with: 'keras' }),
  restore('keras', 'keras', { id: 'h5', with: 'keras', option: 'by_name,skip_mismatch' }),
  restore('no-match', 'part', { q: 'resnet' }),
  restore('bad-search', 'part', { q: '/[/' }),
  restore('many', 'many', { id: 'large', with: 'large' }),
  restore('long-names', 'long', { id: 'long' }),
  restore('long-detail', 'long', { id: 'long', with: 'crowded', state: 'missing,unused' }),
  restore('choose', undefined, { with: '' }),
  restore('choose-alone', undefined, { id: 'tf1', with: '' }),
  restore('picker', 'fits', {}, { click: '.picker-button' }),
  restore('picker-target', 'fits', {}, { click: '.picker:last-child .picker-button' }),
  restore('same', 'fits', { with: 'ckpt-a-6' }),
  restore('broken', undefined, { with: 'broken' }),
  restore('graph-def', 'different', { with: 'frozen' }),
  restore('refused', undefined, { method: 'keras_h5' }),
  restore('gone', undefined, { with: 'gone' }),
  view('graph', { page: 'graph', id: 'export-a' }),
  view('graph-selected', { page: 'graph', id: 'export-a', node: 'net/block_1/conv/Conv2D' }),
  view('graph-scope', { page: 'graph', id: 'export-a', scope: 'net/block_1' }),
  view('graph-scope-details', { page: 'graph', id: 'export-a', node: 'net/block_2' }),
  ...(['done', 'running', 'failed', 'cancelled'] as const).map((last) =>
    view(
      `graph-values-${last}`,
      { page: 'graph', id: 'export-a', node: 'net/block_1/conv/Conv2D' },
      {
        run: { form: 'image', last },
        ...(last === 'done' ? {} : { click: '.graph-inner > button' }),
      },
    ),
  ),
  ...(Object.keys(INNER) as InnerCase[]).map((name) => inner(name, name)),
  inner('gone', 'matrix', [], { isGone: true }),
  inner('maps-large', 'maps', ['.inner-thumb > button']),
  inner('maps-one', 'maps', ['.inner-thumb > button', '.shown-as .segments + .segments button']),
  inner('maps-values', 'maps', ['.inner-thumb > button', '.shown-as .segments button']),
  inner('nan-large', 'nan', ['.inner-thumb > button']),
  inner('vector-large', 'vector', ['.inner-thumb > button']),
  inner('strings-large', 'strings', ['.graph-inner article > button']),
  inner('long-large', 'long', ['.inner-thumb > button']),
  inner('gone-large', 'matrix', ['.graph-inner article > button'], { isGone: true }),
  inner('table', 'scope', ['.graph-inner > .outlined']),
  inner('table-odd', 'scope', ['.graph-inner > .outlined', 'dialog .chip']),
  inner('table-one', 'scope', [
    '.graph-inner > .outlined',
    'dialog .chip',
    'dialog .grid-row:first-child:last-child',
  ]),
  inner('table-reason', 'scope', ['.graph-inner > .outlined', 'dialog .grid-row:nth-child(8)']),
  view('graph-parameters', { page: 'graph', id: 'export-a', colour: 'parameters' }),
  view('graph-tflite', { page: 'graph', id: 'export-a', colour: 'tflite' }, { trust: 'clean' }),
  view('graph-layers', { page: 'graph', id: 'export-a', graph: 'encoder' }),
  view('graph-large', { page: 'graph', id: 'export-a', graph: 'large' }),
  view(
    'graph-export',
    { page: 'graph', id: 'export-a', graph: 'encoder' },
    { click: '.graph-tools > .menu:last-child > button' },
  ),
  view('graph-menu', { page: 'graph', id: 'export-a' }, { click: '.graph-tools .menu > button' }),
  view('graph-bytes', {
    page: 'graph',
    id: 'export-a',
    colour: 'bytes',
    node: 'net/block_1/conv/Conv2D',
  }),
  view('graph-blocks', { page: 'graph', id: 'export-a', graph: 'blocks' }),
  view('graph-block', { page: 'graph', id: 'export-a', graph: 'blocks', node: 'net/re_lu_1' }),
  view(
    'graph-control',
    { page: 'graph', id: 'export-a', graph: 'blocks' },
    { click: ['.graph-tools .menu > button', '.menu-choice:nth-child(3) input'] },
  ),
  view('graph-parts', { page: 'graph', id: 'export-a', graph: 'parts', node: 'decoder' }),
  view('graph-damaged', { page: 'graph', id: 'export-a', graph: 'damaged' }),
  ...summaries(''),
  ...summaries('scopes'),
  ...summaries('long'),
  ...summaries('unknown'),
  ...summaries('empty'),
  ...summaries('keras:layers'),
  view('graph-summary-map-inside', {
    ...SUMMARY,
    graph: 'scopes',
    part: 'map',
    metric: 'flops',
    scope: 'net/stage_3/block_7',
  }),
  view('graph-summary-ops-custom', { ...SUMMARY, part: 'ops', kind: 'custom' }),
  view('graph-summary-ops-none', { ...SUMMARY, part: 'ops', q: 'Nowhere' }),
  view('graph-summary-sorted', { ...SUMMARY, graph: 'scopes', sort: '-parameters' }),
  view('graph-found', { page: 'graph', id: 'export-a', q: 'op:/^Conv2D$/' }),
  view('graph-none', { page: 'graph', id: 'ckpt-a-3' }),
  view('graph-broken', { page: 'graph', id: 'broken' }),
  view('run-off', { page: 'run', id: 'export-a' }),
  view('run-checkpoint', { page: 'run', id: 'ckpt-a-3' }),
  ...RUNS.map(({ name, keys, ...more }) =>
    view(`run-${name}`, { page: 'run', id: 'export-a', ...keys }, more),
  ),
  trust('clean', 'clean'),
  trust('whole', 'clean', {}, { verification: verifications.PASSED }),
  trust('not-whole', 'clean', {}, { verification: verifications.FAILED }),
  trust('all', 'all'),
  trust('filtered', 'all', { finding: 'high,medium' }),
  trust('no-match', 'many', { q: 'resnet' }),
  trust('listing', 'all', { finding: 'critical' }, { click: '.trust-listing summary' }),
  trust('reasons', 'clean', {}, { click: '.trust-targets li:nth-child(2) summary' }),
  trust('ops', 'clean', {}, { click: '.trust-ops > summary' }),
  trust('asked', 'clean', { target: 'tf==2.12' }),
  trust('refused', 'clean', { target: 'tf==2.12,nonsense' }),
  trust('broken', undefined, { id: 'broken' }),
  trust('long', 'long', { id: 'long' }, { click: '.trust-targets li:nth-child(2) summary' }),
  trust('many', 'many'),
  trust('waiting', 'waiting'),
  trust('gone', undefined, { id: 'gone' }),
  view('model-trust', { page: 'model', id: 'export-a' }, { trust: 'all' }),
  view('home-trust', {}, { trust: 'all' }),
  view('home-trust-filter', { finding: 'critical,high' }, { trust: 'all' }),
  view('timeline-unknown', { page: 'timeline', id: 'gone' }),
  ...DIFFS.map(compare),
  view(
    'compare-models',
    { page: 'compare', id: 'export-b', with: 'export-a' },
    { diff: DIFFS[0]?.[1], run: { form: 'image' } },
  ),
  view('compare-choose', { page: 'compare', id: 'export-a' }),
  view('compare-same', { page: 'compare', id: 'export-a', with: 'export-a' }),
  view('compare-deleted', { page: 'compare', id: 'export-a', with: 'gone' }),
];
