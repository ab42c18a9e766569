"""What is read of a series as it grows, and that its numbers are those of TensorFlow's values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.discovery import series_reader
from tensorboard_plugin_modelinspect.discovery.series import Series, find_series
from tensorboard_plugin_modelinspect.discovery.series_reader import (
    SeriesReader,
    compute_timeline,
)
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tests.analyses.test_sums import assert_close, naive_change, naive_sums
from tests.support.bundle_writer import BundleWriter
from tests.support.corpus import ROOT as CORPUS
from tests.support.corpus import recorded

TYPES = {dtype.name: dtype for dtype in DTYPES.values()}
SERIES = ("series/managed", "series/changing", "keras3_checkpoint/series", "tf1_saver/sharded")


def write(folder: Path, step: int, **tensors: Any) -> None:
    """Write a name-based checkpoint."""
    writer = BundleWriter()
    for key, value in tensors.items():
        writer.add(key, np.asarray(value))
    writer.write(folder, f"ckpt-{step}")


def grow(folder: Path, steps: Sequence[int]) -> Series:
    """Write checkpoints; the series as it is then."""
    for step in steps:
        write(folder, step, w=np.full(3, step, np.float32), global_step=np.int64(10 * step))
    return find_series(folder)


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the checkpoints whose index is read, as it happens."""
    names: list[str] = []
    inner = series_reader.list_tensors

    def list_tensors(folder: Any, candidate: Any) -> Any:
        names.append(candidate.name)
        return inner(folder, candidate)

    monkeypatch.setattr(series_reader, "list_tensors", list_tensors)
    return names


def recorded_values(case: str) -> list[tuple[int, dict[str, np.ndarray]]]:
    """Steps and TensorFlow's values of the checkpoints of a case; strings are left out."""
    found = []
    for artifact in recorded(kind="checkpoint", state="complete"):
        if artifact.path.parent == CORPUS / case:
            tensors = [one for one in artifact.answers["tensors"] if "hex" in one]
            values = {
                one["key"]: np.frombuffer(
                    bytes.fromhex(one["hex"]), TYPES[one["dtype"]].to_numpy()
                ).reshape(one["shape"])
                for one in tensors
            }
            found.append((artifact.answers["step"], values))
    return sorted(found, key=lambda one: one[0])


@pytest.mark.parametrize("case", SERIES)
def test_numbers_are_those_of_tensorflows_values(case: str) -> None:
    """Every number of every checkpoint that TensorFlow wrote, from what TensorFlow read of it."""
    expected = recorded_values(case)
    timeline = compute_timeline(CORPUS / case)
    assert [one.step for one in timeline.checkpoints] == [step for step, _ in expected]
    keys = {key for _, values in expected for key in values}
    assert keys <= timeline.tensors.keys()
    for key in keys:
        before = None
        for place, cell in enumerate(timeline.cells(key)):
            value = expected[place][1].get(key)
            if value is None:
                assert cell.sums is None
                continue
            assert cell.sums is not None
            assert_close(cell.sums, naive_sums(value))
            if cell.change is not None:
                assert before is not None
                assert_close(cell.change, naive_change(before, value))
            is_like = before is not None and before.shape == value.shape
            is_like = is_like and (before.dtype.kind == "c") == (value.dtype.kind == "c")
            assert (cell.change is not None) == is_like
            before = value


def test_what_is_frozen_and_where_nan_begins() -> None:
    """Of a series that a manager wrote."""
    timeline = compute_timeline(CORPUS / "series" / "managed")
    key = "network/{}/.ATTRIBUTES/VARIABLE_VALUE".format
    assert timeline.frozen([key("frozen")]) == [(0, 0), (1, 1), (1, 1), (1, 1)]
    assert timeline.frozen([key("trained")]) == [(0, 0), (0, 1), (0, 1), (0, 1)]
    assert timeline.first_nonfinite(key("trained")) == 2
    counter = next(one for one in timeline.hyperparameters if one.key.startswith("save_counter"))
    assert counter.values == (1, 4, 5, 6)


def test_hyperparameters_of_an_optimizer() -> None:
    """Names of the object graph; the shortest number of the type."""
    timeline = compute_timeline(CORPUS / "keras3_checkpoint" / "series", values=False)
    values = {one.name: one.values for one in timeline.hyperparameters}
    assert values["adam/learning_rate"] == (0.01, 0.01, 0.01)
    assert values["adam/iteration"] == (1, 2, 3)


def test_only_what_is_new_or_changed_is_opened(tmp_path: Path, listed: list[str]) -> None:
    """While training goes on, a look costs the new checkpoint and a stat of the others."""
    reader = SeriesReader()
    reader.read(grow(tmp_path, [1, 2, 3]))
    assert sorted(listed) == ["ckpt-1", "ckpt-2", "ckpt-3"]
    listed.clear()
    assert reader.read(find_series(tmp_path)) is reader.read(find_series(tmp_path))
    assert listed == []
    timeline = reader.read(grow(tmp_path, [4]))
    assert listed == ["ckpt-4"]
    assert timeline.tensors["w"].places == (0, 1, 2, 3)
    write(tmp_path, 2, w=np.full(3, 99, np.float32), global_step=np.int64(20))
    listed.clear()
    reader.read(find_series(tmp_path))
    assert listed == ["ckpt-2"]


def test_names_are_the_newest_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One checkpoint is opened in full for names; another one where there are keys it lacks."""
    opened = []
    inner = series_reader.open_candidate

    def open_candidate(folder: Any, candidate: Any) -> Any:
        opened.append(candidate.name)
        return inner(folder, candidate)

    monkeypatch.setattr(series_reader, "open_candidate", open_candidate)
    write(tmp_path, 1, old=1.0, w=1.0)
    timeline = SeriesReader().read(grow(tmp_path, [2, 3]))
    assert opened == ["ckpt-3", "ckpt-1"]
    assert list(timeline.tensors) == ["global_step", "w", "old"]
    assert timeline.tensors["global_step"].role == "counter"
    assert timeline.hyperparameters[0].values == (None, 20, 30)


def test_names_that_tell_nothing() -> None:
    """TensorFlow calls every variable `Variable` that nobody named: its place tells them apart."""
    timeline = compute_timeline(CORPUS / "series" / "managed", values=False)
    names = [tensor.name for tensor in timeline.tensors.values() if tensor.role != "metadata"]
    assert names == [
        "network/frozen",
        "network/half",
        "network/steps",
        "network/trained",
        "save_counter",
    ]


def test_what_cannot_be_opened_is_a_problem_of_its_own(tmp_path: Path) -> None:
    """The rest of the series is shown."""
    grow(tmp_path, [1, 2, 3])
    (tmp_path / "ckpt-2.index").write_bytes(b"no table")
    timeline = compute_timeline(tmp_path)
    assert "ckpt-2.index" in timeline.checkpoints[1].problem
    assert [one.step for one in timeline.checkpoints] == [10, None, 30]
    assert [cell.sums is None for cell in timeline.cells("w")] == [False, True, False]
    assert timeline.cells("w")[2].previous == 0


def test_files_of_keras() -> None:
    """HDF5 has no checksums: values tell what is frozen."""
    folder = CORPUS / "series" / "keras"
    unread = compute_timeline(folder, values=False)
    assert unread.frozen(unread.tensors) == [(0, 0), (0, 0)]
    timeline = compute_timeline(folder)
    assert all(cell.sums is not None for key in timeline.tensors for cell in timeline.cells(key))
    weights = [key for key, tensor in timeline.tensors.items() if tensor.role == "weight"]
    assert timeline.frozen(weights) == [(0, 0), (0, 2)]


def test_many_checkpoints_with_few_open_files(tmp_path: Path) -> None:
    """A long series does not run out of file descriptors."""
    import resource

    grow(tmp_path, range(1, 151))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_use = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 50
    resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 140, hard))
    try:
        timeline = compute_timeline(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert timeline.values.notes == []
    assert all(cell.sums is not None for cell in timeline.cells("w"))
