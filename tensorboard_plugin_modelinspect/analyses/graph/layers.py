"""Which layer of a Keras model a tensor belongs to, by its readable name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tensorboard_plugin_modelinspect.model.graph import Graph
from tensorboard_plugin_modelinspect.model.tensor import Tensor


def find_layers(graph: Graph, tensors: Iterable[Tensor]) -> Iterator[tuple[str, int]]:
    """Keys of weights and state, and the node of the layer that has each.

    A layer's name is a part of its tensors' names (`block/dense/kernel`). The innermost part that
    is a layer counts; of several layers of that name the one whose scopes are in the name as well,
    and of several calls of one layer the first.
    """
    by_name: dict[str, list[tuple[set[str], int]]] = {}
    for node in range(len(graph)):
        *scopes, name = graph.name(node).split("/")
        by_name.setdefault(name, []).append((set(scopes), node))
    for tensor in tensors:
        if tensor.role not in ("weight", "state") or tensor.alias_of is not None:
            continue
        parts = tensor.name.split("/")[:-1]
        for place in range(len(parts) - 1, -1, -1):
            layers = by_name.get(parts[place])
            if layers:
                around = set(parts[:place])
                _, node = max(layers, key=lambda layer: len(layer[0] & around) - len(layer[0]) / 2)
                yield tensor.key, node
                break
