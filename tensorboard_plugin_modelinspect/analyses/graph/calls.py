"""Which nodes call which functions, as what, and how the inputs join the arguments.

tensorflow/core/ops/{functional_ops, dataset_ops, function_ops}.cc.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.model.graph import (
    AttributeValue,
    FunctionValue,
    Graph,
    Graphs,
    Kind,
)
from tensorboard_plugin_modelinspect.model.ops import calls_functions, inputs_of, outputs_of

Role = Literal[
    "call", "body", "cond", "then", "else", "branch", "map", "gradient", "kernel", "other"
]

_BY_ATTRIBUTE: dict[str, Role] = {
    "body": "body",
    "cond": "cond",
    "then_branch": "then",
    "else_branch": "else",
    "branches": "branch",
}
_CALLS = frozenset(
    {
        "PartitionedCall",
        "StatefulPartitionedCall",
        "RemoteCall",
        "TPUPartitionedCall",
        "BatchFunction",
    }
)
_FIRST_ARGUMENT = {
    "RemoteCall": 1,
    "If": 1,
    "StatelessIf": 1,
    "Case": 1,
    "StatelessCase": 1,
    "For": 2,
}
"""Inputs before those that are passed on; a `For` passes its counter, but as no input."""
_PASSING = frozenset({"call", "body", "cond", "then", "else", "branch"})
_PASSING_OPS = frozenset({"SymbolicGradient", "XlaLaunch"})
"""What passes its inputs on by position: roles, and ops that have others."""
_CAPTURED = ("T{}_other_arguments", "T{}_args", "Targuments")
"""Attributes that list the types of the tensors which a function of a data set captures."""
_GRADIENT = "_gradient_op_type"
_LEFT_OUT = frozenset({"", "None"})


class Callee(NamedTuple):
    """A function that nodes of a kind call.

    Attributes:
        role: What as.
        function: Its name.
        shift: Argument number `a` is input `a + shift` of the node, if it has that; None where
            inputs are not passed on by position.
    """

    role: Role
    function: str
    shift: int | None


class Call(NamedTuple):
    """A node that calls a function."""

    node: int
    callee: Callee


class CallFinder:
    """Finds calls in the graphs of an artifact; what a kind calls is worked out once.

    Args:
        graphs: All of them.
    """

    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs
        callees = [tuple(self._callees(kind)) for kind in graphs.kinds]
        self._by_kind = callees
        self._calling = np.array([bool(called) for called in callees], bool)

    def is_call(self, graph: Graph) -> np.ndarray:
        """Which nodes call functions."""
        calling: np.ndarray = self._calling[graph.kinds]
        return calling

    def find(self, graph: Graph) -> list[Call]:
        """The calls of a graph, in the order of its nodes."""
        nodes = np.flatnonzero(self.is_call(graph)).tolist()
        return [
            Call(node, callee) for node in nodes for callee in self._by_kind[int(graph.kinds[node])]
        ]

    def _callees(self, kind: Kind) -> Iterator[Callee]:
        op = kind.op
        if op in self._graphs.functions:
            yield Callee("call", op, 0)
        elif calls_functions(op) or outputs_of(op) is None:
            for name, value in kind.attributes.items():
                for function in _functions(value):
                    if name != _GRADIENT and function not in _LEFT_OUT:
                        yield self._callee(kind, name, function)
        if self._graphs.gradients:
            yield from self._gradient(kind)

    def _callee(self, kind: Kind, attribute: str, function: str) -> Callee:
        role = _role(kind.op, attribute)
        if role == "map":
            callee = self._graphs.functions.get(function)
            shift = None if callee is None else _shift_of_map(kind, attribute, callee)
            return Callee(role, function, shift)
        passes = role in _PASSING or kind.op in _PASSING_OPS
        return Callee(role, function, _FIRST_ARGUMENT.get(kind.op, 0) if passes else None)

    def _gradient(self, kind: Kind) -> Iterator[Callee]:
        if kind.op in self._graphs.gradients:
            yield Callee("gradient", self._graphs.gradients[kind.op], None)
        if _GRADIENT in kind.attributes:
            name = kind.attributes[_GRADIENT]
            if isinstance(name, str) and name in self._graphs.gradients:
                yield Callee("gradient", self._graphs.gradients[name], None)


def _shift_of_map(kind: Kind, attribute: str, callee: Graph) -> int | None:
    """Captured tensors are the last arguments of a function that goes over a data set."""
    if kind.op == "MapDefun":
        return 0
    names = [name.format(attribute) for name in _CAPTURED]
    first = 0
    for one in inputs_of(kind.op) or ():
        counted = kind.attributes.get(one.counted_by)
        count = len(counted) if isinstance(counted, tuple) else 1
        if one.counted_by in names:
            return first - (callee.argument_count - count)
        first += count
    return None


def _functions(value: AttributeValue) -> Iterator[str]:
    if isinstance(value, FunctionValue):
        yield value.name
    elif isinstance(value, tuple):
        yield from (one.name for one in value if isinstance(one, FunctionValue))


def _role(op: str, attribute: str) -> Role:
    if attribute in _BY_ATTRIBUTE:
        return _BY_ATTRIBUTE[attribute]
    if op in _CALLS:
        return "call"
    if op == "SymbolicGradient":
        return "gradient"
    if "Dataset" in op or op == "MapDefun":
        return "map"
    return "kernel" if op.startswith(("Xla", "TPU", "_Xla", "_TPU")) else "other"
