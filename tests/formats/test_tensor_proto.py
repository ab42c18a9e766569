"""Values of constants: any region of them, and what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded, Unsupported
from tensorboard_plugin_modelinspect.formats.graph_def import open_graph
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.graph_writer import GraphWriter, typical_graph


def tensors_of(graph: GraphWriter) -> dict[str, Tensor]:
    folder = MemoryFolder({"model.pb": graph.binary()}, "run")
    return dict(open_graph(folder, "model.pb").tensors)


@pytest.mark.parametrize("field", ["float_val", "tensor_content"])
def test_packed_floats_are_read_by_position(field: str) -> None:
    """They are raw bytes as much as `tensor_content` is."""
    graph = GraphWriter()
    values = np.arange(1 << 18, dtype=np.float32)
    tensor = graph.constant("a", values)
    if field == "float_val":
        tensor.tensor_content = b""
        tensor.float_val.extend(values.tolist())
    folder = CountingFolder(MemoryFolder({"model.pb": graph.binary()}))
    tensors = open_graph(folder, "model.pb").tensors
    before = folder.nbytes
    assert tensors["a"].read((slice(9, 11),)).tolist() == [9, 10]
    assert folder.nbytes - before < 1 << 14
    assert np.array_equal(tensors["a"].read(), values)


REGIONS = [
    (),
    (slice(1, 3),),
    (slice(0, 4, 2), slice(1, 2)),
    (slice(2, 2),),
    (slice(3, 4), slice(2)),
]


@pytest.mark.parametrize("stored", [0, 1, 2, 5, 12])
@pytest.mark.parametrize("region", REGIONS)
def test_the_last_value_stands_for_the_rest(stored: int, region: Any) -> None:
    """Any region of a tensor of which a part is stored is that of the whole."""
    graph = GraphWriter()
    tensor = graph.constant("a", np.zeros((4, 3), np.int32))
    tensor.tensor_content = b""
    tensor.int_val.extend(range(1, stored + 1))
    flat = [min(number, stored) for number in range(1, 13)]
    whole = np.array(flat if stored else [0] * 12, np.int32).reshape(4, 3)
    found = tensors_of(graph)["a"].read(region)
    assert found.dtype == np.int32
    assert np.array_equal(found, whole[region])
    found[...] = 7  # it is the caller's own


def test_a_huge_constant_of_one_value_is_read_in_slices() -> None:
    """The file says 10^15 elements in a few bytes: these are not made, a row of them is."""
    graph = GraphWriter()
    tensor = graph.constant("a", np.zeros((), np.float32))
    tensor.tensor_content = b""
    tensor.float_val.append(2.5)
    for size in (10**9, 10**6):
        tensor.tensor_shape.dim.add(size=size)
    read = tensors_of(graph)["a"]
    with pytest.raises(LimitExceeded, match=r'constant "a": expected .* Read a slice of it'):
        read.read()
    assert read.read((slice(5, 6), slice(0, 2))).tolist() == [[2.5, 2.5]]


def set_shape(tensor: Any, *sizes: int) -> None:
    del tensor.tensor_shape.dim[:]
    for size in sizes:
        tensor.tensor_shape.dim.add(size=size)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda t: setattr(t, "tensor_content", b"\0" * 23),
            "expected 24 bytes of values, found 23",
        ),
        (lambda t: set_shape(t, 2, 4), "expected 32 bytes of values, found 24"),
        (
            lambda t: (setattr(t, "tensor_content", b""), t.float_val.extend([1.0] * 7)),
            "expected at most 6 values, found 7",
        ),
        (
            lambda t: (setattr(t, "dtype", 7), setattr(t, "tensor_content", b"\5")),
            "expected a TensorProto",
        ),
        (
            lambda t: (setattr(t, "dtype", 7), setattr(t, "tensor_content", b"\1" * 6 + b"abc")),
            "expected a TensorProto",
        ),
        (
            lambda t: (
                setattr(t, "dtype", 8),
                setattr(t, "tensor_content", b""),
                t.scomplex_val.extend([1.0] * 3),
            ),
            "found half a number",
        ),
    ],
    ids=["short", "shape", "many", "no strings", "short strings", "complex"],
)
def test_values_that_do_not_fit(change: Any, words: str) -> None:
    """The constant is listed; reading it says what is wrong with it, and others can be read."""
    graph = typical_graph()
    graph.constant("good", np.ones(2, np.float32))
    change(graph.proto.node[1].attr["value"].tensor)
    tensors = tensors_of(graph)
    with pytest.raises(FormatError, match=rf'^run/model\.pb, constant "w": .*{words}'):
        tensors["w"].read()
    assert tensors["good"].read().tolist() == [1, 1]


def test_strings_may_be_raw() -> None:
    """Lengths first, as `EncodeStringList` of TensorFlow writes them."""
    graph = typical_graph()
    tensor = graph.proto.node[1].attr["value"].tensor
    tensor.dtype, tensor.tensor_content = 7, b"\1\0\2\0\0\0" + b"abc"
    found = tensors_of(graph)["w"].read()
    assert found.tolist() == [[b"a", b"", b"bc"], [b"", b"", b""]]


@pytest.mark.parametrize("number", [20, 21, 999])
def test_types_without_values(number: int) -> None:
    """Resources, variants and unknown types are listed and not read."""
    graph = typical_graph()
    graph.proto.node[1].attr["value"].tensor.dtype = number
    tensor = tensors_of(graph)["w"]
    assert tensor.role == "metadata"
    with pytest.raises(Unsupported):
        tensor.read()


def test_more_axes_than_numpy_has() -> None:
    """The format has 254; a slice cannot be shown either."""
    graph = GraphWriter()
    set_shape(graph.constant("raw", np.ones(1, np.float32)), *[1] * 200)
    tensor = graph.constant("field", np.ones(0, np.float32))
    set_shape(tensor, *[1] * 200)
    tensors = tensors_of(graph)
    for key in ("raw", "field"):
        with pytest.raises(Unsupported, match="200 axes"):
            tensors[key].read()
