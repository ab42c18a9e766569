"""Ask the TFLite converter about ops one by one: each alone in a function, in many forms.

    .venv-tf/bin/python -m tools.portability.lite_alone OUT.json OP …

Of each op OUT gets `builtin` if some form of it converts to TFLite's own ops, else `flex` if one
converts with TensorFlow's allowed, else `refused`; nothing if no form could be made of it. A form
is a choice of shapes, of constants for what is an axis or a size, and of element types. The
converter may end the process: `crashed` stands there then; whoever calls goes on with what is left.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SHAPES = ((1, 4, 4, 3), (2, 3), (3,), (), (3, 3, 3, 3), (1, 4, 4, 4, 3), (3, 3))
_CONSTANTS: tuple[Any, ...] = (
    *(0, 1, [0], [1], [0, 1], [1, 1, 1, 1], [1, 0]),
    *([[0, 0]] * 4, [[1, 1]] * 2),
)
_LISTED = "listed"
"""Name of the first tensor of a list of two."""
_TYPES = ("float32", "int32", "string", "bool", "complex64", "int64", "float64", "uint8")
_LISTS: dict[str, tuple[list[int], ...]] = {"list(int)": ([1, 1, 1, 1], [1, 1, 1, 1, 1], [1], [])}
_MOST_TRIED = 800
_MOST_FORMS = 8


def main() -> None:
    """Ask about the ops that are named, and write after each."""
    out, ops = Path(sys.argv[1]), sys.argv[2:]
    for op in ops:
        known = json.loads(out.read_text()) if out.exists() else {}
        out.write_text(json.dumps({**known, op: "crashed"}))
        known[op] = ask(op)
        out.write_text(json.dumps(known))


def ask(op: str) -> str:
    """What the converter makes of an op; empty if no form could be made."""
    import tensorflow as tf

    functions = list(itertools.islice(_forms(op), _MOST_FORMS))
    lite = tf.lite.OpsSet
    for allowed, answer in (
        ([lite.TFLITE_BUILTINS], "builtin"),
        ([lite.TFLITE_BUILTINS, lite.SELECT_TF_OPS], "flex"),
    ):
        for function in functions:
            if _converts(function, allowed):
                return answer
    return "refused" if functions else ""


def _converts(function: Any, allowed: list[Any]) -> bool:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    converter.target_spec.supported_ops = allowed
    try:
        converter.convert()
    except Exception:  # noqa: BLE001  whatever it is, it did not convert
        return False
    return True


def _forms(op: str) -> Iterator[Any]:
    """Functions that hold the op alone, as far as shapes and types fit."""
    from tensorflow.python.framework import op_def_registry

    definition = op_def_registry.get(op)
    choices = iter(()) if definition is None else _choices(definition)
    for attributes, inputs in itertools.islice(choices, _MOST_TRIED):
        function = _trace(op, attributes, inputs)
        if function is not None:
            yield function


def _trace(op: str, attributes: dict[str, Any], inputs: dict[str, Any]) -> Any:
    import tensorflow as tf
    from tensorflow.python.framework import op_def_library

    given = {name: one for name, one in inputs.items() if isinstance(one, tf.TensorSpec)}
    lists = {name: one for name, one in given.items() if one.name == _LISTED}
    fixed = {name: one for name, one in inputs.items() if name not in given}

    def alone(**arguments: Any) -> Any:
        for name, (value, dtype, count) in fixed.items():
            constants = [tf.constant(value, dtype) for _ in range(count or 1)]
            arguments[name] = constants if count else constants[0]
        for name, spec in lists.items():
            arguments[name] = [arguments.pop(name), tf.ones(spec.shape, spec.dtype)]
        return op_def_library.apply_op(op, **attributes, **arguments)

    try:
        return tf.function(alone, autograph=False).get_concrete_function(**given)
    except Exception:  # noqa: BLE001  this choice does not fit the op
        return None


def _choices(definition: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Attributes and inputs to try; the likeliest first."""
    inferred = {one.type_attr for one in definition.input_arg}
    for types in itertools.islice(_types(definition), 4):
        given = {name: dtype for name, dtype in types.items() if name not in inferred}
        for plain in _plain(definition):
            options = [list(_values(one, types, plain)) for one in definition.input_arg]
            if not all(options) and definition.input_arg:
                continue
            names = [one.name for one in definition.input_arg]
            for chosen in itertools.product(*options):
                yield {**given, **plain}, dict(zip(names, chosen, strict=True))


def _types(definition: Any) -> Iterator[dict[str, Any]]:
    import tensorflow as tf

    wanted = [one for one in definition.attr if one.type == "type"]
    options = []
    for one in wanted:
        allowed = [tf.dtypes.as_dtype(number).name for number in one.allowed_values.list.type]
        names = [name for name in _TYPES if not allowed or name in allowed] or allowed
        if one.HasField("default_value") and one.default_value.type:
            first = tf.dtypes.as_dtype(one.default_value.type).name
            names = [first, *(name for name in names if name != first)]
        options.append([tf.dtypes.as_dtype(name) for name in names])
    for chosen in itertools.product(*options):
        yield {one.name: dtype for one, dtype in zip(wanted, chosen, strict=True)}


def _plain(definition: Any) -> Iterator[dict[str, Any]]:
    """Attributes that are no types: with their default, if they have one."""
    counts = {one.number_attr for one in definition.input_arg}
    options: dict[str, list[Any]] = {}
    for one in definition.attr:
        if one.type == "type" or one.name in counts:
            continue
        if one.HasField("default_value"):
            options[one.name] = [_default(one.default_value)]
            continue
        if one.type == "string":
            options[one.name] = [text.decode() for text in one.allowed_values.list.s] or ["a"]
        elif one.type == "int":
            options[one.name] = [1, 2]
        elif one.type in ("float", "bool", "shape"):
            options[one.name] = [{"float": 1.0, "bool": False, "shape": [2, 3]}[one.type]]
        else:
            options[one.name] = list(_LISTS.get(one.type, ()))
    for chosen in itertools.product(*options.values()):
        yield dict(zip(options, chosen, strict=True))


def _default(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "shape":
        return None if value.shape.unknown_rank else [dim.size for dim in value.shape.dim]
    if kind == "list":
        return [*value.list.i, *value.list.f, *value.list.b, *value.list.s, *value.list.type]
    return getattr(value, kind)


def _values(argument: Any, types: dict[str, Any], plain: dict[str, Any]) -> Iterator[Any]:
    """What an input may be: a tensor of some shape, or a constant where it is a whole number."""
    import tensorflow as tf

    if argument.type_list_attr or argument.is_ref:
        return
    dtype = tf.dtypes.as_dtype(argument.type) if argument.type else types.get(argument.type_attr)
    if dtype is None or dtype in (tf.resource, tf.variant):
        return
    count = 2 if argument.number_attr else 0
    is_place = dtype in (tf.int32, tf.int64) and argument.type_attr != "T"
    if is_place:
        for value in _CONSTANTS:
            yield (value, dtype, count)
    for shape in _SHAPES:
        yield tf.TensorSpec(shape, dtype, _LISTED if count else None)


if __name__ == "__main__":
    main()
