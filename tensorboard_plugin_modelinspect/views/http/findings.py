"""What is worth a look about a tensor, as far as its statistics tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http.stats_payloads import HealthPayload

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.stats import TensorStats


def find_problems(tensor: Tensor, stats: TensorStats) -> list[HealthPayload]:
    """Findings about one tensor, the worst first. Cost: no I/O."""
    from tensorboard_plugin_modelinspect.analyses.health import find_in_tensor, sort_findings

    return [
        HealthPayload(found.kind, found.severity, found.evidence, found.advice)
        for found in sort_findings(find_in_tensor(tensor, stats))
    ]
