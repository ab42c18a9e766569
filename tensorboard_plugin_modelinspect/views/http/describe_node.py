"""A node of a graph as a payload."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.analyses.graph.node import ConstantPart, Node, NodeEdge
from tensorboard_plugin_modelinspect.views.http.describe_graph import describe_type
from tensorboard_plugin_modelinspect.views.http.graph_payloads import (
    CalledFunctionPayload,
    ConstantPayload,
    GraphAttributePayload,
    GraphNodePayload,
    NodeEdgePayload,
    SourceLinePayload,
)
from tensorboard_plugin_modelinspect.views.text.attributes import describe_attribute
from tensorboard_plugin_modelinspect.views.text.values import format_elements


def describe_node(node: Node, functions: frozenset[str]) -> GraphNodePayload:
    """Everything about a node; `functions` are those that the library has."""
    attributes = [
        GraphAttributePayload(name, *describe_attribute(value))
        for name, value in sorted(node.attributes.items())
    ]
    constant = node.constant
    return GraphNodePayload(
        graph=node.graph.id,
        node=node.number,
        name=node.name,
        op=node.kind.op,
        device=node.device,
        flags=node.flags,
        flops=node.flops,
        parameters=node.parameters,
        attributes=attributes,
        inputs=[_describe_edge(edge) for edge in node.inputs],
        input_count=node.input_count,
        outputs=[_describe_edge(edge) for edge in node.outputs],
        output_count=node.output_count,
        control_inputs=node.control_inputs,
        control_outputs=node.control_outputs,
        constant=None if constant is None else _describe_constant(constant),
        calls=[
            CalledFunctionPayload(one.role, one.function, one.function in functions)
            for one in node.calls
        ],
        variables=node.variables,
        source=[SourceLinePayload(*line) for line in node.lines],
        notes=[constant.problem] if constant is not None and constant.problem else [],
    )


def _describe_edge(edge: NodeEdge) -> NodeEdgePayload:
    return NodeEdgePayload(
        slot=edge.slot,
        name=edge.name,
        node=edge.node,
        port=edge.port,
        type=None if edge.type is None else describe_type(edge.type),
    )


def _describe_constant(part: ConstantPart) -> ConstantPayload:
    tensor, values = part.tensor, part.values
    return ConstantPayload(
        dtype=tensor.dtype.name,
        shape=list(tensor.shape),
        count=tensor.size,
        shown=0 if values is None else len(values),
        text=[] if values is None else format_elements(values),
    )
