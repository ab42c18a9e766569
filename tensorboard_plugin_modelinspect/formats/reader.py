"""What every reader supplies: how its artifacts are recognised, checked and opened.

A format's module ends with its `READER`; `opening.READERS` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tensorboard_plugin_modelinspect.model.artifact import Artifact, Kind, State
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.sources.base import FileStat, Folder
from tensorboard_plugin_modelinspect.sources.walk import Listing

FRESH_S = 60.0
"""A file changed less than this ago may still be being written."""


class Candidate(NamedTuple):
    """An artifact recognised by names alone.

    Attributes:
        format: The reader that recognised it, by `Reader.format`.
        kind: What it is.
        name: Empty for the folder itself, else a prefix or file name in it.
        files: Files it was recognised by, relative to the folder; a change in them is a change.
        owns: Sub-folders that are part of it; a search does not enter them.
        watch: Those of `owns` whose files count as its files too.
    """

    format: str
    kind: Kind
    name: str
    files: Mapping[str, FileStat]
    owns: frozenset[str] = frozenset()
    watch: tuple[str, ...] = ()

    def is_fresh(self, now_s: float) -> bool:
        """Whether a file of it changed so lately that it may still be being written."""
        newest = max((stat.mtime_ns for stat in self.files.values()), default=0)
        return now_s - newest / 1e9 < FRESH_S


class Check(NamedTuple):
    """State of an artifact; `reason` is empty when it is complete."""

    state: State
    reason: str
    step: int | None


class Reader(NamedTuple):
    """A row of `opening.READERS`.

    Attributes:
        format: Its name, unique: `saved_model`, `checkpoint_v1` …
        recognise: Candidates in a folder, by names and sizes; reads nothing. A name that many
            other things have too is fine: `check` decides.
        claim: The candidate that a file or prefix named by a person belongs to, None if it is none
            of this format. Looks into the file where the name does not tell; the caller adds the
            files of `watch` folders.
        check: State of a candidate, None if it turns out to be no artifact at all; may raise.
        open: Opens a candidate.
        list: Its tensors as `open` gives them, but with the key as name and no role that means
            anything: for formats where names cost more than all else. None if they do not.
    """

    format: str
    recognise: Callable[[Listing], list[Candidate]]
    claim: Callable[[Folder, str], Candidate | None]
    check: Callable[[Folder, Candidate, float], Check | None]
    open: Callable[[Folder, Candidate], Artifact]
    list: Callable[[Folder, Candidate], Mapping[str, Tensor]] | None = None
