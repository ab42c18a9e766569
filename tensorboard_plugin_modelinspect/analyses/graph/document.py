"""A graph as the columns that views show: lists of plain numbers and texts.

A graph with too many nodes is given scope by scope: a scope whose nodes are left out is one node.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis, Weights
from tensorboard_plugin_modelinspect.analyses.graph.distinct import find_distinct
from tensorboard_plugin_modelinspect.analyses.graph.selection import (
    Selection,
    select_all,
    select_scope,
)
from tensorboard_plugin_modelinspect.analyses.graph.types import UNKNOWN, EdgeType
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.graph import TYPE, Graph

_INPUTS = ("Placeholder", "PlaceholderV2", "InputLayer")
WHOLE_LIMIT = 500_000
"""Nodes of the largest graph that is given as a whole."""


class Port(NamedTuple):
    """An input or output: its node and port, its name, its key in a signature or empty."""

    node: int
    port: int
    name: str
    key: str


class Called(NamedTuple):
    """Calls as columns: node, role, function (a place in `functions`), known, shift."""

    nodes: list[int]
    roles: list[str]
    functions: list[int]
    known: list[bool]
    shifts: list[int | None]


class Stands(NamedTuple):
    """Variables as columns."""

    nodes: list[int]
    keys: list[str | None]
    names: list[str]
    nbytes: list[int]
    parameters: list[int]
    readers: list[list[int]]


@dataclass(frozen=True, slots=True)
class GraphDocument:
    """A graph, or a part of it, as columns; `graph_payloads.py` says what each one means."""

    graph: Graph
    title: str
    scope: str
    is_partial: bool
    selection: Selection
    flags: np.ndarray
    ops: list[str]
    op_of: np.ndarray
    devices: list[str]
    device_of: np.ndarray
    types: list[EdgeType]
    type_of: np.ndarray
    functions: list[str]
    calls: Called
    inputs: list[Port]
    outputs: list[Port]
    variables: Stands
    flops: list[float | None]
    weights: dict[int, Weights]
    notes: list[str]


def make_document(
    analysis: GraphAnalysis, graph_id: str, scope: str | None = None
) -> GraphDocument:
    """The columns of a graph.

    Args:
        analysis: Of its artifact.
        graph_id: Which one.
        scope: Name of a scope: only what is in it. None: all, as far as there are not too many.

    Raises:
        NotFound: No such graph or scope.

    Cost: 2 µs a node and edge.
    """
    graph = analysis.graph(graph_id)
    if scope is None and len(graph) <= WHOLE_LIMIT:
        selection = select_all(graph)
    else:
        selection = select_scope(graph, scope or "")
    return _Maker(analysis, graph, selection).make(scope)


class _Maker:
    def __init__(self, analysis: GraphAnalysis, graph: Graph, selection: Selection) -> None:
        self._analysis = analysis
        self._graph = graph
        self._selection = selection

    def make(self, scope: str | None) -> GraphDocument:
        graph, selection = self._graph, self._selection
        ops, op_of = self._ops()
        used, device_of = find_distinct(self._picked(graph.devices, 0))
        types, type_of = self._types()
        functions, calls = self._calls()
        return GraphDocument(
            graph=graph,
            title=_title(graph),
            scope=scope or "",
            is_partial=not selection.is_whole,
            selection=selection,
            flags=self._picked(self._analysis.flags(graph), 0) | selection.flags,
            ops=ops,
            op_of=op_of,
            devices=[self._analysis.graphs.devices[one] for one in used.tolist()],
            device_of=device_of,
            types=types,
            type_of=type_of,
            functions=functions,
            calls=calls,
            inputs=list(self._inputs()),
            outputs=list(self._outputs()),
            variables=self._variables(),
            flops=self._flops(),
            weights=self._weights(),
            notes=[*self._notes(), *selection.notes],
        )

    def _picked(self, column: np.ndarray, missing: int) -> np.ndarray:
        """A column of the graph for the nodes that are given; scopes have `missing`."""
        numbers = self._selection.numbers
        if self._selection.is_whole:
            return column
        return np.where(numbers >= 0, column[np.maximum(numbers, 0)], missing)

    def _place(self, node: int) -> int:
        """Where a node of the graph is in the document; -1 if it is left out."""
        return self._selection.place(node)

    def _ops(self) -> tuple[list[str], np.ndarray]:
        kinds = self._picked(self._graph.kinds, -1)
        used, places = find_distinct(kinds)
        names = [self._analysis.graphs.kinds[one].op if one >= 0 else "" for one in used.tolist()]
        ops = sorted(set(names))
        numbers = np.array([ops.index(name) for name in names] or [0])
        return ops, numbers[places]

    def _types(self) -> tuple[list[EdgeType], np.ndarray]:
        found = self._analysis.types(self._graph)[self._selection.edge_numbers]
        used, places = find_distinct(found)
        has_unknown = bool(len(used)) and used[0] == UNKNOWN
        types = [self._analysis.edge_type(one) for one in used.tolist() if one != UNKNOWN]
        return types, places - int(has_unknown)

    def _calls(self) -> tuple[list[str], Called]:
        functions: dict[str, int] = {}
        calls = Called([], [], [], [], [])
        for node, callee in self._analysis.calls(self._graph):
            place = self._place(node)
            if place < 0:
                continue
            calls.nodes.append(place)
            calls.roles.append(callee.role)
            calls.functions.append(functions.setdefault(callee.function, len(functions)))
            calls.known.append(callee.function in self._analysis.graphs.functions)
            calls.shifts.append(callee.shift)
        return list(functions), calls

    def _inputs(self) -> Iterable[Port]:
        graph = self._graph
        keys = self._analysis.port_keys(graph).inputs
        stands = self._analysis.graph_variables(graph).stands
        nodes = keys.keys() | set(range(graph.argument_count)) - stands.keys()
        if graph.kind != "function" and not nodes:
            nodes = set(_placeholders(self._analysis, graph))
        for node in sorted(nodes):
            attributes = self._analysis.graphs.kinds[int(graph.kinds[node])].attributes
            dtype = attributes.get(TYPE)
            is_resource = isinstance(dtype, DType) and dtype.name == "resource"
            if self._place(node) >= 0 and (node in keys or not is_resource):
                given = attributes.get("_user_specified_name")
                name = given if isinstance(given, str) else graph.name(node)
                yield Port(self._place(node), 0, name, keys.get(node, ""))

    def _outputs(self) -> Iterable[Port]:
        graph = self._graph
        keys = self._analysis.port_keys(graph).outputs
        first = len(graph) - graph.result_count
        results = graph.effects if graph.kind == "layers" else range(first, len(graph))
        for node, port in sorted(keys.keys() | {(result, 0) for result in results}):
            if self._place(node) >= 0:
                key = keys.get((node, port), "")
                yield Port(self._place(node), port, graph.name(node), key)

    def _variables(self) -> Stands:
        found = self._analysis.graph_variables(self._graph)
        columns = Stands([], [], [], [], [], [])
        for node, numbers in sorted(found.stands.items()):
            if self._place(node) < 0:
                continue
            for number in numbers:
                variable = self._analysis.variables[number]
                readers = (self._place(one) for one in found.readers.get(number, ()))
                columns.nodes.append(self._place(node))
                columns.keys.append(variable.key)
                columns.names.append(variable.name)
                columns.nbytes.append(variable.nbytes)
                columns.parameters.append(variable.parameters)
                columns.readers.append([one for one in readers if one >= 0])
        return columns

    def _flops(self) -> list[float | None]:
        flops = self._analysis.flops(self._graph)
        if self._selection.is_whole:
            return flops
        return self._selection.sum_up(flops)

    def _weights(self) -> dict[int, Weights]:
        found: dict[int, Weights] = {}
        for node, (parameters, nbytes) in sorted(self._analysis.weights(self._graph).items()):
            place = self._selection.stand_in(node)
            if place >= 0:
                known = found.get(place, Weights(0, 0))
                found[place] = Weights(known.parameters + parameters, known.nbytes + nbytes)
        return found

    def _notes(self) -> Iterable[str]:
        graph = self._graph
        if graph.dangling:
            yield (
                f"{graph.dangling:,} inputs name nodes or outputs that do not exist, and are left"
                " out; TensorFlow refuses such a graph."
            )
        if graph.repeated:
            yield (
                f"{graph.repeated:,} nodes have the name of an earlier one; inputs of that name are"
                " joined to the first. TensorFlow refuses such a graph."
            )
        unknown = {
            call.callee.function
            for call in self._analysis.calls(graph)
            if call.callee.function not in self._analysis.graphs.functions
        }
        if unknown:
            some = ", ".join(sorted(unknown)[:3])
            yield f"{len(unknown):,} functions that are called are not in the library: {some}."
        yield from self._analysis.graphs.notes


def _title(graph: Graph) -> str:
    if graph.kind == "layers":
        return "Keras layers"
    if graph.kind == "function":
        return graph.id
    tags = ", ".join(graph.tags)
    return f"main graph ({tags})" if tags else "main graph"


def _placeholders(analysis: GraphAnalysis, graph: Graph) -> list[int]:
    is_placeholder = np.array([kind.op in _INPUTS for kind in analysis.graphs.kinds] or [False])
    nodes: list[int] = np.flatnonzero(is_placeholder[graph.kinds]).tolist()
    return nodes
