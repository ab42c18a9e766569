"""Who reaches a node: signatures, other functions of the model, what runs at loading, the saver.

Only what leads to the nodes that are asked about is walked, so that a clean model costs nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.entries import find_nodes
from tensorboard_plugin_modelinspect.analyses.graph.reach import (
    Neighbours,
    all_edges,
    find_needed,
)
from tensorboard_plugin_modelinspect.analyses.scan.ops import decided_ops
from tensorboard_plugin_modelinspect.analyses.scan.result import MOST_ORIGINS, ORIGINS, Origin
from tensorboard_plugin_modelinspect.model.graph import OUTPUT, EntryPoints, Graph
from tensorboard_plugin_modelinspect.model.ops import is_stateful

_INIT_SIGNATURE = "__saved_model_init_op"
_MOST_STEPS = 5_000_000
"""Nodes that are walked for all origins together; models have a thousandth."""

Cell = tuple[str, int]
"""A node, by graph."""


class Reaching:
    """Who reaches some nodes.

    Args:
        analysis: Of the artifact.
        wanted: These nodes, by the id of their graph.

    Attributes:
        is_whole: Whether all was walked; else `origins` may leave some out.
    """

    def __init__(self, analysis: GraphAnalysis, wanted: Mapping[str, list[int]]) -> None:
        self._analysis = analysis
        self._leading = _find_leading(analysis, wanted)
        self._live: dict[str, np.ndarray] = {}
        self._found: defaultdict[Cell, dict[Origin, None]] = defaultdict(dict)
        self._steps_left = _MOST_STEPS
        self.is_whole = True
        for origin, graph, nodes in self._iter_roots():
            self._walk(origin, graph, nodes)

    def origins(self, graph: Graph, node: int) -> tuple[Origin, ...]:
        """Who reaches a node, signatures first; of each kind at most `MOST_ORIGINS`."""
        return order_origins(self._found.get((graph.id, node), ()))

    def _iter_roots(self) -> Iterator[tuple[Origin, Graph, list[int] | None]]:
        """Where somebody enters: nodes that must run, None for a whole function."""
        functions = self._analysis.graphs.functions
        for one in self._analysis.entries:
            is_init = one.signature.key == _INIT_SIGNATURE
            kind = "initialisation" if is_init else "signature"
            name = "" if is_init else one.signature.key
            yield Origin(kind, name), one.main, list(one.outputs)  # type: ignore[arg-type]
        graphs = self._analysis.graphs
        for main, entry in zip(graphs.mains, graphs.entries, strict=False):
            yield from self._iter_loading(main, entry)
            own = {one.graph.id for one in self._analysis.entries}
            for name in entry.called:
                if name in functions and name not in own:
                    yield Origin("function", name), functions[name], None
            signatures = [one for one in self._analysis.entries if one.main is main]
            if not entry.called and all(one.signature.is_internal for one in signatures):
                yield Origin("graph"), main, self._leading.get(main.id, [])

    def _iter_loading(
        self, main: Graph, entry: EntryPoints
    ) -> Iterator[tuple[Origin, Graph, list[int] | None]]:
        """What runs when the model is loaded or saved."""
        initialisers = find_nodes(main, set(entry.initialisers))
        if initialisers:
            yield Origin("initialisation"), main, list(initialisers.values())
        if entry.saver is not None:
            names = {entry.saver.save, entry.saver.restore}
            yield Origin("saver"), main, list(find_nodes(main, names).values())
        for name in sorted(entry.plumbing):
            if name in self._analysis.graphs.functions:
                yield Origin("initialisation"), self._analysis.graphs.functions[name], None

    def _walk(self, origin: Origin, graph: Graph, nodes: list[int] | None) -> None:
        """Note what one origin reaches of all that leads to the nodes that are asked about."""
        if graph.id not in self._leading:
            return
        reached = self._live_nodes(graph) if nodes is None else self._needed(graph, nodes)
        seen = {graph.id}
        waiting = [(graph, reached)]
        while waiting:
            graph, reached = waiting.pop()
            for node in reached:
                self._found[graph.id, node][origin] = None
            for function in self._called(graph, reached):
                if function.id not in seen:
                    seen.add(function.id)
                    waiting.append((function, self._live_nodes(function)))

    def _called(self, graph: Graph, reached: list[int]) -> Iterator[Graph]:
        nodes = set(reached)
        for call in self._analysis.calls(graph):
            name = call.callee.function
            if call.node in nodes and name in self._leading:
                yield self._analysis.graphs.functions[name]

    def _needed(self, graph: Graph, outputs: list[int]) -> list[int]:
        """Those leading nodes of a main graph that must run so that some give something."""
        sources, targets = all_edges(graph)
        leading = np.zeros(len(graph), bool)
        leading[self._leading[graph.id]] = True
        if graph.id not in self._live:
            self._live[graph.id] = Neighbours(len(graph), sources, targets).reach(leading)
        between = self._live[graph.id]
        wanted = np.zeros(len(graph), bool)
        wanted[outputs] = True
        wanted &= between
        if not wanted.any() or not self._spend(int(between.sum())):
            return []
        inside = between[sources] & between[targets]
        needed = Neighbours(len(graph), targets[inside], sources[inside]).reach(wanted)
        found: list[int] = np.flatnonzero(needed & leading).tolist()
        return found

    def _live_nodes(self, function: Graph) -> list[int]:
        """Those leading nodes of a function that run when it is called."""
        leading = self._leading[function.id]
        if self._kept_kinds[function.kinds[leading]].all():
            return leading if self._spend(len(leading)) else []
        if function.id not in self._live:
            wanted = self._kept_kinds[function.kinds]
            wanted[list(function.effects)] = True
            self._live[function.id] = find_needed(function, wanted)
        live = self._live[function.id]
        return [node for node in leading if live[node]] if self._spend(len(leading)) else leading

    @cached_property
    def _kept_kinds(self) -> np.ndarray:
        """Kinds that a call of a function may not leave out."""
        kept = [
            kind.op == OUTPUT or is_stateful(kind.op) or kind.op not in decided_ops()
            for kind in self._analysis.graphs.kinds
        ]
        return np.array(kept, bool)

    def _spend(self, steps: int) -> bool:
        self._steps_left -= steps
        self.is_whole = self.is_whole and self._steps_left >= 0
        return self._steps_left >= 0


def _find_leading(analysis: GraphAnalysis, wanted: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """The nodes that are asked about, and the calls that lead to them; by graph."""
    callers: defaultdict[str, list[Cell]] = defaultdict(list)
    for graph in analysis.all_graphs:
        for call in analysis.calls(graph):
            callers[call.callee.function].append((graph.id, call.node))
    leading: dict[str, dict[int, None]] = {
        name: dict.fromkeys(nodes) for name, nodes in wanted.items() if nodes
    }
    waiting = list(leading)
    while waiting:
        for name, node in callers[waiting.pop()]:
            if name not in leading:
                leading[name] = {}
                waiting.append(name)
            leading[name][node] = None
    return {name: sorted(nodes) for name, nodes in leading.items()}


def order_origins(origins: Iterable[Origin]) -> tuple[Origin, ...]:
    """Signatures first, then as in `ORIGINS`; of each kind at most `MOST_ORIGINS`."""
    unique = dict.fromkeys(origins)
    return tuple(
        origin
        for kind in ORIGINS
        for origin in [one for one in unique if one.kind == kind][:MOST_ORIGINS]
    )
