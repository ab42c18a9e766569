"""Small files made to exhaust memory or time. Each must end soon, in a result or an error."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.codecs.protos import trackable_object_graph_class
from tensorboard_plugin_modelinspect.errors import LimitExceeded, ModelInspectError
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.hostile.exercise import exercise, use
from tests.hostile.sandbox import Trials
from tests.support.bundle_writer import (
    NUMBERS,
    BundleWriter,
    encode_entry,
    encode_header,
    encode_slice,
    slice_key,
)
from tests.support.saved_model_writer import SavedModelWriter
from tests.support.table_writer import (
    RAW,
    SNAPPY,
    append_block,
    copy,
    encode_block,
    footer,
    literal,
    snappy,
    table_of_blocks,
    varint,
)

FLOAT, STRING, INT8 = NUMBERS["float32"], NUMBERS["string"], NUMBERS["int8"]
HEADER = (b"", encode_header(1))
VARIABLE = "w/.ATTRIBUTES/VARIABLE_VALUE"


def with_entry(key: bytes, entry: bytes) -> Callable[[], object]:
    """Trial of a checkpoint that also holds an entry of any kind."""
    writer = BundleWriter()
    writer.add("good", np.arange(4, dtype=np.float32))
    writer.entries[key] = entry
    return partial(exercise, writer.files("ckpt"))


def with_index(index: bytes) -> Callable[[], object]:
    """Trial of a checkpoint of one small shard."""
    return partial(exercise, {"ckpt.index": index, "ckpt.data-00000-of-00001": b"x" * 64})


def declared_sizes() -> Trials:
    """Numbers that no file backs: sizes, offsets, shapes, ranks, shards."""
    huge = (1 << 31, 1 << 32, 1 << 40, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
    for number in huge:
        for name in ("offset", "nbytes", "shard"):
            yield f"{name} {number}", with_entry(b"x", encode_entry(FLOAT, (4,), **{name: number}))
        yield f"shape {number}", with_entry(b"x", encode_entry(FLOAT, (number,), nbytes=16))
        for dtype in (FLOAT, INT8, STRING, 21, 99):
            entry = encode_entry(dtype, (number,), nbytes=number)
            yield f"type {dtype} of {number}", with_entry(b"x", entry)
        yield f"{number} shards", with_index(table_of_blocks([
            (encode_block([(b"", encode_header(number))]), RAW, b"x")]))  # fmt: skip
    for shape in (
        (1 << 32, 1 << 31), (1 << 21,) * 3, (1 << 62, 1 << 62, 0), (1 << 62,) * 254, (1,) * 254,
        (1,) * 255, (2,) * 63, (0,) * 254, (1 << 62, 0) * 127,
    ):  # fmt: skip
        for dtype in (FLOAT, INT8, STRING, 99):
            entry = encode_entry(dtype, shape)
            yield f"shape of rank {len(shape)}, type {dtype}", with_entry(b"x", entry)
    yield (
        "99,999 shards",
        with_index(table_of_blocks([(encode_block([(b"", encode_header(99_999))]), RAW, b"x")])),
    )


def tables() -> Trials:
    """Blocks and handles that grow when they are read."""
    yield "a Snappy block of one byte, repeated", with_index(table_of_blocks([
        (varint(1 << 28) + literal(b"a") + copy(64, 1, 2) * 50_000, SNAPPY, b"x")]))  # fmt: skip
    rows = [HEADER] + [(b"%08d" % number, b"") for number in range(100_000)]
    blocks = [(snappy(encode_block(rows)), SNAPPY, b"x")]
    yield "a hundred thousand empty entries, compressed", with_index(table_of_blocks(blocks))
    entry = encode_entry(INT8, ())
    rows = [HEADER] + [(b"%08d" % number, entry) for number in range(100_000)]
    yield "as many of one byte", with_index(table_of_blocks([(encode_block(rows), RAW, b"x")]))
    long = b"k" * 100_000
    sharing = b"\0" + varint(len(long)) + b"\0" + long
    for number in range(30_000):
        sharing += varint(len(long)) + b"\2\0" + number.to_bytes(2, "big")
    block = b"\0\0" + varint(len(HEADER[1])) + HEADER[1] + sharing + bytes(4) + b"\1\0\0\0"
    yield "keys that share all but two bytes", with_index(table_of_blocks([(block, RAW, b"z")]))
    for count in (2, 1000, 50_000):
        yield f"the same block {count} times", with_index(same_block(count))
    yield (
        "restarts without end",
        with_index(table_of_blocks([(b"\0\0\0" + b"\xff" * 8, RAW, b"x")])),
    )
    long_keys = [HEADER, (b"\xff" * 1_000_000, encode_entry(INT8, (1,), nbytes=1))]
    yield "a key of a megabyte", with_index(table_of_blocks([(encode_block(long_keys), RAW, b"x")]))


def same_block(count: int) -> bytes:
    """A table whose index block names one data block again and again."""
    table = bytearray()
    rows = [HEADER] + [(b"%06d" % number, encode_entry(INT8, ())) for number in range(1000)]
    handle = append_block(table, encode_block(rows), RAW)
    metaindex = append_block(table, encode_block([]), RAW)
    handles = [(b"%06d" % number, handle) for number in range(count)]
    index = append_block(table, encode_block(handles, 1), RAW)
    return bytes(table) + footer(metaindex, index)


def slices() -> Trials:
    """Partitioned tensors with too many slices, on too many axes, or none that fit."""
    for count in (1000, 4000):
        writer = BundleWriter()
        boxes = [((number, number + 1),) for number in range(count)]
        writer.add_slices("t", np.zeros(count, np.int8), boxes)
        yield f"{count} slices", partial(exercise, writer.files("ckpt"))
    one = encode_slice([(0, 4)])
    for count in (2, 30_000):
        yield (
            f"one slice {count} times",
            with_entry(b"x", encode_entry(INT8, (4,), slices=[one] * count)),
        )
    rank = 20
    writer = BundleWriter()
    extents = [
        [(1, 1)] * axis + [(0, 1)] + [(0, 2)] * (rank - axis - 1) for axis in range(rank)
    ] + [[(1, 1)] * rank]
    for number in range(100):
        name = b"t%d" % number
        for extent in extents:
            size = int(np.prod([length for _, length in extent]))
            key = slice_key(name, extent)
            writer.entries[key] = encode_entry(INT8, [n for _, n in extent], nbytes=size)
        shape = (2,) * rank
        encoded = map(encode_slice, extents)
        writer.entries[name] = encode_entry(INT8, shape, slices=encoded)
    yield "few slices on twenty axes", partial(exercise, writer.files("ckpt"))
    for extent in ([(0, 4)] * 254, [(0, -1)] * 254, [(1 << 62, 1 << 62)], [(0, 1)] * 255, []):
        entry = encode_entry(INT8, (4,) * min(len(extent), 5), slices=[encode_slice(extent)])
        yield f"a slice of rank {len(extent)}", with_entry(b"x", entry)


def strings() -> Trials:
    """String tensors whose lengths lie."""
    lengths = [
        b"\0" * 60, b"\xff" * 60, b"\x7f" * 60, b"\x80" * 60, b"\xff\xff\xff\xff\x7f" * 12,
        (b"\xff" * 9 + b"\1") * 6,
    ]  # fmt: skip
    for count in (0, 1, 6, 12, 56, 60, 1 << 40, 1 << 62):
        for stored in lengths:
            writer = BundleWriter()
            writer.add("x", np.frombuffer(stored, np.uint8))
            writer.entries[b"x"] = encode_entry(STRING, (count,), nbytes=60)
            yield f"{count} strings in {stored[:3]!r}", partial(exercise, writer.files("ckpt"))


GRAPHS: tuple[tuple[str, list[tuple[int, int]], int], ...] = (
    ("a self loop", [(0, 0)] * 10_000, 1),
    ("a cycle", [(n, (n + 1) % 1000) for n in range(1000)], 1000),
    ("a chain", [(n, n + 1) for n in range(4999)], 5000),
    ("all with all", [(a, b) for a in range(150) for b in range(150)], 150),
    ("a ladder", [(n, n + 1) for n in range(5000)] * 2, 5001),
)
"""Shapes that a careless walk would not leave: edges, and how many nodes."""


def graphs() -> Trials:
    """Object graphs of a checkpoint and of a model."""
    chain = [(n, n + 1) for n in range(99_999)]
    yield "a chain of 100,000", partial(exercise, with_graph(chain, 100_000).files("ckpt"))
    for label, edges, count in GRAPHS:
        yield label, partial(exercise, with_graph(edges, count).files("ckpt"))
        model = SavedModelWriter()
        model.bundle = with_graph(edges, count)
        for _ in range(1, count):
            model.objects.nodes.add()
        for parent, child in edges:
            model.objects.nodes[parent].children.add(node_id=child, local_name="x")
        model.trackable.CopyFrom(graph_of(edges, count))
        yield f"{label}, in a model", partial(exercise, model.files())
    for node_id in (-1, 1, 1 << 30):
        model = SavedModelWriter()
        model.root.children.add(node_id=node_id)
        yield f"a child {node_id}", partial(exercise, model.files())


def graph_of(edges: Iterable[tuple[int, int]], count: int) -> Any:
    """A `TrackableObjectGraph` whose last node is a variable."""
    proto = trackable_object_graph_class()()
    for _ in range(count):
        proto.nodes.add()
    for parent, child in edges:
        proto.nodes[parent].children.add(node_id=child, local_name="x")
    proto.nodes[count - 1].attributes.add(name="VARIABLE_VALUE", checkpoint_key=VARIABLE)
    return proto


def with_graph(edges: Iterable[tuple[int, int]], count: int) -> BundleWriter:
    """A bundle with that variable and that graph."""
    writer = BundleWriter()
    writer.add(VARIABLE, np.zeros(2, np.float32))
    writer.add_object_graph(graph_of(edges, count).SerializeToString())
    return writer


def nested(depth: int, tag: bytes) -> bytes:
    """A message in itself, `depth` deep."""
    data = b""
    for _ in range(depth):
        data = tag + varint(len(data)) + data
    return data


def models() -> Trials:
    """SavedModels that are deep, wide, or both."""
    for depth in (50, 99, 101, 1000, 10_000):
        # meta_graphs > graph_def > node > attr > value > list > … func > attr > …
        for tag in (b"\x12", b"\x0a", b"\x1a"):
            yield (
                f"{depth} deep in {tag!r}",
                partial(exercise, {"saved_model.pb": nested(depth, tag)}),
            )
        text = b"meta_graphs { graph_def { node { attr { value { " * depth
        yield (
            f"text {depth} deep",
            partial(exercise, {"saved_model.pbtxt": text + b"}" * 5 * depth}),
        )
        yield f"text {depth} open", partial(exercise, {"saved_model.pbtxt": text})
        unknown = b"a { " * depth + b"}" * depth
        yield f"unknown text {depth} deep", partial(exercise, {"saved_model.pbtxt": unknown})
        yield f"state file {depth} deep", partial(exercise, {"checkpoint": unknown})
    writer = SavedModelWriter()
    for number in range(20_000):
        writer.graph.signature_def[str(number)].inputs["x"].name = "x"
    yield "20,000 signatures", partial(exercise, writer.files())
    writer = SavedModelWriter()
    shape = writer.graph.signature_def["s"].inputs["x"].tensor_shape
    for _ in range(100_000):
        shape.dim.add(size=1 << 62)
    yield "a shape of rank 100,000", partial(exercise, writer.files())


NAMES = (
    "</script><script>alert(1)</script>", "new\nline", "nul\0", "\x1b[31mred", "a/../../b", "..",
    "\u202eright to left", "\ud7ff", "x" * 100_000, "-" * 50_000 + "m" * 50_000, "/" * 50_000,
    "renorm_" + "_1" * 50_000 + "!", "a/" + "m" * 100_000 + "/b", ".S" * 50_000, "." * 99_999,
    "Adam" * 20_000 + "\n", "moving_" * 20_000, "9" * 100_000, "version https://git-lfs",
)  # fmt: skip
"""Names that are text for a page, a terminal, a path or a regular expression to stumble over."""


def names() -> Trials:
    """Keys, prefixes, signatures and state files with names made to harm."""
    for name in NAMES:
        label = f"{name[:20]!r} of {len(name)}"
        writer = BundleWriter()
        writer.add(name, np.zeros(2, np.float32))
        writer.add(f"{name}/Adam", np.zeros(2, np.float32))
        writer.add(f"{name}/.ATTRIBUTES/VARIABLE_VALUE", np.zeros(2, np.float32))
        writer.add(b"\xff\xfe" + name.encode(), np.zeros(2, np.float32))
        yield f"key {label}", partial(exercise, writer.files("ckpt"))
        yield f"prefix {label}", partial(exercise, writer.files(name.replace("/", "_")))
        model = SavedModelWriter(tags=(name, "serve"))
        model.add_signature(name, inputs={name: (1, None)}, outputs={name: (1, ())})
        model.add_variable(name, np.zeros(2, np.float32))
        model.add_asset(name, name)
        yield f"model {label}", partial(exercise, model.files())
        state = f"model_checkpoint_path: {encoded(name)}\n".encode()
        yield f"state file {label}", partial(exercise, {"checkpoint": state, **writer.files("x")})


def encoded(name: str) -> str:
    """A name as a string of text protobuf."""
    return '"' + "".join(f"\\{byte:03o}" for byte in name.encode()) + '"'


def on_disk(write: Callable[[str], None], path: str, expected: Iterable[type]) -> None:
    """Open a path in a new folder and use all of it; only the errors expected may come."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder)
        try:
            use(open_artifact(os.path.join(folder, path)))
        except tuple(expected):
            return


def holes() -> Trials:
    """Files that are as large as they declare, since they are one hole."""
    handle = varint(0) + varint((1 << 40) - 5)
    for name, path, end in (
        ("saved_model.pb", "", b""), ("saved_model.pbtxt", "", b""), ("checkpoint", "", b""),
        ("ckpt.index", "ckpt", b""), ("ckpt.index", "ckpt", footer(b"\0\0", handle)),
    ):  # fmt: skip
        write = partial(write_hole, name, 1 << 40, end)
        yield f"{name} of 1 TB", partial(on_disk, write, path, [ModelInspectError])
    yield "tensors of 1 TB", partial(on_disk, write_tensors, "ckpt", [])
    yield "all of a tensor of 1 TB", partial(read_all, write_tensors)


def write_hole(name: str, nbytes: int, end: bytes, folder: str) -> None:
    """Write a file of zeros that takes no space, and its last bytes."""
    with open(os.path.join(folder, name), "wb") as file:
        file.truncate(nbytes - len(end))
        file.seek(0, os.SEEK_END)
        file.write(end)


def write_tensors(folder: str) -> None:
    """Write a checkpoint of zeros, strings of no bytes and an object graph, a terabyte each."""
    writer = BundleWriter()
    writer.add_hole("t", "float32", (1 << 36, 4))
    writer.add_hole("graph", "int8", (1 << 40,))
    writer.entries[b"words"] = encode_entry(STRING, (1 << 39,), nbytes=(1 << 39) + 4)
    writer.entries[b"_CHECKPOINTABLE_OBJECT_GRAPH"] = encode_entry(STRING, (), nbytes=1 << 40)
    writer.write(folder, "ckpt")


def read_all(write: Callable[[str], None]) -> None:
    """What memory cannot hold is refused with the advice to read a slice, which works."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder)
        tensor = open_artifact(os.path.join(folder, "ckpt")).tensors["t"]
        with pytest.raises(LimitExceeded, match=r"Read a slice of it\.$"):
            tensor.read()
        assert tensor.read_rows(1 << 35, (1 << 35) + 1).tolist() == [[0, 0, 0, 0]]
