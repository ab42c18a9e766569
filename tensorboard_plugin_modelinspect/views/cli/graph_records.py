"""Graphs as plain JSON values, with the names of docs/cli.md; the tab's routes use the same."""

from __future__ import annotations

from dataclasses import asdict

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.document import GraphDocument, Port
from tensorboard_plugin_modelinspect.analyses.graph.entries import EntryGraph
from tensorboard_plugin_modelinspect.analyses.graph.op_uses import find_op_uses
from tensorboard_plugin_modelinspect.analyses.graph.summary import ScopeSummary
from tensorboard_plugin_modelinspect.analyses.graph.types import EdgeType
from tensorboard_plugin_modelinspect.views.cli.records import Record


def graphs_record(analysis: GraphAnalysis) -> Record:
    """Which graphs there are, and which signature runs which."""
    tensors = analysis.artifact.tensors
    return {
        "first": analysis.first,
        "graphs": [
            {
                "id": graph.id,
                "kind": graph.kind,
                "nodes": graph.stored_count,
                "edges": len(graph.edges.sources),
                "control": len(graph.control.sources),
                "calls": sorted({call.callee.function for call in analysis.calls(graph)}),
                "plumbing": graph.id in analysis.plumbing_functions,
            }
            for graph in analysis.all_graphs
        ],
        "ops": [asdict(use) for use in find_op_uses(analysis)],
        "signatures": [signature_record(analysis, entry) for entry in analysis.entries],
        "unread": [{"key": key, "name": tensors[key].name} for key in analysis.unread],
        "notes": list(analysis.graphs.notes),
    }


def signature_record(analysis: GraphAnalysis, entry: EntryGraph) -> Record:
    """One of `signatures`."""
    ops = analysis.count_ops(entry).most_common()
    return {
        "key": entry.signature.key,
        "tags": list(entry.tags),
        "graph": entry.graph.id,
        "body": entry.body.id,
        "internal": entry.signature.is_internal,
        "ops": [{"name": op, "count": count} for op, count in ops],
        **analysis.cost(entry)._asdict(),
    }


def summary_records(rows: list[ScopeSummary]) -> list[Record]:
    """`summary`."""
    return [row._asdict() for row in rows]


def count_records(counts: list[tuple[str, int]]) -> list[Record]:
    """Names and how many: `unknown_ops`."""
    return [{"name": name, "count": count} for name, count in counts]


def document_record(document: GraphDocument) -> Record:
    """`graph`: the columns that `api/graph` gives."""
    selection, graph = document.selection, document.graph
    edges, control, calls = selection.edges, selection.control, document.calls
    variables = document.variables
    return {
        "graph": graph.id,
        "title": document.title,
        "tags": list(graph.tags),
        "kind": graph.kind,
        "scope": document.scope,
        "partial": document.is_partial,
        "names": {
            "parent": selection.names.parents.tolist(),
            "leaf": list(selection.names.leaves),
        },
        "nodes": {
            "name": selection.entries.tolist(),
            "op": document.op_of.tolist(),
            "device": document.device_of.tolist(),
            "flags": document.flags.tolist(),
            "number": [] if selection.is_whole else selection.numbers.tolist(),
        },
        "ops": document.ops,
        "devices": document.devices,
        "edges": {
            "source": edges.sources.tolist(),
            "port": edges.ports.tolist(),
            "target": edges.targets.tolist(),
            "slot": edges.slots.tolist(),
            "type": document.type_of.tolist(),
        },
        "control": {"source": control.sources.tolist(), "target": control.targets.tolist()},
        "types": [_type_record(one) for one in document.types],
        "functions": document.functions,
        "calls": {
            "node": calls.nodes,
            "role": calls.roles,
            "function": calls.functions,
            "known": calls.known,
            "shift": calls.shifts,
        },
        "inputs": [_port_record(port) for port in document.inputs],
        "outputs": [_port_record(port) for port in document.outputs],
        "variables": {
            "node": variables.nodes,
            "key": variables.keys,
            "name": variables.names,
            "nbytes": variables.nbytes,
            "parameters": variables.parameters,
            "readers": variables.readers,
        },
        "costs": {
            "flops": document.flops,
            "parameter_node": list(document.weights),
            "parameters": [one.parameters for one in document.weights.values()],
            "nbytes": [one.nbytes for one in document.weights.values()],
        },
        "dangling": {"count": graph.dangling, "examples": list(graph.dangling_examples)},
        "hidden": {
            "node": selection.hidden[0],
            "scope": selection.hidden[1],
            "count": selection.hidden[2],
        },
        "notes": document.notes,
    }


def _type_record(edge_type: EdgeType) -> Record:
    shape = None if edge_type.shape is None else list(edge_type.shape)
    return {"dtype": edge_type.dtype, "shape": shape, "inferred": edge_type.inferred}


def _port_record(port: Port) -> Record:
    return port._asdict()
