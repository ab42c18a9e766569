"""What a tensor's name and shape say it is, as far as a finding depends on it."""

from __future__ import annotations

import re

from tensorboard_plugin_modelinspect.model.tensor import Tensor

_KERNEL = re.compile(
    r"(\w*_)?(kernel|embeddings?|embedding_weights|embedding_table|weights?|filters?|w)(_?\d+)?",
    re.IGNORECASE,
)
_VECTOR = re.compile(
    r"(?!lora_)(\w*_)?(bias|biases|beta|gamma|scale|offset|alpha|b)(_?\d+)?", re.IGNORECASE
)
_LORA_SECOND = re.compile(r"lora_(\w+_)?b")


def last_name(tensor: Tensor) -> str:
    """The last part of its readable name, without the output number of TF1."""
    return tensor.name.removesuffix(":0").rpartition("/")[2]


def is_vector_name(tensor: Tensor) -> bool:
    """Whether layers give this name to what starts as all zeros or all ones, at any rank.

    The bias of an `EinsumDense` or of a GRU has two axes, and the alpha of a `PReLU` three.
    """
    return _VECTOR.fullmatch(last_name(tensor)) is not None


def is_kernel_name(tensor: Tensor) -> bool:
    """Whether layers give this name to what starts at random."""
    return _KERNEL.fullmatch(last_name(tensor)) is not None


def starts_at_zero(tensor: Tensor) -> bool:
    """Whether it is the second factor of a LoRA update: zeros until it is trained."""
    return _LORA_SECOND.fullmatch(last_name(tensor)) is not None


def has_matrix_shape(tensor: Tensor) -> bool:
    """Whether two axes or more are longer than one."""
    return sum(size > 1 for size in tensor.shape) >= 2
