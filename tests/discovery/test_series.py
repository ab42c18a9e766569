"""Series: which checkpoints they are, in which order, and which of them are kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.discovery.series import (
    Series,
    find_series,
    predecessors,
    series_around,
)
from tensorboard_plugin_modelinspect.errors import NotFound, UnknownFormat
from tests.discovery.trees import (
    catalog_of,
    delete_checkpoint,
    write_checkpoint,
    write_events,
    write_saved_model,
)
from tests.support.corpus import ROOT as CORPUS
from tests.support.v1_writer import V1Writer

LATER = 4000


def names(series: Series) -> list[str]:
    """Names of the checkpoints, in order."""
    return [os.path.basename(member.checkpoint.path) for member in series.members]


def marks(series: Series) -> dict[str, str]:
    """Mark by name."""
    return {
        os.path.basename(member.checkpoint.path): member.checkpoint.mark
        for member in series.members
    }


def write_state(folder: Path, *listed: str) -> None:
    """Write a state file."""
    lines = [f'model_checkpoint_path: "{listed[-1]}"']
    lines += [f'all_model_checkpoint_paths: "{name}"' for name in listed]
    (folder / "checkpoint").write_text("\n".join(lines))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with checkpoints 8 to 11, and another series of one."""
    for step in (8, 9, 10, 11):
        write_checkpoint(tmp_path, f"ckpt-{step}", age_s=LATER)
    write_checkpoint(tmp_path, "best-3", age_s=LATER)
    return tmp_path


@pytest.mark.parametrize("given", ["", "/", "/ckpt", "/ckpt-9", "/ckpt-9.index"])
def test_a_series_is_found_by_any_of_its_names(folder: Path, given: str) -> None:
    """Its folder, where there is but one of several checkpoints; base name, prefix or file."""
    series = find_series(f"{folder}{given}")
    assert names(series) == ["ckpt-8", "ckpt-9", "ckpt-10", "ckpt-11"]
    assert (series.name, series.folder) == ("ckpt", ".")
    assert [member.checkpoint.step for member in series.members] == [8, 9, 10, 11]
    assert names(find_series(f"{folder}/best")) == ["best-3"]


def test_relative_paths(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name in the working folder, and that folder itself."""
    monkeypatch.chdir(folder)
    assert len(find_series("ckpt").members) == len(find_series(".").members) == 4


def test_a_folder_of_one_artifact(tmp_path: Path) -> None:
    """Whatever it is: a series of one."""
    write_saved_model(tmp_path / "export")
    series = find_series(tmp_path / "export")
    assert (len(series.members), series.members[0].found.kind) == (1, "saved_model")


def test_several_series_must_be_named(folder: Path) -> None:
    """The message lists them."""
    write_checkpoint(folder, "best-4", age_s=LATER)
    with pytest.raises(UnknownFormat, match=r"holds 2 series .*\(best, ckpt\).* as .*/best\."):
        find_series(folder)


def test_nothing_there(tmp_path: Path, folder: Path) -> None:
    """Says what to do, and what may have been meant."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnknownFormat, match="modelinspect ls"):
        find_series(tmp_path / "empty")
    with pytest.raises(NotFound, match="Did you mean"):
        find_series(folder / "ckpt-7")
    with pytest.raises(NotFound, match="no such folder"):
        find_series(tmp_path / "nowhere" / "ckpt")


def test_without_a_state_file_all_are_kept(folder: Path) -> None:
    """Nobody says otherwise."""
    assert set(marks(find_series(folder / "ckpt")).values()) == {"kept"}


def test_marks(folder: Path) -> None:
    """Older than what is listed: preserved. Newer: not listed. Listed and not there: deleted."""
    write_state(folder, "ckpt-7", "ckpt-9", "/stale/path/ckpt-10", "best-3")
    series = find_series(folder / "ckpt")
    assert marks(series) == {
        "ckpt-7": "deleted",
        "ckpt-8": "preserved",
        "ckpt-9": "kept",
        "ckpt-10": "kept",
        "ckpt-11": "unlisted",
    }
    gone = series.members[0]
    assert (gone.found, gone.checkpoint.state, gone.checkpoint.step) == (None, "deleted", 7)
    assert "still names it" in gone.checkpoint.problem


def test_a_state_file_of_another_series(folder: Path) -> None:
    """It says nothing of this one."""
    write_state(folder, "best-3")
    assert set(marks(find_series(folder / "ckpt")).values()) == {"kept"}


def test_order_is_that_of_steps_and_else_of_names(tmp_path: Path) -> None:
    """Steps that are stored win over names; a number in a name is a step only if others' are."""
    for name, step in (("ckpt-1", 30), ("ckpt-2", 10), ("ckpt-3", 20)):
        write_checkpoint(tmp_path, name, step, age_s=LATER)
    assert names(find_series(tmp_path)) == ["ckpt-2", "ckpt-3", "ckpt-1"]
    for name, step in (("ckpt-1", 10), ("ckpt-2", 20), ("ckpt-3", 30)):
        write_checkpoint(tmp_path, name, step, age_s=LATER)
    (tmp_path / "ckpt-2.index").write_bytes(b"no table")
    write_state(tmp_path, "ckpt-0", "ckpt-3")
    series = find_series(tmp_path)
    assert names(series) == ["ckpt-0", "ckpt-1", "ckpt-2", "ckpt-3"]
    assert [member.checkpoint.step for member in series.members] == [None, 10, None, 30]


def test_a_broken_state_file_is_noted(folder: Path) -> None:
    """The series is shown all the same."""
    (folder / "checkpoint").write_bytes(b"\xff{")
    series = find_series(folder / "ckpt")
    assert len(series.members) == 4
    assert "checkpoint" in series.note


def test_what_tensorflow_keeps_and_preserves() -> None:
    """A manager's own folder: what its state file dropped and did not delete."""
    series = find_series(CORPUS / "series" / "managed")
    assert marks(series) == {
        "ckpt-1": "preserved",
        "ckpt-4": "kept",
        "ckpt-5": "kept",
        "ckpt-6": "kept",
    }


def test_files_of_keras_by_epoch() -> None:
    """`ModelCheckpoint` numbers them, with a metric behind."""
    series = find_series(CORPUS / "series" / "keras")
    assert series.name == "epoch.weights.h5"
    assert [member.checkpoint.step for member in series.members] == [1, 2]
    assert names(find_series(CORPUS / "series" / "keras" / "epoch.weights.h5")) == names(series)


def test_shards_of_v1(tmp_path: Path) -> None:
    """Format V1 in several files is listed by its plain name."""
    for step in (1, 2):
        writer = V1Writer(shard_count=2)
        writer.add("w", np.full(2, step, np.float32))
        for name, data in writer.files(f"model.ckpt-{step}").items():
            (tmp_path / name).write_bytes(data)
    write_state(tmp_path, "model.ckpt-2")
    series = find_series(tmp_path)
    assert [member.checkpoint.mark for member in series.members] == ["preserved", "kept"]


def test_in_a_catalog(folder: Path) -> None:
    """Of all that was found only what is of the same folder and name; deleted ones, too."""
    write_events(folder)
    shutil.copytree(folder, folder / "copy")
    catalog = catalog_of(folder)
    catalog.scan()
    delete_checkpoint(folder, "ckpt-8")
    artifacts = catalog.scan().artifacts
    found = next(one for one in artifacts if one.path == "ckpt-10")
    series = series_around(found, artifacts)
    assert [member.checkpoint.path for member in series.members] == [
        "ckpt-8",
        "ckpt-9",
        "ckpt-10",
        "ckpt-11",
    ]
    assert marks(series)["ckpt-8"] == "deleted"
    assert (series.run, series.folder) == (".", ".")
    other = next(one for one in artifacts if one.path == "copy/ckpt-10")
    assert (series_around(other, artifacts).folder, len(series.members)) == ("copy", 4)


def test_which_came_before(folder: Path) -> None:
    """The one before and the first, of those that can be opened; alone or first there is none."""
    (folder / "ckpt-9.index").write_bytes(b"no index")
    catalog = catalog_of(folder)
    catalog.scan()
    delete_checkpoint(folder, "ckpt-8")
    artifacts = catalog.scan().artifacts
    by_path = {one.path: one for one in artifacts}

    def before(path: str) -> list[str | None]:
        found = predecessors(by_path[path], artifacts)
        return [None if one is None else one.path for one in found]

    assert before("ckpt-11") == ["ckpt-10", "ckpt-10"]
    assert before("ckpt-10") == [None, None]
    assert before("best-3") == [None, None]
    write_checkpoint(folder, "ckpt-7", age_s=LATER)
    artifacts = catalog.scan().artifacts
    assert before("ckpt-11") == ["ckpt-10", "ckpt-7"]
    write_saved_model(folder / "export")
    artifacts = catalog.scan().artifacts
    by_path = {one.path: one for one in artifacts}
    assert before("export") == [None, None]
