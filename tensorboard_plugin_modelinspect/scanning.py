"""The security scan by path: opens what is scanned, and joins the verdict of its verification."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from tensorboard_plugin_modelinspect.analyses.scan.result import ScanReport
from tensorboard_plugin_modelinspect.analyses.scan.scan import scan_artifact, scan_unopened
from tensorboard_plugin_modelinspect.analyses.verify import Progress
from tensorboard_plugin_modelinspect.analyses.verify import verify as run_steps
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.formats.surroundings import look_around
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import Candidate, locate_artifact, open_candidate
from tensorboard_plugin_modelinspect.sources.base import Folder, shown_path
from tensorboard_plugin_modelinspect.verifying import plan_steps


def scan_candidate(
    folder: Folder, candidate: Candidate, open_it: Callable[[], Artifact] | None = None
) -> ScanReport:
    """Scan what `recognise` found; one that cannot be opened is a finding, not an error.

    Args:
        folder: Where it is.
        candidate: What it is.
        open_it: Gives it as it was opened, by a caller that keeps it: graphs are read once then.

    Cost: see `scan_artifact`.
    """
    around = look_around(folder, candidate)
    try:
        artifact = open_it() if open_it else open_candidate(folder, candidate)
    except ModelInspectError as error:
        path = shown_path(folder.name, candidate.name) if candidate.name else folder.name
        return scan_unopened(path, candidate.kind, error, around)
    return scan_artifact(artifact, around)


def scan_path(
    path: str | os.PathLike[str], *, verify: bool = False, progress: Progress | None = None
) -> ScanReport:
    """What an artifact could do to whoever loads or calls it, told from its files alone.

    Args:
        path: As for `open_artifact`.
        verify: Verify it too, which reads all its bytes, so that the verdict is on both.
        progress: Of this; see `verify_artifact`.

    Raises:
        NotFound: Nothing of that name.
        UnknownFormat: No reader recognises it.

    Cost: reads graphs and configs, about 10 µs a node; no weights unless they are verified.
    """
    folder, candidate = locate_artifact(path)
    report = scan_candidate(folder, candidate)
    return add_integrity(report, folder, candidate, progress) if verify else report


def add_integrity(
    report: ScanReport, folder: Folder, candidate: Candidate, progress: Progress | None = None
) -> ScanReport:
    """A report with the verdict of a verification. Cost: reads all bytes of the artifact."""
    found = run_steps(plan_steps(folder, candidate), progress)
    return replace(report, integrity=found.verdict)
