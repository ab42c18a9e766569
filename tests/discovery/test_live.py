"""The catalog while things happen: other threads, a search in the background, a running trainer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.discovery import Catalog, Root, Snapshot, catalog, opened
from tensorboard_plugin_modelinspect.errors import ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import Candidate
from tensorboard_plugin_modelinspect.sources import walk
from tensorboard_plugin_modelinspect.sources.base import Folder
from tests.discovery.trees import (
    catalog_of,
    checkpoint_files,
    paths,
    scan,
    settle,
    states,
    write_checkpoint,
    write_events,
    write_saved_model,
)

REPOSITORY = Path(__file__).resolve().parents[2]
SOON_S = 30.0


class Gate:
    """Roots that are given only when the gate is open, to hold a search where it begins."""

    def __init__(self, root: Path) -> None:
        self.opened = threading.Event()
        self.asked = threading.Event()
        self.count = 0
        self._root = Root("", str(root))

    def __call__(self) -> Sequence[Root]:
        self.count += 1
        self.asked.set()
        assert self.opened.wait(SOON_S)
        return (self._root,)


def test_a_search_in_the_background(tmp_path: Path) -> None:
    """It is running until it ends, however often it is started; nobody waits for it but `wait`."""
    write_checkpoint(tmp_path, "ckpt")
    gate = Gate(tmp_path)
    catalog = Catalog(gate)
    assert catalog.wait(0)
    for _ in range(5):
        catalog.start_scan()
    assert catalog.snapshot.running
    assert gate.asked.wait(SOON_S)
    assert catalog.snapshot == Snapshot(0, True, (), (), (), 0, 0.0, "")
    with pytest.raises(NotFound):
        catalog.get("0" * 12)
    assert not catalog.wait(0.01)
    names = [thread.name for thread in threading.enumerate() if thread.daemon]
    assert names.count("modelinspect-scan") == 1
    gate.opened.set()
    assert catalog.wait(SOON_S)
    snapshot = catalog.snapshot
    assert (snapshot.generation, snapshot.running, paths(snapshot)) == (1, False, ["ckpt"])
    assert gate.count == 1
    catalog.start_scan()
    assert catalog.wait(SOON_S)
    assert catalog.snapshot.generation == 2


def test_a_search_waits_for_the_one_that_is_running(tmp_path: Path) -> None:
    """Who asks for a search now gets what is there now, not what an earlier search had passed."""
    gate = Gate(tmp_path)
    catalog = Catalog(gate)
    catalog.start_scan()
    assert gate.asked.wait(SOON_S)
    results: list[Snapshot] = []
    thread = threading.Thread(target=lambda: results.append(catalog.scan()))
    thread.start()
    write_checkpoint(tmp_path, "ckpt")
    thread.join(0.05)
    assert gate.count == 1  # the second one has not even asked for its roots
    gate.opened.set()
    thread.join(SOON_S)
    assert catalog.wait(SOON_S)
    assert (results[0].generation, paths(results[0])) == (2, ["ckpt"])


def test_a_search_that_fails_ends_and_says_so(tmp_path: Path) -> None:
    """An unexpected error never leaves `running` behind: it is the note, and the next one works."""
    write_checkpoint(tmp_path, "ckpt")
    faults: list[Exception] = [RuntimeError("no roots today"), ValueError("nor now")]

    def roots() -> Sequence[Root]:
        if faults:
            raise faults.pop(0)
        return (Root("", str(tmp_path)),)

    catalog = Catalog(roots)
    catalog.start_scan()
    assert catalog.wait(SOON_S)
    snapshot = catalog.snapshot
    assert (snapshot.generation, snapshot.running) == (1, False)
    assert "RuntimeError: no roots today" in snapshot.note
    with pytest.raises(ValueError, match="nor now"):
        catalog.scan()
    assert "ValueError: nor now" in catalog.snapshot.note
    snapshot = catalog.scan()
    assert (snapshot.note, paths(snapshot)) == ("", ["ckpt"])


def test_an_error_in_the_middle_keeps_what_was_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that breaks off neither loses what is known nor calls it deleted."""
    write_checkpoint(tmp_path / "a", "ckpt")
    write_checkpoint(tmp_path / "b", "ckpt")
    catalog = catalog_of(tmp_path)
    before = catalog.scan()
    with monkeypatch.context() as patch:
        patch.setattr(walk, "relist_folder", _fail)
        patch.setattr(walk, "list_folder", _fail)
        with pytest.raises(MemoryError):
            catalog.scan()
    assert states(catalog.snapshot) == states(before)
    assert states(catalog.scan()) == {"a/ckpt": "complete", "b/ckpt": "complete"}


def _fail(*args: object, **options: object) -> None:
    raise MemoryError


@pytest.fixture
def slow_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show each step of a search, as if it took long."""
    monkeypatch.setattr(catalog, "_PULSE_S", 0)
    monkeypatch.setattr(catalog, "_SHARE", 0)


@pytest.mark.usefixtures("slow_start")
def test_artifacts_are_seen_while_the_search_goes_on(tmp_path: Path) -> None:
    """A long first search shows what it has; a second one shows all the while what is known."""
    for number in range(5):
        write_checkpoint(tmp_path / str(number), "ckpt")
    (tmp_path / "link").symlink_to("/")
    catalog = catalog_of(tmp_path)
    seen: list[Snapshot] = []
    catalog.scan(progress=lambda *_: seen.append(catalog.snapshot))
    assert [len(snapshot.artifacts) for snapshot in seen] == [1, 2, 3, 4, 5, 5]
    assert [snapshot.running for snapshot in seen[:-1]] == [True] * 5
    assert {snapshot.generation for snapshot in seen[:-1]} == {0}
    for snapshot in seen[:-1]:
        for found in snapshot.artifacts:
            assert catalog.get(found.id) is found
    note = seen[-1].note
    seen.clear()
    shutil.rmtree(tmp_path / "0")
    for number in range(5, 8):
        write_checkpoint(tmp_path / str(number), "ckpt")
    catalog.scan(progress=lambda *_: seen.append(catalog.snapshot))
    assert [len(snapshot.artifacts) for snapshot in seen] == [6, 7, 8, 8]
    assert "link" in note
    assert {snapshot.note for snapshot in seen} == {note}


Change = Callable[[Path], None]

FOLDERS = ["", "a", "a/b", "c"]
NAMES = ["ckpt-1", "ckpt-2"]


def _add(folder: str, name: str) -> Change:
    return lambda root: write_checkpoint(root / folder, name)


def _spoil(folder: str, name: str) -> Change:
    def change(root: Path) -> None:
        path = root / folder / f"{name}.index"
        if path.exists():
            path.write_bytes(path.read_bytes()[:-1])
            os.utime(path, (1, 1))

    return change


def _remove(folder: str, name: str) -> Change:
    def change(root: Path) -> None:
        for suffix in checkpoint_files():
            (root / folder / f"{name}{suffix}").unlink(missing_ok=True)

    return change


def _move(source: str, target: str) -> Change:
    def change(root: Path) -> None:
        if (root / source).is_dir() and not (root / target).exists():
            (root / target).parent.mkdir(parents=True, exist_ok=True)
            (root / source).rename(root / target)

    return change


def _set_times_back(folder: str, _name: str) -> Change:
    """What rsync and tar do to a folder after they filled it."""

    def change(root: Path) -> None:
        if (root / folder).is_dir():
            os.utime(root / folder, (1, 1))

    return change


def _export(folder: str, _name: str) -> Change:
    return lambda root: write_saved_model(root / folder / "model")


def _cut_variables(folder: str, _name: str) -> Change:
    def change(root: Path) -> None:
        (root / folder / "model/variables/variables.index").unlink(missing_ok=True)

    return change


def _make_run(folder: str, _name: str) -> Change:
    return lambda root: write_events(root / folder)


CHANGES = st.one_of(
    st.builds(
        lambda kind, folder, name: kind(folder, name),
        st.sampled_from(
            [_add, _spoil, _remove, _set_times_back, _export, _cut_variables, _make_run]
        ),
        st.sampled_from(FOLDERS),
        st.sampled_from(NAMES),
    ),
    st.builds(_move, st.sampled_from(FOLDERS[1:]), st.sampled_from(["c", "d", "e/f"])),
)


@settings(max_examples=40)
@given(st.lists(st.lists(CHANGES, min_size=1, max_size=3), min_size=1, max_size=3))
def test_a_second_search_finds_what_a_first_one_would(rounds: list[list[Change]]) -> None:
    """Whatever happens in between, what is remembered never differs from what is there."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for place in FOLDERS[:3]:
            write_checkpoint(root / place, NAMES[0], age_s=9999)
        write_saved_model(root / "a/b/model", age_s=9999)
        catalog = catalog_of(root)
        for changes in [[], *rounds]:
            for change in changes:
                change(root)
            settle(patch)
            again, fresh = catalog.scan(), scan(root)
            assert again.runs == fresh.runs
            assert [found for found in again.artifacts if found.state != "deleted"] == list(
                fresh.artifacts
            )


@pytest.fixture
def trained(tmp_path: Path) -> Iterator[Path]:
    """A folder in which another process saves and deletes checkpoints all the time."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.discovery.live_writer", str(tmp_path)],
        stdin=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    assert process.stdin is not None
    try:
        yield tmp_path
    finally:
        process.stdin.close()
        assert process.wait(SOON_S) == 0


def test_a_running_trainer_is_never_called_broken(trained: Path) -> None:
    """Between any two system calls of a save or a deletion a search sees a state that is true."""
    catalog = catalog_of(trained)
    seen: set[str] = set()
    opened = 0
    deadline = time.monotonic() + SOON_S
    while (len(seen) < 50 or opened < 20) and time.monotonic() < deadline:
        for found in catalog.scan().artifacts:
            assert found.state in ("complete", "writing", "deleted"), found.reason
            seen.add(found.path)
            if found.state == "complete":
                with suppress(ModelInspectError):  # deleted since; said in words
                    opened += bool(catalog.open(found.id).tensors)
    assert len(seen) >= 50
    assert opened >= 20


def test_other_threads_read_while_a_search_runs(trained: Path) -> None:
    """Lists, ids and open artifacts asked for from other threads are whole at every moment."""
    catalog = catalog_of(trained)
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            snapshot = catalog.snapshot
            ids = [found.id for found in snapshot.artifacts]
            assert len(set(ids)) == len(ids)
            orders = [found.order for found in snapshot.artifacts]
            assert orders == sorted(orders)
            for found in snapshot.artifacts[-5:]:
                with suppress(ModelInspectError):  # deleted meanwhile
                    catalog.get(found.id)
                    catalog.parameters(found)
                    catalog.open(found.id)

    with ThreadPoolExecutor(4) as pool:
        askers = [pool.submit(ask) for _ in range(4)]
        try:
            for _ in range(60):
                catalog.scan()
        finally:
            stop.set()
    for asker in askers:
        asker.result()


def test_several_requests_for_one_artifact_open_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page asks for many things at once: the file is parsed once, and all get the same object."""
    write_checkpoint(tmp_path, "ckpt")
    catalog = catalog_of(tmp_path)
    real = opened.open_candidate

    def open_slowly(folder: Folder, candidate: Candidate) -> Artifact:
        time.sleep(0.1)
        return real(folder, candidate)

    monkeypatch.setattr(opened, "open_candidate", open_slowly)
    (found,) = catalog.scan().artifacts
    ready = threading.Barrier(8)

    def ask() -> Artifact:
        ready.wait(SOON_S)
        return catalog.open(found.id)

    with ThreadPoolExecutor(8) as pool:
        artifacts = [one.result() for one in [pool.submit(ask) for _ in range(8)]]
    assert len({id(artifact) for artifact in artifacts}) == 1
