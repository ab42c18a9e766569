"""Calls of several people with several models: one runs, the others see their place.

    pool = RunnerPool(Limits())                 # for as long as the server lives
    job = pool.submit(Load(path), Call("serving_default", inputs))
    pool.get(job.id).position                   # 0: it runs; 2: two are before it
    job.cancel()
    job.wait(0.2)                               # whether it has come to its end
    answer = job.result()                       # or its error is raised

A model stays loaded for the next call, until nobody has called for a while, another model needs
the place, or its files change. One whose variables were given other values (`Preparation`) is
another model than the one with its own. `submit`, `get`, `position` and `cancel` return at once.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path

from tensorboard_plugin_modelinspect.errors import (
    BadRequest,
    CallFailed,
    ModelInspectError,
    NotFound,
    RunnerCancelled,
    RunnerError,
    RunnerOutOfMemory,
)
from tensorboard_plugin_modelinspect.runner.client import Runner
from tensorboard_plugin_modelinspect.runner.jobs import (
    Done,
    Finish,
    Job,
    Preparation,
    Task,
    keep_all,
)
from tensorboard_plugin_modelinspect.runner.messages import (
    Answer,
    Call,
    Limits,
    Load,
)

_STAMPED = (
    "saved_model.pb",
    "saved_model.pbtxt",
    "fingerprint.pb",
    "variables/variables.index",
)
"""Files whose change makes a loaded model an old one."""


class RunnerPool:
    """A queue of calls, and the models that are loaded.

    Args:
        limits: Of each model.
        most_warm: Models that stay loaded; each takes 0.5 GB and what it is large.
        idle_s: After so long without a call their processes end.
        most_queued: Calls that may wait.
        keep_s: So long an ended job can be asked for by id.
        most_kept: Ended jobs that are kept; an answer may be large.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        most_warm: int = 2,
        idle_s: float = 300.0,
        most_queued: int = 32,
        keep_s: float = 600.0,
        most_kept: int = 16,
    ) -> None:
        self.limits = limits or Limits()
        self._most_warm = most_warm
        self._idle_s = idle_s
        self._most_queued = most_queued
        self._keep_s = keep_s
        self._most_kept = most_kept
        self._changed = threading.Condition()
        self._queue: list[Job] = []
        self._current: Job | None = None
        self._jobs: OrderedDict[str, tuple[Job, float]] = OrderedDict()
        self._warm: OrderedDict[tuple[Hashable, ...], Runner] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def submit(self, model: Load, call: Call, preparation: Preparation | None = None) -> Job:
        """Put a call at the end of the queue; raises as `submit_all` does."""
        return self.submit_all([Task(model, call, preparation)])

    def submit_all(self, tasks: Sequence[Task], finish: Finish = keep_all) -> Job:
        """Put calls that belong together at the end of the queue, as one job.

        Args:
            tasks: Done one after another, until one fails.
            finish: Called with what they gave, on the thread of the queue.

        Raises:
            BadRequest: Too many are waiting.
        """
        job = Job(self, tasks, finish)
        with self._changed:
            if len(self._queue) >= self._most_queued:
                raise BadRequest(f"{len(self._queue)} calls are waiting already. Try again later.")
            if self._is_closed:
                raise RunnerCancelled("The server is ending.")
            self._forget_old()
            self._jobs[job.id] = (job, time.monotonic())
            self._queue.append(job)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="modelinspect-runner", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()
        return job

    def get(self, job_id: str) -> Job:
        """A job by id.

        Raises:
            NotFound: It never was, or ended long ago.
        """
        with self._changed:
            found = self._jobs.get(job_id)
        if found is None:
            raise NotFound("No such call. Its answer may be too old: run it again.")
        return found[0]

    def position(self, job: Job) -> int:
        """How many calls end before a job begins."""
        with self._changed:
            running = int(self._current is not None)
            return self._queue.index(job) + running if job in self._queue else 0

    def cancel(self, job: Job) -> None:
        """Take a job from the queue, or end the process that runs it."""
        with self._changed:
            job.cancelled.set()
            if job in self._queue:
                self._queue.remove(job)
                job.end(RunnerCancelled("Cancelled."))
            elif job is self._current:
                job.interrupt()

    def close(self) -> None:
        """Cancel everything and end all processes. Takes no more calls."""
        with self._changed:
            self._is_closed = True
            for job in [*self._queue]:
                self.cancel(job)
            if self._current is not None:
                self.cancel(self._current)
            thread = self._thread
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    @property
    def warm(self) -> tuple[Load, ...]:
        """The models that are loaded, the one called last at the end."""
        with self._changed:
            return tuple(runner.model for runner in self._warm.values() if runner.is_warm)

    def _run(self) -> None:
        """Do jobs until there are none for a while; the thread ends with the processes."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._is_closed, self._idle_s)
                if not self._queue:
                    self._thread = None
                    idle = self._take_warm(0)
                    break
                job = self._current = self._queue.pop(0)
            self._do(job)
        _close(idle)

    def _do(self, job: Job) -> None:
        failed = None
        try:
            job.finish([self._do_task(job, place) for place in range(len(job.tasks))])
        except ModelInspectError as error:
            failed = error
        except Exception as error:  # noqa: BLE001 - the thread serves the next job too
            failed = RunnerError(f"unexpected {type(error).__name__}: {error}")
        with self._changed:
            self._current = None
            job.end(failed)

    def _do_task(self, job: Job, place: int) -> Done:
        task = job.tasks[place]
        job.place = place
        key = _key_of(task)
        with self._changed:
            if job.cancelled.is_set():
                raise RunnerCancelled("Cancelled.")
            runner, gone = self._runner_of(task, key)
            job.begin(runner)
        _close(gone)
        return Done(_call(runner, task, job.cancelled), runner.prepared)

    def _runner_of(self, task: Task, key: tuple[Hashable, ...]) -> tuple[Runner, list[Runner]]:
        """The process for a task, and those that make room for it."""
        runner = self._warm.pop(key, None)
        old = [other for other in self._warm if other[0] == key[0]]
        gone = [self._warm.pop(other) for other in old]
        gone += self._take_warm(self._most_warm - 1)
        if runner is None:
            prepare = None if task.preparation is None else task.preparation.prepare
            runner = Runner(task.model, self.limits, prepare)
        self._warm[key] = runner
        return runner, gone

    def _take_warm(self, keep: int) -> list[Runner]:
        surplus = len(self._warm) - max(keep, 0)
        return [self._warm.popitem(last=False)[1] for _ in range(surplus)]

    def _forget_old(self) -> None:
        ended = [(key, asked_s) for key, (job, asked_s) in self._jobs.items() if job.wait(0)]
        surplus = len(ended) - self._most_kept
        for number, (job_id, asked_s) in enumerate(ended):
            if number < surplus or asked_s < time.monotonic() - self._keep_s:
                del self._jobs[job_id]


def _close(runners: list[Runner]) -> None:
    for runner in runners:
        runner.close()


def _call(runner: Runner, task: Task, cancelled: threading.Event) -> Answer:
    """The answer; without inner tensors if there is none with them."""
    try:
        return runner.call(task.call, cancelled)
    except (CallFailed, RunnerOutOfMemory) as error:
        if task.plain is None:
            raise
        return replace(runner.call(task.plain, cancelled), unwatched=error.message)


def _key_of(task: Task) -> tuple[Hashable, ...]:
    """What tells a loaded model from others; first what does not change with any file."""
    preparation = task.preparation
    if preparation is None:
        return (task.model, ""), *_stamp(task.model.path)
    name = (task.model, preparation.name)
    return name, *_stamp(task.model.path), preparation.stamp()


def _stamp(path: str) -> tuple[tuple[int, int, int] | None, ...]:
    """What tells a model from the one that lay there before."""
    stamps: list[tuple[int, int, int] | None] = []
    for name in _STAMPED:
        stamp = None
        with contextlib.suppress(OSError):
            info = os.stat(Path(path, name))
            stamp = (info.st_mtime_ns, info.st_size, info.st_ino)
        stamps.append(stamp)
    return tuple(stamps)
