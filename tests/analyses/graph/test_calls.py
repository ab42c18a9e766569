"""Who calls whom, as what, and which argument is which input."""

from __future__ import annotations

from typing import Any

import pytest

from tensorboard_plugin_modelinspect.analyses.graph.calls import Callee
from tests.support.graph_writer import GraphWriter
from tests.support.graphs import add_typed, analyse


def function(writer: GraphWriter, name: str, count: int) -> None:
    """A function with so many arguments."""
    added = writer.function(name)
    for number in range(count):
        added.signature.input_arg.add(name=f"a{number}", type=1)


def callees(op: str, **attributes: Any) -> list[Callee]:
    """What a node calls; functions f, g and h have 3 arguments."""
    writer = GraphWriter()
    for name in "fgh":
        function(writer, name, 3)
    add_typed(writer, "call", op, **attributes)
    analysis = analyse(writer)
    return [call.callee for call in analysis.calls(analysis.graphs.mains[0])]


F, G, H = ({"function": name} for name in "fgh")


@pytest.mark.parametrize(
    ("op", "attributes", "expected"),
    [
        ("PartitionedCall", {"f": F}, [("call", "f", 0)]),
        ("StatefulPartitionedCall", {"f": F}, [("call", "f", 0)]),
        ("RemoteCall", {"f": F}, [("call", "f", 1)]),
        ("g", {}, [("call", "g", 0)]),
        ("While", {"cond": F, "body": G}, [("cond", "f", 0), ("body", "g", 0)]),
        ("StatelessIf", {"then_branch": F, "else_branch": G}, [("then", "f", 1), ("else", "g", 1)]),
        ("Case", {"branches": {"functions": "fgh"}}, [("branch", name, 1) for name in "fgh"]),
        ("For", {"body": H}, [("body", "h", 2)]),
        ("MapDataset", {"f": F, "Targuments": {"types": [1, 1]}}, [("map", "f", 0)]),
        ("MapDataset", {"f": F, "Targuments": {"types": []}}, [("map", "f", -2)]),
        ("FilterDataset", {"predicate": F, "Targuments": {"types": [1]}}, [("map", "f", -1)]),
        (
            "ReduceDataset",
            {"f": F, "Tstate": {"types": [1]}, "Targuments": {"types": [1]}},
            [("map", "f", 0)],
        ),
        ("MapDefun", {"f": F}, [("map", "f", 0)]),
        ("SymbolicGradient", {"f": F}, [("gradient", "f", 0)]),
        ("XlaLaunch", {"function": F}, [("kernel", "f", 0)]),
        ("XlaReduce", {"reducer": F}, [("kernel", "f", None)]),
        ("CustomOp", {"anything": F}, [("other", "f", None)]),
        ("PartitionedCall", {"f": {"function": "missing"}}, [("call", "missing", 0)]),
        ("MapDataset", {"f": {"function": "missing"}}, [("map", "missing", None)]),
        ("MatMul", {}, []),
    ],
)
def test_roles_and_places(op: str, attributes: dict[str, Any], expected: list[Any]) -> None:
    """Argument `a` is input `a + shift`."""
    assert sorted(callees(op, **attributes)) == sorted(Callee(*one) for one in expected)


def test_custom_gradients() -> None:
    """By the name that the library registers, and those of functions."""
    writer = GraphWriter()
    function(writer, "f", 1)
    function(writer, "df", 1)
    add_typed(writer, "call", "PartitionedCall", f=F, _gradient_op_type="Custom-1")
    writer.add("direct", "f")
    registered = writer.proto.library.registered_gradients.add()
    registered.registered_op_type, registered.gradient_func = "Custom-1", "df"
    gradient = writer.proto.library.gradient.add()
    gradient.function_name, gradient.gradient_func = "f", "df"
    analysis = analyse(writer)
    calls = analysis.calls(analysis.graphs.mains[0])
    assert [(call.node, call.callee.role, call.callee.function) for call in calls] == [
        (0, "call", "f"),
        (0, "gradient", "df"),
        (1, "call", "f"),
        (1, "gradient", "df"),
    ]
