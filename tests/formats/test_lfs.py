"""Git LFS pointers and web pages stand where a file should be: say what to do."""

from __future__ import annotations

import pytest

from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.lfs import refuse_lfs_pointer
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile, MemoryFolder

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def test_a_pointer_is_named_and_what_to_run() -> None:
    """The size of the real file and the command that brings it."""
    with pytest.raises(FormatError) as caught:
        refuse_lfs_pointer(MemoryFile(POINTER, "m/saved_model.pb"))
    assert str(caught.value) == (
        "m/saved_model.pb: expected the file itself, found a Git LFS pointer to a file of 12,345"
        " bytes. Run `git lfs pull` in that repository."
    )


@pytest.mark.parametrize(
    "data",
    [POINTER.replace(b"size 12345", b"size x"), POINTER[:60], POINTER.replace(b"size", b"siz"),
     POINTER.replace(b"12345", b"9" * 900)],
)  # fmt: skip
def test_a_broken_pointer_is_still_one(data: bytes) -> None:
    """What starts as a pointer is one, though its size cannot be told."""
    with pytest.raises(FormatError, match="a Git LFS pointer to a file"):
        refuse_lfs_pointer(MemoryFile(data))


@pytest.mark.parametrize(
    "data",
    [b"<!DOCTYPE html><html></html>", b"\xef\xbb\xbf\n<!doctype HTML>" + b" " * 5000,
     b"<html lang=en>" + b"x" * 900],
)  # fmt: skip
def test_a_web_page_is_named(data: bytes) -> None:
    """What a browser saved in place of the file behind the page, short or long."""
    with pytest.raises(FormatError) as caught:
        refuse_lfs_pointer(MemoryFile(data, "run/ckpt.index"))
    assert str(caught.value) == (
        "run/ckpt.index: expected the file itself, found a web page. Download it again, by the"
        " link to the raw file."
    )


@pytest.mark.parametrize(
    "data", [b"", b"version", POINTER[1:], POINTER + b"\0" * 1024, b"\x08\x01" * 30]
)
def test_other_files_are_let_through(data: bytes) -> None:
    """Short, long and other files are none."""
    refuse_lfs_pointer(MemoryFile(data))


@pytest.mark.parametrize(("nbytes", "most"), [(2000, 64), (5 << 20, 0)])
def test_large_files_are_hardly_read(nbytes: int, most: int) -> None:
    """A pointer is small and a page says what it is at its start: a large file costs nothing."""
    folder = CountingFolder(MemoryFolder({"x": POINTER + bytes(nbytes)}))
    refuse_lfs_pointer(folder.open("x"))
    assert folder.nbytes == most
