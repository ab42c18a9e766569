import type {
  ArtifactPayload,
  ArtifactsPayload,
  DiffJobPayload,
  DiffPairPayload,
  DiffPayload,
  DiffPicturePayload,
  DiffValuesPayload,
  ErrorBody,
  FeaturesPayload,
  GraphAttributesPayload,
  GraphNodePayload,
  GraphsPayload,
  HealthPayload,
  HistogramsPayload,
  LineageMarksPayload,
  LineagePayload,
  ObjectsPayload,
  PicturePayload,
  PortabilityPayload,
  RestorePayload,
  RunAnswerPayload,
  RunFormPayload,
  RunPayload,
  RunTopPayload,
  ScalarsPayload,
  ScalarTagsPayload,
  ScanMarksPayload,
  ScanPayload,
  SharedLayersPayload,
  SpectrumPayload,
  StatsJobPayload,
  StatsPayload,
  StatusPayload,
  StringsPayload,
  TensorStatsPayload,
  TensorsPayload,
  TimelinePayload,
  TimelineValuesPayload,
  ValuesPayload,
  VerifyPayload,
} from './types';

/** An answer that is no payload: what the server said was wrong, or that it did not answer. */
export class ApiError extends Error {
  constructor(
    readonly type: string,
    message: string,
    /** Set where the server's log holds more under this id. */
    readonly id: string | null = null,
  ) {
    super(message);
  }
}

/** Answers kept for `If-None-Match`; the oldest goes first. */
const KEPT = 24;

/** Ids of two artifacts. */
export interface Sides {
  before: string;
  after: string;
}

/** Of a call; `other` is an output of the second side of a comparison. */
export type Side = 'input' | 'output' | 'other' | 'watched';

/** A tensor of a call; the key of a watched one is its place among them. */
export type CallPlace = { call: string; side: Side; key: string };

/** Where a tensor is: in an artifact, or in a call. */
export type TensorPlace = { id: string; key: string } | CallPlace;
export type DiffAction = 'start' | 'glance' | 'cancel';
export type StatsAction = 'start' | 'glance' | 'first' | 'cancel';

export interface PictureAsked {
  slice: string;
  axes: string;
  method: string;
  height: number;
  width: number;
}

type Answer = { ok: true } | { ok: false; error: ErrorBody };

/** The routes, below one root. An unchanged answer is the same object again, so nothing re-renders. */
export class Client {
  private readonly kept = new Map<string, { etag: string; payload: unknown }>();
  /** Path of what was asked ahead. */
  private ahead = '';

  /**
   * @param root The plugin's root, with a slash at its end.
   * @param early Requests already under way, by path; each is used once.
   */
  constructor(
    private readonly root: string,
    private readonly early: Map<string, Promise<Response>> = new Map(),
    private readonly send: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  status(signal?: AbortSignal) {
    return this.get<StatusPayload>('api/status', signal);
  }

  artifacts(options: { rescan: boolean }, signal?: AbortSignal) {
    return this.get<ArtifactsPayload>(`api/artifacts?rescan=${options.rescan ? 1 : 0}`, signal);
  }

  artifact(id: string, signal?: AbortSignal) {
    return this.get<ArtifactPayload>(`api/artifact?${query({ id })}`, signal);
  }

  /** Findings about an artifact as a whole; no value is read for them. */
  health(id: string, signal?: AbortSignal) {
    return this.get<HealthPayload>(`api/health?${query({ id })}`, signal);
  }

  /** What a model looks for in inputs of a signature that are serialised examples. */
  features(id: string, tags: readonly string[], signature: string, signal?: AbortSignal) {
    const parameters = { id, tags: tags.join(), signature };
    return this.get<FeaturesPayload>(`api/features?${query(parameters)}`, signal);
  }

  /** The text of a document, as stored. */
  document(id: string, name: string, signal?: AbortSignal) {
    return this.get(`api/document?${query({ id, name })}`, signal, readText);
  }

  /** What graphs an artifact has, and which to open. */
  graphs(id: string, signal?: AbortSignal) {
    return this.get<GraphsPayload>(graphsPath(id), signal);
  }

  /** Asks for `graphs` now, for a page whose code is on its way; what was asked so before is lost. */
  askGraphsAhead(id: string | undefined) {
    this.early.delete(this.ahead);
    this.ahead = id === undefined ? '' : graphsPath(id);
    if (!this.ahead || this.kept.has(this.ahead)) return;
    const response = this.send(this.root + this.ahead);
    response.catch(() => {}); // Told by whoever awaits it.
    this.early.set(this.ahead, response);
  }

  /**
   * The document of a graph, or of a scope of one too large for that, as text for a worker to read:
   * it may have megabytes.
   */
  async graph(id: string, graph: string, scope: string, signal?: AbortSignal): Promise<string> {
    const path = `api/graph?${query(scope ? { id, graph, scope } : { id, graph })}`;
    return readText(await this.request(path, { signal: signal ?? null }));
  }

  graphAttributes(id: string, graph: string, signal?: AbortSignal) {
    const path = `api/graph_attributes?${query({ id, graph })}`;
    return this.get<GraphAttributesPayload>(path, signal);
  }

  graphNode(id: string, graph: string, node: number, signal?: AbortSignal) {
    const parameters = { id, graph, node: String(node) };
    return this.get<GraphNodePayload>(`api/graph_node?${query(parameters)}`, signal);
  }

  objects(id: string, nodes: number[], signal?: AbortSignal) {
    return this.get<ObjectsPayload>(`api/objects?${query({ id, nodes: nodes.join() })}`, signal);
  }

  tensors(id: string, signal?: AbortSignal) {
    return this.get<TensorsPayload>(`api/tensors?${query({ id })}`, signal);
  }

  values(at: TensorPlace, slice: string, signal?: AbortSignal) {
    return this.get<ValuesPayload>(address('values', at, { slice }), signal);
  }

  /** A slice as cells to colour; `axes` and `method` as the route has them. */
  picture(at: TensorPlace, asked: PictureAsked, signal?: AbortSignal) {
    return this.get<PicturePayload>(address('picture', at, pictureParameters(asked)), signal);
  }

  /** Strings that hold a text, from the `start`-th found on. */
  strings(id: string, key: string, q: string, start: number, signal?: AbortSignal) {
    const parameters = { id, key, q, start: String(start) };
    return this.get<StringsPayload>(`api/strings?${query(parameters)}`, signal);
  }

  /** Singular values of a matrix; half a minute at most. */
  spectrum(id: string, key: string, signal?: AbortSignal) {
    return this.get<SpectrumPayload>(`api/spectrum?${query({ id, key })}`, signal);
  }

  /** Address of a document, to open as plain text. */
  documentAddress(id: string, name: string): string {
    return `${this.root}api/document?${query({ id, name })}`;
  }

  /** How the verification of an artifact stands; begins none. */
  verification(id: string, signal?: AbortSignal) {
    return this.get<VerifyPayload>(`api/verify?${query({ id })}`, signal);
  }

  /** Begins or ends a verification. */
  verify(id: string, action: 'start' | 'cancel') {
    return this.post<VerifyPayload>('api/verify', { id, action });
  }

  /** Statistics that came since an earlier answer; begins nothing. */
  stats(id: string, since: string, signal?: AbortSignal) {
    return this.look<StatsPayload>(`api/stats?${query({ id, since })}`, signal);
  }

  /** Begins to compute statistics, ends that, or says what to do first. */
  actOnStats(id: string, action: StatsAction, rows: readonly number[] = []) {
    return this.post<StatsJobPayload>('api/stats', { id, action, rows: rows.join() });
  }

  histograms(id: string, rows: readonly number[], signal?: AbortSignal) {
    return this.look<HistogramsPayload>(
      `api/histograms?${query({ id, rows: rows.join() })}`,
      signal,
    );
  }

  tensorStats(id: string, key: string, signal?: AbortSignal) {
    return this.look<TensorStatsPayload>(`api/tensor_stats?${query({ id, key })}`, signal);
  }

  /** The series that a checkpoint belongs to; reads indexes only. */
  timeline(id: string, signal?: AbortSignal) {
    return this.get<TimelinePayload>(`api/timeline?${query({ id })}`, signal);
  }

  /** Sums that changed since a generation, and how the reading stands; begins none. */
  timelineValues(id: string, since: number, signal?: AbortSignal) {
    const path = `api/timeline_values?${query({ id, since: String(since) })}`;
    return this.get<TimelineValuesPayload>(path, signal);
  }

  /** Begins or ends the reading of a series' values. */
  readTimeline(id: string, action: 'start' | 'cancel') {
    return this.post<object>('api/timeline', { id, action });
  }

  /** What an artifact's weights have in common with others, as far as that is known. */
  lineage(id: string, signal?: AbortSignal) {
    return this.get<LineagePayload>(`api/lineage?${query({ id })}`, signal);
  }

  /** The closest relation of each artifact. */
  lineageMarks(signal?: AbortSignal) {
    return this.get<LineageMarksPayload>('api/lineage_marks', signal);
  }

  sharedLayers(id: string, other: string, signal?: AbortSignal) {
    return this.get<SharedLayersPayload>(`api/shared_layers?${query({ id, other })}`, signal);
  }

  /** What an artifact could do to whoever loads or calls it. */
  scan(id: string, signal?: AbortSignal) {
    return this.get<ScanPayload>(`api/scan?${query({ id })}`, signal);
  }

  /** The worst of each artifact that is not clean; begins to scan what is new. */
  scanMarks(signal?: AbortSignal) {
    return this.get<ScanMarksPayload>('api/scan_marks', signal);
  }

  /** Where an artifact runs; `target` as the route has it, empty for the usual ones. */
  portability(id: string, target: string, signal?: AbortSignal) {
    const path = `api/portability?${query(target ? { id, target } : { id })}`;
    return this.get<PortabilityPayload>(path, signal);
  }

  scalarTags(id: string, signal?: AbortSignal) {
    return this.get<ScalarTagsPayload>(`api/scalar_tags?${query({ id })}`, signal);
  }

  scalars(id: string, run: string, tag: string, signal?: AbortSignal) {
    return this.get<ScalarsPayload>(`api/scalars?${query({ id, run, tag })}`, signal);
  }

  /** What restoring one artifact into another would do; `asked` as the route has its parameters. */
  restore(asked: Record<string, string>, signal?: AbortSignal) {
    return this.get<RestorePayload>(`api/restore?${query(asked)}`, signal);
  }

  /** Where two artifacts differ, from what their indexes tell. */
  diff({ before, after }: Sides, all: boolean, signal?: AbortSignal) {
    const path = `api/diff?${query({ before, after, all: all ? '1' : '0' })}`;
    return this.get<DiffPayload>(path, signal);
  }

  /** Numbers of pairs that came since an earlier answer; begins nothing. */
  diffValues({ before, after }: Sides, since: string, signal?: AbortSignal) {
    const path = `api/diff_values?${query({ before, after, since })}`;
    return this.look<DiffValuesPayload>(path, signal);
  }

  /** Begins or ends the reading of values. */
  actOnDiff({ before, after }: Sides, action: DiffAction, pairs: readonly number[] = []) {
    return this.post<DiffJobPayload>('api/diff', { before, after, action, pairs: pairs.join() });
  }

  diffPair({ before, after }: Sides, pair: number, signal?: AbortSignal) {
    const path = `api/diff_pair?${query({ before, after, pair: String(pair) })}`;
    return this.look<DiffPairPayload>(path, signal);
  }

  /** The same slice of both tensors and of their difference; `asked` as for `picture`. */
  diffPicture({ before, after }: Sides, pair: number, asked: PictureAsked, signal?: AbortSignal) {
    const parameters = { before, after, pair: String(pair), ...pictureParameters(asked) };
    return this.get<DiffPicturePayload>(`api/diff_picture?${query(parameters)}`, signal);
  }

  /** The calls of a model that the server keeps. */
  calls(id: string, signal?: AbortSignal) {
    return this.look<RunPayload>(`api/run?${query({ id })}`, signal);
  }

  /** Begins a call; only ever because somebody clicked. `inputs` is JSON, as the route has it. */
  run(id: string, tags: string, signature: string, inputs: string) {
    return this.post<RunAnswerPayload>('api/run', { id, tags, signature, inputs });
  }

  call(call: string, signal?: AbortSignal) {
    return this.look<RunAnswerPayload>(`api/run_call?${query({ call })}`, signal);
  }

  cancelCall(call: string) {
    return this.post<RunAnswerPayload>('api/run_call', { call, action: 'cancel' });
  }

  /** Makes a call again, to find its first NaN. */
  findNan(call: string) {
    return this.post<RunAnswerPayload>('api/run_call', { call, action: 'find_nan' });
  }

  /** Makes a call again, with the tensors of a node or a scope of a graph. */
  watchCall(call: string, graph: string, node: string) {
    return this.post<RunAnswerPayload>('api/run_call', { call, action: 'watch', graph, node });
  }

  /**
   * Calls a model again, and another one: by their ids what it is compared with, and what its own
   * variables get their values from first, if anything.
   */
  compareCall(call: string, other: string, restore: string, tolerance: string) {
    const more = { ...(restore && { restore }), ...(tolerance && { tolerance }) };
    return this.post<RunAnswerPayload>('api/run_call', { call, action: 'compare', other, ...more });
  }

  /** What a signature is to be called with. */
  runForm(id: string, tags: string, signature: string, signal?: AbortSignal) {
    return this.get<RunFormPayload>(`api/run_form?${query({ id, signature, tags })}`, signal);
  }

  runStats(at: CallPlace, signal?: AbortSignal) {
    return this.get<TensorStatsPayload>(address('stats', at), signal);
  }

  /** The likeliest classes, named by an asset; empty: by one that fits. */
  runTop(call: string, key: string, asset: string, signal?: AbortSignal) {
    const asked: Record<string, string> = { call, key };
    if (asset) asked.asset = asset;
    return this.get<RunTopPayload>(`api/run_top?${query(asked)}`, signal);
  }

  /** An array of a call as a `.npy` file. */
  async runArray(at: CallPlace, slice: string, signal?: AbortSignal) {
    const path = address('npy', at, { slice });
    const response = await this.request(path, { signal: signal ?? null });
    return response.ok ? response.arrayBuffer() : readAnswer<ArrayBuffer>(response);
  }

  /** Address of a tensor, or of a slice of it, as a `.npy` file to download. */
  npyAddress(at: TensorPlace, slice = ''): string {
    return this.root + address('npy', at, slice ? { slice } : {});
  }

  /** The same as comma-separated values. */
  csvAddress(id: string, key: string, slice = ''): string {
    return `${this.root}api/csv?${query(slice ? { id, key, slice } : { id, key })}`;
  }

  /**
   * @throws ApiError with the server's own words, or of type `NoAnswer`; `AbortError` stays itself.
   */
  private async get<T>(
    path: string,
    signal?: AbortSignal,
    read: (response: Response) => Promise<T> = readAnswer,
  ): Promise<T> {
    const known = this.kept.get(path);
    const headers: HeadersInit = known ? { 'If-None-Match': known.etag } : {};
    const response = await this.request(path, { headers, signal: signal ?? null });
    if (response.status === 304 && known) return known.payload as T;
    const payload = await read(response);
    const etag = response.headers.get('ETag');
    if (etag) this.keep(path, etag, payload);
    return payload;
  }

  /** What is no other time the same: nothing is kept of it. */
  private async look<T>(path: string, signal?: AbortSignal): Promise<T> {
    return readAnswer<T>(await this.request(path, { signal: signal ?? null }));
  }

  /** Asks the server to do something; the header says that no other page asks. */
  private async post<T>(path: string, fields: Record<string, string>): Promise<T> {
    const headers = { 'Content-Type': 'application/json', 'X-Modelinspect-Action': '1' };
    const init = { method: 'POST', headers, body: JSON.stringify(fields) };
    return readAnswer<T>(await this.request(path, init));
  }

  private async request(path: string, init: RequestInit): Promise<Response> {
    const early = this.early.get(path);
    this.early.delete(path);
    try {
      return await (early ?? this.send(this.root + path, init));
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ApiError(
        'NoAnswer',
        'TensorBoard does not answer. Look whether it still runs in its terminal, then try again.',
      );
    }
  }

  private keep(path: string, etag: string, payload: unknown) {
    this.kept.delete(path);
    this.kept.set(path, { etag, payload });
    const oldest = this.kept.keys().next();
    if (this.kept.size > KEPT && !oldest.done) this.kept.delete(oldest.value);
  }
}

async function readAnswer<T>(response: Response): Promise<T> {
  const text = await response.text();
  let answer: Answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new ApiError(
      `HTTP ${response.status}`,
      `The server answered with ${response.status} ${response.statusText} and no data: ` +
        `${text.slice(0, 300) || 'an empty page'}`,
    );
  }
  if (!answer.ok) throw new ApiError(answer.error.type, answer.error.message, answer.error.id);
  return answer as T;
}

/** A document comes as it is; what is wrong with the request, as for any other. */
function readText(response: Response): Promise<string> {
  return response.ok ? response.text() : readAnswer(response);
}

function pictureParameters({ height, width, method, ...given }: PictureAsked) {
  return { ...given, height: String(height), width: String(width), method: method || 'mean' };
}

function graphsPath(id: string): string {
  return `api/graphs?${query({ id })}`;
}

/** A route about a tensor: those of calls have names of their own. */
function address(route: string, at: TensorPlace, more: Record<string, string> = {}): string {
  return `api/${'call' in at ? 'run_' : ''}${route}?${query({ ...at, ...more })}`;
}

function query(parameters: Record<string, string>): string {
  return new URLSearchParams(parameters).toString();
}
