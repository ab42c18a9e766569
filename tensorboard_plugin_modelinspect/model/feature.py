"""What a model looks for in a serialised `tf.Example`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.signature import Shape

if TYPE_CHECKING:
    import numpy as np


class Feature(NamedTuple):
    """A feature that a model parses.

    Attributes:
        name: Its key in the message.
        dtype: float32, int64 or string.
        shape: Of one example; None where there may be any number of values.
        default: The first values of what is taken where it is missing, as a row; None where it must
            be there.
    """

    name: str
    dtype: DType
    shape: Shape
    default: np.ndarray | None

    @property
    def size(self) -> int | None:
        """Values it must have; None if it may have any number."""
        sizes = self.shape
        if sizes is None:
            return None
        known = [size for size in sizes if size is not None]
        return math.prod(known) if len(known) == len(sizes) else None
