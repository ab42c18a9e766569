"""The security scan for the tab: the report of one artifact, and the worst of all of them."""

from __future__ import annotations

import functools
import logging
import posixpath
import shlex
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.discovery import Found
from tensorboard_plugin_modelinspect.errors import ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.views.http.jobs import Files, stat_files
from tensorboard_plugin_modelinspect.views.http.parameters import Parameters
from tensorboard_plugin_modelinspect.views.http.responses import Body, encode
from tensorboard_plugin_modelinspect.views.http.search import Search

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.scan.result import Finding, ScanReport
    from tensorboard_plugin_modelinspect.views.http.routes import Desk

MARKS_LIMIT = 5_000
"""Artifacts that are scanned for their marks after a search."""
MARKS_SECONDS = 120.0
"""Time that this may take."""
_MOST_KEPT = 8
"""Reports; one of a hostile model may have a megabyte."""
_PAUSE_S = 0.001
"""Between two artifacts, so that requests get the interpreter."""

_logger = logging.getLogger("tensorboard")


class _Kept(NamedTuple):
    """A report, and the files that it is of as they were before."""

    found: Found
    files: Files
    report: ScanReport


class Mark(NamedTuple):
    """What Home shows of a report: its verdict, its worst finding, and how many there are."""

    verdict: str
    worst: Finding | None
    findings: int


class Marks(NamedTuple):
    """How far the scan of all is, and what it found: by id, with the artifact as it was."""

    is_running: bool
    artifacts: tuple[Found, ...]
    marks: dict[str, tuple[Found, Mark]]
    note: str | None


class Scans:
    """Scans artifacts, and keeps the last few reports while their files stay. For any thread."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._lock = threading.Lock()
        self._kept: list[_Kept] = []
        self._marks_lock = threading.Lock()
        self._marks: dict[str, tuple[Found, Mark]] = {}
        self._is_working = False
        self._gave_up: int | None = None

    def report(self, found: Found) -> ScanReport:
        """The report of an artifact. Who asks for the same at once waits for it.

        Raises:
            NotFound: It was deleted.

        Cost: as `scan_candidate` when it is new.
        """
        if found.state == "deleted":
            raise NotFound(f"{found.path}: {found.reason}")
        with self._lock:
            files = stat_files(found)
            for kept in self._kept:
                if kept.found.id == found.id and kept.files == files:
                    return kept.report
            from tensorboard_plugin_modelinspect.scanning import scan_candidate

            # As the other routes have it: the Graph page is asked for while this reads.
            opened = functools.partial(self._search.catalog.open, found.id)
            report = scan_candidate(found.open_folder(), found.candidate, opened)
            others = [kept for kept in self._kept if kept.found.id != found.id]
            self._kept = [*others[-_MOST_KEPT + 1 :], _Kept(found, files, report)]
            return report

    def marks(self) -> Marks:
        """The worst of each artifact as far as it is known; begins to scan what is new."""
        snapshot = self._search.catalog.snapshot
        is_searching = self._search.running or self._search.counting
        artifacts = snapshot.artifacts
        with self._marks_lock:
            new = [found for found in artifacts if self._is_new(found)]
            may_begin = not is_searching and self._gave_up != snapshot.generation
            if new and may_begin and not self._is_working:
                self._is_working = True
                arguments = (new, snapshot.generation)
                threading.Thread(
                    target=self._work, args=arguments, name="modelinspect-scan", daemon=True
                ).start()
            is_running = self._is_working or (bool(new) and is_searching)
            left = f"{len(new):,} artifacts were not scanned yet: reload to go on."
            note = left if new and not is_running else None
            return Marks(is_running, artifacts, dict(self._marks), note)

    def _is_new(self, found: Found) -> bool:
        return found.state != "deleted" and self._marks.get(found.id, (None,))[0] != found

    def _work(self, new: list[Found], generation: int) -> None:
        deadline = time.monotonic() + MARKS_SECONDS
        try:
            for number, found in enumerate(new):
                if number >= MARKS_LIMIT or time.monotonic() > deadline:
                    self._gave_up = generation
                    return
                mark = self._mark(found)
                with self._marks_lock:
                    self._marks[found.id] = (found, mark)
                time.sleep(_PAUSE_S)
        finally:
            current = {found.id for found in self._search.catalog.snapshot.artifacts}
            with self._marks_lock:
                kept = {key: one for key, one in self._marks.items() if key in current}
                self._marks = kept
                self._is_working = False

    def _mark(self, found: Found) -> Mark:
        from tensorboard_plugin_modelinspect.scanning import scan_candidate

        try:
            report = scan_candidate(found.open_folder(), found.candidate)
        except ModelInspectError:  # replaced by a link that leads outside
            return Mark("damaged", None, 0)
        except Exception as error:  # noqa: BLE001  one artifact must not end the scan
            _logger.error("Model Inspect could not scan %r: %r", found.path, error)
            return Mark("incomplete", None, 0)
        worst = report.findings[0] if report.findings else None
        count = len(report.findings) + report.left_out
        return Mark(report.verdict, worst, count)


def answer_scan(desk: Desk, parameters: Parameters) -> Body:
    """`scan`: the report of one artifact, with what its last verification says."""
    from tensorboard_plugin_modelinspect.views.http.describe_scan import describe_scan

    found = desk.catalog.get(parameters["id"])
    report = desk.scans.report(found)
    job = desk.verifications.look(found)
    so_far = job.so_far if job is not None and job.state == "done" else None
    integrity = None if so_far is None else so_far.verdict
    path = posixpath.normpath(posixpath.join(found.root.path, found.path))
    command = shlex.join(["modelinspect", "scan", path])
    return Body(encode(describe_scan(report, integrity, command)))


def answer_marks(desk: Desk, _parameters: Parameters) -> Body:
    """`scan_marks`: the worst finding of each artifact, as far as they are scanned."""
    from tensorboard_plugin_modelinspect.views.http.describe_scan import describe_marks

    return Body(encode(describe_marks(desk.scans.marks())))
