"""The catalog: what is below the roots, searched in the background, read at any time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from tensorboard_plugin_modelinspect.discovery.found import Found, Snapshot
from tensorboard_plugin_modelinspect.discovery.opened import OpenArtifacts
from tensorboard_plugin_modelinspect.discovery.roots import Root
from tensorboard_plugin_modelinspect.discovery.scanner import Scanner
from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.sources.walk import DEFAULT_LIMITS, WalkLimits

_logger = logging.getLogger(__name__)

_PULSE_S = 0.25
"""Between two looks at a running search."""
_SHARE = 10
"""A running search spends at most one part in so many on showing how far it is."""

Progress = Callable[[int, int], None]


class Catalog:
    """All artifacts below some roots. Every method may be called from any thread.

    Args:
        roots: Asked for at the start of each search.
        limits: Of one search.
    """

    def __init__(
        self, roots: Callable[[], Sequence[Root]], limits: WalkLimits = DEFAULT_LIMITS
    ) -> None:
        self._roots = roots
        self._scanner = Scanner(limits)
        self._opened = OpenArtifacts()
        self._turn = threading.Lock()  # held during a search; readers never take it
        self._state = threading.Condition()
        self._scans = 0  # under way or waiting for their turn
        self._snapshot = Snapshot(0, False, (), (), (), 0, 0.0, "")
        self._by_id: dict[str, Found] = {}

    def scan(self, *, progress: Progress | None = None) -> Snapshot:
        """Search now, after a search that is already running.

        Args:
            progress: Called at the very first artifact, a few times a second, and at the end, with
                the folders listed and the artifacts seen so far.

        Cost: lists every folder, or asks each whether it changed; opens what is new or changed.
        """
        self._begin()
        return self._scan(progress)

    def start_scan(self) -> None:
        """Begin a search on a thread of its own, unless one is under way."""
        if not self._begin(unless_running=True):
            return
        try:
            threading.Thread(target=self._scan_alone, name="modelinspect-scan", daemon=True).start()
        except RuntimeError:  # no more threads
            self._end()
            raise

    def wait(self, timeout_s: float) -> bool:
        """Wait until no search is under way; whether that is so."""
        with self._state:
            return self._state.wait_for(lambda: self._scans == 0, timeout_s)

    @property
    def snapshot(self) -> Snapshot:
        """What is known now; never waits for a search."""
        with self._state:
            return self._snapshot._replace(running=self._scans > 0)

    def get(self, artifact_id: str) -> Found:
        """An artifact by its id.

        Raises:
            NotFound: There is none of that id.
        """
        with self._state:
            found = self._by_id.get(artifact_id)
        if found is None:
            raise NotFound(
                f"No artifact has the id {artifact_id[:40]!r}. It was moved or deleted, or the"
                " logdir is another one: choose it from the list again."
            )
        return found

    def open(self, artifact_id: str) -> Artifact:
        """Open an artifact; the last few stay open while their files are unchanged.

        Raises:
            NotFound: There is none of that id, or it was deleted.
            ModelInspectError: It cannot be opened.
        """
        return self._opened.open(self.get(artifact_id))

    def parameters(self, found: Found) -> tuple[int, int] | None:
        """Parameters of the model itself and number of tensors; None if it cannot be opened.

        Cost: opens the artifact, once for each change of its files.
        """
        return self._opened.count(found)

    def _begin(self, *, unless_running: bool = False) -> bool:
        with self._state:
            if unless_running and self._scans:
                return False
            self._scans += 1
            return True

    def _end(self) -> None:
        with self._state:
            self._scans -= 1
            self._state.notify_all()

    def _scan_alone(self) -> None:
        try:
            self._scan(None)
        except Exception:  # the edge of this thread; the snapshot's note tells
            _logger.exception("Model Inspect could not search the logdir")

    def _scan(self, progress: Progress | None) -> Snapshot:
        try:
            with self._turn:
                return self._search(_Pulse(self._scanner, self._publish, progress))
        finally:
            self._end()

    def _search(self, pulse: _Pulse) -> Snapshot:
        note = ""
        try:
            self._scanner.search(tuple(self._roots()), pulse.beat)
            note = self._scanner.note
        except Exception as error:
            kind = type(error).__name__
            note = (
                f"The search ended on an unexpected error ({kind}: {error}). Reload to try again."
            )
            raise
        finally:
            snapshot = self._publish(pulse.elapsed_s, finished_note=note)
        pulse.report()
        return snapshot

    def _publish(self, elapsed_s: float, *, finished_note: str | None = None) -> Snapshot:
        """Let others see what the search has found so far; `finished_note` ends it."""
        scanner = self._scanner
        before = self._snapshot
        is_finished = finished_note is not None
        snapshot = Snapshot(
            generation=before.generation + is_finished,
            running=not is_finished,
            artifacts=scanner.artifacts,
            runs=scanner.runs,
            roots=scanner.roots,
            folders=scanner.budget.folders,
            elapsed_s=elapsed_s,
            note=before.note if finished_note is None else finished_note,
        )
        if snapshot.artifacts is not before.artifacts:
            by_id = {found.id: found for found in snapshot.artifacts}
        else:
            by_id = self._by_id
        with self._state:
            self._snapshot, self._by_id = snapshot, by_id
        return snapshot


class _Pulse:
    """Shows now and then how far a search is."""

    def __init__(
        self,
        scanner: Scanner,
        publish: Callable[[float], Snapshot],
        progress: Progress | None,
    ) -> None:
        self._scanner = scanner
        self._publish = publish
        self._progress = progress
        self._began = time.monotonic()
        self._next = self._began + _PULSE_S
        self._waits_for_first = not scanner.artifacts

    @property
    def elapsed_s(self) -> float:
        """Since the search began."""
        return time.monotonic() - self._began

    def beat(self) -> None:
        """Called often; does something rarely."""
        now = time.monotonic()
        is_first = self._waits_for_first and self._scanner.budget.artifacts > 0
        if now < self._next and not is_first:
            return
        self._waits_for_first &= not is_first
        self._scanner.refresh()
        self._publish(self.elapsed_s)
        self.report()
        cost = time.monotonic() - now
        self._next = now + max(_PULSE_S, cost * _SHARE)

    def report(self) -> None:
        """Tell whoever asked for progress."""
        if self._progress is not None:
            budget = self._scanner.budget
            self._progress(budget.folders, budget.artifacts)
