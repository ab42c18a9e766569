"""From what lies in a Keras file to the neutral model: tensors with names, documents, notes."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.hdf5.file import Dataset, HdfFile
from tensorboard_plugin_modelinspect.formats.hdf5.values import HdfValues
from tensorboard_plugin_modelinspect.formats.keras.config import (
    LayerConfig,
    is_object,
    parse_config,
)
from tensorboard_plugin_modelinspect.formats.keras.layers import (
    legacy_layers,
    model_layers,
    tree_layers,
)
from tensorboard_plugin_modelinspect.formats.keras.legacy import is_legacy, name_legacy
from tensorboard_plugin_modelinspect.formats.keras.tree import (
    TreeNames,
    is_keras_tree,
    name_tree,
)
from tensorboard_plugin_modelinspect.formats.naming import KeyNaming
from tensorboard_plugin_modelinspect.model.artifact import Document, Layer
from tensorboard_plugin_modelinspect.model.tensor import Tensor

LEGACY, TREE, PLAIN = "legacy Keras HDF5", "Keras 3 weights", "HDF5"


@dataclass
class Opened:
    """What was found in one or several HDF5 files and beside them, on its way to an artifact.

    Attributes:
        path: What errors about documents call the file.
        files: Names of the files it is made of, missing ones too.
        form: How it is stored, in words, if that is more than how the weights are.
        datasets: By key, in natural order.
        groups: Attributes by path.
        values: Where the values of each dataset come from.
        documents: Texts beside the tensors.
        notes: What is odd.
        problems: What is missing or damaged.
        texts: Attributes of the root.
    """

    path: str
    files: list[str]
    form: str = ""
    datasets: dict[str, Dataset] = field(default_factory=dict)
    groups: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    values: dict[str, HdfValues] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def add_file(self, file: HdfFile, values: HdfValues) -> None:
        """Add what an HDF5 file holds; a key that is there already stays."""
        for key, dataset in file.datasets.items():
            if self.datasets.setdefault(key, dataset) is dataset:
                self.values[key] = values
        for path, attributes in file.groups.items():
            self.groups[path] = {**attributes, **self.groups.get(path, {})}
        self.texts.update(file.texts)
        self.documents += [Document(name, text) for name, text in file.texts.items()]
        self.notes += file.notes
        self.problems += file.problems

    @property
    def format(self) -> str:
        """How the weights are stored, in words."""
        if is_legacy(self.groups, self.texts):
            return LEGACY
        return TREE if is_keras_tree(self.groups) else PLAIN

    def name_tensors(self) -> dict[str, Tensor]:
        """All tensors by key, readable names and roles by what stands beside them."""
        namings, aliases, _ = self._names
        tensors = {}
        for key, dataset in self.datasets.items():
            name, role = namings[key]
            nbytes = dataset.stored_nbytes
            if dataset.dtype.is_fixed:
                nbytes = math.prod(dataset.shape) * dataset.dtype.itemsize
            elif dataset.dtype.name != "string":
                role = "metadata"  # records and references are no numbers
            tensors[key] = Tensor(
                key, name, dataset.dtype, dataset.shape, nbytes, role,
                dataset.alias_of or aliases.get(key), None, self.values[key],
            )  # fmt: skip
        return tensors

    def layers(self) -> tuple[Layer, ...]:
        """What it holds by path; empty for legacy files."""
        return tree_layers(self.datasets, self.groups) if self.format == TREE else ()

    def model_layers(self) -> tuple[Layer, ...]:
        """What the model's own layers hold; empty if that is not known."""
        if self.format == LEGACY:
            return legacy_layers(self.datasets, self.groups)
        model = self._config("config.json", LayerConfig)
        ordered = self._names.ordered
        return model_layers(model, ordered) if model is not None and ordered else ()

    @functools.cached_property
    def _names(self) -> TreeNames:
        if self.format == LEGACY:
            model = self._config("model_config", LayerConfig)
            return TreeNames(name_legacy(self.datasets, self.groups, model), {})
        if self.format == TREE:
            model = self._config("config.json", LayerConfig)
            optimizer = self._config("config.json", _optimizer_of)
            return name_tree(self.datasets, self.groups, model, optimizer)
        naming = KeyNaming(self.datasets, None)
        namings = {key: naming(key, dataset.dtype) for key, dataset in self.datasets.items()}
        return TreeNames(namings, {})

    def _config(
        self, name: str, make: Callable[[Mapping[str, Any]], LayerConfig | None]
    ) -> LayerConfig | None:
        """What a document makes; if it cannot be read, a note, since all else can be shown."""
        for document in self.documents:
            if document.name == name:
                try:
                    return make(parse_config(document.text, path=self.path, field=name))
                except FormatError as error:
                    note = f"Names and roles are guessed from paths: {error.message}"
                    if note not in self.problems:
                        self.problems.append(note)
        return None


def _optimizer_of(config: Mapping[str, Any]) -> LayerConfig | None:
    compiled = config.get("compile_config")
    optimizer = compiled.get("optimizer") if isinstance(compiled, dict) else None
    if isinstance(optimizer, str):  # as it was given to `compile`, with the options of its class
        optimizer = {"class_name": optimizer, "config": {}}
    return LayerConfig(optimizer) if is_object(optimizer) else None
