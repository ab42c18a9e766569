"""The security scan of one artifact: what its graphs, configs and files could do, in one report."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.analyses.scan.beside import (
    scan_assets,
    scan_surroundings,
)
from tensorboard_plugin_modelinspect.analyses.scan.keras import scan_documents
from tensorboard_plugin_modelinspect.analyses.scan.result import (
    Finding,
    LookedAt,
    Place,
    ScanReport,
    sort_findings,
)
from tensorboard_plugin_modelinspect.analyses.scan.rules import RULES
from tensorboard_plugin_modelinspect.errors import ModelInspectError, Unsupported
from tensorboard_plugin_modelinspect.model.artifact import Artifact, Kind
from tensorboard_plugin_modelinspect.model.surroundings import Surroundings

MOST_FINDINGS = 1_000
"""Findings that are kept; the worst."""


def scan_artifact(artifact: Artifact, around: Surroundings) -> ScanReport:
    """Scan what is opened. Nothing of it is loaded, unpickled or run.

    Cost: reads the graphs, about 10 µs a node, and the configs; no weights.
    """
    findings = [*scan_assets(artifact.meta_graphs), *scan_surroundings(around)]
    gaps = list(around.gaps)
    looked_at = LookedAt()
    try:
        # Imported here: it needs numpy, and most artifacts below a logdir have no graph.
        if artifact.graphs is not None and artifact.meta_graphs:
            from tensorboard_plugin_modelinspect.analyses.scan.graphs import scan_graphs

            graphs = scan_graphs(artifact)
            findings += graphs.findings
            gaps += graphs.gaps
            looked_at = graphs.looked_at
    except Unsupported as error:
        gaps.append(error.message)
    except ModelInspectError as error:
        findings.append(_unreadable(error, "graph"))
    configs = scan_documents(artifact.documents)
    findings += configs.findings
    gaps += configs.gaps
    looked_at = looked_at._replace(documents=configs.documents, files=around.file_count)
    return _report(artifact.path, artifact.kind, findings, looked_at, gaps)


def scan_unopened(
    path: str, kind: Kind, error: ModelInspectError, around: Surroundings
) -> ScanReport:
    """What can be said of an artifact that cannot be opened."""
    findings = list(scan_surroundings(around))
    gaps = [gap for gap in around.gaps if gap != error.message]
    looked_at = LookedAt(files=around.file_count)
    if isinstance(error, Unsupported):
        return _report(path, kind, findings, looked_at, [*gaps, error.message])
    findings.append(_unreadable(error, "artifact"))
    return _report(path, kind, findings, looked_at, gaps, error.message)


def _unreadable(error: ModelInspectError, what: str) -> Finding:
    rule = RULES["unreadable"]
    evidence = error.message.removesuffix(".")
    return Finding("unreadable", rule.severity, what, Place(), (), None, evidence, rule.advice)


def _report(
    path: str,
    kind: Kind,
    findings: list[Finding],
    looked_at: LookedAt,
    gaps: list[str],
    problem: str = "",
) -> ScanReport:
    ordered = sort_findings(findings)
    return ScanReport(
        path=path,
        kind=kind,
        findings=ordered[:MOST_FINDINGS],
        looked_at=looked_at,
        gaps=tuple(dict.fromkeys(gaps)),
        left_out=max(0, len(ordered) - MOST_FINDINGS),
        problem=problem,
    )
