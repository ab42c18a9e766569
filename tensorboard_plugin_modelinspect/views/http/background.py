"""Threads that work in the background and never hold up the end of TensorBoard."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


class BackgroundExecutor(Executor):
    """A few daemon threads, started when there is something to do first.

    The standard library's pool is joined when the process ends: Ctrl-C would wait for a read of a
    network disk that hangs, and whoever submits meanwhile gets an error to put into the log.

    Args:
        count: Of threads.
        name: What they are called.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._lock = threading.Lock()
        self._tasks: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Do it when a thread is free."""
        future: Future[_T] = Future()
        self._tasks.put((future, partial(fn, *args, **kwargs)))
        with self._lock:
            while self._count:
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
                self._count -= 1
        return future

    def _work(self) -> None:
        while True:
            _do(*self._tasks.get())


def _do(future: Future[Any], call: Callable[[], Any]) -> None:
    """On a frame of its own: nothing that was worked on stays alive while a thread waits."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001  it is raised where the result is asked for
        future.set_exception(error)
    else:
        future.set_result(result)
