"""Small promises of the neutral model."""

from __future__ import annotations

import pytest

from tensorboard_plugin_modelinspect.model.artifact import Artifact, FileInfo
from tensorboard_plugin_modelinspect.model.signature import Signature


def test_bytes_of_an_artifact_are_those_of_files_that_are_there() -> None:
    """A missing shard counts as no bytes, not as an error."""
    files = (FileInfo("a", 3), FileInfo("b", None), FileInfo("c", 4))
    assert Artifact("x", "checkpoint", files, {}).nbytes == 7


@pytest.mark.parametrize(
    ("key", "is_internal"),
    [("serving_default", False), ("__saved_model_init_op", True), ("__saved_model_train_op", True)],
)
def test_signatures_of_tensorflow_itself_are_told_apart(key: str, is_internal: bool) -> None:
    """Those that `saved_model_cli` lists but nobody calls are marked."""
    assert Signature(key, "", (), ()).is_internal is is_internal
