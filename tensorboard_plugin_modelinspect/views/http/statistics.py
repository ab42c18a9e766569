"""Statistics that the tab asked for, in the background, and their results."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.discovery import Found
from tensorboard_plugin_modelinspect.errors import BadRequest, ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http.background import BackgroundExecutor
from tensorboard_plugin_modelinspect.views.http.jobs import (
    ACTIVE,
    Cancelled,
    Files,
    JobState,
    log_unexpected,
    stat_files,
)
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody
from tensorboard_plugin_modelinspect.views.http.row_queue import RowQueue
from tensorboard_plugin_modelinspect.views.http.stat_results import Results

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.stats import Outcome, StatsCache, TensorStats

AUTOMATIC_NBYTES = 256 << 20
"""What may be read because somebody opened a page: a fraction of a second."""
AT_ONCE_NBYTES = 16 << 20
"""Of a tensor whose statistics are computed while the request for them waits."""
MOST_ACTIVE = 8
"""Jobs under way. They share the threads, and each holds a few pieces of 4 MiB."""
MOST_KEPT = 200_000
"""Tensors of finished jobs whose results are kept, 2 kB each; the oldest job goes first."""
_THREADS = 2


@dataclass(slots=True, eq=False)
class Job:
    """Statistics of an artifact, asked for or finished.

    Attributes:
        found: The artifact as it was when it was asked for.
        files: Its files before any of them was read.
        results: What is known.
        queue: What is to be read.
        glances: Whether all are wanted as soon as it shows that little must be read for that.
        state: `idle` where it ended and some are still not known.
        read_nbytes: Of the queue's bytes, those read or known from elsewhere.
        error: Why it ended in a way that it should not.
    """

    found: Found
    files: Files
    results: Results
    queue: RowQueue
    glances: bool = False
    state: JobState = "waiting"
    read_nbytes: int = 0
    error: ErrorBody | None = None
    _began: float = field(default_factory=time.monotonic)
    _elapsed_s: float | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is still to come to an end."""
        return self.state in ACTIVE

    @property
    def elapsed_s(self) -> float:
        """Seconds from its beginning to its end, or until now."""
        return time.monotonic() - self._began if self._elapsed_s is None else self._elapsed_s

    def end(self, state: JobState) -> None:
        """Come to an end; the first one counts."""
        if self.is_active:
            self._elapsed_s = self.elapsed_s
            self.state = state


class Statistics:
    """Starts, cancels and keeps statistics of artifacts. For any thread; nothing waits for a job.

    Args:
        open_artifact: By its id.
        cache: Of contents seen before, in whichever artifact.
    """

    def __init__(
        self, open_artifact: Callable[[str], Artifact], cache: StatsCache | None = None
    ) -> None:
        self._open = open_artifact
        self._cache = cache
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._executor = BackgroundExecutor(_THREADS, "modelinspect-stats")

    def look(self, found: Found) -> Job | None:
        """The latest job of an artifact; None if there was none."""
        with self._lock:
            job = self._jobs.get(found.id)
        if job is not None and not job.is_active and _are_others(job.files, stat_files(found)):
            job.state = "changed"
        return job

    def start(self, found: Found, rows: Sequence[int] = ()) -> Job:
        """Begin to compute what is not known, or let a job that is under way do it.

        Args:
            found: The artifact.
            rows: Only of these tensors; of all if empty.

        Raises:
            ModelInspectError: It cannot be opened.
            NotFound: There is no such row.
            BadRequest: Too many jobs are under way.
        """
        files, results = self._results(found)
        wanted = _check(rows, results) or range(len(results.tensors))
        with self._lock:
            job = self._jobs.get(found.id)
            if job is None or not job.is_active or not job.queue.want(wanted):
                job = self._begin(Job(found, files, results, RowQueue(results)))
                job.queue.want(wanted)
            if rows:
                job.queue.put_first(rows)
            return job

    def glance(self, found: Found) -> Job:
        """Take what is known of the contents; go on if at most `AUTOMATIC_NBYTES` are left then.

        Nothing begins where there was a job already, even one that was cancelled. Raises as
        `start` does.
        """
        files, results = self._results(found)
        with self._lock:
            job = self._jobs.get(found.id)
            if job is not None and job.results is results:
                return job
            return self._begin(Job(found, files, results, RowQueue(results), glances=True))

    def put_first(self, found: Found, rows: Sequence[int]) -> Job | None:
        """Let a job that is under way read these rows next, if it is to read them at all."""
        job = self.look(found)
        if job is not None and job.is_active:
            job.queue.put_first(_check(rows, job.results))
        return job

    def cancel(self, found: Found) -> Job | None:
        """End the job of an artifact, if one is under way; what it found stays."""
        with self._lock:
            job = self._jobs.get(found.id)
            if job is not None:
                job.end("cancelled")
        return job

    def tensor(self, found: Found, tensor: Tensor) -> TensorStats | ErrorBody | None:
        """All about one tensor; None if it was not computed and is too large to do so at once.

        Cost: at most `AT_ONCE_NBYTES` are read, if nothing is known.
        """
        job = self.look(found)
        results = None if job is None or job.state == "changed" else job.results
        row = None if results is None else results.rows.get(tensor.key)
        known = None if results is None or row is None else results.get(row)
        if known is None and self._cache is not None:
            known = self._cache.get(tensor)
        if known is None and tensor.nbytes <= AT_ONCE_NBYTES:
            known = self._compute(tensor)
        if known is not None and results is not None and row is not None:
            results.put(results.original(row), known)
        return known

    def _compute(self, tensor: Tensor) -> TensorStats | ErrorBody:
        from tensorboard_plugin_modelinspect.analyses.stats import compute_stats

        try:
            stats = compute_stats(tensor)
        except ModelInspectError as error:
            return ErrorBody(type(error).__name__, error.message)
        if self._cache is not None:
            self._cache.put(tensor, stats)
        return stats

    def _results(self, found: Found) -> tuple[Files, Results]:
        """Where to put what becomes known: where it was put before, if the files are the same."""
        if found.state == "deleted":
            raise NotFound(f"{found.path}: {found.reason}")
        files = stat_files(found)
        with self._lock:
            job = self._jobs.get(found.id)
            if job is not None and not _are_others(job.files, files):
                return job.files, job.results
            if job is not None:
                job.end("changed")
        artifact = self._open(found.id)
        return files, Results(tuple(artifact.tensors.values()), artifact.nbytes)

    def _begin(self, job: Job) -> Job:
        if sum(one.is_active for one in self._jobs.values()) >= MOST_ACTIVE:
            raise BadRequest(
                f"Statistics of {MOST_ACTIVE} artifacts are under way. Cancel one, or wait."
            )
        threading.Thread(
            target=self._work, args=(job,), name="modelinspect-statistics", daemon=True
        ).start()
        self._jobs[job.found.id] = job
        self._jobs.move_to_end(job.found.id)
        self._drop_oldest()
        return job

    def _drop_oldest(self) -> None:
        kept = 0
        for key, job in reversed(list(self._jobs.items())):
            kept += len(job.results.tensors)
            if kept > MOST_KEPT and not job.is_active:
                del self._jobs[key]

    def _work(self, job: Job) -> None:
        with self._lock:
            if job.state == "waiting":
                job.state = "running"
        try:
            self._run(job)
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001  the edge of this thread; the tab tells
            job.error = log_unexpected("computing statistics of", job.found, error)
        with self._lock:
            job.end("done" if len(job.results) == len(job.results.tensors) else "idle")

    def _run(self, job: Job) -> None:
        from tensorboard_plugin_modelinspect.analyses.stats import iter_stats

        self._recall(job)
        if job.glances and job.results.unknown_nbytes <= AUTOMATIC_NBYTES:
            job.queue.want(range(len(job.results.tensors)))
        under_way: deque[int] = deque()
        advance = partial(self._advance, job)
        tensors = self._iter_tensors(job, under_way)
        for outcome in iter_stats(tensors, self._executor, self._cache, advance):
            job.results.put(under_way.popleft(), _settle(outcome))

    def _recall(self, job: Job) -> None:
        """Take what is known of the contents. Cost: no byte of the artifact."""
        if self._cache is None:
            return
        results = job.results
        for row in results.originals(range(len(results.tensors))):
            self._advance(job, 0)
            known = None if row in results else self._cache.get(results.tensors[row])
            if known is not None:
                results.put(row, known)

    def _iter_tensors(self, job: Job, under_way: deque[int]) -> Iterator[Tensor]:
        """What to read, decided at the last moment; notes it, because outcomes have no rows."""
        while (row := job.queue.take()) is not None:
            self._advance(job, 0)
            under_way.append(row)
            yield job.results.tensors[row]

    def _advance(self, job: Job, nbytes: int) -> None:
        with self._lock:
            job.read_nbytes += nbytes
            if not job.is_active:
                raise Cancelled


def _settle(outcome: Outcome) -> TensorStats | ErrorBody:
    """An outcome without the error itself, whose traceback would keep arrays alive."""
    if outcome.stats is not None:
        return outcome.stats
    error = outcome.error or ModelInspectError("It was not read.")
    return ErrorBody(type(error).__name__, error.message)


def _check(rows: Sequence[int], results: Results) -> Sequence[int]:
    """Rows that are there.

    Raises:
        NotFound: One of them is not.
    """
    count = len(results.tensors)
    if rows and max(rows) >= count:
        raise NotFound(f"No row {max(rows)}: there are {count} tensors. Reload to see them.")
    return rows


def _are_others(before: Files, now: Files) -> bool:
    """Whether a file holds something else by now.

    One that is gone does not: what was read from it is still what it held.
    """
    return before.keys() != now.keys() or any(
        stat is not None and stat != before[name] for name, stat in now.items()
    )
