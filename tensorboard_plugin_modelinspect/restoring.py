"""The restore doctor for paths and live models: opens both sides and compares them."""

from __future__ import annotations

import os
from collections.abc import Mapping

from tensorboard_plugin_modelinspect.analyses.restore.check import check_restore
from tensorboard_plugin_modelinspect.analyses.restore.result import (
    Method,
    Options,
    RestoreCheck,
)
from tensorboard_plugin_modelinspect.describing import describe_model
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import open_artifact

Side = str | os.PathLike[str] | Artifact
"""An opened artifact, or a path as for `open_artifact`."""


def restore_check(
    checkpoint: Side,
    into: object,
    *,
    method: Method | None = None,
    by_name: bool = False,
    skip_mismatch: bool = False,
    attach: str | None = None,
    read: bool = False,
    var_list: Mapping[str, str] | None = None,
) -> RestoreCheck:
    """Say what restoring a checkpoint into a target would do, without TensorFlow.

    Args:
        checkpoint: Where values come from: an opened artifact or a path as for `open_artifact`.
        into: The same of what is restored; or a live model, which is described first.
        method: `object`, `name`, `keras_h5` or `keras_weights`; what fits both sides if None.
        by_name: As in `load_weights`, of legacy HDF5.
        skip_mismatch: As in `load_weights`.
        attach: Path of the object of the checkpoint that the target's root is restored from; empty
            for its root; the best that is found if None.
        read: Whether it is `tf.train.Checkpoint.read`, which makes no `save_counter`.
        var_list: What a TF1 `Saver` is given: name in the checkpoint by name of the variable.

    Raises:
        NotFound: Nothing of that name.
        UnknownFormat: No reader recognises it.
        FormatError: It cannot be opened.
        BadRequest: The options fit neither the two sides nor each other.

    Cost: reads indexes and object graphs, no values.
    """
    options = Options(method, by_name, skip_mismatch, attach, read, var_list)
    return check_restore(_opened(checkpoint), _opened(into), options)


def _opened(side: object) -> Artifact:
    if isinstance(side, Artifact):
        return side
    if isinstance(side, str | os.PathLike):
        return open_artifact(side)
    opened = getattr(side, "artifact", None)
    return opened if isinstance(opened, Artifact) else describe_model(side).artifact
