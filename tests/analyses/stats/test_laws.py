"""Laws of the statistics: they are numpy's, and parts merge into the whole."""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from tensorboard_plugin_modelinspect.analyses.stats import kernels
from tensorboard_plugin_modelinspect.analyses.stats.result import TensorStats, finish
from tensorboard_plugin_modelinspect.analyses.stats.summary import (
    Summary,
    measured,
    summarize,
)
from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType
from tensorboard_plugin_modelinspect.model.pieces import Piece

TYPES = {dtype.name: dtype for dtype in DTYPES.values() if dtype.numpy_name}
FLOATS = ("float32", "float64", "float16", "bfloat16", "float8_e5m2", "float8_e4m3fn")
INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool")
SMALL = ("int4", "uint4", "int2", "uint2", "float4_e2m1fn")


@pytest.fixture(autouse=True, params=["compiled", "numpy"])
def _kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every law holds of both ways to go over the values."""
    if request.param == "numpy":
        monkeypatch.setattr(kernels, "_compiled", None)
    elif not kernels.is_compiled():
        pytest.skip("the kernel is not built here")


def stats_of(values: np.ndarray, dtype: DType, cuts: tuple[int, ...] = ()) -> TensorStats:
    """Statistics of values of one axis, summarized in the parts between the cuts."""
    box = ((0, values.size),)
    edges = [0, *sorted(cut % (values.size + 1) for cut in cuts), values.size]
    parts = [
        summarize(Piece(values[start:stop], box, start), dtype)
        for start, stop in itertools.pairwise(edges)
    ]
    return finish(functools.reduce(Summary.merge, parts), measured(dtype))


def check_against_numpy(found: TensorStats, values: np.ndarray) -> None:
    """Compare with numpy in float64; integers exactly."""
    floats = values.astype(np.float32) if values.dtype.itemsize <= 2 else values
    finite = floats[np.isfinite(floats)].astype(np.float64)
    assert found.count == values.size
    assert found.nan == int(np.isnan(floats).sum())
    assert found.posinf == int((floats == np.inf).sum())
    assert found.neginf == int((floats == -np.inf).sum())
    assert found.zeros == int((floats == 0).sum())
    if not finite.size:
        assert (found.min, found.max, found.mean, found.std) == (None, None, None, None)
        assert found.histogram == ((), ())
        return
    exact = floats[np.isfinite(floats)]
    assert (found.min, found.max) == (exact.min(), exact.max())
    scale = float(np.abs(finite).max()) or 1.0
    if scale < 1e150:  # else float64 overflows on both sides
        assert math.isclose(found.mean or 0.0, finite.mean(), rel_tol=1e-12, abs_tol=1e-13 * scale)
        assert math.isclose(found.l1, np.abs(finite).sum(), rel_tol=1e-12)
        assert math.isclose(found.std or 0.0, finite.std(), rel_tol=1e-9, abs_tol=1e-12 * scale)
        assert math.isclose(found.l2, np.sqrt((finite**2).sum()), rel_tol=1e-12)


def check_histogram(found: TensorStats, values: np.ndarray) -> None:
    """The counts are those that numpy finds between the same edges."""
    floats = values.astype(np.float32) if values.dtype.itemsize <= 2 else values
    finite = floats[np.isfinite(floats)].astype(np.float64)
    edges, counts = found.histogram
    if not finite.size:
        return
    assert len(edges) == len(counts) + 1 <= 65
    if edges[0] == edges[-1]:
        assert counts == (finite.size,)
        return
    assert list(edges) == sorted(set(edges))
    assert counts == tuple(np.histogram(finite, edges)[0].tolist())


def arrays(name: str) -> st.SearchStrategy[np.ndarray]:
    """Arrays of a type, of few and of more elements."""
    dtype = TYPES[name].to_numpy()
    if name in (*FLOATS, *SMALL):
        bits = st.integers(0, 2 ** (8 * dtype.itemsize) - 1)
        if name in SMALL:
            bits = st.integers(0, 3)
        if dtype.itemsize >= 4:
            width = 8 * dtype.itemsize
            return hn.arrays(dtype, st.integers(0, 60), elements=st.floats(width=width))
        raw = hn.arrays(f"u{dtype.itemsize}", st.integers(0, 60), elements=bits)
        return raw.map(lambda array: array.view(dtype))
    return hn.arrays(dtype, st.integers(0, 60))


@pytest.mark.parametrize("name", [*FLOATS, *INTEGERS, *SMALL])
def test_statistics_are_numpys(name: str) -> None:
    """Counts, smallest and largest exactly, the others to float64's accuracy, of every type."""

    @settings(max_examples=60, deadline=None)
    @given(arrays(name))
    def check(values: np.ndarray) -> None:
        found = stats_of(values, TYPES[name])
        check_against_numpy(found, values)
        check_histogram(found, values)

    check()


@pytest.mark.parametrize("name", [*FLOATS, "int32", "int64", "bool", "int4", "complex64"])
def test_parts_merge_into_the_whole(name: str) -> None:
    """However an array is cut, the parts together say what the whole says."""

    @settings(max_examples=40, deadline=None)
    @given(arrays(name), st.lists(st.integers(0, 60), max_size=3))
    def check(values: np.ndarray, cuts: list[int]) -> None:
        whole, merged = stats_of(values, TYPES[name]), stats_of(values, TYPES[name], tuple(cuts))
        summed = {"mean": None, "std": None, "l1": 0.0, "l2": 0.0}
        assert replace(merged, **summed) == replace(whole, **summed)
        for one in summed:
            expected, found = getattr(whole, one), getattr(merged, one)
            if expected is None or not math.isfinite(expected):
                continue
            scale = max(abs(whole.max or 0), abs(whole.min or 0))
            assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9 * scale)

    check()


def test_many_values_as_few() -> None:
    """Blocks, and a table of all keys instead of sorting, change nothing."""
    values = np.random.default_rng(0).normal(3, 0.01, 300_000).astype(np.float32)
    values[[5, 70_000, 200_000]] = np.nan, np.inf, -np.inf
    found = stats_of(values, TYPES["float32"])
    check_against_numpy(found, values)
    check_histogram(found, values)
    assert (found.first_nan, found.first_inf) == ((5,), (70_000,))


def test_deviation_of_values_far_from_zero() -> None:
    """The squares are of distances from the mean: nothing cancels."""
    values = 1e8 + np.random.default_rng(0).normal(0, 1e-3, 200_000)
    found = stats_of(values, TYPES["float64"], (1000, 100_000))
    assert found.std is not None
    assert math.isclose(found.std, values.std(), rel_tol=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("largest", [1.79e308, np.finfo(np.float64).max, 5e-324, 1e-320])
def test_histogram_at_the_ends_of_float64(largest: float) -> None:
    """Edges are finite and ascend, though the range is wider than any number, or as narrow."""
    values = np.array([-largest, largest, 0, largest / 2, largest / 3])
    found = stats_of(values, TYPES["float64"])
    assert np.isfinite(found.histogram.edges).all()
    assert (found.histogram.edges[0], found.histogram.edges[-1]) == (-largest, largest)
    check_histogram(found, values)


def test_quantiles_to_the_width_of_a_key() -> None:
    """Each lies within 0.8 % of numpy's."""
    values = np.random.default_rng(0).normal(0, 1, 100_000).astype(np.float32)
    found = stats_of(values, TYPES["float32"])
    shares = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)
    np.testing.assert_allclose(found.quantiles, np.quantile(values, shares), rtol=8e-3, atol=1e-4)


def test_quantiles_of_integers_are_integers() -> None:
    """Small ones exactly; of large ones one that is near."""
    values = np.array([-31] * 5 + [-4] * 20 + [4] * 50 + [5] * 20 + [1000] * 5)
    found = stats_of(values, TYPES["int64"]).quantiles
    assert found is not None
    assert found[:-2] == (-31, -31, -31, -4, 4, 4, 5)
    assert found[-1] == pytest.approx(1000, rel=0.03)
    assert all(value.is_integer() for value in found)


@pytest.mark.parametrize("name", ["float32", "float64", "int64", "bfloat16"])
def test_quantiles_of_zeros_are_zero(name: str) -> None:
    """Half of a sparse tensor is nothing else, and no number of forty digits."""
    dtype = TYPES[name]
    values = np.array([0] * 80 + [1] * 10 + [3] * 10).astype(dtype.to_numpy())
    found = stats_of(values, dtype)
    assert found.quantiles is not None
    assert found.quantiles[:5] == (0.0,) * 5
    assert found.quantiles[-1] == pytest.approx(3, rel=0.07)


def test_complex_numbers_by_their_magnitude() -> None:
    """A NaN in either half is one; the rest is of magnitudes, and says so."""
    values = np.array([3 + 4j, 0, complex(1, np.nan), complex(np.inf, 0)], np.complex64)
    found = stats_of(values, TYPES["complex64"])
    assert found.of == "magnitude"
    assert (found.nan, found.posinf, found.zeros, found.max, found.l2) == (1, 1, 1, 5.0, 5.0)


def test_strings_by_their_length() -> None:
    """Lengths are in bytes."""
    values = np.array([b"", b"abc", "é".encode()], object)
    found = stats_of(values, TYPES["string"])
    assert (found.of, found.min, found.max, found.zeros, found.l1) == ("length", 0, 3, 1, 5.0)


def test_coordinates_in_a_part_of_a_tensor() -> None:
    """The first NaN of a slice that is stored by itself has its place in the whole tensor."""
    values = np.zeros(6, ml_dtypes.bfloat16)
    values[4] = np.nan
    part = Piece(values, ((10, 12), (3, 6)), 0)
    assert summarize(part, TYPES["bfloat16"]).first_nan == (11, 4)
