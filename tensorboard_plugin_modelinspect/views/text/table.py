"""A tensor as comma-separated values, made piece by piece: it may be larger than memory.

The first line names the columns. Of the axes with several indices the last one goes along the
line, under its indices; the others, `axis_0` and so on, have a column each. Where only one axis has
several indices, or the last one more than `MOST_COLUMNS`, each line has one element, under `value`.

Quoting is that of RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180); lines end in a line feed.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.errors import Unsupported
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, region_shape, split_region
from tensorboard_plugin_modelinspect.views.text.values import format_bytes, format_elements

if TYPE_CHECKING:
    import numpy as np

MOST_COLUMNS = 16_384
"""Of a table: what spreadsheets take."""
_PIECE = MOST_COLUMNS
"""Elements put into words at a time; a line of a table is never divided."""


def csv_header(tensor: Tensor, region: Region) -> str:
    """The first line.

    Raises:
        Unsupported: The dtype has no values.
    """
    if not tensor.dtype.numpy_name:
        raise Unsupported(
            f'Tensor "{tensor.key}" is of type {tensor.dtype.name}: values cannot be written.'
        )
    lines, columns = _arrange(region)
    names = [str(index) for axis in columns for index in _indices(region, axis)] or ["value"]
    return _write([[*(f"axis_{axis}" for axis in lines), *names]])


def iter_csv_lines(tensor: Tensor, region: Region) -> Iterator[str]:
    r"""Yield the lines behind the header, some at a time.

    Numbers come in the fewest digits that give them back, and as `NaN`, `inf`, `-inf`; strings
    whole, with `\xNN` for bytes that are not UTF-8 and for what does not print.

    Raises:
        ModelInspectError: As `Tensor.read`, between any two pieces.

    Cost: one read a piece, 1 µs an element; memory for 16,384 elements.
    """
    lines, columns = _arrange(region)
    for part in split_region(region, _PIECE):
        texts = _texts(tensor.read(part))
        width = math.prod(region_shape(part)[axis] for axis in columns)
        indices = itertools.product(*(_indices(part, axis) for axis in lines))
        starts = range(0, len(texts), width)
        yield _write(
            [*index, *texts[at : at + width]] for index, at in zip(indices, starts, strict=True)
        )


def _arrange(region: Region) -> tuple[list[int], list[int]]:
    """Axes that go from line to line, and the one that goes along the lines, if any."""
    counts = region_shape(region)
    several = [axis for axis, count in enumerate(counts) if count != 1]
    if len(several) > 1 and counts[several[-1]] <= MOST_COLUMNS:
        return several[:-1], several[-1:]
    return several, []


def _indices(region: Region, axis: int) -> range:
    return range(region[axis].start, region[axis].stop, region[axis].step)


def _texts(values: np.ndarray) -> list[str]:
    if values.dtype.kind == "O":
        return [format_bytes(value, len(value)) for value in values.reshape(-1)]
    return format_elements(values)


def _write(rows: Iterator[Sequence[object]] | Sequence[Sequence[object]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
