"""What a model looks for in a serialised `tf.Example`."""

from __future__ import annotations

from typing import NamedTuple

from tensorboard_plugin_modelinspect.model.dtype import DType


class Feature(NamedTuple):
    """A feature that a model parses.

    Attributes:
        name: Its key in the example.
        dtype: float32, int64 or string.
        size: Elements it must have; None if it may have any number.
    """

    name: str
    dtype: DType
    size: int | None
