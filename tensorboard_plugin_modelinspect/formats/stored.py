"""Values as TensorFlow stores them, and as numpy has them: bytes of bools, of few bits, swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.model.dtype import DType

if TYPE_CHECKING:
    import numpy as np


def stored_array(out: np.ndarray, dtype: DType) -> np.ndarray:
    """An array for the bytes as stored: `out` itself where they are the values."""
    import numpy as np

    if dtype.is_sub_byte or dtype.name == "bool":
        return np.empty(out.shape, np.uint8)
    return out


def decode_stored(
    stored: np.ndarray, out: np.ndarray, dtype: DType, *, is_big_endian: bool
) -> None:
    """Turn stored bytes into values of this machine's byte order, in `out`."""
    import sys

    import numpy as np

    if dtype.name == "bool":
        np.not_equal(stored, 0, out=out)
    elif dtype.is_sub_byte:
        out[...] = _decode_sub_byte(stored, dtype).astype(out.dtype)
    elif is_big_endian != (sys.byteorder == "big"):
        # A complex number is two floats, each swapped by itself.
        parts = out.reshape(-1).view(
            f"u{dtype.itemsize // 2 if out.dtype.kind == 'c' else dtype.itemsize}"
        )
        parts.byteswap(inplace=True)


def _decode_sub_byte(stored: np.ndarray, dtype: DType) -> np.ndarray:
    """Numbers of the low bits of each byte; the high bits are not part of the value."""
    import numpy as np

    if dtype.name == "float4_e2m1fn":
        # numpy 1 makes an int64 of a single byte and a Python number.
        low_bits: np.ndarray = np.bitwise_and(stored, 0xF, dtype=np.uint8)
        return low_bits.view(dtype.to_numpy())
    bits = 4 if dtype.name.endswith("4") else 2
    low = (stored & ((1 << bits) - 1)).astype(np.int8)
    if dtype.name.startswith("u"):
        return low
    sign = 1 << (bits - 1)
    return (low ^ sign) - sign
