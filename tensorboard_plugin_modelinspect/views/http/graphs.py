"""The routes of graphs: what is known of an artifact's graphs is kept while it is open."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.views.http.parameters import Parameters
from tensorboard_plugin_modelinspect.views.http.responses import Body, encode

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
    from tensorboard_plugin_modelinspect.views.http.routes import Desk

_MOST_KEPT = 4
_NUMBER = re.compile("[0-9]{1,9}")


class GraphDesk:
    """The last few analyses. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[GraphAnalysis] = []

    def look(self, artifact: Artifact) -> GraphAnalysis:
        """What is known of an artifact's graphs, which are read if they were not.

        Raises:
            NotFound: It has none.
            ModelInspectError: They cannot be read.
        """
        with self._lock:
            for known in self._kept:
                if known.artifact is artifact:
                    return known
            from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis

            # Two that ask at once wait for each other: reading twice would take as long.
            analysis = GraphAnalysis(artifact)
            self._kept = [*self._kept[-_MOST_KEPT + 1 :], analysis]
            return analysis


def answer_graphs(desk: Desk, parameters: Parameters) -> Body:
    """`graphs`: which graphs an artifact has."""
    from tensorboard_plugin_modelinspect.views.http.describe_graph import (
        describe_graphs,
        describe_no_graphs,
    )

    artifact = desk.catalog.open(parameters["id"])
    if artifact.graphs is None:
        return Body(encode(describe_no_graphs()))
    return desk.bodies.get_or_make(
        ("graphs", parameters["id"]),
        artifact,
        lambda: encode(describe_graphs(desk.graphs.look(artifact))),
    )


def answer_graph(desk: Desk, parameters: Parameters) -> Body:
    """`graph`: one of them, or a scope in it."""
    from tensorboard_plugin_modelinspect.views.http.describe_graph import describe_graph

    artifact = desk.catalog.open(parameters["id"])
    analysis = desk.graphs.look(artifact)
    graph, scope = parameters["graph"], parameters.get("scope")
    name = f"graph {graph}" if scope is None else f"scope {scope} of {graph}"
    return desk.bodies.get_or_make(
        (name, parameters["id"]),
        artifact,
        lambda: encode(describe_graph(analysis, graph, scope)),
    )


def answer_attributes(desk: Desk, parameters: Parameters) -> Body:
    """`graph_attributes`: attributes of all its nodes, to search in."""
    from tensorboard_plugin_modelinspect.views.http.describe_attributes import describe_attributes

    artifact = desk.catalog.open(parameters["id"])
    analysis = desk.graphs.look(artifact)
    graph = parameters["graph"]
    return desk.bodies.get_or_make(
        (f"attributes of {graph}", parameters["id"]),
        artifact,
        lambda: encode(describe_attributes(analysis, graph)),
    )


def answer_node(desk: Desk, parameters: Parameters) -> Body:
    """`graph_node`: everything about a node."""
    from tensorboard_plugin_modelinspect.analyses.graph.node import look_at_node
    from tensorboard_plugin_modelinspect.views.http.describe_node import describe_node

    number = parameters["node"]
    if not _NUMBER.fullmatch(number):
        raise BadRequest(f"node={number[:40]}: give the number of a node.")
    analysis = desk.graphs.look(desk.catalog.open(parameters["id"]))
    functions = frozenset(analysis.graphs.functions)
    node = look_at_node(analysis, parameters["graph"], int(number))
    return Body(encode(describe_node(node, functions)))
