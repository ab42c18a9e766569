"""The layers of a Keras file with their variables, as `load_weights` addresses them.

Two ways: by path, as weight files of Keras 3 do (keras/src/saving/saving_lib.py), and by the
model's own list of layers, as legacy HDF5 does (keras/src/legacy/saving/legacy_h5_format.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tensorboard_plugin_modelinspect.formats.hdf5.file import Dataset, natural_key
from tensorboard_plugin_modelinspect.formats.keras.config import LayerConfig
from tensorboard_plugin_modelinspect.formats.keras.legacy import WEIGHTS
from tensorboard_plugin_modelinspect.model.artifact import TOP_LEVEL, Layer
from tensorboard_plugin_modelinspect.model.tensor import Role

_OLD_LIST = "_layer_checkpoint_dependencies"


def tree_layers(
    datasets: Mapping[str, Dataset], groups: Mapping[str, Mapping[str, Any]]
) -> tuple[Layer, ...]:
    """Every object of a weight file, those without variables too, by path.

    Keras 2.12 and 2.13 call the list of layers otherwise; Keras 3 reads both.
    """
    found: dict[str, list[str]] = {
        path: [] for path in groups if path == "vars" or path.endswith("/vars")
    }
    for key in datasets:
        parent = key.rpartition("/")[0]
        if parent in found:
            found[parent].append(key)
    return tuple(
        Layer(
            _below(path, "vars").replace(_OLD_LIST, "layers"),
            _text(groups[path].get("name")),
            tuple(sorted(keys, key=natural_key)),
        )
        for path, keys in sorted(found.items(), key=lambda one: natural_key(one[0]))
    )


def _below(path: str, last: str) -> str:
    return path.removesuffix(last).removesuffix("/")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def legacy_layers(
    datasets: Mapping[str, Dataset], groups: Mapping[str, Mapping[str, Any]]
) -> tuple[Layer, ...]:
    """The model's own layers in its order, each with all weights in it."""
    root = "" if _strings(groups.get("", {}), "layer_names") else WEIGHTS
    names = [*_strings(groups.get(root, {}), "layer_names"), TOP_LEVEL]
    layers = []
    for name in names:
        path = f"{root}/{name}" if root else name
        stored = _strings(groups.get(path, {}), "weight_names")
        keys = ("/".join(part for part in f"{path}/{one}".split("/") if part) for one in stored)
        if name != TOP_LEVEL or path in groups:
            layers.append(Layer(name, name, tuple(key for key in keys if key in datasets)))
    return tuple(layers)


def _strings(attributes: Mapping[str, Any], name: str) -> list[str]:
    """A list that is stored in parts if it is long (`load_attributes_from_hdf5_group`)."""
    whole = attributes.get(name)
    if isinstance(whole, list):
        return [one for one in whole if isinstance(one, str)]
    parts: list[str] = []
    for number in itertools.count():
        part = attributes.get(f"{name}{number}")
        if not isinstance(part, list):
            return parts
        parts += (one for one in part if isinstance(one, str))
    return parts


def model_layers(
    model: LayerConfig, ordered: Sequence[tuple[tuple[int, ...], str, Role]]
) -> tuple[Layer, ...]:
    """The same of a weight file whose config says in which order the layers stand.

    Args:
        model: The model's config.
        ordered: Place in the model, key and role of every variable of it, in its order.

    Trained weights come before all others (`_legacy_weights`); states of seed generators are no
    weights.
    """
    of_layer: dict[int, list[tuple[str, Role]]] = {}
    for order, key, role in ordered:
        of_layer.setdefault(order[0] if order else -1, []).append((key, role))
    layers = [
        Layer(config.name, config.name, tuple(_weights(of_layer.get(number, ()))))
        for number, config in enumerate(model.listed("layers"))
    ]
    return (*layers, Layer(TOP_LEVEL, TOP_LEVEL, tuple(_weights(of_layer.get(-1, ())))))


def _weights(variables: Iterable[tuple[str, Role]]) -> Iterator[str]:
    listed = list(variables)
    yield from (key for key, role in listed if role == "weight")
    yield from (key for key, role in listed if role != "weight")
