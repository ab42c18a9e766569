"""A tensor's values one run after the other, so that a pass over them takes little memory."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast, runtime_checkable

from tensorboard_plugin_modelinspect.errors import Unsupported
from tensorboard_plugin_modelinspect.model.tensor import (
    Tensor,
    region_shape,
    resolve_region,
    split_region,
)

if TYPE_CHECKING:
    import numpy as np

PIECE_NBYTES = 4 << 20
"""Bytes of a piece: enough that Python around it costs nothing, few enough for many at a time."""

Box = tuple[tuple[int, int], ...]
"""Start and stop on each axis."""


class Piece(NamedTuple):
    """A run of elements.

    Attributes:
        values: One axis, in the tensor's own dtype; owned by the caller.
        box: The part of the tensor that the run lies in: all of it, or one stored slice.
        start: Place of the first element in that part, counted row-major.
    """

    values: np.ndarray
    box: Box
    start: int

    def coordinate(self, index: int) -> tuple[int, ...]:
        """Place in the tensor of `values[index]`."""
        rest, place = self.start + index, []
        for start, stop in reversed(self.box):
            rest, inside = divmod(rest, stop - start)
            place.append(start + inside)
        return tuple(reversed(place))


@runtime_checkable
class PieceValues(Protocol):
    """What a format supplies where regions, one after the other, would be a poor way to read."""

    def iter_pieces(self, tensor: Tensor, most_nbytes: int) -> Iterator[Piece]:
        """All elements, each once; whatever checksum there is is verified at the end."""


def iter_pieces(tensor: Tensor, most_nbytes: int = PIECE_NBYTES) -> Iterator[Piece]:
    """Read a whole tensor in runs of about `most_nbytes` bytes or less.

    Raises:
        FormatError: The file does not hold what it declares; a checksum that is wrong is known
            after the last piece.
        Unsupported: The dtype has no values (variant, resource, unknown).

    Cost: reads every byte once; a few pieces are held at a time.
    """
    if not tensor.dtype.numpy_name:
        raise Unsupported(
            f'Tensor "{tensor.key}" is of type {tensor.dtype.name}: values cannot be shown.'
        )
    if _has_pieces(type(tensor.values)):
        return cast(PieceValues, tensor.values).iter_pieces(tensor, most_nbytes)
    return iter_region_pieces(tensor, most_nbytes)


@functools.cache
def _has_pieces(kind: type) -> bool:
    """Kept: asking a protocol takes as long as reading a small tensor."""
    return issubclass(kind, PieceValues)


def iter_region_pieces(tensor: Tensor, most_nbytes: int = PIECE_NBYTES) -> Iterator[Piece]:
    """The same by reading region after region; the pieces follow from the shape alone.

    No checksum is verified but of a tensor that is one piece.
    """
    box = tuple((0, size) for size in tensor.shape)
    start = 0
    most = max(1, most_nbytes // (tensor.dtype.itemsize or 16))
    for region in split_region(resolve_region((), tensor.shape), most):
        # Not by a name: while it waits this frame would hold on to the values.
        yield Piece(tensor.read(region).reshape(-1), box, start)
        start += math.prod(region_shape(region))


def iter_runs(values: np.ndarray, box: Box, most_nbytes: int) -> Iterator[Piece]:
    """Pieces of what is in memory already: all elements of `box`, as views."""
    flat = values.reshape(-1)
    most = max(1, most_nbytes // max(flat.itemsize, 1))
    for start in range(0, flat.size, most):
        yield Piece(flat[start : start + most], box, start)
