"""Statistics for people: a table with a histogram in each line, and one tensor at length."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.health import SEVERITIES, HealthFinding
from tensorboard_plugin_modelinspect.analyses.stats import TensorStats
from tensorboard_plugin_modelinspect.analyses.stats.result import QUANTILES
from tensorboard_plugin_modelinspect.analyses.stats.summary import measured
from tensorboard_plugin_modelinspect.examining import Examined
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.cli.output import NOTHING, Column, format_table
from tensorboard_plugin_modelinspect.views.text.histogram import (
    BLOCKS,
    PLAIN,
    can_draw_blocks,
    draw_line,
    draw_rows,
)
from tensorboard_plugin_modelinspect.views.text.values import format_elements
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_count,
    describe_shape,
    printable,
)

COLUMNS = (
    Column("name"),
    Column("dtype"),
    Column("shape"),
    *(
        Column(title, right=True)
        for title in ("NaN", "Inf", "zeros", "min", "max", "mean", "std", "L2")
    ),
    Column("histogram"),
)
MOST_FINDINGS = 200
"""Findings that are printed; of more only the number."""
_OF = {"value": "", "magnitude": ", magnitudes", "length": ", lengths"}
_NUMBERS = {"min": "min", "max": "max", "mean": "mean", "std": "std", "l1": "L1", "l2": "L2"}
_EXACT_BELOW = 10**9
"""Integers that are printed in full."""


class Line(NamedTuple):
    """A line of the table, and the one below it that says why there is nothing in it."""

    cells: tuple[str, ...]
    error: str
    findings: tuple[tuple[str, HealthFinding], ...]


def make_line(row: Examined) -> Line:
    """What is printed of a tensor."""
    tensor, stats = row.tensor, row.stats
    name = printable(tensor.name)
    of = _OF[measured(tensor.dtype)]
    facts = (name, tensor.dtype.name + of, describe_shape(tensor.shape))
    numbers = (NOTHING,) * (len(COLUMNS) - 4) if stats is None else _numbers(stats)
    drawn = "" if stats is None else draw_line(stats.histogram, _levels())
    error = "" if row.error is None else printable(row.error.message)
    return Line((*facts, *numbers, drawn), error, tuple((name, one) for one in row.findings))


def _numbers(stats: TensorStats) -> tuple[str, ...]:
    return (
        f"{stats.nan:,}",
        f"{stats.posinf + stats.neginf:,}",
        _percent(stats.zeros, stats.count),
        *map(format_number, (stats.min, stats.max, stats.mean, stats.std, stats.l2)),
    )


def _percent(part: int, whole: int) -> str:
    """A share that is 0 or 100 only if it is exactly that."""
    if part in (0, whole):
        return "100 %" if part else "0 %"
    return f"{min(max(100 * part / whole, 0.1), 99.9):.1f} %"


def format_number(number: float | None) -> str:
    """Four digits, but whole numbers in full."""
    if number is None:
        return NOTHING
    if isinstance(number, int) and abs(number) < _EXACT_BELOW:
        return f"{number:,}"
    return f"{number + 0:.4g}"  # zero has no sign here


def _levels() -> str:
    return BLOCKS if can_draw_blocks(sys.stdout.encoding) else PLAIN


def format_lines(lines: Sequence[Line], whole: Sequence[HealthFinding]) -> Iterator[str]:
    """The table, errors in place, and the findings below it; `whole` are of the artifact."""
    if not lines:
        yield "no tensors"
        return
    titles, *texts = format_table(COLUMNS, [line.cells for line in lines])
    yield titles
    for line, text in zip(lines, texts, strict=True):
        yield text
        if line.error:
            yield f"    {line.error}"
    findings = [("", finding) for finding in whole]
    findings += (finding for line in lines for finding in line.findings)
    findings.sort(key=lambda pair: SEVERITIES.index(pair[1].severity))
    if findings:
        yield ""
    yield from format_findings(findings[:MOST_FINDINGS])
    if len(findings) > MOST_FINDINGS:
        yield f"… and {describe_count(len(findings) - MOST_FINDINGS, 'more finding')}"


def format_findings(findings: Iterable[tuple[str, HealthFinding]]) -> Iterator[str]:
    """Where and what on one line, what to do on the next."""
    for name, finding in findings:
        where = f"{name}: " if name else ""
        yield f"{finding.severity}: {where}{printable(finding.evidence.removesuffix('.'))}."
        yield f"    {printable(finding.advice)}"


def format_stats(tensor: Tensor, stats: TensorStats) -> Iterator[str]:
    """One tensor at length: every number, and a bar for each bin."""
    zeros = f"{_percent(stats.zeros, stats.count)}" if stats.count else ""
    rows = [
        ("elements", f"{stats.count:,}", _OF[stats.of].removeprefix(", ")),
        ("NaN", f"{stats.nan:,}", _place(stats.first_nan)),
        ("+Inf", f"{stats.posinf:,}", _place(stats.first_inf)),
        ("-Inf", f"{stats.neginf:,}", "" if stats.posinf else _place(stats.first_inf)),
        ("zeros", f"{stats.zeros:,}", zeros),
        *((title, _exact(tensor, stats, name), "") for name, title in _NUMBERS.items()),
    ]
    yield from format_table((Column(""), Column("", right=True), Column("")), rows)[1:]
    if stats.quantiles:
        yield ""
        titles = [Column(f"{100 * share:g} %", right=True) for share in QUANTILES]
        yield from format_table(titles, [[format_number(one) for one in stats.quantiles]])
        yield ""
        columns = (Column("from, to", right=True), Column("count", right=True), Column(""))
        block = BLOCKS[-1] if can_draw_blocks(sys.stdout.encoding) else PLAIN[-1]
        yield from format_table(columns, list(draw_rows(stats.histogram, block)))


def _place(coordinate: tuple[int, ...] | None) -> str:
    return f"first at {describe_shape(coordinate)}" if coordinate else ""


def _exact(tensor: Tensor, stats: TensorStats, name: str) -> str:
    """A number in full; what is stored in the digits that its type needs."""
    number = getattr(stats, name)
    if number is None:
        return NOTHING
    if isinstance(number, int):
        return f"{number:,}"
    if name in ("min", "max") and stats.of == "value":
        import numpy as np

        return format_elements(np.array([number]).astype(tensor.dtype.to_numpy()))[0]
    return f"{number!r}"
