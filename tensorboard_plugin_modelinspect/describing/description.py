"""A description: JSON of objects, layers and variables, and the values beside it if wanted."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c, mask
from tensorboard_plugin_modelinspect.describing.layers import (
    LiveLayer,
    layers_by_path,
    layers_of_model,
)
from tensorboard_plugin_modelinspect.describing.objects import (
    LiveObjects,
    is_optimizer,
    is_trackable,
)
from tensorboard_plugin_modelinspect.describing.variables import (
    dtype_of,
    is_trained,
    is_variable,
    name_of,
    shape_of,
    values_of,
)
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.formats.description import ENDING, VALUES
from tensorboard_plugin_modelinspect.formats.description_record import (
    FORMAT,
    VERSION,
    parse_description,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor

if TYPE_CHECKING:
    import numpy as np


class Description:
    """What a live model holds.

    Attributes:
        record: The JSON document; docs/schemas/description.json describes it.
    """

    def __init__(self, record: dict[str, Any], values: Mapping[str, Any]) -> None:
        self.record = record
        self._values = values

    def __repr__(self) -> str:
        """One line: the class, and how much it holds."""
        return f"<description of {self.record['class']}, {len(self.record['tensors']):,} tensors>"

    @cached_property
    def artifact(self) -> Artifact:
        """The same as an artifact; values are read from the live model, if they were asked for."""
        return parse_description(self.record, self.record["name"], _LiveValues(self._values))

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write it, and its values into a file beside it if they were asked for.

        Args:
            path: Of the file; `.described.json` is added if it does not end so.

        Returns:
            The path.

        Cost: values are copied one after the other.
        """
        shown = os.fspath(path)
        if not shown.endswith(ENDING):
            shown = shown.removesuffix(".json") + ENDING
        record = dict(self.record)
        if record["values"]:
            record["tensors"] = list(self._write_values(shown + VALUES))
        Path(shown).write_text(json.dumps(record) + "\n", encoding="utf-8")
        return shown

    def _write_values(self, path: str) -> Iterator[dict[str, Any]]:
        offset = 0
        with open(path, "wb") as file:
            for tensor in self.record["tensors"]:
                data = _bytes_of(self._values.get(tensor["key"]))
                if data is None:
                    yield tensor
                    continue
                file.write(data)
                checksum = mask(crc32c(data))
                yield {**tensor, "offset": offset, "nbytes": len(data), "crc32c": checksum}
                offset += len(data)


def _bytes_of(variable: Any) -> bytes | None:
    """Values row by row, little-endian; None of what has no numbers."""
    if variable is None:
        return None
    array = values_of(variable)
    if array.dtype.hasobject:
        return None
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    return bytes(array.tobytes())


class _LiveValues:
    """Reads values of live variables, as they are at that moment."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        """See `TensorValues.read_region`."""
        if tensor.key not in self._values:
            raise BadRequest(
                f'"{tensor.key}": the description is without values. Describe the model with'
                " values=True."
            )
        found: np.ndarray = values_of(self._values[tensor.key])[region].copy()
        return found


def describe_model(model: Any, *, values: bool = False, name: str = "") -> Description:
    """Describe a live model: a `tf.Module`, `tf.train.Checkpoint`, Keras model or optimizer.

    Args:
        model: The model; it must be built, since what is not there yet cannot be described.
        values: Whether its values belong to the description: a checksum of each, and the values
            themselves when it is saved.
        name: What it is called; its class if empty.

    Raises:
        BadRequest: It is nothing that holds variables.

    Cost: a walk over its objects; with values, a copy of one variable after the other.
    """
    maker = _Maker(model)
    if not maker.is_model:
        raise BadRequest(
            f"{type(model).__name__}: neither an object that TensorFlow tracks nor a Keras model."
        )
    return maker.make(name or type(model).__name__, values=values)


class _Maker:
    """Collects objects, layers and variables; each variable has one key."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._keys: dict[int, str] = {}
        self._found: dict[str, Any] = {}
        self._roles: dict[str, str] = {}
        self._objects = LiveObjects(model) if is_trackable(model) else None
        self._layers = layers_by_path(model)
        self._model_layers = layers_of_model(model)
        self.is_model = bool(self._objects or self._layers or self._model_layers)

    def make(self, name: str, *, values: bool) -> Description:
        if self._objects is not None:
            self._add_objects(self._objects)
        layers = [self._layer_record(layer, "vars") for layer in self._layers]
        model_layers = [self._layer_record(layer, "weights") for layer in self._model_layers]
        record = {
            "format": FORMAT,
            "version": VERSION,
            "name": name,
            "class": type(self._model).__name__,
            "module": type(self._model).__module__,
            "values": values,
            "tensors": [self._tensor_record(key, values=values) for key in self._found],
            "objects": self._object_records(),
            "layers": layers,
            "model_layers": model_layers,
        }
        return Description(record, self._found if values else {})

    def _add_objects(self, objects: LiveObjects) -> None:
        for key, value in objects.saved:
            self._keys[id(value)] = key
            self._found[key] = value
            if key in objects.in_optimizer:
                self._roles[key] = "optimizer"
            elif key.startswith("save_counter/"):
                self._roles[key] = "counter"
            elif not is_variable(value):
                self._roles[key] = "table"

    def _layer_record(self, layer: LiveLayer, group: str) -> dict[str, Any]:
        keys = []
        for number, variable in enumerate(layer.variables):
            key = self._keys.get(id(variable))
            if key is None:
                key = self._keys[id(variable)] = f"{layer.path}/{group}/{number}".lstrip("/")
                self._found[key] = variable
                if layer.path.partition("/")[0].endswith("optimizer"):
                    self._roles[key] = "optimizer"
            keys.append(key)
        return {"path": layer.path, "name": layer.name, "keys": keys}

    def _tensor_record(self, key: str, *, values: bool) -> dict[str, Any]:
        value = self._found[key]
        trained = "weight" if is_trained(value) else "state"
        shape, free_axes = shape_of(value)
        record = {
            "key": key,
            "name": name_of(value) if is_variable(value) else key,
            "dtype": dtype_of(value),
            "shape": list(shape),
            "free_axes": None if free_axes is None else list(free_axes),
            "role": self._roles.get(key, trained),
            "crc32c": None,
        }
        data = _bytes_of(value) if values else None
        return record if data is None else {**record, "crc32c": mask(crc32c(data))}

    def _object_records(self) -> list[dict[str, Any]]:
        if self._objects is None:
            return []
        pairs = zip(self._objects.objects, self._objects.trackables, strict=True)
        return [
            {
                "class": type(found).__name__,
                "is_optimizer": is_optimizer(found),
                "children": [list(child) for child in trackable.children],
                "attributes": [
                    {"name": one.name, "full_name": one.full_name, "key": one.keys[0]}
                    for one in trackable.attributes
                ],
                "slots": [list(slot) for slot in trackable.slots],
            }
            for found, trackable in pairs
        ]
