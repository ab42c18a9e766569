"""Tensors whose values are arrays in memory, without any format."""

from __future__ import annotations

import numpy as np

from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor
from tests.support.bundle_writer import NUMBERS


class ArrayValues:
    """Values of an array, with a record of what was read: elements at a time, bytes in all."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.sizes: list[int] = []
        self.nbytes = 0

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        """Read as a format does."""
        part = self.array[region]
        self.sizes.append(part.size)
        self.nbytes += part.nbytes
        return part


def array_tensor(array: np.ndarray, dtype: str = "") -> tuple[Tensor, ArrayValues]:
    """A tensor with the values of an array, of the type of that name if it has another."""
    values = ArrayValues(array)
    name = dtype or ("string" if array.dtype == object else array.dtype.name)
    number = DTYPES[NUMBERS[name]]
    tensor = Tensor("key", "key", number, array.shape, array.nbytes, "weight", None, None, values)
    return tensor, values
