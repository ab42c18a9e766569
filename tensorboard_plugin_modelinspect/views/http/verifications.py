"""Verifications that the tab asked for, in the background, and their results."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from tensorboard_plugin_modelinspect.analyses.verify import Verification, verify
from tensorboard_plugin_modelinspect.discovery import Found
from tensorboard_plugin_modelinspect.errors import BadRequest, ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.verifying import plan_steps
from tensorboard_plugin_modelinspect.views.http.jobs import (
    ACTIVE,
    Cancelled,
    Files,
    JobState,
    log_unexpected,
    stat_files,
)
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody

MOST_WAITING = 16
"""Verifications under way or waiting for their turn."""
MOST_KEPT = 64
"""Results, a few kilobytes each; the oldest goes first."""


@dataclass(slots=True, eq=False)
class Job:
    """A verification, asked for or finished.

    Attributes:
        found: The artifact as it was when it was asked for.
        state: `changed` where the files are others by now: then the result says nothing.
        files: Its files just before the first of them was read.
        so_far: What is known; None before its turn.
        error: Why there is no result, where it ended in a way that it should not.
    """

    found: Found
    state: JobState = "waiting"
    files: Files = field(default_factory=dict)
    so_far: Verification | None = None
    error: ErrorBody | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is still to come to an end."""
        return self.state in ACTIVE


class Verifications:
    """Starts, cancels and keeps verifications. For any thread; nothing here waits for one.

    They run one after the other, on a thread that ends with the last: two at a time would only make
    a disk seek.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._is_working = False

    def look(self, found: Found) -> Job | None:
        """The latest verification of an artifact; None if there was none."""
        with self._lock:
            job = self._jobs.get(found.id)
        if job is not None and job.state == "done" and job.files != stat_files(found):
            job.state = "changed"
        return job

    def start(self, found: Found) -> Job:
        """Begin to verify an artifact, or let a verification that is under way go on.

        Raises:
            NotFound: It was deleted.
            BadRequest: Too many are waiting.
        """
        if found.state == "deleted":
            raise NotFound(f"{found.path}: {found.reason}")
        with self._lock:
            job = self._jobs.get(found.id)
            if job is not None and job.is_active:
                return job
            if sum(one.is_active for one in self._jobs.values()) >= MOST_WAITING:
                raise BadRequest(f"{MOST_WAITING} verifications are waiting. Cancel one, or wait.")
            if not self._is_working:
                threading.Thread(target=self._work, name="modelinspect-verify", daemon=True).start()
                self._is_working = True
            job = self._jobs[found.id] = Job(found)
            self._jobs.move_to_end(found.id)
            self._drop_oldest()
        return job

    def cancel(self, found: Found) -> Job | None:
        """End the verification of an artifact, if one is under way."""
        with self._lock:
            job = self._jobs.get(found.id)
            if job is not None and job.is_active:
                job.state = "cancelled"
        return job

    def _drop_oldest(self) -> None:
        finished = [key for key, job in self._jobs.items() if not job.is_active]
        for key in finished[: max(0, len(self._jobs) - MOST_KEPT)]:
            del self._jobs[key]

    def _work(self) -> None:
        while (job := self._next()) is not None:
            error = _run(job)
            with self._lock:
                if job.state == "running":
                    job.state, job.error = "done", error

    def _next(self) -> Job | None:
        """The one that waits longest; None if none does, and then the thread is as good as gone."""
        with self._lock:
            job = next((one for one in self._jobs.values() if one.state == "waiting"), None)
            if job is not None:
                job.state = "running"
            self._is_working = job is not None
            return job


def _run(job: Job) -> ErrorBody | None:
    """Verify; returns why that ended in a way that it should not."""

    def note(so_far: Verification) -> None:
        job.so_far = so_far
        if job.state != "running":
            raise Cancelled

    try:
        job.files = stat_files(job.found)
        verify(plan_steps(job.found.open_folder(), job.found.candidate), note)
    except Cancelled:
        pass
    except ModelInspectError as error:
        return ErrorBody(type(error).__name__, error.message)
    except Exception as error:  # noqa: BLE001  the edge of this thread; the tab tells
        return log_unexpected("verifying", job.found, error)
    return None
