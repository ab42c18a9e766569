"""Boxes of partitioned tensors: inside their tensor, and each element covered once."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.formats.slices import Box, check_cover, resolve_box

SHAPES = st.lists(st.integers(1, 5), max_size=3).map(tuple)


@st.composite
def boxes_in(draw: st.DrawFn, shape: tuple[int, ...]) -> Box:
    starts = [draw(st.integers(0, size)) for size in shape]
    stops = [draw(st.integers(start, size)) for start, size in zip(starts, shape, strict=True)]
    return tuple(zip(starts, stops, strict=True))


def cover_of(boxes: list[Box], shape: tuple[int, ...]) -> np.ndarray:
    """How often each element is covered, counted one by one."""
    count = np.zeros(shape, int)
    for box in boxes:
        count[tuple(slice(start, stop) for start, stop in box)] += 1
    return count


@given(SHAPES, st.data())
def test_cover_is_checked_as_if_counted(shape: tuple[int, ...], data: st.DataObject) -> None:
    """Boxes are right exactly if every element is in one and only one of them."""
    boxes = data.draw(st.lists(boxes_in(shape), max_size=6))
    count = cover_of(boxes, shape)
    problem = check_cover(boxes, shape)
    assert (problem == "") == bool((count == 1).all())
    if problem:
        assert ("overlap" in problem) == bool((count > 1).any())


@given(SHAPES, st.data())
def test_a_tiling_without_one_box_is_noticed(shape: tuple[int, ...], data: st.DataObject) -> None:
    """A tensor cut along its axes is covered; not without a piece, and not with one twice."""
    cuts = [sorted({0, size, data.draw(st.integers(0, size))}) for size in shape]
    boxes: list[Box] = [()]
    for edges in cuts:
        boxes = [(*box, piece) for box in boxes for piece in pairwise(edges)]
    boxes = data.draw(st.permutations(boxes))
    assert check_cover(boxes, shape) == ""
    assert "leave a part out" in check_cover(boxes[1:], shape)
    assert "overlap" in check_cover([*boxes, boxes[0]], shape)


def test_tensors_without_elements_need_no_cover() -> None:
    """Nothing can be left out of nothing."""
    assert check_cover([], (3, 0)) == ""
    assert check_cover([((0, 3), (0, 0))], (3, 0)) == ""
    assert check_cover([((0, 0),)], (0,)) == ""


def test_a_thousand_slices_are_fine() -> None:
    """Large partitions along one axis, or as a grid, are checked in full."""
    rows = [((start, start + 5), (0, 7)) for start in range(0, 5000 * 5, 5)]
    assert check_cover(rows, (25000, 7)) == ""
    grid = [((a, a + 1), (b, b + 1)) for a in range(60) for b in range(60)]
    assert check_cover(grid, (60, 60)) == ""
    assert "leave a part out" in check_cover(grid[:-1], (60, 60))


def test_work_is_bounded_by_the_number_of_slices() -> None:
    """A few slices that cut every axis of many make a grid of millions of cells: refused."""
    rank = 20
    shape = (2,) * rank
    boxes = []
    for axis in range(rank):
        start = [(1, 2)] * axis + [(0, 1)] + [(0, 2)] * (rank - axis - 1)
        boxes.append(tuple(start))
    boxes.append(((1, 2),) * rank)
    assert sum(math.prod(stop - start for start, stop in box) for box in boxes) == 2**rank
    assert "too many" in check_cover(boxes, shape)


@pytest.mark.parametrize(
    ("extents", "shape", "box"),
    [
        ((), (), ()),
        (((0, -1),), (5,), ((0, 5),)),
        (((0, 5),), (5,), ((0, 5),)),
        (((2, 3), (0, -1)), (5, 4), ((2, 5), (0, 4))),
        (((5, 0),), (5,), ((5, 5),)),
        (((0, -1),), (0,), ((0, 0),)),
        (((2, 4),), (5,), None),  # behind the end
        (((6, 0),), (5,), None),
        (((-1, 2),), (5,), None),
        (((2, -1),), (5,), None),  # a whole axis starts at 0
        (((0, -2),), (5,), None),
        (((0, 1 << 62),), (5,), None),
        (((1 << 62, 1 << 62),), (5,), None),
        ((), (5,), None),  # another rank
        (((0, -1), (0, -1)), (5,), None),
    ],
)
def test_extents_become_boxes_inside_the_shape(
    extents: tuple[tuple[int, int], ...], shape: tuple[int, ...], box: Box | None
) -> None:
    """Length -1 is the whole axis; whatever does not lie in the tensor is None."""
    assert resolve_box(extents, shape) == box
