"""A tensor: what is known of it for free, and a handle to its values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from tensorboard_plugin_modelinspect.errors import BadRequest, Unsupported
from tensorboard_plugin_modelinspect.model.dtype import DType

if TYPE_CHECKING:
    import numpy as np

Role = Literal["weight", "state", "optimizer", "counter", "table", "metadata"]
ROLES: tuple[Role, ...] = ("weight", "state", "optimizer", "counter", "table", "metadata")

Region = tuple[slice, ...]
"""One slice per axis, resolved: `0 <= start <= stop <= size`, step 1 or more, no None."""


class TensorValues(Protocol):
    """What a format supplies so that values can be read; one object serves many tensors."""

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        """Read the elements of `region` and nothing else."""


class Tensor(NamedTuple):
    """One tensor of an artifact. Costs no I/O but for `read`.

    Attributes:
        key: Its name in the file, as stored.
        name: Readable name, e.g. `sequential/dense/kernel`.
        dtype: Element type.
        shape: Sizes of the axes; `()` for a scalar.
        nbytes: Bytes its values take in the file, aliases included.
        role: What it is for.
        alias_of: Key of the tensor this one repeats, or None.
        crc32c: Checksum of its stored bytes as stored (masked), None where there is none for
            the whole tensor. Equal type, shape, size and checksum mean equal content.
        values: Handle of the format that holds the values.
    """

    key: str
    name: str
    dtype: DType
    shape: tuple[int, ...]
    nbytes: int
    role: Role
    alias_of: str | None
    crc32c: int | None
    values: TensorValues

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    def read(self, region: Sequence[slice] | None = None) -> np.ndarray:
        """Read values, all of them or those of a region.

        Args:
            region: One slice per leading axis, numpy's meaning, steps of 1 or more. Missing axes
                are taken whole. None reads everything and checks the stored checksum.

        Returns:
            Array in the tensor's own dtype (strings: object array of `bytes`), owned by the caller.

        Raises:
            BadRequest: More slices than axes, or a step below 1.
            FormatError: The file does not hold what it declares.
            Unsupported: The dtype has no values (variant, resource, unknown).

        Cost: reads the bytes of the region, plus gaps below a page between them.
        """
        if not self.dtype.numpy_name:
            raise Unsupported(
                f'Tensor "{self.key}" is of type {self.dtype.name}: values cannot be shown.'
            )
        return self.values.read_region(self, resolve_region(region or (), self.shape))

    def read_rows(self, start: int, stop: int) -> np.ndarray:
        """Read rows `[start, stop)` of the first axis; the rest as `read`."""
        return self.read((slice(start, stop),))


def resolve_region(region: Sequence[slice], shape: tuple[int, ...]) -> Region:
    """Complete a region: one slice per axis, clipped to the shape.

    Raises:
        BadRequest: More slices than axes, or a step below 1.
    """
    if len(region) > len(shape):
        raise BadRequest(f"{len(region)} slices for a tensor of {len(shape)} axes.")
    resolved = []
    for axis, size in enumerate(shape):
        asked = region[axis] if axis < len(region) else slice(None)
        if asked.step is not None and asked.step < 1:
            raise BadRequest(f"Axis {axis}: a step of {asked.step}; steps are 1 or more.")
        start, stop, step = asked.indices(size)
        resolved.append(slice(start, max(start, stop), step))
    return tuple(resolved)


def region_shape(region: Region) -> tuple[int, ...]:
    """Shape of what reading a resolved region gives."""
    return tuple(len(range(axis.start, axis.stop, axis.step)) for axis in region)


def split_region(region: Region, limit: int) -> Iterator[Region]:
    """Yield parts of at most `limit` elements; joined in C order they are the region.

    Cost: a part at a time is worked out, however many there will be.
    """
    size = math.prod(region_shape(region))
    if size <= limit:
        if size:
            yield region
        return
    first, *rest = region
    indices = range(first.start, first.stop, first.step)
    row_size = size // len(indices)
    count = max(limit // row_size, 1)
    for start in range(0, len(indices), count):
        run = indices[start : start + count]
        for tail in split_region(tuple(rest), limit) if row_size > limit else (tuple(rest),):
            yield (slice(run.start, run.stop, run.step), *tail)
