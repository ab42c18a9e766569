"""The layers of a live Keras model with their variables, as `load_weights` addresses them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

_WALK = "keras.src.saving.saving_lib"
_SAVEABLE = "keras.src.saving.keras_saveable"


class LiveLayer(NamedTuple):
    """A layer, model or optimizer: path or name, its own name, and its variables in order."""

    path: str
    name: str
    variables: list[Any]


def layers_by_path(model: Any) -> list[LiveLayer]:
    """Every object that a weight file of Keras 3 would have; none of other libraries' models.

    keras/src/saving/saving_lib.py, `_save_state`; Keras' own walk is used, which is loaded if the
    model is one of Keras 3.
    """
    walk = getattr(sys.modules.get(_WALK), "_walk_saveable", None)
    saveable = getattr(sys.modules.get(_SAVEABLE), "KerasSaveable", None)
    if walk is None or saveable is None or not isinstance(model, saveable):
        return []
    return list(_Walk(walk, saveable).run(model, ""))


class _Walk:
    def __init__(self, walk: Any, saveable: Any) -> None:
        self._walk, self._saveable = walk, saveable
        self._seen: set[int] = set()

    def run(self, found: Any, path: str) -> Iterator[LiveLayer]:
        if id(found) in self._seen:
            return
        self._seen.add(id(found))
        if hasattr(found, "save_own_variables"):
            name = getattr(found, "name", "")
            yield LiveLayer(path, name if isinstance(name, str) else "", own_variables(found))
        for attribute, child in self._walk(found):
            below = f"{path}/{attribute}" if path else attribute
            if isinstance(child, self._saveable):
                yield from self.run(child, below)
            elif isinstance(child, list | dict | tuple):
                yield from self._container(child, below, set())

    def _container(self, container: Any, path: str, seen: set[int]) -> Iterator[LiveLayer]:
        """Parts are called by their classes, numbered from the second one of a class on."""
        if id(container) in seen:
            return
        seen.add(id(container))
        counts: dict[str, int] = {}
        for child in list(container.values()) if isinstance(container, dict) else container:
            is_saveable = isinstance(child, self._saveable)
            if not is_saveable and not isinstance(child, list | dict | tuple):
                continue
            name = snake_case(type(child).__name__) if is_saveable else "container"
            number = counts[name] = counts.get(name, -1) + 1
            below = f"{path}/{name}_{number}" if number else f"{path}/{name}"
            if is_saveable:
                yield from self.run(child, below)
            else:
                yield from self._container(child, below, seen)


def own_variables(found: Any) -> list[Any]:
    """Variables that an object saves by itself, in order."""
    if hasattr(found, "apply_gradients"):
        return list(found.variables)
    if hasattr(found, "_trainable_variables"):
        return [*found._trainable_variables, *found._non_trainable_variables]
    stored: dict[str, Any] = {}
    found.save_own_variables(stored)
    return [value for value in stored.values() if hasattr(value, "assign")]


def layers_of_model(model: Any) -> list[LiveLayer]:
    """The model's own layers with all weights in them, and the weights beside them.

    keras/src/legacy/saving/legacy_h5_format.py, `_legacy_weights`: trained weights come first.
    """
    layers = getattr(model, "layers", None)
    if not isinstance(layers, list | tuple) or not hasattr(model, "load_weights"):
        return []
    found = [
        LiveLayer(layer.name, layer.name, _legacy_weights(layer))
        for layer in layers
        if hasattr(layer, "trainable_weights")
    ]
    own = [
        *getattr(model, "_trainable_variables", getattr(model, "_trainable_weights", ())),
        *getattr(model, "_non_trainable_variables", getattr(model, "_non_trainable_weights", ())),
    ]
    weights = {id(one) for one in model.weights}
    top = [one for one in own if id(one) in weights]
    return [*found, LiveLayer("top_level_model_weights", "top_level_model_weights", top)]


def _legacy_weights(layer: Any) -> list[Any]:
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def snake_case(name: str) -> str:
    """A class name as Keras writes it in paths (keras/src/utils/naming.py)."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
