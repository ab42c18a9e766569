"""The arithmetic over arrays: moments in float64, and how often each leading half word occurs.

A float's leading 16 bits are its sign, its exponent and the first bits of its mantissa: as a key
they tell values apart to 0.8 % (float32) or 6 % (float64) at any magnitude, whatever the range is,
so that tallies of parts add up to the tally of the whole without having agreed on a range first.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

KEY_COUNT = 1 << 16
_BLOCK = 1 << 16
"""Elements that are still in the processor's cache when they are looked at again."""
_FEW = 1 << 12
"""Up to here sorting is cheaper than a table of all keys."""
_LEADING = 1 if sys.byteorder == "little" else 0


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
        count = self.count + other.count
        if not count:
            return self
        delta = other.mean - self.mean
        share = other.count / count
        m2 = self.m2 + other.m2 + delta * delta * self.count * share
        return Moments(count, self.mean + delta * share, m2, self.l1 + other.l1)


class Tally(NamedTuple):
    """How often each key occurs: `keys` sorted and distinct, `counts` as int64."""

    keys: np.ndarray
    counts: np.ndarray

    def merge(self, other: Tally) -> Tally:
        """Of both together. Cost: the keys that occur, sorted."""
        keys, places = np.unique(np.concatenate((self.keys, other.keys)), return_inverse=True)
        counts = np.zeros(len(keys), np.int64)
        split = len(self.keys)
        counts[places[:split]] = self.counts
        counts[places[split:]] += other.counts
        return Tally(keys, counts)


def compute_moments(values: np.ndarray) -> Moments:
    """Moments of finite real values of any type. Cost: a buffer of half a megabyte."""
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
    """Tally of floats of 4 or 8 bytes by their leading 16 bits, of others by all their bits."""
    if values.dtype.itemsize > 2:
        words = values.itemsize // 2
        keys = values.view(np.uint16)[_LEADING * (words - 1) :: words]
    else:
        keys = values.view(f"u{values.dtype.itemsize}")
    if keys.size <= _FEW:
        few, counts = np.unique(keys, return_counts=True)
        return Tally(few.astype(np.int64), counts.astype(np.int64))
    table = np.bincount(keys)
    occurring = np.flatnonzero(table)
    return Tally(occurring, table[occurring].astype(np.int64))
