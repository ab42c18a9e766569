"""Attacks on graphs on their own: a GraphDef in binary or text form, and its constants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorboard_plugin_modelinspect.codecs.protos import UnfinishedText, graph_class
from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    Truncated,
    UnknownFormat,
    Unsupported,
)
from tests.hostile.attacks import BAD, Make, harmless, noted, refused, unread
from tests.hostile.attacks_bundle import DEEP, HUGE
from tests.support.bundle_writer import NUMBERS, encode_shape
from tests.support.table_writer import varint
from tests.support.v1_writer import delimited

FLOAT, INT64, STRING = NUMBERS["float32"], NUMBERS["int64"], NUMBERS["string"]
NODES = delimited(1, delimited(1, b"x") + delimited(2, b"Placeholder") + delimited(3, b"y")) * 50
"""Sound nodes, by which a file is known to be a graph."""
CONTENT, FLOATS, STRINGS, INTS = 4, 5, 8, 10
"""Fields of `TensorProto`."""


def graph(data: bytes) -> Make:
    """A graph of sound nodes, and these bytes behind it."""
    return lambda: {"graph.pb": NODES + data}


def text(data: bytes) -> Make:
    """A text graph of one sound node, and this behind it."""
    return lambda: {"graph.pbtxt": b'node { name: "x" op: "Placeholder" input: "y" } ' + data}


def constant(tensor: bytes, *, number: int = FLOAT) -> Make:
    """A graph with the constant `BAD`, whose `TensorProto` says that behind its type."""
    value = delimited(8, b"\x08" + varint(number) + tensor)
    attr = delimited(1, b"value") + delimited(2, value)
    node = delimited(1, BAD.encode()) + delimited(2, b"Const") + delimited(5, attr)
    return graph(delimited(1, node))


def shaped(*shape: int, values: bytes = b"", number: int = FLOAT) -> Make:
    """One of that shape, with these fields for values."""
    return constant(delimited(2, encode_shape(shape)) + values, number=number)


def edited(edit: Callable[[Any], object]) -> Make:
    """A graph that is changed."""

    def make() -> dict[str, bytes]:
        proto = graph_class()()
        edit(proto)
        return {"graph.pb": NODES + proto.SerializeToString()}

    return make


def call(proto: Any, caller: str, *called: str) -> None:
    """Add a function that calls others, by names."""
    function = proto.library.function.add()
    function.signature.name = caller
    for name in called:
        node = function.node_def.add(name=f"call_{name}", op="PartitionedCall")
        node.attr["f"].func.name = name


def call_in_circles(proto: Any) -> None:
    """Functions that call themselves and each other."""
    for caller, called in (("f", "g"), ("g", "f"), ("h", "h")):
        call(proto, caller, called, caller)


def read_in_circles(proto: Any) -> None:
    """Identities that read each other and themselves, where a weight's reader is looked for."""
    for name, other in (("a", "b"), ("b", "a"), ("c", "c"), ("d", "^d"), ("e", "e:9:9")):
        proto.node.add(name=name, op="Identity", input=[other])


def twice(proto: Any) -> None:
    """Two constants of one name."""
    for value in (1.0, 2.0):
        tensor = proto.node.add(name="c", op="Const").attr["value"].tensor
        tensor.dtype = FLOAT
        tensor.float_val.append(value)


def deep_text(depth: int) -> bytes:
    """A function value in a function value, each a legal part of the other."""
    part = b'attr { key: "k" value { func { '
    return b'node { name: "n" op: "N" ' + part * depth + b"} } } " * depth + b"}"


GRAPHS = [
    refused("a node that leads behind the end", graph(b"\x0a\x7f" + bytes(9)), Truncated,
            "a part of the graph"),
    refused("a node of 2^63 bytes", graph(b"\x0a" + varint(HUGE)), Truncated,
            "a part of the graph"),
    refused("a node without a name", graph(delimited(1, delimited(2, b"N"))), FormatError,
            "expected a node"),
    refused("a node that is none", graph(delimited(1, b"\xff" * 9)), FormatError,
            "expected a NodeDef protobuf"),
    refused("a node 10,000 messages deep", graph(delimited(1, DEEP)), FormatError,
            "expected a NodeDef protobuf"),
    refused("10,000 messages behind the nodes", graph(DEEP), FormatError, "a part of the graph"),
    refused("a number that does not end", graph(b"\x18" + b"\xff" * 12 + bytes(9)), FormatError,
            "a part of the graph"),
    harmless("functions that call themselves", edited(call_in_circles)),
    harmless("identities that read each other", edited(read_in_circles)),
    noted("two constants of one name", edited(twice), "1 constants have the name of an earlier"),
    harmless("100,000 unknown fields", graph(b"\xa0\x06\x01" * 100_000)),
]  # fmt: skip

CONSTANTS = [
    refused("rank 300", shaped(*[1] * 300), FormatError, "expected a node"),
    refused("a negative dimension", shaped(-1), FormatError, "expected a node"),
    refused("2^80 elements", shaped(1 << 40, 1 << 40), FormatError, "expected a node"),
    refused("an unknown rank", constant(delimited(2, b"\x18\x01")), FormatError, "expected a node"),
    unread("2^40 floats of one value", shaped(1 << 40, values=delimited(FLOATS, bytes(4))),
           LimitExceeded, "repeated at once"),
    unread("2^40 floats of none", shaped(1 << 40), LimitExceeded, "repeated at once"),
    unread("2^40 strings of one", shaped(1 << 40, values=delimited(STRINGS, b"a"), number=STRING),
           LimitExceeded, "repeated at once"),
    unread("2^60 floats in 16 bytes", shaped(1 << 60, values=delimited(CONTENT, bytes(16))),
           FormatError, f"expected {1 << 62:,} bytes of values, found 16"),
    unread("more bytes than the shape holds", shaped(2, values=delimited(CONTENT, bytes(64))),
           FormatError, "expected 8 bytes of values, found 64"),
    unread("more values than the shape holds", shaped(1, values=delimited(FLOATS, bytes(8))),
           FormatError, "found 2"),
    refused("values that are none", shaped(1, values=delimited(INTS, b"\xff" * 12), number=INT64),
            FormatError, "expected a NodeDef protobuf"),
    unread("strings whose lengths lie", shaped(2, values=delimited(CONTENT, b"\x7f\x7fab"),
           number=STRING), FormatError, "expected a TensorProto, found other bytes"),
    unread("a constant of 200 axes", shaped(*[1] * 200, values=delimited(CONTENT, bytes(4))),
           Unsupported, "no array of 200 axes"),
    harmless("a constant of no type that is known", shaped(1, number=99)),
]  # fmt: skip

TEXTS = [
    harmless("10 functions deep", text(deep_text(10))),
    refused("1,000 functions deep", text(deep_text(1000)), FormatError, "in text form"),
    refused("100,000 messages deep", text(b"library {" * 100_000), FormatError, "in text form"),
    refused("an unknown field 100,000 deep", text(b"x {" * 100_000), FormatError, "in text form"),
    refused("a string without end", text(b'x: "' + b"a" * 100_000), UnfinishedText,
            "a string that does not end"),
    refused("a number of 10,000 digits", text(b"versions { producer: " + b"9" * 10_000 + b" }"),
            FormatError, "in text form"),
    refused("a brace that closes nothing", text(b"}"), FormatError, "in text form"),
    unread("2^40 values of a text", text(b'node { name: "bad" op: "Const" attr { key: "value" value'
           b" { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 1099511627776 } } float_val: 1"
           b" } } } }"), LimitExceeded, "repeated at once"),
]  # fmt: skip

OTHERS = [
    refused("a file that only has the name", lambda: {"graph.pb": b"\x08\x96\x01" * 50},
            UnknownFormat, "holds no graph of TensorFlow"),
    refused("an empty file", lambda: {"graph.pb": b""}, UnknownFormat, "holds no graph"),
    refused("nothing but one message 10,000 deep", lambda: {"graph.pb": DEEP}, UnknownFormat,
            "holds no graph"),
]  # fmt: skip

ATTACKS = [*GRAPHS, *CONSTANTS, *TEXTS, *OTHERS]
