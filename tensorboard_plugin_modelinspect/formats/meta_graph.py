"""MetaGraphs: what a graph is called with, made of and written by.

tensorflow/core/protobuf/meta_graph.proto. A SavedModel holds some, a TF1 `.meta` file is one, and a
lone GraphDef is shown as one that has only a graph.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tensorboard_plugin_modelinspect.codecs.protos import asset_class, parse_message
from tensorboard_plugin_modelinspect.formats.signatures import parse_signatures
from tensorboard_plugin_modelinspect.model.artifact import Collection, FunctionSummary, MetaGraph


def describe_meta_graph(proto: Any, path: str) -> MetaGraph:
    """What a `MetaGraphDef` of the file `path` says. Cost: one pass over nodes and collections.

    Raises:
        FormatError: A collection entry is damaged.
    """
    info = proto.meta_info_def
    graph = proto.graph_def
    ops = Counter(node.op for node in graph.node)
    functions = []
    for function in graph.library.function:
        ops.update(node.op for node in function.node_def)
        functions.append(FunctionSummary(function.signature.name, len(function.node_def)))
    return MetaGraph(
        tags=tuple(sorted(info.tags)),
        tensorflow_version=info.tensorflow_version,
        producer=graph.versions.producer,
        min_consumer=graph.versions.min_consumer,
        signatures=parse_signatures(proto.signature_def),
        node_count=len(graph.node),
        functions=tuple(sorted(functions, key=lambda function: function.name)),
        ops=dict(ops),
        collections=tuple(
            _collection(name, proto.collection_def[name]) for name in sorted(proto.collection_def)
        ),
        assets=_assets(proto, path),
        has_object_graph=proto.HasField("object_graph_def"),
    )


def has_assets(proto: Any) -> bool:
    """Whether a `MetaGraphDef` names assets. Cost: none."""
    return bool(proto.asset_file_def) or "saved_model_assets" in proto.collection_def


def _assets(proto: Any, path: str) -> tuple[tuple[str, str], ...]:
    """`(file name, tensor)`: from `asset_file_def` (TF2), else TF1's collection."""
    definitions = proto.asset_file_def  # a list of it would keep a wrapper of each
    if not definitions and "saved_model_assets" in proto.collection_def:
        definitions = [
            parse_message(asset_class(), packed.value, path=path, field="an asset")
            for packed in proto.collection_def["saved_model_assets"].any_list.value
        ]
    return tuple(sorted((asset.filename, asset.tensor_info.name) for asset in definitions))


def _collection(name: str, proto: Any) -> Collection:
    kind = proto.WhichOneof("kind") or "empty"
    size = len(getattr(proto, kind).value) if kind != "empty" else 0
    return Collection(name, kind, size)
