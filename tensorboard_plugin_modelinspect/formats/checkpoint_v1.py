"""Checkpoints of format V1, which TensorFlow wrote before 1.0 and writes on request to this day.

tensorflow/core/util/{tensor_slice_writer, tensor_slice_reader}.cc. A checkpoint is one table file,
or several that hold any slices of any tensors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import closing

from tensorboard_plugin_modelinspect.errors import FormatError, ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.formats.checkpoint_state import STATE_FILE
from tensorboard_plugin_modelinspect.formats.meta_file import SUFFIX, looks_like_meta, read_beside
from tensorboard_plugin_modelinspect.formats.naming import Naming, step_in_name
from tensorboard_plugin_modelinspect.formats.reader import Candidate, Check, Reader
from tensorboard_plugin_modelinspect.formats.saver_graph import NO_GRAPH
from tensorboard_plugin_modelinspect.formats.v1_index import (
    ContentsJoiner,
    begins_as_v1,
    has_magic,
    is_v1,
    read_contents,
)
from tensorboard_plugin_modelinspect.formats.v1_names import (
    file_names,
    names_meant,
    pattern_of,
    prefix_of,
)
from tensorboard_plugin_modelinspect.formats.v1_values import V1Values
from tensorboard_plugin_modelinspect.model.artifact import Artifact, FileInfo, StoredSlice
from tensorboard_plugin_modelinspect.model.dtype import DType, dtype_of
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.sources.base import FileStat, Folder, shown_path
from tensorboard_plugin_modelinspect.sources.walk import Listing

FORMAT, V1 = "checkpoint_v1", "V1"
_STEP_KEY = "global_step"
_TEMPORARY = re.compile(r"(?P<file>.+)\.tempstate[0-9]+", re.DOTALL)
_NUMBERED = re.compile(r"[^.]*[^.0-9][-_][0-9]+", re.DOTALL)
_OTHERS = (".index", ".meta", ".h5", ".keras", ".pb", ".pbtxt", ".json", ".txt", ".csv", ".py")
_MOST_BARE = 100
"""Names without an extension that are looked into in one folder: more are some data set."""


class OpenV1:
    """A checkpoint whose contents are read.

    Args:
        folder: Where its files are.
        name: Of the checkpoint: its one file, or the pattern of its shards.

    Attributes:
        missing: Files that are not there.
        values: Reads its tensors.

    Raises:
        NotFound: None of its files is there.
        FormatError: One of them is damaged.
        Unsupported: One of them was written for newer readers.

    Cost: reads footer, index block and contents of each file.
    """

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder = folder
        self._name = name
        self._files = file_names(name)
        self.missing: list[str] = []
        joiner = ContentsJoiner()
        for number, file in enumerate(self._files):
            try:
                source = folder.open(file)
            except NotFound:
                self.missing.append(file)
                continue
            with closing(source):
                joiner.add(number, read_contents(source), source.name)
        path = shown_path(folder.name, name)
        if len(self.missing) == len(self._files):
            raise NotFound(f"{path}: no such file. It may have been deleted.")
        self._entries = joiner.finish(path, is_whole=not self.missing)
        self.values = V1Values(folder, self._files, self._entries)

    def problem(self) -> FormatError | None:
        """The first file that is missing, None if all are there."""
        if not self.missing:
            return None
        return FormatError(
            path=shown_path(self._folder.name, self.missing[0]),
            expected=f"one of {len(self._files)} files of the checkpoint",
            found="no such file",
            next_step="Copy it next to the others: the tensors in it are not listed.",
        )

    def read_step(self) -> int | None:
        """Training step: a stored counter, else the number in the name, else None."""
        if _STEP_KEY in self._entries:
            try:
                step = self.values.read_scalar_int(_STEP_KEY)
            except ModelInspectError:
                step = None  # damaged: the name still tells
            if step is not None:
                return step
        return step_in_name(self._name)

    def files(self) -> list[FileInfo]:
        """Its files, missing ones too, and its `.meta` if there is one."""
        stats = {file: self._folder.stat(file) for file in self._files}
        infos = [FileInfo(file, stat and stat.nbytes) for file, stat in stats.items()]
        name = prefix_of(self._name) + SUFFIX
        meta = self._folder.stat(name)
        return infos if meta is None else [*infos, FileInfo(name, meta.nbytes)]

    @property
    def keys(self) -> list[str]:
        """Keys of its tensors, in the order of their bytes."""
        return list(self._entries)

    def slices(self) -> tuple[StoredSlice, ...]:
        """Of its partitioned tensors, in the order of the keys' bytes."""
        found = [
            (entry.key_of(part), key, tuple(stop - start for start, stop in part.box))
            for key, entry in self._entries.items()
            if not entry.is_in_one_piece
            for part in entry.parts
        ]
        return tuple(
            StoredSlice(raw_key.decode("utf-8", "surrogateescape"), key, shape)
            for raw_key, key, shape in sorted(found)
        )

    def tensors(self, naming: Callable[[str, DType], Naming]) -> dict[str, Tensor]:
        """All tensors by key; sizes are those of the values, which are packed in the file."""
        tensors = {}
        for key, entry in self._entries.items():
            dtype = dtype_of(entry.dtype)
            name, role = naming(key, dtype)
            tensor = Tensor(key, name, dtype, entry.shape, 0, role, None, None, self.values)
            tensors[key] = tensor._replace(nbytes=tensor.size * dtype.itemsize)
        return tensors


def _open(folder: Folder, candidate: Candidate) -> Artifact:
    """Open a checkpoint; missing files are notes, not errors.

    Raises:
        NotFound: None of its files is there.
        FormatError: It is damaged.

    Cost: see `OpenV1`; a step counter, and the `.meta`.
    """
    checkpoint = OpenV1(folder, candidate.name)
    beside = read_beside(folder, prefix_of(candidate.name))
    naming = (beside.names or NO_GRAPH).naming(checkpoint.keys)
    problem = checkpoint.problem()
    return Artifact(
        path=shown_path(folder.name, candidate.name),
        kind="checkpoint",
        files=(*checkpoint.files(), *beside.assets),
        tensors=checkpoint.tensors(naming),
        step=checkpoint.read_step(),
        meta_graphs=beside.meta_graphs,
        graphs=beside.graphs,
        notes=(*((problem.message,) if problem else ()), *beside.notes),
        format=V1,
        slices=checkpoint.slices(),
    )


def _recognise(listing: Listing) -> list[Candidate]:
    """Everything that may be one by its name: it has no extension of its own. `check` looks."""
    files = listing.files
    has_state = STATE_FILE in files
    found: dict[str, list[str]] = {}
    bare = []
    for name in files:
        temporary = _TEMPORARY.fullmatch(name) if ".tempstate" in name else None
        file = temporary["file"] if temporary else name
        pattern = pattern_of(file) if "-of-" in file else None
        if pattern is not None:
            found.setdefault(pattern, []).append(name)
        elif file.endswith(_OTHERS) or ".data-" in file or file == STATE_FILE:
            continue
        elif "ckpt" in file.lower() or f"{file}{SUFFIX}" in files:
            found.setdefault(file, []).append(name)
        elif _is_worth_a_look(file, has_state=has_state):
            bare.append(file)
    if len(bare) <= _MOST_BARE:
        found.update((file, [file]) for file in bare if file in files)
    return [
        _candidate(name, {one: files[one] for one in own}, files, listing.folders)
        for name, own in sorted(found.items())
        if f"{prefix_of(name)}.index" not in files
    ]


def _is_worth_a_look(file: str, *, has_state: bool) -> bool:
    """Whether a name that does not say so may be one; a state file beside it may mean it."""
    if has_state:
        return "." not in file or file.rpartition("-")[2].isdecimal()
    return file[-1].isdecimal() and _NUMBERED.fullmatch(file) is not None


def _claim(folder: Folder, name: str) -> Candidate | None:
    for meant in names_meant(name, folder.names()):
        stats = {file: folder.stat(file) for file in file_names(meant)}
        own = {file: stat for file, stat in stats.items() if stat is not None}
        if own and _is_v1(folder, next(iter(own))):
            meta = folder.stat(prefix_of(meant) + SUFFIX)
            others = {prefix_of(meant) + SUFFIX: meta} if meta is not None else {}
            return _candidate(meant, own, others, folder.names())
    return None


def _candidate(
    name: str,
    own: dict[str, FileStat],
    others: Mapping[str, FileStat],
    folders: Collection[str],
) -> Candidate:
    """With the `.meta` among `others`, and the assets beside a SessionBundle's `export`."""
    prefix = prefix_of(name)
    meta = others.get(f"{prefix}{SUFFIX}")
    if meta is None:
        return Candidate(FORMAT, "checkpoint", name, own)
    is_bundle = prefix == "export" and "assets" in folders
    owns = frozenset(("assets",)) if is_bundle else frozenset[str]()
    return Candidate(FORMAT, "checkpoint", name, {**own, f"{prefix}{SUFFIX}": meta}, owns)


def _is_v1(folder: Folder, file: str) -> bool:
    with closing(folder.open(file)) as source:
        return is_v1(source)


def _check(folder: Folder, candidate: Candidate, now_s: float) -> Check | None:
    name = candidate.name
    is_fresh = candidate.is_fresh(now_s)
    step = step_in_name(name)
    files = [file for file in file_names(name) if file in candidate.files]
    if not files:  # what a save has not renamed yet, or left behind
        reason = "Being written: its file still has a temporary name. Reload in a moment."
        return Check("writing", reason, step) if is_fresh else None
    if not any(_is_v1(folder, file) for file in files):
        _refuse_if_expected(folder, name, files[0])
        return None
    try:
        checkpoint = OpenV1(folder, name)
    except FormatError:
        if is_fresh and any(_is_unfinished(folder, file) for file in files):
            reason = "Being written: a file of it is not whole yet. Reload in a moment."
            return Check("writing", reason, step)
        raise
    problem = checkpoint.problem()
    if problem is None:
        return Check("complete", "", checkpoint.read_step())
    if is_fresh:
        lacks = f"{len(checkpoint.missing):,} of its files are not there yet"
        return Check("writing", f"Being written: {lacks}. Reload in a moment.", step)
    return Check("partial", problem.message, checkpoint.read_step())


def _refuse_if_expected(folder: Folder, name: str, file: str) -> None:
    """Raise a FormatError for a file that is no checkpoint, but has the graph of one beside it."""
    try:
        with closing(folder.open(prefix_of(name) + SUFFIX)) as meta:
            is_expected = looks_like_meta(meta)
    except ModelInspectError:
        return
    if is_expected:
        with closing(folder.open(file)) as source:
            read_contents(source)


def _is_unfinished(folder: Folder, file: str) -> bool:
    with closing(folder.open(file)) as source:
        return begins_as_v1(source) and not has_magic(source)


READER = Reader(FORMAT, _recognise, _claim, _check, _open)
