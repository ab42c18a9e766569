"""What `modelinspect show --dir` says, as plain JSON values with the names of docs/cli.md."""

from __future__ import annotations

from collections.abc import Iterable

from tensorboard_plugin_modelinspect.model.function import Argument, ExportedGraph, Function
from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.views.cli.output import json_float
from tensorboard_plugin_modelinspect.views.cli.records import Record, signature_record

_WITH_ITEMS = frozenset({"list", "tuple", "dict", "named_tuple", "type_spec", "extension_type"})
_WITH_SHAPE = frozenset({"tensor", "shape", "array"})


def exported_record(
    path: str, graphs: Iterable[ExportedGraph], meta_graphs: Iterable[Record]
) -> Record:
    """The document: all tag-sets, and the MetaGraphs asked for."""
    return {
        "path": path,
        "tag_sets": [sorted(tags) for tags in sorted(graph.tags for graph in graphs)],
        "meta_graphs": list(meta_graphs),
    }


def full_record(graph: ExportedGraph) -> Record:
    """Everything about a MetaGraph."""
    functions = graph.read_functions()
    return {
        **chosen_record(graph, graph.signatures, with_ops=True),
        "functions": None if functions is None else [_function_record(one) for one in functions],
    }


def chosen_record(
    graph: ExportedGraph, signatures: Iterable[Signature] | None, *, with_ops: bool
) -> Record:
    """Tags and keys of signatures of a MetaGraph, and what was asked for besides."""
    record: Record = {
        "tags": list(graph.tags),
        "signature_keys": [signature.key for signature in graph.signatures],
    }
    if signatures is not None:
        record["signatures"] = [signature_record(signature) for signature in signatures]
    if with_ops:
        record["ops"] = list(graph.read_ops())
    return record


def _function_record(function: Function) -> Record:
    return {
        "name": function.name,
        "traces": [
            {
                "name": trace.name,
                "arguments": [argument_record(argument) for argument in trace.arguments],
                "keywords": [
                    {"key": key, "value": argument_record(argument)}
                    for key, argument in trace.keywords
                ],
            }
            for trace in function.traces
        ],
    }


def argument_record(argument: Argument) -> Record:
    """An argument with those of its fields that its kind has."""
    record: Record = {"kind": argument.kind}
    if argument.kind == "literal":
        record["type_name"] = type(argument.literal).__name__
        value = argument.literal
        record["value"] = json_float(value) if isinstance(value, float) else value
    if argument.type_name:
        record["type_name"] = argument.type_name
    if argument.kind in _WITH_ITEMS:
        record["items"] = [
            {"key": key, "value": argument_record(item)} for key, item in argument.items
        ]
    if argument.dtype is not None:
        record["dtype"] = argument.dtype.name
    if argument.kind in _WITH_SHAPE:
        record["shape"] = argument.shape
    if argument.kind == "tensor":
        record["name"] = argument.name or None
    return record
