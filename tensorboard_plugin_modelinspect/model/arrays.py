"""Arrays in memory as tensors, so that all that shows tensors shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor

if TYPE_CHECKING:
    import numpy as np

_BY_NAME = {dtype.name: dtype for dtype in DTYPES.values()}


def dtype_named(name: str) -> DType:
    """A type by what `tf.DType.name` says; one that is not known has no values."""
    return _BY_NAME.get(name) or DType(0, name, 0, "")


class ArrayValues:
    """An array as a handle to values."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def read_region(self, _tensor: Tensor, region: Region) -> np.ndarray:
        """Copy the elements of a region."""
        copied: np.ndarray = self._array[region].copy()
        return copied


def tensor_of(key: str, dtype: DType, array: np.ndarray) -> Tensor:
    """An array as a tensor that belongs to no file.

    Args:
        key: What to call it.
        dtype: What TensorFlow calls its type.
        array: In `dtype.to_numpy()`; strings as objects, `bytes`. It is not copied.
    """
    nbytes = array.nbytes
    if array.dtype.kind == "O":
        nbytes = sum(len(item) for item in array.reshape(-1))
    return Tensor(
        key=key,
        name=key,
        dtype=dtype,
        shape=array.shape,
        nbytes=nbytes,
        role="state",
        alias_of=None,
        crc32c=None,
        values=ArrayValues(array),
    )
