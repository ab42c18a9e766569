"""Names and roles in weight files of Keras 3: `layers/dense/vars/0` is `dense/kernel`.

keras/src/saving/saving_lib.py: the path of an object is the attributes that lead to it; in a list,
the class in snake case, numbered. Its variables are numbered in `vars`, whose attribute `name` is
the object's own name. What the numbers mean depends on class and options: the config tells where
there is one (in `.keras` files), else the path does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.formats.hdf5.file import Dataset
from tensorboard_plugin_modelinspect.formats.keras.config import LayerConfig, without_number
from tensorboard_plugin_modelinspect.formats.keras.optimizers import (
    OF_LOSS_SCALE,
    Stored,
    name_optimizer,
)
from tensorboard_plugin_modelinspect.formats.keras.variables import name_variables
from tensorboard_plugin_modelinspect.formats.naming import (
    KeyNaming,
    Naming,
    is_state_name,
    is_trainable_dtype,
)
from tensorboard_plugin_modelinspect.model.tensor import Role

_ATTRIBUTES = (
    "cell", "layer", "forward_layer", "backward_layer", "query_dense", "key_dense", "gate_dense",
    "value_dense", "output_dense",
)  # fmt: skip
"""Attributes of Keras' own layers that hold layers, in the order in which these are made."""
_INNER = "inner_optimizer"
_METRICS = ("metric", "loss_tracker")


class _Place(NamedTuple):
    """What is known of an object by its path.

    Attributes:
        name: Names of the objects that lead to it, its own last; joined with `/`.
        kind: Its class in snake case; empty if unknown.
        config: Its own config; None if there is none.
        options: The config that decides on its variables: its own or that of the layer around it.
        is_trained: Whether it is not frozen.
        role: `weight` of the model's objects, else the role of all that is in it.
        listed_in: The attribute if this is no object but a list of them, else empty.
        order: Sorts as Keras goes through the model.
        is_ordered: Whether that order is sure.
    """

    name: str
    kind: str
    config: LayerConfig | None
    options: LayerConfig | None
    is_trained: bool
    role: Role
    listed_in: str = ""
    order: tuple[int, ...] = ()
    is_ordered: bool = True


def is_keras_tree(groups: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether groups are those of a weight file of Keras 3 (and of `.keras` files of Keras 2)."""
    return any(path == "vars" or path.endswith("/vars") for path in groups)


class TreeNames(NamedTuple):
    """What a file calls its variables.

    Attributes:
        namings: Names and roles by key.
        aliases: Keys that repeat another one.
        ordered: Place in the model, key and role of its weights, in the model's order; empty if
            that is not sure.
    """

    namings: dict[str, Naming]
    aliases: dict[str, str]
    ordered: tuple[tuple[tuple[int, ...], str, Role], ...] = ()


def name_tree(
    datasets: Mapping[str, Dataset],
    groups: Mapping[str, Mapping[str, Any]],
    model: LayerConfig | None = None,
    optimizer: LayerConfig | None = None,
) -> TreeNames:
    """Name and role of each dataset.

    Args:
        datasets: By key, in natural order.
        groups: Attributes by path.
        model: The model's config, if there is one.
        optimizer: That of its optimizer.
    """
    tree = _Tree(groups, model)
    fallback = KeyNaming(datasets, None)
    namings: dict[str, Naming] = {}
    variables: dict[str, list[Dataset]] = {}
    for key, dataset in datasets.items():
        parent = key.rpartition("/")[0]
        if parent == "vars" or parent.endswith("/vars"):
            variables.setdefault(parent.rpartition("/")[0], []).append(dataset)
        else:
            namings[key] = fallback(key, dataset.dtype)
    places = {path: tree.place(path) for path in variables}
    of_optimizers = {path for path, place in places.items() if place.role == "optimizer"}
    for path in variables.keys() - of_optimizers:
        namings.update(_name_group(places[path], variables[path]))
    aliases = _find_repeats(variables, places)
    weights = _trained(variables, places, namings, aliases) if model else []
    for path in of_optimizers:
        config = optimizer
        for attribute in path.split("/")[1:]:
            config = config.child(attribute) if config else None
        names = _name_slots(variables, path, config, weights)
        for dataset, name in zip(variables[path], names, strict=True):
            namings[dataset.key] = f"{places[path].name}/{name}", "optimizer"
    ordered = _ordered(variables, places, namings, aliases) if model else ()
    return TreeNames(namings, aliases, ordered)


def _ordered(
    variables: Mapping[str, Sequence[Dataset]],
    places: Mapping[str, _Place],
    namings: Mapping[str, Naming],
    aliases: Mapping[str, str],
) -> tuple[tuple[tuple[int, ...], str, Role], ...]:
    """All weights in the model's order, none if that is not sure; seeds are no weights to Keras."""
    found = []
    for path, datasets in variables.items():
        place = places[path]
        if place.role != "weight" or place.kind == "seed_generator":
            continue
        if not place.is_ordered:
            return ()
        keys = [dataset.key for dataset in datasets if dataset.key not in aliases]
        found += [(place.order, key, namings[key][1]) for key in keys]
    return tuple(sorted(found, key=lambda one: one[0]))


def _trained(
    variables: Mapping[str, Sequence[Dataset]],
    places: Mapping[str, _Place],
    namings: Mapping[str, Naming],
    aliases: Mapping[str, str],
) -> list[Stored]:
    """The trained weights in the model's order; none if that is not sure."""
    found = []
    for path in variables:
        for dataset in variables[path]:
            name, role = namings.get(dataset.key, ("", "optimizer"))
            if role == "weight" and dataset.key not in aliases:
                if not places[path].is_ordered:
                    return []
                found.append((places[path].order, Stored(name, dataset.shape)))
    found.sort(key=lambda one: one[0])
    return [stored for _, stored in found]


def _name_slots(
    variables: Mapping[str, Sequence[Dataset]],
    path: str,
    config: LayerConfig | None,
    weights: Sequence[Stored],
) -> list[str]:
    """Names of the variables of an optimizer, below its own name."""
    stored = [Stored("", dataset.shape) for dataset in variables[path]]
    inner = f"{path}/{_INNER}"
    if inner in variables and len(stored) == len(OF_LOSS_SCALE) + len(variables[inner]):
        wrapped = config.child(_INNER) if config else None
        return [*OF_LOSS_SCALE, *_name_slots(variables, inner, wrapped, weights)]
    return name_optimizer(config, weights, stored)


def _find_repeats(
    variables: Mapping[str, Sequence[Dataset]], places: Mapping[str, _Place]
) -> dict[str, str]:
    """Variables that two objects save: of an optimizer in another one, of a normalised layer."""
    aliases = {}
    for path, stored in variables.items():
        inner = variables.get(f"{path}/{_INNER}", ())
        if inner and len(stored) == len(OF_LOSS_SCALE) + len(inner):
            repeats = zip(stored[len(OF_LOSS_SCALE) :], inner, strict=True)
        elif places[path].kind == "spectral_normalization" and len(stored) == 2:
            repeats = zip(stored[:1], variables.get(f"{path}/layer", ()), strict=False)
        else:
            continue
        for one, other in repeats:
            if (one.dtype, one.shape) == (other.dtype, other.shape):
                aliases[one.key] = other.key
    return aliases


def _name_group(place: _Place, stored: Sequence[Dataset]) -> dict[str, Naming]:
    """Names and roles, by key, of the variables of one object of the model."""
    leaves = [dataset.key.rpartition("/")[2] for dataset in stored]
    known = None
    if leaves == [str(number) for number in range(len(leaves))]:
        dtypes = [dataset.dtype.name for dataset in stored]
        known = name_variables(place.kind, place.options, dtypes)
    namings: dict[str, Naming] = {}
    for number, (leaf, dataset) in enumerate(zip(leaves, stored, strict=True)):
        variable = known[number] if known else None
        name = (variable.name if variable else "") or leaf
        is_trained = variable.is_trained if variable else not is_state_name(name)
        role = place.role
        if role == "weight" and not (
            is_trained and place.is_trained and is_trainable_dtype(dataset.dtype)
        ):
            role = "state" if dataset.dtype.is_fixed else "table"
        namings[dataset.key] = f"{place.name}/{name}" if place.name else dataset.key, role
    return namings


class _Tree:
    """Finds out what stands at a path; each is worked out once."""

    def __init__(self, groups: Mapping[str, Mapping[str, Any]], model: LayerConfig | None) -> None:
        self._groups = groups
        is_trained = model is None or model.trainable is not False
        self._places = {"": _Place("", "", model, model, is_trained, "weight")}

    def place(self, path: str) -> _Place:
        """The object or list at a path."""
        parts = path.split("/") if path else []
        known = len(parts)
        while "/".join(parts[:known]) not in self._places:
            known -= 1
        place = self._places["/".join(parts[:known])]
        for number in range(known, len(parts)):
            here = "/".join(parts[: number + 1])
            place = self._places[here] = self._step(place, here, parts[number])
        return place

    def _step(self, parent: _Place, path: str, segment: str) -> _Place:
        own = self._groups.get(f"{path}/vars")
        if own is None:
            role = _role_of(parent, segment)
            listed_in = f"{parent.listed_in}/{segment}" if parent.listed_in else segment
            return parent._replace(listed_in=listed_in, role=role)
        stored_name = own.get("name")
        name = stored_name if isinstance(stored_name, str) else ""
        if parent.listed_in:
            return self._listed(parent, segment, name)
        return self._attribute(parent, segment, name)

    def _listed(self, parent: _Place, segment: str, name: str) -> _Place:
        found = parent.config.find(parent.listed_in, segment, name) if parent.config else None
        number, config = found or (_natural_number(segment), None)
        kind = config.kind if config else without_number(segment)
        is_ordered = parent.is_ordered and (found is not None)
        place = _inside(parent, config, kind, name or (config.name if config else "") or segment)
        return place._replace(order=(*parent.order, number), is_ordered=is_ordered)

    def _attribute(self, parent: _Place, segment: str, name: str) -> _Place:
        attribute = segment.lstrip("_")
        config = parent.config.child(segment) if parent.config else None
        if config is not None:
            kind = config.kind
        elif attribute == "cell":
            kind = "conv_lstm_cell" if "conv_lstm" in parent.kind else f"{parent.kind}_cell"
        elif attribute.endswith("_dense") and parent.kind.endswith("attention"):
            kind = "einsum_dense"
        elif "seed_generator" in attribute or attribute == "random_generator":
            kind = "seed_generator"
        else:
            kind = without_number(name.removeprefix("forward_").removeprefix("backward_"))
        is_known = attribute in _ATTRIBUTES
        is_copied = attribute in ("forward_layer", "backward_layer")  # of one config
        own_name = config.name if config and not is_copied else ""
        place = _inside(parent, config, kind, name or own_name or attribute)
        return place._replace(
            role=_role_of(parent, segment),
            order=(*parent.order, _ATTRIBUTES.index(attribute) if is_known else 0),
            is_ordered=parent.is_ordered and (is_known or kind == "seed_generator"),
        )


def _inside(parent: _Place, config: LayerConfig | None, kind: str, name: str) -> _Place:
    """An object inside another one."""
    own = config.trainable if config else None
    return _Place(
        name=f"{parent.name}/{name}" if parent.name else name,
        kind=kind,
        config=config,
        options=config or parent.options,
        # A model's own flag says nothing of its layers: each has one, which freezing sets.
        is_trained=parent.is_trained if own is None else own,
        role=parent.role,
    )


def _role_of(parent: _Place, segment: str) -> Role:
    if parent.role == "weight" and not parent.name:
        if segment.endswith("optimizer"):
            return "optimizer"
        if any(word in segment for word in _METRICS):
            return "metadata"
    return parent.role


def _natural_number(segment: str) -> int:
    digits = segment.rpartition("_")[2]
    return int(digits[:9]) if digits.isdecimal() else 0
