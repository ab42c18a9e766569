"""Spectral measures: those of matrices whose singular values are known, and numpy's."""

from __future__ import annotations

import math
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from tensorboard_plugin_modelinspect.analyses.spectral import (
    MOST_NBYTES,
    MOST_SIDE,
    MOST_WORK,
    compute_spectrum,
)
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tests.support.tensors import ArrayValues, tensor_of


def with_values(singular: list[float], rows: int, columns: int) -> np.ndarray:
    """A matrix of these singular values."""
    random = np.random.default_rng(1)
    left, _ = np.linalg.qr(random.normal(size=(rows, rows)))
    right, _ = np.linalg.qr(random.normal(size=(columns, columns)))
    count = len(singular)
    matrix: np.ndarray = left[:, :count] * singular @ right[:count]
    return matrix


def test_a_matrix_of_known_singular_values() -> None:
    """Each measure by its definition."""
    found = compute_spectrum(tensor_of("kernel", with_values([4.0, 2.0, 1.0], 6, 3)))
    assert (found.rows, found.columns, found.rank) == (6, 3, 3)
    np.testing.assert_allclose(found.singular_values, [4, 2, 1])
    assert math.isclose(found.spectral_norm, 4)
    assert math.isclose(found.frobenius_norm, math.sqrt(21))
    assert math.isclose(found.stable_rank or 0, 21 / 16)
    entropy = -sum(share * math.log(share) for share in (4 / 7, 2 / 7, 1 / 7))
    assert math.isclose(found.effective_rank or 0, math.exp(entropy))
    assert math.isclose(found.condition or 0, 4)


@settings(max_examples=60, deadline=None)
@given(hn.arrays(np.float64, hn.array_shapes(min_dims=2, max_dims=4, max_side=6),
                 elements=st.floats(-1e3, 1e3, width=32)))  # fmt: skip
def test_values_are_numpys(values: np.ndarray) -> None:
    """Of any shape, with the last axis as columns; ranks lie between 1 and the number of values."""
    found = compute_spectrum(tensor_of("kernel", values))
    expected = np.linalg.svd(values.reshape(-1, values.shape[-1]), compute_uv=False)
    np.testing.assert_allclose(found.singular_values, expected, atol=1e-9 * max(expected[0], 1))
    assert math.isclose(found.frobenius_norm, np.linalg.norm(values), rel_tol=1e-9, abs_tol=1e-12)
    if expected[0] > 0:
        assert found.stable_rank is not None
        assert found.effective_rank is not None
        assert 1 - 1e-9 <= found.stable_rank <= found.rank + 1e-9
        assert 1 - 1e-9 <= found.effective_rank <= found.rank + 1e-9


def test_a_matrix_that_loses_a_direction() -> None:
    """A value that float64 cannot tell from zero is zero: no condition number."""
    found = compute_spectrum(tensor_of("kernel", with_values([1.0, 0.5], 5, 4)))
    assert found.singular_values[2:] == (0.0, 0.0)
    assert (found.rank, found.condition) == (2, None)
    zeros = compute_spectrum(tensor_of("kernel", np.zeros((3, 2))))
    assert (zeros.rank, zeros.spectral_norm, zeros.frobenius_norm) == (0, 0.0, 0.0)
    assert (zeros.stable_rank, zeros.effective_rank, zeros.condition) == (None, None, None)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float8_e4m3fn", "int8", "complex64"])
def test_types(dtype: str) -> None:
    """Every type of numbers, in float64 or complex128."""
    values = np.diag([4, 2, 1]).astype(np.dtype(getattr(ml_dtypes, dtype, dtype)))
    found = compute_spectrum(tensor_of("kernel", values))
    np.testing.assert_allclose(found.singular_values, [4, 2, 1])


def test_very_large_and_very_small_values() -> None:
    """Squares of what float64 just holds do not overflow, nor vanish."""
    for scale in (1e300, 1e-300):
        found = compute_spectrum(tensor_of("kernel", np.diag([4.0, 3.0]) * scale))
        assert math.isclose(found.frobenius_norm, 5 * scale)
        assert math.isclose(found.stable_rank or 0, 25 / 16)


def test_a_slice_of_a_tensor() -> None:
    """Only the region is read."""
    values = np.zeros((4, 3, 2))
    values[1] = with_values([3.0, 1.0], 3, 2)
    tensor = tensor_of("kernel", values)
    found = compute_spectrum(tensor, (slice(1, 2),))
    np.testing.assert_allclose(found.singular_values, [3, 1])
    assert isinstance(tensor.values, ArrayValues)
    assert tensor.values.read_nbytes == 3 * 2 * 8


def test_limits_are_documented() -> None:
    """The page for users names them."""
    text = (Path(__file__).parents[2] / "docs" / "health.md").read_text(encoding="utf-8")
    for limit in (f"above {MOST_SIDE:,}", f"{MOST_NBYTES >> 20} MiB", f"{MOST_WORK:,}"):
        assert limit in text


def refusal(tensor: Tensor) -> str:
    with pytest.raises(BadRequest) as caught:
        compute_spectrum(tensor)
    return caught.value.message


def declared(*shape: int, dtype: int = 1) -> Tensor:
    """A tensor that is only declared: reading it fails the test."""
    return Tensor("k", "k", DTYPES[dtype], shape, 0, "weight", None, None, None)  # type: ignore[arg-type]


def test_what_is_refused_unread() -> None:
    """No numbers, no matrix, too much; with what would do."""
    assert "of type string" in refusal(declared(4, 4, dtype=7))
    assert "not of shape [4]" in refusal(declared(4))
    assert "not of shape [4, 0]" in refusal(declared(4, 0))
    assert "3,000 by 3,000 elements" in refusal(declared(3000, 3000))
    assert "Take a slice" in refusal(declared(10**12, 10**12))
    side = MOST_SIDE
    assert "too many" in refusal(declared(side, side + MOST_NBYTES // 8 // side))
    assert "too many" in refusal(declared(MOST_WORK // 1024**2 + 1, 1024))


def test_values_that_are_not_finite() -> None:
    """They are counted; LAPACK would not come back, or with NaN."""
    values = np.ones((4, 3))
    values[0, 0], values[1, 1] = np.nan, np.inf
    assert "2 of 12 values are not finite" in refusal(tensor_of("kernel", values))


def test_lapack_that_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not converge for every matrix."""

    def fail(*_: object, **__: object) -> None:
        raise np.linalg.LinAlgError

    monkeypatch.setattr(np.linalg, "svd", fail)
    assert "LAPACK found no singular values" in refusal(tensor_of("kernel", np.eye(3)))
