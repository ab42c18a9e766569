"""What is known of the differences of a part of two tensors, in a form that merges.

NaN at the same place on both sides is equal, as is the same infinity. Differences are in float64;
of 64-bit integers they are taken before they are rounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.diff.result import Of, Tolerance, ValueDiff
from tensorboard_plugin_modelinspect.analyses.stats.result import Histogram, finish
from tensorboard_plugin_modelinspect.analyses.stats.summary import Summary, summarize
from tensorboard_plugin_modelinspect.analyses.sums import (
    Change,
    Version,
    compute_change,
    compute_sums,
)
from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType
from tensorboard_plugin_modelinspect.model.pieces import Piece

_FLOAT64 = DTYPES[2]


class Comparison(NamedTuple):
    """How the elements of two tensors are compared.

    Attributes:
        of: See `ValueDiff`.
        compared_as: See `ValueDiff`.
        is_rounding: Whether one type is a narrower float or complex type than the other.
        is_exact: Whether bytes are compared, so that zeros of two signs, and NaNs, may differ.
        tolerance: See `Tolerance`.
    """

    of: Of
    compared_as: str
    is_rounding: bool
    is_exact: bool
    tolerance: Tolerance


def plan_comparison(
    before: DType, after: DType, tolerance: Tolerance, *, is_exact: bool
) -> Comparison:
    """How elements of two types are compared; bytes only where the types are the same."""
    names = before.name, after.name
    is_complex = any(name.startswith("complex") for name in names)
    is_equality = not before.is_fixed or "bool" in names
    of: Of = "equality" if is_equality else "magnitude" if is_complex else "value"
    if before == after:
        return Comparison(of, "", False, is_exact, tolerance)
    is_rounding = all("float" in name for name in names) or all(
        name.startswith("complex") for name in names
    )
    compared_as = "complex128" if is_complex else "float64"
    return Comparison(of, compared_as, is_rounding, False, tolerance)


@dataclass(frozen=True, slots=True)
class ValueSums:
    """Of some elements; places are counted row-major from the start of the tensor.

    Attributes:
        count, differing, outside, nan_both, nan_before, nan_after: See `ValueDiff`.
        first: Place of the first that differs.
        max_abs, max_at: Largest difference of what is finite on both sides, and its first place.
        change: Sums over what is finite on both sides.
        deltas: Of the differences of what differs and is finite on both sides; None if nothing is.
        is_rounding: Whether one is the other rounded, as far as both were looked at.
    """

    count: int = 0
    differing: int = 0
    outside: int = 0
    first: int | None = None
    nan_both: int = 0
    nan_before: int = 0
    nan_after: int = 0
    max_abs: float = 0.0
    max_at: int | None = None
    change: Change = field(default_factory=Change)
    deltas: Summary | None = None
    is_rounding: bool = True

    def merge(self, other: ValueSums) -> ValueSums:
        """Of both parts together; which one comes first does not matter."""
        firsts = [one for one in (self.first, other.first) if one is not None]
        largest = min((self, other), key=_by_size)
        deltas = [one for one in (self.deltas, other.deltas) if one is not None]
        return ValueSums(
            self.count + other.count,
            self.differing + other.differing,
            self.outside + other.outside,
            min(firsts, default=None),
            self.nan_both + other.nan_both,
            self.nan_before + other.nan_before,
            self.nan_after + other.nan_after,
            largest.max_abs,
            largest.max_at,
            self.change + other.change,
            deltas[0].merge(deltas[1]) if len(deltas) > 1 else (*deltas, None)[0],
            self.is_rounding and other.is_rounding,
        )


def _by_size(sums: ValueSums) -> tuple[float, float]:
    """The largest difference first, and of equal ones the first."""
    return -sums.max_abs, math.inf if sums.max_at is None else sums.max_at


def compare_values(
    before: np.ndarray, after: np.ndarray, start: int, comparison: Comparison
) -> ValueSums:
    """Compare a run of elements with those of the same places.

    Args:
        before: One axis.
        after: As many.
        start: Place of the first of them in the tensor.
        comparison: How.

    Cost: some passes over both; about six times their bytes as float64, briefly.
    """
    if comparison.of == "equality":
        return _compare_equality(before, after, start)
    with np.errstate(all="ignore"):
        return _compare_numbers(before, after, start, comparison)


def _compare_equality(before: np.ndarray, after: np.ndarray, start: int) -> ValueSums:
    differs = np.asarray(before != after, np.bool_)
    differing = int(np.count_nonzero(differs))
    first = start + int(differs.argmax()) if differing else None
    return ValueSums(before.size, differing, differing, first)


def _compare_numbers(
    before: np.ndarray, after: np.ndarray, start: int, comparison: Comparison
) -> ValueSums:
    if comparison.compared_as == "complex128":
        before, after = before.astype(np.complex128), after.astype(np.complex128)
    old, new = compute_sums(before), compute_sums(after)
    change = compute_change(Version(before, old), Version(after, new))
    nans = [0, 0, 0]
    differs = _differs(before, after, is_exact=comparison.is_exact)
    if old.nonfinite or new.nonfinite:
        nan_before, nan_after = np.isnan(before), np.isnan(after)
        both = nan_before & nan_after
        if not comparison.is_exact:
            differs &= ~both
        nans = [int(np.count_nonzero(one)) for one in (both, nan_before, nan_after)]
    differing = int(np.count_nonzero(differs))
    sums = ValueSums(
        count=before.size,
        differing=differing,
        first=start + int(differs.argmax()) if differing else None,
        nan_both=nans[0],
        nan_before=nans[1] - nans[0],
        nan_after=nans[2] - nans[0],
        change=change,
        is_rounding=not comparison.is_rounding or _is_rounding(before, after),
    )
    return _measure(sums, before, after, differs, start, comparison) if differing else sums


def _differs(before: np.ndarray, after: np.ndarray, *, is_exact: bool) -> np.ndarray:
    if is_exact:
        shape = (before.size, before.dtype.itemsize)
        octets = [np.ascontiguousarray(one).view(np.uint8) for one in (before, after)]
        differs: np.ndarray = (octets[0].reshape(shape) != octets[1].reshape(shape)).any(axis=1)
        return differs
    if before.dtype != after.dtype and not _are_integers(before, after):
        before, after = _widen(before), _widen(after)
    return np.asarray(before != after, np.bool_)


def _measure(
    sums: ValueSums,
    before: np.ndarray,
    after: np.ndarray,
    differs: np.ndarray,
    start: int,
    comparison: Comparison,
) -> ValueSums:
    """Add what depends on the differences themselves, of the elements that differ."""
    deltas = _subtract(after, before)
    sizes = np.abs(deltas)
    usable = differs & np.isfinite(sizes)
    outside = sums.differing - _count_within(before, sizes, usable, comparison.tolerance)
    shown = (sizes if comparison.of == "magnitude" else deltas)[usable]
    if not shown.size:
        return replace(sums, outside=outside)
    np.copyto(sizes, -1, where=~usable)
    largest = int(sizes.argmax())
    return replace(
        sums,
        outside=outside,
        max_abs=float(sizes[largest]),
        max_at=start + largest,
        deltas=summarize(Piece(shown, ((0, shown.size),), 0), _FLOAT64),
    )


def _count_within(
    before: np.ndarray, sizes: np.ndarray, usable: np.ndarray, tolerance: Tolerance
) -> int:
    atol, rtol = tolerance
    if not (atol or rtol):
        return 0
    return int(np.count_nonzero(usable & (sizes <= atol + rtol * np.abs(_widen(before)))))


def _are_integers(*arrays: np.ndarray) -> bool:
    return all(one.dtype.kind in "iu" for one in arrays)


def _widen(values: np.ndarray) -> np.ndarray:
    return values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)


def _subtract(b: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Differences in float64, each rounded once."""
    if not _are_integers(a, b) or max(a.dtype.itemsize, b.dtype.itemsize) < 8 or a.dtype != b.dtype:
        return np.asarray(_widen(b) - _widen(a))
    is_less = b < a
    unsigned = a.astype(np.uint64), b.astype(np.uint64)  # the difference modulo 2^64 is exact
    sizes = np.where(is_less, unsigned[0] - unsigned[1], unsigned[1] - unsigned[0])
    return np.asarray(np.where(is_less, -1.0, 1.0) * sizes.astype(np.float64))


def _is_rounding(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether the wider one, rounded to the type of the other, is the other."""
    wide, narrow = before, after
    if after.dtype.itemsize > before.dtype.itemsize:
        wide, narrow = after, before
    rounded = _widen(wide.astype(narrow.dtype))
    return bool(np.array_equal(rounded, _widen(narrow), equal_nan=True))


def finish_values(sums: ValueSums, shape: tuple[int, ...], comparison: Comparison) -> ValueDiff:
    """The numbers that are shown of all that was compared."""
    equality = ValueDiff(
        comparison.of,
        comparison.compared_as,
        sums.count,
        sums.differing,
        sums.outside,
        _coordinate(sums.first, shape),
    )
    if comparison.of == "equality":
        return equality
    has_any = sums.change.pairs > 0
    histogram = Histogram((), ())
    if sums.deltas is not None:
        histogram = finish(sums.deltas, "value").histogram
    return replace(
        equality,
        nan_both=sums.nan_both,
        nan_before=sums.nan_before,
        nan_after=sums.nan_after,
        max_abs=sums.max_abs if has_any else None,
        max_at=_coordinate(sums.max_at, shape),
        mean_abs=sums.change.mean_abs,
        l2=math.sqrt(sums.change.delta_sum_sq) if has_any else None,
        relative_l2=sums.change.relative,
        cosine=sums.change.cosine,
        histogram=histogram,
        is_rounding=sums.is_rounding if comparison.is_rounding else None,
    )


def _coordinate(place: int | None, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    if place is None:
        return None
    return Piece(np.empty(0), tuple((0, size) for size in shape), 0).coordinate(place)
