"""What the routes that show a tensor answer; `payloads.py` says what all have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GrainPayload:
    """How `count` indices along an axis (null: none) are `cells`: `block` of them to each.

    Of those every `step`-th was read; the last cell may have fewer.
    """

    axis: int | None
    count: int
    step: int
    block: int
    cells: int


@dataclass(frozen=True, slots=True)
class PicturePayload:
    """`picture?id=&key=&slice=&axes=&height=&width=&method=`: a slice as at most 65,536 cells.

    `cells` are numbers of `cell_type` (`float32` or `float64`), little-endian, in base64: tile by
    tile, row by row; NaN where a cell has no finite element. `nan`, `posinf` and `neginf` are
    counts per cell of elements that are none (uint32, the same way), empty where none is in any.
    `min` and `max` are of the finite elements read, the ranges of the cells: `robust_range` from
    their 1st to their 99th percentile, all null where there are none. `description` says what a
    cell is; `exact`: one element. About `nbytes` were read.
    """

    key: str
    dtype: str
    shape: list[int]
    region: list[tuple[int, int, int]]
    rows: GrainPayload
    columns: GrainPayload
    tile_rows: GrainPayload
    tile_columns: GrainPayload
    method: str
    description: str
    exact: bool
    cell_type: str
    cells: str
    nan: str
    posinf: str
    neginf: str
    nan_count: int
    posinf_count: int
    neginf_count: int
    min: float | None
    max: float | None
    robust_range: tuple[float, float] | None
    full_range: tuple[float, float] | None
    nbytes: int


@dataclass(frozen=True, slots=True)
class StringsPayload:
    r"""`strings?id=&key=&q=&start=`: of `count` strings the 1,000 found from the `start`-th on.

    `matched` are found in all. Columns: `index` (row-major), `text` (cut after 1,000 bytes, with
    `\xNN` for what cannot be shown) and `nbytes` of the whole string.
    """

    key: str
    count: int
    matched: int
    start: int
    index: list[int]
    text: list[str]
    nbytes: list[int]
