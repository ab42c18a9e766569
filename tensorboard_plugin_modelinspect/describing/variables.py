"""What a live variable says of itself, whichever library it is of."""

from __future__ import annotations

from typing import Any

_DTYPES = {"str": "string", "object": "string"}


def is_variable(found: Any) -> bool:
    """Whether an object is a variable: it has values of a type and a shape that can be assigned."""
    return (
        hasattr(found, "assign") and hasattr(found, "dtype") and hasattr(found, "shape")
    ) and not hasattr(found, "layers")


def name_of(variable: Any) -> str:
    """What a person calls it: `dense/kernel`."""
    path = getattr(variable, "path", None)
    name = path if isinstance(path, str) and path else getattr(variable, "name", "")
    return str(name).removesuffix(":0")


def full_name_of(variable: Any) -> str:
    """What a restore by name asks for; empty if it cannot ask for this variable.

    tensorflow/python/checkpoint/util.py, `get_full_name`. Variables of Keras 3 give the old
    `Saver` nothing to ask for.
    """
    gather = getattr(variable, "_gather_saveables_for_checkpoint", None)
    if gather is None or not gather():
        return ""
    part = getattr(variable, "_save_slice_info", None)
    name = part.full_name if part is not None else getattr(variable, "_shared_name", "")
    return str(name)


def dtype_of(found: Any) -> str:
    """Name of the element type, as TensorFlow has it."""
    dtype = getattr(found, "dtype", "")
    base = getattr(dtype, "base_dtype", dtype)
    name = str(getattr(base, "name", base))
    return _DTYPES.get(name, name)


def shape_of(found: Any) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """Sizes of the axes as they are now, and which axes may change; None for all of them."""
    shape = getattr(found, "shape", ())
    rank = getattr(shape, "rank", len(shape) if not hasattr(shape, "rank") else None)
    free: tuple[int, ...] | None = None
    if rank is not None:
        free = tuple(axis for axis in range(rank) if _size(shape[axis]) is None)
        if not free:
            return tuple(_size(size) or 0 for size in shape), ()
    return tuple(int(size) for size in values_of(found).shape), free


def _size(size: Any) -> int | None:
    value = getattr(size, "value", size)  # `Dimension` of TF1
    return None if value is None else int(value)


def values_of(variable: Any) -> Any:
    """Its values as a numpy array. Cost: a copy of them."""
    import numpy as np

    numpy = getattr(variable, "numpy", None)
    return np.asarray(numpy() if callable(numpy) else variable)


def is_trained(variable: Any) -> bool:
    """Whether it is trained."""
    return bool(getattr(variable, "trainable", False))
