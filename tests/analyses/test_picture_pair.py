"""Pictures of two tensors and their difference: the same cells, each what numpy makes of it."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses import picture_pair
from tensorboard_plugin_modelinspect.analyses.picture import PictureRequest
from tensorboard_plugin_modelinspect.analyses.picture_cells import compute_picture
from tensorboard_plugin_modelinspect.analyses.picture_pair import (
    PairPictures,
    compute_pair_pictures,
    subtract,
)
from tensorboard_plugin_modelinspect.errors import BadRequest, Unsupported
from tensorboard_plugin_modelinspect.model.tensor import resolve_region
from tests.support.array_tensor import array_tensor

ODD = np.array([1.0, np.nan, np.inf, -np.inf])
RANDOM = np.random.default_rng(5)


def pictures_of(before: np.ndarray, after: np.ndarray, **more: Any) -> PairPictures:
    """Pictures of two whole arrays."""
    request = PictureRequest(resolve_region((), after.shape), (0, 1), **more)
    return compute_pair_pictures(array_tensor(before)[0], array_tensor(after)[0], request)


@pytest.mark.parametrize("method", ["mean", "absmax"])
def test_cells_are_those_of_each_and_of_the_differences(monkeypatch, method) -> None:
    """Whatever the pieces are: a cell of the difference is made of differences, not of cells."""
    before, after = RANDOM.normal(size=(2, 37, 23)).astype(np.float32)
    monkeypatch.setattr(picture_pair, "PIECE_SIZE", 64)
    made = pictures_of(before, after, height=8, width=6, method=method)
    request = PictureRequest(resolve_region((), (37, 23)), (0, 1), 8, 6, method)
    deltas = after.astype(np.float64) - before.astype(np.float64)
    for picture, array in zip(made, (before, after, deltas), strict=True):
        alone = compute_picture(array_tensor(array)[0], request)
        assert picture.plan.grains == alone.plan.grains
        np.testing.assert_allclose(picture.cells, alone.cells, rtol=1e-12, atol=1e-15)


def test_types_may_differ() -> None:
    """bfloat16 beside float64: both as numbers, in the cells that the wider one allows."""
    before = np.array([[1.0, 2.0]]).astype(ml_dtypes.bfloat16)
    made = pictures_of(before, np.array([[1.5, -2.0]]))
    assert made.difference.cells.ravel().tolist() == [0.5, -4.0]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (ODD, ODD.copy(), [0] * 4),
        (ODD, ODD[::-1].copy(), [-np.inf, np.nan, np.nan, np.inf]),
        (ODD, np.ones(4), [0, np.nan, -np.inf, np.inf]),
        (np.array([2**60 + 1]), np.array([2**60]), [-1]),
        (np.array([2**63], np.uint64), np.array([2**63 + 3], np.uint64), [3]),
        (np.array([True, False]), np.array([False, False]), [-1, 0]),
        (np.array([1, 2], np.int8), np.array([-128, 127], np.int8), [-129, 125]),
        (np.array([3 + 4j]), np.array([0j]), [-3 - 4j]),
        (np.array(5, np.int64), np.array(7, np.int64), 2),
    ],
)
def test_differences(before, after, expected) -> None:
    """The same is 0, NaN on one side is NaN, and integers do not overflow or round."""
    np.testing.assert_array_equal(subtract(after, before), expected)


def test_what_cannot_be_subtracted() -> None:
    """Other shapes and strings are refused in words, before anything is read."""
    with pytest.raises(BadRequest, match=r"\[2, 3\].*\[3, 2\]"):
        pictures_of(np.zeros((2, 3)), np.zeros((3, 2)))
    with pytest.raises(Unsupported, match="string"):
        pictures_of(np.zeros((2, 3)), np.full((2, 3), b"a", object))
