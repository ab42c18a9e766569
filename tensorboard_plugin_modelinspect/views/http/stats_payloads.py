"""What routes answer about statistics of tensors, as in `payloads.py`."""

from __future__ import annotations

from dataclasses import dataclass

from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody, FoundPayload


@dataclass(frozen=True, slots=True)
class StatsJobPayload:
    """How far the statistics of an artifact are: what a `POST` to `stats` answers.

    `state` is `idle` while something is not known and nobody finds it out, `waiting`, `running`,
    `done`, `cancelled`, or `changed`: the files are others since, so that all was dropped. The
    statistics of `done` of `total` tensors are known; `unknown_nbytes` is what would have to be
    read for the others, and once more for output channels. `done_nbytes` of `nbytes` are read of
    what was asked for. `error` says what ended it early.
    """

    state: str
    done: int
    total: int
    unknown_nbytes: int
    nbytes: int
    done_nbytes: int
    elapsed_s: float
    error: ErrorBody | None


@dataclass(frozen=True, slots=True)
class StatsPayload:
    """`stats?id=&since=`: statistics of tensors as columns, for each row of `tensors` that came.

    `since` is the `generation` of an earlier answer. `whole` says that the rows here are all that
    is known, not only what came since: forget the others. At most 5,000 rows come at a time, and
    `more` says that there are others. A row comes again when more is known of it. It has an `error`
    or numbers; of these null is what does not exist (the mean of nothing finite) or is not finite.
    Where `nan` is null without an error, only findings by its name are known. `findings` are pairs
    of kind and severity; `tensor_stats` has the words. `of_artifact` are those about no tensor.
    """

    job: StatsJobPayload
    generation: str
    whole: bool
    more: bool
    of_artifact: list[FoundPayload]
    rows: list[int]
    nan: list[int | None]
    posinf: list[int | None]
    neginf: list[int | None]
    zeros: list[int | None]
    min: list[float | None]
    max: list[float | None]
    mean: list[float | None]
    std: list[float | None]
    l1: list[float | None]
    l2: list[float | None]
    findings: list[list[tuple[str, str]]]
    error: list[str | None]


@dataclass(frozen=True, slots=True)
class HistogramPayload:
    """Counts of values in `[edge, next edge)`, the last bin with its upper edge.

    `edges` has one more than `counts`, or none where nothing is finite. Widths may differ.
    """

    edges: list[float]
    counts: list[int]


@dataclass(frozen=True, slots=True)
class HistogramsPayload:
    """`histograms?id=&rows=3,4`: histograms of up to 32 bins, of those rows that are known."""

    rows: list[int]
    histograms: list[HistogramPayload]


@dataclass(frozen=True, slots=True)
class NumbersPayload:
    """Statistics of one tensor; `of` is `value`, `magnitude` (complex) or `length` (strings).

    From `min` on they are of the finite values; null: there is none, or float64 overflows. `text`
    has min, max, mean, std, l1 and l2 in full, also those that no number of JSON holds (`inf`,
    large integers). `quantiles` have keys such as `0.01`. Coordinates are null if there is none.
    """

    of: str
    count: int
    nan: int
    posinf: int
    neginf: int
    zeros: int
    min: float | None
    max: float | None
    mean: float | None
    std: float | None
    l1: float | None
    l2: float | None
    text: dict[str, str]
    histogram: HistogramPayload
    quantiles: dict[str, float]
    first_nan: list[int] | None
    first_inf: list[int] | None


@dataclass(frozen=True, slots=True)
class TensorStatsPayload:
    """`tensor_stats?id=&key=`: all that is known of one tensor's values.

    `stats` and `error` null: they were not computed, and the tensor is too large to do so at once.
    `unknown_nbytes` is what would have to be read for what is not known, output channels too.
    """

    key: str
    name: str
    unknown_nbytes: int
    stats: NumbersPayload | None
    findings: list[FoundPayload]
    error: ErrorBody | None
