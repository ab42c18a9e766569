"""Which nodes a picture shows: not what only hands on constants and variables, and no plumbing.

The rules are those of the tab (`frontend/src/graph/fold.ts`).
"""

from __future__ import annotations

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import PLUMBING, GraphAnalysis
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.graph import INPUT, OUTPUT, TYPE, Graph

_SOURCES = {"Const", "VarHandleOp", "Variable", "VariableV2", "AutoReloadVariable"}
_PASSING = {"ReadVariableOp", "Identity"}
SHOWN, FOLDED, HIDDEN = 0, 1, 2


class Folding:
    """What becomes of each node of a graph.

    Attributes:
        state: `SHOWN`, `FOLDED` into the nodes that use it, or `HIDDEN`; by node.

    Cost: a pass over nodes and edges.
    """

    def __init__(self, analysis: GraphAnalysis, graph: Graph) -> None:
        self._ops = [analysis.op(graph, node) for node in range(len(graph))]
        self._users: list[list[int]] = [[] for _ in self._ops]
        edges = (graph.edges.sources.tolist(), graph.edges.targets.tolist())
        for source, target in zip(*edges, strict=True):
            self._users[source].append(target)
        self._needs = np.bincount(graph.edges.targets, minlength=len(graph)).tolist()
        self._captured = self._find_captured(analysis, graph)
        self.state = [SHOWN] * len(self._ops)
        for node in np.flatnonzero(analysis.flags(graph) & PLUMBING).tolist():
            self.state[node] = HIDDEN
        for node, op in enumerate(self._ops):
            if op == "NoOp" and not self._users[node] and not self._needs[node]:
                self.state[node] = HIDDEN  # it only orders others
        self._fold()

    def _find_captured(self, analysis: GraphAnalysis, graph: Graph) -> set[int]:
        """Arguments that carry variables, or something that is no input and has one user."""
        stands = set(analysis.graph_variables(graph).stands)
        handles = {
            node
            for node in range(graph.argument_count)
            if node not in analysis.port_keys(graph).inputs
            and len(self._users[node]) == 1
            and _is_resource(analysis, graph, node)
        }
        return {node for node in stands | handles if self._ops[node] == INPUT}

    def _fold(self) -> None:
        waiting = [
            node
            for node, op in enumerate(self._ops)
            if node in self._captured or (op in _SOURCES and not self._needs[node])
        ]
        waiting = [node for node in waiting if self._may_fold(node)]
        while waiting:
            node = waiting.pop()
            self.state[node] = FOLDED
            for user in self._users[node]:
                self._needs[user] -= 1
                is_passing = not self._needs[user] and self._ops[user] in _PASSING
                if is_passing and self._may_fold(user):
                    waiting.append(user)

    def _may_fold(self, node: int) -> bool:
        """What goes straight out of the graph stays, or a result would come from nowhere."""
        users = self._users[node]
        return (
            self.state[node] == SHOWN
            and bool(users)
            and all(self._ops[user] != OUTPUT for user in users)
        )

    def home(self, node: int) -> int:
        """The node that a folded one is told at: the first that uses it; -1 for none."""
        seen = set()
        waiting = [node]
        for one in waiting:
            if self.state[one] == SHOWN:
                return one
            if self.state[one] == FOLDED and one not in seen:
                seen.add(one)
                waiting += self._users[one]
        return -1


def _is_resource(analysis: GraphAnalysis, graph: Graph, node: int) -> bool:
    dtype = analysis.graphs.kinds[int(graph.kinds[node])].attributes.get(TYPE)
    return isinstance(dtype, DType) and dtype.name == "resource"
