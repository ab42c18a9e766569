"""Reports of the scan as plain JSON values, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from tensorboard_plugin_modelinspect.analyses.scan.result import (
    Finding,
    Origin,
    ScanReport,
    overall,
    sort_findings,
)
from tensorboard_plugin_modelinspect.analyses.scan.rules import title_of
from tensorboard_plugin_modelinspect.views.cli.records import Record

CSV_COLUMNS = (
    *("path", "kind", "verdict", "severity", "rule", "what", "file", "graph", "node", "inside"),
    *("reached_from", "argument", "count", "evidence", "advice"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def reports_record(reports: Sequence[ScanReport]) -> Record:
    """The document of `scan --json`."""
    worst = sort_findings(report.findings[0] for report in reports if report.findings)
    return {
        "verdict": overall(reports),
        "worst": worst[0].severity if worst else None,
        "artifacts": [_report_record(report) for report in reports],
    }


def _report_record(report: ScanReport) -> Record:
    return {
        "path": report.path,
        "kind": report.kind,
        "verdict": report.verdict,
        "worst": report.worst,
        "integrity": report.integrity,
        "counts": report.counts,
        "findings": [finding_record(finding) for finding in report.findings],
        "left_out": report.left_out,
        **report.looked_at._asdict(),
        "gaps": list(report.gaps),
        "problem": report.problem or None,
    }


def finding_record(finding: Finding) -> Record:
    """One of `findings`."""
    return {
        "rule": finding.rule,
        "title": title_of(finding.rule),
        "severity": finding.severity,
        "what": finding.what,
        "where": {**finding.where._asdict(), "scope": finding.where.scope},
        "reached_from": [origin._asdict() for origin in finding.reached_from],
        "argument": finding.argument,
        "evidence": finding.evidence,
        "advice": finding.advice,
        "listing": list(finding.listing),
        "count": finding.count,
    }


def describe_origin(origin: Origin) -> str:
    """`signature serving_default`."""
    return f"{origin.kind} {origin.name}" if origin.name else origin.kind


def format_csv(reports: Sequence[ScanReport]) -> str:
    """A line for each finding, and one for each artifact without any."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for report in reports:
        head = (report.path, report.kind, report.verdict)
        for finding in report.findings:
            writer.writerow(map(_cell, (*head, *_cells(finding))))
        if not report.findings:
            writer.writerow([*map(_cell, head), *[""] * (len(CSV_COLUMNS) - len(head))])
    return text.getvalue().encode("utf-8", "backslashreplace").decode()


def _cells(finding: Finding) -> tuple[str, ...]:
    where = finding.where
    return (
        *(finding.severity, finding.rule, finding.what),
        *(where.file, where.graph or "", where.node, where.inside),
        "; ".join(map(describe_origin, finding.reached_from)),
        *(finding.argument or "", str(finding.count), finding.evidence, finding.advice),
    )


def _cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: names in it come from the file."""
    return f"'{text}" if text.startswith(_FORMULA) else text
