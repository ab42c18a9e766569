"""The cells of a picture: what a slice is reduced to, piece by piece, in bounded memory.

A cell shows the mean of its finite elements, or the one of the largest magnitude, so that an
outlier does not vanish in a mean. NaN and infinities are counted, cell by cell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.analyses.picture import (
    Method,
    PictureRequest,
    Plan,
    plan_picture,
)
from tensorboard_plugin_modelinspect.errors import Unsupported
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, split_region

if TYPE_CHECKING:
    import numpy as np

PIECE_SIZE = 1 << 18
"""Elements held at once; as float64, and with what is made of them, below 16 MiB."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Cells of a slice. Arrays have the axes of `plan.grains`.

    Attributes:
        plan: Which elements a cell stands for.
        method: What a cell of several elements shows.
        cells: float64; NaN where a cell has no finite element. Of complex numbers the magnitude.
        nan: How many elements of each cell are NaN; None where none is in any.
        posinf: The same for positive infinity.
        neginf: The same for negative infinity.
        limits: Least and largest finite element read, None where there is none.
    """

    plan: Plan
    method: Method
    cells: np.ndarray
    nan: np.ndarray | None
    posinf: np.ndarray | None
    neginf: np.ndarray | None
    limits: tuple[float, float] | None

    @property
    def full_range(self) -> tuple[float, float] | None:
        """Least and largest cell, None where no cell has a finite element."""
        return self._range(0.0)

    @property
    def robust_range(self) -> tuple[float, float] | None:
        """The 1st and the 99th percentile of the cells; the full range where these are equal."""
        robust = self._range(0.01)
        return robust if robust and robust[0] < robust[1] else self.full_range

    def _range(self, share: float) -> tuple[float, float] | None:
        """The cells that `share` of all cells lie below, and above."""
        import numpy as np

        finite = np.sort(self.cells[np.isfinite(self.cells)])
        if not finite.size:
            return None
        rank = round(share * (finite.size - 1))
        return float(finite[rank]), float(finite[-1 - rank])


def compute_picture(tensor: Tensor, request: PictureRequest) -> Picture:
    """Read a slice and make its cells.

    Raises:
        BadRequest: As `plan_picture`.
        Unsupported: The tensor holds no numbers.
        ModelInspectError: As `Tensor.read`, between any two pieces.

    Cost: reads `plan.nbytes`, at most `READ_BUDGET` where that leaves a page to each cell; holds
    16 MiB. A tensor of several pieces is not verified: its checksum is of the whole.
    """
    if not tensor.dtype.is_fixed:
        raise Unsupported(
            f'Tensor "{tensor.key}" is of type {tensor.dtype.name}: there is no picture of it.'
        )
    plan = plan_picture(tensor, request)
    cells = Cells(plan, request.method, is_wide=tensor.dtype.name in ("float64", "complex128"))
    for part in split_region(plan.region, PIECE_SIZE):
        cells.add(tensor.read(part), part)
    return cells.picture()


class Cells:
    """Sums or extremes, and counts, by cell, while the elements come in pieces.

    Args:
        plan: Which elements a cell stands for.
        method: What it shows of them.
        is_wide: Whether a sum of elements may exceed float64; parts of them are summed then.
    """

    def __init__(self, plan: Plan, method: Method, *, is_wide: bool) -> None:
        import numpy as np

        self._plan = plan
        self._method = method
        self._area = math.prod(grain.read_block for grain in plan.grains) if is_wide else 1
        self._low, self._high = math.inf, -math.inf
        self._nan = _Blocks(plan, np.add, 0)
        self._posinf = _Blocks(plan, np.add, 0)
        self._neginf = _Blocks(plan, np.add, 0)
        if method == "mean":
            self._shown = [_Blocks(plan, np.add, 0)]
        else:
            self._shown = [
                _Blocks(plan, np.minimum, math.inf),
                _Blocks(plan, np.maximum, -math.inf),
            ]

    def add(self, values: np.ndarray, part: Region) -> None:
        """Add the elements of a part of the region, with all axes of the tensor."""
        import numpy as np

        numbers = _to_numbers(self._plan.lay_out(values))
        starts = self._plan.places(part)
        finite = np.isfinite(numbers)
        is_finite = bool(finite.all())
        if not is_finite:
            self._nan.add(np.isnan(numbers), starts)
            self._posinf.add(numbers == np.inf, starts)
            self._neginf.add(numbers == -np.inf, starts)
        self._low = min(self._low, numbers.min(where=finite, initial=np.inf))
        self._high = max(self._high, numbers.max(where=finite, initial=-np.inf))
        if self._method == "mean" and self._area > 1:
            numbers = numbers / self._area
        for blocks in self._shown:
            known = numbers if is_finite else np.where(finite, numbers, blocks.neutral)
            blocks.add(known, starts)

    def picture(self) -> Picture:
        """What has come so far."""
        import numpy as np

        counts = [blocks.result for blocks in (self._nan, self._posinf, self._neginf)]
        finite = _elements(self._plan) - sum(counts)
        if self._method == "mean":
            with np.errstate(invalid="ignore"):  # no finite element: 0 / 0
                cells = self._shown[0].result / (finite / self._area)
        else:
            low, high = (blocks.result for blocks in self._shown)
            cells = np.where(finite > 0, np.where(high >= -low, high, low), np.nan)
        nan, posinf, neginf = (count if count.any() else None for count in counts)
        limits = (float(self._low), float(self._high)) if self._low <= self._high else None
        return Picture(self._plan, self._method, cells, nan, posinf, neginf, limits)


class _Blocks:
    """One number for each cell, of elements that come in pieces.

    Args:
        plan: Which elements a cell stands for.
        ufunc: What makes one of two numbers.
        neutral: The number that changes nothing.
    """

    def __init__(self, plan: Plan, ufunc: np.ufunc, neutral: float) -> None:
        import numpy as np

        self.neutral = neutral
        self.result = np.full([grain.cells for grain in plan.grains], neutral, np.float64)
        self._ufunc = ufunc
        self._blocks = [grain.read_block for grain in plan.grains]

    def add(self, values: np.ndarray, starts: Sequence[int]) -> None:
        """Add a box of elements that begins at `starts`, counted in elements that are read."""
        import numpy as np

        for axis, (start, block) in enumerate(zip(starts, self._blocks, strict=True)):
            if block > 1:
                edges = np.arange(-(start % block), values.shape[axis], block)
                values = self._ufunc.reduceat(
                    values, np.maximum(edges, 0), axis=axis, dtype=np.float64
                )
        first = [start // block for start, block in zip(starts, self._blocks, strict=True)]
        where = tuple(slice(at, at + size) for at, size in zip(first, values.shape, strict=True))
        self._ufunc(self.result[where], values, out=self.result[where])


def _to_numbers(values: np.ndarray) -> np.ndarray:
    """Values as float64: of complex numbers the magnitude, of truth values 0 and 1."""
    import numpy as np

    if values.dtype.kind == "c":
        values = np.abs(values.astype(np.complex128, copy=False))
    return values.astype(np.float64, copy=False)


def _elements(plan: Plan) -> np.ndarray:
    """How many elements are read for each cell."""
    import numpy as np

    sizes = []
    for grain in plan.grains:
        edges = np.minimum(np.arange(grain.cells + 1) * grain.read_block, grain.read_count)
        sizes.append(np.diff(edges).astype(np.float64))
    down, across, rows, columns = sizes
    elements: np.ndarray = np.einsum("i,j,k,l->ijkl", down, across, rows, columns)
    return elements
