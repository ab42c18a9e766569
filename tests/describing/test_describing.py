"""A live model becomes JSON of what a checkpoint of it would have, and opens as an artifact."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect.errors import (
    BadRequest,
    FormatError,
    ModelInspectError,
    Truncated,
)
from tests.describing.live import Layer, Model, Variable, model

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/schemas/description.json").read_text())
PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")
REAL = """
import sys, numpy as np, keras, tensorflow as tf
import tensorboard_plugin_modelinspect as mi
layers = [keras.layers.Input((3,)), keras.layers.Dense(4), keras.layers.BatchNormalization(),
          keras.layers.Dropout(0.5), keras.layers.Dense(2)]
model = keras.Sequential(layers)
model.compile("adam", "mse")
model.train_on_batch(np.ones((2, 3), "f"), np.ones((2, 2), "f"))
checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
prefix = checkpoint.save("ckpt")
model.save("model.keras"); model.save("model.h5")
stored = mi.open(prefix)
described = mi.describe(checkpoint, values=True).artifact
assert stored.tensors.keys() - described.tensors.keys() == {"_CHECKPOINTABLE_OBJECT_GRAPH"}
for key, tensor in described.tensors.items():
    assert tensor.crc32c == stored.tensors[key].crc32c, key
    assert np.array_equal(tensor.read(), stored.tensors[key].read()), key
    assert tensor.role == stored.tensors[key].role, key
for path in (prefix, "model.keras", "model.h5"):
    assert mi.restore_check(path, model).fits, path
paths = {layer.path for layer in mi.describe(model).artifact.layers if layer.keys}
assert paths == {layer.path for layer in mi.open("model.keras").layers if layer.keys}
slots = tf.Module(); slots.w = tf.Variable([1.0, 2.0], name="w")
optimizer = tf.compat.v1.train.AdamOptimizer()
optimizer.apply_gradients([(tf.ones(2), slots.w)])
both = tf.train.Checkpoint(model=slots, optimizer=optimizer)
prefix = both.save("slots")
assert mi.restore_check(prefix, both).fits
assert mi.describe(both).artifact.tensors.keys() == mi.open(prefix).tensors.keys() - {
    "_CHECKPOINTABLE_OBJECT_GRAPH"}
print("fine")
"""


def test_keys_are_those_of_a_checkpoint() -> None:
    """By the shortest path, with names escaped; slots by variable and optimizer."""
    found = mi.describe(model()).artifact
    assert {key.partition("/.ATTRIBUTES")[0]: one.role for key, one in found.tensors.items()} == {
        "again": "weight",
        "layer/a.Sb..c": "state",
        "optimizer/rate": "optimizer",
        "again/.OPTIMIZER_SLOT/optimizer/m": "optimizer",
    }
    assert found.tensors["again/.ATTRIBUTES/VARIABLE_VALUE"].name == "dense/kernel"


def test_documents_are_as_documented(tmp_path: Path) -> None:
    """In memory and on disk, with and without values."""
    for values in (False, True):
        description = mi.describe(model(), values=values)
        jsonschema.validate(description.record, SCHEMA, jsonschema.Draft202012Validator)
        path = description.save(tmp_path / f"{values}")
        record = json.loads(Path(path).read_text())
        jsonschema.validate(record, SCHEMA, jsonschema.Draft202012Validator)
        assert path.endswith(".described.json")
        assert Path(f"{path}.values").exists() == values


def test_values_come_back(tmp_path: Path) -> None:
    """From the live model and from the file: the same numbers, rows too, and their checksums."""
    live = model()
    description = mi.describe(live, values=True)
    opened = mi.open(description.save(tmp_path / "m"))
    for artifact in (description.artifact, opened):
        kernel = artifact.tensors["again/.ATTRIBUTES/VARIABLE_VALUE"]
        assert kernel.read().tolist() == [[0, 1, 2], [3, 4, 5]]
        assert kernel.read_rows(1, 2).tolist() == [[3, 4, 5]]
        assert kernel.crc32c is not None
    tensors = opened.tensors
    assert [one.crc32c for one in tensors.values()] == [
        one.crc32c for one in description.artifact.tensors.values()
    ]


def test_without_values_there_are_none(tmp_path: Path) -> None:
    """The error says how to get them."""
    description = mi.describe(model())
    for artifact in (description.artifact, mi.open(description.save(tmp_path / "m"))):
        tensor = next(iter(artifact.tensors.values()))
        assert tensor.crc32c is None
        with pytest.raises(ModelInspectError, match="values=True"):
            tensor.read()


def test_values_that_are_cut_short(tmp_path: Path) -> None:
    """A file beside it that is too short or gone is named."""
    path = mi.describe(model(), values=True).save(tmp_path / "m")
    values = Path(f"{path}.values")
    values.write_bytes(values.read_bytes()[:4])
    tensors = list(mi.open(path).tensors.values())
    with pytest.raises(Truncated, match=r"m\.described\.json\.values"):
        tensors[-1].read()
    values.unlink()
    with pytest.raises(Truncated):
        tensors[0].read()


def test_a_model_of_keras_alone() -> None:
    """Layers are enough: no one need track them."""
    kernel, mean = Variable("kernel", np.ones((2, 3))), Variable("mean", [1], trainable=False)
    found = mi.describe(Model(Layer("dense", mean, kernel))).artifact
    assert found.objects is None
    assert [layer.name for layer in found.model_layers] == ["dense", "top_level_model_weights"]
    names = [found.tensors[key].name for key in found.model_layers[0].keys]
    assert names == ["kernel", "mean"]


def test_what_is_no_model() -> None:
    """A number or a list is the user's error."""
    for other in (3, [1], {"a": 1}):
        with pytest.raises(BadRequest):
            mi.describe(other)


def test_restore_check_takes_a_live_model(tmp_path: Path) -> None:
    """As its description, in memory or on disk."""
    path = mi.describe(model()).save(tmp_path / "m")
    assert mi.restore_check(path, model()).fits
    assert mi.restore_check(path, mi.describe(model())).fits
    assert mi.restore_check(path, path).fits


WRONG: list[tuple[str, Any]] = [
    ("format", "another"),
    ("version", 2),
    ("class", 3),
    ("tensors", {}),
    ("tensors", [3]),
    ("tensors", [{"key": 1}]),
    ("objects", "none"),
    ("objects", [{"class": "A", "children": [["a", 9]], "attributes": [], "slots": []}]),
    ("objects", [{"class": "A", "children": [["a"]], "attributes": [], "slots": []}]),
    ("objects", [{"class": "A", "children": [], "attributes": [], "slots": [["m", 0, -1]]}]),
    (
        "objects",
        [
            {
                "class": "A",
                "children": [],
                "attributes": [{"name": "a", "full_name": "", "key": "?"}],
                "slots": [],
            }
        ],
    ),
    ("layers", [{"path": "a", "name": "b", "keys": ["?"]}]),
    ("model_layers", None),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_wrong_documents(field: str, value: Any, tmp_path: Path) -> None:
    """Whatever is not as it must be is an error that names the file and the field."""
    path = Path(mi.describe(model()).save(tmp_path / "m"))
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, field: value}))
    with pytest.raises(FormatError, match=r"m\.described\.json"):
        mi.open(path)


@pytest.mark.parametrize("field", ["shape", "dtype", "role", "offset", "crc32c", "name"])
def test_wrong_tensors(field: str, tmp_path: Path) -> None:
    """The same of each field of a tensor."""
    path = Path(mi.describe(model(), values=True).save(tmp_path / "m"))
    record = json.loads(path.read_text())
    for value in (-1, [-1], True, {"a": 1}, [1 << 70] * 3):
        wrong = {**record["tensors"][0], field: value}
        path.write_text(json.dumps({**record, "tensors": [wrong, *record["tensors"][1:]]}))
        with pytest.raises(FormatError, match=r"m\.described\.json"):
            mi.open(path)


def test_describing_imports_no_library() -> None:
    """What is asked are the objects."""
    code = (
        "import sys, tensorboard_plugin_modelinspect as mi\n"
        "mi.describe\n"
        "print({'tensorflow', 'keras', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.tensorflow
@pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow")
def test_real_models(tmp_path: Path) -> None:
    """Keys, roles, values and checksums are those that TensorFlow and Keras write."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [PYTHON, "-c", REAL],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.stdout.strip().endswith("fine"), done.stderr[-2000:]
