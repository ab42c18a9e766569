"""From findings to payloads. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.views.http.payloads import (
    FoundPayload,
    HealthPayload,
    KindPayload,
)

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.health import (
        HealthFinding,
        HealthKind,
        Severity,
    )
    from tensorboard_plugin_modelinspect.views.http.stat_results import Kinds


def describe_findings(findings: Iterable[HealthFinding]) -> list[FoundPayload]:
    """Findings, in their order."""
    return [FoundPayload(one.kind, one.severity, one.evidence, one.advice) for one in findings]


def describe_health(artifact: Artifact) -> HealthPayload:
    """Findings about an artifact as a whole. Cost: as `find_in_artifact`."""
    from tensorboard_plugin_modelinspect.examining import make_context

    return HealthPayload(describe_findings(make_context(artifact).of_artifact))


def describe_kinds(counts: Kinds) -> list[KindPayload]:
    """Kinds of findings with their numbers; the worst first."""
    if not counts:
        return []
    from tensorboard_plugin_modelinspect.analyses.health import KINDS, SEVERITIES

    def rank(pair: tuple[HealthKind, Severity]) -> tuple[int, int]:
        return SEVERITIES.index(pair[1]), KINDS.index(pair[0])

    ordered = sorted(counts, key=rank)
    worst = dict(reversed(ordered))
    sums = {kind: sum(counts.get((kind, one), 0) for one in SEVERITIES) for kind, _ in ordered}
    return [KindPayload(kind, worst[kind], count) for kind, count in sums.items()]
