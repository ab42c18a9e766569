import type { ArtifactRow, TensorsPayload } from '../src/api/types';
import type { Case } from './cases';
import * as diffs from './diffs';
import { text } from './formats';
import * as graphs from './graphs';
import { type InnerCase, tensorsOf as tensorsInside } from './inner';
import * as lineages from './lineages';
import { describe, features, objects } from './models';
import { pairPictures, picture, strings } from './pictures';
import { restore } from './restores';
import * as runs from './runs';
import { REFUSAL, spectrum } from './spectra';
import { histograms, job, stats, tensorStats, wholeFindings } from './stats';
import { convnet, large, long, unstored, values } from './tensors';
import * as timelines from './timelines';
import * as trusts from './trusts';
import { IDLE } from './verifications';

const GONE = 'No artifact of this id. It may have been deleted: press Reload.';
const DAMAGED =
  'ckpt-9.data-00000-of-00001 at byte 4096, tensor "damaged": expected checksum 1a2b3c4d, found 5e6f7081. The bytes changed after they were saved: copy or save the file again.';

/** Answers a request as the plugin's routes would. */
export async function answer(view: Case, url: URL, init?: RequestInit): Promise<Response> {
  if (view.silent) throw new TypeError('Failed to fetch');
  const sent = init?.body ? JSON.parse(String(init.body)) : {};
  const of = (name: string) => sent[name] ?? url.searchParams.get(name) ?? '';
  const row = view.artifacts.artifacts.find((one) => one.id === of('id'));
  const route = url.pathname.split('/').pop();
  if (route === 'status') {
    return good({ version: '0.1.0', problem: view.problem ?? null, allow_run: !!view.run });
  }
  // What the page asks again and again is unchanged, as the server would say.
  if (new Headers(init?.headers).has('If-None-Match')) return new Response(null, { status: 304 });
  if (route === 'artifacts') return good(view.artifacts, ETAG);
  if (route === 'scan_marks') return good(trusts.marks(view), ETAG);
  if (route === 'restore') return answerRestore(view, of, url.searchParams.get('status'));
  if (route === 'lineage_marks') return good(lineages.marks(view), ETAG);
  if (route?.startsWith('run') && view.run) return answerRun(view.run, route, of);
  if (route?.startsWith('diff')) return answerDiff(view, route, of, url, init);
  if (!row) return bad(404, 'NotFound', GONE);
  if (route === 'verify') return good(view.verification ?? IDLE);
  if (route === 'artifact') return good(describe(row));
  if (route === 'scan') return good(await trusts.scan(view, row), ETAG);
  if (route === 'portability') return answerPortability(view, row, of('target'));
  if (route === 'features') return good(features(of('signature')), ETAG);
  if (route === 'lineage') return good(lineages.lineage(view), ETAG);
  if (route === 'shared_layers') return good(lineages.sharedLayers(view), ETAG);
  if (route === 'health') return good({ findings: wholeFindings(view.stats ?? 'done') });
  const series = view.series?.find(({ rows }) => rows.some(({ id }) => id === row.id));
  if (series) return answerTimeline(view, series, route ?? '', of);
  if (route === 'graphs' && row.kind === 'checkpoint') return good(graphs.none());
  if (route === 'graphs' && row.state !== 'broken') return good(graphs.list());
  if (route === 'graph') return good(graphs.graph(of('graph')));
  if (route === 'graph_node') return good(graphs.node(of('graph'), Number(of('node'))));
  if (route === 'document') return plain(text(of('name')));
  if (route === 'objects') return good({ count: 41, nodes: nodesOf(of('nodes')) });
  if (row.state === 'broken') return bad(422, 'Truncated', row.reason ?? '');
  const tensors = view.diff ? diffs.tensorsBehind(view.diff) : tensorsOf(row.id);
  if (route === 'tensors') return good(tensors);
  const progress = view.stats ?? 'done';
  if (route === 'stats') {
    return good(init?.body ? job(progress, tensors) : stats(progress, tensors, of('since')));
  }
  if (route === 'histograms') {
    return good(histograms(progress, tensors, of('rows').split(',').map(Number)));
  }
  if (route === 'tensor_stats') return good(tensorStats(progress, tensors, of('key')));
  if (row.state === 'partial') return bad(422, 'Truncated', row.reason ?? '');
  if (of('key') === 'damaged') return bad(422, 'BadChecksum', DAMAGED);
  if (route === 'picture') return good(picture(tensors, of('key'), url.searchParams));
  if (route === 'strings') return good(strings(tensors, of('key'), url.searchParams));
  if (route === 'spectrum') return spectrumOf(tensors, of('key'));
  const isBefore = view.diff && row.id === 'ckpt-a-5';
  return good(values(tensors, of('key'), of('slice'), isBefore ? 1 : 0));
}

function answerDiff(
  view: Case,
  route: string,
  of: (name: string) => string,
  url: URL,
  init?: RequestInit,
): Response {
  const [before, after] = ['before', 'after'].map((name) =>
    view.artifacts.artifacts.find((one) => one.id === of(name)),
  );
  const { diff } = view;
  if (!before || !after || !diff) {
    return bad(
      404,
      'NotFound',
      `No artifact has the id '${of('before')}'. It was moved or deleted.`,
    );
  }
  if (init?.body) return good(diffs.job(diff));
  if (route === 'diff') return good(diffs.diff(diff, before, after, of('all') === '1'), ETAG);
  if (route === 'diff_values') return good(diffs.values(diff, of('since')));
  const pair = Number(of('pair'));
  if (route === 'diff_pair') return good(diffs.pair(diff, pair));
  const tensors = diffs.tensorsBehind(diff);
  return good(pairPictures(tensors, tensors.key[pair] ?? '', pair, url.searchParams));
}

function answerRun(run: runs.RunCase, route: string, of: (name: string) => string): Response {
  if (route === 'run') return good(runs.calls(run));
  if (route === 'run_form') return good(runs.form(run), ETAG);
  if (run.inner && of('side') === 'watched') return answerInner(run, run.inner, route, of);
  if (route === 'run_values') return good(runs.values(of('slice'), of('side')), ETAG);
  if (route === 'run_stats') return good(tensorStats('done', convnet(), 'variables/3'), ETAG);
  if (route === 'run_top') return good(runs.top(run), ETAG);
  if (route === 'run_picture') {
    const tensors = { key: ['embedding'], shape: [[64, 128, 4]], dtype: ['float32'] };
    return good(picture(tensors as unknown as TensorsPayload, of('key'), asked(of)), ETAG);
  }
  if (route === 'run_npy') return new Response(runs.npy());
  if (run.refuses && of('action') === 'compare') return bad(400, 'BadRequest', runs.NOTHING_FITS);
  return good(runs.answer(run));
}

function answerInner(
  run: runs.RunCase,
  inner: InnerCase,
  route: string,
  of: (name: string) => string,
): Response {
  if (run.isGone) {
    return bad(404, 'NotFound', 'No such call. Its answer is not kept any more: run it again.');
  }
  const { tensors, keys } = tensorsInside(inner);
  const key = keys[Number(of('key'))] ?? '';
  if (route === 'run_stats') return good(tensorStats('done', convnet(), 'variables/3'), ETAG);
  if (route === 'run_values') return good(values(tensors, key, of('slice')), ETAG);
  return good(picture(tensors, key, asked(of)), ETAG);
}

function asked(of: (name: string) => string): URLSearchParams {
  const names = ['slice', 'axes', 'height', 'width', 'method'];
  return new URLSearchParams(names.map((name) => [name, of(name)]));
}

function answerRestore(view: Case, of: (name: string) => string, status: string | null): Response {
  const { artifacts } = view.artifacts;
  const isThere = (id: string) => artifacts.some((one) => one.id === id);
  if (!isThere(of('checkpoint')) || !isThere(of('target'))) return bad(404, 'NotFound', GONE);
  if (!view.restore) return bad(400, 'BadRequest', '--method keras_h5: ckpt-2814 has no layers.');
  return good(restore(view.restore, status), ETAG);
}

function answerTimeline(
  view: Case,
  series: timelines.SeriesLines,
  route: string,
  of: (name: string) => string,
): Response {
  if (route === 'timeline') return good(timelines.timeline(series), ETAG);
  if (route === 'timeline_values') return good(timelines.values(series, Number(of('since'))));
  if (view.scalars === 'failing') {
    return bad(502, 'NoScalars', "TensorBoard's own data server does not answer. Restart it.");
  }
  const { runs, problem } = timelines.tags(series);
  if (route === 'scalar_tags') return good({ runs: view.scalars ? [] : runs, problem }, ETAG);
  return good(timelines.scalars(series, of('run'), of('tag')), ETAG);
}

function answerPortability(view: Case, row: ArtifactRow, target: string): Response {
  if (row.state === 'broken') return bad(422, 'Truncated', row.reason ?? '');
  const found = trusts.portability(view, row, target);
  return found
    ? good(found, ETAG)
    : bad(
        400,
        'BadRequest',
        `No target "${target}". There are tf==VERSION, tf, tflite, tfjs, serving, keras3.`,
      );
}

function nodesOf(asked: string) {
  const all = objects();
  const wanted = new Set(asked.split(',').map(Number));
  for (const node of all) {
    if (asked.split(',').includes(String(node.id)))
      for (const [, id] of node.children) wanted.add(id);
  }
  return all.filter((node) => wanted.has(node.id));
}

function tensorsOf(id: string): TensorsPayload {
  if (id === 'large') return large(100_000);
  if (id === 'meta') return unstored();
  if (id === 'pbtxt') return large(0);
  return id === 'long' ? long() : convnet();
}

/** One tensor is refused, one takes for ever. */
function spectrumOf(tensors: TensorsPayload, key: string): Response | Promise<Response> {
  if (key === 'variables/0') return bad(400, 'BadRequest', REFUSAL);
  if (key === 'variables/12') return new Promise(() => {});
  return good(spectrum(tensors, key));
}

function plain(body: string): Response {
  return new Response(body, { headers: { 'Content-Type': 'text/plain; charset=utf-8' } });
}

const ETAG = { ETag: '"1"' };

function good(payload: object, headers: HeadersInit = {}): Response {
  return Response.json({ ok: true, ...payload }, { headers });
}

function bad(status: number, type: string, message: string): Response {
  return Response.json({ ok: false, error: { type, message, id: null } }, { status });
}
