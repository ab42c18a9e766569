"""Findings against other checkpoints of the series, and against the range of the type."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.analyses.health.finding import HealthFinding, Severity
from tensorboard_plugin_modelinspect.analyses.health.thresholds import (
    EXPLODING_FACTOR,
    EXPLODING_FLOOR,
    LEAST_FAN_IN,
    OVERFLOW_MARGIN,
    SATURATED_SHARE,
)
from tensorboard_plugin_modelinspect.analyses.stats import TensorStats
from tensorboard_plugin_modelinspect.analyses.stats.result import QUANTILES
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_LOW, _HIGH = QUANTILES.index(SATURATED_SHARE), QUANTILES.index(1 - SATURATED_SHARE)


def find_saturated(tensor: Tensor, stats: TensorStats) -> list[HealthFinding]:
    """Findings of kind `saturated`: values pile up at the end of what their type can hold.

    Of types of one and two bytes, whose quantiles are exact. Cost: no I/O.
    """
    largest = _largest(tensor.dtype)
    if largest is None or stats.quantiles is None or tensor.role in ("table", "metadata"):
        return []
    low, high = stats.quantiles[_LOW], stats.quantiles[_HIGH]
    is_cut = low <= -largest or high >= largest
    if is_cut and stats.count >= LEAST_FAN_IN * max(tensor.shape, default=1):
        end = -largest if low <= -largest else largest
        evidence = (
            f"{SATURATED_SHARE:.0%} of the values or more are {end:,.6g}, where"
            f" {tensor.dtype.name} ends"
        )
        advice = "Keep it in a wider type, or scale it before: its values are cut off."
        return [HealthFinding("saturated", "warning", tensor.key, evidence, advice)]
    magnitude = _magnitude(stats)
    is_near = tensor.dtype.name == "float16" and magnitude * OVERFLOW_MARGIN > largest
    if is_near and tensor.role in ("weight", "optimizer"):
        evidence = f"the largest magnitude is {magnitude:,.6g}, and float16 ends at {largest:,.6g}"
        advice = "Keep it in float32 or bfloat16, or lower the loss scale: the next sums overflow."
        return [HealthFinding("saturated", "warning", tensor.key, evidence, advice)]
    return []


def _largest(dtype: DType) -> float | None:
    """Largest finite value of a type that values may be cut off to; None for others."""
    if dtype.name in ("int8", "qint8"):
        return 127.0
    if not dtype.name.startswith(("float16", "bfloat16", "float8")):
        return None
    import ml_dtypes

    return float(ml_dtypes.finfo(dtype.to_numpy()).max)  # type: ignore[no-untyped-call]


def find_exploding(
    tensor: Tensor, stats: TensorStats, previous: TensorStats
) -> list[HealthFinding]:
    """Findings of kind `exploding`: a weight that grew by more than `EXPLODING_FACTOR`.

    Args:
        tensor: The weight.
        stats: Its statistics.
        previous: Those of the same weight in the checkpoint before.

    Optimizer slots and moving averages may grow by any factor. Cost: no I/O.
    """
    if tensor.role != "weight" or stats.of == "length" or stats.count != previous.count:
        return []
    magnitude, before = _magnitude(stats), _magnitude(previous)
    if len(tensor.shape) < 2 and magnitude <= EXPLODING_FLOOR:
        return []
    if before > 0 and magnitude > EXPLODING_FACTOR * before:
        what = f"largest magnitude grew from {before:.4g} to {magnitude:.4g}"
    elif previous.l2 > 0 and stats.l2 > EXPLODING_FACTOR * previous.l2:
        what = f"L2 norm grew from {previous.l2:.4g} to {stats.l2:.4g}"
    else:
        return []
    advice = "Go back to the checkpoint before, and lower the learning rate or clip the gradients."
    evidence = f"{what} since the checkpoint before"
    return [HealthFinding("exploding", "warning", tensor.key, evidence, advice)]


def _magnitude(stats: TensorStats) -> float:
    return max(abs(stats.min or 0), abs(stats.max or 0))


def find_untrained(artifact: Artifact, initial: Artifact) -> list[HealthFinding]:
    """Findings of kind `untrained`: weights with the content they had in an earlier checkpoint.

    Args:
        artifact: A checkpoint.
        initial: The first of its series. Told from the checksums: formats without them give none.

    Where most weights have not changed this is how the model is trained, and each is a note.
    Cost: no I/O.
    """
    same, changed = [], 0
    for key, tensor in artifact.tensors.items():
        other = initial.tensors.get(key)
        if other is None or tensor.role != "weight" or tensor.alias_of or not tensor.size:
            continue
        if tensor.crc32c is None or other.crc32c is None:
            continue
        if _content(tensor) == _content(other):
            same.append(tensor)
        else:
            changed += 1
    if not changed:  # the same checkpoint, or one that was copied
        return []
    step = "the first checkpoint" if initial.step is None else f"the one at step {initial.step:,}"
    count = changed + len(same)
    evidence = f"the same as in {step}, while {changed:,} of {count:,} weights changed"
    advice = "Check that a gradient reaches it, unless it is frozen on purpose."
    severity: Severity = "warning" if len(same) <= changed else "note"
    return [HealthFinding("untrained", severity, one.key, evidence, advice) for one in same]


def _content(tensor: Tensor) -> tuple[object, ...]:
    return tensor.dtype.number, tensor.shape, tensor.nbytes, tensor.crc32c
