"""What a restore would do, as data: a row per variable of both sides, an attachment, snippets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.tensor import Role

Method = Literal["object", "name", "keras_h5", "keras_weights"]
METHODS: tuple[Method, ...] = ("object", "name", "keras_h5", "keras_weights")
"""`object`: `tf.train.Checkpoint(root).restore` along the edges of the object graph. `name`: by the
names of variables, as `tf.compat.v1.train.Saver` does, and `tf.train.Checkpoint` with what TF1
wrote. `keras_h5`: `load_weights` of legacy HDF5. `keras_weights`: of `.weights.h5`, `.keras`."""

Status = Literal["matched", "shape_mismatch", "dtype_mismatch", "missing", "unused", "partial"]
STATUSES: tuple[Status, ...] = (
    "matched",
    "shape_mismatch",
    "dtype_mismatch",
    "partial",
    "missing",
    "unused",
)
"""`missing` in the checkpoint; `unused` is what only the checkpoint has; `partial`: some slices."""


class Side(NamedTuple):
    """A variable as one side has it.

    Attributes:
        key: Of the tensor in that artifact.
        name: What a person calls it.
        dtype: Element type.
        shape: Sizes of the axes.
    """

    key: str
    name: str
    dtype: DType
    shape: tuple[int, ...]


class Nearest(NamedTuple):
    """A tensor of the other side that may be what is looked for.

    Attributes:
        key: Of the tensor in the other artifact.
        name: What a person calls it: a path of the object graph, else its name.
        score: 0 to 1; 1 for the same content.
        reason: Why, as a phrase: `same content`, `same shape, similar name`.
    """

    key: str
    name: str
    score: float
    reason: str


class Row(NamedTuple):
    """What happens to one variable.

    Attributes:
        status: What the comparison says.
        target: The variable that would be restored; None if the checkpoint alone has it.
        checkpoint: What it would be restored from; None if there is nothing.
        looked_for: Where the restore looks for it in the checkpoint: a path along the object
            graph, a name, or a layer's path. Of an unused tensor where a target would have to
            hold it.
        is_restored: Whether the variable has the checkpoint's values after the call. A restore
            that stops with an error leaves what comes later as it was, though it matches; a cast
            restores what differs in type.
        role: What the variable is for.
        reason: A sentence that says what is wrong; empty for `matched`.
        nearest: Best first; none for `matched`.
    """

    status: Status
    target: Side | None
    checkpoint: Side | None
    looked_for: str
    is_restored: bool
    role: Role
    reason: str = ""
    nearest: tuple[Nearest, ...] = ()

    @property
    def side(self) -> Side:
        """The variable as the target has it, else as the checkpoint does."""
        side = self.target or self.checkpoint
        if side is None:
            raise ValueError("A row has a target, a checkpoint or both.")
        return side


class Attachment(NamedTuple):
    """Which object of the target is restored from which object of the checkpoint.

    Attributes:
        checkpoint: Path of the object in the checkpoint, parts joined by dots; empty: its root.
        target: The same in the target.
        matched: Variables of the target that would get values.
        total: Variables of the target that could get some.
        reason: Why it was tried or chosen, as a sentence.
    """

    checkpoint: str
    target: str
    matched: int
    total: int
    reason: str

    @property
    def is_plain(self) -> bool:
        """Whether it is root to root: what a restore does that is told nothing."""
        return not self.checkpoint and not self.target


AS_IT_IS = Attachment("", "", 0, 0, "")
"""Root to root; the only one there is where names decide."""


class Failure(NamedTuple):
    """The exception a restore would end with.

    Attributes:
        type: Class: `ValueError`, `NotFoundError`, `InvalidArgumentError`, `AssertionError`.
        message: What it says, in essence; the wording differs between versions.
        keys: Of variables of the target that cause it, else of the checkpoint.
    """

    type: str
    message: str
    keys: tuple[str, ...] = ()


SnippetKind = Literal[
    "checkpoint",
    "restore",
    "rename",
    "assignment_map",
    "expect_partial",
    "load_weights",
]


class Snippet(NamedTuple):
    """Python to paste; it holds for these two artifacts.

    Attributes:
        kind: What it is: a `tf.train.Checkpoint(…)` call, a restore by name, a map of names, an
            `assignment_map`, the `expect_partial()` line, a `load_weights` call.
        title: What it does, as a short phrase.
        code: The lines.
        note: What it would silence or leave out, as sentences; may be empty.
    """

    kind: SnippetKind
    title: str
    code: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """How the restore is called.

    Attributes:
        method: None: what fits the two artifacts.
        by_name: Of `keras_h5`: `load_weights(…, by_name=True)`.
        skip_mismatch: Of both Keras methods: `load_weights(…, skip_mismatch=True)`.
        attach: Path of the object of the checkpoint that the target's root is attached to; empty:
            root to root; None: the best that is found.
        var_list: Of `name` into a graph: name in the checkpoint by name of the variable, as the
            `Saver` is given them; None: all, each under its own.
        read: Of `object`: `tf.train.Checkpoint.read`, which makes no `save_counter`.
    """

    method: Method | None = None
    by_name: bool = False
    skip_mismatch: bool = False
    attach: str | None = None
    read: bool = False
    var_list: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class RestoreCheck:
    """What a restore of a checkpoint into a target would do.

    Attributes:
        checkpoint: Path of the artifact that values come from.
        target: Path of the artifact that stands for what is restored.
        method: How it is restored.
        call: The call that was simulated, as Python: `tf.train.Checkpoint(model=model).restore(…)`.
            Empty where none restores one of the two from the other.
        why: Why this method, as a sentence.
        rows: The variables of the target in its order, then what only the checkpoint has.
        attachment: The one that the rows are of.
        attachments: All that were tried, the plain one first; just that one unless `object`.
        failure: What the call itself would raise; None if it returns.
        assert_consumed: What `status.assert_consumed()` would raise; None if it passes, or there
            is no such status.
        assert_existing_objects_matched: The same of that method.
        snippets: What to paste, most useful first.
        notes: What could not be told, or is only a guess, as sentences.
    """

    checkpoint: str
    target: str
    method: Method
    call: str
    why: str
    rows: tuple[Row, ...]
    attachment: Attachment = AS_IT_IS
    attachments: tuple[Attachment, ...] = (AS_IT_IS,)
    failure: Failure | None = None
    assert_consumed: Failure | None = None
    assert_existing_objects_matched: Failure | None = None
    snippets: tuple[Snippet, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        counted = ", ".join(f"{count:,} {status}" for status, count in self.counts.items() if count)
        return f"<RestoreCheck: {'fits' if self.fits else 'does not fit'}; {counted}>"

    @property
    def counts(self) -> Mapping[Status, int]:
        """Rows by status; statuses that do not occur are 0. Cost: one pass over the rows."""
        counted = Counter(row.status for row in self.rows)
        return {status: counted[status] for status in STATUSES}

    @property
    def restored(self) -> int:
        """Variables of the target that have the checkpoint's values afterwards."""
        return sum(row.is_restored for row in self.rows)

    @property
    def total(self) -> int:
        """Variables of the target."""
        return sum(row.target is not None for row in self.rows)

    @property
    def fits(self) -> bool:
        """Whether there is a call that returns, and restores every variable of the target as it is.

        One that would change its shape does not count.
        """
        reshaped = any(row.is_restored and row.status == "shape_mismatch" for row in self.rows)
        returns = bool(self.call) and self.failure is None
        return returns and self.restored == self.total and not reshaped
