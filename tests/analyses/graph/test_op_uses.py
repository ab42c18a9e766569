"""Ops of all graphs together, and what is known of them."""

from __future__ import annotations

import pytest

from tensorboard_plugin_modelinspect.analyses.graph.analysis import (
    CALLS,
    CUSTOM,
    STATEFUL,
    GraphAnalysis,
)
from tensorboard_plugin_modelinspect.analyses.graph.op_uses import OpUse, find_op_uses
from tensorboard_plugin_modelinspect.analyses.graph.summary import count_unknown
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.corpus import ROOT, recorded
from tests.support.graph_writer import GraphWriter
from tests.support.graphs import analyse


def test_ops_of_all_graphs() -> None:
    """Counted over graphs, with where most are, what they are, and if a formula is known."""
    writer = GraphWriter()
    function = writer.function("f")
    for name in ("a", "b"):
        writer.add(name, "Unheard", function=function)
    writer.add("c", "Unheard")
    writer.add("v", "VarHandleOp")
    writer.add("call", "PartitionedCall").attr["f"].func.name = "f"
    analysis = analyse(writer)
    assert find_op_uses(analysis) == [
        OpUse("Unheard", 3, CUSTOM, estimated=False, graph="f"),
        OpUse("PartitionedCall", 1, CALLS, estimated=True, graph=""),
        OpUse("VarHandleOp", 1, STATEFUL, estimated=True, graph=""),
    ]
    assert count_unknown(analysis, analysis.graph("f")) == [("Unheard", 2)]
    assert count_unknown(analysis, analysis.graph("f"), "a") == [("Unheard", 1)]


@pytest.mark.parametrize("name", ["keras3_export/network", "graph_frozen/tf2_functions.graphdef"])
def test_ops_are_those_of_the_file(name: str) -> None:
    """As TensorFlow's own parser names them; arguments and results of functions are none."""
    [artifact] = [one for one in recorded() if one.id == name]
    analysis = GraphAnalysis(open_artifact(artifact.path))
    uses = find_op_uses(analysis)
    assert sorted(use.name for use in uses) == artifact.answers["ops"]
    assert sum(use.count for use in uses) == sum(one.stored_count for one in analysis.all_graphs)


def test_layers_are_no_ops() -> None:
    """A file of Keras alone has layers, which are counted where its graph is shown."""
    path = ROOT / "keras3_files/pictures.keras"
    assert find_op_uses(GraphAnalysis(open_artifact(path))) == []
