"""The report: everything together, the worst first, and quiet about what libraries save."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.health import (
    KINDS,
    SEVERITIES,
    check_health,
    thresholds,
)
from tensorboard_plugin_modelinspect.analyses.stats import TensorStats, compute_stats
from tensorboard_plugin_modelinspect.errors import Truncated
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.tensors import ArrayValues, tensor_of

CORPUS = Path(__file__).parents[2] / "corpus"
DOCS = Path(__file__).parents[3] / "docs" / "health.md"
KERNEL = np.random.default_rng(1).normal(0, 0.05, (16, 8)).astype(np.float32)


def artifact_of(*tensors: Tensor) -> Artifact:
    return Artifact("ckpt", "checkpoint", (), {one.key: one for one in tensors})


def stats_of(artifact: Artifact) -> dict[str, TensorStats]:
    return {
        key: compute_stats(tensor)
        for key, tensor in artifact.tensors.items()
        if tensor.dtype.numpy_name
    }


def sick() -> Artifact:
    """A tensor for each finding."""
    dead, nan = KERNEL.copy(), KERNEL.copy()
    dead[:, 1] = 0
    nan[0, 0] = np.nan
    return artifact_of(
        tensor_of("dead/kernel", dead),
        tensor_of("dead/kernel/Adam", KERNEL, role="optimizer"),
        tensor_of("zero/kernel", 0 * KERNEL),
        tensor_of("nan/kernel", nan),
        tensor_of("nan/kernel/Adam", nan, role="optimizer"),
        tensor_of("large/kernel", 100 * KERNEL),
        tensor_of("same/kernel", KERNEL),
        tensor_of("gone/kernel/Adam", KERNEL, role="optimizer"),
        tensor_of("copy/kernel", nan)._replace(alias_of="nan/kernel"),
    )


def test_the_report_of_a_sick_model() -> None:
    """Problems before warnings before notes; a copy is not reported again."""
    artifact = sick()
    before = artifact_of(*(tensor_of(key, KERNEL) for key in ("large/kernel", "same/kernel")))
    report = check_health(artifact, stats_of(artifact), stats_of(before), before)
    assert [(one.severity, one.kind, one.key) for one in report.findings] == [
        ("problem", "nan", "nan/kernel"),
        ("problem", "nan", "nan/kernel/Adam"),
        ("problem", "all_zero", "zero/kernel"),
        ("warning", "dead_channels", "dead/kernel"),
        ("warning", "exploding", "large/kernel"),
        ("warning", "untrained", "same/kernel"),
        ("warning", "orphan_slot", "gone/kernel/Adam"),
        ("note", "missing_slot", None),
    ]
    assert (report.checked, report.unchecked) == (8, 0)
    assert [one.kind for one in report.of("same/kernel")] == ["untrained"]
    assert [one.kind for one in report.of(None)] == ["missing_slot"]


def test_what_was_not_looked_at() -> None:
    """Without its statistics a tensor's values are not judged, and that is counted."""
    artifact = sick()
    report = check_health(artifact, {})
    assert {one.kind for one in report.findings} == {"orphan_slot", "missing_slot"}
    assert (report.checked, report.unchecked) == (0, 8)


def test_channels_are_read_only_where_asked() -> None:
    """Statistics may come from a cache: then nothing at all is read."""
    artifact = sick()
    stats = stats_of(artifact)
    handles = [one.values for one in artifact.tensors.values()]
    for handle in handles:
        assert isinstance(handle, ArrayValues)
        handle.read_nbytes = 0
    report = check_health(artifact, stats, reads_channels=False)
    assert not any(one.kind == "dead_channels" for one in report.findings)
    assert sum(one.read_nbytes for one in handles if isinstance(one, ArrayValues)) == 0


def test_a_file_that_vanished_takes_only_its_own_channels() -> None:
    """Statistics said why already, or were made before; the rest goes on."""

    class Gone:
        def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
            raise Truncated(path="a", expected="8", found="4")

    artifact = sick()
    stats = stats_of(artifact)
    lost = artifact.tensors["dead/kernel"]._replace(values=Gone())
    other = tensor_of("other/kernel", artifact.tensors["dead/kernel"].read())
    again = artifact_of(lost, other)
    report = check_health(again, stats | {"other/kernel": stats["dead/kernel"]})
    assert [one.key for one in report.findings] == ["other/kernel"]


@pytest.mark.parametrize(
    "path",
    [
        "keras3_checkpoint/branches-1",
        "keras3_checkpoint/series/ckpt-3",
        "keras3_files/adapted.keras",
        "keras3_files/halves.keras",
        "keras2_files/network.h5",
        "keras2_files/sequence.h5",
        "keras3_export/network",
        "keras3_saved_model/network",
    ],
)
def test_what_the_libraries_saved_is_healthy(path: str) -> None:
    """Whole models just made or trained for a few steps."""
    artifact = open_artifact(CORPUS / path)
    assert check_health(artifact, stats_of(artifact)).findings == ()


def test_every_kind_severity_and_threshold_is_documented() -> None:
    """The page that tells users what is found names each, with its value."""
    text = DOCS.read_text(encoding="utf-8")
    for name in (*KINDS, *SEVERITIES):
        assert f"`{name}`" in text
    for name, value in vars(thresholds).items():
        if name.isupper():
            assert f"`{name}` = {value:,}" in text
