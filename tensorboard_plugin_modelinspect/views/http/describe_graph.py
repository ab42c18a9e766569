"""Graphs as payloads."""

from __future__ import annotations

from typing import Any

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.document import GraphDocument, make_document
from tensorboard_plugin_modelinspect.analyses.graph.entries import EntryGraph
from tensorboard_plugin_modelinspect.analyses.graph.op_uses import OpUse, find_op_uses
from tensorboard_plugin_modelinspect.analyses.graph.types import EdgeType
from tensorboard_plugin_modelinspect.views.http.graph_payloads import (
    ControlEdgesPayload,
    DanglingPayload,
    EdgeTypePayload,
    GraphCallsPayload,
    GraphCostsPayload,
    GraphEdgesPayload,
    GraphListPayload,
    GraphNamesPayload,
    GraphNodesPayload,
    GraphPayload,
    GraphPortPayload,
    GraphsPayload,
    GraphVariablesPayload,
    HiddenScopesPayload,
    OpUsesPayload,
    SignatureGraphPayload,
    UnreadVariablesPayload,
)
from tensorboard_plugin_modelinspect.views.http.numbers import Numbers
from tensorboard_plugin_modelinspect.views.http.payloads import NamedCount


def describe_graph(analysis: GraphAnalysis, graph_id: str, scope: str | None) -> GraphPayload:
    """The payload of a graph, or of a scope in it."""
    document = make_document(analysis, graph_id, scope)
    selection, graph = document.selection, document.graph
    edges, control = selection.edges, selection.control
    return GraphPayload(
        graph=graph.id,
        title=document.title,
        tags=list(graph.tags),
        kind=graph.kind,
        scope=document.scope,
        partial=document.is_partial,
        names=GraphNamesPayload(Numbers(selection.names.parents), list(selection.names.leaves)),
        nodes=GraphNodesPayload(
            name=Numbers(selection.entries),
            op=Numbers(document.op_of),
            device=Numbers(document.device_of),
            flags=Numbers(document.flags),
            number=Numbers(selection.numbers[: 0 if selection.is_whole else None]),
        ),
        ops=document.ops,
        devices=document.devices,
        edges=GraphEdgesPayload(
            source=Numbers(edges.sources),
            port=Numbers(edges.ports),
            target=Numbers(edges.targets),
            slot=Numbers(edges.slots),
            type=Numbers(document.type_of),
        ),
        control=ControlEdgesPayload(Numbers(control.sources), Numbers(control.targets)),
        types=[describe_type(one) for one in document.types],
        functions=document.functions,
        calls=GraphCallsPayload(*document.calls),
        inputs=[GraphPortPayload(*port) for port in document.inputs],
        outputs=[GraphPortPayload(*port) for port in document.outputs],
        variables=GraphVariablesPayload(*document.variables),
        costs=_describe_costs(document),
        dangling=DanglingPayload(graph.dangling, list(graph.dangling_examples)),
        hidden=HiddenScopesPayload(*selection.hidden),
        notes=document.notes,
    )


def describe_type(edge_type: EdgeType) -> EdgeTypePayload:
    """What flows along an edge."""
    shape = None if edge_type.shape is None else list(edge_type.shape)
    return EdgeTypePayload(edge_type.dtype, shape, edge_type.inferred)


def _describe_costs(document: GraphDocument) -> GraphCostsPayload:
    found = document.weights
    parameters = [one.parameters for one in found.values()]
    nbytes = [one.nbytes for one in found.values()]
    return GraphCostsPayload(document.flops, list(found), parameters, nbytes)


def describe_no_graphs() -> GraphsPayload:
    """Of what stores weights, but not what is computed with them."""
    columns: dict[str, list[Any]] = {name: [] for name in GraphListPayload.__dataclass_fields__}
    ops = OpUsesPayload([], [], [], [], [])
    unread = UnreadVariablesPayload([], [])
    return GraphsPayload("", GraphListPayload(**columns), [], ops, unread, [])


def describe_graphs(analysis: GraphAnalysis) -> GraphsPayload:
    """What graphs there are, and which signature runs which."""
    graphs = analysis.all_graphs
    places = {graph.id: place for place, graph in enumerate(graphs)}
    tensors = analysis.artifact.tensors
    called = [sorted({call.callee.function for call in analysis.calls(one)}) for one in graphs]
    listed = GraphListPayload(
        id=[graph.id for graph in graphs],
        title=[
            "Keras layers" if graph.kind == "layers" else graph.id or "main graph"
            for graph in graphs
        ],
        kind=[graph.kind for graph in graphs],
        nodes=[graph.stored_count for graph in graphs],
        edges=[len(graph.edges.sources) for graph in graphs],
        control=[len(graph.control.sources) for graph in graphs],
        calls=[[places[name] for name in names if name in places] for names in called],
        plumbing=[graph.id in analysis.plumbing_functions for graph in graphs],
    )
    return GraphsPayload(
        first=analysis.first,
        graphs=listed,
        signatures=[_describe_signature(analysis, entry) for entry in analysis.entries],
        ops=_describe_ops(find_op_uses(analysis)),
        unread=UnreadVariablesPayload(
            list(analysis.unread), [tensors[key].name for key in analysis.unread]
        ),
        notes=list(analysis.graphs.notes),
    )


def _describe_ops(uses: list[OpUse]) -> OpUsesPayload:
    return OpUsesPayload(
        name=[use.name for use in uses],
        count=[use.count for use in uses],
        flags=[use.flags for use in uses],
        estimated=[use.estimated for use in uses],
        graph=[use.graph for use in uses],
    )


def _describe_signature(analysis: GraphAnalysis, entry: EntryGraph) -> SignatureGraphPayload:
    counts = analysis.count_ops(entry)
    return SignatureGraphPayload(
        key=entry.signature.key,
        tags=list(entry.tags),
        graph=entry.graph.id,
        body=entry.body.id,
        internal=entry.signature.is_internal,
        ops=[NamedCount(op, count) for op, count in counts.most_common()],
        **analysis.cost(entry)._asdict(),
    )
