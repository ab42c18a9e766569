"""Tensors whose values are in memory."""

from __future__ import annotations

from collections.abc import Iterator

import google_crc32c
import numpy as np

from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType
from tensorboard_plugin_modelinspect.model.pieces import Piece, iter_runs
from tensorboard_plugin_modelinspect.model.tensor import Region, Role, Tensor

_BY_NUMPY_NAME = {dtype.numpy_name: dtype for dtype in reversed(DTYPES.values())}


class ArrayValues:
    """Values of an array, and how much of it was read.

    Args:
        values: The array.
        piece_nbytes: Of the pieces that it gives, whatever is asked for; None: as asked.
    """

    def __init__(self, values: np.ndarray, piece_nbytes: int | None = None) -> None:
        self._values = values
        self._piece_nbytes = piece_nbytes
        self.read_nbytes = 0

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        """A copy of the region."""
        values = self._values[region].copy()
        self.read_nbytes += values.nbytes
        return values

    def iter_pieces(self, tensor: Tensor, most_nbytes: int) -> Iterator[Piece]:
        """Runs of the array."""
        box = tuple((0, size) for size in tensor.shape)
        for piece in iter_runs(self._values, box, self._piece_nbytes or most_nbytes):
            self.read_nbytes += piece.values.nbytes
            yield piece


def tensor_of(
    name: str,
    values: np.ndarray,
    *,
    role: Role = "weight",
    key: str = "",
    dtype: DType | None = None,
    piece_nbytes: int | None = None,
) -> Tensor:
    """A tensor of an array, with the checksum of its bytes; its key is its name unless given."""
    dtype = dtype or _BY_NUMPY_NAME[values.dtype.name]
    nbytes = values.size * dtype.itemsize
    crc32c = google_crc32c.value(values.tobytes()) if dtype.is_fixed else None
    handle = ArrayValues(values, piece_nbytes)
    return Tensor(key or name, name, dtype, values.shape, nbytes, role, None, crc32c, handle)
