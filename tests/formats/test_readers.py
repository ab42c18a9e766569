"""The readers, under the rules that every reader inherits."""

from __future__ import annotations

from pathlib import Path

from tests.support.corpus import Recorded
from tests.support.reader_tests import ReaderTests

SMALL = 2048
"""Bytes for footers that are read twice, a look for Git LFS pointers, a step counter."""


def names_nbytes(folder: Path, prefix: str) -> int:
    """Bytes of a bundle's index and of its object graph, which holds the readable names."""
    from tensorboard_plugin_modelinspect.opening import open_artifact

    graph = open_artifact(folder / prefix).tensors.get("_CHECKPOINTABLE_OBJECT_GRAPH")
    nbytes = (folder / f"{prefix}.index").stat().st_size
    return nbytes + (graph.nbytes + 32 if graph else 0)


class TestCheckpointReader(ReaderTests):
    kind = "checkpoint"

    def folder_of(self, artifact: Recorded) -> Path:
        return artifact.path.parent

    def files_of(self, artifact: Recorded) -> list[Path]:
        start = artifact.path.name
        return [
            path.relative_to(artifact.path.parent)
            for path in sorted(artifact.path.parent.iterdir())
            if path.name in (f"{start}.index", f"{start}.meta")
            or path.name.startswith(f"{start}.data-")
        ]

    def budget(self, folder: Path, files: list[Path]) -> int:
        [index] = [file for file in files if file.name.endswith(".index")]
        return names_nbytes(folder, index.name.removesuffix(".index")) + SMALL

    def is_vital(self, folder: Path, file: Path) -> bool:
        return file.suffix != ".meta" and (folder / file).stat().st_size > 0

    def renamed(self, path: Path) -> Path:
        for ending in (".index", ".meta"):
            if path.name.endswith(ending):
                return path.with_name(f"some thing.v1{ending}")
        return path.with_name(f"some thing.v1.data-{path.name.rpartition('.data-')[2]}")


class TestSavedModelReader(ReaderTests):
    kind = "saved_model"

    def folder_of(self, artifact: Recorded) -> Path:
        return artifact.path

    def files_of(self, artifact: Recorded) -> list[Path]:
        return [
            path.relative_to(artifact.path)
            for path in sorted(artifact.path.rglob("*"))
            if path.is_file()
        ]

    def budget(self, folder: Path, files: list[Path]) -> int:
        own = [file for file in files if len(file.parts) == 1]
        nbytes = sum((folder / file).stat().st_size for file in own)
        if Path("variables/variables.index") in files:
            nbytes += names_nbytes(folder / "variables", "variables")
        return nbytes + SMALL

    def is_vital(self, folder: Path, file: Path) -> bool:
        is_own = file.name in ("saved_model.pb", "saved_model.pbtxt")
        is_variable = file.parent.name == "variables" and (folder / file).stat().st_size > 0
        return is_own or is_variable

    def renamed(self, path: Path) -> Path:
        return path  # the names are fixed; the folder's own name is hidden in memory
