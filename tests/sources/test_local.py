"""Local files and folders: exact positioned reads, and nothing outside the folder."""

from __future__ import annotations

import errno
import os
import socket
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    NotFound,
    PathEscape,
    Truncated,
)
from tensorboard_plugin_modelinspect.sources import local
from tensorboard_plugin_modelinspect.sources.local import LocalFile, LocalFolder, is_below
from tests.support.source_tests import DATA, FolderTests, SourceTests
from tests.support.trickle import TrickleFile, TrickleFolder

GIB = 1 << 30


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


class TestLocalFile(SourceTests):
    def make(self, folder: Path, data: bytes) -> LocalFile:
        write_files(folder, {"file": data})
        return LocalFile(str(folder / "file"))


class TestTrickleFile(SourceTests):
    """A file of which each system call gives one byte: short reads are read on."""

    def make(self, folder: Path, data: bytes) -> LocalFile:
        write_files(folder, {"file": data})
        return TrickleFile(str(folder / "file"))


class TestSmallPieces(TestLocalFile):
    """Reads above the largest single call are put together from several."""

    @pytest.fixture(autouse=True)
    def smaller_calls(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(local, "_LARGEST_READ", 3)


class TestLocalFolder(FolderTests):
    def make(self, folder: Path, files: Mapping[str, bytes]) -> LocalFolder:
        write_files(folder, files)
        return LocalFolder(str(folder))


class TestConfinedFolder(FolderTests):
    def make(self, folder: Path, files: Mapping[str, bytes]) -> LocalFolder:
        write_files(folder, files)
        return LocalFolder(str(folder), confine_to=str(folder))


class TestFolderBelow(FolderTests):
    def make(self, folder: Path, files: Mapping[str, bytes]) -> LocalFolder:
        write_files(folder / "a" / "b", files)
        return LocalFolder(str(folder), confine_to=str(folder)).below("a/b", shown="a/b")


class TestTrickleFolder(FolderTests):
    def make(self, folder: Path, files: Mapping[str, bytes]) -> LocalFolder:
        write_files(folder, files)
        return TrickleFolder(str(folder))


def test_reads_far_into_a_large_file(tmp_path: Path) -> None:
    """Offsets above 4 GiB are exact; the file's holes cost nothing."""
    with open(tmp_path / "large", "wb") as file:
        for place in (GIB - 2, 5 * GIB, 9 * GIB - 4):
            file.seek(place)
            file.write(b"mark")
    source = LocalFile(str(tmp_path / "large"))
    assert source.nbytes == 9 * GIB
    assert source.read(GIB - 3, 6) == b"\0mark\0"
    assert source.read(5 * GIB, 5) == b"mark\0"
    assert source.read(9 * GIB - 4, 4) == b"mark"
    with pytest.raises(Truncated):
        source.read(9 * GIB - 4, 5)


def test_a_closed_file_cannot_be_read(tmp_path: Path) -> None:
    """A read after `close` says so, and never reads a descriptor that is someone else's by now."""
    (tmp_path / "file").write_bytes(DATA)
    source = LocalFile(str(tmp_path / "file"))
    source.close()
    (tmp_path / "other").write_bytes(b"x" * 100)
    with open(tmp_path / "other", "rb"):
        for read in (lambda: source.read(0, 1), lambda: source.read_into(0, bytearray_view(4))):
            with pytest.raises(NotFound, match="closed"):
                read()


def test_closes_itself_when_dropped(tmp_path: Path) -> None:
    """Handles live as long as the tensors that need them: dropping the last one frees it."""
    (tmp_path / "file").write_bytes(DATA)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    source = LocalFile(str(tmp_path / "file"))
    del source
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_cut_short_after_opening_is_truncated(tmp_path: Path) -> None:
    """Bytes that vanish behind an open file are Truncated, not zeros, not an endless loop."""
    path = tmp_path / "file"
    path.write_bytes(DATA)
    for make in (LocalFile, TrickleFile):
        source = make(str(path))
        os.truncate(path, 10)
        assert source.read(0, 10) == DATA[:10]
        with pytest.raises(Truncated) as caught:
            source.read(4, 20)
        assert (caught.value.expected, caught.value.found) == ("24", "10")
        with pytest.raises(Truncated):
            source.read_into(8, bytearray_view(3))
        path.write_bytes(DATA)


def test_a_deleted_file_stays_readable(tmp_path: Path) -> None:
    """A checkpoint removed while it is being read can be read to the end."""
    path = tmp_path / "file"
    path.write_bytes(DATA)
    source = LocalFile(str(path))
    path.unlink()
    assert source.read(0, len(DATA)) == DATA


def test_refuses_what_is_no_file(tmp_path: Path) -> None:
    """Folders, pipes, sockets and devices are errors at once: opening a pipe must not wait."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as bound:
        here = os.getcwd()
        os.chdir(tmp_path)  # a socket's path may have a hundred bytes only
        bound.bind("socket")
        os.chdir(here)
        for path in (tmp_path / "pipe", tmp_path / "folder", tmp_path / "socket", "/dev/zero"):
            with pytest.raises(FormatError) as caught:
                LocalFile(str(path))
            assert caught.value.path == str(path)


@pytest.mark.parametrize("name", ["missing", "file/below", "nul\0name"])
def test_a_missing_file_is_not_found(tmp_path: Path, name: str) -> None:
    """What cannot be there is NotFound and named."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotFound, match="no such file"):
        LocalFile(f"{tmp_path}/{name}")


def test_carries_the_name_it_is_given(tmp_path: Path) -> None:
    """Errors name a file as the user would, not by its real path."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Truncated, match=r"^models/file: "):
        LocalFile(str(tmp_path / "file"), "models/file").read(0, 1)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x").write_bytes(b"")
    with pytest.raises(Truncated, match=r"^models/sub/x: "):
        LocalFolder(str(tmp_path), name="models").open("sub/x").read(0, 1)


def test_an_error_of_the_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An input/output error becomes a FormatError with the system's own words."""
    (tmp_path / "file").write_bytes(DATA)
    source = LocalFile(str(tmp_path / "file"))

    def fail(*_: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "pread", fail)
    monkeypatch.setattr(os, "preadv", fail)
    with pytest.raises(FormatError, match="input/output error"):
        source.read(0, 1)
    with pytest.raises(FormatError, match="input/output error"):
        source.read_into(0, bytearray_view(1))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_permissions_are_told(tmp_path: Path) -> None:
    """A file that may not be read says so and what to do."""
    (tmp_path / "file").write_bytes(DATA)
    (tmp_path / "file").chmod(0)
    with pytest.raises(FormatError, match=r"permission denied\. Check the permissions"):
        LocalFile(str(tmp_path / "file"))


def test_a_short_file_is_not_allocated_for(tmp_path: Path) -> None:
    """A read that the file cannot fill fails before memory is taken for it."""
    (tmp_path / "file").write_bytes(DATA)
    source = LocalFile(str(tmp_path / "file"))
    tracemalloc.start()
    try:
        with pytest.raises(Truncated):
            source.read(0, 1 << 40)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_what_memory_cannot_hold_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is larger than the memory there is: an error of ours, not MemoryError."""
    (tmp_path / "file").write_bytes(DATA)
    source = LocalFile(str(tmp_path / "file"))

    def fail(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(os, "pread", fail)
    with pytest.raises(LimitExceeded, match="what fits in memory"):
        source.read(0, 1)


class TestLinks:
    """Links are followed as far as the folder they are confined to, and no further."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        write_files(
            tmp_path,
            {
                "root/model/file": b"inside",
                "root/shared/file": b"beside",
                "root-too/file": b"secret",
                "outside/file": b"secret",
            },
        )
        model = tmp_path / "root" / "model"
        (model / "inner").symlink_to("file")
        (model / "beside").symlink_to("../shared/file")
        (model / "beside_folder").symlink_to("../shared")
        (model / "outside").symlink_to(tmp_path / "outside" / "file")
        (model / "outside_folder").symlink_to("../../outside")
        (model / "sibling").symlink_to("../../root-too/file")
        (model / "over_there").symlink_to("outside")
        (model / "loop").symlink_to("loop")
        (model / "dangling").symlink_to("nowhere")
        return tmp_path / "root"

    OUTSIDE = ("outside", "outside_folder/file", "sibling", "over_there")

    @pytest.mark.parametrize("name", ["file", "inner", "beside", "beside_folder/file"])
    def test_inside_is_followed(self, root: Path, name: str) -> None:
        """A link to anywhere below the root is read: shards may be shared between folders."""
        folder = LocalFolder(str(root / "model"), confine_to=str(root))
        assert folder.open(name).read(0, 6) in (b"inside", b"beside")
        assert folder.stat(name) is not None

    @pytest.mark.parametrize("name", OUTSIDE)
    def test_outside_is_refused(self, root: Path, name: str) -> None:
        """A link out of the root is PathEscape for reading and for asking its size."""
        folder = LocalFolder(str(root / "model"), confine_to=str(root))
        with pytest.raises(PathEscape) as caught:
            folder.open(name)
        assert name in str(caught.value)
        assert "Move the file below the logdir" in str(caught.value)
        with pytest.raises(PathEscape):
            folder.stat(name)

    def test_outside_folders_are_not_listed(self, root: Path) -> None:
        """Names behind a link that leaves the root are not shown."""
        with pytest.raises(PathEscape):
            LocalFolder(str(root / "model"), confine_to=str(root)).names("outside_folder")

    @pytest.mark.parametrize("name", OUTSIDE)
    def test_a_person_may_go_anywhere(self, root: Path, name: str) -> None:
        """Without `confine_to`, for a path that a person typed, links are followed."""
        assert LocalFolder(str(root / "model")).open(name).read(0, 6) == b"secret"

    def test_a_folder_outside_the_root_is_refused(self, root: Path) -> None:
        """The folder itself must lie below the root, also when only its link does."""
        with pytest.raises(PathEscape):
            LocalFolder(str(root.parent / "outside"), confine_to=str(root))
        with pytest.raises(PathEscape):
            LocalFolder(str(root / "model" / "outside_folder"), confine_to=str(root))

    def test_a_folder_below_is_confined_as_its_parent(self, root: Path) -> None:
        """`below` keeps the root: links are followed as far, sub-folders no further."""
        parent = LocalFolder(str(root), confine_to=str(root))
        folder = parent.below("model", shown="m")
        assert folder.open("beside").read(0, 6) == b"beside"
        with pytest.raises(PathEscape, match="m/outside"):
            folder.open("outside")
        assert parent.below("model/beside_folder", shown="m").names() == ("file",)
        for name in ("model/outside_folder", "..", "model/../../outside", "/"):
            with pytest.raises(PathEscape):
                parent.below(name, shown="m")

    def test_the_root_may_be_a_link(self, root: Path, tmp_path: Path) -> None:
        """A logdir that is a link itself confines to where it leads."""
        (tmp_path / "alias").symlink_to(root)
        folder = LocalFolder(str(tmp_path / "alias" / "model"), confine_to=str(tmp_path / "alias"))
        assert folder.open("beside").read(0, 6) == b"beside"
        with pytest.raises(PathEscape):
            folder.open("outside")

    def test_a_link_that_leads_nowhere_is_no_file(self, root: Path) -> None:
        """Loops and dangling links are errors with a reason, and have no size."""
        folder = LocalFolder(str(root / "model"), confine_to=str(root))
        with pytest.raises(FormatError, match="symbolic links"):
            folder.open("loop")
        with pytest.raises(NotFound):
            folder.open("dangling")
        assert folder.stat("loop") is None
        assert folder.stat("dangling") is None


def test_is_below_compares_whole_names() -> None:
    """`/a/bc` is not below `/a/b`, everything is below `/`."""
    assert is_below("/a/b", "/a/b")
    assert is_below("/a/b/c", "/a/b")
    assert is_below("/a", "/")
    assert not is_below("/a/bc", "/a/b")
    assert not is_below("/a", "/a/b")


def bytearray_view(nbytes: int) -> memoryview:
    return memoryview(bytearray(nbytes))
