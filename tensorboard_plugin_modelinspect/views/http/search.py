"""The search for artifacts in the background, and the counting of their parameters after it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.discovery import Catalog, Found, Root, resolve_roots
from tensorboard_plugin_modelinspect.errors import ModelInspectError

if TYPE_CHECKING:
    from tensorboard.plugins.base_plugin import TBContext

COUNT_LIMIT = 5_000
"""Artifacts that are opened after a search to count their parameters."""
COUNT_SECONDS = 60.0
"""Time that may take. What is left gets its turn after the next search."""
_PAUSE_S = 0.001
"""Between two artifacts, so that requests get the interpreter."""

_logger = logging.getLogger("tensorboard")


class Counts(NamedTuple):
    """Of an artifact: parameters of the model itself, and tensors; None if it cannot be opened."""

    parameters: int | None
    tensors: int | None


class Search:
    """Runs searches, at most one at a time, each on a thread that ends with it.

    Attributes:
        catalog: What is searched, and what requests read.
        found: Set when the first artifact is found, and never cleared.
        settled: Set then too, or when the first search ends without one.
    """

    def __init__(
        self, catalog: Catalog, *, found: threading.Event, settled: threading.Event
    ) -> None:
        self.catalog = catalog
        self.found = found
        self.settled = settled
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wanted = False
        self._running = False
        self._counts: dict[str, tuple[Found, Counts]] = {}

    @property
    def running(self) -> bool:
        """Whether a search is under way or about to begin."""
        return self._running or self._wanted

    @property
    def counting(self) -> bool:
        """Whether parameters are being counted, or will be after the search."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def start(self) -> None:
        """Begin a search unless one is running; returns at once."""
        with self._lock:
            if self._running:
                return
            self._wanted = True
            if not self.counting:
                self._thread = threading.Thread(
                    target=self._work, name="modelinspect-search", daemon=True
                )
                self._thread.start()

    def start_first(self) -> None:
        """Begin a search if there has never been one."""
        if self.catalog.snapshot.generation == 0:
            self.start()

    def counts(self, found: Found) -> Counts:
        """What is counted so far; never waits."""
        known = self._counts.get(found.id)
        return known[1] if known is not None and known[0] == found else Counts(None, None)

    def _work(self) -> None:
        while self._next():
            try:
                self.catalog.scan(progress=self._note_progress)
            except Exception as error:  # noqa: BLE001  the next search may succeed
                _logger.error("Model Inspect could not search the logdir: %s", error)
            finally:
                self._running = False
                self._note_progress(0, len(self.catalog.snapshot.artifacts))
                self.settled.set()
            self._count()

    def _next(self) -> bool:
        """Whether another search is wanted; if not, the thread is as good as gone."""
        with self._lock:
            self._running, self._wanted = self._wanted, False
            if not self._running:
                self._thread = None
            return self._running

    def _note_progress(self, _folders: int, artifacts: int) -> None:
        if artifacts:
            self.found.set()
            self.settled.set()

    def _count(self) -> None:
        """Count the parameters of what is new or changed, until a search is wanted."""
        artifacts = self.catalog.snapshot.artifacts
        current = {found.id for found in artifacts}
        kept = {key: known for key, known in self._counts.items() if key in current}
        self._counts = kept
        new = [found for found in artifacts if kept.get(found.id, (None,))[0] != found]
        deadline = time.monotonic() + COUNT_SECONDS
        for found in new[:COUNT_LIMIT]:
            if self._wanted or time.monotonic() > deadline:
                return
            kept[found.id] = (found, self._count_one(found))
            time.sleep(_PAUSE_S)

    def _count_one(self, found: Found) -> Counts:
        try:
            counted = self.catalog.parameters(found)
        except ModelInspectError:
            return Counts(None, None)
        except Exception as error:  # noqa: BLE001  one artifact must not end the counting
            _logger.error("Model Inspect could not count %r: %s", found.path, error)
            return Counts(None, None)
        return Counts(None, None) if counted is None else Counts(*counted)


def make_search(context: TBContext, found: threading.Event, settled: threading.Event) -> Search:
    """The search of TensorBoard's logdir, whose roots are resolved again each time."""

    def roots() -> Sequence[Root]:
        flags = getattr(context, "flags", None)
        logdir = getattr(context, "logdir", None) or getattr(flags, "logdir", None) or ""
        return resolve_roots(logdir, getattr(flags, "logdir_spec", None) or "")

    return Search(Catalog(roots), found=found, settled=settled)
