"""Types of edges, shapes that are inferred, and operations that are estimated from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.inference import infer_types
from tensorboard_plugin_modelinspect.analyses.graph.links import Links
from tensorboard_plugin_modelinspect.analyses.graph.shapes import RULES, broadcast_shapes
from tensorboard_plugin_modelinspect.analyses.graph.types import (
    UNKNOWN,
    EdgeType,
    KindTypes,
    edge_types,
)
from tensorboard_plugin_modelinspect.model.graph import INPUT, OUTPUT, Graphs, Kind
from tests.support.corpus import recorded
from tests.support.graph_writer import GraphWriter
from tests.support.graphs import add_typed, analyse, node_numbers

FLOAT, INT = 1, 3


def add_input(writer: GraphWriter, name: str, *shape: int | None) -> None:
    """A placeholder."""
    node = add_typed(writer, name, "Placeholder", shape={"shape": shape})
    node.attr["dtype"].type = FLOAT


def add_constant(writer: GraphWriter, name: str, values: Any, dtype: Any = np.int32) -> None:
    """A constant, with its type as an attribute."""
    array = np.asarray(values, dtype)
    writer.constant(name, array)
    writer.proto.node[-1].attr["dtype"].type = INT if array.dtype == np.int32 else FLOAT


def given(analysis: GraphAnalysis, name: str, port: int = 0) -> EdgeType | None:
    """What a node gives, as the first edge from it says."""
    graph = analysis.graph("")
    node = node_numbers(graph)[name]
    types = analysis.types(graph)
    for place in analysis.links(graph).use_places(node):
        if graph.edges.ports[place] == port:
            number = int(types[place])
            return None if number == UNKNOWN else analysis.edge_type(number)
    raise AssertionError(f"nobody takes {name}:{port}")


def infer(op: str, *inputs: Any, **attributes: Any) -> tuple[Any, float | None]:
    """Shape and operations of a node; an input is a shape, or a constant as a numpy array."""
    writer = GraphWriter()
    for number, one in enumerate(inputs):
        if isinstance(one, np.ndarray):
            add_constant(writer, f"i{number}", one, one.dtype)
        else:
            add_input(writer, f"i{number}", *one)
    add_typed(writer, "y", op, *(f"i{number}" for number in range(len(inputs))), **attributes)
    writer.add("user", "Identity", "y")
    analysis = analyse(writer)
    found = given(analysis, "y")
    shape = None if found is None or not found.inferred else found.shape
    return shape, analysis.flops(analysis.graph(""))[len(inputs)]


IMAGE = (None, 10, 12, 3)


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "shape", "flops"),
    [
        ("Relu", [(None, 4)], {}, (None, 4), 4),
        ("AddV2", [(None, 4), (3, 1, 4)], {}, (3, None, 4), None),
        ("Mul", [(2, 4), ()], {}, (2, 4), 8),
        ("MatMul", [(None, 4), (4, 5)], {}, (None, 5), 40),
        ("MatMul", [(4, None), (5, 4)], {"transpose_a": True, "transpose_b": True}, (None, 5), 40),
        ("BatchMatMulV2", [(None, 2, 3, 4), (2, 4, 5)], {}, (None, 2, 3, 5), 240),
        ("Conv2D", [IMAGE, np.zeros((3, 3, 3, 8), np.float32)],
         {"strides": [1, 2, 2, 1], "padding": "SAME"}, (None, 5, 6, 8), 5 * 6 * 8 * 2 * 27),
        ("Conv2D", [IMAGE, np.zeros((3, 3, 3, 8), np.float32)],
         {"strides": [1, 1, 1, 1], "padding": "VALID", "dilations": [1, 2, 2, 1]},
         (None, 6, 8, 8), 6 * 8 * 8 * 2 * 27),
        ("Conv2D", [(1, 3, 10, 12), np.zeros((3, 3, 3, 8), np.float32)],
         {"strides": [1, 1, 1, 1], "padding": "VALID", "data_format": "NCHW"},
         (1, 8, 8, 10), 8 * 8 * 10 * 2 * 27),
        ("DepthwiseConv2dNative", [IMAGE, np.zeros((3, 3, 3, 2), np.float32)],
         {"strides": [1, 1, 1, 1], "padding": "SAME"}, (None, 10, 12, 6), 10 * 12 * 6 * 2 * 9),
        ("MaxPool", [IMAGE], {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"},
         (None, 5, 6, 3), 5 * 6 * 3 * 4),
        ("Mean", [IMAGE, np.array([1, -2], np.int32)], {}, (None, 3), 360),
        ("Sum", [(2, 3), np.array(1, np.int32)], {"keep_dims": True}, (2, 1), 6),
        ("Reshape", [(2, 6), np.array([-1, 3], np.int32)], {}, (4, 3), 0),
        ("Reshape", [IMAGE, np.array([-1, 360], np.int32)], {}, (None, 360), 0),
        ("Transpose", [(2, None, 4), np.array([2, 0, 1], np.int32)], {}, (4, 2, None), 0),
        ("ConcatV2", [(2, 3), (2, None), np.array(-1, np.int32)], {}, (2, None), 0),
        ("ConcatV2", [(2, 3), (2, 5), np.array(1, np.int32)], {}, (2, 8), 0),
        ("Pack", [(2, 3), (2, 3)], {"axis": -1}, (2, 3, 2), 0),
        ("Pad", [(2, None), np.array([[1, 1], [0, 2]], np.int32)], {}, (4, None), 0),
        ("ExpandDims", [(2, 3), np.array(-1, np.int32)], {}, (2, 3, 1), 0),
        ("Squeeze", [(2, 1, 3, 1)], {"squeeze_dims": [1, -1]}, (2, 3), 0),
        ("GatherV2", [(100, 8), (None, 7), np.array(0, np.int32)], {"Tparams": {"type": FLOAT}},
         (None, 7, 8), 0),
        ("Fill", [np.array([2, 3], np.int32), ()], {}, (2, 3), 0),
        ("FusedBatchNormV3", [IMAGE, (3,)], {"is_training": False}, IMAGE, 720),
        ("Softmax", [(None, 10)], {}, (None, 10), 50),
        ("AddN", [(4,), (4,), (4,)], {}, (4,), 8),
        ("Relu", [(4, None)], {}, (4, None), None),
        ("MatMul", [(4,), (4, 5)], {}, None, None),
        ("Conv2D", [IMAGE, np.zeros((3, 3, 3, 8), np.float32)], {}, None, None),
        ("Reshape", [(2, 6), np.array([-5, 3], np.int32)], {}, (None, 3), 0),
        ("Pad", [(2,), np.array([[-3, 0]], np.int32)], {}, None, 0),
        ("Transpose", [(2, 3), np.array([0, 0], np.int32)], {}, None, 0),
        ("Unheard", [(2, 3)], {}, None, None),
    ],
)  # fmt: skip
def test_shapes_and_operations(op, inputs, attributes, shape, flops) -> None:
    """By the rules of TensorFlow, and the formulas of docs/graph.md."""
    assert infer(op, *inputs, **attributes) == (shape, flops)


@pytest.mark.parametrize(
    ("inputs", "equation", "flops"),
    [
        ([(2, 3), (3, 4)], "ij,jk->ik", 2 * 24),
        ([(None, 3)], "ij->i", 3),
        ([(2, 3), (3, 4)], "...j,jk->...k", None),
        ([(2, 3)], "ijk->i", None),
    ],
)
def test_operations_of_einsum(inputs, equation: str, flops: float | None) -> None:
    """Two for each combination of indices; unknown with an ellipsis."""
    assert infer("Einsum", *inputs, equation=equation)[1] == flops


def test_sizes_that_are_computed() -> None:
    """`Flatten` of Keras: what is known of a shape goes through slices and stacks."""
    writer = GraphWriter()
    add_input(writer, "x", None, 4, 6)
    writer.add("shape", "Shape", "x").attr["out_type"].type = INT
    for name, value in (("0", [0]), ("1", [1]), ("24", 24)):
        add_constant(writer, name, value)
    add_typed(writer, "batch", "StridedSlice", "shape", "0", "1", "1", shrink_axis_mask=1)
    add_typed(writer, "sizes", "Pack", "batch", "24", N=2)
    writer.add("flat", "Reshape", "x", "sizes")
    writer.add("user", "Identity", "flat")
    assert given(analyse(writer), "flat") == EdgeType("float32", (None, 24), True)


def test_what_the_file_says_counts() -> None:
    """Shapes that are stored are not inferred; types follow from attributes and their defaults."""
    writer = GraphWriter()
    add_input(writer, "x", 2, 3)
    node = writer.add("y", "Relu", "x")
    node.attr["_output_shapes"].list.shape.add().dim.add(size=9)
    writer.add("top", "TopKV2", "y", "k")
    writer.add("use", "AddN", "y", "top:1", "top:5")
    analysis = analyse(writer)
    assert given(analysis, "y") == EdgeType("float32", (9,), False)
    assert given(analysis, "top", 1) == EdgeType("int32", None, False)
    assert given(analysis, "top", 5) is None


def test_loops_and_damage_are_left_unknown() -> None:
    """A circle has no beginning; an attribute that is damaged tells nothing."""
    writer = GraphWriter()
    writer.add("a", "Relu", "b")
    writer.add("b", "Relu", "a")
    add_typed(writer, "c", "Conv2D", "a", "b", strides="text", padding=3)
    writer.add("d", "Relu", "c")
    analysis = analyse(writer)
    assert [found.shape for name in "abc" if (found := given(analysis, name))] == [None] * 3
    assert analysis.flops(analysis.graph("")) == [None] * 4


def test_operations_of_calls() -> None:
    """Those of the function; of branches the dearest; none of a circle or a missing function."""
    writer = GraphWriter()
    for name, count in (("cheap", 1), ("dear", 3)):
        function = writer.function(name)
        for number in range(count):
            node = writer.add(f"n{number}", "Relu", function=function)
            node.attr["_output_shapes"].list.shape.add().dim.add(size=10)
    circle = writer.function("circle")
    add_typed(writer, "again", "PartitionedCall", into=circle, f={"function": "circle"})
    for name, op, attributes in (
        ("call", "PartitionedCall", {"f": {"function": "dear"}}),
        ("if", "If", {"then_branch": {"function": "cheap"}, "else_branch": {"function": "dear"}}),
        ("loop", "While", {"cond": {"function": "cheap"}, "body": {"function": "dear"}}),
        ("round", "PartitionedCall", {"f": {"function": "circle"}}),
        ("gone", "PartitionedCall", {"f": {"function": "missing"}}),
    ):
        add_typed(writer, name, op, **attributes)
    analysis = analyse(writer)
    assert analysis.flops(analysis.graph("")) == [30, 30, 40, 0, None]


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        ((2, 3), (3,), (2, 3)),
        ((2, None), (None, 3), (2, 3)),
        ((2, 1), (None,), (2, None)),
        ((2,), (3,), None),
        (None, (3,), None),
    ],
)
def test_broadcasting(left, right, result) -> None:
    """As numpy does it, with sizes that may be unknown."""
    assert broadcast_shapes(left, right) == result
    assert broadcast_shapes(right, left) == result


def without_shapes(graphs: Graphs) -> Graphs:
    """The same graphs, without the shapes that could be inferred."""
    kinds = [
        Kind(kind.op, {k: v for k, v in kind.attributes.items() if k != "_output_shapes"})
        if kind.op in RULES and kind.op not in (INPUT, OUTPUT)
        else kind
        for kind in graphs.kinds
    ]
    return replace(graphs, kinds=kinds)


def check_inference(graphs: Graphs) -> int:
    """What is inferred never contradicts what is stored; returns how many edges that was."""
    bare = without_shapes(graphs)
    stored_kinds, bare_kinds = KindTypes(graphs), KindTypes(bare)
    seen = 0
    for graph in (*graphs.mains, *graphs.functions.values()):
        stored = edge_types(graph, stored_kinds).tolist()
        inferred = infer_types(graph, bare, bare_kinds, Links(graph)).edges.tolist()
        for one, other in zip(stored, inferred, strict=True):
            if one == UNKNOWN or other == UNKNOWN:
                continue
            told, found = stored_kinds.table.types[one], bare_kinds.table.types[other]
            assert told.dtype == found.dtype
            if found.inferred and told.shape is not None and found.shape is not None:
                pairs = zip(told.shape, found.shape, strict=True)
                assert all(None in pair or pair[0] == pair[1] for pair in pairs), (told, found)
                seen += 1
    return seen


def test_inferred_shapes_are_those_that_tensorflow_stored() -> None:
    """In every SavedModel of the corpus: taken away and inferred again, shapes agree."""
    seen = 0
    for one in recorded(kind="saved_model", state="complete"):
        artifact = mi.open(one.path)
        assert artifact.graphs is not None
        seen += check_inference(artifact.graphs.read())
    assert seen > 100
