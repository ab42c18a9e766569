"""Everything about one node: attributes, what it takes and gives, values of a constant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.calls import Callee
from tensorboard_plugin_modelinspect.analyses.graph.types import UNKNOWN, EdgeType
from tensorboard_plugin_modelinspect.errors import ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.model.graph import (
    INPUT,
    OUTPUT,
    AttributeValue,
    Graph,
    Kind,
    SourceLine,
)
from tensorboard_plugin_modelinspect.model.ops import inputs_of, outputs_of
from tensorboard_plugin_modelinspect.model.tensor import Tensor, split_region

MOST_EDGES = 1000
"""Inputs, and outputs, that are given of one node."""
MOST_VALUES = 1000
"""Elements of a constant that are given."""


class NodeEdge(NamedTuple):
    """An input or an output of a node.

    Attributes:
        slot: Number of the input or output.
        name: What the op calls it; empty if that is not known.
        node: At the other end.
        port: Number of that one's output or input.
        type: What flows.
    """

    slot: int
    name: str
    node: int
    port: int
    type: EdgeType | None


class ConstantPart(NamedTuple):
    """The first values of a constant; none if they cannot be read, with the reason."""

    tensor: Tensor
    values: np.ndarray | None
    problem: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node in full; `graph_payloads.py` says what each part means."""

    graph: Graph
    number: int
    name: str
    kind: Kind
    device: str
    flags: int
    flops: float | None
    parameters: int
    attributes: dict[str, AttributeValue]
    inputs: list[NodeEdge]
    input_count: int
    outputs: list[NodeEdge]
    output_count: int
    control_inputs: list[int]
    control_outputs: list[int]
    constant: ConstantPart | None
    calls: list[Callee]
    variables: list[str]
    lines: tuple[SourceLine, ...]


def look_at_node(analysis: GraphAnalysis, graph_id: str, number: int) -> Node:
    """Everything about a node.

    Raises:
        NotFound: No such graph or node.
        ModelInspectError: The file is damaged, or gone.

    Cost: goes through the nodes before it, half a microsecond each.
    """
    graph = analysis.graph(graph_id)
    if number >= len(graph):
        raise NotFound(f'No node {number} in "{graph.id[:200]}": it has {len(graph):,}.')
    links = analysis.links(graph)
    source = analysis.artifact.graphs
    detail = None if source is None else source.read_node(graph, number)
    attributes = {} if detail is None else dict(detail.attributes)
    kind = analysis.graphs.kinds[int(graph.kinds[number])]
    inputs = list(_inputs(analysis, graph, number))
    outputs = list(_outputs(analysis, graph, number))
    return Node(
        graph=graph,
        number=number,
        name=graph.name(number),
        kind=kind,
        device=analysis.graphs.devices[int(graph.devices[number])],
        flags=int(analysis.flags(graph)[number]),
        flops=analysis.flops(graph)[number],
        parameters=analysis.parameters(graph).get(number, 0),
        attributes=attributes,
        inputs=inputs[:MOST_EDGES],
        input_count=len(inputs),
        outputs=outputs[:MOST_EDGES],
        output_count=len(outputs),
        control_inputs=list(links.control_sources(number))[:MOST_EDGES],
        control_outputs=list(links.control_targets(number))[:MOST_EDGES],
        constant=_constant(kind, attributes),
        calls=[call.callee for call in analysis.calls(graph) if call.node == number],
        variables=list(_variables(analysis, graph, number)),
        lines=() if detail is None else detail.lines,
    )


def _inputs(analysis: GraphAnalysis, graph: Graph, node: int) -> Iterator[NodeEdge]:
    names = input_names(analysis, graph, node)
    types = analysis.types(graph)
    links = analysis.links(graph)
    for place, (slot, source, port) in zip(links.feed_range(node), links.feeds(node), strict=True):
        name = names[slot] if slot < len(names) else ""
        yield NodeEdge(slot, name, source, port, _type(analysis, int(types[place])))


def _outputs(analysis: GraphAnalysis, graph: Graph, node: int) -> Iterator[NodeEdge]:
    names = output_names(analysis, graph, node)
    types = analysis.types(graph)
    links = analysis.links(graph)
    rows = zip(links.use_places(node), links.uses(node), strict=True)
    for place, (port, target, slot) in sorted(rows, key=lambda row: row[1].port):
        name = names[port] if port < len(names) else ""
        yield NodeEdge(port, name, target, slot, _type(analysis, int(types[place])))


def _type(analysis: GraphAnalysis, number: int) -> EdgeType | None:
    return None if number == UNKNOWN else analysis.edge_type(number)


def input_names(analysis: GraphAnalysis, graph: Graph, node: int) -> list[str]:
    """What the inputs of a node are called: by its op, or by the function that it calls."""
    kind = analysis.graphs.kinds[int(graph.kinds[node])]
    for call in analysis.calls(graph):
        callee = analysis.graphs.functions.get(call.callee.function)
        if call.node == node and callee is not None and call.callee.shift is not None:
            arguments = [callee.name(number) for number in range(callee.argument_count)]
            shift = call.callee.shift
            return [""] * shift + arguments if shift >= 0 else arguments[-shift:]
    if kind.op == OUTPUT:
        return [graph.name(node)]
    return _spread([(one.name, one.counted_by) for one in inputs_of(kind.op) or ()], kind)


def output_names(analysis: GraphAnalysis, graph: Graph, node: int) -> list[str]:
    """What the outputs of a node are called: by its op, or by the function that it calls."""
    kind = analysis.graphs.kinds[int(graph.kinds[node])]
    for call in analysis.calls(graph):
        callee = analysis.graphs.functions.get(call.callee.function)
        if call.node == node and callee is not None and call.callee.role == "call":
            first = len(callee) - callee.result_count
            return [callee.name(number) for number in range(first, len(callee))]
    if kind.op == INPUT:
        return [graph.name(node)]
    return _spread([(one.name, one.counted_by) for one in outputs_of(kind.op) or ()], kind)


def _spread(parts: list[tuple[str, str]], kind: Kind) -> list[str]:
    """A name for each tensor; those of a list are numbered."""
    names: list[str] = []
    for name, counted_by in parts:
        if not counted_by:
            names.append(name)
            continue
        counted = kind.attributes.get(counted_by)
        count = len(counted) if isinstance(counted, tuple) else counted
        count = min(max(count, 0), MOST_EDGES) if isinstance(count, int) else 0
        names += [f"{name}[{number}]" if name else "" for number in range(count)]
    return names


def _constant(kind: Kind, attributes: dict[str, AttributeValue]) -> ConstantPart | None:
    value = attributes.get("value")
    if kind.op != "Const" or not isinstance(value, Tensor):
        return None
    try:
        if not value.size:
            return ConstantPart(value, np.empty(0), "")
        region = next(split_region(tuple(slice(0, size, 1) for size in value.shape), MOST_VALUES))
        return ConstantPart(value, value.read(region).reshape(-1), "")
    except ModelInspectError as error:
        return ConstantPart(value, None, error.message)


def _variables(analysis: GraphAnalysis, graph: Graph, node: int) -> Iterator[str]:
    """Keys of the tensors that a node is or reads."""
    found = analysis.graph_variables(graph)
    numbers = dict.fromkeys(found.stands.get(node, ()))
    numbers.update(dict.fromkeys(one for one, nodes in found.readers.items() if node in nodes))
    for number in numbers:
        key = analysis.variables[number].key
        if key is not None:
            yield key
