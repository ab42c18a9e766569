"""What is asked of a pool, and how it stands: calls of models, in a queue."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tensorboard_plugin_modelinspect.errors import (
    ModelInspectError,
    RunnerCancelled,
    RunnerError,
)
from tensorboard_plugin_modelinspect.runner.client import Prepare, Runner
from tensorboard_plugin_modelinspect.runner.messages import Answer, Call, JobState, Load, Loaded

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.runner.pool import RunnerPool


@dataclass(frozen=True, slots=True, eq=False)
class Preparation:
    """What a model goes through before it is called, such as getting other values.

    Attributes:
        name: Tells it from others of the same model.
        stamp: What it depends on, as it is at the moment; asked before each call. If that has
            changed, the model is loaded anew.
        prepare: As of `Runner`.
    """

    name: str
    stamp: Callable[[], Hashable]
    prepare: Prepare


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A call of a model.

    Attributes:
        model: What is loaded for it.
        call: What is asked.
        preparation: What the model goes through first.
        plain: What is asked instead if it fails: the same call without inner tensors, which not
            every model gives.
    """

    model: Load
    call: Call
    preparation: Preparation | None = None
    plain: Call | None = None


class Done(NamedTuple):
    """A task that was done.

    Attributes:
        answer: Of its call.
        prepared: What its preparation gave.
    """

    answer: Answer
    prepared: Any


Finish = Callable[[Sequence[Done]], Sequence[Answer]]
"""Looks at all that was done, and gives the answers that are to be kept."""


def keep_all(done: Sequence[Done]) -> Sequence[Answer]:
    """All answers, as they are."""
    return [one.answer for one in done]


class Job:
    """Calls that were asked for, one after another; mostly one. All may be used by any thread.

    Attributes:
        id: Opaque; not to be guessed.
        tasks: What is asked of which model.
        place: Which of them is under way; once it has ended, the last that was.
        cancelled: Whether somebody asked for its end.
    """

    def __init__(self, pool: RunnerPool, tasks: Sequence[Task], finish: Finish) -> None:
        self.id = secrets.token_urlsafe(12)
        self.tasks = tuple(tasks)
        self.place = 0
        self._pool = pool
        self._finish = finish
        self._runner: Runner | None = None
        self.cancelled = threading.Event()
        self._ended = threading.Event()
        self._answers: tuple[Answer, ...] = ()
        self._error: ModelInspectError | None = None
        self._loaded: Loaded | None = None
        self._asked_s = time.monotonic()
        self._elapsed_s: float | None = None

    @property
    def state(self) -> JobState:
        """Where it is; `starting`, `loading` and `restoring` come only before a first call."""
        if self._ended.is_set():
            if isinstance(self._error, RunnerCancelled):
                return "cancelled"
            return "failed" if self._error else "done"
        runner = self._runner
        if runner is None:
            return "queued"
        return "starting" if runner.state == "queued" else runner.state

    @property
    def position(self) -> int:
        """How many jobs end before this one begins; 0 from then on."""
        return self._pool.position(self)

    @property
    def elapsed_s(self) -> float:
        """Wall time since it was asked for, until it ended."""
        return self._elapsed_s or time.monotonic() - self._asked_s

    @property
    def loaded(self) -> Loaded | None:
        """What is known of the model, the last of several, once it is loaded."""
        return self._loaded

    @property
    def error(self) -> ModelInspectError | None:
        """Why it failed."""
        return self._error

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What is kept of the answers; none before its end, or if it failed."""
        return self._answers

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for its end; whether it has come."""
        return self._ended.wait(timeout_s)

    def result(self) -> Answer:
        """The answer to its first call, waited for; raises its error if it failed."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        if not self._answers:
            raise RunnerError("The call ended without an answer.")
        return self._answers[0]

    def cancel(self) -> None:
        """Take it from the queue, or end the process that runs it. Nothing if it has ended."""
        self._pool.cancel(self)

    def begin(self, runner: Runner) -> None:
        """A task has its process; for the pool."""
        self._runner = runner

    def interrupt(self) -> None:
        """End the process that is busy with it; for the pool."""
        if self._runner is not None:
            self._runner.cancel()

    def finish(self, done: Sequence[Done]) -> None:
        """All tasks are done; for the pool."""
        self._answers = tuple(self._finish(done))

    def end(self, error: ModelInspectError | None) -> None:
        """It has come to its end; for the pool."""
        runner, self._runner = self._runner, None
        self._loaded = runner.loaded if runner else None
        self._error = error
        self._elapsed_s = time.monotonic() - self._asked_s
        self._ended.set()
