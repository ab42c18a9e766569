"""The edges of a graph by node: what a node takes, and who takes what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.model.graph import Graph


class Feed(NamedTuple):
    """A data edge as its taker sees it: the input, and which output of which node it is."""

    slot: int
    source: int
    port: int


class Use(NamedTuple):
    """A data edge as its giver sees it: the output, and which input of which node takes it."""

    port: int
    target: int
    slot: int


class Links:
    """Edges of a graph by node.

    Args:
        graph: The graph.

    Cost: 20 ms for 100,000 edges when edges of givers are first asked for.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._numbers = np.arange(len(graph) + 1)

    @cached_property
    def feed_starts(self) -> np.ndarray:
        """Where the edges that each node takes begin, and behind the last node their end."""
        return np.searchsorted(self.graph.edges.targets, self._numbers)

    @cached_property
    def _order(self) -> np.ndarray:
        return np.argsort(self.graph.edges.sources, kind="stable")

    @cached_property
    def _use_starts(self) -> np.ndarray:
        return np.searchsorted(self.graph.edges.sources[self._order], self._numbers)

    @cached_property
    def _control_starts(self) -> np.ndarray:
        return np.searchsorted(self.graph.control.targets, self._numbers)

    @cached_property
    def _control_order(self) -> np.ndarray:
        return np.argsort(self.graph.control.sources, kind="stable")

    @cached_property
    def _control_use_starts(self) -> np.ndarray:
        return np.searchsorted(self.graph.control.sources[self._control_order], self._numbers)

    def feeds(self, node: int) -> list[Feed]:
        """What a node takes, by its inputs."""
        edges, start, stop = self.graph.edges, self.feed_starts[node], self.feed_starts[node + 1]
        columns = (edges.slots, edges.sources, edges.ports)
        return [Feed(*row) for row in zip(*(c[start:stop].tolist() for c in columns), strict=True)]

    def feed_range(self, node: int) -> range:
        """Places of the edges that a node takes, in the order of its inputs."""
        return range(int(self.feed_starts[node]), int(self.feed_starts[node + 1]))

    def uses(self, node: int) -> list[Use]:
        """Who takes what a node gives, in the order of the takers."""
        edges = self.graph.edges
        picked = self._order[self._use_starts[node] : self._use_starts[node + 1]]
        columns = (edges.ports, edges.targets, edges.slots)
        return [Use(*row) for row in zip(*(c[picked].tolist() for c in columns), strict=True)]

    def use_places(self, node: int) -> list[int]:
        """Places of the edges that a node gives, in the order of the takers."""
        places: list[int] = self._order[
            self._use_starts[node] : self._use_starts[node + 1]
        ].tolist()
        return places

    def control_sources(self, node: int) -> Sequence[int]:
        """Nodes that a node waits for."""
        start, stop = self._control_starts[node], self._control_starts[node + 1]
        sources: list[int] = self.graph.control.sources[start:stop].tolist()
        return sources

    def control_targets(self, node: int) -> Sequence[int]:
        """Nodes that wait for a node."""
        start, stop = self._control_use_starts[node], self._control_use_starts[node + 1]
        targets: list[int] = self.graph.control.targets[self._control_order[start:stop]].tolist()
        return targets
