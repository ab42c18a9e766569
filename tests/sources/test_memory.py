"""Bytes in memory behave as files do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile, MemoryFolder
from tests.support.source_tests import FolderTests, SourceTests


class TestMemoryFile(SourceTests):
    def make(self, folder: Path, data: bytes) -> MemoryFile:
        return MemoryFile(data)


class TestMemoryFolder(FolderTests):
    def make(self, folder: Path, files: Mapping[str, bytes]) -> MemoryFolder:
        return MemoryFolder(files)


class TestNamedMemoryFolder(FolderTests):
    def make(self, folder: Path, files: Mapping[str, bytes]) -> MemoryFolder:
        return MemoryFolder(files, "archive.zip")

    def test_errors_name_the_archive(self) -> None:
        """What is missing is named with the folder, as a file below it would be."""
        with pytest.raises(NotFound, match=r"^archive\.zip/none: "):
            MemoryFolder({}, "archive.zip").open("none")
