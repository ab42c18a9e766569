"""Functions of a graph's library: arguments, nodes, results.

tensorflow/core/framework/{function, op_def}.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorboard_plugin_modelinspect.codecs.protos import function_class, parse_message
from tensorboard_plugin_modelinspect.formats.graphs.columns import GraphColumns, Tables
from tensorboard_plugin_modelinspect.formats.graphs.nodes import OF_FUNCTION, NodeFile
from tensorboard_plugin_modelinspect.formats.signatures import partial_shape
from tensorboard_plugin_modelinspect.model.dtype import dtype_of
from tensorboard_plugin_modelinspect.model.graph import (
    HANDLE_SHAPE,
    HANDLE_TYPE,
    INPUT,
    OUTPUT,
    TYPE,
    AttributeValue,
    Graph,
    ShapeValue,
)

_SHAPES, _GIVEN_NAME = "_output_shapes", "_user_specified_name"


class StoredFunction:
    """A function as it is stored, its nodes not yet looked at.

    Args:
        file: Where it is.
        start: Of the FunctionDef.
        stop: The byte behind it.

    Raises:
        MalformedField: It is none.
        FormatError: It is none.
    """

    def __init__(self, file: NodeFile, start: int, stop: int) -> None:
        self._file = file
        self.range = start, stop
        self._layout = file.lay_out(start, stop, OF_FUNCTION)
        rest = b"".join(file.read(first, span[3]) for first, span in self._layout.others)
        path = file.source.name
        field = f"a function at byte {start}"
        self._proto = parse_message(function_class(), rest, path=path, field=field)
        self.name = str(self._proto.signature.name)
        self.result_names = [str(result.name) for result in self._proto.signature.output_arg]

    @property
    def node_count(self) -> int:
        """Nodes that are stored."""
        return self._layout.node_count

    def read(self, tables: Tables) -> Graph:
        """Go through its nodes.

        Raises:
            FormatError: It is damaged.
        """
        columns = GraphColumns(tables)
        proto = self._proto
        for number, argument in enumerate(proto.signature.input_arg):
            attributes = dict(_describe_argument(argument))
            if number in proto.arg_attr:
                attributes.update(_more_of_argument(proto.arg_attr[number].attr))
            kind = tables.kinds.add_pseudo(INPUT, attributes)
            columns.add_argument(_octets(argument.name), kind)
        for nodes in self._file.iter_nodes(self._layout.batches):
            columns.add_nodes(nodes)
        results = {_octets(name): _octets(text) for name, text in proto.ret.items()}
        kinds = {
            _octets(result.name): tables.kinds.add_pseudo(OUTPUT, dict(_describe_argument(result)))
            for result in proto.signature.output_arg
        }
        columns.add_results(results, kinds)
        effects = map(_octets, sorted(proto.control_ret.values()))
        return columns.finish(self.name, "function", effects=effects)


def _describe_argument(argument: Any) -> Iterator[tuple[str, AttributeValue]]:
    """What an `ArgDef` says: its type, or the attribute that tells it."""
    if argument.type:
        yield TYPE, dtype_of(argument.type)
    elif argument.type_attr:
        yield TYPE, str(argument.type_attr)
    for held in argument.handle_data[:1]:
        yield HANDLE_TYPE, dtype_of(held.dtype)
        yield HANDLE_SHAPE, ShapeValue(partial_shape(held.shape))


def _more_of_argument(attributes: Any) -> Iterator[tuple[str, AttributeValue]]:
    if _GIVEN_NAME in attributes:
        yield _GIVEN_NAME, attributes[_GIVEN_NAME].s.decode("utf-8", "surrogateescape")
    if _SHAPES in attributes:
        shapes = attributes[_SHAPES].list.shape
        yield _SHAPES, tuple(ShapeValue(partial_shape(shape)) for shape in shapes)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
