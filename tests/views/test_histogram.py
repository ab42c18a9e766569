"""Histograms as characters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.analyses.stats import Histogram, compute_stats
from tensorboard_plugin_modelinspect.views.text.histogram import (
    BLOCKS,
    LINE_WIDTH,
    PLAIN,
    ROW_COUNT,
    can_draw_blocks,
    draw_line,
    draw_rows,
    spread,
)
from tests.support.tensors import tensor_of

EMPTY = Histogram((), ())


def even(*counts: int) -> Histogram:
    """A histogram of bins of size one."""
    return Histogram(tuple(map(float, range(len(counts) + 1))), counts)


def test_a_line_shows_the_shape() -> None:
    """The fullest is highest, little is something, nothing is a space; ends are where they are."""
    drawn = draw_line(even(1, 0, *(1000,) * 12, 500, 1))
    assert drawn == "▁ ████████████▅▁"
    assert draw_line(even(1, 0, *(1000,) * 12, 500, 1), PLAIN) == ". @@@@@@@@@@@@+."


def test_nothing_is_an_empty_line() -> None:
    """Without a finite value there is nothing to draw, and one value is one block."""
    assert draw_line(EMPTY) == ""
    assert list(draw_rows(EMPTY, "#")) == []
    assert draw_line(Histogram((2.0, 2.0), (7,))) == "█"
    assert list(draw_rows(Histogram((2.0, 2.0), (7,)), "#")) == [("[2, 2]", "7", "#" * 40)]


@pytest.mark.parametrize(
    "values",
    [
        [-1.79e308, 1.79e308],
        [0.0, 5e-324],
        [-5e-324, 5e-324, 0.0],
        list(range(100)),
        [float("nan"), 1.0, 2.0],
    ],
)
def test_every_value_is_drawn(values: list[float]) -> None:
    """No value is lost between bins, cells and rows, however wide or narrow the range is."""
    stats = compute_stats(tensor_of("w", np.array(values)))
    assert sum(spread(stats.histogram, LINE_WIDTH)) == stats.finite
    rows = list(draw_rows(stats.histogram, "#"))
    assert sum(int(count.replace(",", "")) for _, count, _ in rows) == stats.finite
    assert len(rows) <= ROW_COUNT
    assert all(bool(bar) == (count != "0") for _, count, bar in rows)
    assert rows[-1][0].endswith("]")
    assert all(place.endswith(")") for place, _, _ in rows[:-1])


@given(st.lists(st.integers(0, 10**12), min_size=2, max_size=64))
def test_lines_are_of_one_width(counts: list[int]) -> None:
    """A column of them lines up."""
    assert len(draw_line(even(*counts))) == LINE_WIDTH


@pytest.mark.parametrize(
    ("encoding", "can"),
    [("utf-8", True), ("UTF-8", True), ("ascii", False), ("latin-1", False), ("cp1252", False),
     (None, False), ("no such one", False)],
)  # fmt: skip
def test_what_a_terminal_can_show(encoding: str | None, can: bool) -> None:
    """Whoever cannot print the blocks gets letters of ASCII, and never an error."""
    assert can_draw_blocks(encoding) == can
    assert PLAIN.isascii()
    assert len(PLAIN) == len(BLOCKS)
