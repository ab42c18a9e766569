"""Statistics of a tensor as they are shown: plain numbers, a histogram, some quantiles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.stats.bins import Bins
from tensorboard_plugin_modelinspect.analyses.stats.summary import Coordinate, Of, Summary

BIN_COUNT = 64
"""Bins of a histogram, at most."""
QUANTILES = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)


class Histogram(NamedTuple):
    """Counts between edges.

    Attributes:
        edges: Ascending; one more than `counts`, or none at all where nothing is finite. They lie
            about evenly: each is moved to where no value straddles it, so that counts are exact.
        counts: Values in `[edge, next edge)`; the last bin includes its upper edge.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TensorStats:
    """Statistics of a tensor. Numbers from `min` on are of the finite values.

    Attributes:
        of: What they are of: the values, complex numbers' magnitudes, strings' lengths in bytes.
        count: Elements.
        nan, posinf, neginf: How many are not finite.
        zeros: How many are zero, of either sign.
        min, max: None if nothing is finite; ints where the type is of integers.
        mean, std: In float64; std of the population. None if nothing is finite.
        l1, l2: Sum of magnitudes; root of the sum of squares. These and the two before are infinite
            or NaN where float64 overflows, as numpy's are.
        histogram: Over all finite values.
        quantiles: At `QUANTILES`, to the width of a key (0.8 % for float32); None as `mean`.
        first_nan, first_inf: Coordinates, row-major; None if there is none.
    """

    of: Of
    count: int
    nan: int
    posinf: int
    neginf: int
    zeros: int
    min: float | int | None
    max: float | int | None
    mean: float | None
    std: float | None
    l1: float
    l2: float
    histogram: Histogram
    quantiles: tuple[float, ...] | None
    first_nan: Coordinate | None
    first_inf: Coordinate | None

    @property
    def finite(self) -> int:
        """How many are finite."""
        return self.count - self.nan - self.posinf - self.neginf


def finish(summary: Summary, of: Of) -> TensorStats:
    """The statistics of all that was summarized."""
    moments = summary.moments
    mean = std = quantiles = None
    histogram = Histogram((), ())
    if moments.count:
        mean, std = moments.mean, math.sqrt(moments.m2 / moments.count)
        bins = Bins(summary)
        histogram = Histogram(*bins.histogram(BIN_COUNT))
        quantiles = bins.quantiles(QUANTILES)
    return TensorStats(
        of,
        summary.count,
        summary.nan,
        summary.posinf,
        summary.neginf,
        summary.zeros,
        summary.low,
        summary.high,
        mean,
        std,
        moments.l1,
        math.sqrt(moments.m2 + moments.count * moments.mean * moments.mean),
        histogram,
        quantiles,
        summary.first_nan,
        summary.first_inf,
    )
