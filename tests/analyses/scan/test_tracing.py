"""Arguments are followed to the constants they come from, and nothing is made up."""

from __future__ import annotations

from typing import Any

import pytest

from tensorboard_plugin_modelinspect.analyses.scan.graphs import scan_graphs
from tensorboard_plugin_modelinspect.analyses.scan.result import Finding, Origin
from tensorboard_plugin_modelinspect.formats.graph_def import open_graph
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.graph_writer import GraphWriter
from tests.support.graphs import add_typed


def scan(writer: GraphWriter) -> list[Finding]:
    """Findings of a lone graph."""
    return scan_graphs(open_graph(MemoryFolder({"graph.pb": writer.binary()}), "graph.pb")).findings


def text(writer: GraphWriter, name: str, value: str, function: Any = None) -> None:
    """Add a constant."""
    node = writer.add(name, "Const", function=function)
    node.attr["dtype"].type = 7
    node.attr["value"].tensor.dtype = 7
    node.attr["value"].tensor.tensor_shape.SetInParent()
    node.attr["value"].tensor.string_val.append(value.encode())


@pytest.mark.parametrize(
    ("op", "inputs", "argument"),
    [
        ("Identity", ("a",), "/x"),
        ("Reshape", ("a", "b"), "/x"),
        ("StringJoin", ("a", "b"), "/xy"),
        ("Select", ("c", "a", "b"), "/x, y"),
        ("PlaceholderWithDefault", ("a",), "/x"),
        ("Pack", ("a", "b"), "/x, y"),
        ("StringUpper", ("a",), "/x"),
        ("StringJoin", ("c", "a"), "…/x"),
        ("Placeholder", (), None),
        ("MatMul", ("a", "b"), None),
    ],
)
def test_copies(op: str, inputs: tuple[str, ...], argument: str | None) -> None:
    """Through ops that give on what they take, and no further."""
    writer = GraphWriter()
    text(writer, "a", "/x")
    text(writer, "b", "y")
    writer.add("c", "Placeholder")
    writer.add("d", op, *inputs)
    writer.add("read", "ReadFile", "d")
    [finding] = scan(writer)
    assert finding.argument == argument


def test_every_caller_counts() -> None:
    """An argument of a function is whatever callers pass."""
    writer = GraphWriter()
    function = writer.function("f")
    function.signature.input_arg.add(name="path", type=7)
    function.signature.output_arg.add(name="y", type=7)
    function.ret["y"] = "read:contents:0"
    writer.add("read", "ReadFile", "path", function=function)
    for name in ("/one", "/two"):
        text(writer, f"t{name[1:]}", name)
        add_typed(
            writer, f"c{name[1:]}", "StatefulPartitionedCall", f"t{name[1:]}", f={"function": "f"}
        )
    [finding] = scan(writer)
    assert finding.argument == "/one, /two"
    assert finding.reached_from == (Origin("graph"),)


def test_circles_come_to_an_end() -> None:
    """Of nodes, and of functions that call themselves."""
    writer = GraphWriter()
    writer.add("a", "Identity", "b")
    writer.add("b", "Identity", "a")
    writer.add("read", "ReadFile", "a")
    function = writer.function("f")
    function.signature.input_arg.add(name="path", type=7)
    writer.add("read", "ReadFile", "path", function=function)
    add_typed(
        writer, "again", "StatefulPartitionedCall", "path", into=function, f={"function": "f"}
    )
    findings = scan(writer)
    assert {(one.rule, one.argument) for one in findings} == {
        ("file-read", None),
        ("recursive-function", None),
    }


def test_a_long_chain_is_cut() -> None:
    """Ten thousand copies are not followed to their end, and that is no crash."""
    writer = GraphWriter()
    text(writer, "n0", "/x")
    for number in range(1, 10_000):
        writer.add(f"n{number}", "Identity", f"n{number - 1}")
    writer.add("read", "ReadFile", "n9999")
    [finding] = scan(writer)
    assert finding.argument is None


@pytest.mark.parametrize(("prefix", "count"), [("model", 0), ("/tmp/other", 1)])
def test_a_saver_is_told_by_its_file_name(prefix: str, count: int) -> None:
    """One whose file has a path of its own is reported, wherever it stands."""
    writer = GraphWriter()
    text(writer, "save/Const", prefix)
    text(writer, "save/names", "w")
    writer.add("save/SaveV2", "SaveV2", "save/Const", "save/names", "save/names")
    assert len(scan(writer)) == count


def test_what_is_pruned_is_not_reached() -> None:
    """A call of a function leaves out what has no state and gives nothing."""
    writer = GraphWriter()
    function = writer.function("f")
    function.signature.output_arg.add(name="y", type=7)
    function.ret["y"] = "good:output:0"
    text(writer, "good", "y", function)
    text(writer, "path", "/etc/passwd", function)
    writer.add("list", "MatchingFiles", "path:output:0", function=function)
    add_typed(writer, "call", "PartitionedCall", f={"function": "f"})
    [finding] = scan(writer)
    assert (finding.argument, finding.severity) == ("/etc/passwd", "low")
    assert finding.reached_from == ()


def test_whose_an_op_is() -> None:
    """One of an add-on package is no stranger; one of nobody is."""
    writer = GraphWriter()
    writer.add("text", "RegexSplitWithOffsets")
    writer.add("own", "RegexSplitWithOffset")
    found = [(one.rule, one.severity, one.what) for one in scan(writer)]
    assert sorted(found) == [
        ("addon-op", "low", "RegexSplitWithOffsets"),
        ("custom-op", "medium", "RegexSplitWithOffset"),
    ]
