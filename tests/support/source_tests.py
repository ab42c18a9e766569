"""What every byte source and every folder must do. Inherit, say how to make one, and be done.

class TestZipMember(SourceTests):
    def make(self, folder, data): ...
"""

from __future__ import annotations

import contextlib
import tracemalloc
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    ModelInspectError,
    NotFound,
    PathEscape,
    Truncated,
)
from tensorboard_plugin_modelinspect.sources.base import ByteSource, Folder

DATA = bytes(range(200, 256)) + b"the end"
OUTSIDE = ("..", "../x", "a/../../x", "/etc/passwd", "", ".", "./a", "a//b", "a/", "a/./b")


class SourceTests:
    """Rules of `ByteSource`. `make` gives a source that holds `data`; `folder` is empty, for it."""

    def make(self, folder: Path, data: bytes) -> ByteSource:
        raise NotImplementedError

    @pytest.fixture
    def source(self, tmp_path: Path) -> ByteSource:
        return self.make(tmp_path, DATA)

    def test_gives_exactly_the_range_asked_for(self, source: ByteSource) -> None:
        """`read` returns the bytes of any range inside, empty ranges and the very end included."""
        for offset in range(len(DATA) + 1):
            for nbytes in (0, 1, 7, len(DATA) - offset):
                if offset + nbytes <= len(DATA):
                    assert source.read(offset, nbytes) == DATA[offset : offset + nbytes]

    def test_fills_a_view_and_nothing_around_it(self, source: ByteSource) -> None:
        """`read_into` fills the whole view it is given and does not touch what lies beside."""
        for offset in range(len(DATA) - 9):
            target = bytearray(b"." * 13)
            source.read_into(offset, memoryview(target)[2:12])
            assert target == b".." + DATA[offset : offset + 10] + b"."
        source.read_into(len(DATA), memoryview(bytearray()))

    def test_knows_its_size_and_name(self, source: ByteSource) -> None:
        """`nbytes` is the size, and `name` is what errors call it."""
        assert source.nbytes == len(DATA)
        with pytest.raises(Truncated) as caught:
            source.read(0, len(DATA) + 1)
        assert caught.value.path == source.name
        assert source.name in str(caught.value)

    @pytest.mark.parametrize(
        ("offset", "nbytes"),
        [(0, len(DATA) + 1), (len(DATA), 1), (len(DATA) + 1, 0), (1 << 62, 1), (5, 1 << 62)],
    )
    def test_refuses_to_read_behind_its_end(
        self, source: ByteSource, offset: int, nbytes: int
    ) -> None:
        """A range that ends behind the source is `Truncated`, says both sizes, takes no memory."""
        tracemalloc.start()
        try:
            with pytest.raises(Truncated) as caught:
                source.read(offset, nbytes)
            assert tracemalloc.get_traced_memory()[1] < 1 << 20
        finally:
            tracemalloc.stop()
        assert (caught.value.expected, caught.value.found) == (
            str(offset + nbytes),
            str(len(DATA)),
        )

    def test_refuses_to_fill_a_view_from_behind_its_end(self, source: ByteSource) -> None:
        """`read_into` obeys the same bound as `read`."""
        with pytest.raises(Truncated):
            source.read_into(len(DATA) - 3, memoryview(bytearray(4)))

    @pytest.mark.parametrize(("offset", "nbytes"), [(-1, 1), (0, -1), (-5, 5), (3, -2)])
    def test_refuses_negative_numbers(self, source: ByteSource, offset: int, nbytes: int) -> None:
        """Offsets and lengths below zero come from broken files: a FormatError."""
        with pytest.raises(FormatError):
            source.read(offset, nbytes)

    def test_may_be_empty(self, tmp_path: Path) -> None:
        """A source of no bytes can be opened and read for no bytes."""
        source = self.make(tmp_path, b"")
        assert source.nbytes == 0
        assert source.read(0, 0) == b""
        with pytest.raises(Truncated):
            source.read(0, 1)

    def test_may_be_read_by_several_threads(self, tmp_path: Path) -> None:
        """Reads have no position in common, so threads do not disturb each other."""
        data = b"".join(number.to_bytes(4, "big") for number in range(500))
        source = self.make(tmp_path, data)

        def read(number: int) -> bool:
            return source.read(4 * number, 4) == number.to_bytes(4, "big")

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(read, range(500)))

    def test_can_be_closed_twice(self, source: ByteSource) -> None:
        """Closing a closed source is harmless."""
        source.close()
        source.close()


class FolderTests:
    """Rules of `Folder`. `make` gives a folder that holds `files`; `folder` is empty, for it."""

    FILES: Mapping[str, bytes] = {
        "b.bin": b"bbbb",
        "a": b"",
        "sub/x": b"x",
        "sub/deep/y": b"yy",
        "..hidden..": b"dots are fine inside a name",
    }

    def make(self, folder: Path, files: Mapping[str, bytes]) -> Folder:
        raise NotImplementedError

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Folder:
        return self.make(tmp_path, self.FILES)

    def test_opens_every_file_it_holds(self, folder: Folder) -> None:
        """Each file is opened by its name below the folder, with `/` on every system."""
        for name, data in self.FILES.items():
            source = folder.open(name)
            assert source.read(0, source.nbytes) == data
            assert source.name.endswith(name)
            source.close()

    def test_tells_sizes_without_opening(self, folder: Folder) -> None:
        """`stat` gives the size of a file, and None for a folder or for nothing."""
        for name, data in self.FILES.items():
            stat = folder.stat(name)
            assert stat is not None
            assert stat.nbytes == len(data)
        assert folder.stat("sub") is None
        assert folder.stat("none") is None
        assert folder.stat("b.bin/below-a-file") is None

    def test_lists_names_sorted(self, folder: Folder) -> None:
        """`names` lists one level, sorted, folders too; a folder that is not there is empty."""
        assert folder.names() == ("..hidden..", "a", "b.bin", "sub")
        assert folder.names("sub") == ("deep", "x")
        assert folder.names("sub/deep") == ("y",)
        assert folder.names("none") == ()
        assert folder.names("b.bin") == ()

    @pytest.mark.parametrize("name", ["none", "sub/none", "none/x", "b.bin/x"])
    def test_says_which_file_is_missing(self, folder: Folder, name: str) -> None:
        """Opening what is not there is NotFound and names it."""
        with pytest.raises(NotFound, match=name):
            folder.open(name)

    @pytest.mark.parametrize("name", OUTSIDE)
    def test_never_leaves_itself(self, folder: Folder, name: str) -> None:
        """Absolute names and ways up are PathEscape, whether or not they would come back."""
        with pytest.raises(PathEscape) as caught:
            folder.open(name)
        assert name in str(caught.value)
        with pytest.raises(PathEscape):
            folder.stat(name)

    @pytest.mark.parametrize("name", ["..", "sub/..", "/", "/etc"])
    def test_lists_nothing_outside(self, folder: Folder, name: str) -> None:
        """A name that leads out of the folder lists nothing."""
        with contextlib.suppress(PathEscape):
            assert folder.names(name) == ()

    @pytest.mark.parametrize("name", ["a\0b", "\0", "x" * 300, "\udcff", "new\nline"])
    def test_survives_strange_names(self, folder: Folder, name: str) -> None:
        """Names no file system takes are our errors, not Python's."""
        with pytest.raises(ModelInspectError):
            folder.open(name)
