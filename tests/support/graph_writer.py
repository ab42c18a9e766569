"""Writes graphs without TensorFlow, for tests that need a defect or a size of their own.

    graph = GraphWriter()
    graph.add("x", "Placeholder")
    graph.constant("w", np.zeros((2, 3), np.float32))
    graph.add("y", "MatMul", "x", "w")
    data = graph.binary()

`proto` is the `GraphDef` message itself, for all that the methods do not do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf import text_format
from tensorboard.compat.proto import graph_pb2

_NUMBERS = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "bool": 10}


class GraphWriter:
    """A graph that grows; nodes go to the main graph, or to a function that is given."""

    def __init__(self) -> None:
        self.proto = graph_pb2.GraphDef()
        self.proto.versions.producer = 2000

    def add(self, name: str, op: str, *inputs: str, function: Any = None) -> Any:
        """Add a node; returns it."""
        nodes = self.proto.node if function is None else function.node_def
        node = nodes.add(name=name, op=op, input=inputs)
        node.attr["T"].type = 1
        return node

    def function(self, name: str) -> Any:
        """Add a function to the library; returns it."""
        function = self.proto.library.function.add()
        function.signature.name = name
        return function

    def constant(self, name: str, values: np.ndarray, *, function: Any = None) -> Any:
        """Add a Const node with raw values; returns its TensorProto."""
        tensor = self.add(name, "Const", function=function).attr["value"].tensor
        tensor.dtype = _NUMBERS[values.dtype.name]
        tensor.tensor_shape.SetInParent()
        for size in values.shape:
            tensor.tensor_shape.dim.add(size=size)
        tensor.tensor_content = values.tobytes()
        return tensor

    def binary(self) -> bytes:
        """The graph as `.pb`."""
        return self.proto.SerializeToString(deterministic=True)

    def text(self) -> bytes:
        """The graph as `.pbtxt`."""
        return text_format.MessageToString(self.proto).encode()


def typical_graph() -> GraphWriter:
    """A frozen dense layer, and a function with a constant of its own."""
    graph = GraphWriter()
    graph.add("x", "Placeholder")
    graph.constant("w", np.arange(6, dtype=np.float32).reshape(2, 3))
    graph.add("w/read", "Identity", "w")
    graph.add("y", "MatMul", "x", "w/read")
    function = graph.function("__inference_f_1")
    graph.constant("axis", np.array(1, np.int32), function=function)
    return graph


def full_graph() -> GraphWriter:
    """A graph with a function, and constants of every kind of field, filled up or not."""
    graph = typical_graph()
    graph.add("mean/read", "FusedBatchNormV3", "x", "w", "w", "w/read:0", "w:0")
    fields: dict[int, tuple[str, list[Any]]] = {
        3: ("int_val", [1, -2]),
        7: ("string_val", [b"", b"abc"]),
        8: ("scomplex_val", [1.0, 2.0]),
        10: ("bool_val", [True]),
        14: ("half_val", [16256]),
        24: ("float8_val", [b"\x3c\x40"]),
        29: ("int_val", [-8]),
    }
    for number, (name, values) in fields.items():
        tensor = graph.constant(f"c{number}", np.zeros(3, np.float32))
        tensor.dtype, tensor.tensor_content = number, b""
        if name == "float8_val":
            tensor.float8_val = values[0]
        else:
            getattr(tensor, name).extend(values)
    return graph
