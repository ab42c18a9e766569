"""What the routes answer, as dataclasses; `frontend/src/api/types.ts` is generated from them.

An answer is its payload's fields beside `"ok": true`; what went wrong, `{"ok": false, "error": …}`.
Names are those of the command line's `--json`. Tables with many rows are columns (one list per
column), so that 100,000 tensors stay a few megabytes before gzip. Clients send opaque ids only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """`error` of `{"ok": false, "error": …}`; `id` finds an unexpected one in the server's log."""

    type: str
    message: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class RootInfo:
    """A folder that is searched: its name in `--logdir_spec` (else empty) and the resolved path."""

    name: str
    path: str
    exists: bool


@dataclass(frozen=True, slots=True)
class ScanInfo:
    """The search for artifacts: `generation` counts finished scans, `note` says what cut one short.

    While `running` or `counting`, later answers will hold more: rows, or their `parameters` and
    `tensors`.
    """

    running: bool
    counting: bool
    generation: int
    folders: int
    elapsed_s: float
    note: str | None


@dataclass(frozen=True, slots=True)
class KindPayload:
    """A kind of finding, such as `nan`: how bad the worst is, and how many tensors have it."""

    kind: str
    severity: str
    tensors: int


@dataclass(frozen=True, slots=True)
class ArtifactRow:
    """One artifact as Home lists it.

    `parameters` (of the model itself, aliases and optimizer left out) and `tensors` are null until
    they are known or when the artifact cannot be opened. `series` joins checkpoints of one folder
    and base name. `findings` are those about tensors that a job of `stats` told, the worst first.
    """

    id: str
    path: str
    kind: str
    state: str
    reason: str | None
    run: str | None
    step: int | None
    series: str | None
    nbytes: int
    mtime_s: float
    parameters: int | None
    tensors: int | None
    findings: list[KindPayload]


@dataclass(frozen=True, slots=True)
class ArtifactsPayload:
    """`artifacts`: everything found. `runs` are TensorBoard's run names."""

    scan: ScanInfo
    roots: list[RootInfo]
    runs: list[str]
    artifacts: list[ArtifactRow]


@dataclass(frozen=True, slots=True)
class SpecPayload:
    """An input or output; `shape` null: rank unknown, null in it: size unknown."""

    key: str
    dtype: str
    shape: list[int | None] | None
    name: str
    encoding: str
    has_default: bool


@dataclass(frozen=True, slots=True)
class SignaturePayload:
    """A signature; `internal` ones are TensorFlow's own and not for callers."""

    key: str
    method_name: str
    inputs: list[SpecPayload]
    outputs: list[SpecPayload]
    internal: bool


@dataclass(frozen=True, slots=True)
class NamedCount:
    """A name and how many: ops, nodes of a function."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class CollectionPayload:
    """A TF1 collection: its key, the kind of its list (`node_list`, `bytes_list` …), entries."""

    name: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class AssetPayload:
    """An asset file and the tensor that is fed its path; `nbytes` null: the file is missing."""

    name: str
    tensor: str
    nbytes: int | None


@dataclass(frozen=True, slots=True)
class MetaGraphPayload:
    """A MetaGraph, or a lone graph as one; `ops` most frequent first, `functions` by name."""

    tags: list[str]
    tensorflow_version: str
    producer: int
    min_consumer: int
    signatures: list[SignaturePayload]
    node_count: int
    functions: list[NamedCount]
    ops: list[NamedCount]
    collections: list[CollectionPayload]
    assets: list[AssetPayload]
    has_object_graph: bool


@dataclass(frozen=True, slots=True)
class FilePayload:
    """A file of the artifact; `nbytes` null: missing."""

    name: str
    nbytes: int | None


@dataclass(frozen=True, slots=True)
class DocumentPayload:
    """A text that the artifact carries, such as a Keras config; `document?id=&name=` gives it."""

    name: str
    nbytes: int


@dataclass(frozen=True, slots=True)
class SumPayload:
    """A row of the totals; `name` is a role or a dtype."""

    name: str
    tensors: int
    parameters: int
    nbytes: int


@dataclass(frozen=True, slots=True)
class TotalsPayload:
    """Totals with each alias counted once; `model_parameters` = roles weight and state."""

    by_role: list[SumPayload]
    by_dtype: list[SumPayload]
    all: SumPayload
    aliases: SumPayload
    model_parameters: int


@dataclass(frozen=True, slots=True)
class ArtifactPayload:
    """`artifact?id=`: the Model page.

    `format` says how it is stored where the kind leaves that open (`V1`, `HDF5`, `text`). `error`
    is set, and the lists are empty, when the artifact cannot be opened: the page then shows the
    row, its files and the error.
    """

    artifact: ArtifactRow
    format: str
    error: ErrorBody | None
    files: list[FilePayload]
    meta_graphs: list[MetaGraphPayload]
    totals: TotalsPayload | None
    object_count: int
    fingerprint: dict[str, str] | None
    documents: list[DocumentPayload]
    notes: list[str]
    location: str


@dataclass(frozen=True, slots=True)
class FoundPayload:
    """A finding about the health of weights; `severity` is `problem`, `warning` or `note`.

    `evidence` is what was measured, without a full stop; `advice` a sentence.
    """

    kind: str
    severity: str
    evidence: str
    advice: str


@dataclass(frozen=True, slots=True)
class HealthPayload:
    """`health?id=`: findings about the artifact as a whole, which names and checksums tell."""

    findings: list[FoundPayload]


@dataclass(frozen=True, slots=True)
class ObjectPayload:
    """One object of the tree; `children` pairs of local name and node id; `keys` of its tensors."""

    id: int
    kind: str
    label: str
    detail: str
    children: list[tuple[str, int]]
    keys: list[str]


@dataclass(frozen=True, slots=True)
class ObjectsPayload:
    """`objects?id=&nodes=0,3`: the nodes asked for and their children (500 nodes at most)."""

    count: int
    nodes: list[ObjectPayload]


@dataclass(frozen=True, slots=True)
class TensorsPayload:
    """`tensors?id=`: all tensors as columns of one length; `alias_of` is a row index or -1."""

    key: list[str]
    name: list[str]
    dtype: list[str]
    shape: list[tuple[int, ...]]
    nbytes: list[int]
    role: list[str]
    alias_of: list[int]
    totals: TotalsPayload


@dataclass(frozen=True, slots=True)
class ValuesPayload:
    r"""`values?id=&key=&slice=0:10,:`: at most 10,000 elements, row-major.

    `text` holds every element as exact, shortest text (`NaN`, `inf`, `-inf`; strings decoded for
    display, unprintable bytes as `\xNN`). `region` has start, stop, step per axis of `shape`;
    `result_shape` is the shape of what came.
    """

    key: str
    name: str
    dtype: str
    shape: list[int]
    region: list[tuple[int, int, int]]
    result_shape: list[int]
    text: list[str]


@dataclass(frozen=True, slots=True)
class FindingPayload:
    """Something found while verifying; `problem` false: it harms nothing.

    `start` and `stop` are the bytes of the file `path` that it is about, half open, null where no
    place is known; `tensor` is a key.
    """

    problem: bool
    path: str
    start: int | None
    stop: int | None
    thing: str
    tensor: str | None
    fact: str
    next_step: str


@dataclass(frozen=True, slots=True)
class StepPayload:
    """A step of verifying; `outcome` is `waiting`, `running`, `passed`, `failed` or `skipped`.

    It looks at `count` things, each a `noun`, in `nbytes` bytes. `findings` are the first 200
    problems and facts; the counts are of all.
    """

    name: str
    title: str
    outcome: str
    count: int
    noun: str
    nbytes: int
    problem_count: int
    fact_count: int
    findings: list[FindingPayload]


@dataclass(frozen=True, slots=True)
class VerifyPayload:
    """`verify?id=`: whether the artifact is whole, as far as that is known.

    `state` is `idle` before it was asked for, `waiting` (for others), `running`, `done`,
    `cancelled`, or `changed`: the files are others since, so that the result was dropped. `verdict`
    is `passed`, `failed` or `incomplete`, null unless done. `error` says why there is no result.
    """

    state: str
    verdict: str | None
    nbytes: int
    done_nbytes: int
    elapsed_s: float
    steps: list[StepPayload]
    error: ErrorBody | None


@dataclass(frozen=True, slots=True)
class StatusPayload:
    """`status`: version, what went wrong at start-up, and whether models may be run."""

    version: str
    problem: str | None
    allow_run: bool
