"""Graphs on their own: a GraphDef in binary or text form, whose constants are its tensors.

tensorflow/core/framework/graph.proto; written by `tf.io.write_graph`, by freezing, and by
Estimators as `graph.pbtxt`. A MetaGraphDef or SavedModel message in a file of another name than its
own is shown in the same way, with its signatures.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.codecs.protos import (
    LARGEST_MESSAGE,
    UnfinishedText,
    encode_text_message,
    graph_class,
    message_class,
    meta_graph_class,
    parse_message,
)
from tensorboard_plugin_modelinspect.codecs.spans import (
    DELIMITED,
    MalformedField,
    Pages,
    iter_spans,
)
from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    Truncated,
    UnknownFormat,
)
from tensorboard_plugin_modelinspect.formats.graph_outline import GraphOutline, outline_graph
from tensorboard_plugin_modelinspect.formats.graph_roles import constant_roles
from tensorboard_plugin_modelinspect.formats.graph_sniff import (
    GRAPH_DEF,
    META_GRAPHS,
    Content,
    Sniffed,
    sniff_graph,
)
from tensorboard_plugin_modelinspect.formats.graphs.handle import FileGraphs
from tensorboard_plugin_modelinspect.formats.lfs import refuse_lfs_pointer
from tensorboard_plugin_modelinspect.formats.meta_graph import describe_meta_graph
from tensorboard_plugin_modelinspect.formats.reader import Candidate, Check, Reader
from tensorboard_plugin_modelinspect.formats.tensor_proto import ConstantValues
from tensorboard_plugin_modelinspect.model.artifact import Artifact, FileInfo, MetaGraph
from tensorboard_plugin_modelinspect.model.dtype import dtype_of
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.sources.base import ByteSource, Folder, shown_path
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile
from tensorboard_plugin_modelinspect.sources.walk import Listing

_ENDINGS = (".pb", ".pbtxt", ".pb.txt", ".graphdef")
_OTHERS_ENDINGS = (
    ".meta.pbtxt",
    ".xplane.pb",
    ".trace.pb",
    ".memory_profile.pb",
    ".op_profile.pb",
)
"""A MetaGraph of TF1 (`meta_file.py`), and files of TensorBoard's profiler."""
_OTHERS = frozenset(
    {
        "saved_model.pb",
        "saved_model.pbtxt",
        "fingerprint.pb",
        "keras_metadata.pb",
        "tfhub_module.pb",
        "saved_model_config.pb",
        "saved_model_debug_info.pb",
        "projector_config.pbtxt",
    }
)
"""Files of SavedModels, and the projector's settings."""
_OUTLINED_ON_CHECK = 16 << 20
_TEXT_READ_ON_CHECK = 2 << 20
"""Larger ones are gone through when they are opened; then a damage shows."""


class _Graphs(NamedTuple):
    """A file that holds graphs, in binary form.

    Attributes:
        content: The message it holds.
        source: The file, or what its text amounts to.
        outlines: Of each graph in it.
    """

    content: Content
    source: ByteSource
    outlines: list[GraphOutline]


def open_graph(folder: Folder, name: str) -> Artifact:
    """Open a file that holds a graph.

    Raises:
        NotFound: No such file.
        UnknownFormat: It holds no graph of TensorFlow.
        FormatError: It is damaged.

    Cost: reads the file but for large values; a text, and a MetaGraphDef, as a whole. Of a text
    the binary form is kept in memory, which is about half as long.
    """
    source = folder.open(name)
    nbytes = source.nbytes
    refuse_lfs_pointer(source)
    sniffed = sniff_graph(source)
    if sniffed is None:
        raise UnknownFormat(
            f"{source.name}: holds no graph of TensorFlow (GraphDef). Other files have such names"
            " too; if it should be one, save it again."
        )
    graphs = _read_graphs(source, sniffed)
    first = graphs.outlines[0] if graphs.outlines else GraphOutline()
    form = "text" if sniffed.is_text else "binary"
    return Artifact(
        path=shown_path(folder.name, name),
        kind="graph_def",
        files=(FileInfo(name, nbytes),),
        tensors=_tensors(graphs.source, first),
        meta_graphs=_describe(graphs),
        notes=tuple(_notes(first)),
        format=form if sniffed.content == "GraphDef" else f"{form} {sniffed.content}",
        graphs=FileGraphs(
            lambda: graphs.source if sniffed.is_text else folder.open(name), sniffed.content
        ),
    )


def _read_graphs(source: ByteSource, sniffed: Sniffed) -> _Graphs:
    """Go through the graphs of a file; a text is read and turned into its binary form."""
    if source.nbytes > LARGEST_MESSAGE:
        found = f"{source.nbytes:,} bytes"
        raise LimitExceeded(path=source.name, expected="under 2 GiB", found=found)
    if sniffed.is_text:
        text = source.read(0, source.nbytes)
        binary = encode_text_message(_message_class(sniffed.content), text, path=source.name)
        source = MemoryFile(binary, source.name)
    places = list(_places(source, sniffed.content))
    outlines = [outline_graph(source, start, stop) for start, stop in places]
    return _Graphs(sniffed.content, source, outlines)


def _message_class(content: Content) -> Any:
    if content == "SavedModel":
        return message_class("SavedModel")
    return graph_class() if content == "GraphDef" else meta_graph_class()


def _places(source: ByteSource, content: Content) -> Iterator[tuple[int, int]]:
    """Range of each GraphDef in a message."""
    if content == "GraphDef":
        yield 0, source.nbytes
        return
    pages = Pages(source)
    try:
        around = [(0, source.nbytes)]
        if content == "SavedModel":
            around = list(_children(pages, *around[0], META_GRAPHS))
        for start, stop in around:
            yield from _children(pages, start, stop, GRAPH_DEF)
    except MalformedField as error:
        raise _damaged(source, content, error) from None


def _children(pages: Pages, start: int, stop: int, number: int) -> Iterator[tuple[int, int]]:
    for found, kind, begin, end in iter_spans(pages, start, stop):
        if (found, kind) == (number, DELIMITED):
            yield begin, end


def _damaged(source: ByteSource, content: Content, error: MalformedField) -> FormatError:
    if error.needed is not None and error.needed > source.nbytes:
        return Truncated(
            path=source.name,
            offset=error.offset,
            field=f"a part of the {content}",
            expected=f"{error.needed:,}",
            found=f"{source.nbytes:,}",
        )
    return FormatError(path=source.name, offset=error.offset, expected=f"a part of the {content}")


def _describe(graphs: _Graphs) -> tuple[MetaGraph, ...]:
    if graphs.content == "GraphDef":
        return tuple(_lone_graph(outline) for outline in graphs.outlines)
    source = graphs.source
    data = source.read(0, source.nbytes)
    proto = parse_message(_message_class(graphs.content), data, path=source.name)
    metas = proto.meta_graphs if graphs.content == "SavedModel" else [proto]
    return tuple(describe_meta_graph(meta, source.name) for meta in metas)


def _lone_graph(outline: GraphOutline) -> MetaGraph:
    """A graph without what a MetaGraph says of it."""
    return MetaGraph(
        tags=(),
        tensorflow_version="",
        producer=outline.producer,
        min_consumer=outline.min_consumer,
        signatures=(),
        node_count=outline.node_count,
        functions=tuple(sorted(outline.functions, key=lambda function: function.name)),
        ops=dict(outline.ops),
        collections=(),
        assets=(),
        has_object_graph=False,
    )


def _tensors(source: ByteSource, outline: GraphOutline) -> dict[str, Tensor]:
    places = {key: (one.start, one.stop) for key, one in outline.constants.items()}
    values = ConstantValues(source, places)
    roles = constant_roles(outline)
    tensors = {}
    for key, constant in outline.constants.items():
        dtype, shape, nbytes = constant.outline
        role = roles[key]
        tensors[key] = Tensor(key, key, dtype_of(dtype), shape, nbytes, role, None, None, values)
    return tensors


def _notes(outline: GraphOutline) -> Iterator[str]:
    if outline.has_variables:
        yield "The graph has variables: their values are in a checkpoint, not in this file."
    if outline.repeated:
        yield (
            f"{outline.repeated:,} constants have the name of an earlier one and are left out;"
            " TensorFlow may refuse such a graph."
        )


def _is_named_like_graph(name: str) -> bool:
    return name.endswith(_ENDINGS) and name not in _OTHERS and not name.endswith(_OTHERS_ENDINGS)


def _recognise(listing: Listing) -> list[Candidate]:
    return [
        Candidate("graph_def", "graph_def", name, {name: stat})
        for name, stat in sorted(listing.files.items())
        if _is_named_like_graph(name)
    ]


def _claim(folder: Folder, name: str) -> Candidate | None:
    stat = folder.stat(name)
    if stat is None:
        return None
    candidate = Candidate("graph_def", "graph_def", name, {name: stat})
    source = folder.open(name)
    try:
        refuse_lfs_pointer(source)
        return candidate if sniff_graph(source) is not None else None
    except FormatError:
        return candidate if _is_named_like_graph(name) else None  # opening it says what to do
    finally:
        source.close()


def _check(folder: Folder, candidate: Candidate, now_s: float) -> Check | None:
    source = folder.open(candidate.name)
    try:
        refuse_lfs_pointer(source)
        sniffed = sniff_graph(source)
        if sniffed is None:
            return None
        if source.nbytes <= (_TEXT_READ_ON_CHECK if sniffed.is_text else _OUTLINED_ON_CHECK):
            _read_graphs(source, sniffed)
        elif not sniffed.is_text:
            _check_ends(source, sniffed.content)
    except (Truncated, UnfinishedText):
        if not candidate.is_fresh(now_s):
            raise
        reason = f"Being written: {candidate.name} is not whole yet. Reload in a moment."
        return Check("writing", reason, None)
    finally:
        source.close()
    return Check("complete", "", None)


def _check_ends(source: ByteSource, content: Content) -> None:
    """See that the parts of a large file end where it ends. Cost: a page for each part."""
    try:
        for _ in iter_spans(Pages(source, 512), 0, source.nbytes):
            pass
    except MalformedField as error:
        raise _damaged(source, content, error) from None


def _open(folder: Folder, candidate: Candidate) -> Artifact:
    return open_graph(folder, candidate.name)


READER = Reader("graph_def", _recognise, _claim, _check, _open)
