"""Findings that a tensor's statistics alone tell: not finite, all zero, all the same."""

from __future__ import annotations

from collections.abc import Iterator

from tensorboard_plugin_modelinspect.analyses.health.finding import (
    HealthFinding,
    Severity,
    describe_share,
)
from tensorboard_plugin_modelinspect.analyses.health.names import (
    has_matrix_shape,
    is_kernel_name,
    is_vector_name,
    starts_at_zero,
)
from tensorboard_plugin_modelinspect.analyses.health.thresholds import LEAST_CONSTANT
from tensorboard_plugin_modelinspect.analyses.stats import TensorStats
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_RESTORE = {
    "weight": "Go back to an earlier checkpoint: whatever the layer computes from it is lost.",
    "state": "Go back to an earlier checkpoint, or compute this state anew before you use it.",
    "optimizer": (
        "Go back to an earlier checkpoint, or start the optimizer anew: its next step carries this"
        " over into the weights."
    ),
}
_OF_DATA = "Check what made it: it is data beside the model, and may be meant."


def find_in_stats(tensor: Tensor, stats: TensorStats) -> list[HealthFinding]:
    """Findings of kinds `nan`, `inf`, `all_zero` and `constant`. Cost: no I/O.

    What is normal gives none: zero or constant biases, scales and moving averages, fresh optimizer
    slots, counters, scalars, tensors without elements.
    """
    if stats.of == "length":
        return []
    found = [*_find_not_finite(tensor, stats)]
    return found or [*_find_constant(tensor, stats)]


def _find_not_finite(tensor: Tensor, stats: TensorStats) -> Iterator[HealthFinding]:
    advice = _RESTORE.get(tensor.role, _OF_DATA)
    if stats.nan:
        severity: Severity = "problem" if advice is not _OF_DATA else "note"
        evidence = _counted(stats.nan, stats.count, "NaN", stats.first_nan)
        yield HealthFinding("nan", severity, tensor.key, evidence, advice)
    infinite = stats.posinf + stats.neginf
    if not infinite:
        return
    evidence = _counted(infinite, stats.count, "infinite", stats.first_inf)
    if advice is _OF_DATA:
        yield HealthFinding("inf", "note", tensor.key, evidence, advice)
    elif _is_bound(tensor, stats):
        meant = "Nothing, if it is a bound such as the best loss so far, which starts at infinity."
        yield HealthFinding("inf", "note", tensor.key, evidence, meant)
    elif _is_mask(stats):
        meant = "Nothing, if it is a mask: all its other values are zero."
        yield HealthFinding("inf", "note", tensor.key, evidence, meant)
    else:
        yield HealthFinding("inf", "problem", tensor.key, evidence, advice)


def _counted(part: int, whole: int, what: str, first: tuple[int, ...] | None) -> str:
    if part == whole:
        return f"all {whole:,} values are {what}" if whole > 1 else f"its value is {what}"
    place = ", ".join(map(str, first or ()))
    return f"{describe_share(part, whole)} are {what}, the first at [{place}]"


def _is_bound(tensor: Tensor, stats: TensorStats) -> bool:
    return stats.count == 1 and not tensor.shape and tensor.role != "optimizer"


def _is_mask(stats: TensorStats) -> bool:
    """Whether it is minus infinity where something is left out, and zero elsewhere."""
    return stats.neginf > 0 < stats.zeros and stats.zeros + stats.neginf == stats.count


def _find_constant(tensor: Tensor, stats: TensorStats) -> Iterator[HealthFinding]:
    is_kernel = is_kernel_name(tensor) and len(tensor.shape) >= 2
    is_matrix = tensor.role == "weight" and has_matrix_shape(tensor)
    if tensor.role not in ("weight", "state") or not (is_kernel or is_matrix):
        return
    if stats.count < LEAST_CONSTANT or is_vector_name(tensor):
        return
    if stats.zeros == stats.count:
        yield _all_zero(tensor, stats, is_kernel=is_kernel)
    elif stats.of == "value" and stats.min == stats.max:
        evidence = f"all {stats.count:,} values are {stats.min:.6g}"
        advice = "Check how it is initialised: units that start equal and learn alike stay equal."
        severity: Severity = "warning" if is_kernel else "note"
        yield HealthFinding("constant", severity, tensor.key, evidence, advice)


def _all_zero(tensor: Tensor, stats: TensorStats, *, is_kernel: bool) -> HealthFinding:
    evidence = f"all {stats.count:,} values are zero"
    if starts_at_zero(tensor):
        advice = "Train it: this factor of a LoRA update starts at zero and has learnt nothing yet."
        return HealthFinding("all_zero", "note", tensor.key, evidence, advice)
    if is_kernel:
        advice = "Check that it was trained and saved: this layer passes nothing on."
        return HealthFinding("all_zero", "problem", tensor.key, evidence, advice)
    advice = "Check that it was trained, unless it starts at zero and this checkpoint is fresh."
    return HealthFinding("all_zero", "warning", tensor.key, evidence, advice)
