"""What a search finds, and the list of it that others see."""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass, field
from typing import NamedTuple

from tensorboard_plugin_modelinspect.discovery.names import join_path, natural_key
from tensorboard_plugin_modelinspect.discovery.roots import Root
from tensorboard_plugin_modelinspect.model.artifact import Kind, State
from tensorboard_plugin_modelinspect.opening import Candidate
from tensorboard_plugin_modelinspect.sources.local import LocalFolder


@dataclass(frozen=True, slots=True)
class Found:
    """An artifact below a root, as of the last search.

    Attributes:
        id: 12 hexadecimal digits; the same in each process that searches the same roots.
        root: Where it was found.
        path: Below the root, with `/`: of the folder (`.` for the root itself), or of the prefix
            or file in it. May hold surrogates (bytes that are no UTF-8) and line ends.
        folder: Real path of the folder that holds it.
        candidate: How it was recognised; `files` includes those of the watched sub-folders.
        kind: Its format.
        state: As it was checked; `deleted` if it is gone since an earlier search.
        reason: A sentence; empty when it is complete.
        run: TensorBoard's run it belongs to: of its folder or the nearest one above; else None.
        step: Training step; None if unknown or not a checkpoint.
        series: Equal for checkpoints of one folder and base name; None for other kinds.
        nbytes: Sum over `candidate.files`.
        mtime_s: Newest of `candidate.files`, in seconds since 1970.
        order: Sorts the artifacts of a root by run, series, step and path.
    """

    id: str
    root: Root
    path: str
    folder: str
    candidate: Candidate
    kind: Kind
    state: State
    reason: str
    run: str | None
    step: int | None
    series: str | None
    nbytes: int
    mtime_s: float
    order: tuple[bool, str, str, int, str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        order = (
            self.run is None,
            natural_key(self.run or ""),
            natural_key(self.series or self.path),
            -1 if self.step is None else self.step,
            natural_key(self.path),
            self.path,
        )
        object.__setattr__(self, "order", order)

    def open_folder(self) -> LocalFolder:
        """The folder that holds it, confined to the root; errors name it by root and path.

        Raises:
            PathEscape: The folder was replaced by a link that leads outside.
        """
        relpath = self.path.rpartition("/")[0] if self.candidate.name else self.path
        name = posixpath.normpath(join_path(self.root.name, relpath))
        return LocalFolder(self.folder, name=name, confine_to=self.root.path)


def artifact_id(label: str, kind: Kind, path: str) -> str:
    """Id of an artifact: depends on what tells its root from others, its kind and its path."""
    # Names that are no UTF-8 hold surrogates.
    text = "\0".join((label, kind, path)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=6).hexdigest()


class Snapshot(NamedTuple):
    """The list of artifacts at one moment; never changes.

    Attributes:
        generation: Searches finished so far. The list grows before that while one is running.
        running: Whether a search is under way.
        artifacts: By root, run, series, step and path, in natural order; those without a run last.
        runs: TensorBoard's names of the runs, in natural order. Runs that are reached only
            through links to folders are missing.
        roots: Each root, and whether it is an existing folder.
        folders: Listed by the last or running search.
        elapsed_s: Time that it took so far.
        note: Sentences on what the last search had to leave out; empty if nothing. May hold names
            as they are on disk.
    """

    generation: int
    running: bool
    artifacts: tuple[Found, ...]
    runs: tuple[str, ...]
    roots: tuple[tuple[Root, bool], ...]
    folders: int
    elapsed_s: float
    note: str
