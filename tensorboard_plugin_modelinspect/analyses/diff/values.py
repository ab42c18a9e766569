"""Reads pairs of tensors and compares them element by element, in little memory, on threads."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.analyses.diff.matching import stored_content
from tensorboard_plugin_modelinspect.analyses.diff.result import (
    EXACT,
    ArtifactDiff,
    TensorPair,
    Tolerance,
    ValueDiff,
)
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.model.pieces import (
    PIECE_NBYTES,
    iter_pieces,
    iter_region_pieces,
)
from tensorboard_plugin_modelinspect.model.tensor import Tensor

if TYPE_CHECKING:
    import numpy as np

MOST_AT_ONCE = 4
"""Pairs that are read at a time, if the executor has so many threads."""
_TASK_SIZE, _TASK_NBYTES = 32, 1 << 20
"""Small pairs share a task, up to here: to hand one over takes as long as to compare it."""

Advance = Callable[[int], None]
"""Told the bytes that were read since it was last told, on whatever thread read them."""


class Outcome(NamedTuple):
    """What became of a pair, by its place in the diff: numbers, or why there are none."""

    place: int
    result: ValueDiff | ModelInspectError


class _Closed(Exception):
    """Nobody wants the rest."""


def select_pairs(diff: ArtifactDiff, *, is_exact: bool = False) -> list[int]:
    """Places of the pairs that reading tells more of: those that are not known to be equal.

    Args:
        diff: Any.
        is_exact: Whether those of equal checksums are read too.
    """
    return [
        place
        for place, pair in enumerate(diff.pairs)
        if pair.needs_values or (is_exact and pair.content == "equal" and pair.values is None)
        if pair.tensor.dtype.numpy_name
    ]


def plan_nbytes(diff: ArtifactDiff, places: Iterable[int]) -> int:
    """Bytes that comparing pairs reads: of each content of both sides once."""
    return sum(_nbytes(diff.pairs[group[0]]) for group in _group(diff, places))


def iter_values(
    diff: ArtifactDiff,
    executor: Executor,
    places: Iterable[int],
    *,
    tolerance: Tolerance = EXACT,
    is_exact: bool = False,
    advance: Advance | None = None,
) -> Iterator[Outcome]:
    """Compare pairs, the largest first; an outcome for each when it is known.

    Args:
        diff: Whose pairs.
        executor: Does the work.
        places: Of pairs with tensors of the same shape on both sides, from `select_pairs`.
        tolerance: How far elements may be apart.
        is_exact: Whether bytes are compared where both have one type.
        advance: Hears of the bytes read. An exception that it raises ends the work.

    Cost: reads each two contents once, in pieces of 4 MiB, some of which are held for each thread.
    Whoever closes the iterator cancels the rest; what is under way ends with its piece.
    """
    is_closed = threading.Event()

    def note(nbytes: int) -> None:
        if is_closed.is_set():
            raise _Closed
        if advance is not None:
            advance(nbytes)

    def run(task: Sequence[Sequence[int]]) -> list[Outcome]:
        compare = _Compare(diff, tolerance, is_exact, note)
        return [outcome for group in task for outcome in compare.group(group)]

    tasks = deque(_tasks(diff, _group(diff, places)))
    pending: set[Future[list[Outcome]]] = set()
    try:
        while tasks or pending:
            while tasks and len(pending) < MOST_AT_ONCE:
                pending.add(executor.submit(run, tasks.popleft()))
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            for one in finished:
                yield from one.result()
    finally:
        is_closed.set()
        for one in pending:
            one.cancel()
        wait(pending)


def _nbytes(pair: TensorPair) -> int:
    return sum(one.nbytes for one in (pair.before, pair.after) if one is not None)


def _group(diff: ArtifactDiff, places: Iterable[int]) -> list[list[int]]:
    """Pairs of the same two contents together, as of aliases; the largest first."""
    groups: dict[object, list[int]] = defaultdict(list)
    for place in places:
        before, after = diff.pairs[place].before, diff.pairs[place].after
        contents = [None if one is None else stored_content(one) for one in (before, after)]
        groups[place if None in contents else tuple(contents)].append(place)
    return sorted(groups.values(), key=lambda group: -_nbytes(diff.pairs[group[0]]))


def _tasks(diff: ArtifactDiff, groups: Iterable[list[int]]) -> Iterator[list[list[int]]]:
    task: list[list[int]] = []
    nbytes = 0
    for group in groups:
        task.append(group)
        nbytes += _nbytes(diff.pairs[group[0]])
        if len(task) == _TASK_SIZE or nbytes >= _TASK_NBYTES:
            yield task
            task, nbytes = [], 0
    if task:
        yield task


class _Compare(NamedTuple):
    """How pairs of a diff are compared."""

    diff: ArtifactDiff
    tolerance: Tolerance
    is_exact: bool
    advance: Advance

    def group(self, places: Sequence[int]) -> Iterator[Outcome]:
        """Pairs of the same two contents: one is read, unless it cannot be."""
        result: ValueDiff | ModelInspectError | None = None
        for place in places:
            if not isinstance(result, ValueDiff):
                result = self._pair(self.diff.pairs[place])
            yield Outcome(place, result)

    def _pair(self, pair: TensorPair) -> ValueDiff | ModelInspectError:
        if pair.before is None or pair.after is None:
            raise ValueError("a pair of one")
        try:
            return compare_tensors(
                pair.before,
                pair.after,
                tolerance=self.tolerance,
                is_exact=self.is_exact,
                advance=self.advance,
            )
        except ModelInspectError as error:
            return error


def compare_tensors(
    before: Tensor,
    after: Tensor,
    *,
    tolerance: Tolerance = EXACT,
    is_exact: bool = False,
    advance: Advance | None = None,
) -> ValueDiff:
    """Compare two tensors of the same shape element by element.

    Args:
        before: Any of numbers, bools or strings.
        after: Of the same sort; numbers may have another type.
        tolerance: How far elements may be apart.
        is_exact: Whether bytes are compared where both have one type.
        advance: Hears of the bytes read.

    Raises:
        ModelInspectError: As reading either of them.

    Cost: reads both once, in pieces of 4 MiB.
    """
    from tensorboard_plugin_modelinspect.analyses.diff import value_sums

    comparison = value_sums.plan_comparison(before.dtype, after.dtype, tolerance, is_exact=is_exact)
    sums = value_sums.ValueSums()
    start = 0
    size = PIECE_NBYTES // (max(before.dtype.itemsize, after.dtype.itemsize) or 16)
    for a, b in _iter_aligned(_iter_flat(before, size), _iter_flat(after, size)):
        if advance is not None:
            advance(_stored_nbytes(before, a.size) + _stored_nbytes(after, b.size))
        sums = sums.merge(value_sums.compare_values(a, b, start, comparison))
        start += a.size
    return value_sums.finish_values(sums, before.shape, comparison)


def _stored_nbytes(tensor: Tensor, count: int) -> int:
    return tensor.nbytes * count // max(tensor.size, 1)


def _iter_flat(tensor: Tensor, size: int) -> Iterator[np.ndarray]:
    """Values in row-major order; of a tensor that is stored in slices by its rows, unverified."""
    nbytes = size * (tensor.dtype.itemsize or 16)
    whole = tuple((0, count) for count in tensor.shape)
    for piece in iter_pieces(tensor, nbytes):
        if piece.box != whole:
            break
        yield piece.values
    else:
        return
    for piece in iter_region_pieces(tensor, nbytes):
        yield piece.values


def _iter_aligned(
    before: Iterator[np.ndarray], after: Iterator[np.ndarray]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Runs of the same places of both. Both are gone through to the end, which verifies them."""
    a, b = next(before, None), next(after, None)
    while a is not None and b is not None:
        size = min(a.size, b.size)
        if size:
            yield a[:size], b[:size]
        a = a[size:] if size < a.size else next(before, None)
        b = b[size:] if size < b.size else next(after, None)
