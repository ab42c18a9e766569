"""The graph of a Keras model's layers, made when it is asked for.

Every opened file of Keras has a handle, few are asked: what makes the graph is imported then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.model.artifact import Document

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.model.graph import Graph, Graphs, NodeDetail

CONFIGS = ("config.json", "model_config")
"""Documents that hold the config of a model."""


class LayerGraphs:
    """The graphs of a file of Keras: the one of its layers.

    Args:
        documents: Of the file, with the config.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._read: Graphs | None = None

    def read(self) -> Graphs:
        """See `GraphSource.read`."""
        from tensorboard_plugin_modelinspect.formats.keras.dataflow import add_layers
        from tensorboard_plugin_modelinspect.model.graph import Graphs

        if self._read is None:
            self._read = add_layers(Graphs((), {}, [], [""]), self._documents)
        return self._read

    def read_node(self, graph: Graph, node: int) -> NodeDetail:
        """See `GraphSource.read_node`."""
        from tensorboard_plugin_modelinspect.model.graph import NodeDetail

        return NodeDetail(self.read().kinds[int(graph.kinds[node])].attributes, ())


def layer_graphs(documents: Sequence[Document]) -> LayerGraphs | None:
    """The handle; None without a config."""
    has_config = any(document.name in CONFIGS for document in documents)
    return LayerGraphs(documents) if has_config else None
