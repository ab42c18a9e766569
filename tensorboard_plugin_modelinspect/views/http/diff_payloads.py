"""What routes answer about the differences of two artifacts, as in `payloads.py`."""

from __future__ import annotations

from dataclasses import dataclass

from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody
from tensorboard_plugin_modelinspect.views.http.picture_payloads import PicturePayload
from tensorboard_plugin_modelinspect.views.http.stats_payloads import HistogramPayload


@dataclass(frozen=True, slots=True)
class DiffSidePayload:
    """One of the two; `error` says why it cannot be opened, and `tensors` is 0 then."""

    id: str
    path: str
    kind: str
    format: str
    location: str
    tensors: int
    error: ErrorBody | None


@dataclass(frozen=True, slots=True)
class PairsPayload:
    """Pairs of tensors as columns of one length: a tensor before and after.

    `pair` names it to other routes. `state` is what is known without reading: `equal` and `changed`
    by checksum, `unknown` (must be read), `incomparable` (cannot be), `added`, `removed`. `marks`
    are some of `renamed`, `retyped`, `reshaped`, `moved` (another role), `alias` (repeats another
    one) and `metadata` (a format's bookkeeping); the last two are in no count.

    `key` to `nbytes` are those after, or before where it was removed. `before_…` are null where
    they are the same, or where there is none before. `by` is what paired them (`key`, `name`,
    `content`, `guess`; null for one alone), `reason` why, with a `confidence` of 0 to 1.
    """

    pair: list[int]
    state: list[str]
    marks: list[list[str]]
    key: list[str]
    name: list[str]
    dtype: list[str]
    shape: list[tuple[int, ...]]
    role: list[str]
    nbytes: list[int]
    before_key: list[str | None]
    before_name: list[str | None]
    before_dtype: list[str | None]
    before_shape: list[tuple[int, ...] | None]
    before_role: list[str | None]
    before_nbytes: list[int | None]
    by: list[str | None]
    confidence: list[float]
    reason: list[str]


@dataclass(frozen=True, slots=True)
class DiffLinePayload:
    """A thing on both sides, in words; null: it is not there.

    `state` is `changed`, `added`, `removed`, or `equal` for what is listed beside what differs.
    """

    state: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class DiffListPayload:
    """The first 500 of `count` lines; `folded`: of little interest at first. Title may be empty."""

    title: str
    count: int
    folded: bool
    lines: list[DiffLinePayload]


@dataclass(frozen=True, slots=True)
class DiffGroupPayload:
    """A signature, tag-set or document that differs, or the object tree; `note` may be empty."""

    title: str
    state: str
    note: str
    lists: list[DiffListPayload]


@dataclass(frozen=True, slots=True)
class DiffPartPayload:
    """What differs besides tensors: `name` is `signatures`, `graph`, `objects` or `documents`.

    `skipped` says why it is not compared, null if it is. `count` things differ in all.
    """

    name: str
    skipped: str | None
    count: int
    groups: list[DiffGroupPayload]


@dataclass(frozen=True, slots=True)
class DiffPayload:
    """`diff?before=&after=&all=`: where two artifacts differ, without a byte of values read.

    `summary` is the sentence of it. `pairs` are those not known to be equal, or all of them with
    `all=1`; of the pairs that count, `total` are on both sides or one, and `equal` are equal by
    checksum. What is the same is not listed.
    `same_structure`: nothing differs but values, the writer's version and dates. `pair` numbers
    hold for one `layout`; it is empty where a side cannot be opened.
    """

    before: DiffSidePayload
    after: DiffSidePayload
    layout: str
    summary: str
    same_structure: bool
    total: int
    equal: int
    pairs: PairsPayload
    parts: list[DiffPartPayload]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class DiffJobPayload:
    """How far the reading of values is: what a `POST` to `diff` answers.

    `state` is `idle` while some pairs are not read and nobody reads them, `waiting` (for others),
    `running`, `done` or `cancelled`. `done` of `total` pairs are read; `unknown_nbytes` is what
    reading the others takes. `done_nbytes` of `nbytes` are read of what was asked for.
    """

    state: str
    done: int
    total: int
    unknown_nbytes: int
    nbytes: int
    done_nbytes: int
    elapsed_s: float
    layout: str
    error: ErrorBody | None


@dataclass(frozen=True, slots=True)
class DiffValuesPayload:
    """`diff_values?before=&after=&since=`: numbers of pairs as columns, as far as they are read.

    `since` is the `generation` of an earlier answer. `whole` says that the rows here are all that
    is known: forget the others. At most 5,000 rows come at a time; ask again as long as there are
    some. `summary` includes what was read; null while reading goes on. `differing` of `count`
    elements differ; numbers from `max_abs` on are null where there are none. A pair that cannot be
    read has an `error`.
    """

    job: DiffJobPayload
    generation: str
    whole: bool
    summary: str | None
    pair: list[int]
    state: list[str]
    count: list[int | None]
    differing: list[int | None]
    nan_before: list[int | None]
    nan_after: list[int | None]
    max_abs: list[float | None]
    mean_abs: list[float | None]
    l2: list[float | None]
    relative_l2: list[float | None]
    cosine: list[float | None]
    error: list[str | None]


@dataclass(frozen=True, slots=True)
class DifferencePayload:
    """How the values of a pair differ, element by element; `first` is row-major.

    `of` is `value`, `magnitude` (complex) or `equality` (strings, bools: no numbers). `compared_as`
    is the type both were taken to, empty if they have one. `rounding`: of different types, whether
    one is the other rounded. NaN and infinities at the same place are no difference. `histogram` is
    of after minus before, over the elements that differ. `text` has the numbers in full.
    """

    of: str
    compared_as: str
    count: int
    differing: int
    first: list[int] | None
    nan_both: int
    nan_before: int
    nan_after: int
    max_abs: float | None
    max_at: list[int] | None
    mean_abs: float | None
    l2: float | None
    relative_l2: float | None
    cosine: float | None
    rounding: bool | None
    histogram: HistogramPayload
    text: dict[str, str]


@dataclass(frozen=True, slots=True)
class DiffPairPayload:
    """`diff_pair?before=&after=&pair=`: all about one pair.

    `values` and `error` null: it is known from checksums, cannot be compared, or was not read and
    is too large to do so at once; `unread_nbytes` is what reading it takes, 0 where that tells no
    more. `state`, `confidence` and `reason` as in `diff`, with what was read.
    """

    pair: int
    state: str
    confidence: float
    reason: str
    unread_nbytes: int
    values: DifferencePayload | None
    error: ErrorBody | None


@dataclass(frozen=True, slots=True)
class DiffPicturePayload:
    """`diff_picture?before=&after=&pair=&slice=…`: the same slice of both, and after minus before.

    The three have the same cells. `robust_range` and `full_range` are over the cells of both
    tensors: one scale for the two. `robust_change` and `full_change` are the same of the
    magnitudes of the difference, whose scale has zero in its middle.
    """

    pair: int
    before: PicturePayload
    after: PicturePayload
    difference: PicturePayload
    robust_range: tuple[float, float] | None
    full_range: tuple[float, float] | None
    robust_change: float
    full_change: float
