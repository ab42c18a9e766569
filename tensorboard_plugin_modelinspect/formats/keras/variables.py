"""Which variables Keras' own layers have, in the order in which they are saved.

Weight files number the variables of a layer: first the trainable ones as `build` made them, then
the others (keras/src/layers/layer.py, `save_own_variables`; quantized layers follow the
`variable_serialization_spec` of keras/src/layers/core/). Which of them exist depends on options.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from tensorboard_plugin_modelinspect.formats.keras.config import LayerConfig


class Variable(NamedTuple):
    """A variable of a layer.

    Attributes:
        name: What Keras calls it.
        is_trained: Whether it is trained, unless its layer is frozen.
        option: The option of the layer without which it is not there; `?` where that is no option.
    """

    name: str
    is_trained: bool = True
    option: str = ""


def _fixed(*names: str, option: str = "") -> tuple[Variable, ...]:
    return tuple(Variable(name, is_trained=False, option=option) for name in names)


_BIAS = Variable("bias", option="use_bias")
_GAMMA, _BETA = Variable("gamma", option="scale"), Variable("beta", option="center")
_KERNEL = (Variable("kernel"), _BIAS)
_CELL = (Variable("kernel"), Variable("recurrent_kernel"), _BIAS)
_PACKED = _fixed("quantized_kernel", "kernel_scale", "kernel_zero")

VARIABLES: dict[str, tuple[Variable, ...]] = {
    **dict.fromkeys(
        (
            "dense", "einsum_dense", "conv1d", "conv2d", "conv3d", "conv1d_transpose",
            "conv2d_transpose", "conv3d_transpose", "depthwise_conv1d", "depthwise_conv2d",
        ),
        _KERNEL,
    ),
    **dict.fromkeys(
        ("simple_rnn_cell", "lstm_cell", "gru_cell", "conv_lstm_cell"), _CELL
    ),
    **dict.fromkeys(
        ("separable_conv1d", "separable_conv2d"),
        (Variable("depthwise_kernel"), Variable("pointwise_kernel"), _BIAS),
    ),
    "embedding": (Variable("embeddings"),),
    "reversible_embedding": (Variable("embeddings"), Variable("reverse_embeddings", option="?")),
    "batch_normalization": (
        _GAMMA,
        _BETA,
        *_fixed("moving_mean", "moving_variance"),
        *_fixed("moving_stddev", "renorm_mean", "renorm_stddev", option="renorm"),
    ),
    "layer_normalization": (_GAMMA, _BETA),
    "group_normalization": (_GAMMA, _BETA),
    "rms_normalization": (Variable("scale"),),
    "spectral_normalization": (Variable("kernel", option="?"), *_fixed("vector_u")),
    "normalization": _fixed("mean", "variance", "count"),
    "p_re_lu": (Variable("alpha"),),
    "attention": (
        Variable("scale", option="use_scale"),
        Variable("concat_score_weight", option="?"),
    ),
    "additive_attention": (Variable("scale", option="use_scale"),),
    "seed_generator": _fixed("seed_generator_state"),
}  # fmt: skip
"""By class in snake case."""

UNTRAINED: dict[str, frozenset[str]] = {
    kind: frozenset(variable.name for variable in variables if not variable.is_trained)
    for kind, variables in VARIABLES.items()
}
"""Names of variables that are never trained, by class."""
NEVER_TRAINED = frozenset().union(*UNTRAINED.values())

_QUANTIZED_KERNEL: dict[str, tuple[Variable, ...]] = {
    "int8": (*_fixed("kernel"), _BIAS, *_fixed("kernel_scale")),
    "int4": (
        *_fixed("kernel"),
        _BIAS,
        *_fixed("kernel_scale"),
        *_fixed("kernel_zero", "g_idx", option="?"),
    ),
    "float8": (
        *_KERNEL,
        *(
            Variable(f"{part}_{what}")
            for part in ("inputs", "kernel", "outputs_grad")
            for what in ("scale", "amax_history")
        ),
    ),
    "gptq": (_BIAS, *_PACKED, *_fixed("g_idx")),
    "awq": (_BIAS, *_PACKED, *_fixed("awq_scales", "g_idx")),
}  # fmt: skip
_QUANTIZED_EMBEDDING: dict[str, tuple[Variable, ...]] = {
    "int8": _fixed("embeddings", "embeddings_scale"),
    "int4": (
        *_fixed("embeddings", "embeddings_scale"),
        *_fixed("embeddings_zero", "g_idx", option="?"),
    ),
}  # fmt: skip
_QUANTIZED = {
    "dense": _QUANTIZED_KERNEL,
    "einsum_dense": _QUANTIZED_KERNEL,
    "embedding": _QUANTIZED_EMBEDDING,
}


def name_variables(
    kind: str, options: LayerConfig | None, dtypes: Sequence[str]
) -> list[Variable] | None:
    """The variables of a layer of which so many are stored.

    Args:
        kind: Class in snake case.
        options: Its config, or that of the layer that made it; None if there is none.
        dtypes: Types of the stored variables, in order.

    Returns:
        As many variables as are stored. One that could be either of two has an empty name. None
        if the class is unknown, or has not so many.
    """
    mode = options.quantization if options else ""
    if not mode and "int8" in dtypes[:1]:
        mode = "int8"
    known = _QUANTIZED.get(kind, {}).get(mode) or VARIABLES.get(kind)
    if known is None:
        return None
    if options is not None:
        wanted = [
            one for one in known if one.option in ("", "?") or options.options.get(one.option, True)
        ]
        if len(wanted) == len(dtypes):
            return wanted
    sets = _possible(known, len(dtypes))
    if not sets:
        return None
    return [_merged(alternatives) for alternatives in zip(*sets, strict=True)]


def _possible(known: Sequence[Variable], count: int) -> list[tuple[Variable, ...]]:
    """Every choice of that many variables that some options make."""
    options = sorted({one.option for one in known if one.option not in ("", "?")})
    options += [f"?{one.name}" for one in known if one.option == "?"]
    choices = []
    for off in itertools.product((False, True), repeat=len(options)):
        missing = {option for option, is_off in zip(options, off, strict=True) if is_off}
        chosen = tuple(
            one for one in known if not missing & {one.option, f"{one.option}{one.name}"}
        )
        if len(chosen) == count:
            choices.append(chosen)
    return choices


def _merged(alternatives: Sequence[Variable]) -> Variable:
    first = alternatives[0]
    is_one = all(one.name == first.name for one in alternatives)
    return Variable(first.name if is_one else "", all(one.is_trained for one in alternatives))
