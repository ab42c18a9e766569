"""What a scan says of an artifact: findings, what was looked at, and a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from tensorboard_plugin_modelinspect.analyses.verify import Verdict as Integrity
from tensorboard_plugin_modelinspect.model.artifact import Kind

Severity = Literal["critical", "high", "medium", "low", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The worst first."""

Verdict = Literal["dangerous", "damaged", "suspicious", "incomplete", "clean"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""The worst first."""

OriginKind = Literal["signature", "function", "graph", "initialisation", "loading", "saver"]
ORIGINS: tuple[OriginKind, ...] = get_args(OriginKind)

MOST_ORIGINS = 20
"""Of each kind that are named; a model may have thousands of functions."""


class Origin(NamedTuple):
    """Who reaches what was found.

    Attributes:
        kind: A `signature`; a `function` that a loaded model offers beside these; the `graph`
            itself, if it has neither, so that whoever runs it says what; `initialisation`, which
            runs as soon as the graph is loaded; `loading`, when Python objects are made from a
            config or a file; the `saver`.
        name: Of the signature or function; else empty.
    """

    kind: OriginKind
    name: str = ""


class Place(NamedTuple):
    """Where something was found.

    Attributes:
        file: Name below the artifact's folder; empty where it is the graph's own file.
        graph: Id of the graph (empty for the main one), None if it is in none.
        node: Name of the node.
        number: Of the node in its graph; -1 if it is in none.
        inside: Path in a document: `layers[2].config.function`; or what a member or a link is
            called.
    """

    file: str = ""
    graph: str | None = None
    node: str = ""
    number: int = -1
    inside: str = ""

    @property
    def scope(self) -> str:
        """The name scope that the node is in; empty at the top."""
        return self.node.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        rule: Which rule of `rules.py` says so; stable, for programs: `file-read`.
        severity: By the rules in docs/scan.md.
        what: The op, the class or the name that is meant.
        where: The first place; `count` says of how many.
        reached_from: Who reaches it; empty: nothing does.
        argument: The constant that it is given, where that can be traced; None if it is not
            constant or there is none.
        evidence: What is so, without a full stop.
        advice: One sentence: what to do.
        listing: What it would do, line by line: bytecode or a pickle, taken apart and not run.
        count: Places where the same was found.
    """

    rule: str
    severity: Severity
    what: str
    where: Place
    reached_from: tuple[Origin, ...]
    argument: str | None
    evidence: str
    advice: str
    listing: tuple[str, ...] = ()
    count: int = 1


class LookedAt(NamedTuple):
    """How much was looked at: nodes of graphs, different ops, functions, documents, files."""

    nodes: int = 0
    ops: int = 0
    functions: int = 0
    documents: int = 0
    files: int = 0


NOT_LOOKED_AT = LookedAt()
"""Of what cannot be opened."""


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a scan says of one artifact.

    Attributes:
        path: As the user would name it.
        kind: Its format.
        findings: The worst first.
        looked_at: How much.
        gaps: Sentences: what could not be looked at, so that there may be more.
        left_out: Findings beyond those that are kept.
        integrity: Verdict of its verification; None if it was not verified.
        problem: Why it cannot be opened; empty if it can.
    """

    path: str
    kind: Kind
    findings: tuple[Finding, ...]
    looked_at: LookedAt = NOT_LOOKED_AT
    gaps: tuple[str, ...] = ()
    left_out: int = 0
    integrity: Integrity | None = None
    problem: str = ""

    @property
    def worst(self) -> Severity | None:
        """Severity of the worst finding; None if there is none."""
        return self.findings[0].severity if self.findings else None

    @property
    def counts(self) -> dict[Severity, int]:
        """Findings by severity, the worst first; none left out."""
        counts = Counter(finding.severity for finding in self.findings)
        return {severity: counts[severity] for severity in SEVERITIES}

    @property
    def verdict(self) -> Verdict:
        """One word for findings and integrity together; docs/scan.md says what it means."""
        if self.worst in ("critical", "high"):
            return "dangerous"
        if self.problem or self.integrity == "failed":
            return "damaged"
        if self.worst == "medium":
            return "suspicious"
        return "incomplete" if self.gaps or self.integrity == "incomplete" else "clean"


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first, then by rule, then in the order in which they came."""
    ranked = sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), one.rule))
    return tuple(ranked)


def is_as_bad(severity: Severity | None, limit: Severity) -> bool:
    """Whether a severity is `limit` or worse."""
    return severity is not None and SEVERITIES.index(severity) <= SEVERITIES.index(limit)


def overall(reports: Iterable[ScanReport]) -> Verdict:
    """The worst verdict of some reports."""
    return min((report.verdict for report in reports), key=VERDICTS.index, default="clean")
