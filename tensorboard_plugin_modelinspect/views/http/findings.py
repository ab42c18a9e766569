"""What is worth a look about a tensor, as far as its statistics tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http.payloads import HealthPayload

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.stats import TensorStats


def find_problems(tensor: Tensor, stats: TensorStats) -> list[HealthPayload]:
    """Findings about one tensor, the worst first. Cost: no I/O."""
    found = []
    if stats.nan:
        found.append(_finding("nan", "problem", stats.nan, stats.count, "are NaN"))
    if infinite := stats.posinf + stats.neginf:
        found.append(_finding("inf", "problem", infinite, stats.count, "are infinite"))
    is_weight = tensor.role == "weight" and len(tensor.shape) > 1
    if not is_weight or found or stats.min is None or stats.min != stats.max:
        return found
    kind = "all_zero" if stats.zeros == stats.count else "constant"
    found.append(_finding(kind, "warning", stats.count, stats.count, f"are {stats.min}"))
    return found


def _finding(kind: str, severity: str, some: int, count: int, fact: str) -> HealthPayload:
    return HealthPayload(kind, severity, f"{some:,} of {count:,} values {fact}", "")
