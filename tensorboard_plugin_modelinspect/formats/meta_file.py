"""TF1's `.meta` files: a MetaGraph beside its checkpoint, or one whose checkpoint is not there.

tensorflow/python/training/saver.py writes `PREFIX.meta` after the checkpoint PREFIX;
tensorflow/python/framework/meta_graph.py reads it, binary or, failing that, as text.
"""

from __future__ import annotations

import posixpath
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tensorboard_plugin_modelinspect.codecs.protos import (
    LARGEST_MESSAGE,
    meta_graph_class,
    parse_message,
    parse_text_message,
)
from tensorboard_plugin_modelinspect.codecs.varint import MalformedVarint, decode_varint
from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded, ModelInspectError
from tensorboard_plugin_modelinspect.formats.graphs.handle import FileGraphs, folder_graphs
from tensorboard_plugin_modelinspect.formats.lfs import refuse_lfs_pointer
from tensorboard_plugin_modelinspect.formats.meta_graph import describe_meta_graph
from tensorboard_plugin_modelinspect.formats.naming import step_in_name
from tensorboard_plugin_modelinspect.formats.reader import Candidate, Check, Reader
from tensorboard_plugin_modelinspect.formats.saver_graph import (
    GraphNames,
    SavedVariable,
    iter_saved,
    iter_variables,
    read_graph_names,
)
from tensorboard_plugin_modelinspect.formats.session_bundle import bundle_assets, bundle_signatures
from tensorboard_plugin_modelinspect.formats.signatures import partial_shape
from tensorboard_plugin_modelinspect.model.artifact import (
    Artifact,
    FileInfo,
    MetaGraph,
    StoredSlice,
)
from tensorboard_plugin_modelinspect.model.dtype import DType, dtype_of
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, TensorValues
from tensorboard_plugin_modelinspect.sources.base import ByteSource, Folder, shown_path
from tensorboard_plugin_modelinspect.sources.walk import Listing

if TYPE_CHECKING:
    import numpy as np

FORMAT = "meta_graph"
SUFFIX = ".meta"
_SUFFIXES = (SUFFIX, ".meta.pbtxt")
_LARGEST_BESIDE = 32 << 20
"""Bytes of a `.meta` that is parsed when its checkpoint is opened: half a second at most."""
_MOST_KNOWN = 8
_MOST_ASSETS = 1000
_START = 256
_TEXT = re.compile(
    rb"\s*(?:#[^\n]*\n\s*)*(?:meta_info_def|graph_def|saver_def|collection_def|signature_def)\s*:?\s*\{"
)
_FIRST_FIELDS = {
    10: (b"\x0a", b"\x12", b"\x1a", b"\x22", b"\x2a", b"\x32", b"\x38"),  # MetaInfoDef
    18: (b"\x0a", b"\x12", b"\x18", b"\x22"),  # GraphDef
}
"""Tags of the fields a binary MetaGraphDef begins with, and of those that these may begin with."""
_CHECKPOINT_FILE = re.compile(
    r"(?P<prefix>.+?)(?:\.index|\.data-[0-9]{5}-of-[0-9]{5}|-[0-9]{5}-of-[0-9]{5})", re.DOTALL
)


class Beside(NamedTuple):
    """What the `.meta` beside a checkpoint tells of it.

    Attributes:
        meta_graphs: The one in it, or none.
        names: What the graph calls the tensors, None without a graph.
        assets: Files that it names.
        notes: Why it is not shown, as a sentence.
        graphs: Reads its nodes.
    """

    meta_graphs: tuple[MetaGraph, ...] = ()
    names: GraphNames | None = None
    assets: tuple[FileInfo, ...] = ()
    notes: tuple[str, ...] = ()
    graphs: FileGraphs | None = None


_KNOWN: OrderedDict[bytes, tuple[MetaGraph, GraphNames]] = OrderedDict()
"""The last few by a hash of the file: a `Saver` writes the same graph beside each checkpoint."""


def read_beside(folder: Folder, prefix: str) -> Beside:
    """What `PREFIX.meta` tells; nothing if there is none. Whatever is wrong with it is a note.

    Cost: reads and parses up to 32 MB, about 20 ms a megabyte; one that was seen lately is only
    read.
    """
    name = prefix + SUFFIX
    try:
        if folder.stat(name) is None:
            return Beside()
        graph, names, is_text = _read_known(folder, name)
    except ModelInspectError as error:
        return Beside(notes=(f"The graph beside it is not shown: {error.message}",))
    assets = tuple(_asset_files(folder, posixpath.dirname(prefix), graph))
    graphs = folder_graphs(folder, name, "MetaGraphDef", is_text=is_text)
    return Beside((graph,), names, assets, graphs=graphs)


def _read_known(folder: Folder, name: str) -> tuple[MetaGraph, GraphNames, bool]:
    import hashlib  # 4 ms, with OpenSSL; only checkpoints of TF1 have such a file

    data = _read(folder, name, _LARGEST_BESIDE)
    digest = hashlib.blake2b(data, digest_size=16).digest()
    found = _KNOWN.get(digest)
    if found is None:
        path = shown_path(folder.name, name)
        proto = _parse(data, path)
        found = _KNOWN[digest] = _describe(proto, path), read_graph_names([proto], path)
        while len(_KNOWN) > _MOST_KNOWN:
            _KNOWN.popitem(last=False)
    return (*found, _TEXT.match(data[:_START]) is not None)


def _read(folder: Folder, name: str, largest: int) -> bytes:
    source = folder.open(name)
    try:
        refuse_lfs_pointer(source)
        if source.nbytes > largest:
            raise LimitExceeded(
                path=source.name,
                expected=f"at most {largest:,} bytes",
                found=f"{source.nbytes:,}",
                next_step="The checkpoint is shown without it.",
            )
        return source.read(0, source.nbytes)
    finally:
        source.close()


def _parse(data: bytes, path: str) -> Any:
    if _TEXT.match(data[:_START]):
        proto = parse_text_message(meta_graph_class(), data, path=path)
    else:
        proto = parse_message(meta_graph_class(), data, path=path)
    if not proto.graph_def.node and not proto.collection_def:
        found = f"neither nodes nor collections in {len(data)} bytes"
        raise FormatError(path=path, expected="a MetaGraph", found=found)
    return proto


def _describe(proto: Any, path: str) -> MetaGraph:
    """What it says, with the signatures and assets of a SessionBundle if it is of one."""
    graph = describe_meta_graph(proto, path)
    return replace(
        graph,
        signatures=graph.signatures or tuple(bundle_signatures(proto, path)),
        assets=graph.assets or tuple(bundle_assets(proto, path)),
    )


def _asset_files(folder: Folder, place: str, graph: MetaGraph) -> Iterator[FileInfo]:
    """The assets that a graph names, missing ones too; SessionBundles keep them in `assets/`."""
    for asset, _ in graph.assets[:_MOST_ASSETS]:
        name = posixpath.join(place, "assets", asset)
        try:
            stat = folder.stat(name)
        except FormatError:
            continue  # a name that leads outside is no file of this model
        yield FileInfo(name, None if stat is None else stat.nbytes)


class _Elsewhere:
    """Stands for values that are in a checkpoint which is not there."""

    def __init__(self, folder: Folder, prefix: str) -> None:
        self._folder, self._prefix = folder, prefix

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        """Refuse; says which files would hold the values."""
        raise FormatError(
            path=shown_path(self._folder.name, f"{self._prefix}.index"),
            field=f'tensor "{tensor.key}"',
            expected="the checkpoint that the graph belongs to",
            found="no such file",
            next_step=f"A .meta file holds no values: copy {self._prefix}.index and"
            f" {self._prefix}.data-?????-of-????? beside it (in format V1 a file {self._prefix}).",
        )


def _open(folder: Folder, candidate: Candidate) -> Artifact:
    """Open a `.meta` whose checkpoint is not there: its graph, and what its `Saver` would restore.

    Raises:
        FormatError: It is damaged, or no MetaGraph.
    """
    name = candidate.name
    path = shown_path(folder.name, name)
    data = _read(folder, name, LARGEST_MESSAGE)
    is_text = _TEXT.match(data[:_START]) is not None
    proto = _parse(data, path)
    graph, names = _describe(proto, path), read_graph_names([proto], path)
    saved = list(iter_saved(proto)) or list(iter_variables(proto, path))
    tensors, notes = _tensors(saved, names, _Elsewhere(folder, _prefix_of(name)))
    return Artifact(
        path=path,
        kind="meta_graph",
        files=(FileInfo(name, len(data)), *_asset_files(folder, "", graph)),
        tensors=tensors,
        meta_graphs=(graph,),
        notes=notes,
        format="text" if is_text else "",
        slices=tuple(_slices(saved)),
        graphs=folder_graphs(folder, name, "MetaGraphDef", is_text=is_text),
    )


def _tensors(
    saved: Iterable[SavedVariable], names: GraphNames, values: TensorValues
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Tensors of the checkpoint by key, in the order of its bytes, and what is not listed."""
    known: dict[str, tuple[DType, tuple[int, ...]]] = {}
    unknown = set()
    for one in saved:
        shape = one.shape or _variable_shape(one.node)
        if one.node is None or shape is None:
            unknown.add(one.key)
        else:
            known[one.key] = dtype_of(one.node.attr["dtype"].type), shape
    naming = names.naming(known)
    tensors = {}
    for key in sorted(known, key=lambda key: key.encode("utf-8", "surrogateescape")):
        dtype, shape = known[key]
        name, role = naming(key, dtype)
        tensors[key] = Tensor(key, name, dtype, shape, 0, role, None, None, values)
    some = ", ".join(sorted(unknown)[:3])
    note = f"Saved too, but of unknown type or shape and not listed: {len(unknown):,} ({some})."
    return tensors, (note,) if unknown else ()


def _slices(saved: Iterable[SavedVariable]) -> Iterator[StoredSlice]:
    """Parts of partitioned variables, each a variable of the graph."""
    for one in saved:
        shape = _variable_shape(one.node)
        if one.node is not None and one.shape is not None and shape is not None:
            yield StoredSlice(str(one.node.name), one.key, shape)


def _variable_shape(node: Any | None) -> tuple[int, ...] | None:
    """Shape of a variable as its node declares it; None if it is not fully known."""
    shape = partial_shape(node.attr["shape"].shape) if node is not None else None
    sizes = [size for size in shape or () if size is not None]
    return tuple(sizes) if shape is not None and len(sizes) == len(shape) else None


def _recognise(listing: Listing) -> list[Candidate]:
    """A `.meta` beside the files of its checkpoint is part of that, not one of its own."""
    names = [name for name in listing.files if name.endswith(_SUFFIXES)]
    if not names:
        return []
    taken = set()
    for name in listing.files:
        match = _CHECKPOINT_FILE.fullmatch(name)
        taken.add(match["prefix"] if match else name)
    return [
        Candidate(FORMAT, "meta_graph", name, {name: listing.files[name]})
        for name in names
        if len(name) > len(SUFFIX) and _prefix_of(name) not in taken
    ]


def _claim(folder: Folder, name: str) -> Candidate | None:
    stat = folder.stat(name) if name.endswith(_SUFFIXES) else None
    if stat is None:
        return None
    source = folder.open(name)
    try:
        is_one = looks_like_meta(source)
    finally:
        source.close()
    return Candidate(FORMAT, "meta_graph", name, {name: stat}) if is_one else None


def _check(folder: Folder, candidate: Candidate, now_s: float) -> Check | None:
    source = folder.open(candidate.name)
    try:
        if not looks_like_meta(source):
            return None
        if source.nbytes <= _LARGEST_BESIDE:
            _parse(source.read(0, source.nbytes), source.name)
    except FormatError:
        if not candidate.is_fresh(now_s):
            raise
        return Check("writing", "Being written: it is not whole yet. Reload in a moment.", None)
    finally:
        source.close()
    return Check("complete", "", step_in_name(_prefix_of(candidate.name)))


def looks_like_meta(source: ByteSource) -> bool:
    """Whether a file begins as a MetaGraphDef; other programs use `.meta` for files of their own.

    Cost: one read of 256 bytes.
    """
    start = source.read(0, min(source.nbytes, _START))
    if _TEXT.match(start):
        return True
    try:
        tag, offset = decode_varint(start, 0, len(start))
        nbytes, offset = decode_varint(start, offset, len(start))
    except MalformedVarint:
        return False
    is_inside = tag in _FIRST_FIELDS and offset + nbytes <= source.nbytes
    return is_inside and (nbytes == 0 or start[offset : offset + 1] in _FIRST_FIELDS[tag])


def _prefix_of(name: str) -> str:
    return name.removesuffix(_SUFFIXES[1]).removesuffix(SUFFIX)


READER = Reader(FORMAT, _recognise, _claim, _check, _open)
