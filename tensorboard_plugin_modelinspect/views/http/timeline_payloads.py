"""What the routes of the timeline answer; `payloads.py` says what all have in common."""

from __future__ import annotations

from dataclasses import dataclass

from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody


@dataclass(frozen=True, slots=True)
class SeriesPayload:
    """A series: the checkpoints of one folder and base name; `name` is that base name.

    `run` is TensorBoard's, `folder` the path below the logdir (`.` for the logdir itself).
    """

    name: str
    run: str | None
    folder: str


@dataclass(frozen=True, slots=True)
class CheckpointsPayload:
    """The checkpoints of a series in order of step, as columns of one length.

    `id` is null where only the state file still knows it. `mark`: `kept`, `deleted` (gone, but
    known), `preserved` (kept though the state file dropped it from its list) or `unlisted` (there,
    and newer than what the state file names). `problem` says what is wrong with one; of one that
    cannot be opened no tensor is known.
    """

    id: list[str | None]
    path: list[str]
    step: list[int | None]
    state: list[str]
    mark: list[str]
    nbytes: list[int]
    mtime_s: list[float]
    problem: list[str | None]


@dataclass(frozen=True, slots=True)
class SeriesTensorsPayload:
    """All tensors of a series without aliases, as columns; each as the newest that has it says.

    `layer` is the name without its last part: tensors of one layer are added up as one group.
    """

    key: list[str]
    name: list[str]
    layer: list[str]
    dtype: list[str]
    shape: list[list[int]]
    role: list[str]
    nbytes: list[int]


@dataclass(frozen=True, slots=True)
class HyperparameterPayload:
    """A stored scalar such as `learning_rate` or `iterations`, for each checkpoint.

    `values` null: absent, not finite, or not read; `text` has it exactly (`0.001`, `nan`).
    """

    key: str
    name: str
    values: list[float | None]
    text: list[str | None]


@dataclass(frozen=True, slots=True)
class TimelineJobPayload:
    """The reading of values: `idle`, `waiting`, `running`, `done`, `cancelled` or `failed`.

    `nbytes` is what it reads in all; while `idle`, what it would read. `generation` grows with
    every change of the values, `layout` names the checkpoints and tensors that all lists follow: if
    it differs between two answers, ask for `timeline` again.
    """

    state: str
    nbytes: int
    done_nbytes: int
    elapsed_s: float
    generation: int
    layout: str
    error: ErrorBody | None


@dataclass(frozen=True, slots=True)
class TimelineNotePayload:
    """A sentence about a checkpoint or a tensor in it; both are places in the lists.

    `problem` false: worth knowing (a shape that changed), but nothing is wrong.
    """

    checkpoint: int | None
    tensor: int | None
    problem: bool
    message: str


@dataclass(frozen=True, slots=True)
class TimelinePayload:
    """`timeline?id=`: what the indexes of a series' checkpoints say, without reading weights.

    `content` has a row for each tensor and in it a number for each checkpoint: equal numbers of a
    row are equal contents (frozen), -1 is absent, null unknown (no checksum stored, or the
    checkpoint cannot be opened).
    """

    series: SeriesPayload
    checkpoints: CheckpointsPayload
    tensors: SeriesTensorsPayload
    content: list[list[int | None]]
    hyperparameters: list[HyperparameterPayload]
    notes: list[TimelineNotePayload]
    job: TimelineJobPayload


@dataclass(frozen=True, slots=True)
class TimelineValuesPayload:
    """`timeline_values?id=&since=`: sums over the elements of tensors, for each checkpoint.

    Row `n` of every list belongs to the tensor at place `tensor[n]` of `timeline`; with `since` (a
    `generation`) only rows that changed after it. A row has one entry for each checkpoint, null
    where it is absent or not read. All can be added up over tensors:

    - `count`: elements; `nonfinite`: of these, NaN and infinite; `sum_sq`: of the finite ones.
    - `previous`: place of the checkpoint that this one is compared with, null if with none. The
      rest is null then too, and otherwise sums over the elements that are finite in both:
      `delta_abs_sum` |a-b|, `delta_sum_sq` (a-b)^2, `dot` a*b.
    - `pairs` how many these are, `pair_sum_sq` and `previous_pair_sum_sq` their squares, here and
      there. Null where all are finite: then they are `count`, `sum_sq` and the `sum_sq` of
      `previous`.

    L2 = sqrt(sum_sq); mean absolute change = delta_abs_sum / pairs; relative change =
    sqrt(delta_sum_sq / previous_pair_sum_sq); cosine = dot / sqrt(pair_sum_sq *
    previous_pair_sum_sq). `notes` are what reading found, so far.
    """

    tensor: list[int]
    count: list[list[int | None]]
    nonfinite: list[list[int | None]]
    sum_sq: list[list[float | None]]
    previous: list[list[int | None]]
    delta_abs_sum: list[list[float | None]]
    delta_sum_sq: list[list[float | None]]
    dot: list[list[float | None]]
    pairs: list[list[int | None]]
    pair_sum_sq: list[list[float | None]]
    previous_pair_sum_sq: list[list[float | None]]
    notes: list[TimelineNotePayload]
    job: TimelineJobPayload


@dataclass(frozen=True, slots=True)
class ScalarRunPayload:
    """A run of TensorBoard and its scalar tags."""

    run: str
    tags: list[str]


@dataclass(frozen=True, slots=True)
class ScalarTagsPayload:
    """`scalar_tags?id=`: scalars of the series' run, of its sub-runs, and of those beside it.

    Nearest first. `problem` says why there are none, where that is not for lack of any.
    """

    runs: list[ScalarRunPayload]
    problem: str | None


@dataclass(frozen=True, slots=True)
class ScalarPointsPayload:
    """For each checkpoint the scalar at its step, or at the nearest one before (`exact` false).

    `id` as in `timeline`; `step` null: there is none. `value` null: none, or not finite.
    """

    id: list[str | None]
    step: list[int | None]
    value: list[float | None]
    exact: list[bool]


@dataclass(frozen=True, slots=True)
class ScalarsPayload:
    """`scalars?id=&run=&tag=`: at most 1,000 points; `values` null: not finite.

    `problem` says why there are none, where that is not for lack of any.
    """

    run: str
    tag: str
    steps: list[int]
    values: list[float | None]
    checkpoints: ScalarPointsPayload
    problem: str | None
