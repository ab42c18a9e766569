"""Reads what changed in a series of checkpoints, each content of a tensor once, and sums it up.

A tensor is walked in chunks, and a chunk through all its contents in order, so that two contents
are compared while both are in memory and no third one need be.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Executor, wait
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.analyses.sums import (
    Change,
    Sums,
    Version,
    compute_change,
    compute_sums,
)
from tensorboard_plugin_modelinspect.analyses.timeline import (
    Content,
    Note,
    SeriesTensor,
    Timeline,
    content_of,
)
from tensorboard_plugin_modelinspect.analyses.timeline_plan import Pair, Work, plan_work
from tensorboard_plugin_modelinspect.errors import ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.model.pieces import iter_pieces, iter_region_pieces
from tensorboard_plugin_modelinspect.model.tensor import Tensor

if TYPE_CHECKING:
    import numpy as np

CHUNK_NBYTES = 4 << 20
"""Bytes of a tensor that are read at a time."""
MOST_AT_ONCE = 8
"""Tensors that are walked at a time, if the executor has so many threads."""
_BEAT_S = 0.1


class Progress(NamedTuple):
    """How far the reading is: bytes of values, of all that there are to read."""

    done_nbytes: int
    nbytes: int
    elapsed_s: float


class Opened(NamedTuple):
    """A checkpoint as it was opened: its tensors by key, and the state of its files then."""

    tensors: Mapping[str, Tensor]
    file: Hashable


def compute_values(
    timeline: Timeline,
    open_checkpoint: Callable[[int], Opened],
    executor: Executor,
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Compute all numbers of a series that are not known yet, into `timeline.values`.

    Args:
        timeline: The series.
        open_checkpoint: Opens the checkpoint at a place; called once for each that is needed, by
            any thread but one at a time, and may raise.
        executor: Of threads; up to `MOST_AT_ONCE` are used.
        progress: Called ten times a second. An exception that it raises cancels the rest and is
            passed on.

    What cannot be read is left out and noted in `timeline.values.notes`.

    Cost: reads each content once, in chunks of `CHUNK_NBYTES`; two of them for each thread.
    """
    timeline.values.begin()
    works = {key: plan_work(timeline, key) for key in timeline.tensors}
    sizes = {key: sum(work.nbytes for work in plan) for key, plan in works.items() if plan}
    run = _Run(timeline, _Reader(timeline, open_checkpoint, frozenset(sizes)))
    # Largest first, so that no thread is left alone with it at the end.
    queue = deque(sorted(sizes, key=lambda key: -sizes[key]))
    count = min(len(queue), MOST_AT_ONCE)
    pending = {executor.submit(run.drain, queue) for _ in range(count)}
    began, nbytes = time.monotonic(), sum(sizes.values())
    try:
        while pending:
            finished, pending = wait(pending, _BEAT_S)
            for one in finished:
                one.result()
            if progress is not None:
                done = min(run.done_nbytes, nbytes) if pending else nbytes
                progress(Progress(done, nbytes, time.monotonic() - began))
    finally:
        run.stop.set()
        for one in pending:
            one.cancel()
        wait(pending)


class _Stopped(Exception):
    """Nobody wants the rest."""


class _Unreadable(Exception):
    """A content cannot be read where it was tried; `is_last`: there is nowhere else to try."""

    def __init__(self, content: Content, *, is_last: bool = False) -> None:
        super().__init__()
        self.content = content
        self.is_last = is_last


class _Reader:
    """Reads contents from the checkpoints that hold them, opened when first needed.

    Args:
        timeline: The series.
        open_checkpoint: Opens one.
        keys: Of the tensors that will be read.
    """

    def __init__(
        self, timeline: Timeline, open_checkpoint: Callable[[int], Opened], keys: frozenset[str]
    ) -> None:
        self._timeline = timeline
        self._open = open_checkpoint
        self._keys = keys
        self._lock = threading.Lock()
        self._opened: dict[int, Opened | None] = {}
        self._found: dict[str, dict[Content, list[int]]] = {}
        self._bad: set[tuple[int, str]] = set()

    def chunks(
        self, tensor: SeriesTensor, content: Content, size: int, *, is_flat: bool
    ) -> Iterator[np.ndarray]:
        """All values of a content in chunks, from the first checkpoint that may give them.

        Args:
            tensor: Whose.
            content: Which of its contents.
            size: Elements of a chunk.
            is_flat: Whether chunks go by elements alone, else by the axes of the shape: then the
                checksum is not verified.

        Raises:
            _Unreadable: They cannot be read there; a note says why. The next try is elsewhere.
        """
        nbytes = max(size, 1) * content.dtype.itemsize
        place = next((one for one in self._holders(tensor)[content] if self._may(one, tensor)), -1)
        if place < 0:
            raise _Unreadable(content, is_last=True)
        try:
            stored = _find(self._get(place), tensor, content)
            pieces = iter_pieces(stored, nbytes) if is_flat else iter_region_pieces(stored, nbytes)
            # Not by a name: while it waits this frame would hold on to a chunk.
            yield from map(attrgetter("values"), pieces)
        except ModelInspectError as error:
            self._bad.add((place, tensor.key))
            self._note(place, tensor.key, error)
            raise _Unreadable(content) from None

    def _may(self, place: int, tensor: SeriesTensor) -> bool:
        return (place, tensor.key) not in self._bad and self._get(place) is not None

    def _holders(self, tensor: SeriesTensor) -> dict[Content, list[int]]:
        """Checkpoints that are there, by the content that they hold."""
        holders = self._found.get(tensor.key)
        if holders is None:
            holders = self._found[tensor.key] = {content: [] for content in tensor.contents}
            for place, index in enumerate(tensor.places):
                if index >= 0 and self._timeline.checkpoints[place].state != "deleted":
                    holders[tensor.contents[index]].append(place)
        return holders

    def _get(self, place: int) -> Opened | None:
        """A checkpoint; None if it cannot be opened, which is noted once."""
        with self._lock:
            if place not in self._opened:
                try:
                    tensors, file = self._open(place)
                    wanted = {key: tensors[key] for key in self._keys & tensors.keys()}
                    self._opened[place] = Opened(wanted, file)
                except ModelInspectError as error:
                    self._opened[place] = None
                    self._note(place, None, error)
            return self._opened[place]

    def _note(self, place: int, key: str | None, error: ModelInspectError) -> None:
        self._timeline.values.add_note(Note(place, key, is_problem=True, message=error.message))


def _find(opened: Opened | None, tensor: SeriesTensor, content: Content) -> Tensor:
    stored = None if opened is None else opened.tensors.get(tensor.key)
    if opened is None or stored is None or content_of(stored, opened.file) != content:
        raise NotFound(f'"{tensor.name}" is another one by now: the checkpoint was saved again.')
    return stored


class _Run:
    """One computation, shared by its threads."""

    def __init__(self, timeline: Timeline, reader: _Reader) -> None:
        self.stop = threading.Event()
        self.done_nbytes = 0
        self._timeline = timeline
        self._reader = reader
        self._lock = threading.Lock()

    def drain(self, queue: deque[str]) -> None:
        """Compute one tensor after the other until none is left."""
        try:
            while (key := self._next(queue)) is not None:
                # Each round ends it, or leaves one place less to read a content from.
                while works := plan_work(self._timeline, key):
                    self._compute_tensor(key, works)
        except _Stopped:
            pass
        except BaseException:
            self.stop.set()
            raise

    def _next(self, queue: deque[str]) -> str | None:
        if self.stop.is_set():
            raise _Stopped
        with self._lock:
            return queue.popleft() if queue else None

    def _compute_tensor(self, key: str, works: list[Work]) -> None:
        tensor, values = self._timeline.tensors[key], self._timeline.values
        try:
            for work in works:
                values.add(key, *self._compute_work(tensor, work))
        except _Unreadable as error:
            if error.is_last:
                values.add_failed(key, error.content)

    def _compute_work(
        self, tensor: SeriesTensor, work: Work
    ) -> tuple[dict[Content, Sums], dict[Pair, Change]]:
        contents = [step.content for step in work.steps]
        itemsize = max(content.dtype.to_numpy().itemsize for content in contents)
        size = 2 * CHUNK_NBYTES // max(work.most_held(), 2) // itemsize
        is_flat = all(content.crc32c is not None for content in contents)
        chunks = {
            content: self._reader.chunks(tensor, content, size, is_flat=is_flat)
            for content in contents
        }
        sums = dict.fromkeys(contents, Sums())
        changes = {pair: Change() for step in work.steps for pair in step.pairs}
        while self._compute_chunk(work, chunks, sums, changes):
            pass
        return sums, changes

    def _compute_chunk(
        self,
        work: Work,
        chunks: Mapping[Content, Iterator[np.ndarray]],
        sums: dict[Content, Sums],
        changes: dict[Pair, Change],
    ) -> bool:
        """The next chunk of all contents; whether there was one. The end verifies checksums."""
        last = work.last_uses()
        held: dict[Content, Version] = {}
        has_more = False
        for index, (content, pairs) in enumerate(work.steps):
            values = self._read(content, chunks[content])
            if values is None:
                continue
            has_more = True
            held[content] = version = Version(values, compute_sums(values))
            sums[content] += version.sums
            for before, after in pairs:
                changes[before, after] += compute_change(held[before], held[after])
            for one in [one for one in held if last[one] == index]:
                del held[one]
        return has_more

    def _read(self, content: Content, chunks: Iterator[np.ndarray]) -> np.ndarray | None:
        if self.stop.is_set():
            raise _Stopped
        values = next(chunks, None)
        if values is not None:
            with self._lock:
                self.done_nbytes += values.size * content.dtype.itemsize
        return values
