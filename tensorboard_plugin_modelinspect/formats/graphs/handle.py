"""The graphs of an artifact, read when they are asked for.

Every opened artifact has a handle, few are asked: what reads is imported then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.codecs.protos import (
    encode_text_message,
    graph_class,
    message_class,
    meta_graph_class,
)
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.formats.graph_sniff import Content
from tensorboard_plugin_modelinspect.sources.base import ByteSource, Folder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.formats.graphs.debug_info import DebugInfo
    from tensorboard_plugin_modelinspect.formats.graphs.reading import Place
    from tensorboard_plugin_modelinspect.model.graph import (
        Graph,
        Graphs,
        NodeDetail,
        SourceLine,
    )

Opener = Callable[[], ByteSource]

_DEBUG_INFO = "debug/saved_model_debug_info.pb"


class FileGraphs:
    """The graphs of one file. For any thread.

    Args:
        open_file: Opens it; called when something is read.
        content: The message it holds.
        is_text: Whether in text form.
        open_debug_info: Opens what tells the lines of the program; raises where there is none.
        add: Adds what else is known to the graphs that were read.
    """

    def __init__(
        self,
        open_file: Opener,
        content: Content,
        *,
        is_text: bool = False,
        open_debug_info: Opener | None = None,
        add: Callable[[Graphs], Graphs] | None = None,
    ) -> None:
        self._open_file = open_file
        self._content: Content = content
        self._is_text = is_text
        self._open_debug_info = open_debug_info
        self._add = add
        self._lock = threading.Lock()
        self._binary: ByteSource | None = None
        self._read: tuple[Graphs, dict[str, Place]] | None = None
        self._debug_info: DebugInfo | None = None

    def read(self) -> Graphs:
        """See `GraphSource.read`.

        Raises:
            ModelInspectError: The file is damaged, or gone.
        """
        return self._all()[0]

    def _all(self) -> tuple[Graphs, dict[str, Place]]:
        from tensorboard_plugin_modelinspect.formats.graphs.nodes import NodeFile
        from tensorboard_plugin_modelinspect.formats.graphs.reading import read_graphs

        with self._lock:
            if self._read is None:
                source = self._open()
                try:
                    graphs, places = read_graphs(NodeFile(source), self._content)
                finally:
                    source.close()
                self._read = self._add(graphs) if self._add else graphs, places
            return self._read

    def _open(self) -> ByteSource:
        """The file in binary form; that of a text is kept, since it takes long to make."""
        if self._binary is not None:
            return self._binary
        source = self._open_file()
        if not self._is_text:
            return source
        try:
            text = source.read(0, source.nbytes)
        finally:
            source.close()
        kinds = {"GraphDef": graph_class, "MetaGraphDef": meta_graph_class}
        kind = kinds.get(self._content, lambda: message_class("SavedModel"))()
        binary = encode_text_message(kind, text, path=source.name)
        self._binary = MemoryFile(binary, source.name)
        return self._binary

    def read_node(self, graph: Graph, node: int) -> NodeDetail:
        """See `GraphSource.read_node`. Values are read from the file, which stays open for them.

        Raises:
            ModelInspectError: The file is damaged, or gone.
        """
        from tensorboard_plugin_modelinspect.formats.graphs.details import read_attributes
        from tensorboard_plugin_modelinspect.model.graph import NodeDetail

        graphs, places = self._all()
        number = node - graph.argument_count
        if graph.id not in places or not 0 <= number < graph.stored_count:
            return NodeDetail(graphs.kinds[int(graph.kinds[node])].attributes, ())
        attributes = read_attributes(self._open(), places[graph.id], number)
        function = graph.id if graph.kind == "function" else ""
        return NodeDetail(attributes, self._lines(graph.name(node), function))

    def _lines(self, node: str, function: str) -> tuple[SourceLine, ...]:
        if self._open_debug_info is None:
            return ()
        if self._debug_info is None:
            from tensorboard_plugin_modelinspect.formats.graphs.debug_info import DebugInfo

            try:
                source = self._open_debug_info()
                try:
                    self._debug_info = DebugInfo(source)
                finally:
                    source.close()
            except ModelInspectError:
                self._open_debug_info = None  # there is none, or nothing that helps
                return ()
        return self._debug_info.lines(node, function)


def folder_graphs(
    folder: Folder,
    name: str,
    content: Content,
    *,
    is_text: bool = False,
    add: Callable[[Graphs], Graphs] | None = None,
) -> FileGraphs:
    """The graphs of a file in a folder, with the debug information of a SavedModel there."""
    return FileGraphs(
        lambda: folder.open(name),
        content,
        is_text=is_text,
        open_debug_info=lambda: folder.open(_DEBUG_INFO),
        add=add,
    )
