"""Findings against other checkpoints, and against the range of the type."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.health import (
    HealthFinding,
    find_exploding,
    find_saturated,
    find_untrained,
)
from tensorboard_plugin_modelinspect.analyses.stats import compute_stats
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Role, Tensor
from tests.support.tensors import tensor_of

KERNEL = np.random.default_rng(1).normal(0, 0.05, (64, 32)).astype(np.float32)
BIAS = np.zeros(32, np.float32)


def artifact_of(*tensors: Tensor, step: int | None = None) -> Artifact:
    return Artifact("ckpt", "checkpoint", (), {one.key: one for one in tensors}, step)


def exploding(
    values: np.ndarray, before: np.ndarray, name: str = "dense/kernel", role: Role = "weight"
) -> list[HealthFinding]:
    tensor = tensor_of(name, values, role=role)
    return find_exploding(tensor, compute_stats(tensor), compute_stats(tensor_of(name, before)))


def saturated(values: np.ndarray, role: Role = "weight") -> list[HealthFinding]:
    tensor = tensor_of("dense/kernel", values, role=role)
    return find_saturated(tensor, compute_stats(tensor))


def test_a_layer_that_grew_too_much() -> None:
    """By its largest magnitude, or by its norm where one value was large before."""
    (found,) = exploding(KERNEL * 12, KERNEL)
    assert (found.kind, found.severity) == ("exploding", "warning")
    assert found.evidence == (
        "largest magnitude grew from 0.1876 to 2.251 since the checkpoint before"
    )
    spike = KERNEL.copy()
    spike[0, 0] = 1
    (found,) = exploding(KERNEL * 20, spike)
    assert found.evidence.startswith("L2 norm grew from 2.")
    (found,) = exploding(BIAS + 20, BIAS + 1, "dense/bias")
    assert found.kind == "exploding"


def test_growth_that_is_learning() -> None:
    """Below the factor; from nothing; a bias up to one; other state; another layer's shape."""
    assert exploding(KERNEL * 9, KERNEL) == []
    assert exploding(KERNEL, np.zeros_like(KERNEL)) == []
    assert exploding(BIAS + 0.5, BIAS + 1e-4, "dense/bias") == []
    assert exploding(KERNEL * 100, KERNEL, role="optimizer") == []
    assert exploding(KERNEL * 100, KERNEL, role="state") == []
    assert exploding(KERNEL * 100, KERNEL[:3]) == []
    assert exploding(KERNEL * np.nan, KERNEL) == []


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "int8"])
def test_values_at_the_end_of_their_type(dtype: str) -> None:
    """One in twenty at an end is cut off; the largest value of each channel alone is not."""
    kind = np.dtype(getattr(ml_dtypes, dtype, dtype))
    largest = 127 if dtype == "int8" else float(ml_dtypes.finfo(kind).max)
    values = (np.random.default_rng(1).uniform(-0.4, 0.4, (64, 32)) * largest).astype(kind)
    assert saturated(values) == []
    values[:3] = -largest
    assert dtype == "float16" or saturated(values) == []
    values[:5] = largest
    (found,) = saturated(values)
    assert (found.kind, found.severity) == ("saturated", "warning")
    assert found.evidence == f"5% of the values or more are {largest:,.6g}, where {dtype} ends"
    assert dtype == "float16" or saturated(values[:16]) == []  # half a channel's values
    assert saturated(values, "metadata") == []


def test_a_float16_about_to_overflow() -> None:
    """A weight or a slot; a mask of the smallest float16 is state."""
    values = (KERNEL * 10).astype(np.float16)
    assert saturated(values) == []
    values[0, 0] = -40_000
    (found,) = saturated(values)
    assert found.evidence == "the largest magnitude is 40,000, and float16 ends at 65,504"
    assert saturated(values, "state") == []


def test_a_weight_that_stayed_while_others_changed() -> None:
    """Equal in type, shape, size and checksum to the first checkpoint: no value is read."""
    first = artifact_of(tensor_of("a/kernel", KERNEL), tensor_of("b/kernel", KERNEL), step=1)
    later = artifact_of(tensor_of("a/kernel", KERNEL), tensor_of("b/kernel", KERNEL + 1))
    (found,) = find_untrained(later, first)
    assert (found.kind, found.severity, found.key) == ("untrained", "warning", "a/kernel")
    assert found.evidence == "the same as in the one at step 1, while 1 of 2 weights changed"


def test_where_most_stayed_they_are_frozen() -> None:
    """Fine-tuning is on purpose: notes."""
    names = ("a", "b", "c")
    first = artifact_of(*(tensor_of(name, KERNEL) for name in names))
    later = artifact_of(*(tensor_of(name, KERNEL + (name == "c")) for name in names))
    found = find_untrained(later, first)
    assert [(one.key, one.severity) for one in found] == [("a", "note"), ("b", "note")]


def test_what_is_not_untrained() -> None:
    """The first checkpoint itself; no checksums; state, slots, copies, what has no values."""
    same, changed = tensor_of("a", KERNEL), tensor_of("b", KERNEL)
    first = artifact_of(same, changed)
    assert find_untrained(first, first) == []
    changed = tensor_of("b", KERNEL + 1)
    for other in (
        same._replace(crc32c=None),
        same._replace(role="state"),
        same._replace(role="optimizer"),
        same._replace(alias_of="b"),
        same._replace(key="new"),
        tensor_of("a", KERNEL.reshape(32, 64)),
    ):
        assert find_untrained(artifact_of(other, changed), first) == []
    empty = tensor_of("a", KERNEL[:0])
    first = artifact_of(empty, tensor_of("b", KERNEL))
    assert find_untrained(artifact_of(empty, changed), first) == []
