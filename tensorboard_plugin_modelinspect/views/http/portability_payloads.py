"""What the route of portability answers; `payloads.py` says what all have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PortabilityPlacePayload:
    """A node: the id of its graph, as in `graphs`, and its name."""

    graph: str
    node: str


@dataclass(frozen=True, slots=True)
class PortabilityEvidencePayload:
    """One reason for a verdict; `verdict` is what it would be by this reason alone.

    `rule` is stable. `what` is the op, attribute, layer, type or device that it is about, `count`
    how many nodes or layers, and `places` the first of them. `signatures` reach it. `advice` and
    `command` (a line for the shell) may be empty.
    """

    rule: str
    verdict: str
    what: str
    fact: str
    advice: str
    command: str
    count: int
    places: list[PortabilityPlacePayload]
    signatures: list[str]


@dataclass(frozen=True, slots=True)
class PortabilityTargetPayload:
    """A target and its verdict: `works`, `needs`, `unknown` or `fails`; the worst evidence first.

    `name` is the target without a version, as in `PortabilitySupportPayload`.
    """

    target: str
    name: str
    title: str
    verdict: str
    summary: str
    evidence: list[PortabilityEvidencePayload]


@dataclass(frozen=True, slots=True)
class PortabilitySupportPayload:
    """What one target makes of each op: verdicts in the order of `PortabilityOpsPayload.op`."""

    name: str
    verdict: list[str]


@dataclass(frozen=True, slots=True)
class PortabilityOpsPayload:
    """Ops that are used, as columns by name; a graph can be coloured by `support`.

    `package` is `tensorflow`, a name on PyPI, or empty for an unknown one. `since` is the oldest
    TensorFlow that takes the op as it is used here, empty if none is known. `plumbing`: its nodes
    only save, restore or initialise.
    """

    op: list[str]
    count: list[int]
    package: list[str]
    since: list[str]
    plumbing: list[bool]
    support: list[PortabilitySupportPayload]


@dataclass(frozen=True, slots=True)
class PortabilityWriterPayload:
    """Who wrote a MetaGraph; `released` are the oldest and newest TensorFlow of that producer."""

    tags: list[str]
    tensorflow: str
    released: list[str]
    keras: str
    producer: int
    min_consumer: int


@dataclass(frozen=True, slots=True)
class PortabilityPackagePayload:
    """An add-on package whose ops are used, and the line that installs it."""

    name: str
    command: str
    ops: list[str]


@dataclass(frozen=True, slots=True)
class PortabilityCountPayload:
    """A device or an element type, and how many nodes or tensors have it."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class PortabilityPayload:
    """`portability?id=&target=`: where an artifact runs.

    `target` may be left out (all of them) or be several, joined by commas. `oldest` is the oldest
    TensorFlow that takes all of it, empty if none is known; `oldest_because` says what an older one
    lacks. `releases` of TensorFlow are those that the tables know, the oldest first.
    """

    writers: list[PortabilityWriterPayload]
    releases: list[str]
    oldest: str
    oldest_because: list[PortabilityEvidencePayload]
    targets: list[PortabilityTargetPayload]
    ops: PortabilityOpsPayload
    packages: list[PortabilityPackagePayload]
    devices: list[PortabilityCountPayload]
    dtypes: list[PortabilityCountPayload]
    notes: list[str]
    command: str
