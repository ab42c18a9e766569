"""Boxes in ranks."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.analyses.graph.layered import lay_out, rank_boxes

SIZE = (40.0, 20.0)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    """Sizes of some boxes, and lines between them, also in circles."""
    count = draw(st.integers(0, 12))
    sides = st.floats(1, 300)
    sizes = draw(st.lists(st.tuples(sides, sides), min_size=count, max_size=count))
    pairs = [(a, b) for a in range(count) for b in range(count) if a != b]
    lines = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=20)) if pairs else []
    return sizes, lines


@given(graphs())
def test_boxes_stand_apart_and_within(graph) -> None:
    """Whatever is joined: no box covers another one, and all are in the picture."""
    sizes, lines = graph
    layout = lay_out(sizes, lines)
    frames = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(layout.corners, sizes, strict=True)]
    for left, top, right, bottom in frames:
        assert min(left, top) >= -0.01
        assert right <= layout.width + 0.01
        assert bottom <= layout.height + 0.01
    for one, other in combinations(frames, 2):
        assert (
            one[2] <= other[0] + 0.01
            or other[2] <= one[0] + 0.01
            or one[3] <= other[1] + 0.01
            or other[3] <= one[1] + 0.01
        )


@given(graphs())
def test_lines_lead_down_where_there_is_no_circle(graph) -> None:
    """From the lower side of a box by its bends, each no higher than the one before."""
    sizes, lines = graph
    lines = [(a, b) for a, b in lines if a < b]
    layout = lay_out(sizes, lines)
    for (source, target), bends in zip(lines, layout.bends, strict=True):
        start = layout.corners[source][1] + sizes[source][1]
        heights = [start, *(y for _, y in bends), layout.corners[target][1]]
        assert heights == pytest.approx(sorted(heights))
        assert layout.corners[target][1] > start


def test_crossings_are_undone() -> None:
    """Two pairs that could cross do not."""
    layout = lay_out([SIZE] * 4, [(0, 3), (1, 2)])
    left_first = layout.corners[0] < layout.corners[1]
    assert (layout.corners[3] < layout.corners[2]) is left_first


def test_what_crosses_least_is_kept() -> None:
    """A walk from above begins with a crossing here, and the medians end it."""
    lines = [(0, 3), (1, 4), (2, 3)]
    layout = lay_out([SIZE] * 5, lines)
    ends = [(layout.corners[a][0], layout.corners[b][0]) for a, b in lines]
    for (top, bottom), (other_top, other_bottom) in combinations(ends, 2):
        assert (top - other_top) * (bottom - other_bottom) >= 0


def test_a_line_goes_around_what_it_passes() -> None:
    """A long line has its bends beside the boxes of the ranks between."""
    layout = lay_out([SIZE] * 3, [(0, 1), (1, 2), (0, 2)])
    assert len(layout.bends[2]) == 2
    left = layout.corners[1][0]
    assert all(x <= left or x >= left + SIZE[0] for x, _ in layout.bends[2])


def test_ways_in_and_out_are_first_and_last() -> None:
    """Whatever is joined to them, and however long the way is."""
    ports = [(2.0, 0.0)] * 2
    layout = lay_out([SIZE] * 3 + ports, [(0, 1), (1, 2), (3, 2), (0, 4)], 3, 4)
    heights = [y for _, y in layout.corners]
    assert heights[3] < heights[1] < heights[2] < heights[4]


def test_ranks_of_a_circle() -> None:
    """The line that closes it does not count."""
    assert rank_boxes(3, [(0, 1), (1, 2), (2, 0)]) == [0, 1, 2]


def test_nothing_to_lay_out() -> None:
    """Has no size."""
    layout = lay_out([], [])
    assert (layout.width, layout.height) == (0, 0)
