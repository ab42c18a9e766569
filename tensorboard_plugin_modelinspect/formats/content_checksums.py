"""Checksums that no file stores: of values that are read, and of what fresh tensors hold.

All are CRC-32C, not masked, of the bytes that a tensor bundle would hold (`WriteTensor` in
tensorflow/core/util/tensor_bundle/tensor_bundle.cc): row-major, little-endian, a byte for a bool.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c
from tensorboard_plugin_modelinspect.codecs.crc32c_algebra import join_crc32c, repeat_crc32c
from tensorboard_plugin_modelinspect.errors import Unsupported
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.pieces import iter_region_pieces
from tensorboard_plugin_modelinspect.model.tensor import Tensor

if TYPE_CHECKING:
    import numpy as np

WHOLE_FILLS = (0, 1, -1)
FILLS = (*WHOLE_FILLS, -0.0, 2, 0.5, 0.25, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6)
"""What initializers, and those who choose a constant, fill tensors with."""
NOT_FINITE = (math.inf, -math.inf, math.nan, -math.nan)
"""What a diverged training fills them with."""


def can_checksum(dtype: DType) -> bool:
    """Whether values of a type have but one form in a bundle.

    Elements of few bits take a byte each, and nothing says what the other bits are.
    """
    return dtype.is_fixed and bool(dtype.numpy_name) and not dtype.is_sub_byte


def read_crc32c(tensor: Tensor, note: Callable[[int], None]) -> int:
    """The checksum of all values.

    Args:
        tensor: Of a type that `can_checksum`.
        note: Called with the bytes of each piece; what it raises ends the reading.

    Raises:
        FormatError: The file does not hold what it declares.
        Unsupported: The values cannot be read, or have no one form.

    Cost: reads every byte once; a few megabytes are held at a time.
    """
    if not can_checksum(tensor.dtype):
        raise Unsupported(f'Tensor "{tensor.key}" is of type {tensor.dtype.name}: not compared.')
    crc = 0
    for piece in iter_region_pieces(tensor):
        crc = crc32c(_stored(piece.values, tensor.dtype), crc)
        note(piece.values.nbytes)
    return crc


def _stored(values: np.ndarray, dtype: DType) -> np.ndarray:
    """The bytes of values, with one axis, as a bundle has them."""
    octets = values.reshape(-1).view("u1")
    if sys.byteorder == "big" and dtype.itemsize > 1:
        # A complex number is two floats, each swapped by itself.
        parts = 2 if dtype.name.startswith("complex") else 1
        octets = octets.view(f"u{dtype.itemsize // parts}").byteswap().view("u1")
    return octets


def constant_checksums(dtype: DType, shape: tuple[int, ...]) -> frozenset[int]:
    """Checksums of tensors that many models hold: one value all over, and fresh biases of an LSTM.

    Nothing is written out; see `FILLS` for the values. Cost: 3 ms at most.
    """
    if not can_checksum(dtype):
        return frozenset()
    size = math.prod(shape)
    patterns = list(_iter_patterns(dtype))
    found = {repeat_crc32c(pattern, size) for pattern in patterns}
    if len(shape) == 1 and size % 4 == 0:
        found.add(_forget_bias(patterns[0], patterns[1], size // 4))
    return frozenset(found)


def _iter_patterns(dtype: DType) -> Iterator[bytes]:
    """The bytes of one element of each fill: zero, one and the others."""
    import numpy as np

    kind = dtype.to_numpy()
    for number in WHOLE_FILLS if dtype.is_integer else (*FILLS, *NOT_FINITE):
        with np.errstate(all="ignore"):  # not every type has every value
            yield _stored(np.asarray([number]).astype(kind), dtype).tobytes()


def _forget_bias(zero: bytes, one: bytes, units: int) -> int:
    """Of keras.layers.LSTM (`unit_forget_bias`): ones for the second gate of four, else zeros."""
    nbytes = units * len(zero)
    gates = join_crc32c(repeat_crc32c(zero, units), repeat_crc32c(one, units), nbytes)
    return join_crc32c(gates, repeat_crc32c(zero, 2 * units), 2 * nbytes)
