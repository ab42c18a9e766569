"""Which ops an artifact's graphs use, and whether their operations can be estimated."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import (
    BOUNDARY,
    CALLS,
    CUSTOM,
    STATEFUL,
    GraphAnalysis,
)
from tensorboard_plugin_modelinspect.analyses.graph.costs import FORMULAS
from tensorboard_plugin_modelinspect.analyses.graph.distinct import find_distinct
from tensorboard_plugin_modelinspect.model.graph import Graph


@dataclass(frozen=True, slots=True)
class OpUse:
    """An op, in main graphs and functions.

    Attributes:
        name: Of the op.
        count: Nodes of it, all graphs together.
        flags: Those of nodes that say something of an op: stateful, calling functions, custom.
        estimated: Whether there is a formula; calls have the operations of what they call.
        graph: Id of the graph that has most of them.
    """

    name: str
    count: int
    flags: int
    estimated: bool
    graph: str


def find_op_uses(analysis: GraphAnalysis) -> list[OpUse]:
    """The ops of all graphs but Keras layers, the most frequent first.

    Cost: a pass over the nodes.
    """
    counts: Counter[str] = Counter()
    flags: Counter[str] = Counter()
    most: dict[str, tuple[int, str]] = {}
    for graph in analysis.all_graphs:
        if graph.kind == "layers":
            continue
        here, said = _count_ops(analysis, graph)
        for op, count in here.items():
            counts[op] += count
            flags[op] |= said[op]
            if count > most.get(op, (0, ""))[0]:
                most[op] = count, graph.id
    return [
        OpUse(op, count, flags[op], op in FORMULAS or bool(flags[op] & CALLS), most[op][1])
        for op, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]


def _count_ops(analysis: GraphAnalysis, graph: Graph) -> tuple[Counter[str], Counter[str]]:
    """Nodes of each op in a graph, and the flags that any of them has."""
    flags = analysis.flags(graph)
    is_stored = flags & BOUNDARY == 0
    used, places = find_distinct(graph.kinds[is_stored])
    numbers = np.bincount(places, minlength=len(used))
    said = np.zeros(len(used), np.int64)
    np.bitwise_or.at(said, places, flags[is_stored] & (STATEFUL | CALLS | CUSTOM))
    counts: Counter[str] = Counter()
    marks: Counter[str] = Counter()
    for kind, number, mark in zip(used.tolist(), numbers.tolist(), said.tolist(), strict=True):
        op = analysis.graphs.kinds[kind].op
        counts[op] += number
        marks[op] |= mark
    return counts, marks
