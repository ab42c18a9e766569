"""What every user of findings asks, and the page that tells of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tensorboard_plugin_modelinspect.analyses.health import (
    KINDS,
    SEVERITIES,
    find_in_artifact,
    find_in_tensor,
    read_channels,
    thresholds,
)
from tensorboard_plugin_modelinspect.analyses.stats import compute_stats
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tests.support.tensors import tensor_of

DOCS = Path(__file__).parents[3] / "docs" / "health.md"
KERNEL = np.random.default_rng(1).normal(0, 0.05, (16, 8)).astype(np.float32)


def test_more_is_found_where_more_is_known() -> None:
    """The checkpoint before and the channels may be unknown; an alias says nothing of its own."""
    kernel = 100 * KERNEL
    kernel[:, 1] = 0
    tensor = tensor_of("dense/kernel", kernel)
    stats, before = compute_stats(tensor), compute_stats(tensor_of("dense/kernel", KERNEL))
    assert find_in_tensor(tensor, stats) == []
    found = find_in_tensor(tensor, stats, before, read_channels(tensor))
    assert [one.kind for one in found] == ["exploding", "dead_channels"]
    alias = tensor._replace(alias_of="other")
    assert find_in_tensor(alias, stats, before, read_channels(tensor)) == []


def test_names_and_checksums() -> None:
    """What no value tells; without a first checkpoint nothing is untrained."""
    first, later = (
        Artifact("ckpt", "checkpoint", (), {one.key: one for one in tensors})
        for tensors in (
            [tensor_of(name, KERNEL) for name in ("a/kernel", "b/kernel")],
            [
                tensor_of("a/kernel", KERNEL),
                tensor_of("b/kernel", KERNEL + 1),
                tensor_of("gone/kernel/Adam", KERNEL, role="optimizer"),
            ],
        )
    )
    assert [one.kind for one in find_in_artifact(later)] == ["orphan_slot"]
    assert [one.kind for one in find_in_artifact(later, first)] == ["orphan_slot", "untrained"]


def test_every_kind_severity_and_threshold_is_documented() -> None:
    """The page that tells users what is found names each, with its value."""
    text = DOCS.read_text(encoding="utf-8")
    for name in (*KINDS, *SEVERITIES):
        assert f"`{name}`" in text
    for name, value in vars(thresholds).items():
        if name.isupper():
            assert f"`{name}` = {value:,}" in text
