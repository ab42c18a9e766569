"""Comparisons that the tab looks at, and the reading of their values in the background."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from tensorboard_plugin_modelinspect.analyses.diff.result import TensorPair
from tensorboard_plugin_modelinspect.analyses.diff.structural import diff_artifacts
from tensorboard_plugin_modelinspect.analyses.diff.values import iter_values, plan_nbytes
from tensorboard_plugin_modelinspect.discovery import Found
from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.views.http.background import BackgroundExecutor
from tensorboard_plugin_modelinspect.views.http.comparison import Comparison, Job
from tensorboard_plugin_modelinspect.views.http.jobs import (
    Cancelled,
    log_unexpected,
    stat_files,
)
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody

AUTOMATIC_NBYTES = 256 << 20
"""What may be read because somebody opened a page: a fraction of a second."""
AT_ONCE_NBYTES = 16 << 20
"""Of a pair that is read while the request for it waits."""
MOST_WAITING = 8
"""Comparisons that are being read or wait for their turn."""
MOST_KEPT = 200_000
"""Pairs of comparisons that are kept, 1 kB each and 2 kB more once read; the oldest goes first."""
_THREADS = 2

Key = tuple[str, str]


@dataclass(slots=True, eq=False)
class _Entry:
    """Two artifacts. The lock is held while they are compared."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    comparison: Comparison | None = None

    @property
    def job(self) -> Job | None:
        """The latest reading of its pairs."""
        return None if self.comparison is None else self.comparison.job

    @property
    def is_active(self) -> bool:
        """Whether pairs are being read, or will be."""
        return self.job is not None and self.job.is_active


class Comparisons:
    """Compares artifacts, and reads pairs when asked to. For any thread.

    Pairs are read for one comparison after the other, on a thread that ends with the last.

    Args:
        open_artifact: By its id.
    """

    def __init__(self, open_artifact: Callable[[str], Artifact]) -> None:
        self._open = open_artifact
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._is_working = False
        self._executor = BackgroundExecutor(_THREADS, "modelinspect-pairs")

    def look(self, before: Found, after: Found) -> Comparison:
        """The comparison of two artifacts, kept while their files are the same.

        Raises:
            NotFound: One was deleted.
            ModelInspectError: One cannot be opened.

        Cost: asks each file whether it changed; opens and compares both if one did.
        """
        entry = self._entry((before.id, after.id))
        with entry.lock:
            files = stat_files(before), stat_files(after)
            known = entry.comparison
            if known is not None and known.files == files and not _is_gone(before, after):
                return known
            if known is not None and known.job is not None:
                known.job.end("changed")
            entry.comparison = None
            diff = diff_artifacts(self._open(before.id), self._open(after.id))
            entry.comparison = Comparison(before, after, files, diff)
            return entry.comparison

    def start(self, comparison: Comparison, places: Sequence[int] = ()) -> None:
        """Begin to read pairs, or let a reading that is under way do it too.

        Args:
            comparison: From `look`.
            places: Of these only; of all if empty.

        Raises:
            BadRequest: Too many are waiting.
        """
        with self._lock:
            job = comparison.job
            is_new = job is None or not job.is_active
            wanted = set(comparison.unread(places or None))
            if not is_new and job is not None:
                job.wanted |= wanted - job.taken
                return
            if not wanted:
                return
            if sum(one.is_active for one in self._entries.values()) >= MOST_WAITING:
                raise BadRequest(f"{MOST_WAITING} comparisons are read. Cancel one, or wait.")
            comparison.job = Job(wanted)
            if not self._is_working:
                threading.Thread(target=self._work, name="modelinspect-diff", daemon=True).start()
                self._is_working = True

    def glance(self, comparison: Comparison) -> None:
        """Begin if at most `AUTOMATIC_NBYTES` are to be read, and nobody began or cancelled it."""
        if comparison.job is None and comparison.unread_nbytes <= AUTOMATIC_NBYTES:
            self.start(comparison)

    def cancel(self, comparison: Comparison) -> None:
        """End a reading, if one is under way; what was read stays."""
        with self._lock:
            if comparison.job is not None:
                comparison.job.end("cancelled")

    def read_at_once(self, comparison: Comparison, place: int) -> TensorPair:
        """A pair with its numbers, unless reading it takes more than `AT_ONCE_NBYTES`."""
        wanted = comparison.unread([place])
        if wanted and plan_nbytes(comparison.diff, wanted) <= AT_ONCE_NBYTES:
            # Not the threads of a job, which may be busy for long.
            with ThreadPoolExecutor(1) as executor:
                for outcome in iter_values(comparison.diff, executor, wanted):
                    comparison.put(outcome)
        return comparison.pair(place)

    def _entry(self, key: Key) -> _Entry:
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            self._drop_oldest()
            return entry

    def _drop_oldest(self) -> None:
        kept = 0
        for key, entry in reversed(list(self._entries.items())):
            comparison = entry.comparison
            kept += 1 if comparison is None else 1 + len(comparison.diff.pairs)
            is_newest = key == next(reversed(self._entries))
            if kept > MOST_KEPT and not entry.is_active and not is_newest:
                del self._entries[key]

    def _work(self) -> None:
        while (comparison := self._next()) is not None:
            job = _job(comparison)
            job.error = self._run(comparison, job)
            job.end("idle")

    def _next(self) -> Comparison | None:
        """One that waits; None if none does, and then the thread is as good as gone."""
        with self._lock:
            entries = (one for one in self._entries.values() if one.job is not None)
            entry = next((one for one in entries if _is_waiting(one)), None)
            self._is_working = entry is not None
            if entry is None or entry.comparison is None:
                return None
            _job(entry.comparison).begin()
            return entry.comparison

    def _run(self, comparison: Comparison, job: Job) -> ErrorBody | None:
        """Read what is wanted; returns why that ended in a way that it should not."""
        try:
            while places := self._take(comparison, job):
                advance = partial(self._advance, job)
                for outcome in iter_values(
                    comparison.diff, self._executor, places, advance=advance
                ):
                    comparison.put(outcome)
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001  the edge of this thread; the tab tells
            return log_unexpected("comparing values of", comparison.after, error)
        return None

    def _take(self, comparison: Comparison, job: Job) -> list[int]:
        """What to read next; nothing ends the job, while nobody can want more of it."""
        with self._lock:
            places = comparison.unread(job.wanted) if job.is_active else []
            job.wanted.clear()
            job.taken.update(places)
            job.nbytes += plan_nbytes(comparison.diff, places)
            if not places:
                job.end("idle" if comparison.unread() else "done")
            return places

    def _advance(self, job: Job, nbytes: int) -> None:
        with self._lock:
            job.read_nbytes += nbytes
            if not job.is_active:
                raise Cancelled


def _job(comparison: Comparison) -> Job:
    if comparison.job is None:
        raise ValueError("nobody asked for it")
    return comparison.job


def _is_waiting(entry: _Entry) -> bool:
    return entry.job is not None and entry.job.state == "waiting"


def _is_gone(*sides: Found) -> bool:
    return any(found.state == "deleted" for found in sides)


def check_place(comparison: Comparison, place: int) -> int:
    """A place of a pair that a client names.

    Raises:
        NotFound: There is none.
    """
    count = len(comparison.diff.pairs)
    if place >= count:
        raise NotFound(f"No pair {place}: there are {count}. Reload to see them.")
    return place
