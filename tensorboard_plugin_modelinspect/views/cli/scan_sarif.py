"""Reports of the scan as SARIF 2.1.0, which code hosts show beside a change.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; `security-severity` is what code
hosts sort by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from urllib.parse import quote

from tensorboard_plugin_modelinspect.analyses.scan.result import Finding, ScanReport, Severity
from tensorboard_plugin_modelinspect.analyses.scan.rules import RULES
from tensorboard_plugin_modelinspect.version import __version__
from tensorboard_plugin_modelinspect.views.cli.records import Record
from tensorboard_plugin_modelinspect.views.cli.scan_records import describe_origin

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Severity, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "info": "note",
}
_SCORES: dict[Severity, str] = {
    "critical": "9.5",
    "high": "8.0",
    "medium": "5.5",
    "low": "2.0",
    "info": "0.0",
}
_FOLDERS = {"saved_model": "saved_model.pb"}
"""The file that stands for an artifact that is a folder."""


def sarif_record(reports: Sequence[ScanReport]) -> Record:
    """One run with all findings."""
    rules = list(RULES)
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "modelinspect",
                        "version": __version__,
                        "rules": [_rule_record(name) for name in rules],
                    }
                },
                "results": [
                    _result_record(report, finding, rules.index(finding.rule))
                    for report in reports
                    for finding in report.findings
                ],
            }
        ],
    }


def _rule_record(name: str) -> Record:
    rule = RULES[name]
    return {
        "id": name,
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.advice},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"security-severity": _SCORES[rule.severity], "tags": ["security"]},
    }


def _result_record(report: ScanReport, finding: Finding, rule: int) -> Record:
    location: Record = {"physicalLocation": {"artifactLocation": {"uri": _uri(report, finding)}}}
    where = finding.where
    parts = [where.graph or "", where.node, where.inside]
    name = "/".join(part for part in parts if part)
    if name:
        location["logicalLocations"] = [{"fullyQualifiedName": _plain(name)}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _plain(_message(finding))},
        "locations": [location],
        "partialFingerprints": {"modelinspect/v1": _fingerprint(finding)},
        "properties": {
            "severity": finding.severity,
            "security-severity": _SCORES[finding.severity],
            "reached_from": [_plain(describe_origin(one)) for one in finding.reached_from],
            "argument": None if finding.argument is None else _plain(finding.argument),
            "count": finding.count,
        },
    }


def _message(finding: Finding) -> str:
    argument = "" if finding.argument is None else f' "{finding.argument}"'
    title = RULES[finding.rule].title
    return f"{title}: {finding.what}{argument}: {finding.evidence}. {finding.advice}"


def _uri(report: ScanReport, finding: Finding) -> str:
    """The file, as a relative address."""
    path = report.path
    file = finding.where.file
    if report.kind in _FOLDERS:
        path = f"{path}/{file or _FOLDERS[report.kind]}"
    elif file and "/" in path and not path.endswith(file):
        path = f"{path.rpartition('/')[0]}/{file}"
    return quote(path.encode("utf-8", "surrogateescape"))


def _fingerprint(finding: Finding) -> str:
    """Equal for the same finding in the next version of a model."""
    where = finding.where
    parts = (finding.rule, finding.what, where.file, where.node, where.inside, finding.argument)
    text = "\0".join(part or "" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _plain(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
