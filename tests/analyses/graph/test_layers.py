"""Tensors of Keras models joined to their layers."""

from __future__ import annotations

import pytest

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect.analyses.graph.analysis import CUSTOM, READS, GraphAnalysis
from tests.support.corpus import recorded

WITH_LAYERS = [one for one in recorded(state="complete") if one.answers["kind"] in ("keras", "h5")]


@pytest.mark.parametrize("one", WITH_LAYERS, ids=lambda one: one.id)
def test_every_weight_belongs_to_a_layer(one) -> None:
    """Weights and state are read by a layer, once; layers of Keras are no custom ones."""
    artifact = mi.open(one.path)
    if artifact.graphs is None or not artifact.graphs.read().layers:
        return
    analysis = GraphAnalysis(artifact)
    graph = analysis.graph(analysis.first)
    assert graph.kind == "layers"
    flags = analysis.flags(graph)
    weights = [
        tensor
        for tensor in artifact.tensors.values()
        if tensor.role == "weight" and tensor.alias_of is None
    ]
    assert not {tensor.key for tensor in weights} & set(analysis.unread)
    readers = analysis.graph_variables(graph).readers.values()
    assert all(len(nodes) == 1 and flags[nodes[0]] & READS for nodes in readers)
    assert sum(analysis.parameters(graph).values()) >= sum(tensor.size for tensor in weights)
    for node in range(len(graph)):
        kind = analysis.graphs.kinds[graph.kinds[node]]
        module = str(kind.attributes.get("module", "keras"))
        assert bool(flags[node] & CUSTOM) == (not module.startswith("keras"))
