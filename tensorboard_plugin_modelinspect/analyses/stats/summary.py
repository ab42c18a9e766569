"""What is known of some of a tensor's values, in a form that merges with that of others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from tensorboard_plugin_modelinspect.analyses.stats.kernels import (
    Moments,
    Tally,
    find_first,
    measure,
    tally,
    weigh_moments,
)
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.pieces import Piece

Of = Literal["value", "magnitude", "length"]
Coordinate = tuple[int, ...]
_T = TypeVar("_T")


def measured(dtype: DType) -> Of:
    """What the numbers are of: a complex number's magnitude, a string's length in bytes."""
    if dtype.name == "string":
        return "length"
    return "magnitude" if dtype.name.startswith("complex") else "value"


@dataclass(frozen=True, slots=True)
class Summary:
    """Of a part of a tensor. Numbers are of what `measured` says.

    Attributes:
        nan: NaNs; of complex numbers those with a NaN in either half.
        posinf: Infinite ones, likewise neginf.
        zeros: Equal to zero.
        low: Smallest finite one, an int where the type is of integers; None if there is none.
        high: Largest, in the same way.
        moments: Of the finite ones.
        tally: Of the finite ones, by the keys of `key_type`.
        key_type: numpy's name of the type whose bits are the keys.
        first_nan: Where the first NaN is in the tensor, row-major; None if there is none.
        first_inf: Likewise the first infinite one.
    """

    nan: int
    posinf: int
    neginf: int
    zeros: int
    low: float | int | None
    high: float | int | None
    moments: Moments
    tally: Tally
    key_type: str
    first_nan: Coordinate | None = None
    first_inf: Coordinate | None = None

    @property
    def count(self) -> int:
        """All of them."""
        return self.moments.count + self.nan + self.posinf + self.neginf

    def merge(self, other: Summary) -> Summary:
        """Of both parts together; which one comes first does not matter."""
        return Summary(
            self.nan + other.nan,
            self.posinf + other.posinf,
            self.neginf + other.neginf,
            self.zeros + other.zeros,
            _pick(min, self.low, other.low),
            _pick(max, self.high, other.high),
            self.moments.merge(other.moments),
            self.tally.merge(other.tally),
            self.key_type,
            _pick(min, self.first_nan, other.first_nan),
            _pick(min, self.first_inf, other.first_inf),
        )


def _pick(choose: Callable[[_T, _T], _T], one: _T | None, other: _T | None) -> _T | None:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other)


def summarize(piece: Piece, dtype: DType) -> Summary:
    """Go over the values of a piece once. Cost: about ten times its bytes at most, briefly."""
    with np.errstate(over="ignore", invalid="ignore"):  # as near the end of float64's range
        return _summarize(piece, dtype)


def _summarize(piece: Piece, dtype: DType) -> Summary:
    values = piece.values
    if dtype.name == "string":
        return _of_integers(np.fromiter(map(len, values), np.int64, len(values)))
    if values.dtype.kind == "c":
        is_nan = np.isnan(values)
        magnitudes = np.abs(values.astype(np.complex128, copy=False))
        magnitudes[is_nan] = np.nan
        return _of_floats(magnitudes, piece)
    if values.dtype.itemsize <= 2:
        return _of_small(values, piece, is_integer=dtype.is_integer)
    return _of_integers(values) if dtype.is_integer else _of_floats(values, piece)


def empty_summary(dtype: DType) -> Summary:
    """Of no value at all."""
    nothing = Piece(np.empty(0, dtype.to_numpy()), ((0, 0),), 0)
    return summarize(nothing, dtype)


def _of_integers(values: np.ndarray) -> Summary:
    """Integers of 4 or 8 bytes; their keys are those of the nearest float64."""
    found = measure(values.astype(np.float64))
    low, high = (int(values.min()), int(values.max())) if values.size else (None, None)
    return Summary(0, 0, 0, found.zeros, low, high, found.moments, found.tally, "float64")


def _of_floats(values: np.ndarray, piece: Piece) -> Summary:
    """Floats of 4 or 8 bytes."""
    found = measure(values)
    return Summary(
        *found[:-2],
        f"float{8 * values.itemsize}",
        _coordinate(found.first_nan, piece),
        _coordinate(found.first_inf, piece),
    )


def _of_small(values: np.ndarray, piece: Piece, *, is_integer: bool) -> Summary:
    """Types of one or two bytes: their tally tells everything but places."""
    counted = tally(values)
    numbers = key_values(counted.keys, values.dtype)
    is_nan, is_inf = np.isnan(numbers), np.isinf(numbers)
    is_finite = ~(is_nan | is_inf)
    finite, counts = numbers[is_finite], counted.counts[is_finite]
    first_nan = first_inf = None
    if not is_finite.all():
        floats = values.astype(np.float32)
        first_nan = _coordinate(find_first(np.isnan(floats)), piece)
        first_inf = _coordinate(find_first(np.isinf(floats)), piece)
    low, high = (finite.min(), finite.max()) if finite.size else (None, None)
    number = int if is_integer else float
    return Summary(
        int(counted.counts[is_nan].sum()),
        int(counted.counts[numbers == np.inf].sum()),
        int(counted.counts[numbers == -np.inf].sum()),
        int(counts[finite == 0].sum()),
        None if low is None else number(low),
        None if high is None else number(high),
        weigh_moments(finite, counts),
        Tally(counted.keys[is_finite], counts),
        values.dtype.name,
        first_nan,
        first_inf,
    )


def key_values(keys: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """What bit patterns of a type of one or two bytes stand for, as float64."""
    stored = keys.astype(f"u{dtype.itemsize}").view(dtype)
    # ml_dtypes may have no direct way from a type of few bits.
    floats: np.ndarray = stored.astype(np.float32).astype(np.float64)
    return floats


def _coordinate(index: int, piece: Piece) -> Coordinate | None:
    return None if index < 0 else piece.coordinate(index)
