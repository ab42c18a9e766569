"""Statistics of many tensors: on an executor, in order, cancelled by whoever stops asking."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import NamedTuple, Protocol

from tensorboard_plugin_modelinspect.analyses.stats.result import TensorStats, finish
from tensorboard_plugin_modelinspect.analyses.stats.summary import (
    Summary,
    empty_summary,
    measured,
    summarize,
)
from tensorboard_plugin_modelinspect.errors import LimitExceeded, ModelInspectError
from tensorboard_plugin_modelinspect.model.pieces import Piece, iter_pieces
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_LARGE = 8 << 20
"""From here on a tensor is worth the work of several threads."""
_MOST_UNDER_WAY = 4
"""Pieces, or tasks, that wait for a thread or are worked on: what bounds the memory."""
_TASK_SIZE, _TASK_NBYTES = 32, 1 << 20
"""Small tensors share a task, up to here: to hand one over takes as long as to go over it."""
_MOST_ELEMENTS = 1 << 37
"""Half a terabyte of float32. More is a declaration that nobody stored."""

Advance = Callable[[int], None]
"""Told the bytes that were read since it was last told; on whatever thread read them."""


class Outcome(NamedTuple):
    """What became of a tensor: its statistics, or why there are none."""

    tensor: Tensor
    stats: TensorStats | None
    error: ModelInspectError | None


class StatsCache(Protocol):
    """Statistics of contents seen before. For any thread."""

    def get(self, tensor: Tensor) -> TensorStats | None:
        """Of a tensor of that content, if they are known."""

    def put(self, tensor: Tensor, stats: TensorStats) -> None:
        """Keep them, if the tensor's content can be told from others."""


def compute_stats(
    tensor: Tensor, executor: Executor | None = None, advance: Advance | None = None
) -> TensorStats:
    """Statistics of one tensor.

    Args:
        tensor: Of any type that has values.
        executor: Goes over the pieces of a large one; without one the caller's thread does.
        advance: Hears of the bytes read. An exception that it raises ends the work.

    Raises:
        FormatError: The file does not hold what it declares, or a checksum is wrong.
        LimitExceeded: It declares more elements than any file holds.
        Unsupported: The type has no values.

    Cost: reads it once; holds a few pieces of 4 MiB.
    """
    if tensor.size > _MOST_ELEMENTS:
        raise LimitExceeded(
            path=tensor.key,
            expected=f"at most {_MOST_ELEMENTS:,} elements",
            found=f"{tensor.size:,}",
            next_step="Read a slice of it.",
        )
    summary: Summary | None = None
    for part in _iter_summaries(tensor, executor, advance):
        summary = part if summary is None else summary.merge(part)
    return finish(summary or empty_summary(tensor.dtype), measured(tensor.dtype))


def _iter_summaries(
    tensor: Tensor, executor: Executor | None, advance: Advance | None
) -> Iterator[Summary]:
    waiting: deque[Future[Summary]] = deque()
    try:
        for piece in iter_pieces(tensor):
            if advance is not None:
                advance(_stored_nbytes(piece, tensor))
            if executor is None or tensor.nbytes < _LARGE:
                yield summarize(piece, tensor.dtype)
                continue
            waiting.append(executor.submit(summarize, piece, tensor.dtype))
            if len(waiting) >= _MOST_UNDER_WAY:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _stored_nbytes(piece: Piece, tensor: Tensor) -> int:
    if tensor.dtype.is_fixed:
        return piece.values.size * tensor.dtype.itemsize
    return tensor.nbytes * piece.values.size // max(tensor.size, 1)


def iter_stats(
    tensors: Iterable[Tensor],
    executor: Executor,
    cache: StatsCache | None = None,
    advance: Advance | None = None,
) -> Iterator[Outcome]:
    """Statistics of tensors, one outcome for each, in their order.

    Args:
        tensors: Asked for one by one, a few ahead of the outcomes, or a hundred where they are
            small: a generator may put first what has become urgent.
        executor: Does the work.
        cache: Asked first, and told what it did not know.
        advance: Hears of the bytes read, or that need not be read.

    Cost: as `compute_stats`. Whoever closes the iterator cancels the rest; what is under way ends
    with its piece.
    """
    is_closed = threading.Event()

    def note(nbytes: int) -> None:
        if is_closed.is_set():
            raise _Closed
        if advance is not None:
            advance(nbytes)

    waiting: deque[Future[list[Outcome]]] = deque()
    try:
        for task in _iter_tasks(tensors):
            if task[0].nbytes >= _LARGE:
                yield from _drain(waiting)
                yield measure(task[0], cache, executor, note)
            else:
                waiting.append(executor.submit(_compute_all, task, cache, note))
            while len(waiting) >= _MOST_UNDER_WAY or (waiting and waiting[0].done()):
                yield from waiting.popleft().result()
        yield from _drain(waiting)
    finally:
        is_closed.set()
        for future in waiting:
            future.cancel()


class _Closed(Exception):
    """Nobody wants the statistics any more."""


def _drain(waiting: deque[Future[list[Outcome]]]) -> Iterator[Outcome]:
    while waiting:
        yield from waiting.popleft().result()


def _iter_tasks(tensors: Iterable[Tensor]) -> Iterator[list[Tensor]]:
    """Large tensors one by one, small ones together: few at first, which somebody waits for."""
    task: list[Tensor] = []
    nbytes = count = 0
    for tensor in tensors:
        count += 1
        if tensor.nbytes >= _LARGE:
            if task:
                yield task
            yield [tensor]
            task, nbytes = [], 0
            continue
        task.append(tensor)
        nbytes += tensor.nbytes
        if len(task) >= min(_TASK_SIZE, count // 4) or nbytes >= _TASK_NBYTES:
            yield task
            task, nbytes = [], 0
    if task:
        yield task


def _compute_all(
    tensors: list[Tensor], cache: StatsCache | None, advance: Advance
) -> list[Outcome]:
    return [measure(tensor, cache, None, advance) for tensor in tensors]


def measure(
    tensor: Tensor,
    cache: StatsCache | None = None,
    executor: Executor | None = None,
    advance: Advance | None = None,
) -> Outcome:
    """Statistics of one tensor, or why there are none; arguments as for `iter_stats`."""
    known = cache.get(tensor) if cache is not None else None
    if known is not None:
        if advance is not None:
            advance(tensor.nbytes)
        return Outcome(tensor, known, None)
    try:
        stats = compute_stats(tensor, executor, advance)
    except ModelInspectError as error:
        return Outcome(tensor, None, error)
    if cache is not None:
        cache.put(tensor, stats)
    return Outcome(tensor, stats, None)
