"""What the routes that run models answer, as in `payloads.py`."""

from __future__ import annotations

from dataclasses import dataclass

from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody


@dataclass(frozen=True, slots=True)
class RunValuePayload:
    """An input or output of a call.

    `text` has its elements, row-major, where there are at most 256; `run_values` gives slices of
    the others. `has_values` is false of what has none outside of TensorFlow, such as a resource.
    """

    key: str
    dtype: str
    shape: list[int]
    nbytes: int
    has_values: bool
    text: list[str] | None


@dataclass(frozen=True, slots=True)
class RunCallPayload:
    """A call as the history lists it; `asked_s` is in seconds since 1970.

    `state` is `queued`, `starting`, `loading`, `restoring`, `running`, `done`, `failed` or
    `cancelled`; `ahead` says how many calls end before it begins. `words` is an error's message, or
    what came in a line.
    """

    call: str
    state: str
    ahead: int
    tags: list[str]
    signature: str
    asked_s: float
    elapsed_s: float
    words: str


@dataclass(frozen=True, slots=True)
class RunPayload:
    """`run?id=`: the calls of an artifact that are kept, the last first."""

    calls: list[RunCallPayload]


@dataclass(frozen=True, slots=True)
class RunCostPayload:
    """Seconds and bytes of a call.

    `start_s` and `load_s` are what TensorFlow and the model took when they were loaded, for this
    call or an earlier one. `run_s` is what the call took in TensorFlow, `overhead_s` everything
    else. `is_first`: it was the first call of the signature, which builds it.
    """

    start_s: float | None
    load_s: float | None
    run_s: float
    overhead_s: float
    memory_nbytes: int
    peak_nbytes: int | None
    is_first: bool
    tensorflow: str
    limits: list[str]


@dataclass(frozen=True, slots=True)
class RunPlacePayload:
    """A tensor inside of a signature, in words, and where it is.

    `graph` is the function, empty for the main graph of the call's tags; `node` is empty of what
    is no node (a value that a loop carries).
    """

    text: str
    graph: str
    node: str


@dataclass(frozen=True, slots=True)
class RunNanPayload:
    """Where a call makes its first NaN.

    `kind` is `nan`; `infinity` if there is no NaN, but an infinite value; `none`. `made` is the
    first tensor with one, `inputs` what it is made of, `infinity` where the infinite value comes
    from that a NaN was made of. `reach` says what was counted and what was not looked at.
    """

    kind: str
    made: RunPlacePayload | None
    inputs: list[RunPlacePayload]
    infinity: RunPlacePayload | None
    looked_at: int
    reach: list[str]


@dataclass(frozen=True, slots=True)
class RunWatchedPayload:
    """An inner tensor; its place among `watched` is its key where a slice or picture is asked for.

    `calls` are the nodes that lead to its function, joined by slashes. `text` has its first
    values, row-major; where `reason` says why there are none it is empty, and `nbytes` 0. `finite`
    is null of what has no NaN; `min`, `max` and `mean` are of the finite values, as text, null
    without any.
    """

    node: str
    output: int
    op: str
    calls: str
    dtype: str
    shape: list[int] | None
    size: int
    nbytes: int
    finite: int | None
    min: str | None
    max: str | None
    mean: str | None
    text: list[str]
    reason: str


@dataclass(frozen=True, slots=True)
class RunNotRestoredPayload:
    """A variable that kept its value, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunRestoredPayload:
    """What of a checkpoint was put into a model.

    `call` is the restore that was played through; empty where none fits and variables were paired
    by their names. `kept` are the first of `kept_count` variables that kept their values, `unused`
    names the first of `unused_count` tensors that only the checkpoint has. `failure` is what that
    call would raise; empty if it returns.
    """

    call: str
    variables: int
    kept: list[RunNotRestoredPayload]
    kept_count: int
    unused: list[str]
    unused_count: int
    failure: str


@dataclass(frozen=True, slots=True)
class RunSidePayload:
    """A side of a comparison: a model, and where its variables got their values from.

    `path` is below the logdir, `location` on the machine of the server; of the model, and in
    `values` of the checkpoint if there is one. `restored` and `log` come with its end.
    """

    id: str
    path: str
    location: str
    values: RunValuesOfPayload | None
    restored: RunRestoredPayload | None
    log: str


@dataclass(frozen=True, slots=True)
class RunValuesOfPayload:
    """The artifact that values are taken from."""

    id: str
    path: str
    location: str


@dataclass(frozen=True, slots=True)
class RunDifferencePayload:
    """How two tensors differ: `words` as the command line has them.

    `differs`: by more than the tolerance. `different` of `size` elements are not equal. `largest`
    is the greatest absolute difference of two finite numbers, at `place`; null without any.
    `reason` says why values could not be compared, or that types differ.
    """

    differs: bool
    words: str
    size: int
    different: int
    largest: float | None
    place: list[int]
    reason: str


@dataclass(frozen=True, slots=True)
class RunOutputPairPayload:
    """An output of both sides; null where one has none of that key."""

    key: str
    left: RunValuePayload | None
    right: RunValuePayload | None
    difference: RunDifferencePayload


@dataclass(frozen=True, slots=True)
class RunInnerPairPayload:
    """An inner tensor of both sides, with its place in the first; `calls` as of others."""

    node: str
    output: int
    op: str
    graph: str
    calls: str
    dtype: str
    shape: list[int]
    difference: RunDifferencePayload


@dataclass(frozen=True, slots=True)
class RunComparedPayload:
    """What a comparison found.

    `first` is the first inner tensor that is computed and differs, `reads` are variables and
    constants that do, `computed` the others, each the first of so many in order of computation.
    `compared` pairs were, `not_compared` have no values, `unpaired` says how many only the left
    and the right have. `unwatched` says why there are no inner tensors at all.
    """

    differs: bool
    outputs: list[RunOutputPairPayload]
    first: RunInnerPairPayload | None
    computed: list[RunInnerPairPayload]
    computed_count: int
    reads: list[RunInnerPairPayload]
    reads_count: int
    compared: int
    not_compared: int
    unpaired: list[int]
    unwatched: str


@dataclass(frozen=True, slots=True)
class RunComparisonPayload:
    """Two answers to one call; that of the left side is the call's own.

    `at` is the side that is under way or that failed, `left` or `right`. `found` comes at the end.
    """

    left: RunSidePayload
    right: RunSidePayload
    at: str
    tolerance: float
    found: RunComparedPayload | None


@dataclass(frozen=True, slots=True)
class RunAnswerPayload:
    """`run_call?call=`: a call, what it was given, and once it is done what came of it.

    `log` is the end of what the model printed. `nan` is there if it was asked for, `watched` are
    the first of `watched_count` inner tensors that were asked for, `comparison` is of a
    comparison, which has no `cost`.
    """

    call: RunCallPayload
    error: ErrorBody | None
    inputs: list[RunValuePayload]
    outputs: list[RunValuePayload]
    cost: RunCostPayload | None
    log: str
    nan: RunNanPayload | None
    watched: list[RunWatchedPayload]
    watched_count: int
    comparison: RunComparisonPayload | None


@dataclass(frozen=True, slots=True)
class RunClassPayload:
    """A class of a row: its place in the last axis, its value as text, and its name if known."""

    index: int
    value: float | None
    text: str
    label: str | None


@dataclass(frozen=True, slots=True)
class RunTopPayload:
    """`run_top?call=&key=`: the largest values of each row of an output, up to 5 of 16 rows.

    `assets` are text files of the model with a line for each of the `classes`; `asset` is the one
    that `label` is from, or empty.
    """

    classes: int
    rows: int
    assets: list[str]
    asset: str
    top: list[list[RunClassPayload]]


@dataclass(frozen=True, slots=True)
class RunFeaturePayload:
    """A feature that a model takes out of a `tf.Example`.

    `shape` is null of one of any number of values. `default` has its first values as text, null
    where the feature must be there.
    """

    name: str
    dtype: str
    shape: list[int | None] | None
    default: list[str] | None


@dataclass(frozen=True, slots=True)
class ParsedInputPayload:
    """An input whose strings are examples, and what the model takes out of them."""

    key: str
    features: list[RunFeaturePayload]


@dataclass(frozen=True, slots=True)
class FeaturesPayload:
    """`features?id=&tags=&signature=`: the inputs that the model parses; others are left out."""

    inputs: list[ParsedInputPayload]


@dataclass(frozen=True, slots=True)
class RunInputPayload:
    """An input to be filled in.

    A sparse input of a signature is three here, as TensorFlow takes it. `features` are those that
    the model takes out of each string, if it parses them as examples.
    """

    key: str
    dtype: str
    shape: list[int | None] | None
    has_default: bool
    can_be_sent: bool
    features: list[RunFeaturePayload]


@dataclass(frozen=True, slots=True)
class RunFormPayload:
    """`run_form?id=&signature=`: what a signature is to be called with."""

    inputs: list[RunInputPayload]
