"""Which layer of a Keras model a tensor belongs to, by its readable name."""

from __future__ import annotations

from collections.abc import Iterator

from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.graph import Graph
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_Layers = dict[str, list[tuple[set[str], int]]]
"""Nodes by the last part of their names, with the scopes that they are in."""


def find_layers(graph: Graph, artifact: Artifact) -> Iterator[tuple[str, int]]:
    """Keys of weights and state, and the node of the layer that has each.

    A layer's name is a part of its tensors' names (`block/dense/kernel`). The innermost part that
    is a layer counts; of several layers of that name the one whose scopes are in the name as well,
    and of several calls of one layer the first. Else the file may say whose tensor it is.
    """
    layers: _Layers = {}
    for node in range(len(graph)):
        *scopes, name = graph.name(node).split("/")
        layers.setdefault(name, []).append((set(scopes), node))
    listed = {key: layer.name for layer in artifact.model_layers for key in layer.keys}
    for key, tensor in artifact.tensors.items():
        if tensor.role in ("weight", "state") and tensor.alias_of is None:
            found = _find_by_name(tensor, layers)
            if found is None and listed.get(key) in layers:
                found = layers[listed[key]][0][1]
            if found is not None:
                yield key, found


def _find_by_name(tensor: Tensor, layers: _Layers) -> int | None:
    parts = tensor.name.split("/")[:-1]
    for place in range(len(parts) - 1, -1, -1):
        if parts[place] in layers:
            around = set(parts[:place])
            found = layers[parts[place]]
            return max(found, key=lambda layer: len(layer[0] & around) - len(layer[0]) / 2)[1]
    return None
