"""Reading a region of a row-major array by position: what to read at once and what to skip."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.model.tensor import Region, region_shape
from tensorboard_plugin_modelinspect.sources.base import ByteSource

if TYPE_CHECKING:
    import numpy as np

_PAGE = 4096
"""Gaps below this are read over: a disk or page cache hands out whole pages anyway."""
_CHUNK = 8 << 20
"""Bytes held at once while a region with gaps is picked out of what was read."""


def read_strided(
    source: ByteSource, offset: int, shape: tuple[int, ...], region: Region, out: np.ndarray
) -> None:
    """Fill `out` with a region of an array stored row-major at `offset`.

    Args:
        source: Where the array lies.
        offset: Of its first element.
        shape: Of the stored array.
        region: Resolved slices, one per axis.
        out: Contiguous array of the region's shape; its itemsize is that of the stored elements.

    Cost: the region's bytes plus gaps below a page. A contiguous region is read straight into
    `out`; others pass through a buffer of about 8 MiB.
    """
    if out.size == 0:
        return
    plan = _Plan(shape, region, out.itemsize)
    rows = out.reshape(plan.outer_size, -1) if plan.outer else out.reshape(1, -1)
    for row, index in zip(rows, itertools.product(*plan.outer), strict=True):
        start = offset + plan.first + sum(index)
        if plan.is_contiguous:
            source.read_into(start, row.view("u1").data)
        else:
            _read_gappy(source, start, plan, row)


class _Plan:
    """Splits the axes: outer ones are stepped over read by read, inner ones are read together.

    Attributes:
        first: Byte offset of the region's first element.
        outer: Byte offsets along each outer axis.
        outer_size: Number of separate reads.
        inner_shape: Elements along the axes read together.
        inner_strides: Their distances in bytes.
        is_contiguous: Whether an inner read has no gap at all.
    """

    def __init__(self, shape: tuple[int, ...], region: Region, itemsize: int) -> None:
        counts = region_shape(region)
        strides = [0] * len(shape)
        stride = itemsize
        for axis in range(len(shape) - 1, -1, -1):
            strides[axis] = stride
            stride *= shape[axis]
        steps = [strides[axis] * region[axis].step for axis in range(len(shape))]
        self.first = sum(strides[axis] * region[axis].start for axis in range(len(shape)))
        split, self.is_contiguous = _split_axes(counts, steps, itemsize)
        self.outer = [
            [step * number for number in range(count)]
            for step, count in zip(steps[:split], counts[:split], strict=True)
        ]
        self.outer_size = math.prod(counts[:split])
        self.inner_shape = counts[split:]
        self.inner_strides = tuple(steps[split:])
        self.itemsize = itemsize


def _split_axes(counts: tuple[int, ...], steps: list[int], itemsize: int) -> tuple[int, bool]:
    """The first axis that is read together with those behind it, and whether they have no gap.

    Args:
        counts: Elements of the region along each axis.
        steps: Their distances in bytes.
        itemsize: Bytes of an element.
    """
    split, span = len(counts), itemsize
    is_contiguous = True
    while split > 0:
        axis = split - 1
        gap = steps[axis] - span if counts[axis] > 1 else 0
        # What is read together with gaps must be divisible into pieces of the buffer's size.
        has_gaps = gap > 0 or not is_contiguous
        if gap >= _PAGE or (has_gaps and counts[axis] > 1 and steps[axis] > _CHUNK):
            break
        is_contiguous = not has_gaps
        span += steps[axis] * (counts[axis] - 1)
        split = axis
    while split < len(counts) and counts[split] == 1:
        split += 1  # nothing to divide along these
    return split, is_contiguous


def _read_gappy(source: ByteSource, start: int, plan: _Plan, row: np.ndarray) -> None:
    """Read the inner axes with their gaps, a bounded number of bytes at a time."""
    import numpy as np

    count, step = plan.inner_shape[0], plan.inner_strides[0]
    below = sum(
        stride * (size - 1)
        for size, stride in zip(plan.inner_shape[1:], plan.inner_strides[1:], strict=True)
    )
    target = row.reshape(plan.inner_shape)
    per_read = max(1, _CHUNK // max(step, 1))
    for begin in range(0, count, per_read):
        size = min(per_read, count - begin)
        nbytes = step * (size - 1) + below + plan.itemsize
        data = source.read(start + begin * step, nbytes)
        target[begin : begin + size] = np.ndarray(
            (size, *plan.inner_shape[1:]), row.dtype, data, 0, plan.inner_strides
        )
