"""Artifacts for tests of differences: of arrays in memory, without any format."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tensorboard_plugin_modelinspect.analyses.diff.pairing import pair_tensors
from tensorboard_plugin_modelinspect.analyses.diff.result import (
    ArtifactDiff,
    TensorPair,
    Tolerance,
    ValueDiff,
)
from tensorboard_plugin_modelinspect.analyses.diff.structural import diff_artifacts
from tensorboard_plugin_modelinspect.analyses.diff.values import compare_tensors, iter_values
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tests.support.tensors import tensor_of


def checkpoint_of(arrays: Mapping[str, np.ndarray], **fields: object) -> Artifact:
    """A checkpoint with these values."""
    tensors = {key: tensor_of(key, value) for key, value in arrays.items()}
    return Artifact("ckpt", "checkpoint", (), tensors, **fields)  # type: ignore[arg-type]


def diff_arrays(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> ArtifactDiff:
    """The diff of two checkpoints, without values."""
    return diff_artifacts(checkpoint_of(before), checkpoint_of(after))


def read_values(diff: ArtifactDiff, places: list[int], **options: object) -> ArtifactDiff:
    """The same with the values of pairs."""
    with ThreadPoolExecutor(2) as executor:
        return diff.with_values(dict(iter_values(diff, executor, places, **options)))  # type: ignore[arg-type]


def compare_arrays(
    before: np.ndarray,
    after: np.ndarray,
    *,
    piece_nbytes: tuple[int | None, int | None] = (None, None),
    tolerance: tuple[float, float] = (0.0, 0.0),
    is_exact: bool = False,
) -> ValueDiff:
    """How two arrays differ, read in pieces of these sizes."""
    tensors = (
        tensor_of("x", value, piece_nbytes=nbytes)
        for value, nbytes in zip((before, after), piece_nbytes, strict=True)
    )
    return compare_tensors(*tensors, tolerance=Tolerance(*tolerance), is_exact=is_exact)


def found_pairs(
    before: Mapping[str, Tensor], after: Mapping[str, Tensor]
) -> dict[str | None, TensorPair]:
    """Pairs by the key before; of those added the last under None."""
    return {
        None if pair.before is None else pair.before.key: pair
        for pair in pair_tensors(before, after)
    }
