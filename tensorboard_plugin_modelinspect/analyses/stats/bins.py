"""From a tally of keys to a histogram and quantiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tensorboard_plugin_modelinspect.analyses.stats.summary import Summary, key_values

_SIGN = 1 << 15


class Bins:
    """The keys of a summary as ranges of values `[low, high)` in ascending order.

    Args:
        summary: Of at least one finite value.
    """

    def __init__(self, summary: Summary) -> None:
        self._low, self._high = float(summary.low or 0), float(summary.high or 0)
        keys, counts = summary.tally
        if summary.key_type in ("float32", "float64"):
            lows, highs = _key_ranges(keys, np.dtype(summary.key_type))
        else:
            lows = highs = key_values(keys, _small_dtype(summary.key_type))
        order = np.argsort(lows, kind="stable")
        self._lows = np.clip(lows[order], self._low, self._high)
        self._highs = np.clip(highs[order], self._low, self._high)
        self._counts = counts[order]

    def histogram(self, most: int) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """Edges and counts of up to `most` bins, over the whole range."""
        if self._low == self._high:
            return (self._low, self._high), (int(self._counts.sum()),)
        shares = np.arange(1, most) / most
        # Each end by its own share: their difference may be more than a float64 holds.
        even = np.clip(self._low * (1 - shares) + self._high * shares, self._low, self._high)
        inner = self._settle(even)
        edges = np.unique(np.concatenate(([self._low], inner, [self._high])))
        # The first bin of values at or behind an edge; none straddles one.
        places = np.searchsorted(self._lows, edges[:-1], side="left")
        sums = np.concatenate(([0], np.cumsum(self._counts)))
        cuts = sums[np.append(places, len(self._counts))]
        cuts[0] = 0
        return tuple(edges.tolist()), tuple(np.diff(cuts).tolist())

    def _settle(self, edges: np.ndarray) -> np.ndarray:
        """Move each edge that lies inside a key's range to the nearer end of it."""
        places = np.maximum(np.searchsorted(self._lows, edges, side="right") - 1, 0)
        lows, highs = self._lows[places], self._highs[places]
        nearer = np.where(edges / 2 - lows / 2 <= highs / 2 - edges / 2, lows, highs)
        settled: np.ndarray = np.where((lows < edges) & (edges < highs), nearer, edges)
        return settled

    def quantiles(self, shares: Sequence[float]) -> tuple[float, ...]:
        """Values below which a share of the values lies, to the width of a key."""
        sums = np.cumsum(self._counts)
        places = np.searchsorted(sums, np.asarray(shares) * sums[-1], side="left")
        places = np.minimum(places, len(sums) - 1)
        middles = self._lows[places] / 2 + self._highs[places] / 2
        # Zeros share a key with the smallest subnormals, and there are more of them.
        middles[(self._lows[places] <= 0) & (self._highs[places] >= 0)] = 0.0
        return tuple(middles.tolist())


def _small_dtype(name: str) -> np.dtype:
    import ml_dtypes

    return np.dtype(getattr(ml_dtypes, name, name))


def _key_ranges(keys: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Ranges `[low, high)` of the values that have these leading 16 bits.

    A negative key's values go from its own start down. Zero of either sign is one value: where the
    key of negative zero occurs, both of them have the range of both.
    """
    shift = 8 * dtype.itemsize - 16
    unsigned = np.dtype(f"u{dtype.itemsize}")
    magnitudes = (keys & (_SIGN - 1)).astype(unsigned)
    is_negative = keys >= _SIGN
    inner = (magnitudes << unsigned.type(shift)).view(dtype)
    outer = ((magnitudes + unsigned.type(1)) << unsigned.type(shift)).view(dtype)
    above = np.nextafter(-outer, dtype.type(0)), np.nextafter(-inner, dtype.type(np.inf))
    lows = np.where(is_negative, above[0], inner)
    highs = np.where(is_negative, above[1], outer)
    is_zero = (magnitudes == 0) & (_SIGN in keys)
    first = (np.ones(1, unsigned) << unsigned.type(shift)).view(dtype)[0]
    lows[is_zero], highs[is_zero] = np.nextafter(-first, dtype.type(0)), first
    largest = np.finfo(np.float64).max
    return lows.astype(np.float64), np.minimum(highs.astype(np.float64), largest)
