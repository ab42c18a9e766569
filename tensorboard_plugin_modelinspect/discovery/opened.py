"""Artifacts that were opened lately, kept while their files stay the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from tensorboard_plugin_modelinspect.analyses.totals import compute_totals
from tensorboard_plugin_modelinspect.discovery.found import Found
from tensorboard_plugin_modelinspect.errors import ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import open_candidate
from tensorboard_plugin_modelinspect.sources.base import FileStat

_MOST_OPEN = 8
_MOST_COUNTED = 50_000
_SLOW_TO_OPEN = 10_000
"""Tensors from which an artifact that was opened to be counted stays open: 40 ms or more."""

_Files = Mapping[str, FileStat | None]


@dataclass(slots=True)
class _Slot:
    """One artifact; its lock makes several requests for it open it once."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    files: _Files = field(default_factory=dict)
    artifact: Artifact | None = None


class OpenArtifacts:
    """The last few opened artifacts, and how many parameters each one has. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._counts: OrderedDict[str, tuple[_Files, tuple[int, int] | None]] = OrderedDict()

    def open(self, found: Found) -> Artifact:
        """Open an artifact, or take it as it was opened before if its files are unchanged.

        Raises:
            ModelInspectError: It cannot be opened.
        """
        if found.state == "deleted":
            raise NotFound(f"{found.path}: {found.reason}")
        folder = found.open_folder()
        slot = self._slot(found.id)
        with slot.lock:
            files = {name: folder.stat(name) for name in found.candidate.files}
            if slot.artifact is None or slot.files != files:
                slot.artifact = None
                slot.artifact = open_candidate(folder, found.candidate)
                slot.files = files
            return slot.artifact

    def count(self, found: Found) -> tuple[int, int] | None:
        """Parameters of the model and number of tensors; None if it cannot be opened.

        Cost: opens it once for each change of its files. It is kept open only if that is slow.
        """
        if found.state == "deleted":
            return None
        with self._lock:
            known = self._counts.get(found.id)
        if known is not None and known[0] == found.candidate.files:
            return known[1]
        artifact = _try_to_open(found)
        counts = None if artifact is None else _count(artifact)
        if artifact is not None and len(artifact.tensors) >= _SLOW_TO_OPEN:
            self._keep(found, artifact)
        with self._lock:
            self._counts[found.id] = (found.candidate.files, counts)
            self._counts.move_to_end(found.id)
            if len(self._counts) > _MOST_COUNTED:
                self._counts.popitem(last=False)
        return counts

    def _keep(self, found: Found, artifact: Artifact) -> None:
        slot = self._slot(found.id)
        with slot.lock:
            # As they were listed: had they changed before it was opened, it is opened once more.
            slot.files = found.candidate.files
            slot.artifact = artifact

    def _slot(self, artifact_id: str) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(artifact_id, _Slot())
            self._slots.move_to_end(artifact_id)
            if len(self._slots) > _MOST_OPEN:
                self._slots.popitem(last=False)
            return slot


def _try_to_open(found: Found) -> Artifact | None:
    try:
        return open_candidate(found.open_folder(), found.candidate)
    except ModelInspectError:
        return None


def _count(artifact: Artifact) -> tuple[int, int]:
    return compute_totals(artifact.tensors.values()).model_parameters, len(artifact.tensors)
