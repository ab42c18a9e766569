"""How commands write: aligned tables and JSON, each with a single write."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])

NOTHING = "-"
"""What a cell shows where there is no value."""


def json_option(command: Command) -> Command:
    """Give a command its `--json`."""
    option = click.option("--json", "as_json", is_flag=True, help="Print JSON; see docs/cli.md.")
    return option(command)


def write_json(payload: dict[str, object]) -> None:
    r"""Print a document on one line, in ASCII.

    A name that is not UTF-8 keeps its bytes as `\udcXX`, which Python reads back unchanged.
    """
    sys.stdout.write(json.dumps(payload, allow_nan=False) + "\n")


def write_lines(lines: Iterable[str]) -> None:
    """Print lines of text; names in them must have gone through `printable`."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


class Column(NamedTuple):
    """A column of a table; numbers stand at the right."""

    title: str
    right: bool = False


def format_table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], *, indent: str = ""
) -> list[str]:
    """Lines of a table, titles first; nothing follows the last cell that is not empty.

    Cost: about a microsecond per row and no call per cell, since tables have 100,000 rows.
    """
    titles = tuple(column.title for column in columns)
    widths = [max(map(len, cells)) for cells in zip(titles, *rows, strict=True)]
    template = indent + "  ".join(
        f"%{width}s" if column.right else f"%-{width}s"
        for column, width in zip(columns, widths, strict=True)
    )
    return [(template % tuple(row)).rstrip(" ") for row in (titles, *rows)]


def drop_empty_columns(
    columns: Sequence[Column], rows: Sequence[Sequence[str]]
) -> tuple[list[Column], list[tuple[str, ...]]]:
    """Leave out the columns in which every cell is empty."""
    cells_of = list(zip(*rows, strict=True)) or [("",)] * len(columns)
    kept = [index for index, cells in enumerate(cells_of) if any(cells)]
    return [columns[index] for index in kept], list(zip(*(cells_of[i] for i in kept), strict=True))
