"""Series of checkpoints in memory, for tests of what is read of them and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from tensorboard_plugin_modelinspect.analyses.timeline import (
    Checkpoint,
    Naming,
    Outliner,
    Timeline,
    Values,
)
from tensorboard_plugin_modelinspect.analyses.timeline_tensors import (
    find_changes_of_kind,
    join_outlines,
)
from tensorboard_plugin_modelinspect.analyses.timeline_values import (
    Opened,
    Progress,
    compute_values,
)
from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.model.artifact import State
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.opening import open_candidate
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.artifacts import candidates_in_memory
from tests.support.bundle_writer import BundleWriter

Contents = Mapping[str, np.ndarray]


def bundle_files(contents: Contents, prefix: str = "ckpt") -> dict[str, bytes]:
    """A checkpoint of some tensors, as files by name."""
    writer = BundleWriter()
    for key, value in contents.items():
        writer.add(key, value)
    return writer.files(prefix)


@dataclass
class MemorySeries:
    """Checkpoints in memory; tests may damage `files` before they are opened to be read.

    Attributes:
        files: Of each checkpoint.
        states: Of each; all `complete` if not given.
        values: Shared by all timelines that are made.
        opened: Places, in the order in which they were opened.
        nbytes: Bytes of values that were read.
    """

    files: list[dict[str, bytes]]
    states: list[State] = field(default_factory=list)
    values: Values = field(default_factory=Values)
    opened: list[int] = field(default_factory=list)
    nbytes: int = 0

    @classmethod
    def of(cls, checkpoints: Sequence[Contents]) -> MemorySeries:
        """A series of bundles."""
        return cls([bundle_files(contents) for contents in checkpoints])

    def timeline(self, *, has_checksums: bool = True) -> Timeline:
        """What is known without reading values."""
        states = self.states or ["complete"] * len(self.files)
        checkpoints = tuple(
            Checkpoint(f"ckpt-{place}", place, state, "kept", 0, 0.0)
            for place, state in enumerate(states)
        )
        outliner, outlines, namings = Outliner(), [], {}
        for place in range(len(self.files)):
            tensors = self._tensors(place, has_checksums=has_checksums)
            outlines.append(outliner.outline(tensors, place))
            namings.update({key: Naming(one.name, one.role) for key, one in tensors.items()})
        tensors = join_outlines(checkpoints, outlines, namings, self.values)
        notes = find_changes_of_kind(checkpoints, tensors)
        return Timeline("ckpt", ".", checkpoints, tensors, (), notes, self.values)

    def compute(
        self,
        *,
        has_checksums: bool = True,
        threads: int = 2,
        progress: Callable[[Progress], None] | None = None,
    ) -> Timeline:
        """The timeline with all values; `nbytes` and `opened` grow."""
        timeline = self.timeline(has_checksums=has_checksums)
        folders: dict[int, CountingFolder] = {}
        before: dict[int, int] = {}

        def open_one(place: int) -> Opened:
            self.opened.append(place)
            if not self.files[place]:
                raise NotFound(f"ckpt-{place}: it is gone.")
            folders[place] = CountingFolder(MemoryFolder(self.files[place]))
            tensors = self._tensors(place, folders[place], has_checksums=has_checksums)
            before[place] = folders[place].nbytes
            return Opened(tensors, place)

        try:
            with ThreadPoolExecutor(threads) as executor:
                compute_values(timeline, open_one, executor, progress)
        finally:
            self.nbytes += sum(one.nbytes - before.get(at, 0) for at, one in folders.items())
        return timeline

    def _tensors(
        self, place: int, folder: CountingFolder | None = None, *, has_checksums: bool
    ) -> Mapping[str, Tensor]:
        files = self.files[place]
        [candidate] = candidates_in_memory(files)
        artifact = open_candidate(folder or MemoryFolder(files), candidate)
        if has_checksums:
            return artifact.tensors
        return {key: one._replace(crc32c=None) for key, one in artifact.tensors.items()}
