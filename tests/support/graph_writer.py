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
