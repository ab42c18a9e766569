"""Totals as lines of text, for every command that ends with them."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.analyses.totals import Sum, Totals
from tensorboard_plugin_modelinspect.views.cli.output import Column, format_table
from tensorboard_plugin_modelinspect.views.text.words import describe_bytes

COLUMNS = (
    Column("totals"),
    Column("tensors", right=True),
    Column("parameters", right=True),
    Column("bytes", right=True),
    Column("", right=True),
)


def format_totals(totals: Totals) -> list[str]:
    """Lines of a table: all, then by role and by dtype, then the aliases that no sum counts."""
    rows = [_row("all", totals.all)]
    for title, sums in (("by role", totals.by_role), ("by dtype", totals.by_dtype)):
        if sums:
            rows.append((title, "", "", "", ""))
            rows.extend(_row(f"  {name}", total) for name, total in sums.items())
    if totals.aliases.tensors:
        rows.append(_row("aliases, not counted above", totals.aliases))
    return format_table(COLUMNS, rows)


def _row(name: str, total: Sum) -> tuple[str, str, str, str, str]:
    size = describe_bytes(total.nbytes) if total.nbytes >= 1000 else ""
    return name, f"{total.tensors:,}", f"{total.parameters:,}", f"{total.nbytes:,}", size
