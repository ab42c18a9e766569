"""Reads the graphs of a file: of each MetaGraph its main graph, and the functions of its library.

tensorflow/core/framework/{graph, function}.proto, tensorflow/core/protobuf/{meta_graph,
saved_model}.proto. A message stored in several parts is their sum, as protobuf has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tensorboard_plugin_modelinspect.codecs.protos import (
    function_library_class,
    meta_graph_class,
    parse_message,
)
from tensorboard_plugin_modelinspect.codecs.spans import DELIMITED, MalformedField
from tensorboard_plugin_modelinspect.errors import LimitExceeded
from tensorboard_plugin_modelinspect.formats.graph_sniff import GRAPH_DEF, META_GRAPHS, Content
from tensorboard_plugin_modelinspect.formats.graphs.columns import GraphColumns, Tables
from tensorboard_plugin_modelinspect.formats.graphs.entries import describe_entries
from tensorboard_plugin_modelinspect.formats.graphs.functions import StoredFunction
from tensorboard_plugin_modelinspect.formats.graphs.nodes import (
    OF_FUNCTION,
    OF_GRAPH,
    Batch,
    NodeFile,
    damaged,
)
from tensorboard_plugin_modelinspect.model.collector import paused_collector
from tensorboard_plugin_modelinspect.model.graph import EntryPoints, Graph, Graphs
from tensorboard_plugin_modelinspect.sources.base import ByteSource

FUNCTION = 1
_LIBRARY_FIELD = 2, DELIMITED
_MOST_NODES = 2_000_000

Range = tuple[int, int]


class Place(NamedTuple):
    """Where a graph is stored: ranges whose fields of one number are its nodes."""

    ranges: tuple[Range, ...]
    field: int


class StoredGraph(NamedTuple):
    """One main graph and its library, as ranges of a file.

    Attributes:
        place: Of the GraphDef.
        batches: Of its nodes.
        node_count: How many nodes that are.
        functions: Ranges of the FunctionDefs.
        library_rest: What the libraries hold beside these: gradients.
        meta_rest: What the MetaGraphDef holds beside the graph; empty for a lone GraphDef.
    """

    place: Place
    batches: list[Batch]
    node_count: int
    functions: list[Range]
    library_rest: bytes
    meta_rest: bytes


def find_graphs(file: NodeFile, content: Content) -> list[StoredGraph]:
    """Where the graphs of a file lie.

    Raises:
        FormatError: It is damaged; names the place.
    """
    whole = [(0, file.source.nbytes)]
    try:
        if content == "GraphDef":
            return [_find_graph(file, whole, b"")]
        if content == "SavedModel":
            whole = list(_children(file, *whole[0], META_GRAPHS))
        return [_find_meta_graph(file, *place) for place in whole]
    except MalformedField as error:
        raise damaged(file.source, error.offset, f"a part of the {content}") from None


def _find_meta_graph(file: NodeFile, start: int, stop: int) -> StoredGraph:
    graphs, rest = _split(file, [(start, stop)], GRAPH_DEF)
    return _find_graph(file, graphs, rest)


def _find_graph(file: NodeFile, places: list[Range], meta_rest: bytes) -> StoredGraph:
    layouts = [file.lay_out(start, stop, OF_GRAPH) for start, stop in places]
    others = [span for layout in layouts for _, span in layout.others]
    libraries = [
        (begin, end) for number, kind, begin, end in others if (number, kind) == _LIBRARY_FIELD
    ]
    functions, library_rest = _split(file, libraries, FUNCTION)
    count = sum(layout.node_count for layout in layouts)
    _check_count(file.source, count)
    batches = [batch for layout in layouts for batch in layout.batches]
    place = Place(tuple(places), OF_GRAPH)
    return StoredGraph(place, batches, count, functions, library_rest, meta_rest)


def _split(file: NodeFile, places: Iterable[Range], field: int) -> tuple[list[Range], bytes]:
    """Contents of the fields of one number in some messages, and the bytes of all others."""
    found, rest = [], []
    for start, stop in places:
        last = start
        for number, kind, begin, end in file.spans(start, stop):
            if (number, kind) == (field, DELIMITED):
                found.append((begin, end))
            else:
                rest.append(file.read(last, end))
            last = end
    return found, b"".join(rest)


def _children(file: NodeFile, start: int, stop: int, field: int) -> Iterator[Range]:
    for number, kind, begin, end in file.spans(start, stop):
        if (number, kind) == (field, DELIMITED):
            yield begin, end


def _check_count(source: ByteSource, count: int) -> None:
    if count > _MOST_NODES:
        expected = f"at most {_MOST_NODES:,} nodes"
        raise LimitExceeded(path=source.name, expected=expected, found="more")


def find_node(file: NodeFile, place: Place, number: int) -> Range:
    """Range of a graph's node by its number among those that are stored.

    Raises:
        FormatError: There are not so many, since the file has changed.
    """
    left = number
    for start, stop in place.ranges:
        for field, kind, begin, end in file.spans(start, stop):
            if (field, kind) == (place.field, DELIMITED):
                if not left:
                    return begin, end
                left -= 1
    raise damaged(file.source, place.ranges[0][0] if place.ranges else 0, f"node {number}")


def read_graphs(file: NodeFile, content: Content) -> tuple[Graphs, dict[str, Place]]:
    """Read all graphs of a file; gives them, and where each one is by its id.

    Raises:
        FormatError: It is damaged; names the place.
        LimitExceeded: Too many nodes.

    Cost: about 5 µs and 60 bytes a node, and twenty times that memory until it is done.
    """
    reading = _Reading(file)
    with paused_collector():
        for stored in find_graphs(file, content):
            reading.add(stored)
    return reading.finish(), reading.places


class _Reading:
    """One pass over the graphs of a file."""

    def __init__(self, file: NodeFile) -> None:
        self._file = file
        self._path = file.source.name
        self._tables = Tables(self._path)
        self._mains: list[Graph] = []
        self._functions: dict[str, Graph] = {}
        self._gradients: dict[str, str] = {}
        self._entries: list[EntryPoints] = []
        self._again = 0
        self._count = 0
        self.places: dict[str, Place] = {}

    def add(self, stored: StoredGraph) -> None:
        """Add a main graph and its functions."""
        functions = [self._open(*place) for place in stored.functions]
        for function in functions:
            self._tables.kinds.learn_results(function.name, function.result_names)
        rest = parse_message(meta_graph_class(), stored.meta_rest, path=self._path)
        columns = GraphColumns(self._tables)
        for nodes in self._file.iter_nodes(stored.batches):
            columns.add_nodes(nodes)
        tags = tuple(sorted(rest.meta_info_def.tags))
        main = columns.finish(self._name_main(tags, functions), "main", tags)
        self._mains.append(main)
        self.places[main.id] = stored.place
        self._entries.append(describe_entries(rest, self._path))
        for function in functions:
            self._add_function(function)
        self._add_gradients(stored.library_rest)

    def _open(self, start: int, stop: int) -> StoredFunction:
        try:
            function = StoredFunction(self._file, start, stop)
        except MalformedField as error:
            raise damaged(self._file.source, error.offset, "a function") from None
        self._count += function.node_count
        _check_count(self._file.source, self._count)
        return function

    def _name_main(self, tags: tuple[str, ...], functions: Iterable[StoredFunction]) -> str:
        """Id of a main graph, unlike all others."""
        name = f"main:{','.join(tags)}" if self._mains else ""
        taken = {*self.places, *(function.name for function in functions)}
        return name if name not in taken or not name else f"{name}#{len(self._mains)}"

    def _add_function(self, function: StoredFunction) -> None:
        # Graphs go by their names, and the first main graph by an empty one.
        if function.name in self.places:
            self._again += 1
        else:
            self._functions[function.name] = function.read(self._tables)
            self.places[function.name] = Place((function.range,), OF_FUNCTION)

    def _add_gradients(self, library_rest: bytes) -> None:
        library = parse_message(function_library_class(), library_rest, path=self._path)
        for gradient in library.gradient:
            self._gradients[gradient.function_name] = gradient.gradient_func
        for registered in library.registered_gradients:
            self._gradients[registered.registered_op_type] = registered.gradient_func

    def finish(self) -> Graphs:
        """All that was read."""
        note = f"{self._again:,} functions have no name, or that of an earlier graph: left out."
        devices = [name.decode("utf-8", "surrogateescape") for name in self._tables.devices]
        return Graphs(
            mains=tuple(self._mains),
            functions=self._functions,
            kinds=self._tables.kinds.kinds,
            devices=devices,
            gradients=self._gradients,
            entries=tuple(self._entries),
            notes=(note,) if self._again else (),
        )
