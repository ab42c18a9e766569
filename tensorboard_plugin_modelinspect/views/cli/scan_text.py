"""Reports of the scan as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tensorboard_plugin_modelinspect.analyses.scan.result import (
    VERDICTS,
    Finding,
    Place,
    ScanReport,
    overall,
)
from tensorboard_plugin_modelinspect.analyses.scan.rules import title_of
from tensorboard_plugin_modelinspect.views.cli.output import Column, format_table
from tensorboard_plugin_modelinspect.views.cli.scan_records import describe_origin
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_count,
    describe_kind,
    printable,
)

MANY_COLUMNS = (
    Column("verdict"),
    Column("worst"),
    Column("findings", right=True),
    Column("kind"),
    Column("path"),
)
_SHOWN_ORIGINS = 3
_TOLD = ("critical", "high", "medium")
"""Severities that have lines of their own in the table of many artifacts."""


def format_reports(reports: Sequence[ScanReport], *, is_listed: bool) -> Iterator[str]:
    """One report in full, several as a table with the worst findings below each row."""
    if len(reports) == 1:
        yield from _format_one(reports[0], is_listed=is_listed)
        return
    titles, *lines = format_table(MANY_COLUMNS, [_cells(report) for report in reports])
    yield titles
    for report, line in zip(reports, lines, strict=True):
        yield line
        told = [finding for finding in report.findings if finding.severity in _TOLD]
        for finding in told:
            yield f"    {finding.severity}: {_head(finding)}"
        for gap in report.gaps:
            yield f"    not looked at: {printable(gap)}"
    yield ""
    counts = Counter(report.verdict for report in reports)
    each = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in VERDICTS if counts[verdict])
    yield f"{overall(reports)}; {describe_count(len(reports), 'artifact')} ({each})"


def _cells(report: ScanReport) -> tuple[str, ...]:
    count = len(report.findings) + report.left_out
    return (
        report.verdict,
        report.worst or "-",
        f"{count:,}",
        report.kind,
        printable(report.path),
    )


def _format_one(report: ScanReport, *, is_listed: bool) -> Iterator[str]:
    yield f"{describe_kind(report.kind)}  {printable(report.path)}"
    yield ""
    for finding in report.findings:
        yield f"{finding.severity}: {_head(finding)}"
        yield f"    {printable(finding.evidence)}."
        yield f"    reached from: {_reached(finding)}"
        if finding.severity != "info":
            yield f"    {finding.advice}"
        if finding.listing:
            yield from _listing(finding, is_listed=is_listed)
        yield ""
    if report.left_out:
        yield f"… and {describe_count(report.left_out, 'more finding')}"
    for gap in report.gaps:
        yield f"not looked at: {printable(gap)}"
    if report.gaps:
        yield ""
    yield _summary(report)


def _head(finding: Finding) -> str:
    """`Writes a file: WriteFile "/etc/x" at f: write/WriteFile, twice`."""
    parts = [f"{title_of(finding.rule)}: {printable(finding.what)}"]
    if finding.argument is not None:
        parts.append(f'"{printable(finding.argument)}"')
    place = describe_place(finding.where)
    if place:
        parts.append(f"at {printable(place)}")
    times = f" ({finding.count:,} times)" if finding.count > 1 else ""
    return " ".join(parts) + times


def describe_place(place: Place) -> str:
    """Function and node, or file and what is inside."""
    parts = [place.file, place.graph or "", place.node, place.inside]
    return ": ".join(part for part in parts if part)


def _reached(finding: Finding) -> str:
    if not finding.reached_from:
        return "nothing"
    shown = [describe_origin(one) for one in finding.reached_from[:_SHOWN_ORIGINS]]
    left = len(finding.reached_from) - len(shown)
    more = f" and {left:,} more" if left else ""
    return printable(", ".join(shown)) + more


def _listing(finding: Finding, *, is_listed: bool) -> Iterator[str]:
    if not is_listed:
        yield f"    --listing prints its {describe_count(len(finding.listing), 'line')}"
        return
    yield from (f"        {printable(line)}" for line in finding.listing)


def _summary(report: ScanReport) -> str:
    """The verdict, on what, and what was looked at."""
    looked = report.looked_at
    counts = ", ".join(f"{count:,} {name}" for name, count in report.counts.items() if count)
    seen = [
        describe_count(count, noun)
        for count, noun in (
            (looked.nodes, "node"),
            (looked.functions, "function"),
            (looked.documents, "config"),
            (looked.files, "file"),
        )
        if count
    ]
    parts = [
        f"{report.verdict}: {counts}" if counts else report.verdict,
        f"{', '.join(seen) or 'nothing'} looked at",
    ]
    if report.integrity is not None:
        parts.append(f"integrity {report.integrity}")
    return "; ".join(parts)
