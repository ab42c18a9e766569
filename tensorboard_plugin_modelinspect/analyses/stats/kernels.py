"""The arithmetic over arrays: moments in float64, and how often each leading half word occurs.

A float's leading 16 bits are its sign, its exponent and the first bits of its mantissa: as a key
they tell values apart to 0.8 % (float32) or 6 % (float64) at any magnitude, whatever the range is,
so that tallies of parts add up to the tally of the whole without having agreed on a range first.

Where the package was built with a C compiler, `_kernel` goes over the values, once and outside the
interpreter's lock; elsewhere numpy does, with the same results, in four times the time.
"""

from __future__ import annotations

import importlib
import math
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import NamedTuple

import numpy as np

_KEY_COUNT = 1 << 16
_BLOCK = 1 << 16
"""Elements that are still in the processor's cache when they are looked at again."""
_FEW = 1 << 12
"""Up to here sorting is cheaper than a table of all keys."""
_LEADING = 1 if sys.byteorder == "little" else 0


def _load_compiled() -> ModuleType | None:
    """The compiled kernel, None where it was not built. The one place that decides."""
    try:
        return importlib.import_module(f"{__package__}._kernel")
    except ImportError:
        return None


_compiled = _load_compiled()


def is_compiled() -> bool:
    """Whether the compiled kernel goes over the values."""
    return _compiled is not None


@dataclass(frozen=True, slots=True)
class Moments:
    """Of finite values, in float64.

    Attributes:
        count: How many.
        mean: Their mean; 0 if there is none.
        m2: Sum of the squared distances from the mean.
        l1: Sum of the magnitudes.
    """

    count: int = 0
    mean: float = 0.0
    m2: float = 0.0
    l1: float = 0.0

    def merge(self, other: Moments) -> Moments:
        """Moments of both together: Chan, Golub and LeVeque (1979), eq. 2.1."""
        if not self.count or not other.count:
            return self if self.count else other
        count = self.count + other.count
        delta = other.mean - self.mean
        share = other.count / count
        m2 = self.m2 + other.m2 + delta * delta * self.count * share
        return Moments(count, self.mean + delta * share, m2, self.l1 + other.l1)


class Tally(NamedTuple):
    """How often each key occurs: `keys` sorted and distinct, `counts` as int64."""

    keys: np.ndarray
    counts: np.ndarray

    def merge(self, other: Tally) -> Tally:
        """Of both together. Cost: a table of half a megabyte."""
        largest = max(self.keys[-1:].tolist() + other.keys[-1:].tolist(), default=-1)
        table = np.zeros(largest + 1, np.int64)
        table[self.keys] = self.counts
        table[other.keys] += other.counts
        return _read_table(table)


class Measures(NamedTuple):
    """What a pass over floats tells. Numbers from `zeros` to `tally` are of the finite ones.

    Attributes:
        nan, posinf, neginf: How many are not finite.
        zeros: How many are zero, of either sign.
        low, high: Smallest and largest; None if there is none. No zero is negative.
        moments: Their moments.
        tally: Of their leading 16 bits.
        first_nan, first_inf: Index of the first, -1 if there is none.
    """

    nan: int
    posinf: int
    neginf: int
    zeros: int
    low: float | None
    high: float | None
    moments: Moments
    tally: Tally
    first_nan: int
    first_inf: int


def measure(values: np.ndarray) -> Measures:
    """Measures of floats of 4 or 8 bytes, on one axis without gaps.

    Cost: a table of half a megabyte; with numpy alone, briefly, five times the values' bytes.
    """
    if _compiled is None:
        return _measure_plainly(values)
    table = _new_table(values.size)
    nan, posinf, neginf, zeros, low, high, *moments, first_nan, first_inf = _compiled.measure(
        values, values.itemsize, table
    )
    counted = _read_table(table[0] + table[1]) if table.size else _sort_tally(_leading(values))
    special = nan + posinf + neginf
    if special:
        counted = _drop_special(counted, values.dtype)
    is_any = special < values.size
    return Measures(
        nan,
        posinf,
        neginf,
        zeros,
        low + 0.0 if is_any else None,
        high + 0.0 if is_any else None,
        Moments(*moments),
        counted,
        first_nan,
        first_inf,
    )


def _drop_special(counted: Tally, dtype: np.dtype) -> Tally:
    """Without infinity and NaN: the keys whose exponent is all ones."""
    infinity = int(_leading(np.array([np.inf], dtype))[0])
    is_finite = counted.keys & infinity != infinity
    return Tally(counted.keys[is_finite], counted.counts[is_finite])


def _measure_plainly(values: np.ndarray) -> Measures:
    """The same by numpy."""
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    finite, nan, posinf, neginf, first_nan, first_inf = values, 0, 0, 0, -1, -1
    if not (math.isfinite(low) and math.isfinite(high)):
        is_nan, is_inf = np.isnan(values), np.isinf(values)
        finite = values[~(is_nan | is_inf)]
        nan, posinf = int(np.count_nonzero(is_nan)), int(np.count_nonzero(values == np.inf))
        neginf = int(np.count_nonzero(is_inf)) - posinf
        first_nan, first_inf = find_first(is_nan), find_first(is_inf)
        if finite.size:
            low, high = float(finite.min()), float(finite.max())
    zeros = finite.size - int(np.count_nonzero(finite)) if low <= 0 <= high else 0
    return Measures(
        nan,
        posinf,
        neginf,
        zeros,
        low + 0.0 if finite.size else None,
        high + 0.0 if finite.size else None,
        _compute_moments(finite),
        _count_keys(_leading(finite)),
        first_nan,
        first_inf,
    )


def find_first(is_it: np.ndarray) -> int:
    """Index of the first true one, -1 if there is none."""
    place = int(is_it.argmax()) if is_it.size else 0
    return place if is_it.size and is_it[place] else -1


def _compute_moments(values: np.ndarray) -> Moments:
    """Moments of finite floats. Cost: a buffer of half a megabyte."""
    moments = Moments()
    buffer = np.empty(min(_BLOCK, values.size))
    for start in range(0, values.size, _BLOCK):
        block = values[start : start + _BLOCK]
        exact = buffer[: block.size]
        exact[...] = block
        moments = moments.merge(_block_moments(exact))
    return moments


def _block_moments(exact: np.ndarray) -> Moments:
    """Moments of a block, which is overwritten."""
    total = float(exact.sum())
    mean = total / exact.size
    l1 = float(np.abs(exact).sum())
    exact -= mean
    # Not `dot`: the library behind it starts threads of its own, which fight with the caller's.
    return Moments(exact.size, mean, float(np.einsum("i,i->", exact, exact)), l1)


def weigh_moments(values: np.ndarray, counts: np.ndarray) -> Moments:
    """Moments of finite float64 values that occur `counts` times each."""
    count = int(counts.sum())
    if not count:
        return Moments()
    weights = counts.astype(np.float64)
    mean = float(np.dot(values, weights)) / count
    distances = values - mean
    m2 = float(np.dot(distances * distances, weights))
    return Moments(count, mean, m2, float(np.dot(np.abs(values), weights)))


def tally(values: np.ndarray) -> Tally:
    """Tally of values of one or two bytes by all their bits."""
    keys = values.view(f"u{values.itemsize}")
    if _compiled is None or keys.itemsize == 1 or keys.size <= _FEW:
        return _count_keys(keys)
    table = _new_table(keys.size)
    _compiled.tally(keys, table)
    return _read_table(table[0] + table[1])


def _leading(values: np.ndarray) -> np.ndarray:
    """The leading 16 bits of floats."""
    words = values.itemsize // 2
    leading: np.ndarray = values.view(np.uint16)[_LEADING * (words - 1) :: words]
    return leading


def _count_keys(keys: np.ndarray) -> Tally:
    if keys.size <= _FEW:
        return _sort_tally(keys)
    return _read_table(np.bincount(keys))


def _sort_tally(keys: np.ndarray) -> Tally:
    """As `np.unique`, in a fourth of the time where keys are few."""
    ordered = keys.copy()
    ordered.sort()
    is_first = np.empty(keys.size + 1, np.bool_)
    is_first[0] = is_first[-1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:-1])
    starts = is_first.nonzero()[0]
    return Tally(ordered[starts[:-1]].astype(np.int64), starts[1:] - starts[:-1])


def _new_table(size: int) -> np.ndarray:
    """What the compiled kernel counts in; no table where sorting is cheaper."""
    return np.zeros((2, _KEY_COUNT if size > _FEW else 0), np.uint32)


def _read_table(counts: np.ndarray) -> Tally:
    occurring = (counts != 0).nonzero()[0]  # a fifth of the time of asking the counts
    return Tally(occurring, counts[occurring].astype(np.int64))
