"""From a tally of keys to a histogram and quantiles."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np

from tensorboard_plugin_modelinspect.analyses.stats.summary import Summary, key_values

_SIGN = 1 << 15


class Bins:
    """The keys of a summary as ranges of values `[low, high)` in ascending order.

    Args:
        summary: Of at least one finite value.

    Cost: some 30 calls of numpy, over the keys that occur.
    """

    def __init__(self, summary: Summary) -> None:
        self._low, self._high = float(summary.low or 0), float(summary.high or 0)
        self._are_integers = isinstance(summary.low, int)
        lows, highs = _find_ranges(summary)
        order = lows.argsort(kind="stable")
        self._lows = np.maximum(lows[order], self._low)
        self._highs = np.minimum(highs[order], self._high)
        self._sums = np.zeros(len(order) + 1, np.int64)
        summary.tally.counts[order].cumsum(out=self._sums[1:])

    def histogram(self, most: int) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """Edges and counts of up to `most` bins, over the whole range."""
        if self._low == self._high:
            return (self._low, self._high), (int(self._sums[-1]),)
        edges = self._settle(self._even(most))
        edges[0], edges[-1] = self._low, self._high
        is_new = np.ones(len(edges), np.bool_)
        np.not_equal(edges[1:], edges[:-1], out=is_new[1:])
        edges = edges[is_new]
        # The first key of values at or behind an edge; none straddles one.
        places = self._lows.searchsorted(edges)
        places[0], places[-1] = 0, -1
        sums = self._sums[places]
        return tuple(edges.tolist()), tuple((sums[1:] - sums[:-1]).tolist())

    def _even(self, most: int) -> np.ndarray:
        width = self._high - self._low
        if math.isfinite(width):
            return self._low + _shares(most) * width
        return 2 * (self._low / 2 + _shares(most) * (self._high / 2 - self._low / 2))

    def _settle(self, edges: np.ndarray) -> np.ndarray:
        """Move each edge that lies inside a key's range to the nearer end of it."""
        places = self._lows.searchsorted(edges, side="right") - 1
        lows, highs = self._lows[places], self._highs[places]
        is_nearer_low = edges <= lows / 2 + highs / 2
        settled = np.where(is_nearer_low, lows, np.maximum(edges, highs))
        within: np.ndarray = np.minimum(settled, self._high)
        return within

    def quantiles(self, shares: Sequence[float]) -> tuple[float, ...]:
        """Values below which a share of the values lies, to the width of a key."""
        places = self._sums[1:].searchsorted(np.multiply(shares, self._sums[-1]))
        ranges = zip(self._lows[places].tolist(), self._highs[places].tolist(), strict=True)
        if self._are_integers:
            return tuple(_middle_integer(low, high) for low, high in ranges)
        # Zeros share a key with the smallest subnormals, and there are more of them.
        return tuple(0.0 if low <= 0 <= high else low / 2 + high / 2 for low, high in ranges)


def _middle_integer(low: float, high: float) -> float:
    """Of those in `[low, high)`, which has one at least."""
    first, last = math.ceil(low), math.ceil(high) - 1
    return float(first + max(last - first, 0) // 2)


@functools.cache
def _shares(most: int) -> np.ndarray:
    return np.arange(most + 1) / most


def _find_ranges(summary: Summary) -> tuple[np.ndarray, np.ndarray]:
    """Ranges `[low, high)` of the keys of a summary.

    Zero of either sign is one value: where the key of negative zero occurs, both of them have the
    range of both.
    """
    keys = summary.tally.keys
    if summary.key_type not in ("float32", "float64"):
        values = key_values(keys, _small_dtype(summary.key_type))
        return values, values
    every_low, every_high = _every_range(summary.key_type)
    lows, highs = every_low[keys], every_high[keys]
    place = int(keys.searchsorted(_SIGN))
    if keys[0] == 0 and place < len(keys) and keys[place] == _SIGN:
        lows[0] = lows[place]
    return lows, highs


def _small_dtype(name: str) -> np.dtype:
    import ml_dtypes

    return np.dtype(getattr(ml_dtypes, name, name))


@functools.cache
def _every_range(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Ranges of all keys of a type of floats, by key. Cost: a megabyte, kept.

    A negative key's values go from its own start down; negative zero has the range of both zeros.
    """
    dtype = np.dtype(name)
    unsigned = np.dtype(f"u{dtype.itemsize}")
    starts = np.arange(_SIGN + 1, dtype=unsigned) << unsigned.type(8 * dtype.itemsize - 16)
    edges = starts.view(dtype)
    with np.errstate(invalid="ignore"):  # behind infinity there are NaNs
        behind = np.nextafter(-edges, dtype.type(np.inf))
        behind[0] = edges[1]
        lows = np.concatenate((edges[:-1], behind[1:])).astype(np.float64)
        highs = np.concatenate((edges[1:], behind[:-1])).astype(np.float64)
    return lows, np.minimum(highs, np.finfo(np.float64).max)
