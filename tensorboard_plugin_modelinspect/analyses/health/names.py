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
_EMBEDDING = re.compile(r".*(embed|lookup_table).*|wte|wpe", re.IGNORECASE)
_DEPTHWISE = re.compile(r".*depthwise.*", re.IGNORECASE)
_TRANSPOSED = re.compile(r".*(transpose|deconv).*", re.IGNORECASE)
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


def is_embedding(tensor: Tensor) -> bool:
    """Whether its rows are the vectors of things that are looked up."""
    return len(tensor.shape) == 2 and _has_part(tensor, _EMBEDDING)


def channel_axes(tensor: Tensor) -> tuple[int, ...]:
    """Axes that count a layer's outputs; none if its name is not that of a kernel.

    keras/src/layers/: `(…, inputs, outputs)`; depthwise kernels `(…, inputs, multiplier)`, where
    each pair is an output; transposed convolutions `(…, outputs, inputs)`.
    """
    rank = len(tensor.shape)
    if rank < 2 or not is_kernel_name(tensor):
        return ()
    if is_embedding(tensor):
        return (0,)
    if rank > 2 and _has_part(tensor, _DEPTHWISE):
        return (rank - 2, rank - 1)
    if rank > 2 and _has_part(tensor, _TRANSPOSED):
        return (rank - 2,)
    return (rank - 1,)


def _has_part(tensor: Tensor, pattern: re.Pattern[str]) -> bool:
    """Whether the tensor's or its layer's own name is such a one."""
    parts = tensor.name.removesuffix(":0").rsplit("/", 2)[-2:]
    return any(pattern.fullmatch(part) for part in parts)
