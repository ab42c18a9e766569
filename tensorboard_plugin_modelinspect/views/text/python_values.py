"""Arguments of functions as Python prints them: `str` and `repr` of what TensorFlow loads.

How its classes print themselves is in tensorflow/python/framework/{tensor, tensor_shape, dtypes,
type_spec, extension_type}.py, ops/resource_variable_ops.py and ops/ragged/{row_partition,
dynamic_ragged_shape}.py.
"""

from __future__ import annotations

from collections.abc import Iterable

from tensorboard_plugin_modelinspect.model.function import Argument
from tensorboard_plugin_modelinspect.model.signature import Shape

_IMPORTED = ("StructuredTensor", "DynamicRaggedShape", "WeakTensor")
"""Extension types that come with TensorFlow; of any other one it does not know the class."""
_ANONYMOUS = "AnonymousExtensionTypeSpec"
_CLASSES = {"tensor": "TensorSpec", "shape": "TensorShape", "dtype": "DType", "array": "ndarray"}
_VARIABLE_PARTS = ("shape", "dtype", "trainable", "alias_id")
_VARIABLE_DEFAULTS = ("<unknown>", "tf.float32", "True", "None")
_ROW_PARTS = ("nrows", "nvals", "uniform_row_length", "dtype")
_BRACKETS = {"list": ("[", "]"), "tuple": ("(", ")"), "dict": ("{", "}")}


def describe_class(argument: Argument) -> str:
    """What Python calls the class of the value."""
    name = argument.type_name
    if argument.kind == "literal":
        return type(argument.literal).__name__
    if argument.kind == "extension_type":
        name = name.removeprefix("tf.")
        return name if name.removesuffix(".Spec") in _IMPORTED else _ANONYMOUS
    return name.rsplit(".", 1)[-1] or _CLASSES.get(argument.kind, argument.kind)


def describe_str(argument: Argument) -> str:
    """`str` of the value."""
    if argument.kind == "literal":
        return str(argument.literal)
    if argument.kind == "dtype":
        return f"<dtype: '{_dtype_name(argument)}'>"
    if argument.kind == "shape":
        return _describe_shape(argument.shape)
    return describe_repr(argument)


def describe_repr(argument: Argument) -> str:
    """`repr` of the value; of a constant, which TensorFlow prints in full, type and shape."""
    kind = argument.kind
    if kind == "literal":
        return repr(argument.literal)
    if kind == "dtype":
        return f"tf.{_dtype_name(argument)}"
    if kind == "shape":
        return f"TensorShape({None if argument.shape is None else list(argument.shape)})"
    if kind in _BRACKETS:
        return _bracketed(argument)
    if kind == "type_spec":
        return _describe_type_spec(argument)
    if kind in ("named_tuple", "extension_type"):
        return _describe_fields(argument)
    if kind == "unknown":
        return "<unknown>"
    shape = _describe_shape(argument.shape)
    if kind == "array":
        return f"<array: shape={shape}, dtype={_dtype_name(argument)}>"
    name = argument.name or None
    return f"TensorSpec(shape={shape}, dtype=tf.{_dtype_name(argument)}, name={name!r})"


def _dtype_name(argument: Argument) -> str:
    return argument.dtype.name if argument.dtype else "invalid"


def _describe_shape(shape: Shape) -> str:
    return "<unknown>" if shape is None else str(shape)


def _bracketed(argument: Argument) -> str:
    opening, closing = _BRACKETS[argument.kind]
    items = [describe_repr(item) for _, item in argument.items]
    if argument.kind == "dict":
        keys = (key for key, _ in argument.items)
        items = [f"{key!r}: {item}" for key, item in zip(keys, items, strict=True)]
    comma = "," if argument.kind == "tuple" and len(items) == 1 else ""
    return f"{opening}{', '.join(items)}{comma}{closing}"


def _describe_fields(argument: Argument) -> str:
    name = describe_class(argument)
    if name == "DynamicRaggedShape.Spec":
        fields = dict(argument.items)
        dtype = _dtype_name(fields.get("_inner_shape", argument))
        shown = [
            f"{key}={describe_repr(fields[f'_{key}'])}"
            for key in ("row_partitions", "static_inner_shape")
            if f"_{key}" in fields
        ]
        return f"{name}({', '.join(shown)}, dtype=tf.{dtype})"
    return _named(name, ((key, describe_repr(item)) for key, item in argument.items))


def _describe_type_spec(argument: Argument) -> str:
    """Class and state; two classes name the parts of the state."""
    name = describe_class(argument)
    ((_, state),) = argument.items
    parts = [part for _, part in state.items]
    if name == "VariableSpec":  # old versions stored fewer parts
        texts = [_describe_part(part) for part in parts] + [*_VARIABLE_DEFAULTS[len(parts) :]]
        return _named(name, zip(_VARIABLE_PARTS, texts, strict=False))
    if name == "RowPartitionSpec":
        sizes = [str(part.shape[0] if part.shape else None) for part in parts[:3]]
        texts = sizes + [describe_repr(part) for part in parts[3:]]
        return _named(name, zip(_ROW_PARTS, texts, strict=False))
    return f"{name}{describe_repr(state)}"


def _describe_part(argument: Argument) -> str:
    return describe_str(argument) if argument.kind == "shape" else describe_repr(argument)


def _named(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    return f"{name}({', '.join(f'{key}={text}' for key, text in pairs)})"
