"""Which numbers a column has: what numpy finds by sorting."""

from __future__ import annotations

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.graph.distinct import find_distinct, list_distinct


@pytest.mark.parametrize(
    "numbers",
    [[], [0], [-1], [3, 3, 0, 7, 0], [-1, 5, -1, 0], [10_000, 2, 10_000, -1]],
    ids=["none", "zero", "missing", "some", "some missing", "wide"],
)
def test_as_numpy_finds_them(numbers: list[int]) -> None:
    """The same numbers and places, whether they are few or far apart."""
    column = np.array(numbers, np.int32)
    expected, places = np.unique(column, return_inverse=True)
    found, found_places = find_distinct(column)
    assert found.tolist() == list_distinct(column) == expected.tolist()
    assert found_places.tolist() == places.tolist()
