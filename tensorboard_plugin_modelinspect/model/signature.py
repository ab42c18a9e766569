"""What a SavedModel can be asked: signatures and the tensors they take and give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tensorboard_plugin_modelinspect.model.dtype import DType

Shape = tuple[int | None, ...] | None
"""Sizes with None for an unknown one; None for an unknown rank."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """An input or output of a signature.

    Attributes:
        key: The name callers use.
        dtype: Element type.
        shape: Sizes, None where unknown.
        name: Tensor in the graph (`serving_default_x:0`); of a sparse or composite one its
            components, joined by ", ".
        encoding: How the value is carried.
        has_default: Whether the signature stores a default value for it.
    """

    key: str
    dtype: DType
    shape: Shape
    name: str
    encoding: Literal["dense", "sparse", "composite"] = "dense"
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """A named entry point; inputs and outputs sorted by key."""

    key: str
    method_name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    @property
    def is_internal(self) -> bool:
        """Whether it is TensorFlow's own (`__saved_model_init_op`), not for callers."""
        return self.key.startswith("__saved_model_")
