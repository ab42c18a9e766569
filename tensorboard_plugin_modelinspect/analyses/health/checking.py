"""All findings of an artifact together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tensorboard_plugin_modelinspect.analyses.health.channels import find_channels
from tensorboard_plugin_modelinspect.analyses.health.finding import HealthFinding, sort_findings
from tensorboard_plugin_modelinspect.analyses.health.series import (
    find_exploding,
    find_saturated,
    find_untrained,
)
from tensorboard_plugin_modelinspect.analyses.health.slots import find_orphans
from tensorboard_plugin_modelinspect.analyses.health.values import find_in_stats
from tensorboard_plugin_modelinspect.analyses.stats import TensorStats
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What was found.

    Attributes:
        findings: The worst first.
        checked: Tensors whose values were looked at.
        unchecked: Tensors with values of which no statistics were given; aliases aside.
    """

    findings: tuple[HealthFinding, ...]
    checked: int
    unchecked: int

    def of(self, key: str | None) -> tuple[HealthFinding, ...]:
        """Of one tensor, or with None of the artifact as a whole."""
        return tuple(one for one in self.findings if one.key == key)


def find_in_tensor(
    tensor: Tensor, stats: TensorStats, previous: TensorStats | None = None
) -> list[HealthFinding]:
    """What the statistics of one tensor tell, with those of the checkpoint before if there is one.

    Cost: no I/O.
    """
    found = [*find_in_stats(tensor, stats), *find_saturated(tensor, stats)]
    return found if previous is None else [*found, *find_exploding(tensor, stats, previous)]


def check_health(
    artifact: Artifact,
    stats: Mapping[str, TensorStats],
    previous: Mapping[str, TensorStats] | None = None,
    initial: Artifact | None = None,
    *,
    reads_channels: bool = True,
) -> HealthReport:
    """Everything there is to find.

    Args:
        artifact: To be checked.
        stats: Of its tensors by key; those of which there are none are not looked at.
        previous: Statistics of the checkpoint before it in its series.
        initial: The first checkpoint of its series.
        reads_channels: Whether to look at the output channels of its layers, which statistics do
            not tell.

    Cost: reads kernels and embeddings once, if asked to; else no I/O.
    """
    tensors = [one for one in artifact.tensors.values() if one.alias_of is None]
    known = [one for one in tensors if one.key in stats]
    found: list[HealthFinding] = []
    for tensor in known:
        before = previous.get(tensor.key) if previous is not None else None
        found += find_in_tensor(tensor, stats[tensor.key], before)
        if reads_channels:
            found += _find_channels(tensor, stats[tensor.key])
    if initial is not None:
        found += find_untrained(artifact, initial)
    found += find_orphans(artifact)
    unchecked = sum(bool(one.dtype.numpy_name) for one in tensors) - len(known)
    return HealthReport(sort_findings(found), len(known), unchecked)


def _find_channels(tensor: Tensor, stats: TensorStats) -> list[HealthFinding]:
    """Of a tensor that has as many values as it says, and not one value only."""
    if stats.min == stats.max:
        return []
    try:
        return find_channels(tensor)
    except ModelInspectError:  # a file that changed since its statistics were made
        return []
