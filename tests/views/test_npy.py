"""`.npy` files made piece by piece."""

import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.errors import Unsupported
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.tensor import resolve_region
from tensorboard_plugin_modelinspect.views.text import npy
from tests.support.array_tensor import array_tensor

SLICES = st.builds(
    slice, st.integers(0, 4) | st.none(), st.integers(0, 6) | st.none(), st.integers(1, 3)
)


@given(
    shape=st.lists(st.integers(0, 6), max_size=4),
    slices=st.lists(SLICES, min_size=4, max_size=4),
    limit=st.integers(1, 200),
)
def test_pieces_make_up_the_file(shape: list[int], slices: list[slice], limit: int) -> None:
    """Any region in pieces of any size is what `numpy.save` writes; no piece exceeds the size."""
    array = np.arange(math.prod(shape), dtype=np.float32).reshape(shape)
    tensor, values = array_tensor(array)
    region = resolve_region(slices[: len(shape)], tensor.shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(npy, "_PIECE_NBYTES", limit)
        data = npy.npy_header(tensor, region) + b"".join(npy.iter_npy_values(tensor, region))
    expected = io.BytesIO()
    np.save(expected, array[region])
    assert data == expected.getvalue()
    assert all(size <= max(limit // 4, 1) for size in values.sizes)


def test_a_small_tensor_is_read_at_once() -> None:
    """Reading as a whole is what verifies a tensor's checksum."""
    tensor, values = array_tensor(np.ones((100, 100), np.float32))
    list(npy.iter_npy_values(tensor, resolve_region((), tensor.shape)))
    assert values.sizes == [10_000]


def test_a_region_without_elements_reads_nothing() -> None:
    """However large the other axes are said to be."""
    tensor, values = array_tensor(np.ones((0, 3), np.float32))
    assert list(npy.iter_npy_values(tensor, (slice(0, 0, 1), slice(0, 3, 1)))) == []
    assert values.sizes == []


def test_a_huge_declared_shape_costs_nothing_before_the_first_piece() -> None:
    """A shape that a file declares is no reason to allocate: pieces are worked out one by one."""
    tensor, _ = array_tensor(np.ones((4, 4), np.float32))
    huge = (slice(0, 1 << 40, 1), slice(0, 1 << 20, 1))
    piece = next(npy.iter_npy_values(tensor, huge))
    assert piece.nbytes == 64


@pytest.mark.parametrize("number", [7, 20, 21])
def test_types_without_a_form_are_refused(number: int) -> None:
    """Strings, resources and variants: `numpy.save` would pickle them."""
    with pytest.raises(Unsupported, match=r"\.npy"):
        npy.npy_dtype(DTYPES[number])


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES.values() if dtype.is_fixed])
def test_every_type_can_be_loaded_by_plain_numpy(dtype: object) -> None:
    """No file needs ml_dtypes to be read: the type is numpy's own and written little-endian."""
    found = npy.npy_dtype(dtype)  # type: ignore[arg-type]
    assert np.dtype(found.str) == found
    assert found.str[0] in "<|"
