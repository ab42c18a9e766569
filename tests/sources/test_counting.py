"""The counting wrapper changes nothing and counts everything: byte budgets rest on it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tensorboard_plugin_modelinspect.sources.counting import CountingFile, CountingFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.source_tests import FolderTests, SourceTests


class TestCountingFile(SourceTests):
    def make(self, folder: Path, data: bytes) -> CountingFile:
        return CountingFolder(MemoryFolder({"file": data})).open("file")


class TestCountingFolder(FolderTests):
    def make(self, folder: Path, files: Mapping[str, bytes]) -> CountingFolder:
        return CountingFolder(MemoryFolder(files))


def test_counts_reads_and_bytes_over_all_files() -> None:
    """Every read of every file adds to its folder's sums; asking for names and sizes does not."""
    folder = CountingFolder(MemoryFolder({"a": b"12345", "b": b"678"}))
    folder.stat("a")
    folder.names()
    one, other = folder.open("a"), folder.open("b")
    assert (folder.reads, folder.nbytes) == (0, 0)
    one.read(1, 3)
    other.read_into(0, memoryview(bytearray(2)))
    one.read(0, 0)
    assert (folder.reads, folder.nbytes) == (3, 5)
