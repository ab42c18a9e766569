"""What the routes of the security scan answer; `payloads.py` says what all have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScanOriginPayload:
    """Who reaches a finding.

    `kind` is `signature`, `function` (another one that a loaded model offers), `graph` (one without
    signatures, run by node), `initialisation` (runs when the graph is loaded), `loading` (Python
    objects are made) or `saver`; the first two have a name.
    """

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class ScanPlacePayload:
    """Where a finding is: a node (`number` in `graph`, as in the route `graph`), else in a file.

    `graph` null: in no graph; `number` -1: no node. `inside` is a path in a document, a member of
    an archive, or a link.
    """

    file: str
    graph: str | None
    node: str
    scope: str
    number: int
    inside: str


@dataclass(frozen=True, slots=True)
class ScanFindingPayload:
    """A finding of the scan; `severity` is `critical`, `high`, `medium`, `low` or `info`.

    `title` says what the `rule` is about. `where` is the first of `count` places. Nobody reaches it
    if `reached_from` is empty. `argument` is the constant that is passed, null if none was traced.
    `evidence` has no full stop, `advice` is a sentence. `listing` are lines of disassembly.
    """

    rule: str
    title: str
    severity: str
    what: str
    where: ScanPlacePayload
    reached_from: list[ScanOriginPayload]
    argument: str | None
    evidence: str
    advice: str
    listing: list[str]
    count: int


@dataclass(frozen=True, slots=True)
class ScanPayload:
    """`scan?id=`: what could happen to whoever loads or calls an artifact.

    `verdict` is `dangerous`, `damaged`, `suspicious`, `incomplete` or `clean`, of the scan and the
    integrity together; `worst` null: no finding. `integrity` is what the last verification says
    (`passed`, `failed` or `incomplete`), null if there was none: `verify` starts one. `gaps` are
    sentences about what was not looked at; `left_out` counts findings beyond those listed.
    `problem` is why it cannot be opened, null if it can. `command` says the same in a terminal.
    """

    verdict: str
    worst: str | None
    integrity: str | None
    findings: list[ScanFindingPayload]
    counts: dict[str, int]
    left_out: int
    nodes: int
    ops: int
    functions: int
    documents: int
    files: int
    gaps: list[str]
    problem: str | None
    command: str


@dataclass(frozen=True, slots=True)
class ScanMarkPayload:
    """The worst of an artifact, for Home: its `title` is that of the worst finding's rule."""

    id: str
    verdict: str
    worst: str | None
    rule: str | None
    title: str | None
    findings: int


@dataclass(frozen=True, slots=True)
class ScanMarksPayload:
    """`scan_marks`: artifacts with a finding above `info`, or that are not clean.

    While `running`, later answers will hold more: `scanned` of `artifacts` were looked at. `note`
    says what was left for later, null if nothing.
    """

    running: bool
    scanned: int
    artifacts: int
    marks: list[ScanMarkPayload]
    note: str | None
