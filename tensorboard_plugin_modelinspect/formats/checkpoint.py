"""Checkpoints of format V2: a prefix, its index and its data shards, opened as an artifact."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.codecs.protos import (
    parse_message,
    trackable_object_graph_class,
)
from tensorboard_plugin_modelinspect.errors import FormatError, ModelInspectError
from tensorboard_plugin_modelinspect.formats.bundle_index import (
    looks_unfinished,
    read_index,
)
from tensorboard_plugin_modelinspect.formats.bundle_values import BundleValues, shard_name
from tensorboard_plugin_modelinspect.formats.lfs import find_lfs_pointer
from tensorboard_plugin_modelinspect.formats.meta_file import read_beside
from tensorboard_plugin_modelinspect.formats.naming import (
    OBJECT_GRAPH_KEY,
    Naming,
    find_aliases,
    path_of_key,
    step_in_name,
)
from tensorboard_plugin_modelinspect.formats.object_graph import ObjectGraph
from tensorboard_plugin_modelinspect.formats.reader import Candidate, Check, Reader
from tensorboard_plugin_modelinspect.formats.saver_graph import NO_GRAPH, GraphNames
from tensorboard_plugin_modelinspect.model.artifact import Artifact, FileInfo
from tensorboard_plugin_modelinspect.model.collector import paused_collector
from tensorboard_plugin_modelinspect.model.dtype import DType, dtype_of
from tensorboard_plugin_modelinspect.model.objects import ObjectTree
from tensorboard_plugin_modelinspect.model.tensor import Role, Tensor
from tensorboard_plugin_modelinspect.sources.base import FileStat, Folder, shown_path
from tensorboard_plugin_modelinspect.sources.walk import Listing

_STEP_KEYS = (
    "global_step",
    "global_step/.ATTRIBUTES/VARIABLE_VALUE",
    "save_counter/.ATTRIBUTES/VARIABLE_VALUE",
)
_INDEX = re.compile(r"(?P<prefix>.+)\.index$", re.DOTALL)
_DATA = re.compile(r"(?P<prefix>.+)\.data-\d{5}-of-\d{5}$", re.DOTALL)
_TEMPORARY = re.compile(r"(?P<prefix>.+)\.(?:data-\d{5}-of-\d{5}|index)\.tempstate\d+$", re.DOTALL)


class OpenBundle:
    """A bundle whose index is read: the common part of checkpoints and SavedModels.

    Args:
        folder: Where the files are.
        prefix: Prefix in that folder, e.g. `ckpt-1` or `variables/variables`.

    Raises:
        NotFound: No index file.
        FormatError: The index is damaged.
        Unsupported: It is of a kind that cannot be read.
    """

    def __init__(self, folder: Folder, prefix: str) -> None:
        self._folder = folder
        self.prefix = prefix
        self.path = shown_path(folder.name, prefix)
        source = folder.open(f"{prefix}.index")
        try:
            self.index = read_index(source)
        finally:
            source.close()
        self.values = BundleValues(folder, prefix, self.index)

    def read_object_graph(self) -> Any | None:
        """The `TrackableObjectGraph`, None for a name-based checkpoint.

        Raises:
            FormatError: It is damaged, or its shard is missing.
        """
        key = OBJECT_GRAPH_KEY
        if key not in self.index.entries:
            return None
        data = self.values.read_scalar_bytes(key)
        return parse_message(
            trackable_object_graph_class(), data, path=self.path, field=OBJECT_GRAPH_KEY
        )

    def read_step(self) -> int | None:
        """Training step: a stored counter, else the number in the prefix, else None."""
        for key in _STEP_KEYS:
            if key in self.index.entries:
                try:
                    step = self.values.read_scalar_int(key)
                except ModelInspectError:
                    break  # its shard is missing or damaged: the name still tells
                if step is not None:
                    return step
        return step_in_name(self.prefix)

    def files(self) -> tuple[FileInfo, ...]:
        """Index, shards (missing ones too) and the `.meta` file if there is one."""
        count = self.index.shard_count
        names = [f"{self.prefix}.index"]
        names += [shard_name(self.prefix, shard, count) for shard in range(count)]
        infos = [self._file(name) for name in names]
        meta = self._file(f"{self.prefix}.meta")
        return (*infos, meta) if meta.nbytes is not None else tuple(infos)

    def _file(self, name: str) -> FileInfo:
        stat = self._folder.stat(name)
        return FileInfo(name, None if stat is None else stat.nbytes)

    def problem(self) -> FormatError | None:
        """The first shard that is missing or too short, None if all is there. Cost: stats only."""
        for shard, needed in sorted(self.index.shard_nbytes.items()):
            name = shard_name(self.prefix, shard, self.index.shard_count)
            stat = self._folder.stat(name)
            if stat is None:
                shown = shown_path(self._folder.name, name)
                return MissingShard(path=shown, count=self.index.shard_count)
            if stat.nbytes < needed:
                return self._short_shard(name, stat.nbytes, needed)
        return None

    def _short_shard(self, name: str, nbytes: int, needed: int) -> FormatError:
        error = find_lfs_pointer(self._folder, name)
        if error is not None:
            return error
        return FormatError(
            path=shown_path(self._folder.name, name),
            expected=f"{needed:,} bytes",
            found=f"{nbytes:,}",
            next_step="The shard was cut short: copy the checkpoint again.",
        )

    def tensors(self, naming: Callable[[str, DType], Naming]) -> dict[str, Tensor]:
        """All tensors by key, in file order, aliases marked; `naming` names each one."""
        entries = self.index.entries
        # Column by column in loops of C: row by row, a hundred thousand take twice as long.
        with paused_collector():
            types = {number: dtype_of(number) for number in set(entries.dtypes)}
            dtypes = [types[number] for number in entries.dtypes]
            names: list[str] = []
            roles: list[Role] = []
            for name, role in map(naming, entries.names, dtypes):
                names.append(name)
                roles.append(role)
            crcs: Iterable[int | None] = entries.crcs
            if entries.parts:
                places = zip(entries.shards, entries.crcs, strict=True)
                crcs = [None if shard < 0 else crc for shard, crc in places]
            fields = zip(
                entries.names,
                names,
                dtypes,
                entries.shapes,
                entries.sizes,
                roles,
                repeat(None),
                crcs,
                repeat(self.values),
            )
            # A named tuple's own constructor costs three times as much.
            made = map(tuple.__new__, repeat(Tensor), fields)
            tensors: dict[str, Tensor] = dict(zip(entries.names, made, strict=True))
        for key, original in find_aliases(tensors).items():
            tensors[key] = tensors[key]._replace(alias_of=original)
        return tensors


class MissingShard(FormatError):
    """A data shard that the index counts is not there."""

    next_step = "Copy it next to the index: names and shapes can be shown, values cannot."

    def __init__(self, *, path: str, count: int) -> None:
        self._count = count
        super().__init__(path=path)

    def _fact(self) -> str:
        return "the data shard is missing" + (f" (one of {self._count})" if self._count > 1 else "")


class Names(NamedTuple):
    """How a bundle's tensors are called.

    Attributes:
        naming: Name and role of a tensor by key and type.
        objects: The object tree, None for name-based checkpoints.
        notes: What could not be told, as sentences.
    """

    naming: Callable[[str, DType], Naming]
    objects: ObjectTree | None
    notes: tuple[str, ...]


def name_tensors(
    bundle: OpenBundle, saved: Any | None = None, graph: GraphNames | None = None
) -> Names:
    """Find out how a bundle's tensors are called.

    Args:
        bundle: The bundle.
        saved: The SavedModel's object graph, if it belongs to one.
        graph: What the graph that saved it calls them; None if there is no such graph.
    """
    entries = bundle.index.entries
    notes: tuple[str, ...] = ()
    try:
        proto = bundle.read_object_graph()
        if proto is not None:
            numbers = zip(entries.names, entries.dtypes, strict=True)
            types = {key: dtype_of(number) for key, number in numbers}
            objects = ObjectGraph(proto, types, bundle.path, saved)
            namings = objects.namings()
            return Names(
                lambda key, _: namings.get(key) or (path_of_key(key), "metadata"),
                ObjectTree(objects.tree(), objects.trackables()),
                notes,
            )
    except FormatError as error:
        notes = (f"Readable names and roles are guessed from the keys: {error.message}",)
    return Names((graph or NO_GRAPH).naming(entries), None, notes)


def open_checkpoint(folder: Folder, prefix: str) -> Artifact:
    """Open a checkpoint by its prefix.

    Raises:
        NotFound: No index file of that prefix.
        FormatError: The index is damaged. Missing shards are notes, not errors.

    Cost: reads the index, the object graph, a step counter and the `.meta`; no weights.
    """
    bundle = OpenBundle(folder, prefix)
    beside = read_beside(folder, prefix)
    names = name_tensors(bundle, graph=beside.names)
    problem = bundle.problem()
    return Artifact(
        path=shown_path(folder.name, prefix),
        kind="checkpoint",
        files=(*bundle.files(), *beside.assets),
        tensors=bundle.tensors(names.naming),
        step=bundle.read_step(),
        meta_graphs=beside.meta_graphs,
        graphs=beside.graphs,
        objects=names.objects,
        notes=(*((problem.message,) if problem else ()), *names.notes, *beside.notes),
        slices=bundle.index.slices,
    )


def _recognise(listing: Listing) -> list[Candidate]:
    folder_name = listing.relpath.rsplit("/", 1)[-1]
    if folder_name.endswith("_temp") or folder_name.startswith("workertemp_"):
        return []
    found: dict[str, dict[str, FileStat]] = {}
    for name, stat in listing.files.items():
        if name.endswith(".index") or ".data-" in name or ".tempstate" in name:
            for pattern in (_INDEX, _DATA, _TEMPORARY):
                match = pattern.match(name)
                if match:
                    found.setdefault(match["prefix"], {})[name] = stat
                    break
    temporary = {name.removesuffix("_temp") for name in listing.folders if name.endswith("_temp")}
    candidates = []
    for prefix in sorted(found.keys() | temporary):
        files = found.get(prefix, {})
        meta = listing.files.get(f"{prefix}.meta")
        if meta is not None:
            files[f"{prefix}.meta"] = meta
        parts = (f"{prefix}_temp",) if prefix in temporary else ()
        owns = frozenset(parts)
        candidates.append(Candidate("checkpoint_v2", "checkpoint", prefix, files, owns, parts))
    return candidates


def _claim(folder: Folder, name: str) -> Candidate | None:
    prefix = prefix_of(name)
    names = [f"{prefix}.index"]
    if folder.stat(names[0]) is None:
        names = [one for one in folder.names() if _DATA.match(one) and prefix_of(one) == prefix]
    stats = {one: folder.stat(one) for one in (*names, f"{prefix}.meta")}
    files = {one: stat for one, stat in stats.items() if stat is not None}
    return Candidate("checkpoint_v2", "checkpoint", prefix, files) if names else None


def prefix_of(name: str) -> str:
    """The checkpoint prefix that a file name belongs to; the name itself if it is none."""
    for pattern in (_INDEX, _DATA):
        match = pattern.match(name)
        if match:
            return match["prefix"]
    return name.removesuffix(".meta")


def _check(folder: Folder, candidate: Candidate, now_s: float) -> Check | None:
    prefix = candidate.name
    is_fresh = candidate.is_fresh(now_s)
    # Files in the sub-folder of an interrupted save are no use without the merge that failed.
    has_data = any(_DATA.match(name) for name in candidate.files if "/" not in name)
    index = candidate.files.get(f"{prefix}.index")
    step = step_in_name(prefix)
    if index is None:
        if is_fresh:
            return Check(
                "writing", "Being written: it has no index file yet. Reload in a moment.", step
            )
        return Check("partial", _missing_index(folder, prefix).message, step) if has_data else None
    try:
        bundle = OpenBundle(folder, prefix)
    except FormatError:
        if is_fresh and looks_unfinished(folder.open(f"{prefix}.index")):
            reason = f"Being written: {prefix}.index is not whole yet. Reload in a moment."
            return Check("writing", reason, step)
        raise
    problem = bundle.problem()
    if problem is not None:
        return Check("partial", problem.message, bundle.read_step())
    return Check("complete", "", bundle.read_step())


def _open(folder: Folder, candidate: Candidate) -> Artifact:
    if f"{candidate.name}.index" not in candidate.files:
        raise _missing_index(folder, candidate.name)
    return open_checkpoint(folder, candidate.name)


def _list(folder: Folder, candidate: Candidate) -> dict[str, Tensor]:
    """Tensors of the index alone: a tenth of the time of `_open` for a network of 200."""
    if f"{candidate.name}.index" not in candidate.files:
        raise _missing_index(folder, candidate.name)
    return OpenBundle(folder, candidate.name).tensors(lambda key, _: (key, "metadata"))


def _missing_index(folder: Folder, prefix: str) -> FormatError:
    return FormatError(
        path=shown_path(folder.name, f"{prefix}.index"),
        expected="the index of the data files beside it",
        found="no such file",
        next_step="Copy it too; without it the data cannot be read.",
    )


READER = Reader("checkpoint_v2", _recognise, _claim, _check, _open, _list)
