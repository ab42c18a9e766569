"""Signatures and assets of SessionBundle exports, which TensorFlow Serving read before SavedModel.

tensorflow/contrib/session_bundle/{manifest.proto, constants.py, exporter.py} of TensorFlow 1: an
`export.meta` whose collections hold them, beside a checkpoint called `export`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tensorboard_plugin_modelinspect.codecs.protos import message_class, parse_message
from tensorboard_plugin_modelinspect.formats.signatures import partial_shape
from tensorboard_plugin_modelinspect.model.dtype import DType, dtype_of
from tensorboard_plugin_modelinspect.model.signature import Shape, Signature, TensorSpec

_SIGNATURES, _ASSETS = "serving_signatures", "serving_assets"
_DEFAULT = "default_signature"
_INPUTS = frozenset({"input", "inputs"})
_PLACEHOLDERS = frozenset({"Placeholder", "PlaceholderV2", "PlaceholderWithDefault"})
_MOST_OUTPUTS = 64
"""Declared outputs of an op that are looked at; no op has more than a dozen."""


def bundle_assets(graph: Any, path: str) -> list[tuple[str, str]]:
    """`(file name, tensor)` of a `MetaGraphDef`'s `serving_assets`.

    Raises:
        FormatError: An entry is damaged.
    """
    assets = _unpack(graph, _ASSETS, "AssetFile", path)
    return sorted((asset.filename, asset.tensor_binding.tensor_name) for asset in assets)


def bundle_signatures(graph: Any, path: str) -> list[Signature]:
    """What `serving_signatures` of a `MetaGraphDef` declares.

    Types and shapes, which a binding does not have, are taken from the graph where it tells them.

    Raises:
        FormatError: An entry is damaged.
    """
    found: dict[str, Any] = {}
    for proto in _unpack(graph, _SIGNATURES, "Signatures", path):
        if proto.HasField(_DEFAULT):
            found[_DEFAULT] = proto.default_signature
        found.update((one.key, one.value) for one in proto.named_signatures)
    if not found:
        return []
    tensors = _GraphTensors(graph)
    return [_signature(key, found[key], tensors) for key in sorted(found)]


def _unpack(graph: Any, collection: str, message: str, path: str) -> Iterator[Any]:
    """The messages in a collection of `Any`s; what they are called there does not matter."""
    if collection not in graph.collection_def:
        return
    for packed in graph.collection_def[collection].any_list.value:
        field = f"collection {collection}"
        yield parse_message(message_class(message), packed.value, path=path, field=field)


def _signature(key: str, proto: Any, tensors: _GraphTensors) -> Signature:
    """One signature; its method is the word for its kind.

    A generic one only lists tensors: those that are fed are called inputs.
    """
    if proto.HasField("generic_signature"):
        kind = "generic_signature"
        bindings = {one.key: one.value.tensor_name for one in proto.generic_signature.map}
        inputs = {
            name
            for name, tensor in bindings.items()
            if key in _INPUTS or tensors.op(tensor) in _PLACEHOLDERS
        }
    else:
        kinds = ("regression_signature", "classification_signature")
        kind = next((name for name in kinds if proto.HasField(name)), "")
        fields = getattr(proto, kind).ListFields() if kind else ()
        bindings = {field.name: value.tensor_name for field, value in fields}
        inputs = bindings.keys() & _INPUTS
    specs = [
        TensorSpec(name, *tensors.type_and_shape(tensor), tensor)
        for name, tensor in sorted(bindings.items())
    ]
    return Signature(
        key,
        kind,
        tuple(spec for spec in specs if spec.key in inputs),
        tuple(spec for spec in specs if spec.key not in inputs),
    )


class _GraphTensors:
    """Types and shapes of tensors, as the nodes and the ops that they are of say."""

    def __init__(self, graph: Any) -> None:
        self._nodes: Mapping[str, Any] = {node.name: node for node in graph.graph_def.node}
        self._ops = {op.name: op for op in graph.meta_info_def.stripped_op_list.op}

    def op(self, tensor: str) -> str:
        """Op of the node that gives a tensor; empty if there is no such node."""
        node = self._nodes.get(tensor.partition(":")[0])
        return node.op if node is not None else ""

    def type_and_shape(self, tensor: str) -> tuple[DType, Shape]:
        """Type of a tensor, invalid if unknown, and its shape."""
        name, _, place = tensor.partition(":")
        node = self._nodes.get(name)
        number = int(place) if place.isdecimal() and len(place) < 10 else 0
        if node is None:
            return dtype_of(0), None
        op = self._ops.get(node.op)
        dtype = dtype_of(_output_type(node, op, number) if op is not None else 0)
        shapes = node.attr["_output_shapes"].list.shape if "_output_shapes" in node.attr else ()
        return dtype, partial_shape(shapes[number]) if number < len(shapes) else None


def _output_type(node: Any, op: Any, number: int) -> int:
    """`DataType` of an output of a node (tensorflow/core/framework/op_def.proto), 0 if unknown."""
    for output in op.output_arg[:_MOST_OUTPUTS]:
        if output.type_list_attr:
            types = node.attr[output.type_list_attr].list.type
            count = len(types)
            if number < count:
                return int(types[number])
        else:
            count = node.attr[output.number_attr].i if output.number_attr else 1
            if number < count:
                return int(node.attr[output.type_attr].type if output.type_attr else output.type)
        number -= max(count, 0)
    return 0
