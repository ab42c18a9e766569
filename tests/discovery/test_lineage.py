"""The lineage of a folder: what TensorFlow saved of one model is found to be one model."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect.analyses.lineage.lineage import Lineage
from tensorboard_plugin_modelinspect.analyses.lineage.result import Entry
from tensorboard_plugin_modelinspect.discovery import Catalog, Found, Root
from tensorboard_plugin_modelinspect.discovery import lineage as module
from tensorboard_plugin_modelinspect.discovery.lineage import (
    LineageReader,
    Progress,
    compute_lineage,
)
from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound
from tests.support.bundle_writer import BundleWriter
from tests.support.corpus import ROOT as CORPUS
from tests.support.corpus import recorded

CASE = CORPUS / "lineage"
HASHES = {
    one.id.removeprefix("lineage/"): one.answers["content_hash"]
    for one in recorded()
    if one.id.startswith("lineage/")
}
FORMS = {path for path, one in HASHES.items() if one == HASHES["run/ckpt-2"]} - {"run/ckpt-2"}
"""The second step in other files."""
UNREAD = {"model.keras", "model.weights.h5", "old/model.ckpt", "sliced/ckpt"}
"""Those of whose checksums one or all are not stored."""


@pytest.fixture(scope="module")
def unread() -> Lineage:
    """What checksums tell."""
    return compute_lineage(CASE)


@pytest.fixture(scope="module")
def read() -> Lineage:
    """What is known once everything was read."""
    return compute_lineage(CASE, read=True)


def entries(lineage: Lineage) -> dict[str, Entry]:
    """By path."""
    return {one.subject.path: one for one in lineage.entries}


def told(lineage: Lineage, path: str) -> dict[str, list[str]]:
    """Related artifacts of each extent."""
    found: dict[str, list[str]] = {}
    for relation in entries(lineage)[path].relations:
        others = [lineage.looked[other].subject.path for other in relation.others]
        found.setdefault(relation.extent, []).extend(others)
    return {extent: sorted(others) for extent, others in found.items()}


def test_forms_are_seven() -> None:
    """The case holds what these tests speak of."""
    assert {"export/1"} | UNREAD == FORMS


@pytest.mark.parametrize("path", sorted(HASHES))
def test_hashes_are_those_of_the_values(read: Lineage, path: str) -> None:
    """Of every form of file, as recorded from what TensorFlow had in memory."""
    weights = entries(read)[path].weights
    assert weights is not None
    assert weights.hash == HASHES[path]


@pytest.mark.parametrize("path", sorted(HASHES))
def test_hashes_without_reading(unread: Lineage, path: str) -> None:
    """The same from checksums alone, or none where one is not stored."""
    weights = entries(unread)[path].weights
    assert weights is not None
    assert weights.hash == (None if path in UNREAD else HASHES[path])


def test_the_step_of_the_export(unread: Lineage) -> None:
    """Told without reading, and no other step with it."""
    assert told(unread, "export/1")["same"] == ["run/ckpt-2"]
    assert told(unread, "run/ckpt-2")["same"] == ["export/1"]
    assert "same" not in told(unread, "run/ckpt-1") | told(unread, "run/ckpt-3")


def test_one_bit_changed(unread: Lineage) -> None:
    """It is the same as nothing, though all but one of its tensors are of that step."""
    found = told(unread, "one_bit")
    assert "same" not in found
    assert "run/ckpt-2" in found["part"]
    [relation, *_] = entries(unread)["one_bit"].relations
    weights = entries(unread)["one_bit"].weights
    assert weights is not None
    assert relation.tensors == weights.tensors - 1


def test_a_bit_of_each_weight_changed(unread: Lineage, read: Lineage) -> None:
    """Then it has nothing in common with anything."""
    assert told(unread, "every_bit") == told(read, "every_bit") == {}


def test_a_stranger(unread: Lineage, read: Lineage) -> None:
    """A network of the same shape and another seed shares zeros and ones: that is nothing."""
    assert told(unread, "stranger/ckpt-1") == told(read, "stranger/ckpt-1") == {}


def test_all_forms_read(read: Lineage) -> None:
    """A file of Keras, a checkpoint V1, slices: all are the step that they were saved at."""
    for path in FORMS:
        assert told(read, path)["same"] == sorted({"run/ckpt-2", *FORMS} - {path})


def test_fine_tuning(unread: Lineage) -> None:
    """The frozen layers are those of the last step, and are told by name."""
    found = told(unread, "tuned/ckpt-2")
    assert found == {"part": ["run/ckpt-3"]}
    place = [one.subject.path for one in unread.looked].index("tuned/ckpt-2")
    [relation] = unread.entry(place).relations
    layers = unread.shared_layers(place, relation.others[0])
    names = {layer.name.rpartition("/")[2]: len(layer.tensors) for layer in layers}
    assert names == {"hidden": 2, "norm": 4}


def test_slices(unread: Lineage) -> None:
    """Along the first axis the whole is known from its slices; along another it is not."""
    entry = entries(unread)["sliced/ckpt"]
    assert entry.weights is not None
    assert entry.weights.unknown == 1
    assert entry.relations[0].tensors == entry.weights.tensors - 1


def test_stored_twice(unread: Lineage) -> None:
    """Keras 3 lists every weight of an export twice."""
    weights = entries(unread)["export/1"].weights
    assert weights is not None
    assert weights.repeated == weights.tensors


def test_of_the_package(unread: Lineage) -> None:
    """`mi.lineage` is that."""
    assert mi.lineage(CASE).entries == unread.entries
    assert repr(unread) == f"<Lineage of {len(HASHES)} artifacts, {len(HASHES)} of them known>"


def test_progress() -> None:
    """Artifacts first, then bytes; an exception ends it."""
    steps: list[Progress] = []
    compute_lineage(CASE, read=True, progress=steps.append)
    assert steps[0].looked == 1
    assert steps[0].artifacts == len(HASHES)
    assert steps[-1].read_nbytes == steps[-1].nbytes > 0

    def stop(_: Progress) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        compute_lineage(CASE, progress=stop)


def test_what_is_no_folder(tmp_path: Path) -> None:
    """A folder that is not there, or a file."""
    with pytest.raises(NotFound, match="no such folder"):
        compute_lineage(tmp_path / "none")
    with pytest.raises(BadRequest, match="a file, not a folder"):
        compute_lineage(CASE / "model.keras")


def test_damaged_ones_are_stated_in_place(tmp_path: Path) -> None:
    """What cannot be opened or read has a problem, and the rest goes on."""
    shutil.copytree(CASE, tmp_path / "logs")
    damaged = tmp_path / "logs"
    (damaged / "run/ckpt-1.index").write_bytes(b"nothing")
    data = (damaged / "model.weights.h5").read_bytes()
    (damaged / "model.weights.h5").write_bytes(data[: len(data) // 2])
    (damaged / "old/model.ckpt").write_bytes(b"")
    values = damaged / "sliced/ckpt.data-00000-of-00001"
    values.write_bytes(values.read_bytes()[:-300])
    lineage = compute_lineage(damaged, read=True)
    problems = {path: one.problem for path, one in entries(lineage).items() if one.problem}
    assert {"run/ckpt-1", "model.weights.h5", "sliced/ckpt"} <= problems.keys()
    assert "sliced/ckpt.data-00000-of-00001" in problems["sliced/ckpt"]
    assert told(lineage, "export/1")["same"] == ["model.keras", "run/ckpt-2"]


def search(root: Path) -> tuple[Found, ...]:
    """What is there now."""
    return Catalog(lambda: (Root("", str(root)),)).scan().artifacts


def look(reader: LineageReader, artifacts: tuple[Found, ...]) -> list[str]:
    """Look at what is new, and name it."""
    new = [found for found in artifacts if reader.needs_look(found)]
    for found in new:
        reader.look(found)
    return [found.path for found in new]


def write(folder: Path, prefix: str, **arrays: Any) -> None:
    """A checkpoint."""
    writer = BundleWriter()
    for key, value in arrays.items():
        writer.add(key, np.asarray(value, np.float32))
    folder.mkdir(exist_ok=True)
    writer.write(folder, prefix)


def test_only_what_changed_is_looked_at_again(tmp_path: Path) -> None:
    """Artifacts are kept while their files are the same; deleted ones are remembered."""
    values = np.random.default_rng(0).normal(size=(4, 30))
    for step in range(3):
        write(tmp_path, f"ckpt-{step}", w=values[step])
    reader = LineageReader()
    assert len(look(reader, search(tmp_path))) == 3
    assert look(reader, search(tmp_path)) == []
    write(tmp_path, "ckpt-1", w=values[2], more=values[3])
    artifacts = search(tmp_path)
    assert look(reader, artifacts) == ["ckpt-1"]
    lineage = reader.lineage(artifacts)
    assert [one.sketch and one.sketch.weights.tensors for one in lineage.looked] == [1, 2, 1]
    reader.forget_all_but(artifacts[:1])
    assert [reader.needs_look(found) for found in artifacts] == [False, True, True]


def test_a_deleted_step_is_remembered(tmp_path: Path) -> None:
    """A manager deletes the step that an export was made from: it is still told which it was."""
    value = np.random.default_rng(0).normal(size=50)
    for folder, prefix in (("run", "ckpt-300"), ("copy", "model")):
        write(tmp_path / folder, prefix, w=value)
    catalog = Catalog(lambda: (Root("", str(tmp_path)),))
    reader = LineageReader()
    look(reader, catalog.scan().artifacts)
    for path in (tmp_path / "run").iterdir():
        path.unlink()
    artifacts = catalog.scan().artifacts
    assert look(reader, artifacts) == []
    lineage = reader.lineage(artifacts)
    assert told(lineage, "copy/model") == {"same": ["run/ckpt-300"]}
    assert entries(lineage)["run/ckpt-300"].subject.state == "deleted"


def test_names_are_learned_once_for_a_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of checkpoints with the same keys only the first is opened for what they mean."""
    values = np.random.default_rng(0).normal(size=(4, 30))
    for step in range(3):
        write(tmp_path, f"ckpt-{step}", w=values[step], global_step=step)
    write(tmp_path, "ckpt-3", w=values[3])
    opened: list[str] = []
    open_candidate = module.open_candidate

    def count(folder: Any, candidate: Any) -> Any:
        opened.append(candidate.name)
        return open_candidate(folder, candidate)

    monkeypatch.setattr(module, "open_candidate", count)
    lineage = compute_lineage(tmp_path)
    assert opened == ["ckpt-0", "ckpt-3"]
    assert [one.weights and one.weights.tensors for one in lineage.entries] == [1, 1, 1, 1]


def test_too_many_weights_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a limit artifacts are left out, and that is said."""
    for step in range(3):
        write(tmp_path, f"ckpt-{step}", v=[step], w=[step])
    monkeypatch.setattr(module, "MOST_WEIGHTS", 5)
    lineage = compute_lineage(tmp_path)
    assert [one.weights is None for one in lineage.entries] == [False, False, True]
    assert "1 artifact" in lineage.note
    assert "Left out" in lineage.entries[2].problem
