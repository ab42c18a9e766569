"""Whether a model's weights are healthy: findings with evidence and what to do."""

from tensorboard_plugin_modelinspect.analyses.health.channels import (
    Channels,
    has_channels,
    judge_channels,
    read_channels,
)
from tensorboard_plugin_modelinspect.analyses.health.checking import (
    find_in_artifact,
    find_in_tensor,
)
from tensorboard_plugin_modelinspect.analyses.health.finding import (
    KINDS,
    SEVERITIES,
    HealthFinding,
    HealthKind,
    Severity,
    sort_findings,
)
from tensorboard_plugin_modelinspect.analyses.health.series import (
    find_exploding,
    find_saturated,
    find_untrained,
)
from tensorboard_plugin_modelinspect.analyses.health.slots import find_orphans
from tensorboard_plugin_modelinspect.analyses.health.values import find_in_stats

__all__ = [
    "KINDS",
    "SEVERITIES",
    "Channels",
    "HealthFinding",
    "HealthKind",
    "Severity",
    "find_exploding",
    "find_in_artifact",
    "find_in_stats",
    "find_in_tensor",
    "find_orphans",
    "find_saturated",
    "find_untrained",
    "has_channels",
    "judge_channels",
    "read_channels",
    "sort_findings",
]
