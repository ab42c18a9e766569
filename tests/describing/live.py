"""Objects that look like those of TensorFlow and Keras to who asks them, without either."""

from __future__ import annotations

from typing import Any

import numpy as np


class Variable:
    """As `tf.Variable`: its values, its names, and whether it is trained."""

    def __init__(self, name: str, values: Any, *, trainable: bool = True) -> None:
        self.values = np.asarray(values)
        self.name = f"{name}:0"
        self.trainable = trainable
        self._shared_name = name

    @property
    def dtype(self) -> np.dtype:
        return self.values.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def numpy(self) -> np.ndarray:
        return self.values

    def assign(self, values: Any) -> None:
        self.values = np.asarray(values)

    def _trackable_children(self) -> dict[str, Any]:
        return {}

    def _gather_saveables_for_checkpoint(self) -> dict[str, Any]:
        return {"VARIABLE_VALUE": self}


class Trackable:
    """As `tf.Module`: holds what it is given."""

    def __init__(self, **children: Any) -> None:
        self.children = children

    def _trackable_children(self) -> dict[str, Any]:
        return self.children


class Optimizer(Trackable):
    """As one of TF1: finds its slots by variable."""

    def __init__(self, slots: dict[tuple[int, str], Variable], **children: Any) -> None:
        super().__init__(**children)
        self.slots = slots

    def apply_gradients(self) -> None:
        raise NotImplementedError

    def get_slot_names(self) -> list[str]:
        return ["m"]

    def get_slot(self, variable: Variable, name: str) -> Variable:
        return self.slots[id(variable), name]


class Layer:
    """As a layer of Keras 2."""

    def __init__(self, name: str, *weights: Variable) -> None:
        self.name = name
        self.trainable_weights = [one for one in weights if one.trainable]
        self.non_trainable_weights = [one for one in weights if not one.trainable]


class Model:
    """As a model of Keras 2, tracked by no one."""

    def __init__(self, *layers: Layer) -> None:
        self.layers = list(layers)
        self._trainable_weights: list[Variable] = []
        self._non_trainable_weights: list[Variable] = []
        self.weights = [one for layer in layers for one in layer.trainable_weights]

    def load_weights(self) -> None:
        raise NotImplementedError


def model() -> Trackable:
    """Two variables in two objects, one held twice, and an optimizer with a slot."""
    kernel = Variable("dense/kernel", np.arange(6, dtype=np.float32).reshape(2, 3))
    mean = Variable("norm/mean", np.float32([4, 5]), trainable=False)
    slot = Variable("dense/kernel/Adam", np.zeros((2, 3), np.float32), trainable=False)
    optimizer = Optimizer({(id(kernel), "m"): slot}, rate=Variable("rate", np.float32(0.1)))
    inner = Trackable(**{"kernel": kernel, "a/b.c": mean})
    return Trackable(layer=inner, again=kernel, optimizer=optimizer)
