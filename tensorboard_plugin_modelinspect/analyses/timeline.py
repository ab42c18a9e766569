"""A series of checkpoints: what stayed the same, from checksums alone, and sums of what changed.

Equal type, shape, size and checksum are equal content. What is compared with what is decided here;
`timeline_values` reads, and `Values` keeps what it computes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Literal, NamedTuple

from tensorboard_plugin_modelinspect.analyses.sums import Change, Sums, no_change
from tensorboard_plugin_modelinspect.model.artifact import State
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.tensor import Role, Tensor

ABSENT = -1
"""In place of a content: the checkpoint has no such tensor."""
UNOPENED = -2
"""In place of a content: the checkpoint cannot be opened."""
MOST_NOTES = 200
"""Notes that are kept; of more only that there are more."""

Mark = Literal["kept", "deleted", "preserved", "unlisted"]
MARKS: tuple[Mark, ...] = ("kept", "deleted", "preserved", "unlisted")


class Content(NamedTuple):
    """What a tensor holds in a checkpoint, known without reading it; equal ones are the same.

    Attributes:
        dtype: Element type.
        shape: Sizes of the axes.
        nbytes: Bytes its values take.
        crc32c: Checksum of the stored bytes; None if none is stored.
        file: In place of a checksum: the state of the files it lies in.
    """

    dtype: DType
    shape: tuple[int, ...]
    nbytes: int
    crc32c: int | None
    file: Hashable = None

    @property
    def has_numbers(self) -> bool:
        """Whether its elements are numbers that can be read."""
        return bool(self.dtype.numpy_name) and self.dtype.is_fixed

    def is_comparable(self, other: Content) -> bool:
        """Whether the elements of both belong together, one by one."""
        return self.shape == other.shape and _sort(self.dtype) == _sort(other.dtype)


def _sort(dtype: DType) -> str:
    """What is compared with its like: `real` (integers and bool too), `complex` or `other`."""
    if not dtype.is_fixed:
        return "other"
    return "complex" if dtype.name.startswith("complex") else "real"


class Outline(NamedTuple):
    """The tensors of one checkpoint without aliases: keys in stored order, and their contents."""

    keys: tuple[str, ...]
    contents: tuple[Content, ...]


class Checkpoint(NamedTuple):
    """A checkpoint of a series.

    Attributes:
        path: As its finder names it.
        step: Training step; None if unknown.
        state: `deleted` if only its name is known.
        mark: `preserved`: it is there though its manager dropped it from its list, as
            `keep_checkpoint_every_n_hours` does; `unlisted`: there, and newer than what is listed.
        nbytes: Of its files.
        mtime_s: Newest of its files, in seconds since 1970.
        problem: What is wrong with it; empty if nothing is.
    """

    path: str
    step: int | None
    state: State
    mark: Mark
    nbytes: int
    mtime_s: float
    problem: str = ""


class Naming(NamedTuple):
    """What a tensor is called and for, in all checkpoints of a series."""

    name: str
    role: Role


class Hyperparameter(NamedTuple):
    """A stored scalar of the optimizer, or a counter, at each checkpoint; None: absent or unread.

    Floats are the shortest number of their type: 0.001, not 0.0010000000474974513.
    """

    key: str
    name: str
    values: tuple[float | None, ...]


class Note(NamedTuple):
    """A sentence about a checkpoint (its place) or a tensor (its key) in it."""

    checkpoint: int | None
    tensor: str | None
    is_problem: bool
    message: str


class Cell(NamedTuple):
    """Numbers of a tensor or group at a checkpoint.

    Attributes:
        sums: None if it is absent, not of numbers, or not read.
        previous: Place of the checkpoint it is compared with: the nearest one before that has it
            and could be read; None if its type or shape was another there.
        change: Against `previous`; None if one of both is not read.
    """

    sums: Sums | None = None
    previous: int | None = None
    change: Change | None = None


NOTHING = Cell()
"""Of a tensor that is absent, or cannot be read."""


@dataclass(frozen=True, slots=True)
class SeriesTensor:
    """A tensor of a series.

    Attributes:
        key: As stored.
        name: Readable name.
        role: What it is for.
        contents: The different ones it has, in order of their first checkpoint.
        places: For each checkpoint an index into `contents`, or `ABSENT` or `UNOPENED`.
    """

    key: str
    name: str
    role: Role
    contents: tuple[Content, ...]
    places: tuple[int, ...]

    @property
    def layer(self) -> str:
        """The name without its last part; all of a name that has but one."""
        return self.name.rpartition("/")[0] or self.name

    @property
    def newest(self) -> Content:
        """Its content in the newest checkpoint that has it."""
        return self.contents[next(place for place in reversed(self.places) if place >= 0)]

    def at(self, place: int) -> Content | None:
        """Its content in a checkpoint; None if there is none."""
        index = self.places[place]
        return self.contents[index] if index >= 0 else None


@dataclass(slots=True)
class Known:
    """What was computed for one tensor, by content.

    Attributes:
        sums: Of each content read.
        changes: From one content to another; the way back is not kept.
        failed: Contents that could not be read.
        generation: When it last grew.
    """

    sums: dict[Content, Sums] = field(default_factory=dict)
    changes: dict[tuple[Content, Content], Change] = field(default_factory=dict)
    failed: set[Content] = field(default_factory=set)
    generation: int = 0

    def change(self, before: Content, after: Content) -> Change | None:
        """The change between two contents; None if it is not known."""
        if before == after:
            sums = self.sums.get(after)
            return None if sums is None else no_change(sums)
        known = self.changes.get((before, after))
        if known is None:
            back = self.changes.get((after, before))
            known = None if back is None else back.reversed()
        return known

    def keep_only(self, contents: frozenset[Content]) -> None:
        """Forget all other contents."""
        self.sums = {one: sums for one, sums in self.sums.items() if one in contents}
        self.changes = {
            pair: change for pair, change in self.changes.items() if contents.issuperset(pair)
        }


class Values:
    """All that was computed for the tensors of a series, kept when checkpoints come and go.

    May be shared by threads.

    Attributes:
        notes: What was found in reading, since `begin`.
        generation: Grows with every tensor that is computed.
    """

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.generation = 0
        self._lock = threading.Lock()
        self._known: dict[str, Known] = {}

    def begin(self) -> None:
        """Forget what went wrong: it is tried again."""
        with self._lock:
            self.notes = []
            for known in self._known.values():
                known.failed.clear()

    def keep_only(self, tensors: Mapping[str, SeriesTensor]) -> None:
        """Forget tensors and contents that are in no checkpoint of a series any more."""
        with self._lock:
            self._known = {key: one for key, one in self._known.items() if key in tensors}
            for key, known in self._known.items():
                known.keep_only(frozenset(tensors[key].contents))

    def of(self, key: str) -> Known:
        """What is known of a tensor; grows while it is computed."""
        with self._lock:
            return self._known.setdefault(key, Known())

    def add(
        self,
        key: str,
        sums: Mapping[Content, Sums],
        changes: Mapping[tuple[Content, Content], Change],
    ) -> None:
        """Keep what was computed for a tensor."""
        known = self.of(key)
        with self._lock:
            known.sums.update(sums)
            known.changes.update(changes)
            self.generation += 1
            known.generation = self.generation

    def add_failed(self, key: str, content: Content) -> None:
        """A content cannot be read."""
        known = self.of(key)
        with self._lock:
            known.failed.add(content)
            self.generation += 1
            known.generation = self.generation

    def add_note(self, note: Note) -> None:
        """Keep a note if there is room."""
        with self._lock:
            if len(self.notes) < MOST_NOTES:
                self.notes.append(note)
            elif len(self.notes) == MOST_NOTES:
                message = "More could not be read than is listed here."
                self.notes.append(Note(None, None, is_problem=True, message=message))


@dataclass(frozen=True)
class Timeline:
    """A series of checkpoints, in order of step.

    Attributes:
        name: Base name of the checkpoints.
        folder: That holds them, as its finder names it.
        checkpoints: All of them, deleted ones too.
        tensors: By key, without aliases; in the order of the newest checkpoint that has them.
        hyperparameters: Scalars of the optimizer, and counters.
        notes: Known without reading values.
        values: What was computed; grows while `timeline_values` runs.
    """

    name: str
    folder: str
    checkpoints: tuple[Checkpoint, ...]
    tensors: Mapping[str, SeriesTensor]
    hyperparameters: tuple[Hyperparameter, ...]
    notes: tuple[Note, ...]
    values: Values

    def __repr__(self) -> str:
        counts = f"{len(self.checkpoints):,} checkpoints, {len(self.tensors):,} tensors"
        return f"<Timeline {self.name!r} in {self.folder!r}: {counts}>"

    @cached_property
    def are_all_there(self) -> bool:
        """Whether no checkpoint is deleted."""
        return all(one.state != "deleted" for one in self.checkpoints)

    def cells(self, key: str) -> list[Cell]:
        """Numbers of a tensor at each checkpoint, as far as they are computed."""
        tensor, known = self.tensors[key], self.values.of(key)
        cells: list[Cell] = []
        made: dict[tuple[int, int], Cell] = {}
        before, previous = ABSENT, None
        for place, index in enumerate(tensor.places):
            cell = made.get((before, index))
            if cell is None:
                cell = made[before, index] = _make_cell(tensor, known, before, index)
            if cell.previous is not None:
                cell = Cell(cell.sums, previous, cell.change)
            cells.append(cell)
            if cell is not NOTHING:
                before, previous = index, place
        return cells

    def group(self, keys: Iterable[str]) -> list[Cell]:
        """Numbers of several tensors together; `previous` is that of any of them."""
        columns = zip(*map(self.cells, keys), strict=True)
        return list(map(_add, columns)) or [NOTHING] * len(self.checkpoints)

    def frozen(self, keys: Iterable[str]) -> list[tuple[int, int]]:
        """For each checkpoint how many tensors are as in the one before that has them, of how many.

        Those are left out of which that is not known: new ones, and those without a checksum whose
        values were not compared.
        """
        counts = [(0, 0)] * len(self.checkpoints)
        for key in keys:
            for place, is_frozen in self._comparisons(key):
                count, total = counts[place]
                counts[place] = count + is_frozen, total + 1
        return counts

    def _comparisons(self, key: str) -> Iterator[tuple[int, bool]]:
        """Places where it is known whether a tensor is as before, and whether it is."""
        tensor, known = self.tensors[key], self.values.of(key)
        before = ABSENT
        for place, index in enumerate(tensor.places):
            if index < 0:
                continue
            is_frozen: bool | None = before == index
            if before not in (index, ABSENT):
                is_frozen = _is_same(tensor.contents[before], tensor.contents[index], known)
            if before != ABSENT and is_frozen is not None:
                yield place, is_frozen
            before = index

    def first_nonfinite(self, key: str) -> int | None:
        """Place of the first checkpoint where a tensor has NaN or infinite elements, if any."""
        cells = self.cells(key)
        return next((i for i, cell in enumerate(cells) if cell.sums and cell.sums.nonfinite), None)


def _make_cell(tensor: SeriesTensor, known: Known, before: int, index: int) -> Cell:
    """The cell of a content that follows another one; any place as `previous`, if it has one."""
    if index < 0:
        return NOTHING
    content = tensor.contents[index]
    if not content.has_numbers or content in known.failed:
        return NOTHING
    sums = known.sums.get(content)
    if before < 0 or not content.is_comparable(tensor.contents[before]):
        return Cell(sums)
    return Cell(sums, 0, known.change(tensor.contents[before], content))


def _add(column: Sequence[Cell]) -> Cell:
    sums = [cell.sums for cell in column if cell.sums is not None]
    changes = [cell.change for cell in column if cell.change is not None]
    places = [cell.previous for cell in column if cell.change is not None]
    return Cell(
        sum(sums, Sums()) if sums else None,
        max((place for place in places if place is not None), default=None),
        sum(changes, Change()) if changes else None,
    )


def _is_same(before: Content, after: Content, known: Known) -> bool | None:
    """Whether a tensor has the same values in two contents; None if nobody knows."""
    if None not in (before.crc32c, after.crc32c) or before[:3] != after[:3]:
        return False
    change = known.change(before, after)
    if change is None:
        return None
    sums = known.sums.get(after)
    return change.delta_abs_sum == 0 and sums is not None and change.pairs == sums.count


class Outliner:
    """Makes outlines that share what is equal in them: most of a checkpoint is as in the last."""

    def __init__(self) -> None:
        self._contents: dict[Content, Content] = {}
        self._keys: dict[tuple[str, ...], tuple[str, ...]] = {}

    def outline(
        self, tensors: Mapping[str, Tensor], file: Hashable, aliases: Container[str] = ()
    ) -> Outline:
        """What a timeline keeps of a checkpoint.

        Args:
            tensors: Of the checkpoint.
            file: State of its files.
            aliases: Keys to leave out, beside those marked as such.
        """
        kept = [one for key, one in tensors.items() if one.alias_of is None and key not in aliases]
        keys = tuple(one.key for one in kept)
        contents = (content_of(one, file) for one in kept)
        share = self._contents.setdefault
        return Outline(
            self._keys.setdefault(keys, keys), tuple(share(one, one) for one in contents)
        )

    def forget_all_but(self, outlines: Iterable[Outline | None]) -> None:
        """Let go of what checkpoints had that are deleted since, once that is most of it."""
        used = {id(one): one for outline in outlines if outline for one in outline.contents}
        if len(self._contents) > 2 * len(used):
            self._contents = {one: one for one in used.values()}


def content_of(tensor: Tensor, file: Hashable) -> Content:
    """Content of a tensor of a checkpoint whose files are in a state."""
    # A named tuple's own constructor takes twice as long, and a series has 100,000 of them.
    stored = _stored_facts(tensor)
    return _make_tuple(Content, (*stored, file if stored[-1] is None else None))


_stored_facts = attrgetter("dtype", "shape", "nbytes", "crc32c")
_make_tuple: Callable[..., Content] = tuple.__new__
