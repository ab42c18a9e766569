"""The checksum of a partitioned tensor, from those of its slices."""

from __future__ import annotations

import math

from tensorboard_plugin_modelinspect.codecs.crc32c import unmask
from tensorboard_plugin_modelinspect.codecs.crc32c_algebra import join_crc32c
from tensorboard_plugin_modelinspect.formats.bundle_entries import Parts
from tensorboard_plugin_modelinspect.model.pieces import Box


def join_parts(parts: Parts, shape: tuple[int, ...]) -> int | None:
    """Checksum, not masked, of the whole tensor's bytes in row-major order.

    None if they are not those of the slices one after the other: partitioners cut the first axis,
    and then they are; along another axis the rows of the slices alternate.
    """
    placed = [(_start(box, shape), box, extent) for box, extent in parts]
    if any(start is None for start, _, _ in placed):
        return None
    joined = reached = 0
    for start, box, extent in sorted(placed):
        if start != reached:
            return None
        reached += math.prod(stop - start for start, stop in box)
        joined = join_crc32c(joined, unmask(extent.masked_crc32c), extent.nbytes)
    return joined if reached == math.prod(shape) else None


def _start(box: Box, shape: tuple[int, ...]) -> int | None:
    """Row-major place of the first element of a box; None if its elements are not one run."""
    is_run, place = True, 0
    for (start, stop), size in zip(box, shape, strict=True):
        place = place * size + start
        # Behind an axis of which the box has several, it must have all of the others.
        if (start, stop) != (0, size) and not is_run:
            return None
        is_run = is_run and stop - start == 1
    return place
