"""How Keras' files are found and named by people, and their states while they are written."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from tensorboard_plugin_modelinspect.errors import Unsupported
from tensorboard_plugin_modelinspect.formats.keras.recognising import series_of_file, step_of
from tensorboard_plugin_modelinspect.formats.reader import FRESH_S
from tensorboard_plugin_modelinspect.opening import (
    Check,
    check_artifact,
    open_artifact,
    open_candidate,
)
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.hostile.attacks_keras import write_external, write_virtual
from tests.hostile.seeds import Files
from tests.hostile.seeds_keras import shards
from tests.support.artifacts import candidates_in_memory
from tests.support.hdf5_writer import hdf5, hdf5_of
from tests.support.keras_writer import archive, members

OLD_S = 1e10


def checks(files: Files, now_s: float = OLD_S) -> dict[str, Check | None]:
    """State of each candidate, by kind and name."""
    folder = MemoryFolder(files, "folder")
    return {
        f"{one.kind} {one.name}": check_artifact(folder, one, now_s=now_s)
        for one in candidates_in_memory(files)
    }


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("ckpt-100.weights.h5", 100),
        ("model_05.keras", 5),
        ("weights.05-0.87.h5", 5),
        ("epoch-05-val_loss-0.12.keras", 5),
        ("cp-0002.ckpt", 2),
        ("model-7.weights.json", 7),
        ("best_model-0.93.h5", None),
        ("model.h5", None),
        ("resnet50.hdf5", None),
        ("", None),
    ],
)
def test_steps_in_names(name: str, step: int | None) -> None:
    """The number that `ModelCheckpoint` fills in, not the metric behind it."""
    assert step_of(name) == step


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("epoch-05-val_loss-0.12.keras", "epoch.keras"),
        ("weights.03.weights.h5", "weights.weights.h5"),
        ("model_7.h5", "model.h5"),
        ("shards-2.weights.json", "shards.weights.json"),
        ("cp-0001.ckpt", "cp"),
        ("best.keras", None),
        ("resnet50.h5", None),
        ("03.keras", None),
    ],
)
def test_series_by_name(name: str, series: str | None) -> None:
    """Files that differ in their number and metric are one series; a name without one is none."""
    assert series_of_file(name) == series


def test_everything_is_found_once() -> None:
    """By ending; shards with their map, weights of an unzipped model with their config."""
    files = {
        "a.h5": hdf5_of(x=1),
        "B.HDF5": hdf5_of(x=1),
        "c.ckpt": hdf5_of(x=1),
        "d.ckpt": b"of another kind",
        "e.keras": archive(),
        "alone.weights.h5": hdf5_of(x=1),
        **shards(),
        **members(),
    }
    assert checks(files) == {
        **dict.fromkeys(
            ("h5 a.h5", "h5 B.HDF5", "h5 c.ckpt", "keras e.keras", "h5 m.weights.json", "keras ",
             "h5 alone.weights.h5"),
            Check("complete", "", None),
        ),
        "h5 d.ckpt": None,
        "checkpoint c.ckpt": None,  # TensorFlow names checkpoints V1 so
        "checkpoint d.ckpt": None,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["model.h5", "model.keras", "weights", "cp.ckpt"])
def test_a_file_may_be_named(name: str, tmp_path: Path) -> None:
    """By a name that says what it is, or by any name if it is HDF5."""
    (tmp_path / name).write_bytes(archive() if name.endswith("keras") else hdf5_of(x=np.ones(2)))
    assert open_artifact(tmp_path / name).path == str(tmp_path / name)


def test_shards_and_folders_may_be_named(tmp_path: Path) -> None:
    """By the map, and by the folder."""
    for name, data in {**shards(), **members()}.items():
        (tmp_path / name).write_bytes(data)
    sharded = open_artifact(tmp_path / "m.weights.json")
    assert sorted(sharded.tensors) == ["layers/dense/vars/0", "layers/dense_1/vars/0"]
    assert sharded.format == "Keras 3 weights, sharded"
    assert open_artifact(tmp_path).format == "Keras folder"


@pytest.mark.parametrize(
    "files",
    [
        {"model.h5": hdf5_of(x=np.ones(99))[:999]},
        {"model.h5": b""},
        {"model.keras": archive()[:999]},
        {**members(), "model.weights.h5": b""},
    ],
    ids=["HDF5", "empty", "archive", "folder"],
)
def test_a_fresh_file_may_be_being_written(files: Files) -> None:
    """What is not whole is being written if it is fresh, else broken, and says why."""
    [fresh] = checks(files, FRESH_S / 2).values()
    assert fresh is not None
    assert (fresh.state, fresh.reason.split(":")[0]) == ("writing", "Being written")
    [old] = checks(files).values()
    assert old is not None
    assert old.state == "broken"
    assert "folder/" in old.reason


def test_a_missing_shard_is_told() -> None:
    """What is there can be shown."""
    files = {name: data for name, data in shards().items() if "00001" not in name}
    [check] = checks(files).values()
    assert check is not None
    assert check.state == "partial"
    assert "folder/m_00001.weights.h5: the shard is missing (one of 2)" in check.reason
    [candidate] = candidates_in_memory(files)
    artifact = open_candidate(MemoryFolder(files, "folder"), candidate)
    assert list(artifact.tensors) == ["layers/dense/vars/0"]
    assert [file.nbytes is None for file in artifact.files] == [False, False, True]


def test_a_damaged_config_leaves_the_weights() -> None:
    """Keras cannot load it, but what the weights are can be shown."""
    [check] = checks({"model.keras": archive({**members(), "config.json": b"{"})}).values()
    assert check is not None
    assert check.state == "partial"
    assert "folder/model.keras, config.json: expected JSON" in check.reason


def test_a_damaged_object_is_named() -> None:
    """The rest of the file is listed."""
    data = bytearray(hdf5(lambda file: [file.create_dataset(n, data=np.ones(2)) for n in "ab"]))
    data[data.index(b"SNOD") + 16] ^= 0xFF  # address of the first object of the group
    [check] = checks({"model.h5": bytes(data)}).values()
    assert check is not None
    assert check.state == "partial"
    assert check.reason.startswith('folder/model.h5: "a" is damaged: ')


def test_git_lfs_pointers_are_told() -> None:
    """A clone without Git LFS has a text in place of the file."""
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1234\n"
    for name in ("model.h5", "model.keras"):
        [check] = checks({name: pointer}).values()
        assert check is not None
        assert check.state == "broken"
        assert "a Git LFS pointer to a file of 1,234 bytes" in check.reason


@pytest.mark.parametrize("write", [write_external, write_virtual])
def test_values_elsewhere_are_not_read(write: object) -> None:
    """They are listed; reading them says why not."""
    files = {"model.h5": hdf5(write)}  # type: ignore[arg-type]
    [candidate] = candidates_in_memory(files)
    artifact = open_candidate(MemoryFolder(files, "folder"), candidate)
    assert artifact.tensors["bad"].shape == (4,)
    with pytest.raises(Unsupported, match='"bad" lie in another file'):
        artifact.tensors["bad"].read()


def test_a_file_is_read_once_for_check_and_open(tmp_path: Path) -> None:
    """A changed file is read again, though: its content counts, not its name."""
    path = tmp_path / "model.h5"
    path.write_bytes(hdf5_of(x=np.ones(2)))
    assert list(open_artifact(path).tensors) == ["x"]
    path.write_bytes(hdf5_of(y=np.ones(2)))
    assert list(open_artifact(path).tensors) == ["y"]


def test_configs_are_text(tmp_path: Path) -> None:
    """A config that names code is shown; nothing in it is looked up."""
    lambda_layer = {"class_name": "Lambda", "config": {"name": "l", "function": ["exit(3)"]}}
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": [lambda_layer]}}

    def write(file: h5py.File) -> None:
        file.attrs["model_config"] = json.dumps(config)

    path = tmp_path / "model.h5"
    path.write_bytes(hdf5(write))
    [document] = open_artifact(path).documents
    assert json.loads(document.text) == config
