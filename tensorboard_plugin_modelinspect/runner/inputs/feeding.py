"""Values as a signature takes them: the conversions of a session's feed, and its checks.

tensorflow/python/client/session.py, `BaseSession._run`: a value becomes an array of the input's
type, as `numpy.asarray` makes it, and its shape must be one the input may have.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType
from tensorboard_plugin_modelinspect.model.signature import Shape, Signature, TensorSpec

_INT64 = DTYPES[9]


def expand_specs(signature: Signature) -> dict[str, TensorSpec]:
    """The tensors that a signature is called with, by key.

    A sparse input is three of them, as `tf.saved_model.load` names them (load_v1_in_v2.py):
    `x_indices`, `x_values`, `x_dense_shape`. Those of other composite inputs are not known here.
    """
    specs = {}
    for spec in signature.inputs:
        if spec.encoding == "sparse":
            rank = None if spec.shape is None else len(spec.shape)
            parts: tuple[tuple[str, DType, Shape], ...] = (
                ("indices", _INT64, (None, rank)),
                ("values", spec.dtype, (None,)),
                ("dense_shape", _INT64, (rank,)),
            )
            for part, dtype, shape in parts:
                key = f"{spec.key}_{part}"
                specs[key] = TensorSpec(key, dtype, shape, spec.name)
        elif spec.encoding == "dense":
            specs[spec.key] = spec
    return specs


def feed(signature: Signature, values: Mapping[str, object]) -> dict[str, np.ndarray]:
    """Convert values to what `Call.inputs` takes.

    Args:
        signature: What is called.
        values: By key: arrays, numbers, strings, or nested lists of them.

    Raises:
        BadRequest: A key is none of the signature's, or its value cannot become such a tensor.
    """
    specs = expand_specs(signature)
    has_others = any(spec.encoding == "composite" for spec in signature.inputs)
    inputs = {}
    for key, value in values.items():
        spec = specs.get(key)
        if spec is not None:
            inputs[key] = _convert(spec, value)
        elif has_others:
            inputs[key] = np.asarray(value)
        else:
            known = '"' + '", "'.join(specs) + '"'
            raise BadRequest(f'"{key}" is not a valid input key. Please choose from {known}.')
    return inputs


def find_missing(signature: Signature, values: Mapping[str, object]) -> tuple[str, ...]:
    """Inputs without a value and without a default that is stored."""
    return tuple(
        key
        for key, spec in expand_specs(signature).items()
        if key not in values and not spec.has_default
    )


def _convert(spec: TensorSpec, value: object) -> np.ndarray:
    if not spec.dtype.numpy_name:
        raise BadRequest(f'The input "{spec.key}" is a {spec.dtype.name}: no value can be given.')
    target = spec.dtype.to_numpy()
    try:
        array = np.asarray(value, target)
        if type(value) is int and int(array) != value:
            raise OverflowError
    except (ValueError, TypeError, OverflowError):
        raise BadRequest(
            f'The input "{spec.key}" takes {spec.dtype.name}: {_describe(value)} cannot be made'
            " into that."
        ) from None
    if not _fits(array.shape, spec.shape):
        wanted = _describe_shape(spec.shape)
        raise BadRequest(
            f'The input "{spec.key}" takes the shape {wanted}, not {_describe_shape(array.shape)}.'
        )
    if target.kind == "O":
        _check_strings(spec.key, array)
    return array


def _check_strings(key: str, array: np.ndarray) -> None:
    for item in array.flat:
        if not isinstance(item, str | bytes):
            raise BadRequest(
                f'The input "{key}" takes strings, not {_describe(item)}: write text in quotes.'
            )


def _fits(shape: tuple[int, ...], wanted: Shape) -> bool:
    if wanted is None:
        return True
    return len(shape) == len(wanted) and all(
        size in (None, given) for given, size in zip(shape, wanted, strict=True)
    )


def _describe_shape(shape: Shape) -> str:
    if shape is None:
        return "of any rank"
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"


def _describe(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype.name} {_describe_shape(value.shape)}"
    if isinstance(value, list | tuple):
        return "a list whose parts differ in length or type"
    return f"{type(value).__name__} {str(value)[:40]!r}"
