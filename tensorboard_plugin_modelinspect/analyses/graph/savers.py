"""Keys of variables, as the ops name them that save and restore.

tensorflow/core/ops/io_ops.cc: input 1 of `SaveV2` and of `RestoreV2` is the list of names; what is
saved follows from input 3 on, what is restored are the outputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.distinct import list_distinct
from tensorboard_plugin_modelinspect.analyses.graph.flow import Flow
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.graph import Graph, Graphs
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_FIRST_SAVED = {"SaveV2": 3, "SaveSlices": 3, "Save": 2}
_RESTORES = frozenset({"RestoreV2"})
_NAMES = 1
_ASSIGNS = frozenset({"Assign", "AssignVariableOp"})


def saved_keys(
    artifact: Artifact, graphs: Graphs, flows: Mapping[str, Flow]
) -> dict[tuple[str, int], str]:
    """The key under which the variable of a node is saved, by graph and node."""
    found: dict[tuple[str, int], str] = {}
    for flow in flows.values():
        for node in _savers(flow.graph, graphs):
            keys = _names(artifact, flow, node)
            pairs = _saved(flow, node) if flow.op(node) in _FIRST_SAVED else _restored(flow, node)
            for number, source in pairs if keys else ():
                if number < len(keys):
                    found.setdefault((flow.graph.id, source), keys[number])
    return found


def _savers(graph: Graph, graphs: Graphs) -> list[int]:
    used = list_distinct(graph.kinds)
    wanted = [
        kind
        for kind in used
        if graphs.kinds[kind].op in _FIRST_SAVED or graphs.kinds[kind].op in _RESTORES
    ]
    nodes: list[int] = np.flatnonzero(np.isin(graph.kinds, wanted)).tolist() if wanted else []
    return nodes


def _names(artifact: Artifact, flow: Flow, node: int) -> list[str]:
    """The names that a node saves or restores; none if they are not constant."""
    for feed in flow.links.feeds(node):
        if feed.slot == _NAMES and flow.op(feed.source) == "Const":
            return _strings(artifact, flow.graph, feed.source)
    return []


def _strings(artifact: Artifact, graph: Graph, node: int) -> list[str]:
    if artifact.graphs is None:
        return []
    try:
        value = artifact.graphs.read_node(graph, node).attributes.get("value")
        if not isinstance(value, Tensor) or value.dtype.name != "string":
            return []
        return [one.decode("utf-8", "surrogateescape") for one in value.read().reshape(-1)]
    except ModelInspectError:
        return []  # what is damaged names nothing


def _saved(flow: Flow, node: int) -> Iterator[tuple[int, int]]:
    """Numbers of names, and the nodes that give what is saved under them."""
    first = _FIRST_SAVED[flow.op(node)]
    for feed in flow.links.feeds(node):
        if feed.slot >= first:
            yield feed.slot - first, flow.origin(feed.source)


def _restored(flow: Flow, node: int) -> Iterator[tuple[int, int]]:
    """Numbers of names, and the nodes that what is restored is assigned to."""
    for use in flow.links.uses(node):
        target, slot = use.target, use.slot
        if flow.op(target) == "Identity":
            further = flow.links.uses(target)
            target, slot = (further[0].target, further[0].slot) if further else (target, slot)
        if flow.op(target) in _ASSIGNS and slot == 1:
            for feed in flow.links.feeds(target)[:1]:
                yield use.port, flow.origin(feed.source)
