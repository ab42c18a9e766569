"""Sums over the elements of a tensor, and of two versions of it. Sums of parts add up to the whole.

All are sums in float64 over the elements that are finite. Bool counts as 0 and 1, a complex number
by its magnitude.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

_BLOCK = 1 << 13
"""Elements widened at a time: as float64 two versions of them stay in the processor's cache, and
OpenBLAS, which takes threads of its own from 10,000 on, takes none."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one version of a tensor, or of several tensors.

    Attributes:
        count: Elements.
        nonfinite: Of these, NaN and infinite ones.
        sum_sq: Sum of squares.
    """

    count: int = 0
    nonfinite: int = 0
    sum_sq: float = 0.0

    def __add__(self, other: Sums) -> Sums:
        """The sums of both parts."""
        return Sums(
            self.count + other.count,
            self.nonfinite + other.nonfinite,
            self.sum_sq + other.sum_sq,
        )

    @property
    def l2(self) -> float | None:
        """Euclidean norm of what is finite; None if nothing is."""
        return None if self.count and self.nonfinite == self.count else math.sqrt(self.sum_sq)


@dataclass(frozen=True, slots=True)
class Change:
    """Of a version `b` against an earlier one `a`, over the elements that are finite in both.

    Attributes:
        pairs: How many these are.
        sum_sq: Sum of b².
        previous_sum_sq: Sum of a².
        delta_abs_sum: Sum of |b - a|.
        delta_sum_sq: Sum of (b - a)².
        dot: Sum of a·b; of complex numbers its real part.
    """

    pairs: int = 0
    sum_sq: float = 0.0
    previous_sum_sq: float = 0.0
    delta_abs_sum: float = 0.0
    delta_sum_sq: float = 0.0
    dot: float = 0.0

    def __add__(self, other: Change) -> Change:
        """The sums of both parts."""
        return Change(
            self.pairs + other.pairs,
            self.sum_sq + other.sum_sq,
            self.previous_sum_sq + other.previous_sum_sq,
            self.delta_abs_sum + other.delta_abs_sum,
            self.delta_sum_sq + other.delta_sum_sq,
            self.dot + other.dot,
        )

    def reversed(self) -> Change:
        """The change of `a` against `b`."""
        return Change(
            self.pairs,
            self.previous_sum_sq,
            self.sum_sq,
            self.delta_abs_sum,
            self.delta_sum_sq,
            self.dot,
        )

    @property
    def mean_abs(self) -> float | None:
        """Mean absolute change of an element; None if there is none to compare."""
        return self.delta_abs_sum / self.pairs if self.pairs else None

    @property
    def relative(self) -> float | None:
        """Norm of the change over the norm before; None where that was zero."""
        if not self.previous_sum_sq:
            return None
        return math.sqrt(self.delta_sum_sq) / math.sqrt(self.previous_sum_sq)

    @property
    def cosine(self) -> float | None:
        """Cosine of the angle between both versions, -1 to 1; None where a norm is zero."""
        product = self.sum_sq * self.previous_sum_sq
        # One root of both where it can be: the cosine of what is frozen is 1, not nearly.
        norms = math.sqrt(product) or math.sqrt(self.sum_sq) * math.sqrt(self.previous_sum_sq)
        if not norms or not math.isfinite(norms):
            return None
        return max(-1.0, min(self.dot / norms, 1.0))


def no_change(sums: Sums) -> Change:
    """The change of a tensor against the same content."""
    finite = sums.count - sums.nonfinite
    return Change(finite, sums.sum_sq, sums.sum_sq, 0.0, 0.0, sums.sum_sq)


def compute_sums(values: np.ndarray) -> Sums:
    """Sums of an array of any type of numbers. Cost: one pass, in blocks of 64 kB."""
    import numpy as np

    nonfinite, sum_sq = 0, 0.0
    with np.errstate(all="ignore"):
        for (block,) in _iter_blocks(values):
            part = _square(block)
            if not math.isfinite(part):
                finite = block[np.isfinite(block)]
                nonfinite += block.size - finite.size
                part = _square(finite)
            sum_sq += part
    return Sums(values.size, nonfinite, sum_sq)


class Version(NamedTuple):
    """Values of a tensor or a part of it, and their sums."""

    values: np.ndarray
    sums: Sums


def compute_change(before: Version, after: Version) -> Change:
    """How values differ from earlier ones of the same shape; their types may differ.

    Cost: one pass over both, in blocks of 64 kB.
    """
    import numpy as np

    blocks = _iter_blocks(before.values, after.values)
    with np.errstate(all="ignore"):
        if before.sums.nonfinite or after.sums.nonfinite:
            parts = [_compare(*_pairs(a, b)) for a, b in blocks]
            return sum(parts, Change())
        delta_abs_sum = delta_sum_sq = dot = 0.0
        for a, b in blocks:
            dot += np.vdot(a, b).real
            np.subtract(b, a, out=b)
            delta_sum_sq += np.vdot(b, b).real
            delta_abs_sum += np.add.reduce(np.abs(b))
    squares = after.sums.sum_sq, before.sums.sum_sq
    return Change(after.sums.count, *squares, float(delta_abs_sum), float(delta_sum_sq), float(dot))


def _pairs(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is finite in both."""
    import numpy as np

    both = np.isfinite(a) & np.isfinite(b)
    return a[both], b[both]


def _compare(a: np.ndarray, b: np.ndarray) -> Change:
    import numpy as np

    delta = b - a
    return Change(
        pairs=a.size,
        sum_sq=_square(b),
        previous_sum_sq=_square(a),
        delta_abs_sum=float(np.abs(delta).sum()),
        delta_sum_sq=_square(delta),
        dot=float(np.vdot(a, b).real),
    )


def _square(block: np.ndarray) -> float:
    """Sum of squared magnitudes. Finite only if all elements are."""
    import numpy as np

    return float(np.vdot(block, block).real)


def _iter_blocks(*arrays: np.ndarray) -> Iterator[list[np.ndarray]]:
    """The same block of each of some arrays, widened, in memory that is used again for the next."""
    import numpy as np

    flats = [array.reshape(-1) for array in arrays]
    size = min(_BLOCK, flats[0].size)
    buffers = [np.empty(size, np.complex128 if one.dtype.kind == "c" else float) for one in flats]
    for start in range(0, flats[0].size, _BLOCK):
        blocks = []
        for flat, buffer in zip(flats, buffers, strict=True):
            part = flat[start : start + _BLOCK]
            block = buffer[: part.size]
            np.copyto(block, part, casting="unsafe")
            blocks.append(block)
        yield blocks
