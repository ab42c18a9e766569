"""A summary of a graph by its name scopes: nodes, parameters and operations of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import PLUMBING, GraphAnalysis
from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.model.graph import Graph


class ScopeSummary(NamedTuple):
    """Sums over all that a scope holds, the node of the same name included.

    Attributes:
        name: Whole name; empty for the graph itself.
        depth: 0 for the graph, 1 for what stands in no scope.
        nodes: How many; plumbing, arguments and results do not count.
        parameters: Elements of the variables that are read here first.
        nbytes: Of these.
        flops: Estimated operations, as far as they are known.
        unknown: Nodes whose operations are unknown.
    """

    name: str
    depth: int
    nodes: int
    parameters: int
    nbytes: int
    flops: float
    unknown: int


def summarise(
    analysis: GraphAnalysis, graph: Graph, depth: int, scope: str | None = None
) -> list[ScopeSummary]:
    """The scopes of a graph down to a depth, each before those in it, in the order of the file.

    Nodes that are no scope have a row only where they have parameters, or are layers.

    Args:
        analysis: Of the artifact.
        graph: Which of its graphs.
        depth: 1 gives the graph, and what stands in no scope.
        scope: Only this one and what is in it.

    Raises:
        NotFound: There is no such scope down to the depth.

    Cost: a pass over the names.
    """
    columns = _sum_up(analysis, graph)
    rows = [
        ScopeSummary(
            graph.names.path(entry),
            level,
            int(columns[entry, 0]),
            int(columns[entry, 1]),
            int(columns[entry, 2]),
            float(columns[entry, 3]),
            int(columns[entry, 4]),
        )
        for entry, level in _walk(graph, columns, depth)
    ]
    if scope:
        rows = [row for row in rows if f"{row.name}/".startswith(f"{scope}/")]
    if not rows:
        raise NotFound(f'No scope "{(scope or "")[:200]}" down to this depth. Give a larger one.')
    return rows


def _sum_up(analysis: GraphAnalysis, graph: Graph) -> np.ndarray:
    """Nodes, parameters, their bytes, operations and nodes of unknown ones, by entry."""
    counted = _find_counted(analysis, graph)
    flops = np.array([np.nan if one is None else one for one in analysis.flops(graph)])
    columns = np.zeros((len(graph.names.leaves), 5))
    own = graph.nodes[counted]
    columns[own, 0] = 1
    columns[own, 3] = np.nan_to_num(flops[counted])
    columns[own, 4] = np.isnan(flops[counted])
    for number, readers in analysis.graph_variables(graph).readers.items():
        if readers:
            variable = analysis.variables[number]
            columns[graph.nodes[readers[0]], 1:3] += variable.parameters, variable.nbytes
    parents = graph.names.parents
    for entries in _levels(parents):
        np.add.at(columns, parents[entries], columns[entries])
    return columns


def _find_counted(analysis: GraphAnalysis, graph: Graph) -> np.ndarray:
    """Which nodes count: no plumbing, arguments and results."""
    counted = np.ones(len(graph), bool)
    counted[: graph.argument_count] = False
    counted[len(graph) - graph.result_count :] = False
    counted &= analysis.flags(graph) & PLUMBING == 0
    return counted


def count_unknown(
    analysis: GraphAnalysis, graph: Graph, scope: str | None = None
) -> list[tuple[str, int]]:
    """Ops whose operations are unknown and their nodes, the most frequent first.

    Args:
        analysis: Of the artifact.
        graph: Which of its graphs.
        scope: Only nodes in this one.
    """
    counted = _find_counted(analysis, graph)
    unknown = [node for node, one in enumerate(analysis.flops(graph)) if one is None]
    counts = Counter(
        analysis.op(graph, node)
        for node in unknown
        if counted[node] and (not scope or f"{graph.name(node)}/".startswith(f"{scope}/"))
    )
    return counts.most_common()


def _levels(parents: np.ndarray) -> list[np.ndarray]:
    """Entries by their depth, the deepest first; the root is left out."""
    depths = [0] * len(parents)
    for entry, parent in enumerate(parents.tolist()[1:], 1):
        depths[entry] = depths[parent] + 1
    order = np.argsort(depths, kind="stable")[::-1]
    bounds = np.flatnonzero(np.diff(np.array(depths)[order])) + 1
    return np.split(order, bounds)[:-1]


def _walk(graph: Graph, columns: np.ndarray, depth: int) -> Iterator[tuple[int, int]]:
    """Entries that have a row, with their depth."""
    order = np.argsort(graph.names.parents, kind="stable")
    starts = np.searchsorted(graph.names.parents[order], np.arange(len(order) + 1))
    waiting = [(0, 0)]
    while waiting:
        entry, level = waiting.pop()
        children = order[starts[entry] : starts[entry + 1]].tolist()
        is_told = children or columns[entry, 1] or graph.kind == "layers"
        has_row = columns[entry, 0] and is_told
        if entry and not has_row:
            continue
        yield entry, level
        if level < depth:
            waiting += [(child, level + 1) for child in reversed(children)]
