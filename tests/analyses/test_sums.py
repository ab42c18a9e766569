"""Laws of sums: they are numpy's, and those of parts add up to the whole."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from tensorboard_plugin_modelinspect.analyses import sums
from tensorboard_plugin_modelinspect.analyses.sums import (
    Change,
    Sums,
    Version,
    compute_change,
    compute_sums,
    no_change,
)

SMALL = ("int4", "uint4", "int2", "uint2", "float4_e2m1fn", "float8_e4m3fn", "bfloat16")
NUMBERS = st.sampled_from(("float32", "float64", "float16", "int64", "uint8", "bool", "complex64"))


def version(values: np.ndarray) -> Version:
    """Values and their sums."""
    return Version(values, compute_sums(values))


def wide(values: np.ndarray) -> np.ndarray:
    """As float64 or complex128."""
    return values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)


def naive_sums(values: np.ndarray) -> Sums:
    """As numpy computes them at once."""
    finite = wide(values)[np.isfinite(wide(values))]
    with np.errstate(over="ignore"):
        return Sums(values.size, values.size - finite.size, float((np.abs(finite) ** 2).sum()))


def naive_change(before: np.ndarray, after: np.ndarray) -> Change:
    """As numpy computes it at once."""
    a, b = wide(before), wide(after)
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    with np.errstate(over="ignore", invalid="ignore"):
        return Change(
            a.size,
            float((np.abs(b) ** 2).sum()),
            float((np.abs(a) ** 2).sum()),
            float(np.abs(b - a).sum()),
            float((np.abs(b - a) ** 2).sum()),
            float((a.conj() * b).real.sum()),
        )


def assert_close(found: Sums | Change, expected: Sums | Change) -> None:
    """Equal but for the order of additions, which a sum of both signs may magnify."""
    names = type(expected).__dataclass_fields__
    scale = max(
        (abs(getattr(expected, name)) for name in names if name.endswith("_sq")), default=0.0
    )
    for name in names:
        one, other = getattr(found, name), getattr(expected, name)
        if math.isfinite(other) and math.isfinite(scale):
            assert math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-11 * scale), name
        else:
            assert not math.isfinite(one) or not math.isfinite(scale), name


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of one type and shape, any values."""
    dtype = draw(NUMBERS)
    shape = draw(hn.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9))
    return draw(hn.arrays(dtype, shape)), draw(hn.arrays(dtype, shape))


@given(pairs())
def test_sums_are_numpys(arrays: tuple[np.ndarray, np.ndarray]) -> None:
    """Of every type, with NaN and infinities, empty and scalar: what numpy says in float64."""
    before, after = map(version, arrays)
    assert_close(before.sums, naive_sums(arrays[0]))
    assert_close(compute_change(before, after), naive_change(*arrays))


@given(pairs(), st.integers(1, 40), st.integers(0, 200))
def test_parts_add_up(arrays: tuple[np.ndarray, np.ndarray], block: int, cut: int) -> None:
    """However an array is cut, and into blocks of whatever size: the sums are the same."""
    flat = [array.reshape(-1) for array in arrays]
    parts = [[version(one[:cut]), version(one[cut:])] for one in flat]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sums, "_BLOCK", block)
        assert_close(version(flat[0]).sums, parts[0][0].sums + parts[0][1].sums)
        total = compute_change(parts[0][0], parts[1][0]) + compute_change(parts[0][1], parts[1][1])
    assert_close(total, naive_change(*flat))


@given(pairs())
def test_a_change_has_a_way_back(arrays: tuple[np.ndarray, np.ndarray]) -> None:
    """`reversed` is the change the other way round."""
    before, after = map(version, arrays)
    assert_close(compute_change(before, after).reversed(), naive_change(*reversed(arrays)))


@given(pairs())
def test_no_change_is_that_against_itself(arrays: tuple[np.ndarray, np.ndarray]) -> None:
    """Frozen tensors need no comparing."""
    one = version(arrays[0])
    assert_close(no_change(one.sums), naive_change(arrays[0], arrays[0]))


@pytest.mark.parametrize("name", SMALL)
def test_types_that_numpy_has_not(name: str) -> None:
    """Sub-byte types, float8 and bfloat16 count with the values that they stand for."""
    values = np.array([0, 1, 1, 0], getattr(ml_dtypes, name))
    other = np.array([1, 1, 0, 0], getattr(ml_dtypes, name))
    assert compute_sums(values) == Sums(4, 0, 2.0)
    change = compute_change(version(values), version(other))
    assert change == Change(4, 2.0, 2.0, 2.0, 2.0, 1.0)


def test_types_may_differ() -> None:
    """A network that was cast is compared with itself before."""
    before, after = np.array([1.5, 2.0], np.float32), np.array([1.5, 3.0], ml_dtypes.bfloat16)
    assert compute_change(version(before), version(after)).delta_abs_sum == 1.0


def test_what_is_derived() -> None:
    """Mean, relative change and cosine, and None where there is none."""
    change = compute_change(version(np.array([3.0, 4.0])), version(np.array([3.0, 0.0])))
    assert (change.mean_abs, change.relative, change.cosine) == (2.0, 0.8, 0.6)
    assert Sums(2, 0, 25.0).l2 == 5.0
    assert Sums(2, 2, 0.0).l2 is None
    nothing = Change()
    assert (nothing.mean_abs, nothing.relative, nothing.cosine) == (None, None, None)
    from_zero = compute_change(version(np.zeros(2)), version(np.ones(2)))
    assert (from_zero.mean_abs, from_zero.relative, from_zero.cosine) == (1.0, None, None)


def test_what_is_finite_in_one_only_is_not_compared() -> None:
    """Half of a tensor turns NaN: the other half did not change, and says so."""
    before, after = np.ones(4), np.array([1.0, np.nan, 1.0, np.inf])
    change = compute_change(version(before), version(after))
    assert (change.pairs, change.relative, change.cosine) == (2, 0.0, 1.0)
