"""Signatures of a MetaGraph: what it is called with.

tensorflow/core/protobuf/meta_graph.proto.
"""

from __future__ import annotations

from typing import Any

from tensorboard_plugin_modelinspect.model.dtype import dtype_of
from tensorboard_plugin_modelinspect.model.signature import Shape, Signature, TensorSpec


def parse_signatures(protos: Any) -> tuple[Signature, ...]:
    """What a MetaGraph's map of `SignatureDef`s says, sorted by key."""
    return tuple(_signature(key, protos[key]) for key in sorted(protos))


def _signature(key: str, proto: Any) -> Signature:
    defaults = set(proto.defaults) if "defaults" in proto.DESCRIPTOR.fields_by_name else set()
    return Signature(
        key,
        proto.method_name,
        tuple(
            _spec(name, proto.inputs[name], has_default=name in defaults)
            for name in sorted(proto.inputs)
        ),
        tuple(
            _spec(name, proto.outputs[name], has_default=False) for name in sorted(proto.outputs)
        ),
    )


def _spec(key: str, info: Any, *, has_default: bool) -> TensorSpec:
    dtype, shape = dtype_of(info.dtype), partial_shape(info.tensor_shape)
    encoding = info.WhichOneof("encoding")
    if encoding == "coo_sparse":
        sparse = info.coo_sparse
        names = (
            sparse.values_tensor_name,
            sparse.indices_tensor_name,
            sparse.dense_shape_tensor_name,
        )
        return TensorSpec(key, dtype, shape, ", ".join(names), "sparse", has_default)
    if encoding == "composite_tensor":
        names = tuple(component.name for component in info.composite_tensor.components)
        return TensorSpec(key, dtype, shape, ", ".join(names), "composite", has_default)
    return TensorSpec(key, dtype, shape, info.name, "dense", has_default)


def partial_shape(proto: Any) -> Shape:
    """Sizes of a `TensorShapeProto` in a graph, where some or all may be unknown."""
    if proto.unknown_rank:
        return None
    return tuple(None if dim.size < 0 else dim.size for dim in proto.dim)
