"""Reads what a timeline needs of checkpoints, and remembers it while their files are the same."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from tensorboard_plugin_modelinspect.analyses.timeline import (
    Checkpoint,
    Content,
    Hyperparameter,
    Naming,
    Note,
    Outline,
    Outliner,
    Timeline,
    Values,
    content_of,
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
from tensorboard_plugin_modelinspect.discovery.found import Found
from tensorboard_plugin_modelinspect.discovery.series import Member, Series, find_series
from tensorboard_plugin_modelinspect.errors import ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.formats.naming import path_of_key
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.opening import list_tensors, open_candidate
from tensorboard_plugin_modelinspect.sources.base import FileStat, Folder
from tensorboard_plugin_modelinspect.sources.pool import FilePool, PooledFolder

MOST_HYPERPARAMETERS = 40
"""Scalars of the optimizer and counters that are read of each checkpoint."""

_MOST_SCALARS = 100_000
THREADS = min(os.cpu_count() or 1, 4)
"""Threads that read values: more than that wait for the disk, or for each other."""

_Files = tuple[tuple[str, FileStat | None], ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is kept of a checkpoint while its files are the same."""

    files: _Files
    outline: Outline
    scalars: Mapping[str, float]


class SeriesReader:
    """One series through time: its checkpoints come, change and go. For one thread at a time.

    Attributes:
        values: What was computed for it; each `Timeline` that `read` gives shares them.
    """

    def __init__(self) -> None:
        self.values = Values()
        self._known: dict[str, _Known] = {}
        self._namings: dict[str, Naming] = {}
        self._aliases: set[str] = set()
        self._outliner = Outliner()
        self._scalar_keys: list[str] = []
        self._scalars: dict[Content, float | None] = {}
        self._last: tuple[tuple[object, ...], Timeline] | None = None

    def read(self, series: Series) -> Timeline:
        """The series as it is now; what cannot be opened is a problem of its checkpoint.

        The very same object as before where nothing changed and nothing was computed.

        Cost: reads the index of each checkpoint that is new or has changed, and its scalars.
        """
        folders = _Folders(FilePool())
        # The newest first: its names are those of all.
        read = [self._try(member, folders) for member in reversed(series.members)]
        members, known = zip(*reversed(read), strict=True)
        self._known = {
            member.found.id: one
            for member, one in zip(members, known, strict=True)
            if member.found is not None and one is not None
        }
        checkpoints = tuple(member.checkpoint for member in members)
        seen = series, checkpoints, known, self.values.generation
        if self._last is None or self._last[0] != seen:
            self._last = seen, self._join(series, checkpoints, known)
        return self._last[1]

    def _try(self, member: Member, folders: _Folders) -> tuple[Member, _Known | None]:
        """A checkpoint, with its problem if it cannot be opened."""
        try:
            return member, self._read_one(member, folders)
        except ModelInspectError as error:
            checkpoint = member.checkpoint._replace(problem=error.message)
            return member._replace(checkpoint=checkpoint), None

    def _read_one(self, member: Member, folders: _Folders) -> _Known | None:
        found = member.found
        if found is None:
            return None
        before = self._known.get(found.id)
        if found.state in ("deleted", "writing"):
            return before if found.state == "deleted" else None
        folder = folders.of(found)
        files = _stats(folder, found)
        if before is not None and before.files == files:
            return before
        tensors = list_tensors(folder, found.candidate)
        if not self._namings.keys() >= tensors.keys() - self._aliases:
            self._learn_names(open_candidate(folder, found.candidate).tensors)
        outline = self._outliner.outline(tensors, files, self._aliases)
        return _Known(files, outline, self._read_scalars(tensors, files))

    def _learn_names(self, tensors: Mapping[str, Tensor]) -> None:
        """Names, roles and aliases, for keys that no newer checkpoint has.

        TensorFlow calls every variable `Variable` that was not named: then its place is its name.
        """
        counts = Counter(one.name for one in tensors.values() if one.alias_of is None)
        for key, tensor in tensors.items():
            if tensor.alias_of is not None:
                self._aliases.add(key)
            elif key not in self._namings:
                name = tensor.name if counts[tensor.name] == 1 else path_of_key(key)
                self._namings[key] = Naming(name, tensor.role)
                if not tensor.shape and tensor.role in ("optimizer", "counter"):
                    self._scalar_keys.append(key)

    def _read_scalars(self, tensors: Mapping[str, Tensor], files: _Files) -> dict[str, float]:
        if len(self._scalars) > _MOST_SCALARS:
            self._scalars = {}
        scalars: dict[str, float] = {}
        for key in self._scalar_keys[:MOST_HYPERPARAMETERS]:
            tensor = tensors.get(key)
            if tensor is None or tensor.shape:
                continue
            content = content_of(tensor, files)
            if content not in self._scalars:
                self._scalars[content] = _read_scalar(tensor)
            value = self._scalars[content]
            if value is not None:
                scalars[key] = value
        return scalars

    def _join(
        self,
        series: Series,
        checkpoints: tuple[Checkpoint, ...],
        known: Sequence[_Known | None],
    ) -> Timeline:
        outlines = [None if one is None else one.outline for one in known]
        self._outliner.forget_all_but(outlines)
        tensors = join_outlines(checkpoints, outlines, self._namings, self.values)
        self.values.keep_only(tensors)
        notes = [Note(None, None, is_problem=True, message=series.note)] if series.note else []
        return Timeline(
            name=series.name,
            folder=series.folder,
            checkpoints=checkpoints,
            tensors=tensors,
            hyperparameters=self._hyperparameters(known),
            notes=(*notes, *find_changes_of_kind(checkpoints, tensors)),
            values=self.values,
        )

    def _hyperparameters(self, known: Sequence[_Known | None]) -> tuple[Hyperparameter, ...]:
        keys = {key: None for one in reversed(known) if one is not None for key in one.scalars}
        return tuple(
            Hyperparameter(
                key,
                self._namings[key].name,
                tuple(None if one is None else one.scalars.get(key) for one in known),
            )
            for key in keys
        )


def open_member(series: Series, pool: FilePool, place: int) -> Opened:
    """Open the checkpoint at a place of a series, to read its values.

    Raises:
        ModelInspectError: It cannot be opened.
    """
    checkpoint, found = series.members[place]
    if found is None:
        raise NotFound(checkpoint.problem)
    folder = PooledFolder(found.open_folder(), pool)
    files = _stats(folder, found)
    return Opened(list_tensors(folder, found.candidate), files)


class _Folders:
    """Folders of checkpoints; mostly one, and resolving its path costs more than a stat."""

    def __init__(self, pool: FilePool) -> None:
        self._pool = pool
        self._folders: dict[str, Folder] = {}

    def of(self, found: Found) -> Folder:
        """The folder that holds an artifact."""
        folder = self._folders.get(found.folder)
        if folder is None:
            folder = self._folders[found.folder] = PooledFolder(found.open_folder(), self._pool)
        return folder


def _stats(folder: Folder, found: Found) -> _Files:
    return tuple((name, folder.stat(name)) for name in found.candidate.files)


def _read_scalar(tensor: Tensor) -> float | None:
    """The one number of a tensor; None if there is none, or reading fails as it will again."""
    if not tensor.dtype.numpy_name or not tensor.dtype.is_fixed or "complex" in tensor.dtype.name:
        return None
    try:
        value = tensor.read()[()]
    except ModelInspectError:
        return None
    is_float = "float" in tensor.dtype.name
    return float(str(value)) if is_float else int(value)


def compute_timeline(
    path: str | os.PathLike[str],
    *,
    values: bool = True,
    progress: Callable[[Progress], None] | None = None,
) -> Timeline:
    """The timeline of a series of checkpoints that a person names.

    Args:
        path: A folder that holds one series, a checkpoint of it, or its base name.
        values: Whether to read values: what changed, each content once. Without them only what the
            indexes say is known, and no weights are read.
        progress: Called ten times a second while values are read; what it raises ends that.

    Raises:
        NotFound: Nothing of that name.
        UnknownFormat: No checkpoint, or the folder holds several series.

    What cannot be read is a problem of its checkpoint or a note of `values`, and the rest goes on.
    """
    series = find_series(path)
    timeline = SeriesReader().read(series)
    if values:
        with ThreadPoolExecutor(THREADS, "modelinspect-timeline") as executor:
            compute_values(timeline, partial(open_member, series, FilePool()), executor, progress)
    return timeline
