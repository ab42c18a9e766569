"""Statistics and findings that the tab asked for, in the background, and their results."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.discovery import Found
from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound
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
from tensorboard_plugin_modelinspect.views.http.stat_context import find_surroundings
from tensorboard_plugin_modelinspect.views.http.stat_results import (
    KnownContents,
    Part,
    Results,
    describe_error,
)

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.health import HealthFinding
    from tensorboard_plugin_modelinspect.analyses.stats import TensorStats
    from tensorboard_plugin_modelinspect.examining import Contents, Context, Examination, Examined
    from tensorboard_plugin_modelinspect.views.http.stat_results import Kinds

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
        glances: Whether all are wanted as soon as it shows that little must be read for that.
        queue: What is to be read.
        state: `idle` where it ended and some are still not known.
        read_nbytes: Of the queue's bytes, those read or known from elsewhere.
        error: Why it ended in a way that it should not.
        previous: Id of the checkpoint before, and of how many of its tensors something was known.
    """

    found: Found
    files: Files
    results: Results
    glances: bool = False
    queue: RowQueue = field(init=False)
    state: JobState = "waiting"
    read_nbytes: int = 0
    error: ErrorBody | None = None
    previous: tuple[str, int] = ("", 0)
    _began: float = field(default_factory=time.monotonic)
    _elapsed_s: float | None = None

    def __post_init__(self) -> None:
        """Begin with nothing to read."""
        self.queue = RowQueue(self.results)

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


class Told(NamedTuple):
    """What is known of one tensor.

    Attributes:
        known: Its statistics, or why there are none; None: not known.
        findings: What is not well with it, the worst first.
        unknown_nbytes: Bytes to read for what is not known.
    """

    known: TensorStats | ErrorBody | None
    findings: tuple[HealthFinding, ...]
    unknown_nbytes: int


class Statistics:
    """Starts, cancels and keeps statistics of artifacts. For any thread; nothing waits for a job.

    Args:
        open_artifact: By its id.
        artifacts: All there are, to know the checkpoints of a series.
        cache: Of contents seen before, in whichever artifact.
    """

    def __init__(
        self,
        open_artifact: Callable[[str], Artifact],
        artifacts: Callable[[], Sequence[Found]],
        cache: Contents | None = None,
    ) -> None:
        self._open = open_artifact
        self._artifacts = artifacts
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
                job = self._begin(Job(found, files, results))
                job.queue.want(wanted)
            if rows:
                job.queue.put_first(rows)
            return job

    def glance(self, found: Found) -> Job:
        """Take what is known of the contents; go on if at most `AUTOMATIC_NBYTES` are left then.

        Nothing is read where there was a job already, even one that was cancelled; but what has
        become known of the checkpoint before is taken in. Raises as `start` does.
        """
        files, results = self._results(found)
        with self._lock:
            job = self._jobs.get(found.id)
            is_new = job is None or job.results is not results
            if job is not None and not is_new and not self._has_news(job):
                return job
            return self._begin(Job(found, files, results, glances=is_new))

    def _has_news(self, job: Job) -> bool:
        """Whether more is known of the checkpoint before than when this one was judged."""
        previous_id, known = job.previous
        is_over = job.state in ("done", "idle") and job.error is None
        return is_over and self._known_of(previous_id) > known and not self._is_full

    def _known_of(self, artifact_id: str) -> int:
        job = self._jobs.get(artifact_id)
        return 0 if job is None else len(job.results)

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

    def kinds(self, found: Found) -> Kinds:
        """Findings of the artifact as last searched, by kind and severity, as far as a job told.

        Cost: a look-up; no I/O.
        """
        job = self._jobs.get(found.id)
        if job is None or job.state == "changed" or _are_others(job.files, found.candidate.files):
            return {}
        return job.results.kinds()

    def tensor(self, found: Found, tensor: Tensor) -> Told:
        """All about one tensor, as far as it is known or not too large to find out at once.

        Cost: at most `AT_ONCE_NBYTES` are read, if nothing is known.
        """
        job = self.look(found)
        results = None if job is None or job.state == "changed" else job.results
        row = None if results is None else results.rows.get(tensor.key)
        if results is None or row is None:
            examined, left = self._examine_at_once(found, tensor, None)
            if examined is None:
                return Told(None, (), left)
            return Told(examined.stats or describe_error(examined), examined.findings, left)
        own, left = results.original(row), 0
        if not isinstance(results.brief(own), ErrorBody):
            examined, left = self._examine_at_once(found, results.tensors[own], results)
            if examined is not None:
                results.put(own, examined)
        return Told(results.get(row), results.findings(row), left)

    def _examine_at_once(
        self, found: Found, tensor: Tensor, results: Results | None
    ) -> tuple[Examined | None, int]:
        """What there is to say of a tensor without reading much, and bytes left to read."""
        from tensorboard_plugin_modelinspect.examining import Examination, left_nbytes

        context = None if results is None else results.context
        if context is None:
            surroundings = find_surroundings(found, self._artifacts(), self._open)
            context = surroundings.make_context(self._cache)
        known = self._cache if results is None else KnownContents(results, self._cache)
        examination = Examination(known, context)
        examined = examination.recall(tensor)
        if left_nbytes(tensor, examined) <= AT_ONCE_NBYTES:
            examined = examination.examine(tensor)
        elif examined is None and tensor.nbytes <= AT_ONCE_NBYTES:
            examined = replace(examination, channels="known").examine(tensor)
        return examined, left_nbytes(tensor, examined)

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

    @property
    def _is_full(self) -> bool:
        return sum(one.is_active for one in self._jobs.values()) >= MOST_ACTIVE

    def _begin(self, job: Job) -> Job:
        if self._is_full:
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
            job.end("done" if job.results.is_complete else "idle")

    def _run(self, job: Job) -> None:
        from tensorboard_plugin_modelinspect.examining import Examination

        known = KnownContents(job.results, self._cache)
        context = self._find_context(job)
        examination = Examination(known, context, "known", executor=self._executor)
        self._recall(job, examination)
        if job.glances:
            _want_what_is_small(job)
        while not job.queue.end():
            self._examine(job, examination, "stats")
            self._examine(job, replace(examination, channels="read"), "channels")

    def _find_context(self, job: Job) -> Context:
        """Find out what tensors are judged by, and take in what that tells already."""
        surroundings = find_surroundings(job.found, self._artifacts(), self._open)
        job.previous = surroundings.previous_id, self._known_of(surroundings.previous_id)
        context = surroundings.make_context(self._cache)
        job.results.announce(context)
        return context

    def _recall(self, job: Job, examination: Examination) -> None:
        """Take what is known of the contents. Cost: no byte of the artifact."""
        results = job.results
        for row in results.originals(range(len(results.tensors))):
            self._advance(job, 0)
            if isinstance(results.brief(row), ErrorBody):
                continue
            examined = examination.recall(results.tensors[row])
            if examined is not None:
                results.put(row, examined)
            results.lacks_channels(row)  # so that its bytes are counted

    def _examine(self, job: Job, examination: Examination, part: Part) -> None:
        """Read a part of all tensors that are in the queue."""
        under_way: deque[int] = deque()
        tensors = self._iter_tensors(job, part, under_way)
        count, check = partial(self._advance, job), lambda _: self._advance(job, 0)
        advance = count if part == "stats" else check
        for examined in examination.run(tensors, advance, reread=count):
            job.results.put(under_way.popleft(), examined)

    def _iter_tensors(self, job: Job, part: Part, under_way: deque[int]) -> Iterator[Tensor]:
        """What to read, decided at the last moment; notes it, because outcomes have no rows."""
        results = job.results
        while (row := job.queue.take(part)) is not None:
            self._advance(job, 0)
            if part == "channels" and results.lacks_channels(row) is None:
                self._advance(job, results.nbytes_of(row))  # its statistics said all
                continue
            under_way.append(row)
            yield results.tensors[row]

    def _advance(self, job: Job, nbytes: int) -> None:
        with self._lock:
            job.read_nbytes += nbytes
            if not job.is_active:
                raise Cancelled


def _want_what_is_small(job: Job) -> None:
    """Have all read that may be because somebody opened a page, statistics before channels."""
    rows = range(len(job.results.tensors))
    if job.results.unknown_nbytes <= AUTOMATIC_NBYTES:
        job.queue.want(rows)
    elif job.results.stats_nbytes <= AUTOMATIC_NBYTES:
        job.queue.want(rows, channels=False)


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
