"""SavedModels as those see them who load them: tag-sets, signatures, ops, functions.

The functions of a model are attributes of its root object. Which ones is told by
tensorflow/core/protobuf/saved_object_graph.proto, and by what
tensorflow/python/saved_model/load.py makes of it; nothing is loaded here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded
from tensorboard_plugin_modelinspect.formats.saved_model_file import read_saved_model
from tensorboard_plugin_modelinspect.formats.signatures import parse_signatures
from tensorboard_plugin_modelinspect.formats.structured_value import parse_argument
from tensorboard_plugin_modelinspect.model.function import (
    Argument,
    ExportedGraph,
    Function,
    Trace,
)
from tensorboard_plugin_modelinspect.sources.base import Folder

_CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
_SAVES_TENSORS = ".TENSORS"
"""`SERIALIZE_TO_TENSORS_NAME` of tensorflow/python/trackable/trackable_utils.py."""
_TIMES_LISTED = 16
"""How often signatures may be listed, by their bytes on average; Keras lists one twice at most."""
_LISTED_ANYWAY = 1 << 20
_NBYTES_OF_TRACE = 64
"""What a trace without arguments counts as."""


def read_exported_graphs(folder: Folder) -> tuple[ExportedGraph, ...]:
    """The MetaGraphs of a SavedModel, in stored order.

    Raises:
        NotFound: No SavedModel in the folder.
        FormatError: Its protobuf is damaged.

    Cost: reads and parses the protobuf; ops and functions are looked at when asked for.
    """
    return tuple(
        ExportedGraph(
            tags=tuple(graph.meta_info_def.tags),
            signatures=parse_signatures(graph.signature_def),
            read_ops=partial(_used_ops, graph.graph_def),
            read_functions=partial(_functions, graph, folder.name),
        )
        for graph in read_saved_model(folder).meta_graphs
    )


def _used_ops(graph_def: Any) -> tuple[str, ...]:
    """As `ops_used_by_graph_def` of tensorflow/python/framework/meta_graph.py finds them.

    Functions that only an attribute other than a call's `f` names, such as branches and bodies of
    loops, are not looked into.
    """
    functions = {function.signature.name: function for function in graph_def.library.function}
    used: set[str] = set()
    pending = [graph_def.node]
    while pending:
        nodes = pending.pop()
        names = {node.op for node in nodes}
        names.update(node.attr["f"].func.name for node in nodes if node.op in _CALLS)
        pending += [functions[name].node_def for name in names - used if name in functions]
        used |= names
    return tuple(sorted(used.difference(functions)))


def _functions(meta_graph: Any, path: str) -> tuple[Function, ...] | None:
    if not meta_graph.HasField("object_graph_def"):
        return None
    graph = meta_graph.object_graph_def
    nodes = _function_nodes(graph, path)
    names = {name: _trace_names(node) for name, node in nodes.items()}
    _check_amount(names.values(), graph.concrete_functions, path)
    if any(len(traces) > 1 for traces in names.values()):
        # Imported only here: it holds names of hundreds of ops that most models do not need.
        from tensorboard_plugin_modelinspect.formats.load_order import loaded_names

        loaded = loaded_names(meta_graph.graph_def.library)
        for traces in names.values():
            traces.sort(key=lambda trace: loaded.get(trace, trace))
    parser = _TraceParser(graph, path)
    return tuple(
        Function(name, tuple(parser.parse(trace, nodes[name]) for trace in names[name]))
        for name in sorted(names)
    )


def _function_nodes(graph: Any, path: str) -> dict[str, Any]:
    """Children of the root that are functions; of two with one name, the last, as in loading."""
    found = {}
    for name, number in _attributes(graph.nodes[0]) if graph.nodes else ():
        if not 0 <= number < len(graph.nodes):
            raise FormatError(
                path=path,
                field="root of the object graph",
                expected=f"nodes below {len(graph.nodes)}",
                found=f"node {number}",
            )
        node = graph.nodes[number]
        if node.HasField("function") or node.HasField("bare_concrete_function"):
            found[name] = node
    return found


def _attributes(root: Any) -> Iterator[tuple[str, int]]:
    """Name and node of what the root holds; functions that save an object become two of them."""
    for child in root.children:
        yield child.local_name, child.node_id
    if root.HasField("user_object") and root.saveable_objects.keys() == {_SAVES_TENSORS}:
        functions = root.saveable_objects[_SAVES_TENSORS]
        yield "_serialize_to_tensors", functions.save_function
        yield "_restore_from_tensors", functions.restore_function


def _trace_names(node: Any) -> list[str]:
    if node.HasField("function"):
        return list(node.function.concrete_functions)
    return [node.bare_concrete_function.concrete_function_name]


def _check_amount(listed: Iterable[list[str]], stored: Any, path: str) -> None:
    """Raise a FormatError where a small file names a few functions very often."""
    nbytes = {
        name: _NBYTES_OF_TRACE + stored[name].canonicalized_input_signature.ByteSize()
        for name in stored
    }
    found = sum(nbytes.get(name, _NBYTES_OF_TRACE) for names in listed for name in names)
    most = _LISTED_ANYWAY + _TIMES_LISTED * sum(nbytes.values())
    if found > most:
        raise LimitExceeded(
            path=path,
            field="functions of the root object",
            expected=f"signatures of at most {most:,} bytes",
            found=f"{found:,} bytes, since the same ones are named again and again",
        )


class _TraceParser:
    """Parses the signature of each concrete function once, however often it is listed."""

    def __init__(self, graph: Any, path: str) -> None:
        self._stored = graph.concrete_functions
        self._path = path
        self._traces: dict[str, Trace] = {}

    def parse(self, name: str, node: Any) -> Trace:
        """The trace of that name, of a function's node."""
        if name not in self._traces:
            keywords = node.bare_concrete_function.argument_keywords
            self._traces[name] = self._parse(name, keywords)
        return self._traces[name]

    def _parse(self, name: str, keywords: Iterable[str]) -> Trace:
        """Without a signature, the names of the arguments are all there is."""
        signature = Argument("unknown")
        if name in self._stored:
            stored = self._stored[name].canonicalized_input_signature
            signature = parse_argument(stored, self._path)
        if len(signature.items) != 2:
            named = (Argument("literal", literal=keyword) for keyword in keywords)
            return Trace(name, tuple(named), ())
        (_, positional), (_, keyword_only) = signature.items
        return Trace(name, tuple(value for _, value in positional.items), keyword_only.items)
