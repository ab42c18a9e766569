"""Attacks on checkpoints V1 and on the `.meta` beside them.

Their table is that of V2: what can be wrong with a table is in `attacks_bundle`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorboard_plugin_modelinspect.codecs.protos import meta_graph_class
from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded, Unsupported
from tests.hostile.attacks import BAD, Make, harmless, noted, refused, unread
from tests.hostile.attacks_bundle import DEEP, HUGE
from tests.hostile.seeds import Files
from tests.support.bundle_writer import NUMBERS, encode_slice
from tests.support.table_writer import SNAPPY, copy, literal, table_of_blocks, varint
from tests.support.v1_writer import V1Writer, delimited, encode_meta, with_stored

FLOAT = NUMBERS["float32"]
WHOLE = delimited(4, encode_slice([(0, -1)]))


def with_contents(contents: bytes) -> Make:
    """A file whose table of contents says so of the tensor `BAD`; it has no values."""

    def make() -> Files:
        writer = V1Writer()
        writer.shards[0].tensors[BAD.encode()] = contents
        return writer.files("m.ckpt")

    return make


def meta(*shape: int, number: int = FLOAT, slices: bytes = WHOLE) -> Make:
    """One that lists `BAD` with that shape and type, in these slices."""
    return with_contents(encode_meta(BAD.encode(), shape, number) + slices)


def in_slices(*extents: tuple[int, int]) -> Make:
    """One that lists `BAD`, four floats, in slices of these starts and lengths."""
    return meta(4, slices=b"".join(delimited(4, encode_slice([extent])) for extent in extents))


def stored(data: bytes, *shape: int, kind: str = "float32") -> Make:
    """A file whose tensor `BAD` has that TensorProto for values."""
    return lambda: with_stored(BAD, kind, shape, data)


def in_shards(*kinds: type) -> Files:
    """Two files of which each says something else of the same tensor."""
    files = {}
    for number, kind in enumerate(kinds):
        writer = V1Writer(shard_count=len(kinds))
        writer.add(BAD, np.zeros(4, kind), shard=number)
        name = f"m-{number:05d}-of-{len(kinds):05d}"
        files[name] = writer.files("m")[name]
    return files


def newer() -> Files:
    """A file that only readers of a later version may read."""
    writer = V1Writer()
    writer.shards[0].versions = b"\x08\x09\x10\x09"
    return writer.files("m.ckpt")


def bomb() -> Files:
    """A block that unpacks to more than a block may have."""
    nbytes = (1 << 31) + 64
    block = varint(nbytes) + literal(b"a") + copy(64, 1, 2) * 1000
    return {"m.ckpt": table_of_blocks([(block, SNAPPY, b"x")])}


def beside(edit: Callable[[Any], object], data: bytes = b"") -> Make:
    """A sound file with a `.meta` beside it, changed, or with bytes behind it."""

    def make() -> Files:
        writer = V1Writer()
        writer.add("w", np.zeros(2, np.float32))
        graph = meta_graph_class()()
        graph.graph_def.node.add(name="w", op="VariableV2")
        edit(graph)
        return {**writer.files("m.ckpt"), "m.ckpt.meta": graph.SerializeToString() + data}

    return make


def save(*names: str, slices: str = "") -> Callable[[Any], object]:
    """Add a Saver's node that saves under these names, each from the node of the same name."""

    def edit(graph: Any) -> None:
        add = graph.graph_def.node.add
        for name, values in (("names", names), ("slices", [slices] * len(names))):
            tensor = add(name=name, op="Const").attr["value"].tensor
            tensor.dtype = 7
            tensor.tensor_shape.dim.add(size=len(values))
            tensor.string_val.extend(value.encode() for value in values)
        add(name="save", op="SaveV2", input=["prefix", "names", "slices", *names])
        graph.saver_def.save_tensor_name = "save:0"
        graph.saver_def.restore_op_name = "restore"

    return edit


def read_each_other(graph: Any) -> None:
    """Nodes that are each other's input, and a Saver that saves the first."""
    for name, other in (("a", "b"), ("b", "a")):
        graph.graph_def.node.add(name=name, op="Identity", input=[other])
    save("a", "b")(graph)


CONTENTS = [
    refused("rank 300", meta(*[1] * 300), FormatError, "a shape that no tensor has"),
    refused("a negative dimension", meta(-1), FormatError, "a shape that no tensor has"),
    refused("2^80 elements", meta(1 << 40, 1 << 40), LimitExceeded, "found 2^80 elements"),
    refused("a slice of another rank", meta(4, 4), FormatError, "a slice outside its tensor"),
    refused("a slice behind the end", in_slices((0, 2), (2, 9)), FormatError,
            "a slice outside its tensor"),
    refused("a slice that starts below zero", in_slices((-2, 4)), FormatError,
            "a slice outside its tensor"),
    refused("a slice that ends above 2^63", in_slices((HUGE, HUGE)), FormatError,
            "a slice outside its tensor"),
    refused("slices that overlap", in_slices((0, 3), (1, 3)), FormatError, "slices that overlap"),
    refused("the same slice 1,000 times", in_slices(*[(0, 4)] * 1000), FormatError,
            "slices that overlap"),
    refused("slices that leave a part out", in_slices((0, 1)), FormatError, "leave a part out"),
    refused("files that contradict each other", lambda: in_shards(np.float32, np.int64),
            FormatError, "another type or shape than in the files before it"),
    refused("contents that are none", with_contents(b"\x0a\xff"), FormatError,
            "expected a SavedTensorSlices protobuf"),
    refused("contents 10,000 messages deep", with_contents(DEEP), FormatError,
            "expected a SavedTensorSlices protobuf"),
    refused("a file for newer readers", newer, Unsupported, "readers of version 9"),
]  # fmt: skip

VALUES = [
    unread("a slice without values", meta(4), FormatError, "no entry for a slice that it lists"),
    unread("2^60 floats of which none is there", stored(b"", 1 << 60), FormatError,
           f"expected {1 << 60} values, found 0 bytes"),
    unread("fewer values than declared", stored(b"\x2a\x04" + bytes(4), 4), FormatError,
           "expected 4 values, found 4 bytes"),
    unread("more values than declared", stored(b"\x2a\x14" + bytes(20), 4), FormatError,
           "expected 4 values, found 20 bytes"),
    unread("a length that leads behind the end", stored(b"\x2a\x7f" + bytes(16), 4), FormatError,
           "bytes that are no slice"),
    unread("a number that does not end", stored(b"\x52\x0c" + b"\xff" * 11 + b"\1", 1,
           kind="int64"), FormatError, "a number that does not end"),
    unread("100,000 strings where one is declared", stored(b"\x42\0" * 100_000, 1, kind="string"),
           FormatError, "expected 1 values, found 100000"),
    unread("values of another type", stored(b"\x32\x20" + bytes(32), 4), FormatError,
           "expected 4 values, found 0"),
    harmless("a tensor of no type that is known", meta(4, number=99)),
]  # fmt: skip

METAS = [
    noted("a graph that is no protobuf", beside(lambda _: None, b"\xff" * 9),
          "m.ckpt.meta: expected a MetaGraphDef protobuf"),
    noted("a graph 10,000 messages deep", beside(lambda _: None, DEEP),
          "m.ckpt.meta: expected a MetaGraphDef protobuf"),
    harmless("a Saver of tensors that are not there", beside(save("gone", "w", "w"))),
    harmless("a Saver with a slice that is none", beside(save("w", slices="4 9 0,99:--"))),
    harmless("a Saver with a slice of 2^80 elements", beside(save("w", slices=f"{1 << 80} 0,1"))),
    harmless("nodes that are each other's input", beside(read_each_other)),
    harmless("a Saver's node that is not there",
             beside(lambda graph: setattr(graph.saver_def, "save_tensor_name", "gone:0"))),
]  # fmt: skip

ATTACKS = [*CONTENTS, *VALUES, *METAS]
