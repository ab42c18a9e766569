"""Statistics and findings together: the worst first, and quiet about what libraries save."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.stats import TensorStats, compute_stats
from tensorboard_plugin_modelinspect.errors import ModelInspectError, Truncated
from tensorboard_plugin_modelinspect.examining import (
    ChannelPolicy,
    Context,
    Examination,
    Examined,
    channels_nbytes,
    make_context,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.stats_cache import ContentCache
from tests.support.tensors import ArrayValues, tensor_of

CORPUS = Path(__file__).parent / "corpus"
KERNEL = np.random.default_rng(1).normal(0, 0.05, (16, 8)).astype(np.float32)
NOTHING = Context()


def artifact_of(*tensors: Tensor) -> Artifact:
    return Artifact("ckpt", "checkpoint", (), {one.key: one for one in tensors})


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


def run(
    artifact: Artifact,
    channels: ChannelPolicy = "read",
    cache: ContentCache | None = None,
    context: Context = NOTHING,
) -> dict[str, Examined]:
    examination = Examination(cache, context, channels)
    tensors = artifact.tensors.values()
    return {one.tensor.key: one for one in examination.run(tensors, lambda _: None)}


def kinds(examined: dict[str, Examined]) -> dict[str, list[str]]:
    """Kinds of findings by key, where there are some."""
    return {key: [f.kind for f in one.findings] for key, one in examined.items() if one.findings}


def read_nbytes(artifact: Artifact) -> int:
    """Bytes read since it was last asked."""
    handles = [one.values for one in artifact.tensors.values()]
    nbytes = sum(one.read_nbytes for one in handles if isinstance(one, ArrayValues))
    for handle in handles:
        assert isinstance(handle, ArrayValues)
        handle.read_nbytes = 0
    return nbytes


def test_a_sick_model() -> None:
    """Each tensor has its findings, of whatever sort; a copy is not reported again."""
    artifact = sick()
    before = artifact_of(*(tensor_of(key, KERNEL) for key in ("large/kernel", "same/kernel")))
    known = {key: compute_stats(one) for key, one in before.tensors.items()}
    context = make_context(artifact, before, lambda tensor: known.get(tensor.key))
    assert kinds(run(artifact, context=context)) == {
        "dead/kernel": ["dead_channels"],
        "zero/kernel": ["all_zero"],
        "nan/kernel": ["nan"],
        "nan/kernel/Adam": ["nan"],
        "large/kernel": ["exploding"],
        "same/kernel": ["untrained"],
        "gone/kernel/Adam": ["orphan_slot"],
    }
    assert [(one.kind, one.severity) for one in context.of_artifact] == [("missing_slot", "note")]


def test_only_weights_are_compared_with_the_checkpoint_before() -> None:
    """To look up what nobody asks about costs a third as much again."""
    asked = []

    def previous(tensor: Tensor) -> TensorStats | None:
        asked.append(tensor.key)
        return None

    artifact = sick()
    run(artifact, context=Context(previous))
    assert not any("Adam" in key for key in asked)
    assert "large/kernel" in asked


def test_channels_are_read_only_where_asked() -> None:
    """Known ones are judged without reading anything, and none where they are not wanted."""
    artifact, cache = sick(), ContentCache(None)
    assert "dead/kernel" not in kinds(run(artifact, "skip", cache))
    assert read_nbytes(artifact) > 0
    assert "dead/kernel" not in kinds(run(artifact, "known", cache))
    assert read_nbytes(artifact) == 0
    assert kinds(run(artifact, "read", cache))["dead/kernel"] == ["dead_channels"]
    assert read_nbytes(artifact) == 4 * KERNEL.nbytes  # not of zeros, of slots, of the copy
    assert kinds(run(artifact, "known", cache))["dead/kernel"] == ["dead_channels"]
    assert "dead/kernel" not in kinds(run(artifact, "skip", cache))
    assert read_nbytes(artifact) == 0


def test_what_is_known_of_one_tensor() -> None:
    """It is told without reading, or said not to be known; both ways agree with the run."""
    tensor, cache = sick().tensors["dead/kernel"], ContentCache(None)
    examination = Examination(cache)
    assert examination.recall(tensor) is None
    examined = examination.examine(tensor)
    assert kinds({"dead/kernel": examined}) == {"dead/kernel": ["dead_channels"]}
    assert examined.reread_nbytes == tensor.nbytes
    again = examination.recall(tensor)
    assert again == examined._replace(reread_nbytes=0)


def test_bytes_that_channels_cost() -> None:
    """Nothing for what is not looked at; nothing for tensors of one value, once that is known."""
    tensors = sick().tensors
    zero = tensors["zero/kernel"]
    assert channels_nbytes(zero) == zero.nbytes
    assert channels_nbytes(zero, compute_stats(zero)) == 0
    assert channels_nbytes(tensors["dead/kernel/Adam"]) == 0
    assert channels_nbytes(tensors["copy/kernel"]) == 0
    huge = tensors["dead/kernel"]._replace(nbytes=2 << 30)
    assert channels_nbytes(huge) == 0


def test_reading_channels_is_told_and_can_be_ended() -> None:
    """Whoever counts the bytes may say that it is enough."""

    class Enough(Exception):
        pass

    def stop(_: int) -> None:
        raise Enough

    told: list[int] = []
    tensors = [sick().tensors["dead/kernel"]]
    list(Examination().run(tensors, lambda _: None, told.append))
    assert told == [KERNEL.nbytes]
    with pytest.raises(Enough):
        list(Examination().run(tensors, lambda _: None, stop))


def test_a_file_that_vanished_takes_only_its_own_channels() -> None:
    """Statistics were known from before; that the values are gone is said, and the rest goes on."""

    class Gone:
        def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
            raise Truncated(path="a", expected="8", found="4")

    dead = sick().tensors["dead/kernel"]
    cache = ContentCache(None)
    cache.put(dead, compute_stats(dead))
    examined = run(
        artifact_of(dead._replace(values=Gone()), sick().tensors["nan/kernel"]), "read", cache
    )
    assert isinstance(examined["dead/kernel"].error, ModelInspectError)
    assert kinds(examined) == {"nan/kernel": ["nan"]}


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
    context = make_context(artifact)
    assert kinds(run(artifact, context=context)) == {}
    assert context.of_artifact == ()
