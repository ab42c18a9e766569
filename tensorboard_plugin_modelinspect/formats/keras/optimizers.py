"""Names of an optimizer's numbered variables, from its config and the weights it trained.

keras/src/optimizers/: two scalars (`iteration`, `learning_rate`), then for each slot a variable
per trained weight; slots that are made together take turns (`momentum`, `velocity` of the first
weight, then of the second).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tensorboard_plugin_modelinspect.formats.keras.config import LayerConfig

_SLOTS: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    **dict.fromkeys(
        ("adam", "adamw"), ((("momentum", "velocity"), ""), (("velocity_hat",), "amsgrad"))
    ),
    **dict.fromkeys(("nadam", "lamb"), ((("momentum", "velocity"), ""),)),
    "adamax": ((("momentum", "norm"), ""),),
    "sgd": ((("momentum",), "momentum"),),
    "lion": ((("momentum",), ""),),
    "rmsprop": (
        (("velocity",), ""), (("momentum",), "momentum"), (("average_gradient",), "centered"),
    ),
    "adagrad": ((("accumulator",), ""),),
    "adadelta": ((("accumulated_grad", "accumulated_delta_var"), ""),),
    "ftrl": ((("accumulator", "linear"), ""),),
}  # fmt: skip
"""By class in lower case: slots made together, and the option without which they are not made."""


OF_LOSS_SCALE = ("iteration", "learning_rate", "step_counter", "dynamic_scale")
"""What `LossScaleOptimizer` has of its own; behind it come the variables of the one it wraps, which
that one saves too."""


class Stored(NamedTuple):
    """A variable: name (empty for an optimizer's own) and shape."""

    name: str
    shape: tuple[int, ...]


def name_optimizer(
    config: LayerConfig | None, weights: Sequence[Stored], stored: Sequence[Stored]
) -> list[str]:
    """Names of an optimizer's variables, in order; the number of one that is not known.

    Args:
        config: Of the optimizer.
        weights: What it trained, in the model's order; empty if that is not known.
        stored: Its variables; names are not looked at.
    """
    names = [str(number) for number in range(len(stored))]
    first = 0
    for name in ("iteration", "learning_rate"):
        if first < len(stored) and not stored[first].shape:
            names[first] = name
            first += 1
    slots = _slots(config, weights)
    if slots and [one.shape for one in slots] == [one.shape for one in stored[first:]]:
        names[first:] = [one.name for one in slots]
    return names


def _slots(config: LayerConfig | None, weights: Sequence[Stored]) -> list[Stored]:
    """The slots that such an optimizer makes for these weights."""
    known = _SLOTS.get(config.kind.replace("_", "")) if config else None
    if config is None or known is None:
        return []
    groups: list[tuple[str, ...]] = []
    if config.options.get("use_ema"):
        groups.append(("average",))
    if config.options.get("gradient_accumulation_steps"):
        groups.append(("gradient_accumulator",))
    for names, option in known:
        if not option or config.options.get(option):
            groups.append(names)
    return [
        Stored(f"{weight.name.replace('/', '_')}_{name}", weight.shape)
        for names in groups
        for weight in weights
        for name in names
    ]
