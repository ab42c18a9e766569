"""Statistics of many tensors: in order, together where they are small, no longer than wanted."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.stats import TensorStats, compute_stats, iter_stats
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tests.support.array_tensor import ArrayValues, array_tensor

LARGE = 8 << 20  # of running.py


class Broken(ArrayValues):
    """Values that cannot be read."""

    def read_region(self, *_: object) -> np.ndarray:
        raise FormatError(path="broken")


class Cache:
    """Statistics by the only thing that tells these tensors apart."""

    def __init__(self, known: dict[str, TensorStats]) -> None:
        self.known = known

    def get(self, tensor: Tensor) -> TensorStats | None:
        return self.known.get(tensor.key)

    def put(self, tensor: Tensor, stats: TensorStats) -> None:
        self.known[tensor.key] = stats


def tensors(count: int, large: tuple[int, ...] = ()) -> list[Tensor]:
    """Each holds its number, in its one element or the many of a large one."""
    sizes = (LARGE // 4 if number in large else 1 for number in range(count))
    arrays = (np.full(size, number, np.float32) for number, size in enumerate(sizes))
    return [array_tensor(array)[0]._replace(key=str(number)) for number, array in enumerate(arrays)]


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def test_one_outcome_each_in_order(executor: ThreadPoolExecutor) -> None:
    """Whether small, large, in between or last."""
    wanted = tensors(300, large=(0, 7, 8, 150, 299))
    outcomes = list(iter_stats(wanted, executor))
    assert [outcome.tensor.key for outcome in outcomes] == [tensor.key for tensor in wanted]
    assert [outcome.stats and outcome.stats.max for outcome in outcomes] == list(range(300))


def test_bytes_are_told(executor: ThreadPoolExecutor) -> None:
    """Of tensors that are read and of those that are known."""
    wanted = tensors(100, large=(50,))
    told: list[int] = []
    cache = Cache({"3": compute_stats(wanted[3]), "50": compute_stats(wanted[50])})
    list(iter_stats(wanted, executor, cache, told.append))
    assert sum(told) == sum(tensor.nbytes for tensor in wanted)
    assert set(cache.known) == {tensor.key for tensor in wanted}


def test_one_that_cannot_be_read(executor: ThreadPoolExecutor) -> None:
    """The others of its task have statistics."""
    wanted = tensors(100)
    wanted[70] = wanted[70]._replace(values=Broken(np.zeros(1)))
    outcomes = list(iter_stats(wanted, executor))
    assert [o.tensor.key for o in outcomes if o.stats is None] == ["70"]
    assert isinstance(outcomes[70].error, FormatError)


def test_tensors_are_asked_for_late(executor: ThreadPoolExecutor) -> None:
    """A few ahead at first, so that what is urgent can still be put first; never more than a few
    tasks full."""
    asked = 0

    def ask() -> Iterator[Tensor]:
        nonlocal asked
        for tensor in tensors(1000):
            asked += 1
            yield tensor

    ahead = []
    for place, _ in enumerate(iter_stats(ask(), executor)):
        ahead.append(asked - place)
    assert max(ahead[:4]) <= 8
    assert max(ahead) <= 4 * 32


class Held(Executor):
    """Runs the first task when there are as many as may wait, and no other by itself."""

    def __init__(self) -> None:
        self.tasks: list[Callable[[], Any]] = []
        self.futures: list[Future[Any]] = []

    def submit(self, call: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        self.tasks.append(functools.partial(call, *args, **named))
        self.futures.append(Future())
        if len(self.tasks) == 4:
            self.futures[0].set_result(self.tasks[0]())
        return self.futures[-1]


def test_whoever_stops_asking_cancels() -> None:
    """What waits is cancelled, and what is under way ends at its next piece."""
    told: list[int] = []
    executor = Held()
    outcomes = iter_stats(tensors(10), executor, advance=told.append)
    next(outcomes)
    outcomes.close()
    assert [future.cancelled() for future in executor.futures] == [False, True, True, True]
    with pytest.raises(Exception, match="^$"):
        executor.tasks[1]()
    assert len(told) == 1


def test_a_listener_may_end_the_work(executor: ThreadPoolExecutor) -> None:
    """What it raises is passed on."""

    def refuse(nbytes: int) -> None:
        raise KeyError(nbytes)

    with pytest.raises(KeyError):
        list(iter_stats(tensors(10), executor, advance=refuse))
