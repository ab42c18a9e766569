"""What a picture of a slice shows: which elements make a cell, and which of them are read.

Each cell stands for a block of elements. A slice whose bytes exceed `READ_BUDGET` is sampled: of
its rows and columns every n-th is read. `picture_cells` reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, region_shape

if TYPE_CHECKING:
    import numpy as np

Method = Literal["mean", "absmax"]
METHODS: tuple[Method, ...] = ("mean", "absmax")

MOST_CELLS = 1 << 16
"""Of one picture: what a screen shows, and a page of the file for each stays near the budget."""
READ_BUDGET = 256 << 20
"""Bytes read for one picture: a second's work where the file is in memory."""
_PAGE = 4096
"""What a place of a file costs at least; gaps below it are read over."""


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """What to picture.

    Attributes:
        region: The slice; axes that are not in `axes` have one index in it.
        axes: Up to four: the axis of the rows, that of the columns, and for a grid of tiles those
            that go from tile to tile, down and across. A single one is that of the columns.
        height: Cells from top to bottom at most, over all tiles.
        width: Cells from left to right at most.
        method: What a cell of several elements shows.
    """

    region: Region
    axes: tuple[int, ...]
    height: int = 256
    width: int = 256
    method: Method = "mean"


@dataclass(frozen=True, slots=True)
class Grain:
    """How the elements along one axis become cells.

    Attributes:
        axis: Of the tensor; None: there is none, and one cell.
        count: Elements of the slice along it.
        step: Every `step`-th of them is read, from the first one on.
        block: Elements of the slice to a cell; the last cell may have fewer.
    """

    axis: int | None = None
    count: int = 1
    step: int = 1
    block: int = 1

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return -(-self.count // self.block)

    @property
    def read_count(self) -> int:
        """Elements that are read along the axis."""
        return -(-self.count // self.step)

    @property
    def read_block(self) -> int:
        """Elements that are read for a cell."""
        return self.block // self.step


Grains = tuple[Grain, Grain, Grain, Grain]
"""Of the tiles down, the tiles across, the rows and the columns."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read, and where it goes.

    Attributes:
        grains: Which elements make a cell.
        region: What is read of the slice.
        nbytes: That are read, about: gaps below a page included, a page for each place at least.
    """

    grains: Grains
    region: Region
    nbytes: int

    @property
    def is_sampled(self) -> bool:
        """Whether elements of the slice are left out."""
        return any(grain.step > 1 for grain in self.grains)

    @property
    def is_exact(self) -> bool:
        """Whether each cell is one element."""
        return all(grain.block == 1 for grain in self.grains)

    def lay_out(self, values: np.ndarray) -> np.ndarray:
        """Values with the axes of the tensor as values with those of the grains."""
        axes = [grain.axis for grain in self.grains if grain.axis is not None]
        others = [axis for axis in range(values.ndim) if axis not in axes]
        sizes = [1 if grain.axis is None else values.shape[grain.axis] for grain in self.grains]
        laid_out: np.ndarray = values.transpose([*axes, *others]).reshape(sizes)
        return laid_out

    def places(self, part: Region) -> list[int]:
        """Where a part of the region begins along each grain, counted in elements that are read."""
        read = self.region
        return [
            0 if axis is None else (part[axis].start - read[axis].start) // read[axis].step
            for axis in (grain.axis for grain in self.grains)
        ]


def plan_picture(tensor: Tensor, request: PictureRequest) -> Plan:
    """Decide what is read for a picture, and which elements are a cell. Pure.

    Raises:
        BadRequest: The axes are none of the tensor's, leave out one of several indices, or there
            are too many cells or tiles.
    """
    counts = region_shape(request.region)
    _check_request(request, counts)
    down, across, rows, columns = _arrange(request.axes)
    tile_rows, tile_columns = _grain(down, counts, 0), _grain(across, counts, 0)
    _check_tiles(tile_rows, request.height)
    _check_tiles(tile_columns, request.width)
    grains = (
        tile_rows,
        tile_columns,
        _grain(rows, counts, request.height // max(tile_rows.count, 1)),
        _grain(columns, counts, request.width // max(tile_columns.count, 1)),
    )
    return _sample(tensor, request.region, grains)


def _arrange(axes: Sequence[int]) -> tuple[int | None, ...]:
    """Axes of tiles down, tiles across, rows and columns."""
    if len(axes) < 2:
        return (None, None, None, axes[0] if axes else None)
    rows, columns, down, across = (*axes, None, None)[:4]
    return down, across, rows, columns


def _grain(axis: int | None, counts: Sequence[int], most: int) -> Grain:
    """Blocks that make `most` cells or fewer of an axis; 0: an element is a cell."""
    if axis is None:
        return Grain()
    count = counts[axis]
    return Grain(axis, count, block=max(-(-count // most), 1) if most else 1)


def _check_request(request: PictureRequest, counts: Sequence[int]) -> None:
    axes = request.axes
    if len(set(axes)) < len(axes) or len(axes) > 4 or not all(0 <= a < len(counts) for a in axes):
        raise BadRequest(
            f"Axes {', '.join(map(str, axes))}: name up to four different ones of {len(counts)}, "
            "from 0: those of the rows, of the columns, and of tiles down and across."
        )
    for axis, count in enumerate(counts):
        if count > 1 and axis not in axes:
            raise BadRequest(
                f"Axis {axis}: {count:,} indices in the slice, but it is none of the picture's "
                "axes. Give one index of it."
            )
    if min(request.height, request.width) < 1 or request.height * request.width > MOST_CELLS:
        raise BadRequest(
            f"{request.height:,} × {request.width:,} cells: ask for 1 to {MOST_CELLS:,} in all."
        )


def _check_tiles(tiles: Grain, room: int) -> None:
    if tiles.count > room:
        raise BadRequest(
            f"Axis {tiles.axis}: {tiles.count:,} tiles, where there is room for {room:,} cells. "
            "Ask for a slice of it."
        )


def _sample(tensor: Tensor, region: Region, grains: Grains) -> Plan:
    """Leave out rows and columns until what is left may be read, or a cell has one element."""
    plan = _price(tensor, region, grains)
    while plan.nbytes > READ_BUDGET:
        coarser = [
            _price(tensor, region, _coarsen(plan.grains, place))
            for place in (2, 3)
            if plan.grains[place].read_block > 1
        ]
        if not coarser:
            break
        plan = min(coarser, key=lambda one: (one.nbytes, max(g.step for g in one.grains)))
    return plan


def _coarsen(grains: Grains, place: int) -> Grains:
    """Half as many elements of one axis; its blocks grow to a multiple of the step."""
    grain = grains[place]
    step = min(grain.step * 2, grain.block)
    coarser = replace(grain, step=step, block=-(-grain.block // step) * step)
    down, across, rows, columns = grains
    return (down, across, coarser, columns) if place == 2 else (down, across, rows, coarser)


def _price(tensor: Tensor, region: Region, grains: Grains) -> Plan:
    """The plan that reads every `step`-th index of each axis."""
    read = list(region)
    for grain in grains:
        if grain.axis is not None:
            axis = read[grain.axis]
            read[grain.axis] = slice(axis.start, axis.stop, axis.step * grain.step)
    return Plan(grains, tuple(read), _plan_nbytes(tensor, tuple(read)))


def _plan_nbytes(tensor: Tensor, region: Region) -> int:
    """Bytes read for a region of a tensor that lies row-major and uncompressed."""
    span = stride = tensor.dtype.itemsize
    places = 1
    for size, axis, count in zip(
        reversed(tensor.shape), reversed(region), reversed(region_shape(region)), strict=True
    ):
        if count == 0:
            return 0
        if places > 1 or (count > 1 and stride * axis.step - span >= _PAGE):
            places *= count
        else:
            span += stride * axis.step * (count - 1)
        stride *= size
    return span if places == 1 else places * max(span, _PAGE)
