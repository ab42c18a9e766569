"""What can be reached in a graph from some of its nodes."""

from __future__ import annotations

import numpy as np

from tensorboard_plugin_modelinspect.model.graph import Graph


class Neighbours:
    """The nodes at the other end of edges, by node.

    Args:
        count: Nodes of the graph.
        ends: Node that each edge is asked for by.
        others: Node at its other end.
    """

    def __init__(self, count: int, ends: np.ndarray, others: np.ndarray) -> None:
        order = np.argsort(ends, kind="stable")
        self._others: list[int] = others[order].tolist()
        self._starts: list[int] = np.searchsorted(ends[order], np.arange(count + 1)).tolist()

    def of(self, node: int) -> list[int]:
        """The neighbours of a node, one for each edge."""
        return self._others[self._starts[node] : self._starts[node + 1]]

    def reach(self, wanted: np.ndarray) -> np.ndarray:
        """Whatever can be reached from some nodes, and these. Cost: once over the edges."""
        reached: np.ndarray = wanted.copy()
        waiting: list[int] = np.flatnonzero(wanted).tolist()
        while waiting:
            for node in self.of(waiting.pop()):
                if not reached[node]:
                    reached[node] = True
                    waiting.append(node)
        return reached


def all_edges(graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    """Sources and targets of all edges, control edges too."""
    sources = np.concatenate([graph.edges.sources, graph.control.sources])
    targets = np.concatenate([graph.edges.targets, graph.control.targets])
    return sources, targets


def find_needed(graph: Graph, wanted: np.ndarray) -> np.ndarray:
    """The nodes that must run so that some give something, and these; bool."""
    sources, targets = all_edges(graph)
    return Neighbours(len(graph), targets, sources).reach(wanted)
