"""Fields of many nodes at once: what is found is what reading them one by one finds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.codecs.spans import MalformedField
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.graphs import nodes
from tensorboard_plugin_modelinspect.formats.graphs.fields import find_fields
from tensorboard_plugin_modelinspect.formats.graphs.nodes import OF_GRAPH, NodeFile, NodeTexts
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile
from tests.support.graph_writer import GraphWriter

Read = Callable[[bytes], "list[NodeTexts] | str"]


def usual_graph() -> GraphWriter:
    """Nodes as TensorFlow writes them: long names, devices, no inputs, constants, debug info."""
    writer = GraphWriter()
    writer.add("x", "Placeholder").device = "/device:CPU:0"
    writer.add("long" * 40, "Identity", "x").experimental_debug_info.original_node_names.append("x")
    writer.constant("w", np.zeros((4, 4), np.float32))
    writer.add("y", "MatMul", "x:0", "w", "^x").attr.clear()
    writer.add("", "NoOp", "^y", "^" + "long" * 40)
    return writer


@pytest.fixture
def read_both(monkeypatch) -> tuple[Read, Read]:
    """Two ways to read a graph: its nodes one by one, and at once."""

    def reader(fewest: int) -> Read:
        def read(data: bytes) -> list[NodeTexts] | str:
            monkeypatch.setattr(nodes, "_FEWEST_AT_ONCE", fewest)
            file = NodeFile(MemoryFile(data, "graph.pb"))
            try:
                layout = file.lay_out(0, len(data), OF_GRAPH)
                return list(file.iter_nodes(layout.batches))
            except (FormatError, MalformedField) as error:
                return repr(error)

        return read

    return reader(1 << 30), reader(1)


def find_odd(data: bytes) -> list[int]:
    """Nodes of a graph that are left to be read one by one."""
    [batch] = [
        one
        for one in NodeFile(MemoryFile(data, "graph.pb")).lay_out(0, len(data), OF_GRAPH).batches
        if one.nodes
    ]
    starts = [node - batch.start for node in batch.nodes]
    return find_fields(data[batch.start : batch.stop], starts).odd.tolist()


def test_what_protobuf_writes_is_found_at_once(read_both) -> None:
    """No node is left, and all texts are those that are found one by one."""
    data = usual_graph().binary()
    one_by_one, at_once = read_both
    assert find_odd(data) == []
    assert at_once(data) == one_by_one(data)
    [texts] = at_once(data)
    assert texts.names == [b"x", b"long" * 40, b"w", b"y", b""]
    assert (texts.takers[:4], texts.inputs[:4]) == ([1, 3, 3, 3], [b"x", b"x:0", b"w", b"^x"])


def node_of(*fields: bytes) -> bytes:
    """A node of a graph with these fields."""
    content = b"".join(fields)
    return b"\x0a" + bytes([len(content)]) + content


@pytest.mark.parametrize(
    "fields",
    [
        (b"\x12\x01b", b"\x0a\x01a"),
        (b"\x0a\x01a", b"\x0a\x01c", b"\x12\x01b"),
        (b"\x0a\x01a", b"\x2a\x03\x0a\x01k", b"\x1a\x01x", b"\x2a\x03\x0a\x01l"),
        (b"\x0a\x81\x80\x80\x00a", b"\x12\x01b"),
        (b"\x08\x05", b"\x0a\x01a"),
        (b"\x0a\x01a", b"\x12\x01b", b"\x98\x06\x01"),
        (b"\x0a\x01a", *[b"\x1a\x00"] * 60),
    ],
    ids=["order", "again", "mixed", "length", "varint", "unknown", "many"],
)
def test_what_is_stored_otherwise_is_read_one_by_one(read_both, fields) -> None:
    """Order, repeats and lengths that protobuf allows: between others, whose texts stay theirs."""
    usual = node_of(b"\x0a\x01u", b"\x12\x01o", b"\x1a\x01i")
    data = usual + node_of(*fields) + usual
    one_by_one, at_once = read_both
    assert find_odd(data) == [1]
    assert at_once(data) == one_by_one(data)
    [texts] = at_once(data)
    assert (texts.names[0], texts.names[2], texts.inputs[-1]) == (b"u", b"u", b"i")


@pytest.mark.parametrize("mask", [0x01, 0x08, 0x80])
def test_damage_is_the_same_either_way(read_both, mask) -> None:
    """Each byte changed: the same texts, or the same error."""
    data = usual_graph().binary()
    one_by_one, at_once = read_both
    for place in range(min(len(data), 600)):
        damaged = bytearray(data)
        damaged[place] ^= mask
        assert at_once(bytes(damaged)) == one_by_one(bytes(damaged)), place
