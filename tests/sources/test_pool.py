"""Pooled files are sources like any other, however few of them are open at a time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.errors import FormatError, NotFound
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.sources.pool import FilePool, PooledFile, PooledFolder
from tests.support.source_tests import FolderTests, SourceTests


def pooled(folder: Path, most: int = 128) -> PooledFolder:
    """A local folder with a pool of its own."""
    return PooledFolder(LocalFolder(str(folder), name="logs"), FilePool(most))


class TestPooledFile(SourceTests):
    def make(self, folder: Path, data: bytes) -> PooledFile:
        (folder / "file").write_bytes(data)
        return pooled(folder).open("file")


class TestFileThatIsClosedAtOnce(SourceTests):
    def make(self, folder: Path, data: bytes) -> PooledFile:
        (folder / "file").write_bytes(data)
        return pooled(folder, 0).open("file")


class TestPooledFolder(FolderTests):
    def make(self, folder: Path, files: Mapping[str, bytes]) -> PooledFolder:
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        return pooled(folder)


def open_files() -> int:
    """Files that this process has open."""
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts open files by /proc")
def test_few_are_open_at_a_time(tmp_path: Path) -> None:
    """A hundred files are read in turn, twice, with at most four of them open between reads."""
    folder = pooled(tmp_path, 4)
    before = open_files()
    files = []
    for number in range(100):
        (tmp_path / str(number)).write_bytes(bytes([number]))
        files.append(folder.open(str(number)))
    for _ in range(2):
        assert [file.read(0, 1)[0] for file in files] == list(range(100))
        assert open_files() - before <= 4
    for file in files:
        file.close()
    assert open_files() == before


@pytest.mark.parametrize("most", [0, 4])
def test_a_file_that_is_gone(tmp_path: Path, most: int) -> None:
    """What is open stays readable, as with any file; what is not is NotFound."""
    (tmp_path / "a").write_bytes(b"a")
    file = pooled(tmp_path, most).open("a")
    (tmp_path / "a").unlink()
    if most:
        assert file.read(0, 1) == b"a"
        file.close()
    with pytest.raises(NotFound, match="logs/a"):
        file.read(0, 1)


def test_another_file_of_the_name(tmp_path: Path) -> None:
    """A file that was saved again is not read as if it were the one that was opened."""
    (tmp_path / "a").write_bytes(b"aa")
    file = pooled(tmp_path, 0).open("a")
    (tmp_path / "b").write_bytes(b"bb")
    (tmp_path / "b").replace(tmp_path / "a")
    with pytest.raises(FormatError, match="saved again"):
        file.read(0, 1)
