"""Calls of several people with several models: one runs, the others see their place.

    pool = RunnerPool(Limits())                 # for as long as the server lives
    job = pool.submit(Load(path), Call("serving_default", inputs))
    pool.get(job.id).position                   # 0: it runs; 2: two are before it
    job.cancel()
    job.wait(0.2)                               # whether it has come to its end
    answer = job.result()                       # or its error is raised

A model stays loaded for the next call, until nobody has called for a while, another model needs
the place, or its files change. `submit`, `get`, `position` and `cancel` return at once.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections import OrderedDict
from pathlib import Path

from tensorboard_plugin_modelinspect.errors import (
    BadRequest,
    ModelInspectError,
    NotFound,
    RunnerCancelled,
    RunnerError,
)
from tensorboard_plugin_modelinspect.runner.client import Runner
from tensorboard_plugin_modelinspect.runner.messages import (
    Answer,
    Call,
    JobState,
    Limits,
    Load,
    Loaded,
)

_STAMPED = (
    "saved_model.pb",
    "saved_model.pbtxt",
    "fingerprint.pb",
    "variables/variables.index",
)
"""Files whose change makes a loaded model an old one."""


class Job:
    """A call that was asked for. All of it may be used by any thread.

    Attributes:
        id: Opaque; not to be guessed.
        model: What is loaded for it.
        call: What is asked.
        cancelled: Whether somebody asked for its end.
    """

    def __init__(self, pool: RunnerPool, model: Load, call: Call) -> None:
        self.id = secrets.token_urlsafe(12)
        self.model = model
        self.call = call
        self._pool = pool
        self._runner: Runner | None = None
        self.cancelled = threading.Event()
        self._ended = threading.Event()
        self._answer: Answer | None = None
        self._error: ModelInspectError | None = None
        self._loaded: Loaded | None = None
        self._asked_s = time.monotonic()
        self._elapsed_s: float | None = None

    @property
    def state(self) -> JobState:
        """Where it is; `starting` and `loading` come only before a model's first call."""
        if self._ended.is_set():
            if isinstance(self._error, RunnerCancelled):
                return "cancelled"
            return "failed" if self._error else "done"
        runner = self._runner
        return "queued" if runner is None else runner.state

    @property
    def position(self) -> int:
        """How many calls end before this one begins; 0 from then on."""
        return self._pool.position(self)

    @property
    def elapsed_s(self) -> float:
        """Wall time since it was asked for, until it ended."""
        return self._elapsed_s or time.monotonic() - self._asked_s

    @property
    def loaded(self) -> Loaded | None:
        """What is known of the model once it is loaded."""
        return self._loaded

    @property
    def error(self) -> ModelInspectError | None:
        """Why it failed."""
        return self._error

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for its end; whether it has come."""
        return self._ended.wait(timeout_s)

    def result(self) -> Answer:
        """Its answer, waited for; raises its error if it failed."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        if self._answer is None:
            raise RunnerError("The call ended without an answer.")
        return self._answer

    def cancel(self) -> None:
        """Take it from the queue, or end the process that runs it. Nothing if it has ended."""
        self._pool.cancel(self)

    def begin(self, runner: Runner) -> None:
        """Its turn has come; for the pool."""
        self._runner = runner

    def end(self, answer: Answer | None, error: ModelInspectError | None) -> None:
        """It has come to its end; for the pool."""
        runner, self._runner = self._runner, None
        self._loaded = runner.loaded if runner else None
        self._answer, self._error = answer, error
        self._elapsed_s = time.monotonic() - self._asked_s
        self._ended.set()


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
        self._warm: OrderedDict[tuple[object, ...], Runner] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def submit(self, model: Load, call: Call) -> Job:
        """Put a call at the end of the queue.

        Raises:
            BadRequest: Too many are waiting.
        """
        job = Job(self, model, call)
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
                job.end(None, RunnerCancelled("Cancelled."))
            elif job is self._current:
                next(reversed(self._warm.values())).cancel()

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
                runner, gone = self._runner_of(job.model)
                job.begin(runner)
            _close(gone)
            self._do(job, runner)
        _close(idle)

    def _do(self, job: Job, runner: Runner) -> None:
        answer, failed = None, None
        try:
            answer = runner.call(job.call, job.cancelled)
        except ModelInspectError as error:
            failed = error
        except Exception as error:  # noqa: BLE001 - the thread serves the next job too
            failed = RunnerError(f"unexpected {type(error).__name__}: {error}")
        with self._changed:
            self._current = None
            job.end(answer, failed)

    def _runner_of(self, model: Load) -> tuple[Runner, list[Runner]]:
        """The process for a model, and those that make room for it."""
        key = (model, *_stamp(model.path))
        runner = self._warm.pop(key, None)
        old = [other for other in self._warm if other[0] == model]
        gone = [self._warm.pop(other) for other in old]
        gone += self._take_warm(self._most_warm - 1)
        self._warm[key] = runner = runner or Runner(model, self.limits)
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
