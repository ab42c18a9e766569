"""Regions of tensors mean what numpy means by them, and nonsense is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.errors import BadRequest, Unsupported
from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType, dtype_of
from tensorboard_plugin_modelinspect.model.tensor import (
    Region,
    Tensor,
    region_shape,
    resolve_region,
)

BOUND = st.one_of(st.none(), st.integers(-9, 9), st.sampled_from([-(1 << 70), 1 << 70]))
SLICES = st.builds(slice, BOUND, BOUND, st.one_of(st.none(), st.integers(1, 9)))
SHAPES = st.lists(st.integers(0, 6), max_size=4).map(tuple)


class Values:
    """Values that are a numpy array."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        return self.array[region].copy()


def tensor_of(array: np.ndarray, dtype: DType = DTYPES[9]) -> Tensor:
    return Tensor(
        "a/key", "name", dtype, array.shape, array.nbytes, "weight", None, None, Values(array)
    )


@given(SHAPES, st.lists(SLICES, max_size=4))
def test_regions_mean_what_numpy_means(shape: tuple[int, ...], region: list[slice]) -> None:
    """A resolved region picks what the slices pick: negative, missing and huge bounds, any step."""
    array = np.arange(int(np.prod(shape, dtype=int))).reshape(shape)
    region = region[: len(shape)]
    resolved = resolve_region(region, shape)
    expected = array[tuple(region)]
    assert np.array_equal(array[resolved], expected)
    assert region_shape(resolved) == expected.shape
    assert np.array_equal(tensor_of(array).read(region), expected)


@given(SHAPES, st.lists(SLICES, max_size=4))
def test_resolved_regions_need_no_second_look(shape: tuple[int, ...], region: list[slice]) -> None:
    """Each axis has `0 <= start <= stop <= size` and a step: formats need not check again."""
    resolved = resolve_region(region[: len(shape)], shape)
    assert len(resolved) == len(shape)
    for axis, size in zip(resolved, shape, strict=True):
        assert 0 <= axis.start <= axis.stop <= size
        assert axis.step >= 1


@pytest.mark.parametrize(
    "region", [(slice(0, 1),) * 3, (slice(None, None, -1),), (slice(9, 0, 0),)]
)
def test_nonsense_is_a_bad_request(region: tuple[slice, ...]) -> None:
    """More slices than axes and steps below 1 are the caller's mistake, and named."""
    with pytest.raises(BadRequest, match=r"2 axes|Axis 0: a step of"):
        resolve_region(region, (4, 5))


def test_rows_are_slices_of_the_first_axis() -> None:
    """`read_rows` clips as slices do."""
    array = np.arange(12).reshape(4, 3)
    assert tensor_of(array).read_rows(1, 3).tolist() == array[1:3].tolist()
    assert tensor_of(array).read_rows(3, 99).tolist() == array[3:].tolist()


@pytest.mark.parametrize("number", [0, 20, 21, 77, 101])
def test_types_without_values_say_so(number: int) -> None:
    """Variants, resources and unknown types are Unsupported before any byte is read."""
    with pytest.raises(Unsupported, match=f'"a/key" is of type {dtype_of(number).name}'):
        tensor_of(np.zeros(3), dtype_of(number)).read()


def test_size_counts_elements() -> None:
    """A scalar has one element, an axis of length 0 leaves none, and huge sizes do not wrap."""
    assert tensor_of(np.zeros(())).size == 1
    assert tensor_of(np.zeros((3, 0))).size == 0
    assert tensor_of(np.zeros(1))._replace(shape=(1 << 40, 1 << 22)).size == 1 << 62
