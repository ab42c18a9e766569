"""Timelines that the tab looks at, and the reading of their values in the background."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, NamedTuple

from tensorboard_plugin_modelinspect.analyses.timeline import Timeline
from tensorboard_plugin_modelinspect.analyses.timeline_plan import plan_nbytes
from tensorboard_plugin_modelinspect.analyses.timeline_values import Progress, compute_values
from tensorboard_plugin_modelinspect.discovery import Found
from tensorboard_plugin_modelinspect.discovery.series import Series, series_around
from tensorboard_plugin_modelinspect.discovery.series_reader import (
    THREADS,
    SeriesReader,
    open_member,
)
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.sources.pool import FilePool
from tensorboard_plugin_modelinspect.views.http.background import BackgroundExecutor
from tensorboard_plugin_modelinspect.views.http.jobs import Cancelled, log_unexpected
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody

MOST_KEPT = 16
"""Series whose numbers are kept: a megabyte for 1,000 different contents, about."""
MOST_WAITING = 8
"""Series whose values are being read or wait for their turn."""

JobState = Literal["idle", "waiting", "running", "done", "cancelled", "failed"]


class View(NamedTuple):
    """A series as the tab sees it.

    Attributes:
        series: Its checkpoints, with their ids.
        timeline: What is known of them.
        layout: Differs when checkpoints or tensors do.
    """

    series: Series
    timeline: Timeline
    layout: str


@dataclass(slots=True)
class Job:
    """The reading of a series' values.

    Attributes:
        found: The artifact that somebody looked at.
        view: The series as it was then.
        state: `idle`: there is something to read, and nobody asked for it.
        nbytes: To read.
        done_nbytes: Read so far.
        elapsed_s: Since it began to read.
        error: Why it failed.
    """

    found: Found
    view: View
    state: JobState = "idle"
    nbytes: int = 0
    done_nbytes: int = 0
    elapsed_s: float = 0.0
    error: ErrorBody | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is still to come to an end."""
        return self.state in ("waiting", "running")


@dataclass(slots=True, eq=False)
class _Entry:
    """A series that somebody looked at. The lock is held while its indexes are read."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    reader: SeriesReader = field(default_factory=SeriesReader)
    view: View | None = None
    job: Job | None = None
    left: tuple[Timeline, int, int] | None = None

    def left_nbytes(self, timeline: Timeline) -> int:
        """Bytes of values that are still to be read; worked out when that may have changed."""
        left, generation = self.left, timeline.values.generation
        if left is None or left[0] is not timeline or left[1] != generation:
            self.left = left = timeline, generation, plan_nbytes(timeline)
        return left[2]

    @property
    def is_active(self) -> bool:
        """Whether its values are being read, or will be."""
        return self.job is not None and self.job.is_active


class Timelines:
    """Keeps what is known of series, and reads their values when asked to. For any thread.

    Values are read on a thread that ends with the last job; one series after the other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._is_working = False
        self._executor = BackgroundExecutor(THREADS, "modelinspect-values")

    def look(self, found: Found, artifacts: Sequence[Found]) -> tuple[View, Job]:
        """The series of an artifact as it is now.

        Cost: asks each checkpoint's files whether they changed; opens those that are new or did.
        """
        series = series_around(found, artifacts)
        entry = self._entry(series.id)
        with entry.lock:
            timeline = entry.reader.read(series)
            entry.view = view = View(series, timeline, _layout(series, timeline))
        return view, self._job(entry, found, view)

    def look_again(self, found: Found, artifacts: Sequence[Found]) -> tuple[View, Job]:
        """The series as it was when somebody last looked; nothing is opened if anybody did."""
        with self._lock:
            entry = self._entries.get(found.series or found.id)
        view = None if entry is None else entry.view
        if entry is None or view is None:
            return self.look(found, artifacts)
        return view, self._job(entry, found, view)

    def start(self, found: Found, artifacts: Sequence[Found]) -> tuple[View, Job]:
        """Begin to read values, or let a reading that is under way go on.

        Raises:
            BadRequest: Too many are waiting.
        """
        view, job = self.look(found, artifacts)
        if job.state == "done":
            return view, job
        entry = self._entry(view.series.id)
        with self._lock:
            if not entry.is_active:
                if sum(one.is_active for one in self._entries.values()) >= MOST_WAITING:
                    message = f"{MOST_WAITING} timelines are being read. Cancel one, or wait."
                    raise BadRequest(message)
                entry.job = job = Job(found, view, "waiting", job.nbytes)
            if not self._is_working:
                name = "modelinspect-timeline"
                threading.Thread(target=self._work, name=name, daemon=True).start()
                self._is_working = True
            return view, entry.job or job

    def cancel(self, found: Found, artifacts: Sequence[Found]) -> tuple[View, Job]:
        """End a reading, if one is under way; what was read stays."""
        view, _ = self.look_again(found, artifacts)
        entry = self._entry(view.series.id)
        with self._lock:
            if entry.job is not None and entry.job.is_active:
                entry.job.state = "cancelled"
        return view, self._job(entry, found, view)

    def _entry(self, series_id: str) -> _Entry:
        with self._lock:
            entry = self._entries.setdefault(series_id, _Entry())
            self._entries.move_to_end(series_id)
            idle = [key for key, one in self._entries.items() if not one.is_active]
            for key in idle[: max(0, len(self._entries) - MOST_KEPT)]:
                del self._entries[key]
            return entry

    def _job(self, entry: _Entry, found: Found, view: View) -> Job:
        """How the reading stands, for what is there now: a new checkpoint makes it idle again."""
        job = entry.job or Job(found, view)
        if job.is_active:
            return job
        nbytes = entry.left_nbytes(view.timeline)
        if not nbytes:
            return replace(job, state="done", done_nbytes=job.nbytes)
        state: JobState = "idle" if job.state == "done" else job.state
        return replace(job, state=state, nbytes=nbytes, done_nbytes=0, elapsed_s=0.0)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            error = self._run(job)
            with self._lock:
                if job.state == "running":
                    job.state, job.error = "failed" if error else "done", error

    def _next(self) -> Job | None:
        """The one that waits longest; None if none does, and then the thread is as good as gone."""
        with self._lock:
            jobs = [entry.job for entry in self._entries.values() if entry.job is not None]
            job = next((one for one in jobs if one.state == "waiting"), None)
            if job is not None:
                job.state = "running"
            self._is_working = job is not None
            return job

    def _run(self, job: Job) -> ErrorBody | None:
        """Read values; returns why that ended in a way that it should not."""

        def note(progress: Progress) -> None:
            job.done_nbytes, job.nbytes, job.elapsed_s = progress
            if job.state != "running":
                raise Cancelled

        try:
            opener = partial(open_member, job.view.series, FilePool())
            compute_values(job.view.timeline, opener, self._executor, note)
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001  the edge of this thread; the tab tells
            return log_unexpected("reading the series of", job.found, error)
        return None


def _layout(series: Series, timeline: Timeline) -> str:
    """A short text for the checkpoints and tensors that all lists of an answer follow."""
    paths = [checkpoint.path for checkpoint in timeline.checkpoints]
    text = "\0".join([series.id, *paths, "\0", *timeline.tensors])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
