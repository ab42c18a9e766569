"""The lineage of all artifacts, looked at in the background once somebody asks for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Literal, NamedTuple

from tensorboard_plugin_modelinspect.analyses.lineage.contents import Contents
from tensorboard_plugin_modelinspect.analyses.lineage.lineage import Lineage
from tensorboard_plugin_modelinspect.analyses.lineage.result import Entry
from tensorboard_plugin_modelinspect.discovery import Found, Snapshot
from tensorboard_plugin_modelinspect.discovery.lineage import LineageReader
from tensorboard_plugin_modelinspect.views.http.search import Search

LOOK_LIMIT = 5_000
"""Artifacts that are looked at after a search."""
LOOK_SECONDS = 120.0
"""Time that this, and working out the marks, may take each."""
_PAUSE_S = 0.001
"""Between two artifacts, so that requests get the interpreter."""

LineageState = Literal["waiting", "looking", "relating", "done"]

_logger = logging.getLogger("tensorboard")


class Standing(NamedTuple):
    """How far the look is.

    Attributes:
        state: See `LineageJobPayload`.
        looked: Artifacts that were looked at.
        artifacts: All there are.
    """

    state: LineageState
    looked: int
    artifacts: int


class Known(NamedTuple):
    """What was found by the last look that came to an end; never changes but for its marks.

    Attributes:
        artifacts: That it is of.
        lineage: Of these.
        places: Of each in it, by id.
        marks: Entries that have a relation, as far as they are worked out.
        gave_up: The search after which the time was over before all was looked at; else None.
    """

    artifacts: Sequence[Found]
    lineage: Lineage
    places: dict[str, int]
    marks: list[Entry]
    gave_up: int | None = None


_FAILED = "Something went wrong that should not; TensorBoard's log says what."
_NOTHING = Known((), Lineage((), Contents(lambda *_: frozenset())), {}, [])


class Lineages:
    """Looks at artifacts when somebody asks and the search is over; never before. For any thread.

    It is done on a thread that ends when all is known, and again when a search finds something new:
    then only what is new or has changed is looked at.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        self._lock = threading.Lock()
        self._reader = LineageReader()
        self._is_working = False
        self._standing = Standing("done", 0, 0)
        self._known = _NOTHING

    def look(self) -> tuple[Standing, Known]:
        """What is known by now; begins a look if there is something new. Never waits."""
        is_searching = self._search.running or self._search.counting
        snapshot = self._search.catalog.snapshot
        artifacts = snapshot.artifacts
        with self._lock:
            known = self._known  # what a look that just ended found out is not looked for again
            is_known = artifacts is known.artifacts
            if self._is_working or (is_known and known.gave_up in (None, snapshot.generation)):
                return self._standing, self._known
            if is_searching:
                return Standing("waiting", 0, len(artifacts)), known
            threading.Thread(
                target=self._work, args=(snapshot,), name="modelinspect-lineage", daemon=True
            ).start()
            self._is_working = True
            self._standing = Standing("looking", 0, len(artifacts))
            return self._standing, known

    def _work(self, snapshot: Snapshot) -> None:
        try:
            self._look_at(snapshot)
            self._relate()
        except Exception as error:  # noqa: BLE001  the next search may bring something better
            _logger.error("Model Inspect could not find out the lineage: %r", error)
            failed = Lineage((), _NOTHING.lineage.contents, _FAILED)
            known = _NOTHING._replace(artifacts=snapshot.artifacts, lineage=failed)
            self._known = known._replace(gave_up=snapshot.generation)
        finally:
            with self._lock:
                self._is_working = False
                self._standing = self._standing._replace(state="done")

    def _look_at(self, snapshot: Snapshot) -> None:
        """Look at what is new or has changed, and publish what all of them are."""
        artifacts, reader = snapshot.artifacts, self._reader
        deadline = time.monotonic() + LOOK_SECONDS
        reader.forget_all_but(artifacts)
        new = [found for found in artifacts if reader.needs_look(found)]
        before = len(artifacts) - len(new)
        for number, found in enumerate(new[:LOOK_LIMIT]):
            if time.monotonic() > deadline:
                break
            self._look_at_one(found)
            self._standing = Standing("looking", before + number + 1, len(artifacts))
            time.sleep(_PAUSE_S)
        left = sum(map(reader.needs_look, artifacts))
        note = f"{left:,} artifacts were not looked at yet: reload to go on." if left else ""
        lineage = reader.lineage(artifacts, note)
        lineage.make_index()
        places = {found.id: place for place, found in enumerate(artifacts)}
        gave_up = snapshot.generation if left else None
        with self._lock:
            self._known = Known(artifacts, lineage, places, [], gave_up)
            self._standing = Standing("relating", len(artifacts) - left, len(artifacts))

    def _look_at_one(self, found: Found) -> None:
        try:
            self._reader.look(found)
        except Exception as error:  # noqa: BLE001  one artifact must not end the look
            _logger.error("Model Inspect could not look at %r: %s", found.path, error)
            self._reader.put_problem(
                found, "It could not be looked at: TensorBoard's log says why."
            )

    def _relate(self) -> None:
        """Work out what the marks say, one after the other."""
        known, deadline = self._known, time.monotonic() + LOOK_SECONDS
        for place in range(len(known.lineage.looked)):
            entry = known.lineage.entry(place)
            if entry.relations:
                known.marks.append(entry)
            if time.monotonic() > deadline:
                return
            time.sleep(_PAUSE_S)
