"""The likeliest classes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import floats, integers, tuples

from tensorboard_plugin_modelinspect.analyses.top import find_top

SHAPES = tuples(integers(0, 3), integers(1, 6))


@given(arrays(np.float32, SHAPES, elements=floats(width=32)), integers(1, 8))
def test_the_largest_come_first(scores, count):
    """As many as asked for, none twice, none that is left out is larger, NaN last."""
    top = find_top(scores, count)
    assert top.shape == (len(scores), min(count, scores.shape[1]))
    for row, places in zip(np.where(np.isnan(scores), -np.inf, scores), top.tolist(), strict=True):
        picked = row[places]
        assert len(set(places)) == len(places)
        assert (picked[:-1] >= picked[1:]).all()
        rest = np.delete(row, places)
        assert not rest.size or rest.max() <= picked.min()


def test_equal_ones_keep_their_order():
    """Of equal values the first; NaN behind minus infinity; all leading axes are rows."""
    scores = np.array([[[1, 2, 2, np.nan, -np.inf]], [[0, 0, 0, 0, 0]]], np.float32)
    assert find_top(scores, 5).tolist() == [[1, 2, 0, 4, 3], [0, 1, 2, 3, 4]]
