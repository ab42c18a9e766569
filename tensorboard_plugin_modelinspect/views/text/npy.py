"""A tensor as a numpy `.npy` file, made piece by piece: it may be larger than memory.

The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.errors import Unsupported
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.tensor import (
    Region,
    Tensor,
    region_shape,
    split_region,
)

if TYPE_CHECKING:
    import numpy as np

_PIECE_NBYTES = 1 << 26
"""A whole tensor up to this size comes in one piece, and so with its checksum verified."""


def npy_dtype(dtype: DType) -> np.dtype:
    """The numpy type of the file, little-endian.

    Types that numpy itself lacks are widened without loss: bfloat16 and float8 to float32, int4 and
    int2 to int8, uint4 and uint2 to uint8.

    Raises:
        Unsupported: Strings have no fixed size; variants and resources have no values.
    """
    import numpy as np

    if not dtype.is_fixed or not dtype.numpy_name:
        raise Unsupported(
            f"A tensor of type {dtype.name} cannot be written as .npy; only numbers and truth "
            "values can. Use `modelinspect tensor … --json`, or read it in Python."
        )
    own = dtype.to_numpy()
    if own.kind in "biufc" and own.isbuiltin == 1:  # float8_e5m2 calls itself "f", too
        little: np.dtype = own.newbyteorder("<")
        return little
    if "int" in dtype.name:
        return np.dtype("u1" if dtype.name.startswith("u") else "i1")
    return np.dtype("<f4")


def npy_header(tensor: Tensor, region: Region) -> bytes:
    """What stands before the values; the file has this many bytes and those of the values.

    Raises:
        Unsupported: See `npy_dtype`.
    """
    from numpy.lib import format as npy

    buffer = io.BytesIO()
    npy.write_array_header_1_0(
        buffer,
        {
            "descr": npy.dtype_to_descr(npy_dtype(tensor.dtype)),
            "fortran_order": False,
            "shape": region_shape(region),
        },
    )
    return buffer.getvalue()


def iter_npy_values(tensor: Tensor, region: Region) -> Iterator[memoryview]:
    """Yield the bytes behind the header, up to 64 MB at a time.

    Raises:
        ModelInspectError: As `Tensor.read`, between any two pieces.

    Cost: one read per piece; memory for one.
    """
    import numpy as np

    dtype = npy_dtype(tensor.dtype)
    widest = max(dtype.itemsize, tensor.dtype.itemsize)
    for part in split_region(region, max(_PIECE_NBYTES // widest, 1)):
        values = tensor.read(part).astype(dtype, copy=False)
        yield np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
