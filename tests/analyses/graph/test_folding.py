"""Nodes that a picture leaves out."""

from __future__ import annotations

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.folding import FOLDED, HIDDEN, SHOWN, Folding
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.corpus import recorded
from tests.support.graph_writer import GraphWriter
from tests.support.graphs import analyse


def states(writer: GraphWriter, graph_id: str = "") -> dict[str, int]:
    """What becomes of each node, by name."""
    analysis = analyse(writer)
    graph = analysis.graph(graph_id)
    return {graph.name(node): one for node, one in enumerate(Folding(analysis, graph).state)}


def test_what_only_hands_on_constants_is_folded() -> None:
    """Into its users; a node that also takes something else is not."""
    writer = GraphWriter()
    writer.add("x", "Placeholder")
    for name in ("w", "unused"):
        writer.constant(name, np.ones((2, 2), np.float32))
    writer.add("w/read", "Identity", "w")
    writer.add("y", "MatMul", "x", "w/read")
    writer.add("z", "Identity", "x")
    writer.add("after", "NoOp", "^y")
    assert states(writer) == {
        "x": SHOWN,
        "w": FOLDED,
        "unused": SHOWN,
        "w/read": FOLDED,
        "y": SHOWN,
        "z": SHOWN,
        "after": HIDDEN,
    }


def test_arguments_and_results_of_functions() -> None:
    """A resource with one user is folded, an input is not, nor a constant that is a result."""
    writer = GraphWriter()
    function = writer.function("f")
    for name, dtype in (("x", 1), ("table", 20)):
        function.signature.input_arg.add(name=name, type=dtype)
    writer.constant("one", np.ones((), np.float32), function=function)
    writer.add("look", "LookupTableFindV2", "table", "x", function=function)
    for name, source in (("y", "one:output:0"), ("z", "look:values:0")):
        function.signature.output_arg.add(name=name, type=1)
        function.ret[name] = source
    assert states(writer, "f") == {
        "x": SHOWN,
        "table": FOLDED,
        "one": SHOWN,
        "look": SHOWN,
        "y": SHOWN,
        "z": SHOWN,
    }


def test_plumbing_is_hidden() -> None:
    """What only saves and restores has no box."""
    (artifact,) = [one for one in recorded() if one.id == "keras3_export/network"]
    analysis = GraphAnalysis(open_artifact(str(artifact.path)))
    main = analysis.graph("")
    plumbing = analysis.plumbing(main)
    assert plumbing.any()
    state = Folding(analysis, main).state
    assert {one for one, is_plumbing in zip(state, plumbing, strict=True) if is_plumbing} == {
        HIDDEN
    }


def test_the_home_of_a_folded_node() -> None:
    """Is the first node shown that it reaches through others that are folded."""
    writer = GraphWriter()
    writer.add("x", "Placeholder")
    writer.constant("w", np.ones((2, 2), np.float32))
    writer.add("w/read", "Identity", "w")
    writer.add("y", "MatMul", "x", "w/read")
    writer.add("after", "NoOp", "^y")
    analysis = analyse(writer)
    folding = Folding(analysis, analysis.graph(""))
    assert [folding.home(node) for node in range(5)] == [0, 3, 3, 3, -1]
