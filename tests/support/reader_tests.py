"""What every reader must do. Inherit, name the corpus artifacts it reads, and be done.

class TestKerasReader(ReaderTests):
    kind = "keras"
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tensorboard_plugin_modelinspect.analyses.verify import verify
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.model.pieces import PIECE_NBYTES, iter_pieces
from tensorboard_plugin_modelinspect.opening import (
    Candidate,
    check_artifact,
    open_artifact,
    open_candidate,
)
from tensorboard_plugin_modelinspect.sources.base import Folder
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tensorboard_plugin_modelinspect.verifying import plan_steps
from tests.support.artifacts import candidates_in, candidates_in_memory, describe
from tests.support.corpus import Recorded, recorded
from tests.support.trickle import TrickleFolder

LIST = """
import sys
from tensorboard_plugin_modelinspect.analyses.totals import compute_totals
from tensorboard_plugin_modelinspect.opening import open_artifact
for path in sys.argv[1:]:
    artifact = open_artifact(path)
    compute_totals(artifact.tensors.values())
    [(t.name, t.dtype.name, t.size, t.nbytes, t.role) for t in artifact.tensors.values()]
    list(artifact.objects.nodes if artifact.objects else ())
print(*sorted({"numpy", "ml_dtypes", "tensorflow"} & sys.modules.keys()))
"""


class ReaderTests:
    """Rules of a reader. `artifact` runs over the complete corpus artifacts of its kind."""

    kind: str

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.artifacts = [
            one
            for one in recorded(kind=cls.kind, state="complete")
            if "tensors" in one.answers and cls.reads(one)
        ]

    artifacts: list[Recorded]

    @classmethod
    def reads(cls, artifact: Recorded) -> bool:
        """Whether an artifact of its kind is of its format."""
        return True

    def folder_of(self, artifact: Recorded) -> Path:
        """The folder its files are in."""
        raise NotImplementedError

    def files_of(self, artifact: Recorded) -> list[Path]:
        """The files it is made of, relative to the folder."""
        raise NotImplementedError

    def budget(self, folder: Path, files: list[Path]) -> int:
        """Most bytes that opening may read: index, protobuf and names, no weights."""
        raise NotImplementedError

    def renamed(self, path: Path) -> Path:
        """The file under a name that says nothing, where the format leaves a choice."""
        raise NotImplementedError

    def is_vital(self, folder: Path, file: Path) -> bool:
        """Whether the loss of a file must show in the state."""
        raise NotImplementedError

    def files_in_memory(self, artifact: Recorded) -> dict[str, bytes]:
        """Its files by name."""
        folder = self.folder_of(artifact)
        return {str(file): (folder / file).read_bytes() for file in self.files_of(artifact)}

    def candidate(self, candidates: list[Candidate]) -> Candidate:
        """The one candidate of this kind."""
        [found] = [one for one in candidates if one.kind == self.kind]
        return found

    def copy(self, artifact: Recorded, target: Path) -> Path:
        """Copy its files, and only these, into a new folder."""
        for file in self.files_of(artifact):
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.folder_of(artifact) / file, target / file)
        return target

    def test_any_source_gives_the_same(self, tmp_path: Path) -> None:
        """Local files, files that come byte by byte, and files in memory: one artifact."""
        for number, artifact in enumerate(self.artifacts):
            path = str(self.copy(artifact, tmp_path / str(number)))
            files = self.files_in_memory(artifact)
            candidate = self.candidate(candidates_in(path))
            folders: list[Folder] = [
                LocalFolder(path, name="model"),
                TrickleFolder(path, name="model"),
                MemoryFolder(files, name="model"),
                LocalFolder(path, name="model", confine_to=path),
            ]
            first, *others = [describe(open_candidate(folder, candidate)) for folder in folders]
            for other in others:
                assert other == first, artifact.id
            assert set(first["tensors"]) == {
                bytes.fromhex(one["key_hex"]).decode("utf-8", "surrogateescape")
                if "key_hex" in one
                else one["key"]
                for one in artifact.answers["tensors"]
            }

    def test_opens_within_its_budget(self, tmp_path: Path) -> None:
        """Opening and checking read names, shapes and signatures: never the weights."""
        for artifact in self.artifacts:
            folder = self.folder_of(artifact)
            budget = self.budget(folder, self.files_of(artifact))
            files = self.files_in_memory(artifact)
            candidate = self.candidate(candidates_in_memory(files))
            for use in (
                lambda counted, candidate=candidate: open_candidate(counted, candidate),
                lambda counted, candidate=candidate: check_artifact(counted, candidate, now_s=1e10),
            ):
                counted = CountingFolder(MemoryFolder(files))
                use(counted)
                assert 0 < counted.nbytes <= budget, artifact.id

    def test_pieces_are_the_values(self) -> None:
        """A tensor read in pieces, of one size or another, is the tensor, each element once."""
        for artifact in self.artifacts:
            for tensor in open_artifact(artifact.path).tensors.values():
                try:
                    whole = tensor.read()
                except ModelInspectError:
                    continue  # of a type without values, or in files that are not there
                for most_nbytes in (1, 24, PIECE_NBYTES):
                    found = np.empty(tensor.shape, whole.dtype)
                    for piece in iter_pieces(tensor, most_nbytes):
                        for number, value in enumerate(piece.values):
                            found[piece.coordinate(number)] = value
                    # As text: a NaN is no NaN's equal.
                    assert str(found.tolist()) == str(whole.tolist()), tensor.key

    def test_what_is_whole_verifies(self) -> None:
        """Whatever TensorFlow wrote passes every step, and each step says what it looked at."""
        for artifact in self.artifacts:
            files = self.files_in_memory(artifact)
            candidate = self.candidate(candidates_in_memory(files))
            found = verify(plan_steps(MemoryFolder(files), candidate))
            assert found.verdict == "passed", (artifact.id, found.problems)
            assert found.done_nbytes == found.nbytes
            assert all(report.title and report.noun for report in found.steps)

    def test_is_recognised_with_its_name_hidden(self) -> None:
        """What it is shows in how its files are named after each other, not in what they say."""
        for artifact in self.artifacts:
            files = self.files_in_memory(artifact)
            hidden = {str(self.renamed(Path(name))): data for name, data in files.items()}
            before = self.candidate(candidates_in_memory(files))
            after = self.candidate(candidates_in_memory(hidden))
            one = open_candidate(MemoryFolder(files, "m"), before)
            other = open_candidate(MemoryFolder(hidden, "m"), after)
            assert one.tensors.keys() == other.tensors.keys()
            assert one.meta_graphs == other.meta_graphs

    def test_lists_without_numpy(self) -> None:
        """Opening and listing imports neither numpy nor TensorFlow: a cold start stays short."""
        paths = [str(artifact.path) for artifact in self.artifacts]
        done = subprocess.run(
            [sys.executable, "-c", LIST, *paths], capture_output=True, text=True, timeout=120
        )
        assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr

    def test_errors_name_the_file(self, tmp_path: Path) -> None:
        """Whichever of its files is missing, empty or replaced by text: if that shows at all, the
        message or a note names the file, and the check says a state with that reason."""
        for number, artifact in enumerate(self.artifacts):
            whole = describe(open_artifact(artifact.path))
            for file in self.files_of(artifact):
                for content in (None, b"", b"this is no such file\n" * 10):
                    folder = self.copy(artifact, tmp_path / f"{number}")
                    is_vital = self.is_vital(folder, file)
                    if content is None:
                        (folder / file).unlink()
                    else:
                        (folder / file).write_bytes(content)
                    shows = self.shows_damage(folder, file, whole)
                    assert shows or content or not is_vital, (artifact.id, file)

    def shows_damage(self, folder: Path, file: Path, whole: dict[str, Any]) -> bool:
        """Whether the state of a damaged folder is not complete; checks what is said of it."""
        local = LocalFolder(str(folder), name="model")
        candidates = [one for one in candidates_in(folder) if one.kind == self.kind]
        if not candidates:
            return True
        check = check_artifact(local, candidates[0], now_s=1e10)
        if check is None:
            return True  # of this format by its content, which it has no more
        try:
            notes = open_candidate(local, candidates[0]).notes
        except ModelInspectError as error:
            notes = (error.message,)
        if check.state != "complete":
            assert f"model/{file}" in check.reason
            assert f"model/{file}" in " ".join(notes)
        for note in notes:
            assert note in whole["notes"] or f"model/{file}" in note
        return check.state != "complete"
