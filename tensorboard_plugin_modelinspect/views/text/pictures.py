"""What the cells of a picture are, in words."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.analyses.picture_cells import Picture
from tensorboard_plugin_modelinspect.model.dtype import DType

_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def describe_method(picture: Picture, dtype: DType) -> str:
    """How elements became cells: `Each cell is the mean of 8 × 8 elements.`, for instance.

    At the edges there may be fewer. A second sentence says what was not read.
    """
    *_, rows, columns = picture.plan.grains
    is_complex = dtype.name.startswith("complex")
    if picture.plan.is_exact:
        return f"Each cell is {'the magnitude of ' if is_complex else ''}one element."
    size = f"{rows.block:,} × {columns.block:,}" if rows.count > 1 else f"{columns.block:,}"
    things = f"{size} {'magnitudes' if is_complex else 'elements'}"
    if picture.method == "mean":
        sentence = f"Each cell is the mean of {things}"
        if any(count is not None for count in (picture.nan, picture.posinf, picture.neginf)):
            sentence += ", without NaN and infinities"
    else:
        sentence = f"Each cell is the one farthest from zero of {things}"
    left_out = [
        f"every {_ordinal(grain.step)} {name}"
        for grain, name in ((rows, "row"), (columns, "column"))
        if grain.step > 1
    ]
    if left_out:
        sentence += f". Of the slice only {' and '.join(left_out)} was read"
    return f"{sentence}."


def _ordinal(number: int) -> str:
    """`2nd`, `11th`, `4,096th`."""
    ending = "th" if number // 10 % 10 == 1 else _ENDINGS.get(number % 10, "th")
    return f"{number:,}{ending}"
