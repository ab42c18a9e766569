"""Names and roles in Keras' old HDF5 files."""

from __future__ import annotations

import json
from typing import Any

import h5py
import numpy as np
import pytest

from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import open_candidate
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.artifacts import candidates_in_memory
from tests.support.hdf5_writer import Write, hdf5


def open_written(write: Write) -> Artifact:
    """An artifact of one file."""
    files = {"model.h5": hdf5(write)}
    [candidate] = candidates_in_memory(files)
    return open_candidate(MemoryFolder(files, "folder"), candidate)


def add_layer(group: Any, layer: str, *weights: str) -> None:
    """A layer's group with weights of these names."""
    for name in weights:
        group[f"{layer}/{name}"] = np.zeros(2, np.float32)
    group.require_group(layer).attrs["weight_names"] = [name.encode() for name in weights]


def roles(artifact: Artifact) -> dict[str, str]:
    """Role by readable name."""
    return {tensor.name: tensor.role for tensor in artifact.tensors.values()}


def test_long_lists_are_stored_in_parts() -> None:
    """Keras splits lists above 64 kB, which no HDF5 attribute may have."""
    names = [f"dense/{'x' * 30_000}_{number}:0" for number in range(4)]

    def write(file: Any) -> None:
        group = file.create_group("model_weights/dense")
        for number, name in enumerate(names):
            group[name] = np.zeros(1, np.float32)
            group.attrs[f"weight_names{number}"] = [name.encode()]
        file["model_weights"].attrs["layer_names"] = [b"dense"]

    artifact = open_written(write)
    assert artifact.format == "legacy Keras HDF5"
    assert sorted(roles(artifact)) == sorted(name.removesuffix(":0") for name in names)


@pytest.mark.parametrize("is_list", [False, True], ids=["Keras 2", "Keras 1"])
def test_frozen_layers(is_list: bool) -> None:
    """Keras 1 writes a Sequential model's config as a list; it says the same."""
    layers = [
        {"class_name": "Dense", "config": {"name": "a", "trainable": False}},
        {"class_name": "Dense", "config": {"name": "b", "trainable": True}},
    ]
    config = {"class_name": "Sequential", "config": layers if is_list else {"layers": layers}}

    def write(file: Any) -> None:
        file.attrs["model_config"] = np.bytes_(json.dumps(config))
        for name in "ab":
            add_layer(file.require_group("model_weights"), name, f"{name}/kernel:0")
        file["optimizer_weights/Adam/a/kernel/m:0"] = np.zeros(2, np.float32)

    assert roles(open_written(write)) == {
        "a/kernel": "state",
        "b/kernel": "weight",
        "Adam/a/kernel/m": "optimizer",
    }


def test_weights_alone() -> None:
    """Without a config, names tell what is never trained."""

    def write(file: Any) -> None:
        file.attrs["layer_names"] = [b"norm", b"normalize"]
        add_layer(file, "norm", "norm/gamma:0", "norm/moving_mean:0")
        add_layer(file, "normalize", "mean:0", "variance:0", "count:0")

    assert roles(open_written(write)) == {
        "norm/gamma": "weight",
        "norm/moving_mean": "state",
        "mean": "state",
        "variance": "state",
        "count": "state",
    }


def test_a_name_may_mean_another_thing_in_another_layer() -> None:
    """`mean` is trained where the config says that the layer is no normalisation."""
    layers = [{"module": "mine", "class_name": "Gauss", "config": {"name": "g", "trainable": True}}]

    def write(file: Any) -> None:
        file.attrs["model_config"] = json.dumps(
            {"class_name": "Sequential", "config": {"layers": layers}}
        )
        add_layer(file.require_group("model_weights"), "g", "g/mean:0", "g/moving_mean:0")

    assert roles(open_written(write)) == {"g/mean": "weight", "g/moving_mean": "state"}


def test_other_hdf5_is_listed_too() -> None:
    """A file without a sign of Keras: each dataset under its own name."""

    def write(file: Any) -> None:
        file["group/x"] = np.zeros(3, np.float32)
        file.attrs["text"], file.attrs["number"] = "said", 3
        file.attrs["texts"] = np.array(["a"], h5py.string_dtype())

    artifact = open_written(write)
    assert (artifact.format, artifact.kind) == ("HDF5", "h5")
    assert roles(artifact) == {"group/x": "weight"}
    assert [tuple(document) for document in artifact.documents] == [("text", "said")]
