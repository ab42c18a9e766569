"""Operations and parameters beside what TensorFlow's profiler and Keras count."""

from __future__ import annotations

import pytest

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.summary import summarise
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.corpus import Recorded, params, recorded
from tests.support.graphs import node_numbers

OTHERWISE = {"sum": 12, "l2_loss": 32}
"""Where docs/graph.md counts otherwise: a reduction takes each element once, and a loss squares and
adds each; the profiler has one less, and three of each."""


def test_operations_are_those_of_the_profiler() -> None:
    """Node by node, for each op that it has a statistic of."""
    [artifact] = [one for one in recorded() if one.id == "graph_costs/network.pb"]
    analysis = GraphAnalysis(open_artifact(artifact.path))
    graph = analysis.graph("")
    flops, numbers = analysis.flops(graph), node_numbers(graph)
    expected = {**artifact.answers["profiler_flops"], **OTHERWISE}
    assert len(expected) > 15
    assert {name: flops[numbers[name]] for name in expected} == expected


def exported() -> list[Recorded]:
    """SavedModels of Keras whose totals are known."""
    found = recorded(kind="saved_model", state="complete")
    return [one for one in found if one.answers.get("trainable_params")]


@pytest.mark.parametrize("artifact", params(exported()))
def test_parameters_are_those_of_keras(artifact: Recorded) -> None:
    """A summary counts each variable that the model reads once, as `model.summary()` does."""
    analysis = GraphAnalysis(open_artifact(artifact.path))
    [total, *_] = summarise(analysis, analysis.graph(analysis.first), depth=1)
    answers = artifact.answers
    assert total.parameters == answers["trainable_params"] + answers["non_trainable_params"]
