"""From reports of the scan to payloads. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.analyses.scan.result import Finding, ScanReport
from tensorboard_plugin_modelinspect.analyses.scan.rules import title_of
from tensorboard_plugin_modelinspect.analyses.verify import Verdict as Integrity
from tensorboard_plugin_modelinspect.views.http.scan_payloads import (
    ScanFindingPayload,
    ScanMarkPayload,
    ScanMarksPayload,
    ScanOriginPayload,
    ScanPayload,
    ScanPlacePayload,
)

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.views.http.scans import Mark, Marks


def describe_scan(report: ScanReport, integrity: Integrity | None, command: str) -> ScanPayload:
    """A report with what the last verification says."""
    report = replace(report, integrity=integrity)
    return ScanPayload(
        verdict=report.verdict,
        worst=report.worst,
        integrity=report.integrity,
        findings=[_describe_finding(finding) for finding in report.findings],
        counts={str(severity): count for severity, count in report.counts.items()},
        left_out=report.left_out,
        nodes=report.looked_at.nodes,
        ops=report.looked_at.ops,
        functions=report.looked_at.functions,
        documents=report.looked_at.documents,
        files=report.looked_at.files,
        gaps=list(report.gaps),
        problem=report.problem or None,
        command=command,
    )


def _describe_finding(finding: Finding) -> ScanFindingPayload:
    where = finding.where
    return ScanFindingPayload(
        rule=finding.rule,
        title=title_of(finding.rule),
        severity=finding.severity,
        what=finding.what,
        where=ScanPlacePayload(
            where.file, where.graph, where.node, where.scope, where.number, where.inside
        ),
        reached_from=[ScanOriginPayload(one.kind, one.name) for one in finding.reached_from],
        argument=finding.argument,
        evidence=finding.evidence,
        advice=finding.advice,
        listing=list(finding.listing),
        count=finding.count,
    )


def describe_marks(marks: Marks) -> ScanMarksPayload:
    """What Home shows: artifacts that are not clean, or have something above `info`."""
    known = [
        (found.id, marks.marks[found.id][1]) for found in marks.artifacts if found.id in marks.marks
    ]
    return ScanMarksPayload(
        running=marks.is_running,
        scanned=len(known),
        artifacts=len(marks.artifacts),
        marks=[_describe_mark(key, mark) for key, mark in known if _is_told(mark)],
        note=marks.note,
    )


def _is_told(mark: Mark) -> bool:
    return mark.verdict != "clean" or (mark.worst is not None and mark.worst.severity != "info")


def _describe_mark(artifact_id: str, mark: Mark) -> ScanMarkPayload:
    rule = None if mark.worst is None else mark.worst.rule
    return ScanMarkPayload(
        id=artifact_id,
        verdict=mark.verdict,
        worst=None if mark.worst is None else mark.worst.severity,
        rule=rule,
        title=None if rule is None else title_of(rule),
        findings=mark.findings,
    )
