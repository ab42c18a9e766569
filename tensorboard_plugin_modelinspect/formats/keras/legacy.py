"""Names and roles in HDF5 files of Keras 1 and 2, and of Keras 3's `save("x.h5")`.

keras/src/legacy/saving/legacy_h5_format.py: a group per layer; its attribute `weight_names` lists
its weights, whose names are paths below the group (`dense/kernel:0`). In a file of weights alone
the groups are at the root, else in `model_weights`, beside `optimizer_weights`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tensorboard_plugin_modelinspect.formats.hdf5.file import Dataset
from tensorboard_plugin_modelinspect.formats.keras.config import LayerConfig
from tensorboard_plugin_modelinspect.formats.keras.variables import NEVER_TRAINED, UNTRAINED
from tensorboard_plugin_modelinspect.formats.naming import (
    KeyNaming,
    Naming,
    is_state_name,
    is_trainable_dtype,
)
from tensorboard_plugin_modelinspect.model.tensor import Role

WEIGHTS, OPTIMIZER = "model_weights", "optimizer_weights"


def is_legacy(groups: Mapping[str, Mapping[str, Any]], texts: Mapping[str, str]) -> bool:
    """Whether a file has what Keras' old HDF5 files have."""
    is_weights = any(name.startswith("layer_names") for name in groups.get("", ()))
    return is_weights or "model_config" in texts or WEIGHTS in groups


def name_legacy(
    datasets: Mapping[str, Dataset],
    groups: Mapping[str, Mapping[str, Any]],
    model: LayerConfig | None = None,
) -> dict[str, Naming]:
    """Name and role of each dataset.

    Args:
        datasets: By key.
        groups: Attributes by path.
        model: The model's config, if the file has one.
    """
    stored = {key: name for path in groups for key, name in _weight_names(path, groups[path])}
    layers = _Layers(model)
    fallback = KeyNaming(datasets, None)
    namings: dict[str, Naming] = {}
    for key, dataset in datasets.items():
        name = stored.get(key)
        if key.startswith(f"{OPTIMIZER}/"):
            namings[key] = _readable(name or key.partition("/")[2]), "optimizer"
        elif name is not None:
            layer = key.removeprefix(f"{WEIGHTS}/")[: -len(name) - 1]
            namings[key] = _readable(name), layers.role(layer, _readable(name), dataset)
        else:
            namings[key] = fallback(key, dataset.dtype)
    return namings


def _weight_names(path: str, attributes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Keys and names of a group's weights; long lists are stored in parts."""
    for attribute, value in attributes.items():
        if attribute.startswith("weight_names") and isinstance(value, list):
            for name in value:
                yield "/".join(part for part in f"{path}/{name}".split("/") if part), name


def _readable(name: str) -> str:
    return name.removesuffix(":0")


class _Layers:
    """Tells whether a weight is trained: by its layer's config, its name and its type."""

    def __init__(self, model: LayerConfig | None) -> None:
        self._is_frozen = model is not None and model.trainable is False
        self._layers = {layer.name: layer for layer in model.listed("layers")} if model else {}
        self._below: dict[str, dict[str, LayerConfig]] = {}

    def role(self, layer_name: str, name: str, dataset: Dataset) -> Role:
        """Role of a weight of a layer of the model itself."""
        if not dataset.dtype.is_fixed:
            return "table"
        layer = self._layer(layer_name, name.split("/")[:-1])
        untrained = UNTRAINED.get(layer.kind, frozenset()) if layer else NEVER_TRAINED
        if name.rpartition("/")[2] in untrained:
            return "state"
        is_frozen = self._is_frozen or (layer is not None and layer.trainable is False)
        if is_frozen or is_state_name(name) or not is_trainable_dtype(dataset.dtype):
            return "state"
        return "weight"

    def _layer(self, layer_name: str, parts: Sequence[str]) -> LayerConfig | None:
        """The innermost layer with a config that a weight's path names."""
        layer = self._layers.get(layer_name)
        if layer is None or not layer.listed("layers"):
            return layer
        below = self._below.get(layer_name)
        if below is None:
            below = self._below[layer_name] = {one.name: one for one in layer.iter_layers()}
        return next((below[part] for part in reversed(parts) if part in below), layer)
