"""Small undamaged files of Keras that use every feature, to be damaged."""

from __future__ import annotations

import json
from typing import Any

import h5py
import numpy as np

from tensorboard_plugin_modelinspect.codecs.protos import message_class
from tests.hostile import seeds
from tests.hostile.seeds import Files
from tests.support import keras_writer
from tests.support.hdf5_writer import hdf5


def keras_model() -> Files:
    """A SavedModel with the note that Keras 2 left beside it."""
    proto = message_class("KerasMetadata")()
    proto.nodes.add(node_path="root", identifier="_tf_keras_model", metadata='{"name": "m"}')
    proto.nodes.add(node_id=1, node_path="root.layer-0", identifier="_tf_keras_layer", metadata="{")
    return {**seeds.model(), "keras_metadata.pb": proto.SerializeToString()}


def hdf5_file() -> Files:
    """HDF5 with every kind of layout, type and attribute, in the form of newer libraries."""

    def write(file: Any) -> None:
        numbers = np.arange(60, dtype=np.float32).reshape(6, 10)
        for number, name in enumerate(("gamma", "beta", "mean", "variance")):
            file[f"layers/batch_normalization/vars/{number}"] = numbers[number]
            file[f"layers/batch_normalization/vars/{number}"].attrs["name"] = name
        file["layers/batch_normalization/vars"].attrs["name"] = "norm"
        options = {"compression": "gzip", "shuffle": True, "fletcher32": True}
        file.create_dataset("packed", data=numbers, chunks=(4, 4), maxshape=(None, None), **options)
        file.create_dataset("words", data=["a", "", "long"], dtype=h5py.string_dtype())
        file["fixed"] = np.array([b"ab", b"c"])
        file["flags"], file["one"] = np.array([True, False]), np.int64(7)
        file["soft"], file["same"] = h5py.SoftLink("/one"), file["one"]
        for number in range(12):
            file.attrs[f"attribute {number}"] = "x" * number

    return {"model.weights.h5": hdf5(write, libver="latest")}


def legacy_file() -> Files:
    """HDF5 as Keras 2 writes it: old groups, configs, names in attributes."""

    def write(file: Any) -> None:
        config = {"name": "head", "trainable": False}
        layers = [{"class_name": "Dense", "config": config}]
        model = {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}
        file.attrs["model_config"], file.attrs["keras_version"] = json.dumps(model), "2.4.0"
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"head"]
        group["head/head/kernel:0"] = np.ones((3, 2), ">f4")
        group["head/head/bias:0"] = np.zeros(2, np.float16)
        group["head"].attrs["weight_names"] = [b"head/kernel:0", b"head/bias:0"]
        file["optimizer_weights/iter:0"] = np.int64(3)

    return {"model.h5": hdf5(write)}


def keras_archive() -> Files:
    """A `.keras` file, one of its members compressed."""
    return {"model.keras": keras_writer.archive()}


def keras_folder() -> Files:
    """The same, unzipped, with a vocabulary."""
    return {**keras_writer.members(), "assets/lookup/vocabulary.txt": b"a\nb\n"}


def shards() -> Files:
    """Two shards and their map."""
    names = ["m_00000.weights.h5", "m_00001.weights.h5"]
    weight_map = {"/layers/dense/vars": [names[0]], "/layers/dense_1/vars": names}
    text = json.dumps({"metadata": {"total_size": 9}, "weight_map": weight_map})
    one = keras_writer.weights(dense__0=np.ones((2, 2), np.float32))
    other = keras_writer.weights(dense_1__0=np.ones((2, 2), np.float32))
    return {"m.weights.json": text.encode(), names[0]: one, names[1]: other}
