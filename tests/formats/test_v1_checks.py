"""Verifying checkpoints V1: every byte of every file is covered by a checksum, and is compared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tensorboard_plugin_modelinspect.analyses.verify import Verification, verify
from tensorboard_plugin_modelinspect.codecs.sstable import FOOTER_NBYTES
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile, MemoryFolder
from tensorboard_plugin_modelinspect.verifying import plan_steps
from tests.support.v1_writer import V1Writer, v1_candidate

FIRST, SECOND = "m.ckpt-00000-of-00002", "m.ckpt-00001-of-00002"


def files_of(block_size: int = 100) -> dict[str, bytes]:
    """Two shards of a few blocks each."""
    writer = V1Writer(shard_count=2, block_size=block_size)
    for number in range(6):
        writer.add(f"t{number}", np.full(20, number, np.float32), shard=number % 2)
    return writer.files("m.ckpt")


def look(files: Mapping[str, bytes]) -> Verification:
    candidate = v1_candidate(files)
    return verify(plan_steps(MemoryFolder(files, "run"), candidate))


def outcomes(found: Verification) -> dict[str, str]:
    return {report.name: report.outcome for report in found.steps}


def flip(files: dict[str, bytes], name: str, offset: int) -> dict[str, bytes]:
    data = bytearray(files[name])
    data[offset] ^= 0x10
    return {**files, name: bytes(data)}


def test_what_is_whole_passes() -> None:
    """All bytes of all files are read once."""
    files = files_of()
    found = look(files)
    assert found.verdict == "passed"
    assert found.done_nbytes == found.nbytes == sum(map(len, files.values()))


def test_any_flipped_byte_is_found() -> None:
    """Values lie in blocks too: whichever byte changed, its file fails, and its place is named."""
    files = files_of()
    for offset in range(len(files[FIRST]) - FOOTER_NBYTES):
        found = look(flip(files, FIRST, offset))
        assert outcomes(found)["tables"] == "failed", offset
        [problem] = found.problems
        assert problem.path == f"run/{FIRST}"
        assert problem.start is not None
        assert problem.start <= offset < (problem.stop or len(files[FIRST]))


def test_bad_blocks_of_both_files_are_listed() -> None:
    """The first bad block hides no other, and no other file."""
    found = look(flip(flip(flip(files_of(), FIRST, 3), FIRST, 300), SECOND, 3))
    assert [one.path for one in found.problems] == [f"run/{FIRST}", f"run/{FIRST}", f"run/{SECOND}"]


def test_missing_and_other_files_are_named() -> None:
    """What is not there, and what is no table, is said; the rest is verified."""
    files = files_of()
    lost = look({SECOND: files[SECOND]})
    assert outcomes(lost) == {"files": "failed", "tables": "passed", "leftovers": "passed"}
    assert [one.path for one in lost.problems] == [f"run/{FIRST}"]
    other = look({**files, FIRST: b"<!doctype html>" * 9})
    assert [one.path for one in other.problems] == [f"run/{FIRST}"]
    assert "web page" in other.problems[0].fact
    assert other.done_nbytes >= len(files[SECOND])


def test_contents_that_contradict_each_other_fail() -> None:
    """Right checksums over contents that no TensorFlow writes are a problem too."""
    writer = V1Writer(shard_count=2)
    writer.add("t", np.ones(2, np.float32))
    writer.add("t", np.ones(2, np.int32), shard=1)
    [problem] = look(writer.files("m.ckpt")).problems
    assert "another type or shape" in problem.fact


def test_leftovers_and_the_state_file() -> None:
    """What an interrupted save left is told; a state file names shards by their pattern."""
    files = files_of()
    state = b'model_checkpoint_path: "m.ckpt-?????-of-00002"\n'
    left = {f"{FIRST}.tempstate123": b"", "m.ckpt.tempstate9": b"", "checkpoint": state}
    folder = MemoryFolder({**files, **left}, "run")
    candidate = v1_candidate(files)
    found = verify(plan_steps(folder, candidate))
    assert found.verdict == "passed"
    [fact] = found.facts
    assert f"{FIRST}.tempstate123, m.ckpt.tempstate9" in fact.fact


def test_large_blocks_are_read_in_pieces() -> None:
    """A block of megabytes goes through memory a piece at a time."""
    largest = 0

    class Watched(MemoryFile):
        def read(self, offset: int, nbytes: int) -> bytes:
            nonlocal largest
            largest = max(largest, nbytes)
            return super().read(offset, nbytes)

    class WatchedFolder(MemoryFolder):
        def open(self, name: str) -> MemoryFile:
            return Watched(self._files[name], name)

    writer = V1Writer()
    writer.add("a", np.zeros(1 << 20, np.float32))
    files = writer.files("m.ckpt")
    candidate = v1_candidate(files)
    assert verify(plan_steps(WatchedFolder(files), candidate)).verdict == "passed"
    assert 0 < largest <= 1 << 20
