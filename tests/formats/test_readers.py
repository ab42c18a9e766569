"""The readers, under the rules that every reader inherits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tensorboard_plugin_modelinspect.formats.hdf5.superblock import SIGNATURE
from tensorboard_plugin_modelinspect.formats.keras.recognising import SHARDED, shards_of
from tensorboard_plugin_modelinspect.formats.v1_names import file_names, pattern_of, prefix_of
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


def is_v1(artifact: Recorded) -> bool:
    """Whether a checkpoint has no index."""
    return not artifact.path.with_name(f"{artifact.path.name}.index").exists()


def graph_nbytes(folder: Path, files: list[Path]) -> int:
    """Bytes of the graph beside a checkpoint."""
    return sum((folder / file).stat().st_size for file in files if ".meta" in file.suffixes)


class TestCheckpointReader(ReaderTests):
    kind = "checkpoint"

    @classmethod
    def reads(cls, artifact: Recorded) -> bool:
        return not is_v1(artifact)

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
        return (
            names_nbytes(folder, index.name.removesuffix(".index"))
            + SMALL
            + graph_nbytes(folder, files)
        )

    def is_vital(self, folder: Path, file: Path) -> bool:
        return file.suffix != ".meta" and (folder / file).stat().st_size > 0

    def renamed(self, path: Path) -> Path:
        for ending in (".index", ".meta"):
            if path.name.endswith(ending):
                return path.with_name(f"some thing.v1{ending}")
        return path.with_name(f"some thing.v1.data-{path.name.rpartition('.data-')[2]}")


class TestCheckpointV1Reader(ReaderTests):
    kind = "checkpoint"

    @classmethod
    def reads(cls, artifact: Recorded) -> bool:
        return is_v1(artifact)

    def folder_of(self, artifact: Recorded) -> Path:
        return artifact.path.parent

    def files_of(self, artifact: Recorded) -> list[Path]:
        names = [*file_names(artifact.path.name), f"{prefix_of(artifact.path.name)}.meta"]
        return [Path(name) for name in names if (artifact.path.parent / name).exists()]

    def budget(self, folder: Path, files: list[Path]) -> int:
        # Blocks as small as these are read whole for the contents that they begin with.
        tables = sum((folder / file).stat().st_size for file in files if file.suffix != ".meta")
        return 2 * tables + SMALL + graph_nbytes(folder, files)

    def is_vital(self, folder: Path, file: Path) -> bool:
        return file.suffix != ".meta"

    def renamed(self, path: Path) -> Path:
        if path.suffix == ".meta":
            return path.with_name("some thing-1.meta")
        shard = path.name[-len("-00000-of-00001") :] if pattern_of(path.name) else ""
        return path.with_name(f"some thing-1{shard}")


class TestMetaGraphReader(ReaderTests):
    kind = "meta_graph"

    def folder_of(self, artifact: Recorded) -> Path:
        return artifact.path.parent

    def files_of(self, artifact: Recorded) -> list[Path]:
        return [Path(artifact.path.name)]

    def budget(self, folder: Path, files: list[Path]) -> int:
        return graph_nbytes(folder, files) + SMALL

    def is_vital(self, folder: Path, file: Path) -> bool:
        return True

    def renamed(self, path: Path) -> Path:
        return path.with_name("some thing.meta")


class TestHdf5Reader(ReaderTests):
    kind = "h5"

    def folder_of(self, artifact: Recorded) -> Path:
        return artifact.path.parent

    def files_of(self, artifact: Recorded) -> list[Path]:
        name = artifact.path.name
        return [Path(name), *map(Path, shards_of(name, os.listdir(artifact.path.parent)))]

    def budget(self, folder: Path, files: list[Path]) -> int:
        # Small files are read whole; test_values.py has a large one.
        return 3 * sum((folder / file).stat().st_size for file in files) + SMALL

    def is_vital(self, folder: Path, file: Path) -> bool:
        return not file.name.endswith(SHARDED)  # without it, its shards are files of their own

    def renamed(self, path: Path) -> Path:
        if path.name.endswith(SHARDED) or shards_of("shards" + SHARDED, [path.name]):
            return path  # the map names its shards
        return path.with_name(f"some thing.v1{path.suffix}")

    def shows_damage(self, folder: Path, file: Path, whole: dict[str, Any]) -> bool:
        path = folder / file
        if path.suffix == ".ckpt" and path.exists() and path.read_bytes()[:8] != SIGNATURE:
            return True  # then it is none of ours: others call files so too
        return super().shows_damage(folder, file, whole)


class TestKerasReader(ReaderTests):
    kind = "keras"

    def folder_of(self, artifact: Recorded) -> Path:
        return artifact.path if artifact.path.is_dir() else artifact.path.parent

    def files_of(self, artifact: Recorded) -> list[Path]:
        if not artifact.path.is_dir():
            return [Path(artifact.path.name)]
        return [file.relative_to(artifact.path) for file in sorted(artifact.path.iterdir())]

    def budget(self, folder: Path, files: list[Path]) -> int:
        return 3 * sum((folder / file).stat().st_size for file in files) + SMALL

    def is_vital(self, folder: Path, file: Path) -> bool:
        return file.name != "metadata.json"

    def renamed(self, path: Path) -> Path:
        return path if path.suffix != ".keras" else path.with_name("some thing.v1.keras")


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


class TestGraphReader(ReaderTests):
    kind = "graph_def"

    def folder_of(self, artifact: Recorded) -> Path:
        return artifact.path.parent

    def files_of(self, artifact: Recorded) -> list[Path]:
        return [Path(artifact.path.name)]

    def budget(self, folder: Path, files: list[Path]) -> int:
        # The values of these are small: what is not read of large ones is a test of its own.
        return 2 * (folder / files[0]).stat().st_size + SMALL

    def is_vital(self, folder: Path, file: Path) -> bool:
        return True

    def renamed(self, path: Path) -> Path:
        return path.with_name(f"some thing.v1{path.suffix}")
