"""How commands write: aligned tables and JSON, each with a single write."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import NamedTuple, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])

NOTHING = "-"
"""What a cell shows where there is no value."""
MOST_WIDTH = 100
"""Characters of a column; a longer cell moves the rest of its row, not all other rows."""


def json_option(command: Command) -> Command:
    """Give a command its `--json`."""
    option = click.option("--json", "as_json", is_flag=True, help="Print JSON; see docs/cli.md.")
    return option(command)


def write_json(payload: dict[str, object]) -> None:
    r"""Print a document on one line, in ASCII.

    A name that is not UTF-8 keeps its bytes as `\udcXX`, which Python reads back unchanged.
    """
    import json  # 4 ms that a text does not need

    sys.stdout.write(json.dumps(payload, allow_nan=False) + "\n")


def json_float(value: float) -> float | str:
    """The number, or `NaN`, `Infinity` and `-Infinity` as text: JSON has no token for them."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def write_lines(lines: Iterable[str]) -> None:
    """Print lines of text; names in them must have gone through `printable`."""
    sys.stdout.write("\n".join([*lines, ""]))


class Column(NamedTuple):
    """A column of a table; numbers stand at the right."""

    title: str
    right: bool = False


def format_table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], *, indent: str = ""
) -> list[str]:
    """Lines of a table, titles first; nothing follows the last cell that is not empty."""
    return format_columns(columns, list(zip(*rows, strict=True)) or [()] * len(columns), indent)


def format_columns(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], indent: str = ""
) -> list[str]:
    """A table given by columns, for those of 100,000 rows: two passes in C, no call per cell."""
    widths = [
        min(max(len(column.title), max(map(len, column_cells), default=0)), MOST_WIDTH)
        for column, column_cells in zip(columns, cells, strict=True)
    ]
    padded = [
        map(str.rjust if column.right else str.ljust, (column.title, *column_cells), repeat(width))
        for column, column_cells, width in zip(columns, cells, widths, strict=True)
    ]
    return [(indent + "  ".join(row)).rstrip(" ") for row in zip(*padded, strict=True)]
