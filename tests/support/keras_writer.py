"""Makes `.keras` archives without Keras: right ones, or wrong on purpose."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.support.hdf5_writer import hdf5

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


def dense_config(name: str, **options: Any) -> dict[str, Any]:
    """The config of a dense layer."""
    return layer_config("Dense", name, **{"use_bias": True, "trainable": True, **options})


def layer_config(class_name: str, name: str, **options: Any) -> dict[str, Any]:
    """The config of a layer of Keras' own."""
    return {
        "module": "keras.layers",
        "class_name": class_name,
        "config": {"name": name, **options},
        "registered_name": None,
    }


def model_config(*layers: dict[str, Any], **compiled: Any) -> dict[str, Any]:
    """The config of a Sequential model of these layers."""
    config = {"name": "model", "trainable": True, "layers": list(layers)}
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": config,
        "registered_name": None,
        "compile_config": compiled or None,
    }


def weights(**values: Any) -> bytes:
    """A weight file; `dense__0` is the dataset `layers/dense/vars/0`."""

    def write(file: Any) -> None:
        for name, value in values.items():
            layer, _, number = name.rpartition("__")
            file[f"layers/{layer}/vars/{number}"] = value

    return hdf5(write)


def members() -> dict[str, bytes]:
    """What an archive of one dense layer holds."""
    return {
        METADATA: json.dumps({"keras_version": "3.15.1"}).encode(),
        CONFIG: json.dumps(model_config(dense_config("head"))).encode(),
        WEIGHTS: weights(
            dense__0=np.arange(6, dtype=np.float32).reshape(3, 2), dense__1=np.ones(2, np.float32)
        ),
    }


def archive(
    files: Mapping[str, bytes] | None = None, compression: int = zipfile.ZIP_STORED
) -> bytes:
    """A zip archive of these members, or of a sound model."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as opened:
        for name, data in (members() if files is None else files).items():
            opened.writestr(zipfile.ZipInfo(name), data, compression)
    return buffer.getvalue()
