"""Attacks on SavedModels, binary and as text, on their fingerprint, and on what they refer to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorboard_plugin_modelinspect.codecs.protos import UnfinishedText, message_class
from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded
from tests.hostile.attacks import Make, harmless, noted, refused
from tests.hostile.attacks_bundle import DEEP
from tests.hostile.seeds import Files
from tests.support.saved_model_writer import SavedModelWriter
from tests.support.table_writer import varint

Edit = Callable[[SavedModelWriter], object]
TEXT = b'meta_graphs { meta_info_def { tags: "serve" } } '


def edited(edit: Edit, *, is_text: bool = False) -> Make:
    """A model of one variable, changed."""

    def make() -> Files:
        writer = SavedModelWriter()
        writer.add_variable("w", np.zeros(2, np.float32))
        edit(writer)
        return writer.files(is_text=is_text)

    return make


def binary(data: bytes) -> Make:
    """A model of these bytes."""
    return lambda: {"saved_model.pb": data}


def text(data: bytes) -> Make:
    """A model of this text."""
    return lambda: {"saved_model.pbtxt": data}


def whole(data: bytes) -> Make:
    """A sound model of two bytes more than none, with these bytes behind it."""
    proto = message_class("SavedModel")()
    proto.meta_graphs.add().meta_info_def.tags.append("serve")
    return binary(proto.SerializeToString() + data)


def beside(name: str, data: bytes) -> Make:
    """A sound model with one more file."""
    return lambda: {**edited(lambda _: None)(), name: data}


def call(caller: str, *called: str) -> Edit:
    """Add a function that calls others, by names, as a node and in the body of a loop."""

    def edit(writer: SavedModelWriter) -> None:
        function = writer.graph.graph_def.library.function.add()
        function.signature.name = caller
        for name in called:
            node = function.node_def.add(name=f"call_{name}", op="PartitionedCall")
            node.attr["f"].func.name = name
            node = function.node_def.add(name=f"loop_{name}", op="While")
            node.attr["body"].func.name = node.attr["cond"].func.name = name

    return edit


def all_of(*edits: Edit) -> Edit:
    """Several changes."""
    return lambda writer: [edit(writer) for edit in edits]


def hold(*edges: tuple[int, int], count: int = 4) -> Edit:
    """Let objects hold each other."""

    def edit(writer: SavedModelWriter) -> None:
        for _ in range(count - len(writer.objects.nodes)):
            writer.objects.nodes.add()
            writer.trackable.nodes.add()
        for parent, child in edges:
            writer.objects.nodes[parent].children.add(node_id=child, local_name="x")

    return edit


def deep_signature(depth: int) -> Edit:
    """A function whose argument is a list of a list of a list."""

    def edit(writer: SavedModelWriter) -> None:
        value = writer.objects.concrete_functions["f"].canonicalized_input_signature
        for _ in range(depth):
            value = value.list_value.values.add()

    return edit


def shape(*sizes: int) -> Edit:
    """A signature whose input has this shape."""

    def edit(writer: SavedModelWriter) -> None:
        dims = writer.graph.signature_def["s"].inputs["x"].tensor_shape.dim
        for size in sizes:
            dims.add(size=size)

    return edit


def bound(*nodes: int) -> Edit:
    """A function that captures these objects."""
    return lambda writer: writer.objects.concrete_functions["f"].bound_inputs.extend(nodes)


def asset(name: str) -> Edit:
    """An asset of that file name."""
    return lambda writer: writer.add_asset(name, "a:0")


def packed(url: str, value: bytes) -> Edit:
    """An asset of TF1, in a collection of messages of any type."""

    def edit(writer: SavedModelWriter) -> None:
        added: Any = writer.graph.collection_def["saved_model_assets"].any_list.value.add()
        added.type_url, added.value = url, value

    return edit


def collection(value: bytes) -> Edit:
    """A variable of TF1, in a collection of bytes."""

    def edit(writer: SavedModelWriter) -> None:
        writer.graph.collection_def["trainable_variables"].bytes_list.value.append(value)

    return edit


def as_text(depth: int) -> bytes:
    """A function value inside a function value, each a legal part of the other."""
    return (
        TEXT[:-2]
        + b"graph_def { node { attr { value { "
        + b'func { attr { key: "k" value { ' * depth
        + b"} } } " * depth
        + b"} } } } }"
    )


BINARY = [
    refused("10,000 messages deep", binary(DEEP), FormatError, "expected a SavedModel protobuf"),
    refused("10,000 unknown messages behind a good one", whole(DEEP), FormatError,
            "expected a SavedModel protobuf"),
    refused("a length of 2^63", binary(b"\x12" + varint((1 << 63) - 1)), FormatError,
            "expected a SavedModel protobuf, found 10 bytes that are none"),
    refused("a length that leads behind the end", binary(b"\x12\x05abc"), FormatError,
            "found 5 bytes that are none"),
    refused("a number of eleven bytes", binary(b"\x08" + b"\xff" * 11), FormatError,
            "found 12 bytes that are none"),
    refused("field 0", binary(b"\0\0"), FormatError, "found 2 bytes that are none"),
    refused("a name that is no text", binary(b"\x12\x06\x0a\x04\x22\x02\xff\xfe"), FormatError,
            "found 8 bytes that are none"),
    refused("no graph", binary(b"\x08\x01"), FormatError, "expected at least one MetaGraph"),
    refused("50,000 graphs", binary(b"\x12\0" * 50_000), LimitExceeded,
            "expected at most 1,000 MetaGraphs, found 50,000"),
    refused("a graph as text", binary(TEXT), FormatError, "expected a SavedModel protobuf"),
    harmless("100,000 unknown fields", whole(b"\xa0\x06\x01" * 100_000)),
    harmless("a graph twice, merged by nobody", whole(whole(b"")()["saved_model.pb"])),
]  # fmt: skip

GRAPHS = [
    harmless("a function that calls itself", edited(call("f", "f"))),
    harmless("functions that call each other",
             edited(all_of(call("f", "g", "h"), call("g", "h", "f"), call("h", "f", "g")))),
    harmless("a call of a function that is not there", edited(call("f", "gone"))),
    harmless("two functions of one name", edited(all_of(call("f"), call("f", "f")))),
    harmless("calls that double 60 times",
             edited(all_of(*[call(f"f{n}", f"f{n + 1}", f"f{n + 1}") for n in range(60)]))),
    harmless("an object that holds itself", edited(hold((0, 0), (2, 2)))),
    harmless("a cycle of objects", edited(hold((0, 2), (2, 3), (3, 0), (3, 2)))),
    refused("an object that is not there", edited(hold((0, 4))), FormatError,
            "saved_model.pb, object graph node 0: expected nodes below 4, found node 4"),
    refused("object -1", edited(hold((2, -1))), FormatError, "found node -1"),
    harmless("a function that captures what is not there", edited(bound(-1, 99, 1 << 30))),
    harmless("an argument 25 lists deep", edited(deep_signature(25))),
    refused("an argument 100 lists deep", edited(deep_signature(100)), FormatError,
            "expected a SavedModel protobuf"),
    harmless("a signature of rank 300", edited(shape(*[1] * 300))),
    harmless("a signature of 2^62 by -2^62", edited(shape(1 << 62, -(1 << 62)))),
]  # fmt: skip

REFERENCES = [
    noted("an asset above the folder", edited(asset("../../../../etc/passwd")),
          "a name that leads outside"),
    noted("an asset elsewhere", edited(asset("/etc/passwd")),
          "a name that leads outside"),
    noted("an asset with a zero byte", edited(asset("a\0b")),
          "expected an asset that the graph names"),
    refused("an asset in bytes that are none", edited(packed("AssetFileDef", b"\xff" * 9)),
            FormatError, "saved_model.pb, an asset: expected a AssetFileDef protobuf"),
    harmless("an asset of another type", edited(packed("type.googleapis.com/google.Any", b""))),
    noted("a variable in bytes that are none", edited(collection(b"\xff" * 9)),
          "saved_model.pb, a variable: expected a VariableDef protobuf"),
    noted("a fingerprint that is none", beside("fingerprint.pb", b"\xff" * 9),
          "fingerprint.pb: expected a FingerprintDef protobuf"),
    noted("a fingerprint whose id is no text", beside("fingerprint.pb", b"\x3a\x02\xff\xfe"),
          "fingerprint.pb: expected a FingerprintDef protobuf"),
    noted("a fingerprint 10,000 messages deep", beside("fingerprint.pb", DEEP),
          "fingerprint.pb: expected a FingerprintDef protobuf"),
]  # fmt: skip

TEXTS = [
    harmless("a text 10 functions deep", text(as_text(10))),
    refused("a text 1,000 functions deep", text(as_text(1000)), FormatError,
            "expected a SavedModel in text form"),
    refused("a text 100,000 messages deep", text(b"meta_graphs {" * 100_000), FormatError,
            "expected a SavedModel in text form"),
    refused("an unknown field 100,000 deep", text(TEXT + b"x {" * 100_000), FormatError,
            "expected a SavedModel in text form"),
    refused("a list 100,000 deep", text(TEXT + b"x: [" * 100_000), FormatError,
            "expected a SavedModel in text form"),
    refused("a string without end", text(TEXT + b'x: "' + b"a" * 100_000), UnfinishedText,
            "expected a SavedModel in text form, found a string that does not end"),
    refused("a number of 10,000 digits", text(b"saved_model_schema_version: " + b"9" * 10_000),
            FormatError, "expected a SavedModel in text form"),
    refused("a brace that closes nothing", text(TEXT + b"}"), FormatError,
            "expected a SavedModel in text form"),
    refused("a text of UTF-16", text(TEXT.decode().encode("utf-16")), FormatError,
            "expected a SavedModel in text form"),
    harmless("a text with a message of any type",
             text(TEXT + b"[type.googleapis.com/google.protobuf.Any] { }")),
    refused("a protobuf as text", lambda: {"saved_model.pbtxt": whole(b"")()["saved_model.pb"]},
            FormatError, "expected a SavedModel in text form"),
    harmless("the same model as text", edited(lambda _: None, is_text=True)),
]  # fmt: skip

ATTACKS = [*BINARY, *GRAPHS, *REFERENCES, *TEXTS]
