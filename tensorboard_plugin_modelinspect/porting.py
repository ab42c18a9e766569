"""Portability by path: opens an artifact and says where it runs."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tensorboard_plugin_modelinspect.analyses.portability.check import check_portability
from tensorboard_plugin_modelinspect.analyses.portability.result import TARGETS, Portability
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import open_artifact


def portability(
    model: str | os.PathLike[str] | Artifact, targets: Sequence[str] = TARGETS
) -> Portability:
    """Say in which TensorFlow, and where else, a model runs; nothing is loaded.

    Args:
        model: An opened artifact, or a path as for `open_artifact`.
        targets: `tf==2.12`, `tf` (the newest that is known), `tflite`, `tfjs`, `serving`,
            `serving==2.12`, `keras3`.

    Raises:
        NotFound: Nothing of that name.
        UnknownFormat: No reader recognises it.
        FormatError: It, or its graphs, cannot be read.
        BadRequest: No such target.

    Cost: reads the graphs, no values; about 2 s for a hundred thousand nodes.
    """
    artifact = model if isinstance(model, Artifact) else open_artifact(model)
    return check_portability(artifact, targets)
