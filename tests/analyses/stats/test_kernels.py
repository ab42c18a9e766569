"""The compiled kernel and numpy say the same of any values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.stats import kernels
from tensorboard_plugin_modelinspect.analyses.stats.kernels import Measures, Moments, Tally

BLOCK, ROW = 1024, 32  # of _kernel.c
FEW = 1 << 12  # of kernels.py
LENGTHS = (0, 1, 2, ROW - 1, ROW, ROW + 1, BLOCK - 1, BLOCK, BLOCK + 1, FEW, FEW + 1, 70_001)
TYPES = ("float32", "float64")

compiled = kernels._compiled
needs_compiled = pytest.mark.skipif(not kernels.is_compiled(), reason="the kernel is not built")


def special(dtype: np.dtype) -> np.ndarray:
    """Values that a shortcut could get wrong, each for itself."""
    unsigned = np.dtype(f"u{dtype.itemsize}")
    info = np.finfo(dtype)
    inf = int(np.array(np.inf, dtype).view(unsigned))
    # The leading 16 bits of this NaN are those of infinity.
    nans = np.array([inf + 1, inf + 1 + (1 << (8 * dtype.itemsize - 1))], unsigned).view(dtype)
    tiny = info.smallest_subnormal
    huge = min(float(info.max), 1e150)  # whose square float64 has
    plain = [0.0, -0.0, tiny, -tiny, info.tiny, 1, -1, huge, -huge, np.inf, -np.inf, np.nan]
    return np.concatenate((np.array(plain, dtype), nans))


def cases(name: str) -> dict[str, np.ndarray]:
    """Arrays by what is special about them."""
    dtype = np.dtype(name)
    generator = np.random.default_rng(3)
    every = special(dtype)
    arrays = {f"normal {size}": generator.normal(0, 0.05, size) for size in LENGTHS}
    arrays |= {f"equal {size}": np.full(size, 0.1) for size in LENGTHS}
    arrays |= {f"special {size}": generator.choice(every, size) for size in LENGTHS}
    arrays |= {f"all {value!r}": np.full(5000, value) for value in every.tolist()}
    arrays["far from zero"] = 1e6 + generator.normal(0, 1, 20_000)
    arrays["ascending"] = np.arange(20_000)
    arrays["descending"] = -np.arange(20_000)
    arrays["ascending within a key"] = np.append(-5.0, 1 + np.arange(20_000) * 3e-7)
    arrays["descending within a key"] = -arrays["ascending within a key"]
    arrays["ascending behind infinity"] = np.concatenate(([np.inf, -np.inf], np.arange(20_000)))
    arrays["spread"] = generator.choice(np.array([-1e-30, 1e30, 1e-30, -1e30]), 20_000)
    arrays["zeros of both signs"] = generator.choice(np.array([0.0, -0.0]), 20_000)
    lone = np.zeros(20_000)
    lone[[3000, 3001, 15_000]] = np.inf, np.nan, -np.inf
    arrays["lone ones"] = lone
    return {what: array.astype(dtype) for what, array in arrays.items()}


def measure_plainly(values: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> Measures:
    """By numpy, whatever was built."""
    with monkeypatch.context() as patch:
        patch.setattr(kernels, "_compiled", None)
        return kernels.measure(values)


def check_tally(found: Tally, expected: Tally) -> None:
    assert found.keys.dtype == found.counts.dtype == np.int64
    np.testing.assert_array_equal(found.keys, expected.keys)
    np.testing.assert_array_equal(found.counts, expected.counts)


def check_moments(found: Moments, expected: Moments) -> None:
    """To 1e-13 of their size; what is a difference, to that of what it is a difference of."""
    assert found.count == expected.count
    scale = expected.l1 / max(expected.count, 1)
    assert math.isclose(found.mean, expected.mean, rel_tol=1e-13, abs_tol=1e-13 * scale)
    assert math.isclose(found.l1, expected.l1, rel_tol=1e-13)
    squares = expected.m2 + expected.count * expected.mean**2
    rounding = 1e-15 * math.sqrt(squares * expected.m2) + 1e-22 * squares
    assert math.isclose(found.m2, expected.m2, rel_tol=1e-13, abs_tol=rounding)


@needs_compiled
@pytest.mark.parametrize("name", TYPES)
def test_compiled_says_what_numpy_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts, extremes, places and tallies exactly, moments to 1e-13."""
    for what, values in cases(name).items():
        found, expected = kernels.measure(values), measure_plainly(values, monkeypatch)
        assert repr(found[:6] + found[-2:]) == repr(expected[:6] + expected[-2:]), what
        check_tally(found.tally, expected.tally)
        check_moments(found.moments, expected.moments)


@needs_compiled
@pytest.mark.parametrize("size", [1, 7, 8, 12, 128, 129, 136, 300, 1023, 1024])
def test_compiled_adds_in_numpys_order(size: int) -> None:
    """Of values whose sum is mostly rounding, in one block, the mean is numpy's to the last bit."""
    generator = np.random.default_rng(3)
    values = generator.normal(0, 1, size) * 10.0 ** generator.uniform(-30, 30, size)
    assert kernels.measure(values).moments.mean == values.mean()


@pytest.mark.parametrize("way", ["compiled", "numpy"])
def test_a_huge_constant_does_not_vary(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is squared but distances, of which there are none."""
    if way == "numpy":
        monkeypatch.setattr(kernels, "_compiled", None)
    values = np.full(3000, 2.0**1000)
    halves = kernels.measure(values[:1000]).moments.merge(kernels.measure(values[1000:]).moments)
    assert (kernels.measure(values).moments.m2, halves.m2) == (0, 0)


@needs_compiled
@pytest.mark.parametrize("size", LENGTHS)
def test_compiled_tallies_what_numpy_tallies(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of values of two bytes, by all their bits."""
    values = np.random.default_rng(3).integers(0, 1 << 16, size).astype(np.uint16)
    found = kernels.tally(values)
    monkeypatch.setattr(kernels, "_compiled", None)
    check_tally(found, kernels.tally(values))


@needs_compiled
def test_compiled_reads_nothing_but_what_it_is_given() -> None:
    """A part of an array says nothing of the values around it; an odd address is one, too."""
    octets = np.full(4 * 3000 + 1, 0xFF, np.uint8)  # NaN all over
    inner = octets[5 : 5 + 4 * 2000]
    inner[:] = np.arange(2000, dtype=np.float32).view(np.uint8)
    found = kernels.measure(inner.view(np.float32))
    assert (found.nan, found.low, found.high, found.zeros) == (0, 0.0, 1999.0, 1)


@needs_compiled
@pytest.mark.parametrize(
    ("nbytes", "itemsize", "table_nbytes"),
    [(10, 4, 0), (16, 2, 0), (16, 16, 0), (16, 4, 1 << 18), (16, 4, 4)],
)
def test_compiled_refuses_what_does_not_fit(nbytes: int, itemsize: int, table_nbytes: int) -> None:
    """Half a value, another type, a table with too little room."""
    assert compiled is not None
    with pytest.raises(ValueError):
        compiled.measure(bytes(nbytes), itemsize, bytearray(table_nbytes))


@needs_compiled
def test_compiled_refuses_what_cannot_be_written() -> None:
    """A table of immutable bytes is none."""
    assert compiled is not None
    with pytest.raises(TypeError):
        compiled.measure(bytes(16), 4, bytes(1 << 19))
    with pytest.raises(ValueError):
        compiled.tally(bytes(3), bytearray(1 << 19))


def test_tallies_merge() -> None:
    """Counts of keys that both have add up; an empty one adds nothing."""
    none = kernels.tally(np.empty(0, np.uint16))
    one = kernels.tally(np.array([1, 1, 5], np.uint16))
    other = kernels.tally(np.array([0, 5], np.uint16))
    check_tally(one.merge(other), kernels.tally(np.array([0, 1, 1, 5, 5], np.uint16)))
    check_tally(one.merge(none), one)
    check_tally(none.merge(none), none)
