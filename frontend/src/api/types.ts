// Generated from the payloads of tensorboard_plugin_modelinspect/views/http: do not edit, but write
// it anew with `python -m tools.generate_types`.
// long because: it is generated, and one place to look.

/** `error` of `{"ok": false, "error": …}`; `id` finds an unexpected one in the server's log. */
export interface ErrorBody {
  type: string;
  message: string;
  id: string | null;
}

/** A folder that is searched: its name in `--logdir_spec` (else empty) and the resolved path. */
export interface RootInfo {
  name: string;
  path: string;
  exists: boolean;
}

/**
 * The search for artifacts: `generation` counts finished scans, `note` says what cut one short.
 *
 * While `running` or `counting`, later answers will hold more: rows, or their `parameters` and
 * `tensors`.
 */
export interface ScanInfo {
  running: boolean;
  counting: boolean;
  generation: number;
  folders: number;
  elapsed_s: number;
  note: string | null;
}

/** A kind of finding, such as `nan`: how bad the worst is, and how many tensors have it. */
export interface KindPayload {
  kind: string;
  severity: string;
  tensors: number;
}

/**
 * One artifact as Home lists it.
 *
 * `parameters` (of the model itself, aliases and optimizer left out) and `tensors` are null until
 * they are known or when the artifact cannot be opened. `series` joins checkpoints of one folder
 * and base name. `findings` are those about tensors that a job of `stats` told, the worst first.
 */
export interface ArtifactRow {
  id: string;
  path: string;
  kind: string;
  state: string;
  reason: string | null;
  run: string | null;
  step: number | null;
  series: string | null;
  nbytes: number;
  mtime_s: number;
  parameters: number | null;
  tensors: number | null;
  findings: KindPayload[];
}

/** `artifacts`: everything found. `runs` are TensorBoard's run names. */
export interface ArtifactsPayload {
  scan: ScanInfo;
  roots: RootInfo[];
  runs: string[];
  artifacts: ArtifactRow[];
}

/** An input or output; `shape` null: rank unknown, null in it: size unknown. */
export interface SpecPayload {
  key: string;
  dtype: string;
  shape: (number | null)[] | null;
  name: string;
  encoding: string;
  has_default: boolean;
}

/** A signature; `internal` ones are TensorFlow's own and not for callers. */
export interface SignaturePayload {
  key: string;
  method_name: string;
  inputs: SpecPayload[];
  outputs: SpecPayload[];
  internal: boolean;
}

/** A name and how many: ops, nodes of a function. */
export interface NamedCount {
  name: string;
  count: number;
}

/** A TF1 collection: its key, the kind of its list (`node_list`, `bytes_list` …), entries. */
export interface CollectionPayload {
  name: string;
  kind: string;
  count: number;
}

/** An asset file and the tensor that is fed its path; `nbytes` null: the file is missing. */
export interface AssetPayload {
  name: string;
  tensor: string;
  nbytes: number | null;
}

/** A MetaGraph, or a lone graph as one; `ops` most frequent first, `functions` by name. */
export interface MetaGraphPayload {
  tags: string[];
  tensorflow_version: string;
  producer: number;
  min_consumer: number;
  signatures: SignaturePayload[];
  node_count: number;
  functions: NamedCount[];
  ops: NamedCount[];
  collections: CollectionPayload[];
  assets: AssetPayload[];
  has_object_graph: boolean;
}

/** A file of the artifact; `nbytes` null: missing. */
export interface FilePayload {
  name: string;
  nbytes: number | null;
}

/** A text that the artifact carries, such as a Keras config; `document?id=&name=` gives it. */
export interface DocumentPayload {
  name: string;
  nbytes: number;
}

/** A row of the totals; `name` is a role or a dtype. */
export interface SumPayload {
  name: string;
  tensors: number;
  parameters: number;
  nbytes: number;
}

/** Totals with each alias counted once; `model_parameters` = roles weight and state. */
export interface TotalsPayload {
  by_role: SumPayload[];
  by_dtype: SumPayload[];
  all: SumPayload;
  aliases: SumPayload;
  model_parameters: number;
}

/**
 * `artifact?id=`: the Model page.
 *
 * `format` says how it is stored where the kind leaves that open (`V1`, `HDF5`, `text`). `error`
 * is set, and the lists are empty, when the artifact cannot be opened: the page then shows the
 * row, its files and the error.
 */
export interface ArtifactPayload {
  artifact: ArtifactRow;
  format: string;
  error: ErrorBody | null;
  files: FilePayload[];
  meta_graphs: MetaGraphPayload[];
  totals: TotalsPayload | null;
  object_count: number;
  fingerprint: { [name: string]: string } | null;
  documents: DocumentPayload[];
  notes: string[];
  location: string;
}

/**
 * A finding about the health of weights; `severity` is `problem`, `warning` or `note`.
 *
 * `evidence` is what was measured, without a full stop; `advice` a sentence.
 */
export interface FoundPayload {
  kind: string;
  severity: string;
  evidence: string;
  advice: string;
}

/** `health?id=`: findings about the artifact as a whole, which names and checksums tell. */
export interface HealthPayload {
  findings: FoundPayload[];
}

/** One object of the tree; `children` pairs of local name and node id; `keys` of its tensors. */
export interface ObjectPayload {
  id: number;
  kind: string;
  label: string;
  detail: string;
  children: [string, number][];
  keys: string[];
}

/** `objects?id=&nodes=0,3`: the nodes asked for and their children (500 nodes at most). */
export interface ObjectsPayload {
  count: number;
  nodes: ObjectPayload[];
}

/** `tensors?id=`: all tensors as columns of one length; `alias_of` is a row index or -1. */
export interface TensorsPayload {
  key: string[];
  name: string[];
  dtype: string[];
  shape: number[][];
  nbytes: number[];
  role: string[];
  alias_of: number[];
  totals: TotalsPayload;
}

/**
 * `values?id=&key=&slice=0:10,:`: at most 10,000 elements, row-major.
 *
 * `text` holds every element as exact, shortest text (`NaN`, `inf`, `-inf`; strings decoded for
 * display, unprintable bytes as `\xNN`). `region` has start, stop, step per axis of `shape`;
 * `result_shape` is the shape of what came.
 */
export interface ValuesPayload {
  key: string;
  name: string;
  dtype: string;
  shape: number[];
  region: [number, number, number][];
  result_shape: number[];
  text: string[];
}

/**
 * Something found while verifying; `problem` false: it harms nothing.
 *
 * `start` and `stop` are the bytes of the file `path` that it is about, half open, null where no
 * place is known; `tensor` is a key.
 */
export interface FindingPayload {
  problem: boolean;
  path: string;
  start: number | null;
  stop: number | null;
  thing: string;
  tensor: string | null;
  fact: string;
  next_step: string;
}

/**
 * A step of verifying; `outcome` is `waiting`, `running`, `passed`, `failed` or `skipped`.
 *
 * It looks at `count` things, each a `noun`, in `nbytes` bytes. `findings` are the first 200
 * problems and facts; the counts are of all.
 */
export interface StepPayload {
  name: string;
  title: string;
  outcome: string;
  count: number;
  noun: string;
  nbytes: number;
  problem_count: number;
  fact_count: number;
  findings: FindingPayload[];
}

/**
 * `verify?id=`: whether the artifact is whole, as far as that is known.
 *
 * `state` is `idle` before it was asked for, `waiting` (for others), `running`, `done`,
 * `cancelled`, or `changed`: the files are others since, so that the result was dropped. `verdict`
 * is `passed`, `failed` or `incomplete`, null unless done. `error` says why there is no result.
 */
export interface VerifyPayload {
  state: string;
  verdict: string | null;
  nbytes: number;
  done_nbytes: number;
  elapsed_s: number;
  steps: StepPayload[];
  error: ErrorBody | null;
}

/** `status`: version, what went wrong at start-up, and whether models may be run. */
export interface StatusPayload {
  version: string;
  problem: string | null;
  allow_run: boolean;
}

/**
 * How far the look at all artifacts is.
 *
 * `state`: `waiting` for the search, `looking`, `relating` (all are looked at; what the marks say
 * is being worked out) or `done`. `note` says what was left out.
 */
export interface LineageJobPayload {
  state: string;
  looked: number;
  artifacts: number;
  note: string | null;
}

/**
 * The weights of an artifact: those that count, as `docs/lineage.md` says, aliases once.
 *
 * `hash` is null if there are none, or the checksum of one is not known; `unknown` counts these,
 * `telling` those whose content is evidence, `left_out` all other tensors. `repeated` tensors are
 * stored once more, which takes `repeated_nbytes`.
 */
export interface WeightsPayload {
  hash: string | null;
  tensors: number;
  parameters: number;
  nbytes: number;
  unknown: number;
  telling: number;
  left_out: number;
  repeated: number;
  repeated_nbytes: number;
}

/** An artifact that has something in common with another. */
export interface RelativePayload {
  id: string;
  path: string;
  kind: string;
  step: number | null;
}

/**
 * What an artifact has in common with a series or one other artifact.
 *
 * `extent`: `same`, `within` (all of its own are in the other, which has more), `holds` (all of
 * the other's are in its own) or `part`. `others` have most in common with it: several only of one
 * series, in order of step; `ties` counts all of those, `less` the others of the series. `tensors`
 * of its weights are in the other, too, and `other_tensors` of the other's in its own.
 */
export interface RelationPayload {
  extent: string;
  others: RelativePayload[];
  ties: number;
  less: number;
  tensors: number;
  parameters: number;
  other_tensors: number;
  other_parameters: number;
}

/**
 * `lineage`: of one artifact.
 *
 * `weights` is null while it was not looked at, and if it cannot be opened; `problem` says why.
 * `more` counts further relations, at least.
 */
export interface LineagePayload {
  job: LineageJobPayload;
  weights: WeightsPayload | null;
  problem: string | null;
  relations: RelationPayload[];
  more: number;
}

/** A weight that two artifacts share; `is_telling`: it is evidence by itself. */
export interface SharedTensorPayload {
  name: string;
  other_name: string;
  dtype: string;
  shape: number[];
  size: number;
  is_telling: boolean;
}

/** A layer that two artifacts share: those of its `of_tensors` weights that are equal. */
export interface SharedLayerPayload {
  name: string;
  other_name: string;
  of_tensors: number;
  parameters: number;
  tensors: SharedTensorPayload[];
}

/** `shared_layers`: in stored order. `left_out` layers are too many to be listed. */
export interface SharedLayersPayload {
  layers: SharedLayerPayload[];
  left_out: number;
}

/**
 * `lineage_marks`: the closest relation of each artifact that has one, as columns.
 *
 * `parameters` of `of_parameters` elements of its weights are in `other`, too; `ties` as in a
 * relation, and `last_step` is that of the last of them. What the marks are is known up to the
 * artifact that the job is at.
 */
export interface LineageMarksPayload {
  job: LineageJobPayload;
  id: string[];
  extent: string[];
  other: string[];
  path: string[];
  step: (number | null)[];
  last_step: (number | null)[];
  ties: number[];
  parameters: number[];
  of_parameters: number[];
}

/**
 * How `count` indices along an axis (null: none) are `cells`: `block` of them to each.
 *
 * Of those every `step`-th was read; the last cell may have fewer.
 */
export interface GrainPayload {
  axis: number | null;
  count: number;
  step: number;
  block: number;
  cells: number;
}

/**
 * `picture?id=&key=&slice=&axes=&height=&width=&method=`: a slice as at most 65,536 cells.
 *
 * `cells` are numbers of `cell_type` (`float32` or `float64`), little-endian, in base64: tile by
 * tile, row by row; NaN where a cell has no finite element. `nan`, `posinf` and `neginf` are
 * counts per cell of elements that are none (uint32, the same way), empty where none is in any.
 * `min` and `max` are of the finite elements read, the ranges of the cells: `robust_range` from
 * their 1st to their 99th percentile, all null where there are none. `description` says what a
 * cell is; `exact`: one element. About `nbytes` were read.
 */
export interface PicturePayload {
  key: string;
  dtype: string;
  shape: number[];
  region: [number, number, number][];
  rows: GrainPayload;
  columns: GrainPayload;
  tile_rows: GrainPayload;
  tile_columns: GrainPayload;
  method: string;
  description: string;
  exact: boolean;
  cell_type: string;
  cells: string;
  nan: string;
  posinf: string;
  neginf: string;
  nan_count: number;
  posinf_count: number;
  neginf_count: number;
  min: number | null;
  max: number | null;
  robust_range: [number, number] | null;
  full_range: [number, number] | null;
  nbytes: number;
}

/**
 * `strings?id=&key=&q=&start=`: of `count` strings the 1,000 found from the `start`-th on.
 *
 * `matched` are found in all. Columns: `index` (row-major), `text` (cut after 1,000 bytes, with
 * `\xNN` for what cannot be shown) and `nbytes` of the whole string.
 */
export interface StringsPayload {
  key: string;
  count: number;
  matched: number;
  start: number;
  index: number[];
  text: string[];
  nbytes: number[];
}

/**
 * How far the statistics of an artifact are: what a `POST` to `stats` answers.
 *
 * `state` is `idle` while something is not known and nobody finds it out, `waiting`, `running`,
 * `done`, `cancelled`, or `changed`: the files are others since, so that all was dropped. The
 * statistics of `done` of `total` tensors are known; `unknown_nbytes` is what would have to be
 * read for the others, and once more for output channels. `done_nbytes` of `nbytes` are read of
 * what was asked for. `error` says what ended it early.
 */
export interface StatsJobPayload {
  state: string;
  done: number;
  total: number;
  unknown_nbytes: number;
  nbytes: number;
  done_nbytes: number;
  elapsed_s: number;
  error: ErrorBody | null;
}

/**
 * `stats?id=&since=`: statistics of tensors as columns, for each row of `tensors` that came.
 *
 * `since` is the `generation` of an earlier answer. `whole` says that the rows here are all that
 * is known, not only what came since: forget the others. At most 5,000 rows come at a time, and
 * `more` says that there are others. A row comes again when more is known of it. It has an `error`
 * or numbers; of these null is what does not exist (the mean of nothing finite) or is not finite.
 * Where `nan` is null without an error, only findings by its name are known. `findings` are pairs
 * of kind and severity; `tensor_stats` has the words. `of_artifact` are those about no tensor.
 */
export interface StatsPayload {
  job: StatsJobPayload;
  generation: string;
  whole: boolean;
  more: boolean;
  of_artifact: FoundPayload[];
  rows: number[];
  nan: (number | null)[];
  posinf: (number | null)[];
  neginf: (number | null)[];
  zeros: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
  mean: (number | null)[];
  std: (number | null)[];
  l1: (number | null)[];
  l2: (number | null)[];
  findings: [string, string][][];
  error: (string | null)[];
}

/**
 * Counts of values in `[edge, next edge)`, the last bin with its upper edge.
 *
 * `edges` has one more than `counts`, or none where nothing is finite. Widths may differ.
 */
export interface HistogramPayload {
  edges: number[];
  counts: number[];
}

/** `histograms?id=&rows=3,4`: histograms of up to 32 bins, of those rows that are known. */
export interface HistogramsPayload {
  rows: number[];
  histograms: HistogramPayload[];
}

/**
 * Statistics of one tensor; `of` is `value`, `magnitude` (complex) or `length` (strings).
 *
 * From `min` on they are of the finite values; null: there is none, or float64 overflows. `text`
 * has min, max, mean, std, l1 and l2 in full, also those that no number of JSON holds (`inf`,
 * large integers). `quantiles` have keys such as `0.01`. Coordinates are null if there is none.
 */
export interface NumbersPayload {
  of: string;
  count: number;
  nan: number;
  posinf: number;
  neginf: number;
  zeros: number;
  min: number | null;
  max: number | null;
  mean: number | null;
  std: number | null;
  l1: number | null;
  l2: number | null;
  text: { [name: string]: string };
  histogram: HistogramPayload;
  quantiles: { [name: string]: number };
  first_nan: number[] | null;
  first_inf: number[] | null;
}

/**
 * `tensor_stats?id=&key=`: all that is known of one tensor's values.
 *
 * `stats` and `error` null: they were not computed, and the tensor is too large to do so at once.
 * `unknown_nbytes` is what would have to be read for what is not known, output channels too.
 */
export interface TensorStatsPayload {
  key: string;
  name: string;
  unknown_nbytes: number;
  stats: NumbersPayload | null;
  findings: FoundPayload[];
  error: ErrorBody | null;
}

/**
 * `spectrum?id=&key=`: singular values of a tensor as a matrix, the largest first.
 *
 * `columns` is its last axis, `rows` are all others. The ranks are null of a matrix of zeros,
 * `condition` is null where the smallest value is 0.
 */
export interface SpectrumPayload {
  key: string;
  rows: number;
  columns: number;
  frobenius_norm: number;
  stable_rank: number | null;
  effective_rank: number | null;
  condition: number | null;
  singular_values: number[];
}

/**
 * A series: the checkpoints of one folder and base name; `name` is that base name.
 *
 * `run` is TensorBoard's, `folder` the path below the logdir (`.` for the logdir itself).
 */
export interface SeriesPayload {
  name: string;
  run: string | null;
  folder: string;
}

/**
 * The checkpoints of a series in order of step, as columns of one length.
 *
 * `id` is null where only the state file still knows it. `mark`: `kept`, `deleted` (gone, but
 * known), `preserved` (kept though the state file dropped it from its list) or `unlisted` (there,
 * and newer than what the state file names). `problem` says what is wrong with one; of one that
 * cannot be opened no tensor is known.
 */
export interface CheckpointsPayload {
  id: (string | null)[];
  path: string[];
  step: (number | null)[];
  state: string[];
  mark: string[];
  nbytes: number[];
  mtime_s: number[];
  problem: (string | null)[];
}

/**
 * All tensors of a series without aliases, as columns; each as the newest that has it says.
 *
 * `layer` is the name without its last part: tensors of one layer are added up as one group.
 */
export interface SeriesTensorsPayload {
  key: string[];
  name: string[];
  layer: string[];
  dtype: string[];
  shape: number[][];
  role: string[];
  nbytes: number[];
}

/**
 * A stored scalar such as `learning_rate` or `iterations`, for each checkpoint.
 *
 * `values` null: absent, not finite, or not read; `text` has it exactly (`0.001`, `nan`).
 */
export interface HyperparameterPayload {
  key: string;
  name: string;
  values: (number | null)[];
  text: (string | null)[];
}

/**
 * The reading of values: `idle`, `waiting`, `running`, `done`, `cancelled` or `failed`.
 *
 * `nbytes` is what it reads in all; while `idle`, what it would read. `generation` grows with
 * every change of the values, `layout` names the checkpoints and tensors that all lists follow: if
 * it differs between two answers, ask for `timeline` again.
 */
export interface TimelineJobPayload {
  state: string;
  nbytes: number;
  done_nbytes: number;
  elapsed_s: number;
  generation: number;
  layout: string;
  error: ErrorBody | null;
}

/**
 * A sentence about a checkpoint or a tensor in it; both are places in the lists.
 *
 * `problem` false: worth knowing (a shape that changed), but nothing is wrong.
 */
export interface TimelineNotePayload {
  checkpoint: number | null;
  tensor: number | null;
  problem: boolean;
  message: string;
}

/**
 * `timeline?id=`: what the indexes of a series' checkpoints say, without reading weights.
 *
 * `content` has a row for each tensor and in it a number for each checkpoint: equal numbers of a
 * row are equal contents (frozen), -1 is absent, null unknown (no checksum stored, or the
 * checkpoint cannot be opened).
 */
export interface TimelinePayload {
  series: SeriesPayload;
  checkpoints: CheckpointsPayload;
  tensors: SeriesTensorsPayload;
  content: (number | null)[][];
  hyperparameters: HyperparameterPayload[];
  notes: TimelineNotePayload[];
  job: TimelineJobPayload;
}

/**
 * `timeline_values?id=&since=`: sums over the elements of tensors, for each checkpoint.
 *
 * Row `n` of every list belongs to the tensor at place `tensor[n]` of `timeline`; with `since` (a
 * `generation`) only rows that changed after it. A row has one entry for each checkpoint, null
 * where it is absent or not read. All can be added up over tensors:
 *
 * - `count`: elements; `nonfinite`: of these, NaN and infinite; `sum_sq`: of the finite ones.
 * - `previous`: place of the checkpoint that this one is compared with, null if with none. The
 *   rest is null then too, and otherwise sums over the elements that are finite in both:
 *   `delta_abs_sum` |a-b|, `delta_sum_sq` (a-b)^2, `dot` a*b.
 * - `pairs` how many these are, `pair_sum_sq` and `previous_pair_sum_sq` their squares, here and
 *   there. Null where all are finite: then they are `count`, `sum_sq` and the `sum_sq` of
 *   `previous`.
 *
 * L2 = sqrt(sum_sq); mean absolute change = delta_abs_sum / pairs; relative change =
 * sqrt(delta_sum_sq / previous_pair_sum_sq); cosine = dot / sqrt(pair_sum_sq *
 * previous_pair_sum_sq). `notes` are what reading found, so far.
 */
export interface TimelineValuesPayload {
  tensor: number[];
  count: (number | null)[][];
  nonfinite: (number | null)[][];
  sum_sq: (number | null)[][];
  previous: (number | null)[][];
  delta_abs_sum: (number | null)[][];
  delta_sum_sq: (number | null)[][];
  dot: (number | null)[][];
  pairs: (number | null)[][];
  pair_sum_sq: (number | null)[][];
  previous_pair_sum_sq: (number | null)[][];
  notes: TimelineNotePayload[];
  job: TimelineJobPayload;
}

/** A run of TensorBoard and its scalar tags. */
export interface ScalarRunPayload {
  run: string;
  tags: string[];
}

/**
 * `scalar_tags?id=`: scalars of the series' run, of its sub-runs, and of those beside it.
 *
 * Nearest first. `problem` says why there are none, where that is not for lack of any.
 */
export interface ScalarTagsPayload {
  runs: ScalarRunPayload[];
  problem: string | null;
}

/**
 * For each checkpoint the scalar at its step, or at the nearest one before (`exact` false).
 *
 * `id` as in `timeline`; `step` null: there is none. `value` null: none, or not finite.
 */
export interface ScalarPointsPayload {
  id: (string | null)[];
  step: (number | null)[];
  value: (number | null)[];
  exact: boolean[];
}

/**
 * `scalars?id=&run=&tag=`: at most 1,000 points; `values` null: not finite.
 *
 * `problem` says why there are none, where that is not for lack of any.
 */
export interface ScalarsPayload {
  run: string;
  tag: string;
  steps: number[];
  values: (number | null)[];
  checkpoints: ScalarPointsPayload;
  problem: string | null;
}

/**
 * Which object of the target is restored from which of the checkpoint; empty: the root.
 *
 * `matched` of the target's `total` variables would get values.
 */
export interface RestoreAttachmentPayload {
  checkpoint: string;
  target: string;
  matched: number;
  total: number;
  reason: string;
}

/**
 * An exception: its class, what it says in essence, and the first keys that cause it.
 *
 * `keys` are of the target, else of the checkpoint; `key_count` is how many there are.
 */
export interface RestoreFailurePayload {
  type: string;
  message: string;
  keys: string[];
  key_count: number;
}

/** Python to paste; `note`, which may be empty, says what it silences or leaves out. */
export interface RestoreSnippetPayload {
  kind: string;
  title: string;
  code: string;
  note: string;
}

/** A tensor of the other side that may be meant; `score` is 0 to 1. */
export interface RestoreNearestPayload {
  key: string;
  name: string;
  score: number;
  reason: string;
}

/**
 * Variables of both sides, as columns of one length: the target's, then unused ones.
 *
 * What a side does not have is null in its four columns. `restored`: whether the target's variable
 * has the checkpoint's values after the call. `looked_for`: where the checkpoint would have to
 * have it.
 */
export interface RestoreRowsPayload {
  status: string[];
  restored: boolean[];
  role: string[];
  looked_for: string[];
  reason: string[];
  target_key: (string | null)[];
  target_name: (string | null)[];
  target_dtype: (string | null)[];
  target_shape: (number[] | null)[];
  checkpoint_key: (string | null)[];
  checkpoint_name: (string | null)[];
  checkpoint_dtype: (string | null)[];
  checkpoint_shape: (number[] | null)[];
  nearest: RestoreNearestPayload[][];
}

/**
 * `restore?checkpoint=&target=`: what restoring one artifact into another would do.
 *
 * `counts` are of all rows by status. `rows` are those asked for, `row_count` of them in all: what
 * is longer than the answer may be is cut. `attached` is the place in `attachments` of the one
 * that is shown. `failure` is what the call raises; the two others what the methods of its status
 * would, null if they pass or there is no status. `command` says the same in a terminal.
 */
export interface RestorePayload {
  method: string;
  methods: string[];
  call: string;
  why: string;
  fits: boolean;
  verdict: string;
  restored: number;
  total: number;
  counts: { [name: string]: number };
  rows: RestoreRowsPayload;
  row_count: number;
  attachments: RestoreAttachmentPayload[];
  attached: number;
  failure: RestoreFailurePayload | null;
  assert_consumed: RestoreFailurePayload | null;
  assert_existing_objects_matched: RestoreFailurePayload | null;
  snippets: RestoreSnippetPayload[];
  notes: string[];
  command: string;
}

/** One of the two; `error` says why it cannot be opened, and `tensors` is 0 then. */
export interface DiffSidePayload {
  id: string;
  path: string;
  kind: string;
  format: string;
  location: string;
  tensors: number;
  error: ErrorBody | null;
}

/**
 * Pairs of tensors as columns of one length: a tensor before and after.
 *
 * `pair` names it to other routes. `state` is what is known without reading: `equal` and `changed`
 * by checksum, `unknown` (must be read), `incomparable` (cannot be), `added`, `removed`. `marks`
 * are some of `renamed`, `retyped`, `reshaped`, `moved` (another role), `alias` (repeats another
 * one) and `metadata` (a format's bookkeeping); the last two are in no count.
 *
 * `key` to `nbytes` are those after, or before where it was removed. `before_…` are null where
 * they are the same, or where there is none before. `by` is what paired them (`key`, `name`,
 * `content`, `guess`; null for one alone), `reason` why, with a `confidence` of 0 to 1.
 */
export interface PairsPayload {
  pair: number[];
  state: string[];
  marks: string[][];
  key: string[];
  name: string[];
  dtype: string[];
  shape: number[][];
  role: string[];
  nbytes: number[];
  before_key: (string | null)[];
  before_name: (string | null)[];
  before_dtype: (string | null)[];
  before_shape: (number[] | null)[];
  before_role: (string | null)[];
  before_nbytes: (number | null)[];
  by: (string | null)[];
  confidence: number[];
  reason: string[];
}

/**
 * A thing on both sides, in words; null: it is not there.
 *
 * `state` is `changed`, `added`, `removed`, or `equal` for what is listed beside what differs.
 */
export interface DiffLinePayload {
  state: string;
  name: string;
  before: string | null;
  after: string | null;
}

/** The first 500 of `count` lines; `folded`: of little interest at first. Title may be empty. */
export interface DiffListPayload {
  title: string;
  count: number;
  folded: boolean;
  lines: DiffLinePayload[];
}

/** A signature, tag-set or document that differs, or the object tree; `note` may be empty. */
export interface DiffGroupPayload {
  title: string;
  state: string;
  note: string;
  lists: DiffListPayload[];
}

/**
 * What differs besides tensors: `name` is `signatures`, `graph`, `objects` or `documents`.
 *
 * `skipped` says why it is not compared, null if it is. `count` things differ in all.
 */
export interface DiffPartPayload {
  name: string;
  skipped: string | null;
  count: number;
  groups: DiffGroupPayload[];
}

/**
 * `diff?before=&after=&all=`: where two artifacts differ, without a byte of values read.
 *
 * `summary` is the sentence of it. `pairs` are those not known to be equal, or all of them with
 * `all=1`; of the pairs that count, `total` are on both sides or one, and `equal` are equal by
 * checksum. What is the same is not listed.
 * `same_structure`: nothing differs but values, the writer's version and dates. `pair` numbers
 * hold for one `layout`; it is empty where a side cannot be opened.
 */
export interface DiffPayload {
  before: DiffSidePayload;
  after: DiffSidePayload;
  layout: string;
  summary: string;
  same_structure: boolean;
  total: number;
  equal: number;
  pairs: PairsPayload;
  parts: DiffPartPayload[];
  notes: string[];
}

/**
 * How far the reading of values is: what a `POST` to `diff` answers.
 *
 * `state` is `idle` while some pairs are not read and nobody reads them, `waiting` (for others),
 * `running`, `done` or `cancelled`. `done` of `total` pairs are read; `unknown_nbytes` is what
 * reading the others takes. `done_nbytes` of `nbytes` are read of what was asked for.
 */
export interface DiffJobPayload {
  state: string;
  done: number;
  total: number;
  unknown_nbytes: number;
  nbytes: number;
  done_nbytes: number;
  elapsed_s: number;
  layout: string;
  error: ErrorBody | null;
}

/**
 * `diff_values?before=&after=&since=`: numbers of pairs as columns, as far as they are read.
 *
 * `since` is the `generation` of an earlier answer. `whole` says that the rows here are all that
 * is known: forget the others. At most 5,000 rows come at a time; ask again as long as there are
 * some. `summary` includes what was read; null while reading goes on. `differing` of `count`
 * elements differ; numbers from `max_abs` on are null where there are none. A pair that cannot be
 * read has an `error`.
 */
export interface DiffValuesPayload {
  job: DiffJobPayload;
  generation: string;
  whole: boolean;
  summary: string | null;
  pair: number[];
  state: string[];
  count: (number | null)[];
  differing: (number | null)[];
  nan_before: (number | null)[];
  nan_after: (number | null)[];
  max_abs: (number | null)[];
  mean_abs: (number | null)[];
  l2: (number | null)[];
  relative_l2: (number | null)[];
  cosine: (number | null)[];
  error: (string | null)[];
}

/**
 * How the values of a pair differ, element by element; `first` is row-major.
 *
 * `of` is `value`, `magnitude` (complex) or `equality` (strings, bools: no numbers). `compared_as`
 * is the type both were taken to, empty if they have one. `rounding`: of different types, whether
 * one is the other rounded. NaN and infinities at the same place are no difference. `histogram` is
 * of after minus before, over the elements that differ. `text` has the numbers in full.
 */
export interface DifferencePayload {
  of: string;
  compared_as: string;
  count: number;
  differing: number;
  first: number[] | null;
  nan_both: number;
  nan_before: number;
  nan_after: number;
  max_abs: number | null;
  max_at: number[] | null;
  mean_abs: number | null;
  l2: number | null;
  relative_l2: number | null;
  cosine: number | null;
  rounding: boolean | null;
  histogram: HistogramPayload;
  text: { [name: string]: string };
}

/**
 * `diff_pair?before=&after=&pair=`: all about one pair.
 *
 * `values` and `error` null: it is known from checksums, cannot be compared, or was not read and
 * is too large to do so at once; `unread_nbytes` is what reading it takes, 0 where that tells no
 * more. `state`, `confidence` and `reason` as in `diff`, with what was read.
 */
export interface DiffPairPayload {
  pair: number;
  state: string;
  confidence: number;
  reason: string;
  unread_nbytes: number;
  values: DifferencePayload | null;
  error: ErrorBody | null;
}

/**
 * `diff_picture?before=&after=&pair=&slice=…`: the same slice of both, and after minus before.
 *
 * The three have the same cells. `robust_range` and `full_range` are over the cells of both
 * tensors: one scale for the two. `robust_change` and `full_change` are the same of the
 * magnitudes of the difference, whose scale has zero in its middle.
 */
export interface DiffPicturePayload {
  pair: number;
  before: PicturePayload;
  after: PicturePayload;
  difference: PicturePayload;
  robust_range: [number, number] | null;
  full_range: [number, number] | null;
  robust_change: number;
  full_change: number;
}

/**
 * Parts of names as a tree: entry 0 is the root (`parent` -1, `leaf` empty).
 *
 * A name is the leaves from below the root, joined by `/`. Parents come before their children.
 */
export interface GraphNamesPayload {
  parent: number[];
  leaf: string[];
}

/**
 * The nodes in file order; function arguments come first and results last.
 *
 * `name` is an entry of `names`; two nodes may have the same one (a damaged graph). `op` and
 * `device` are places in `ops` and `devices`. `flags` add up: 1 an argument or a result, which
 * the file does not store as a node, 2 plumbing (saving, restoring, initialising), 4 stateful,
 * 8 calls functions, 16 reads a variable, 32 an op that TensorFlow does not have, 64 stands for a
 * scope whose nodes are left out, 128 lies outside of the scope that was asked for. `number` is
 * what `graph_node` calls a node; it is empty where that is its place, and -1 for flag 64.
 */
export interface GraphNodesPayload {
  name: number[];
  op: number[];
  device: number[];
  flags: number[];
  number: number[];
}

/**
 * Data edges in the order of `target`, then `slot`: from output `port` to input `slot`.
 *
 * `type` is a place in `types`, -1 for an unknown one.
 */
export interface GraphEdgesPayload {
  source: number[];
  port: number[];
  target: number[];
  slot: number[];
  type: number[];
}

/** Control edges in the order of `target`: that one runs after `source`. */
export interface ControlEdgesPayload {
  source: number[];
  target: number[];
}

/**
 * What flows along an edge; `shape` as in a signature.
 *
 * `inferred`: the file does not say so, but the op and its inputs do.
 */
export interface EdgeTypePayload {
  dtype: string;
  shape: (number | null)[] | null;
  inferred: boolean;
}

/**
 * Which node calls which function (a place in `functions`), as columns.
 *
 * `role`: `call`, `body`, `cond`, `then`, `else`, `branch`, `map`, `gradient`, `kernel`, or
 * `other`. Not `known`: the library has no such function. Argument number `a` of the function is
 * input `a + shift` of the node, if it has that; null where inputs are not passed on by position.
 * Results are outputs by position.
 */
export interface GraphCallsPayload {
  node: number[];
  role: string[];
  function: number[];
  known: boolean[];
  shift: (number | null)[];
}

/**
 * An input or output of the graph: its node, its name, and its key in the signature or "".
 *
 * `port` is the number of the node's output: a node of a main graph may give several outputs.
 */
export interface GraphPortPayload {
  node: number;
  port: number;
  name: string;
  key: string;
}

/**
 * Variables as columns: the node that stands for each here, and its tensor.
 *
 * `key` is null where no tensor is known to hold its values; `name` is readable. `parameters`
 * counts elements. Constants that are weights (of a frozen graph) count as variables. `readers`
 * are the nodes of this graph that read it, calls that pass it on included.
 */
export interface GraphVariablesPayload {
  node: number[];
  key: (string | null)[];
  name: string[];
  nbytes: number[];
  parameters: number[];
  readers: number[][];
}

/**
 * Estimates by the formulas of docs/graph.md.
 *
 * `flops` has an entry for each node: 0 where nothing is computed, null where that is unknown. A
 * call has those of the functions it calls. Parameters belong to the first node that reads a
 * variable: `parameters[i]`, which take `nbytes[i]` bytes, to `parameter_node[i]`, and to all
 * others none.
 */
export interface GraphCostsPayload {
  flops: (number | null)[];
  parameter_node: number[];
  parameters: number[];
  nbytes: number[];
}

/** Inputs that name nodes which do not exist: how many, and a few of them. */
export interface DanglingPayload {
  count: number;
  examples: string[];
}

/**
 * Scopes whose nodes are left out of a `partial` document, as columns.
 *
 * `node` (flag 64) stands for one and has its edges, `scope` asks for what is in it, and
 * `count` is how many nodes that is.
 */
export interface HiddenScopesPayload {
  node: number[];
  scope: string[];
  count: number[];
}

/**
 * `graph?id=&graph=&scope=`: a graph as columns.
 *
 * `graph` is its id: empty for the first main graph, `main:` and the tags for another, else the
 * function's name. `kind`: `main`, `function` or `layers`. It is `partial` where nodes were left
 * out because there are too many: then `hidden` says where.
 */
export interface GraphPayload {
  graph: string;
  title: string;
  tags: string[];
  kind: string;
  scope: string;
  partial: boolean;
  names: GraphNamesPayload;
  nodes: GraphNodesPayload;
  ops: string[];
  devices: string[];
  edges: GraphEdgesPayload;
  control: ControlEdgesPayload;
  types: EdgeTypePayload[];
  functions: string[];
  calls: GraphCallsPayload;
  inputs: GraphPortPayload[];
  outputs: GraphPortPayload[];
  variables: GraphVariablesPayload;
  costs: GraphCostsPayload;
  dangling: DanglingPayload;
  hidden: HiddenScopesPayload;
  notes: string[];
}

/**
 * The graphs of an artifact as columns, main graphs first, then functions in file order.
 *
 * `nodes` are those the file stores; `control` edges do not count as `edges`. `calls` are places
 * in these columns. `plumbing`: only saving, restoring or initialising needs it.
 */
export interface GraphListPayload {
  id: string[];
  title: string[];
  kind: string[];
  nodes: number[];
  edges: number[];
  control: number[];
  calls: number[][];
  plumbing: boolean[];
}

/**
 * A signature, the graph that it runs, and the ops of that with all it calls.
 *
 * `body` is the first graph below that does more than to call another one: the one to open.
 * `flops` and `parameters` are of the graph, as in `costs`; `unknown` counts nodes whose flops
 * are unknown. `internal` as in `artifact`.
 */
export interface SignatureGraphPayload {
  key: string;
  tags: string[];
  graph: string;
  body: string;
  internal: boolean;
  ops: NamedCount[];
  flops: number;
  unknown: number;
  parameters: number;
}

/**
 * Ops of all main graphs and functions as columns, the most frequent first.
 *
 * `flags` are those of nodes that say something of an op: 4 stateful, 8 calling functions, 32
 * custom. `estimated`: there is a formula for its flops. `graph` has most of them.
 */
export interface OpUsesPayload {
  name: string[];
  count: number[];
  flags: number[];
  estimated: boolean[];
  graph: string[];
}

/** Tensors of variables that no graph reads but to save them: keys and readable names. */
export interface UnreadVariablesPayload {
  key: string[];
  name: string[];
}

/** `graphs?id=`: what graphs there are; `first` is the id of the one to open. */
export interface GraphsPayload {
  first: string;
  graphs: GraphListPayload;
  signatures: SignatureGraphPayload[];
  ops: OpUsesPayload;
  unread: UnreadVariablesPayload;
  notes: string[];
}

/**
 * An attribute of a node: `value` is JSON text, or words where that says nothing.
 *
 * `kind`: `string`, `int`, `float`, `bool`, `type`, `shape`, `tensor`, `func`, `list` or `none`.
 */
export interface GraphAttributePayload {
  name: string;
  kind: string;
  value: string;
}

/**
 * `graph_attributes?id=&graph=`: attributes of all nodes, for a search.
 *
 * `kind` is a number for each node of the graph, as `graph_node` numbers them. Kind `k` has the
 * texts at `attribute[start[k]]` up to `attribute[start[k + 1]]`, places in `text`: each is
 * `name=value`, a string without quotes, cut after 200 characters. `left_out` kinds have none
 * here, for the others have 8,000,000 characters.
 */
export interface GraphAttributesPayload {
  kind: number[];
  start: number[];
  attribute: number[];
  text: string[];
  left_out: number;
}

/**
 * An input or output of a node: a place of its own, and what is at the other end.
 *
 * `name` is what the op calls it, empty if unknown. `port` is the number of the output, or input,
 * of `node`.
 */
export interface NodeEdgePayload {
  slot: number;
  name: string;
  node: number;
  port: number;
  type: EdgeTypePayload | null;
}

/** Value of a constant: the first elements as text; `shown` of `count`. */
export interface ConstantPayload {
  dtype: string;
  shape: number[];
  count: number;
  shown: number;
  text: string[];
}

/** A line of the program that made a node, outermost first. */
export interface SourceLinePayload {
  file: string;
  line: number;
  function: string;
}

/** A function that a node calls: its role, and whether the library has it. */
export interface CalledFunctionPayload {
  role: string;
  function: string;
  known: boolean;
}

/**
 * `graph_node?id=&graph=&node=`: everything about one node.
 *
 * `flags` and `flops` as in `graph`. Inputs and outputs are data edges, at most 1,000 of each:
 * `input_count` and `output_count` are of all. `variables` are keys of tensors that it reads or
 * stands for.
 */
export interface GraphNodePayload {
  graph: string;
  node: number;
  name: string;
  op: string;
  device: string;
  flags: number;
  flops: number | null;
  parameters: number;
  attributes: GraphAttributePayload[];
  inputs: NodeEdgePayload[];
  input_count: number;
  outputs: NodeEdgePayload[];
  output_count: number;
  control_inputs: number[];
  control_outputs: number[];
  constant: ConstantPayload | null;
  calls: CalledFunctionPayload[];
  variables: string[];
  source: SourceLinePayload[];
  notes: string[];
}

/**
 * Who reaches a finding.
 *
 * `kind` is `signature`, `function` (another one that a loaded model offers), `graph` (one without
 * signatures, run by node), `initialisation` (runs when the graph is loaded), `loading` (Python
 * objects are made) or `saver`; the first two have a name.
 */
export interface ScanOriginPayload {
  kind: string;
  name: string;
}

/**
 * Where a finding is: a node (`number` in `graph`, as in the route `graph`), else in a file.
 *
 * `graph` null: in no graph; `number` -1: no node. `inside` is a path in a document, a member of
 * an archive, or a link.
 */
export interface ScanPlacePayload {
  file: string;
  graph: string | null;
  node: string;
  scope: string;
  number: number;
  inside: string;
}

/**
 * A finding of the scan; `severity` is `critical`, `high`, `medium`, `low` or `info`.
 *
 * `title` says what the `rule` is about. `where` is the first of `count` places. Nobody reaches it
 * if `reached_from` is empty. `argument` is the constant that is passed, null if none was traced.
 * `evidence` has no full stop, `advice` is a sentence. `listing` are lines of disassembly.
 */
export interface ScanFindingPayload {
  rule: string;
  title: string;
  severity: string;
  what: string;
  where: ScanPlacePayload;
  reached_from: ScanOriginPayload[];
  argument: string | null;
  evidence: string;
  advice: string;
  listing: string[];
  count: number;
}

/**
 * `scan?id=`: what could happen to whoever loads or calls an artifact.
 *
 * `verdict` is `dangerous`, `damaged`, `suspicious`, `incomplete` or `clean`, of the scan and the
 * integrity together; `worst` null: no finding. `integrity` is what the last verification says
 * (`passed`, `failed` or `incomplete`), null if there was none: `verify` starts one. `gaps` are
 * sentences about what was not looked at; `left_out` counts findings beyond those listed.
 * `problem` is why it cannot be opened, null if it can. `command` says the same in a terminal.
 */
export interface ScanPayload {
  verdict: string;
  worst: string | null;
  integrity: string | null;
  findings: ScanFindingPayload[];
  counts: { [name: string]: number };
  left_out: number;
  nodes: number;
  ops: number;
  functions: number;
  documents: number;
  files: number;
  gaps: string[];
  problem: string | null;
  command: string;
}

/** The worst of an artifact, for Home: its `title` is that of the worst finding's rule. */
export interface ScanMarkPayload {
  id: string;
  verdict: string;
  worst: string | null;
  rule: string | null;
  title: string | null;
  findings: number;
}

/**
 * `scan_marks`: artifacts with a finding above `info`, or that are not clean.
 *
 * While `running`, later answers will hold more: `scanned` of `artifacts` were looked at. `note`
 * says what was left for later, null if nothing.
 */
export interface ScanMarksPayload {
  running: boolean;
  scanned: number;
  artifacts: number;
  marks: ScanMarkPayload[];
  note: string | null;
}

/** A node: the id of its graph, as in `graphs`, and its name. */
export interface PortabilityPlacePayload {
  graph: string;
  node: string;
}

/**
 * One reason for a verdict; `verdict` is what it would be by this reason alone.
 *
 * `rule` is stable. `what` is the op, attribute, layer, type or device that it is about, `count`
 * how many nodes or layers, and `places` the first of them. `signatures` reach it. `advice` and
 * `command` (a line for the shell) may be empty.
 */
export interface PortabilityEvidencePayload {
  rule: string;
  verdict: string;
  what: string;
  fact: string;
  advice: string;
  command: string;
  count: number;
  places: PortabilityPlacePayload[];
  signatures: string[];
}

/**
 * A target and its verdict: `works`, `needs`, `unknown` or `fails`; the worst evidence first.
 *
 * `name` is the target without a version, as in `PortabilitySupportPayload`.
 */
export interface PortabilityTargetPayload {
  target: string;
  name: string;
  title: string;
  verdict: string;
  summary: string;
  evidence: PortabilityEvidencePayload[];
}

/** What one target makes of each op: verdicts in the order of `PortabilityOpsPayload.op`. */
export interface PortabilitySupportPayload {
  name: string;
  verdict: string[];
}

/**
 * Ops that are used, as columns by name; a graph can be coloured by `support`.
 *
 * `package` is `tensorflow`, a name on PyPI, or empty for an unknown one. `since` is the oldest
 * TensorFlow that takes the op as it is used here, empty if none is known. `plumbing`: its nodes
 * only save, restore or initialise.
 */
export interface PortabilityOpsPayload {
  op: string[];
  count: number[];
  package: string[];
  since: string[];
  plumbing: boolean[];
  support: PortabilitySupportPayload[];
}

/** Who wrote a MetaGraph; `released` are the oldest and newest TensorFlow of that producer. */
export interface PortabilityWriterPayload {
  tags: string[];
  tensorflow: string;
  released: string[];
  keras: string;
  producer: number;
  min_consumer: number;
}

/** An add-on package whose ops are used, and the line that installs it. */
export interface PortabilityPackagePayload {
  name: string;
  command: string;
  ops: string[];
}

/** A device or an element type, and how many nodes or tensors have it. */
export interface PortabilityCountPayload {
  name: string;
  count: number;
}

/**
 * `portability?id=&target=`: where an artifact runs.
 *
 * `target` may be left out (all of them) or be several, joined by commas. `oldest` is the oldest
 * TensorFlow that takes all of it, empty if none is known; `oldest_because` says what an older one
 * lacks. `releases` of TensorFlow are those that the tables know, the oldest first.
 */
export interface PortabilityPayload {
  writers: PortabilityWriterPayload[];
  releases: string[];
  oldest: string;
  oldest_because: PortabilityEvidencePayload[];
  targets: PortabilityTargetPayload[];
  ops: PortabilityOpsPayload;
  packages: PortabilityPackagePayload[];
  devices: PortabilityCountPayload[];
  dtypes: PortabilityCountPayload[];
  notes: string[];
  command: string;
}

/**
 * An input or output of a call.
 *
 * `text` has its elements, row-major, where there are at most 256; `run_values` gives slices of
 * the others. `has_values` is false of what has none outside of TensorFlow, such as a resource.
 */
export interface RunValuePayload {
  key: string;
  dtype: string;
  shape: number[];
  nbytes: number;
  has_values: boolean;
  text: string[] | null;
}

/**
 * A call as the history lists it; `asked_s` is in seconds since 1970.
 *
 * `state` is `queued`, `starting`, `loading`, `restoring`, `running`, `done`, `failed` or
 * `cancelled`; `ahead` says how many calls end before it begins. `words` is an error's message, or
 * what came in a line.
 */
export interface RunCallPayload {
  call: string;
  state: string;
  ahead: number;
  tags: string[];
  signature: string;
  asked_s: number;
  elapsed_s: number;
  words: string;
}

/** `run?id=`: the calls of an artifact that are kept, the last first. */
export interface RunPayload {
  calls: RunCallPayload[];
}

/**
 * Seconds and bytes of a call.
 *
 * `start_s` and `load_s` are what TensorFlow and the model took when they were loaded, for this
 * call or an earlier one. `run_s` is what the call took in TensorFlow, `overhead_s` everything
 * else. `is_first`: it was the first call of the signature, which builds it.
 */
export interface RunCostPayload {
  start_s: number | null;
  load_s: number | null;
  run_s: number;
  overhead_s: number;
  memory_nbytes: number;
  peak_nbytes: number | null;
  is_first: boolean;
  tensorflow: string;
  limits: string[];
}

/**
 * A tensor inside of a signature, in words, and where it is.
 *
 * `graph` is the function, empty for the main graph of the call's tags; `node` is empty of what
 * is no node (a value that a loop carries).
 */
export interface RunPlacePayload {
  text: string;
  graph: string;
  node: string;
}

/**
 * Where a call makes its first NaN.
 *
 * `kind` is `nan`; `infinity` if there is no NaN, but an infinite value; `none`. `made` is the
 * first tensor with one, `inputs` what it is made of, `infinity` where the infinite value comes
 * from that a NaN was made of. `reach` says what was counted and what was not looked at.
 */
export interface RunNanPayload {
  kind: string;
  made: RunPlacePayload | null;
  inputs: RunPlacePayload[];
  infinity: RunPlacePayload | null;
  looked_at: number;
  reach: string[];
}

/**
 * An inner tensor; its place among `watched` is its key where a slice or picture is asked for.
 *
 * `calls` are the nodes that lead to its function, joined by slashes. `text` has its first
 * values, row-major; where `reason` says why there are none it is empty, and `nbytes` 0. `finite`
 * is null of what has no NaN; `min`, `max` and `mean` are of the finite values, as text, null
 * without any.
 */
export interface RunWatchedPayload {
  node: string;
  output: number;
  op: string;
  calls: string;
  dtype: string;
  shape: number[] | null;
  size: number;
  nbytes: number;
  finite: number | null;
  min: string | null;
  max: string | null;
  mean: string | null;
  text: string[];
  reason: string;
}

/** A variable that kept its value, and why. */
export interface RunNotRestoredPayload {
  name: string;
  reason: string;
}

/**
 * What of a checkpoint was put into a model.
 *
 * `call` is the restore that was played through; empty where none fits and variables were paired
 * by their names. `kept` are the first of `kept_count` variables that kept their values, `unused`
 * names the first of `unused_count` tensors that only the checkpoint has. `failure` is what that
 * call would raise; empty if it returns.
 */
export interface RunRestoredPayload {
  call: string;
  variables: number;
  kept: RunNotRestoredPayload[];
  kept_count: number;
  unused: string[];
  unused_count: number;
  failure: string;
}

/**
 * A side of a comparison: a model, and where its variables got their values from.
 *
 * `path` is below the logdir, `location` on the machine of the server; of the model, and in
 * `values` of the checkpoint if there is one. `restored` and `log` come with its end.
 */
export interface RunSidePayload {
  id: string;
  path: string;
  location: string;
  values: RunValuesOfPayload | null;
  restored: RunRestoredPayload | null;
  log: string;
}

/** The artifact that values are taken from. */
export interface RunValuesOfPayload {
  id: string;
  path: string;
  location: string;
}

/**
 * How two tensors differ: `words` as the command line has them.
 *
 * `differs`: by more than the tolerance. `different` of `size` elements are not equal. `largest`
 * is the greatest absolute difference of two finite numbers, at `place`; null without any.
 * `reason` says why values could not be compared, or that types differ.
 */
export interface RunDifferencePayload {
  differs: boolean;
  words: string;
  size: number;
  different: number;
  largest: number | null;
  place: number[];
  reason: string;
}

/** An output of both sides; null where one has none of that key. */
export interface RunOutputPairPayload {
  key: string;
  left: RunValuePayload | null;
  right: RunValuePayload | null;
  difference: RunDifferencePayload;
}

/** An inner tensor of both sides, with its place in the first; `calls` as of others. */
export interface RunInnerPairPayload {
  node: string;
  output: number;
  op: string;
  graph: string;
  calls: string;
  dtype: string;
  shape: number[];
  difference: RunDifferencePayload;
}

/**
 * What a comparison found.
 *
 * `first` is the first inner tensor that is computed and differs, `reads` are variables and
 * constants that do, `computed` the others, each the first of so many in order of computation.
 * `compared` pairs were, `not_compared` have no values, `unpaired` says how many only the left
 * and the right have. `unwatched` says why there are no inner tensors at all.
 */
export interface RunComparedPayload {
  differs: boolean;
  outputs: RunOutputPairPayload[];
  first: RunInnerPairPayload | null;
  computed: RunInnerPairPayload[];
  computed_count: number;
  reads: RunInnerPairPayload[];
  reads_count: number;
  compared: number;
  not_compared: number;
  unpaired: number[];
  unwatched: string;
}

/**
 * Two answers to one call; that of the left side is the call's own.
 *
 * `at` is the side that is under way or that failed, `left` or `right`. `found` comes at the end.
 */
export interface RunComparisonPayload {
  left: RunSidePayload;
  right: RunSidePayload;
  at: string;
  tolerance: number;
  found: RunComparedPayload | null;
}

/**
 * `run_call?call=`: a call, what it was given, and once it is done what came of it.
 *
 * `log` is the end of what the model printed. `nan` is there if it was asked for, `watched` are
 * the first of `watched_count` inner tensors that were asked for, `comparison` is of a
 * comparison, which has no `cost`.
 */
export interface RunAnswerPayload {
  call: RunCallPayload;
  error: ErrorBody | null;
  inputs: RunValuePayload[];
  outputs: RunValuePayload[];
  cost: RunCostPayload | null;
  log: string;
  nan: RunNanPayload | null;
  watched: RunWatchedPayload[];
  watched_count: number;
  comparison: RunComparisonPayload | null;
}

/** A class of a row: its place in the last axis, its value as text, and its name if known. */
export interface RunClassPayload {
  index: number;
  value: number | null;
  text: string;
  label: string | null;
}

/**
 * `run_top?call=&key=`: the largest values of each row of an output, up to 5 of 16 rows.
 *
 * `assets` are text files of the model with a line for each of the `classes`; `asset` is the one
 * that `label` is from, or empty.
 */
export interface RunTopPayload {
  classes: number;
  rows: number;
  assets: string[];
  asset: string;
  top: RunClassPayload[][];
}

/**
 * A feature that a model takes out of a `tf.Example`.
 *
 * `shape` is null of one of any number of values. `default` has its first values as text, null
 * where the feature must be there.
 */
export interface RunFeaturePayload {
  name: string;
  dtype: string;
  shape: (number | null)[] | null;
  default: string[] | null;
}

/** An input whose strings are examples, and what the model takes out of them. */
export interface ParsedInputPayload {
  key: string;
  features: RunFeaturePayload[];
}

/** `features?id=&tags=&signature=`: the inputs that the model parses; others are left out. */
export interface FeaturesPayload {
  inputs: ParsedInputPayload[];
}

/**
 * An input to be filled in.
 *
 * A sparse input of a signature is three here, as TensorFlow takes it. `features` are those that
 * the model takes out of each string, if it parses them as examples.
 */
export interface RunInputPayload {
  key: string;
  dtype: string;
  shape: (number | null)[] | null;
  has_default: boolean;
  can_be_sent: boolean;
  features: RunFeaturePayload[];
}

/** `run_form?id=&signature=`: what a signature is to be called with. */
export interface RunFormPayload {
  inputs: RunInputPayload[];
}
