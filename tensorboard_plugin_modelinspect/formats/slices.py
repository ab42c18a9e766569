"""Boxes of partitioned variables: from stored extents, and whether they tile their tensor."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from tensorboard_plugin_modelinspect.model.pieces import Box
from tensorboard_plugin_modelinspect.model.tensor import Region

_CELLS = 64
_FREE_CELLS = 4096
"""Bound on the work of `check_cover`, in cells for each slice and for each tensor. A partitioned
variable is cut along one axis or as a grid: one cell a slice. A few slices on twenty axes make
millions."""


def resolve_box(extents: Sequence[tuple[int, int]], shape: tuple[int, ...]) -> Box | None:
    """Start and stop of `(start, length)` extents; None if they do not lie in the shape.

    A length of -1 means the whole axis, and then the start must be 0.
    """
    if len(extents) != len(shape):
        return None
    box = []
    for (start, length), size in zip(extents, shape, strict=True):
        stop = size if length == -1 else start + length
        if (length == -1 and start != 0) or not 0 <= start <= stop <= size:
            return None
        box.append((start, stop))
    return tuple(box)


def check_cover(boxes: Sequence[Box], shape: tuple[int, ...]) -> str:
    """What is wrong with the tiling of a tensor by boxes; empty if each element is covered once.

    Cost: the grid of all cut positions is walked once; it may not be much larger than `boxes`.
    """
    if 0 in shape:
        return ""
    most_cells = _FREE_CELLS + _CELLS * len(boxes)
    cuts = [
        sorted({edge for box in boxes for edge in box[axis]} | {0, size})
        for axis, size in enumerate(shape)
    ]
    cells = 1
    for axis_cuts in cuts:
        cells *= len(axis_cuts) - 1
        if cells > most_cells:
            return "too many cuts for its slices"
    covered = bytearray(cells)
    for box in boxes:
        indices = [0]
        for axis_cuts, (start, stop) in zip(cuts, box, strict=True):
            inside = range(bisect_left(axis_cuts, start), bisect_left(axis_cuts, stop))
            width = len(axis_cuts) - 1
            indices = [index * width + cell for index in indices for cell in inside]
        for index in indices:
            if covered[index]:
                return "slices that overlap"
            covered[index] = 1
    return "" if all(covered) else "slices that leave a part out"


def overlap(box: Box, region: Region) -> tuple[Region, tuple[slice, ...]] | None:
    """Where a region meets a box: slices inside the box, and slices of the region's result."""
    inside, where = [], []
    for (start, stop), axis in zip(box, region, strict=True):
        # First element of the stepped region at or behind the box's start, and the count in it.
        skipped = max(0, -(-(start - axis.start) // axis.step))
        first = axis.start + skipped * axis.step
        count = len(range(first, min(stop, axis.stop), axis.step))
        if count == 0:
            return None
        begin = first - start
        inside.append(slice(begin, begin + (count - 1) * axis.step + 1, axis.step))
        where.append(slice(skipped, skipped + count))
    return tuple(inside), tuple(where)
