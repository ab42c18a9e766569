"""Verifying bundles: every damage that a checksum covers is found, and named right."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.verify import Verification, verify
from tensorboard_plugin_modelinspect.codecs.sstable import FOOTER_NBYTES
from tensorboard_plugin_modelinspect.formats.bundle_index import read_index
from tensorboard_plugin_modelinspect.formats.checkpoint import open_checkpoint
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile, MemoryFolder
from tensorboard_plugin_modelinspect.verifying import plan_steps
from tests.hostile.seeds import SEEDS, bundle_writer
from tests.support.artifacts import candidates_in_memory
from tests.support.bundle_writer import BundleWriter, encode_entry, masked, varint

VARIANT = 21


def look(files: Mapping[str, bytes]) -> Verification:
    """Verify the one checkpoint among some files in memory."""
    [candidate] = candidates_in_memory(files)
    return verify(plan_steps(MemoryFolder(files, "run"), candidate))


def flip(files: Mapping[str, bytes], name: str, offset: int, bits: int = 0x10) -> dict[str, bytes]:
    """The files with bits of one byte inverted."""
    data = bytearray(files[name])
    data[offset] ^= bits
    return {**files, name: bytes(data)}


def outcome(verification: Verification, name: str) -> str:
    """Of the step of that name."""
    return next(report.outcome for report in verification.steps if report.name == name)


def add_variants(writer: BundleWriter, key: str, elements: list[bytes]) -> None:
    """Add a variant tensor as `WriteVariantTensor` does; the elements need not mean anything."""
    import google_crc32c

    data, crc = b"", 0
    for element in elements:
        crc = google_crc32c.extend(crc, len(element).to_bytes(8, "little") + element)
        stored = masked(crc)
        crc = google_crc32c.extend(crc, stored)
        data += varint(len(element)) + element + stored
    offset = writer._shards[0].append(data)
    writer.entries[key.encode()] = encode_entry(
        VARIANT, (len(elements),), offset=offset, nbytes=len(data), crc32c=crc
    )


def everything() -> dict[str, bytes]:
    """A checkpoint of two shards with all that has a checksum of its own kind."""
    writer = bundle_writer()
    add_variants(writer, "variants", [b"", b"abc", bytes(range(200))])
    return writer.files("ckpt-3")


@pytest.mark.parametrize("seed", ["checkpoint", "compressed"])
def test_what_is_whole_passes(seed: str) -> None:
    """Whole files pass every step, and each of their bytes is read just once."""
    files = SEEDS[seed]()
    found = look(files)
    assert (found.verdict, found.problems, found.facts) == ("passed", [], [])
    assert (
        found.done_nbytes
        == found.nbytes
        == sum(len(data) for name, data in files.items() if name != "checkpoint")
    )


@pytest.mark.parametrize("shard", [0, 1])
def test_any_flipped_byte_of_a_shard_is_found_and_named(shard: int) -> None:
    """Just the tensor that holds the byte is named, with bytes [start, stop) around it."""
    files = everything()
    name = f"ckpt-3.data-0000{shard}-of-00002"
    owners = {
        number: entry.key
        for entry in read_index(MemoryFile(files["ckpt-3.index"])).entries.values()
        for extent in [entry.extent, *(extent for _, extent in entry.parts)]
        if extent is not None and extent.shard == shard
        for number in range(extent.offset, extent.stop)
    }
    assert set(owners) == set(range(len(files[name])))
    for offset, key in owners.items():
        found = look(flip(files, name, offset, 1 << offset % 8))
        assert found.verdict == "failed"
        [problem] = found.problems
        assert (problem.path, problem.tensor) == (f"run/{name}", key), offset
        assert problem.start is not None
        assert problem.stop is not None
        assert problem.start <= offset < problem.stop
        assert f'"{key}"' in problem.thing
        assert problem.next_step


@pytest.mark.parametrize("seed", ["checkpoint", "compressed"])
def test_any_flipped_byte_of_an_index_is_found(seed: str) -> None:
    """Each block is named by its own bytes; the footer has no checksum, but leads to blocks."""
    files = SEEDS[seed]()
    [name] = [name for name in files if name.endswith(".index")]
    size = len(files[name])
    for offset in range(size - FOOTER_NBYTES):
        found = look(flip(files, name, offset, 1 << offset % 8))
        assert outcome(found, "index") == "failed", offset
        [problem] = found.problems[:1]  # a bad block of handles hides the rest: it has no end
        assert problem.start is not None
        assert problem.start <= offset < (problem.stop or size), offset
        assert all(one.path == f"run/{name}" for one in found.problems)


def test_several_bad_blocks_are_all_listed() -> None:
    """The first bad block hides no other."""
    files = SEEDS["checkpoint"]()
    damaged = flip(flip(files, "ckpt-3.index", 3), "ckpt-3.index", 300)
    assert len(look(damaged).problems) == 2


def test_bytes_cut_moved_and_added_are_found() -> None:
    """A byte less fails, wherever it was; so do bytes that moved; a byte more is told."""
    files = everything()
    name = "ckpt-3.data-00000-of-00002"
    data = files[name]
    for offset in range(0, len(data), 3):
        found = look({**files, name: data[:offset] + data[offset + 1 :]})
        assert outcome(found, "shards") == "failed"
    assert look({**files, name: data[8:] + data[:8]}).verdict == "failed"
    longer = look({**files, name: data + b"spare"})
    assert longer.verdict == "passed"
    [spare] = longer.facts
    assert "5 of" in spare.fact
    assert (spare.start, spare.stop) == (len(data), len(data) + 5)


def test_a_missing_shard_leaves_the_others_verified() -> None:
    """The shard is the problem; tensors of the other one are read; how much is lost is said."""
    files = everything()
    lost = files.pop("ckpt-3.data-00001-of-00002")
    found = look(files)
    [problem] = found.problems
    assert problem.path == "run/ckpt-3.data-00001-of-00002"
    assert problem.fact == f"expected {len(lost)} bytes, found no such file"
    assert "3 of 10 tensors" in problem.next_step
    assert found.done_nbytes == found.nbytes - len(lost)
    assert found.verdict == "failed"
    [tensors] = [report for report in found.steps if report.name == "tensors"]
    assert tensors.outcome == "skipped", "what was not read has not passed"


def test_a_pointer_of_git_lfs_says_what_to_run() -> None:
    """A shard that a clone left behind is told as such."""
    files = everything()
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 400\n"
    found = look({**files, "ckpt-3.data-00000-of-00002": pointer})
    assert any("git lfs pull" in one.next_step for one in found.problems)


def with_extents(*extents: tuple[int, int]) -> dict[str, bytes]:
    """A checkpoint of byte tensors at these (offset, length) of one shard of 40 bytes."""
    import google_crc32c

    data = bytes(range(40))
    writer = BundleWriter()
    writer.add("filler", np.frombuffer(data, np.uint8))
    del writer.entries[b"filler"]
    for number, (offset, nbytes) in enumerate(extents):
        crc = google_crc32c.value(data[offset : offset + nbytes])
        writer.entries[f"t{number}".encode()] = encode_entry(
            4, (nbytes,), offset=offset, nbytes=nbytes, crc32c=crc
        )
    return writer.files("ckpt-3")


def test_overlapping_tensors_are_a_problem() -> None:
    """Two tensors that share some bytes cannot both have been written: both are named."""
    found = look(with_extents((0, 20), (12, 28)))
    [problem] = found.problems
    assert (problem.tensor, problem.start, problem.stop) == ("t1", 12, 20)
    assert '"t0"' in problem.fact
    assert outcome(found, "extents") == "failed"
    assert outcome(found, "tensors") == "passed"
    nested = look(with_extents((0, 40), (4, 2), (8, 2)))
    assert [one.tensor for one in nested.problems] == ["t1", "t2"]


def test_tensors_of_the_same_bytes_are_a_fact() -> None:
    """A writer may store equal tensors once; every reader reads them."""
    found = look(with_extents((0, 40), (0, 40)))
    assert found.verdict == "passed"
    assert '"t0"' in found.facts[0].fact


def test_bytes_of_no_tensor_are_a_fact() -> None:
    """Gaps, as alignment leaves them, harm nothing; the first is named."""
    found = look(with_extents((0, 8), (16, 8)))
    assert found.verdict == "passed"
    [gap] = found.facts
    assert gap.fact == "24 of 40 bytes belong to no tensor"
    assert (gap.start, gap.stop) == (8, 16)


def test_reads_stay_small() -> None:
    """A tensor, however large, goes through memory in pieces; strings and variants too."""
    largest = 0

    class Watched(MemoryFile):
        def read(self, offset: int, nbytes: int) -> bytes:
            nonlocal largest
            largest = max(largest, nbytes)
            return super().read(offset, nbytes)

    class WatchedFolder(MemoryFolder):
        def open(self, name: str) -> MemoryFile:
            return Watched(self._files[name], name)

    writer = BundleWriter()
    writer.add("floats", np.zeros(1 << 20, np.float32))
    writer.add_strings("words", [b"x" * (1 << 21), b""])
    add_variants(writer, "variants", [b"y" * (1 << 21)])
    files = writer.files("ckpt-3")
    [candidate] = candidates_in_memory(files)
    assert verify(plan_steps(WatchedFolder(files), candidate)).verdict == "passed"
    assert 0 < largest <= 1 << 18


def test_planning_reads_no_weights() -> None:
    """What there is to verify is known from the index alone."""
    from tensorboard_plugin_modelinspect.sources.counting import CountingFolder

    files = everything()
    [candidate] = candidates_in_memory(files)
    folder = CountingFolder(MemoryFolder(files))
    steps = plan_steps(folder, candidate)
    assert sum(step.nbytes for step in steps) == sum(map(len, files.values()))
    assert folder.nbytes < 3 * len(files["ckpt-3.index"])


def test_reading_and_verifying_agree() -> None:
    """What reading a whole tensor refuses is what verifying names."""
    from tensorboard_plugin_modelinspect.errors import BadChecksum

    files = flip(SEEDS["checkpoint"](), "ckpt-3.data-00000-of-00002", 3)
    artifact = open_checkpoint(MemoryFolder(files, "run"), "ckpt-3")
    [problem] = look(files).problems
    assert problem.tensor is not None
    with pytest.raises(BadChecksum) as caught:
        artifact.tensors[problem.tensor].read()
    assert caught.value.fact == problem.fact
