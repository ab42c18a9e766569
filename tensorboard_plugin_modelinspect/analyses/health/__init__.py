"""Whether a model's weights are healthy: findings with evidence and what to do."""

from tensorboard_plugin_modelinspect.analyses.health.finding import (
    KINDS,
    SEVERITIES,
    HealthFinding,
    HealthKind,
    Severity,
    sort_findings,
)
from tensorboard_plugin_modelinspect.analyses.health.values import find_in_stats

__all__ = [
    "KINDS",
    "SEVERITIES",
    "HealthFinding",
    "HealthKind",
    "Severity",
    "find_in_stats",
    "sort_findings",
]
