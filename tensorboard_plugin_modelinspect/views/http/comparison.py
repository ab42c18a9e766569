"""One comparison of two artifacts that the tab looks at: its diff, and the numbers as they come."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tensorboard_plugin_modelinspect.analyses.diff.result import (
    ArtifactDiff,
    TensorPair,
    ValueDiff,
)
from tensorboard_plugin_modelinspect.analyses.diff.summarise import summarise
from tensorboard_plugin_modelinspect.analyses.diff.values import (
    Outcome,
    plan_nbytes,
    select_pairs,
)
from tensorboard_plugin_modelinspect.discovery import Found
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.views.http.jobs import ACTIVE, Files, JobState
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody


@dataclass(slots=True, eq=False)
class Job:
    """The reading of pairs.

    Attributes:
        wanted: Places of pairs that nobody reads yet.
        taken: Places of those that are read, or were.
        nbytes: Of all these.
        state: `idle` where it ended and some pairs are still not read.
        read_nbytes: Read so far.
        error: Why it ended in a way that it should not.
    """

    wanted: set[int] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)
    nbytes: int = 0
    state: JobState = "waiting"
    read_nbytes: int = 0
    error: ErrorBody | None = None
    _began: float | None = None
    _elapsed_s: float = 0.0

    @property
    def is_active(self) -> bool:
        """Whether it is still to come to an end."""
        return self.state in ACTIVE

    @property
    def elapsed_s(self) -> float:
        """Seconds since it began to read, or until its end."""
        is_running = self._began is not None and self.is_active
        return time.monotonic() - (self._began or 0.0) if is_running else self._elapsed_s

    def begin(self) -> None:
        """Its turn has come."""
        self.state, self._began = "running", time.monotonic()

    def end(self, state: JobState) -> None:
        """Come to an end; the first one counts."""
        if self.is_active:
            self._elapsed_s = self.elapsed_s
            self.state = state


class Comparison:
    """A diff, and what reading tells of its pairs. For any thread.

    Args:
        before, after: The artifacts as they were when they were compared.
        files: Of both, before either was opened.
        diff: Without values.

    Attributes:
        layout: Names this object to clients, whose numbers of pairs hold for it.
        structure: The diff in a sentence, without what was read.
        readable: Places of the pairs that reading tells more of.
        arrived: Places of those that are read, in the order in which they came.
        job: The latest one.
    """

    def __init__(
        self, before: Found, after: Found, files: tuple[Files, Files], diff: ArtifactDiff
    ) -> None:
        self.before, self.after, self.files, self.diff = before, after, files, diff
        self.layout = secrets.token_hex(4)
        self.structure = summarise(diff)
        self.readable: Sequence[int] = select_pairs(diff)
        self.arrived: list[int] = []
        self.job: Job | None = None
        self._lock = threading.Lock()
        self._results: dict[int, ValueDiff | ModelInspectError] = {}
        self._unread = (-1, 0)
        self._summary = (-1, "")

    def put(self, outcome: Outcome) -> None:
        """Keep what reading told of a pair."""
        place, result = outcome
        if isinstance(result, ModelInspectError):
            # Its traceback would keep arrays alive.
            result.__traceback__ = result.__context__ = result.__cause__ = None
        with self._lock:
            if place not in self._results:
                self.arrived.append(place)
            self._results[place] = result

    def pair(self, place: int) -> TensorPair:
        """A pair with what was read of it."""
        pair, result = self.diff.pairs[place], self._results.get(place)
        if result is None:
            return pair
        alone = ArtifactDiff(self.diff.before, self.diff.after, (pair,))
        return alone.with_values({0: result}).pairs[0]

    def unread(self, places: Iterable[int] | None = None) -> list[int]:
        """Places to read among some, or among all, in order."""
        wanted = self.readable if places is None else sorted({*places} & {*self.readable})
        return [place for place in wanted if place not in self._results]

    @property
    def unread_nbytes(self) -> int:
        """Bytes that reading the rest takes. Cost: a step for each pair, once for what is known."""
        count = len(self.arrived)
        if self._unread[0] != count:
            self._unread = count, plan_nbytes(self.diff, self.unread())
        return self._unread[1]

    @property
    def summary(self) -> str:
        """The diff in a sentence, with what was read. Cost: a step for each pair, once likewise."""
        count = len(self.arrived)
        if self._summary[0] != count:
            with self._lock:
                results = dict(self._results)
            self._summary = count, summarise(self.diff.with_values(results))
        return self._summary[1]
