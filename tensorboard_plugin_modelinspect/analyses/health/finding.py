"""What can be wrong with a model's weights: a kind, how bad it is, the evidence, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

HealthKind = Literal[
    "nan",
    "inf",
    "all_zero",
    "constant",
    "dead_channels",
    "duplicate_channels",
    "saturated",
    "exploding",
    "untrained",
    "orphan_slot",
    "missing_slot",
]
Severity = Literal["problem", "warning", "note"]

KINDS: tuple[HealthKind, ...] = get_args(HealthKind)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class HealthFinding:
    """One thing that was found.

    Attributes:
        kind: What it is.
        severity: `problem`: results are wrong or training is lost; `warning`: part of the model
            does nothing, or soon will; `note`: often meant, worth knowing.
        key: Of the tensor it is about, None where it is about the whole artifact.
        evidence: What was measured, in words with numbers, without the tensor's name.
        advice: One sentence: what to do.
    """

    kind: HealthKind
    severity: Severity
    key: str | None
    evidence: str
    advice: str


def sort_findings(findings: Iterable[HealthFinding]) -> tuple[HealthFinding, ...]:
    """The worst first, then by kind; else in the order in which they came."""
    return tuple(
        sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), KINDS.index(one.kind)))
    )


def describe_share(part: int, whole: int) -> str:
    """`3 of 1,200 (0.25 %)`."""
    return f"{part:,} of {whole:,} ({100 * part / max(whole, 1):.3g} %)"
