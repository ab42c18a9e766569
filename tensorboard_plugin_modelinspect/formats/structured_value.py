"""`StructuredValue`: Python values and types of tensors, as functions store their signatures.

tensorflow/core/protobuf/struct.proto; which value becomes what is told by the codecs of
tensorflow/python/saved_model/nested_structure_coder.py.
"""

from __future__ import annotations

from typing import Any

from tensorboard_plugin_modelinspect.errors import LimitExceeded
from tensorboard_plugin_modelinspect.formats.signatures import partial_shape
from tensorboard_plugin_modelinspect.model.dtype import dtype_of
from tensorboard_plugin_modelinspect.model.function import Argument

_DEEPEST = 100
_LITERALS = frozenset({"float64_value", "int64_value", "string_value", "bool_value"})
_TYPE_SPECS = (
    "",
    "SparseTensorSpec",
    "IndexedSlicesSpec",
    "RaggedTensorSpec",
    "TensorArraySpec",
    "DatasetSpec",
    "IteratorSpec",
    "OptionalSpec",
    "PerReplicaSpec",
    "VariableSpec",
    "RowPartitionSpec",
)
"""Classes by `TypeSpecProto.TypeSpecClass`; any other one is told by its name."""
_EXTENSION_TYPE = 13


def parse_argument(proto: Any, path: str, depth: int = 0) -> Argument:
    """What a `StructuredValue` of the file `path` says.

    Raises:
        LimitExceeded: Values in values, deeper than any signature is.
    """
    if depth > _DEEPEST:
        raise LimitExceeded(
            path=path,
            field="the signature of a function",
            expected=f"values up to {_DEEPEST} deep",
            found="deeper ones",
        )
    kind = proto.WhichOneof("kind") or ""
    if kind == "none_value":
        return Argument("literal")
    if kind in _LITERALS:
        return Argument("literal", literal=getattr(proto, kind))
    if kind == "tensor_dtype_value":
        return Argument("dtype", dtype=dtype_of(proto.tensor_dtype_value))
    if kind == "tensor_shape_value":
        return Argument("shape", shape=partial_shape(proto.tensor_shape_value))
    if kind in ("tensor_spec_value", "bounded_tensor_spec_value"):
        spec = getattr(proto, kind)
        shape = partial_shape(spec.shape)
        return Argument("tensor", dtype=dtype_of(spec.dtype), shape=shape, name=spec.name)
    if kind in ("tensor_value", "numpy_value"):
        tensor = getattr(proto, kind)
        shape = partial_shape(tensor.tensor_shape)
        return Argument("array", dtype=dtype_of(tensor.dtype), shape=shape)
    return _parse_holder(proto, kind, path, depth + 1)


def _parse_holder(proto: Any, kind: str, path: str, depth: int) -> Argument:
    if kind == "list_value":
        values = proto.list_value.values
        return Argument("list", items=tuple(("", parse_argument(v, path, depth)) for v in values))
    if kind == "tuple_value":
        values = proto.tuple_value.values
        return Argument("tuple", items=tuple(("", parse_argument(v, path, depth)) for v in values))
    if kind == "dict_value":
        fields = proto.dict_value.fields
        items = tuple((key, parse_argument(fields[key], path, depth)) for key in sorted(fields))
        return Argument("dict", items=items)
    if kind == "named_tuple_value":
        named = proto.named_tuple_value
        pairs = ((pair.key, parse_argument(pair.value, path, depth)) for pair in named.values)
        return Argument("named_tuple", items=tuple(pairs), type_name=named.name)
    if kind == "type_spec_value":
        return _parse_type_spec(proto.type_spec_value, path, depth)
    return Argument("unknown")


def _parse_type_spec(proto: Any, path: str, depth: int) -> Argument:
    state = parse_argument(proto.type_state, path, depth)
    number, name = proto.type_spec_class, proto.type_spec_class_name
    if number == _EXTENSION_TYPE:
        return Argument("extension_type", items=_fields(state), type_name=name)
    if 0 < number < len(_TYPE_SPECS):
        name = _TYPE_SPECS[number]
    return Argument("type_spec", items=(("", state),), type_name=name)


def _fields(state: Argument) -> tuple[tuple[str, Argument], ...]:
    """Fields of an extension type, which are stored as pairs."""
    pairs = (pair.items for _, pair in state.items if len(pair.items) == 2)
    return tuple((str(name.literal), value) for (_, name), (_, value) in pairs)
