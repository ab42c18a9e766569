"""A GraphDef by position: its nodes are counted, its constants are found, and no value is read.

tensorflow/core/framework/{graph, node_def, function, attr_value, versions}.proto. A frozen graph
holds the weights of its model, so the message may have gigabytes; what is kept of it is a place,
a type and a shape for each constant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tensorboard_plugin_modelinspect.codecs.protos import node_class, parse_message
from tensorboard_plugin_modelinspect.codecs.spans import (
    DELIMITED,
    MalformedField,
    Pages,
    Span,
    decode_int,
    iter_spans,
)
from tensorboard_plugin_modelinspect.codecs.varint import Octets
from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded, Truncated
from tensorboard_plugin_modelinspect.formats.tensor_proto import TensorOutline, outline_tensor
from tensorboard_plugin_modelinspect.model.artifact import FunctionSummary
from tensorboard_plugin_modelinspect.sources.base import ByteSource

NODE, LIBRARY, VERSIONS = 1, 2, 4
NAME, OP, INPUT, ATTR = 1, 2, 3, 5
FUNCTION, SIGNATURE, NODE_DEF = 1, 1, 3
KEY, VALUE, TENSOR = 1, 2, 8
_PRODUCER, _MIN_CONSUMER = 1, 2

_SMALL_NODE = 1 << 16
"""A node of so many bytes is parsed as well, so that damage inside it shows."""
_MOST_NODES = 2_000_000
"""Twenty times the largest graph seen; a node of ten bytes can take two hundred of memory."""
_BATCH_NORM = {"FusedBatchNorm": (3, 4), "_FusedBatchNorm": (3, 4), "BatchNormWith": (1, 2)}
"""Ops by how they start, and which of their inputs are mean and variance."""
_VARIABLE_OPS = frozenset({"Variable", "VariableV2", "VarHandleOp", "TemporaryVariable"})


class Constant(NamedTuple):
    """A Const node: what its TensorProto says, and where in the file that is."""

    outline: TensorOutline
    start: int
    stop: int


@dataclass(slots=True)
class GraphOutline:
    """What is kept of a graph.

    Attributes:
        node_count: Nodes of the main graph.
        producer: GraphDef version of the writer.
        min_consumer: Oldest GraphDef version that may read it.
        functions: In stored order.
        ops: How often each op occurs, functions included.
        constants: By node name; those of functions by `function/node`. In stored order.
        reads: Name of each Identity, and of its input.
        statistics: Names that batch normalisations read as mean and variance.
        has_variables: Whether there are variables, whose values are in a checkpoint.
        repeated: Constants whose name an earlier one has.
    """

    node_count: int = 0
    producer: int = 0
    min_consumer: int = 0
    functions: list[FunctionSummary] = field(default_factory=list)
    ops: Counter[str] = field(default_factory=Counter)
    constants: dict[str, Constant] = field(default_factory=dict)
    reads: dict[str, str] = field(default_factory=dict)
    statistics: set[str] = field(default_factory=set)
    has_variables: bool = False
    repeated: int = 0


class _Node(NamedTuple):
    """A node, and the range of its NodeDef in `data`."""

    data: Octets
    start: int
    stop: int
    name: str
    op: str
    inputs: Sequence[str]


def outline_graph(source: ByteSource, start: int, stop: int) -> GraphOutline:
    """Go through the GraphDef in `[start, stop)` of a file.

    Raises:
        Truncated: It ends within a field.
        FormatError: It is no GraphDef, or damaged; names the place.
        LimitExceeded: Too many nodes.

    Cost: reads the range but for large values; about ten microseconds a node, and half a kilobyte
    of memory for a constant.
    """
    walk = _Walk(source)
    walk.take_graph(start, stop)
    return walk.outline


class _Walk:
    """One pass over a graph."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._pages = Pages(source)
        self._left = _MOST_NODES
        self.outline = GraphOutline()

    def take_graph(self, start: int, stop: int) -> None:
        """Take all fields of a GraphDef."""
        done = start
        try:
            for number, kind, begin, end in iter_spans(self._pages, start, stop):
                if kind != DELIMITED:
                    number = 0
                if number == NODE:
                    self._take_node(begin, end, "")
                    self.outline.node_count += 1
                elif number == LIBRARY:
                    self._take_library(begin, end)
                elif number == VERSIONS:
                    self._take_versions(begin, end)
                done = end
        except MalformedField as error:
            if error.needed is not None and error.offset == done:
                raise Truncated(
                    path=self._source.name,
                    offset=error.offset,
                    field="a part of the graph",
                    expected=f"{error.needed:,}",
                    found=f"{stop:,}",
                ) from None
            raise self._broken(error.offset, "a part of the graph") from None

    def _take_library(self, start: int, stop: int) -> None:
        for number, kind, begin, end in iter_spans(self._pages, start, stop):
            if number == FUNCTION and kind == DELIMITED:
                self._take_function(begin, end)

    def _take_function(self, start: int, stop: int) -> None:
        name = ""
        nodes = []
        for number, kind, begin, end in iter_spans(self._pages, start, stop):
            if number == NODE_DEF and kind == DELIMITED:
                nodes.append((begin, end))
            elif number == SIGNATURE and kind == DELIMITED:
                for span in iter_spans(self._pages, begin, end):
                    name = self._text(span) if span[0] == NAME else name
        for begin, end in nodes:
            self._take_node(begin, end, f"{name}/")
        self.outline.functions.append(FunctionSummary(name, len(nodes)))

    def _take_versions(self, start: int, stop: int) -> None:
        for span in iter_spans(self._pages, start, stop):
            if span[0] == _PRODUCER:
                self.outline.producer = decode_int(self._pages, span)
            elif span[0] == _MIN_CONSUMER:
                self.outline.min_consumer = decode_int(self._pages, span)

    def _take_node(self, start: int, stop: int, prefix: str) -> None:
        """Take a NodeDef; `prefix` stands before the names of its function."""
        self._left -= 1
        if self._left < 0:
            most = f"at most {_MOST_NODES:,} nodes"
            raise LimitExceeded(path=self._source.name, expected=most, found="more")
        base = 0
        try:
            if stop - start <= _SMALL_NODE:
                base, node = start, self._parse_node(start, stop)
            else:
                node = self._read_node(start, stop)
            if not node.name or not node.op:
                raise MalformedField(node.start)
            self._take_parts(node, base, prefix)
        except MalformedField as error:
            raise self._broken(base + error.offset, "a node") from None

    def _parse_node(self, start: int, stop: int) -> _Node:
        """A small node; damage anywhere in it shows."""
        data = self._pages.read(start, stop)
        field = f"a node at byte {start}"
        proto = parse_message(node_class(), data, path=self._source.name, field=field)
        return _Node(data, 0, len(data), proto.name, proto.op, proto.input)

    def _read_node(self, start: int, stop: int) -> _Node:
        """A large node, without what makes it large."""
        name = op = ""
        inputs = []
        for span in iter_spans(self._pages, start, stop):
            if span[0] == INPUT:
                inputs.append(self._text(span))
            elif span[0] == NAME:
                name = self._text(span)
            elif span[0] == OP:
                op = self._text(span)
        return _Node(self._pages, start, stop, name, op, inputs)

    def _take_parts(self, node: _Node, base: int, prefix: str) -> None:
        """Note what is kept of a node."""
        outline = self.outline
        op, name = node.op, prefix + node.name
        outline.ops[op] += 1
        if op == "Const":
            self._take_constant(node, base, name)
        elif op == "Identity" and node.inputs:
            outline.reads[name] = prefix + _input_name(node.inputs[0])
        elif op in _VARIABLE_OPS:
            outline.has_variables = True
        elif "BatchNorm" in op:
            for kind, places in _BATCH_NORM.items():
                if op.startswith(kind) and len(node.inputs) > max(places):
                    outline.statistics |= {prefix + _input_name(node.inputs[at]) for at in places}

    def _take_constant(self, node: _Node, base: int, name: str) -> None:
        place = _find_tensor(node)
        if place is None:
            return  # nothing to show, and nothing that TensorFlow would run
        if name in self.outline.constants:
            self.outline.repeated += 1
            return
        start, stop = place
        constant = Constant(outline_tensor(node.data, start, stop), base + start, base + stop)
        self.outline.constants[name] = constant

    def _text(self, span: Span) -> str:
        _, kind, start, stop = span
        if kind != DELIMITED:
            raise MalformedField(start)
        return self._pages.read(start, stop).decode("utf-8", "surrogateescape")

    def _broken(self, offset: int, what: str) -> FormatError:
        return FormatError(
            path=self._source.name,
            offset=offset,
            expected=what,
            found="bytes that are none",
        )


def _find_tensor(node: _Node) -> tuple[int, int] | None:
    """Where the TensorProto of the attribute `value` lies, None if there is none."""
    data = node.data
    for attr in iter_spans(data, node.start, node.stop):
        if attr[0] != ATTR:
            continue
        key: bytes = b""
        value = None
        for number, kind, begin, end in iter_spans(data, attr[2], attr[3]):
            if number == KEY and end - begin == len(b"value"):
                key = bytes(data[place] for place in range(begin, end))
            elif number == VALUE and kind == DELIMITED:
                value = begin, end
        if key == b"value" and value is not None:
            for number, kind, begin, end in iter_spans(data, *value):
                if number == TENSOR and kind == DELIMITED:
                    return begin, end
    return None


def _input_name(text: str) -> str:
    """The node that an input names: `w` for `w:0`, and in functions for `w:output:0`."""
    return text.split(":", 1)[0]
