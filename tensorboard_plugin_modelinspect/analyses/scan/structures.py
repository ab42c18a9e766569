"""Graphs that are made to be too much: functions that call themselves, or unfold without bound."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.calls import Call
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.model.graph import Graph, Kind
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_EXPLODING = 100_000_000
"""Nodes after all calls are unfolded; the largest models known have a few million."""
_OVERSIZED = 1_000_000
_HUGE_NBYTES = 1 << 30
_MOST_ODD = 100
_UNFOLDED_ROLES = frozenset({"call", "body", "cond", "then", "else", "branch"})


class OddNode(NamedTuple):
    """A node at which a graph is odd: rule, name, and what is so."""

    graph: Graph
    node: int
    rule: str
    what: str
    evidence: str


def find_odd_structures(analysis: GraphAnalysis) -> list[OddNode]:
    """All that is odd, each function once. Cost: a pass over calls and kinds."""
    order, cycles = _sort_functions(analysis)
    odd = [
        OddNode(graph, call.node, "recursive-function", call.callee.function, _calls_itself(graph))
        for graph, call in cycles[:_MOST_ODD]
    ]
    odd += _find_exploding(analysis, order)
    odd += _find_huge(analysis)
    count = sum(graph.stored_count for graph in analysis.all_graphs)
    if count > _OVERSIZED:
        graph = max(analysis.all_graphs, key=len)
        evidence = f"there are {count:,} nodes"
        odd.append(OddNode(graph, 0, "oversized-graph", graph.id or "main graph", evidence))
    return odd


def _calls_itself(graph: Graph) -> str:
    return f"calls lead from {graph.id or 'the main graph'} back to it"


def _sort_functions(analysis: GraphAnalysis) -> tuple[list[str], list[tuple[Graph, Call]]]:
    """Functions, callees first; and the calls that close a circle."""
    functions = analysis.graphs.functions
    order: list[str] = []
    cycles: list[tuple[Graph, Call]] = []
    state: dict[str, bool] = {}  # False while it is open
    for root in functions:
        if root in state:
            continue
        state[root] = False
        waiting: list[tuple[str, Iterator[Call]]] = [(root, iter(analysis.calls(functions[root])))]
        while waiting:
            name, calls = waiting[-1]
            call = next((one for one in calls if one.callee.role in _UNFOLDED_ROLES), None)
            if call is None:
                waiting.pop()
                state[name] = True
                order.append(name)
                continue
            callee = call.callee.function
            if callee not in functions:
                continue
            if callee not in state:
                state[callee] = False
                waiting.append((callee, iter(analysis.calls(functions[callee]))))
            elif not state[callee]:
                cycles.append((functions[name], call))
    return order, cycles


def _find_exploding(analysis: GraphAnalysis, order: list[str]) -> Iterator[OddNode]:
    """The innermost functions that have too many nodes once their calls are unfolded."""
    sizes: dict[str, int] = {}
    for name in order:
        graph = analysis.graphs.functions[name]
        calls = [one for one in analysis.calls(graph) if one.callee.role in _UNFOLDED_ROLES]
        inner = [sizes.get(call.callee.function, 0) for call in calls]
        sizes[name] = min(len(graph) + sum(inner), 1 << 62)
        if sizes[name] > _EXPLODING >= max(inner, default=0):
            evidence = f"its calls unfold to {sizes[name]:,} nodes, made of {len(graph):,}"
            yield OddNode(graph, calls[0].node if calls else 0, "exploding-graph", name, evidence)


def _find_huge(analysis: GraphAnalysis) -> Iterator[OddNode]:
    """Constants that take a gigabyte of memory which is not in the file."""
    limit = max(_HUGE_NBYTES, 4 * analysis.artifact.nbytes)
    huge = {
        number: nbytes
        for number, kind in enumerate(analysis.graphs.kinds)
        if kind.op == "Const" and (nbytes := _unfolded_nbytes(kind)) > limit
    }
    for graph in analysis.all_graphs if huge else ():
        for node in np.flatnonzero(np.isin(graph.kinds, list(huge))).tolist()[:_MOST_ODD]:
            nbytes = huge[int(graph.kinds[node])]
            evidence = (
                f"it unfolds to {nbytes:,} bytes; the files have {analysis.artifact.nbytes:,}"
            )
            yield OddNode(graph, node, "huge-constant", "Const", evidence)


def _unfolded_nbytes(kind: Kind) -> int:
    try:
        value = kind.attributes.get("value")
    except FormatError:
        return 0
    if not isinstance(value, Tensor):
        return 0
    return math.prod(value.shape) * max(value.dtype.itemsize, 1)
