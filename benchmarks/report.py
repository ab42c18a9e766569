"""One line per measurement: ours, theirs, the ratio, and the budget of the design."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """A measurement.

    Attributes:
        what: What was measured.
        ours: Seconds, or bytes with `unit` "B".
        theirs: The same of the tool named in `tool`; None where nothing comparable exists.
        tool: What `theirs` is.
        budget: At most this; None where the design states none.
        unit: "s" or "B".
    """

    what: str
    ours: float
    theirs: float | None = None
    tool: str = ""
    budget: float | None = None
    unit: str = "s"


def describe_row(row: Row) -> str:
    """The row as a line of text."""
    theirs = "-" if row.theirs is None else f"{amount(row.theirs, row.unit)} {row.tool}"
    ratio = "" if row.theirs is None else f"{row.theirs / row.ours:,.1f}x"
    budget = ""
    if row.budget is not None:
        verdict = "met" if row.ours <= row.budget else "MISSED"
        budget = f"budget {amount(row.budget, row.unit)} {verdict}"
    ours = amount(row.ours, row.unit)
    return f"{row.what:<58} {ours:>10}  {theirs:>34} {ratio:>9}  {budget}".rstrip()


def amount(value: float, unit: str) -> str:
    """Seconds or bytes in words."""
    if unit == "B":
        return f"{value / 1e6:,.1f} MB"
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"
