"""The diff of two paths: what is read, across formats, and when one side is bad."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.diffing import diff_paths
from tensorboard_plugin_modelinspect.errors import FormatError, NotFound, UnknownFormat
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import locate_artifact, open_candidate
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tests.support.bundle_writer import BundleWriter
from tests.support.corpus import ROOT as CORPUS

GOOD = str(CORPUS / "broken" / "good_checkpoint")
KERAS = CORPUS / "keras3_files"
_SIZE = 10_000


def write(folder: Path, name: str, changed: int = 0) -> str:
    """A checkpoint of 20 tensors of 40 kB, of which the last `changed` are of their own."""
    writer = BundleWriter()
    for number in range(20):
        step = 0.5 if number >= 20 - changed else 0.0
        writer.add(f"layer_{number:02}/kernel", np.full(_SIZE, number + step, np.float32))
    return str(writer.write(folder, name))


def open_counted(path: str) -> tuple[Artifact, CountingFolder]:
    """An artifact, and what is read of it from now on."""
    folder, candidate = locate_artifact(path)
    counting = CountingFolder(folder)
    return open_candidate(counting, candidate), counting


def test_what_is_shared_is_not_read(tmp_path: Path) -> None:
    """Of two checkpoints that share 90 %: the indexes, and the other 10 % of both, once."""
    before, reads = open_counted(write(tmp_path, "a"))
    after, other_reads = open_counted(write(tmp_path, "b", changed=2))
    for one in (reads, other_reads):
        assert one.nbytes < 10_000
        one.nbytes = 0
    told = [0]
    diff = diff_paths(before, after, lambda done, nbytes: told.append(done))
    assert (diff.counts["equal"], diff.counts["changed"]) == (18, 2)
    assert reads.nbytes == other_reads.nbytes == 2 * 4 * _SIZE
    assert told[-1] == 4 * 4 * _SIZE


def test_of_identical_ones_the_index_only(tmp_path: Path) -> None:
    """Not a byte of values; with `exact` all of them."""
    before, reads = open_counted(write(tmp_path, "a"))
    after, _ = open_counted(write(tmp_path, "b"))
    reads.nbytes = 0
    diff = diff_paths(before, after)
    assert (diff.counts["equal"], reads.nbytes) == (20, 0)
    diff = diff_paths(before, after, exact=True)
    assert (diff.counts["equal"], reads.nbytes) == (20, 20 * 4 * _SIZE)


def test_a_false_checksum_is_found_by_exact(tmp_path: Path) -> None:
    """Equal checksums of other bytes: what `exact` is for."""
    paths = []
    for value in (1.0, 2.0):
        writer = BundleWriter()
        writer.add_slices("w", np.full(4, value, np.float32), [((0, 4),)])
        paths.append(str(writer.write(tmp_path, f"ckpt-{value:.0f}")))
    before, after = (open_counted(path)[0] for path in paths)
    for one in (before, after):
        tensors = {key: tensor._replace(crc32c=7) for key, tensor in one.tensors.items()}
        object.__setattr__(one, "tensors", tensors)
    assert diff_paths(before, after).counts["equal"] == 1
    assert diff_paths(before, after, exact=True).counts["changed"] == 1


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ("pictures.keras", "pictures.h5", 51),
        ("pictures.keras", "pictures-7.weights.h5", 51),
        ("words.keras", "words.h5", 52),
        ("nested.keras", "nested.h5", 16),
        ("adapted.keras", "adapted.h5", 14),
    ],
)
def test_one_model_in_other_formats(before: str, after: str, count: int) -> None:
    """The same weights, found by their names or by what became of them, and equal by value."""
    diff = diff_paths(KERAS / before, KERAS / after)
    assert diff.counts["equal"] == count
    assert sum(diff.counts.values()) == count
    assert diff.is_skipped("documents")
    assert not diff.has_changed_values


def test_a_saved_model_and_its_own_checkpoint() -> None:
    """The variables of a SavedModel are a checkpoint: the same tensors, and not one is read."""
    model = CORPUS / "keras3_saved_model" / "network"
    diff = diff_paths(model, model / "variables" / "variables")
    assert set(diff.counts.items()) >= {("added", 0), ("removed", 0), ("changed", 0)}
    assert not diff.has_changed_structure


def test_a_shard_is_missing(tmp_path: Path) -> None:
    """What lies in it has its error, and a note says so; the rest goes on."""
    for name in ("four.index", *(f"four.data-0000{i}-of-00004" for i in range(4))):
        shutil.copy(CORPUS / "sharded" / name, tmp_path / name)
    Path(tmp_path, "four.data-00002-of-00004").unlink()
    diff = diff_paths(tmp_path / "four.index", CORPUS / "sharded" / "four.index", exact=True)
    errors = [pair.error for pair in diff.pairs if pair.error is not None]
    assert errors
    assert all("four.data-00002-of-00004" in str(error) for error in errors)
    assert len(errors) < len(diff.pairs)
    assert any("four.data-00002-of-00004" in note for note in diff.notes)


def test_a_checksum_that_is_wrong(tmp_path: Path) -> None:
    """Damage that the index does not know of is found when values are read."""
    flipped = str(CORPUS / "broken" / "shard_flipped")
    assert diff_paths(GOOD, flipped).counts["changed"] == 0
    diff = diff_paths(GOOD, flipped, exact=True)
    assert sum(pair.error is not None for pair in diff.pairs) == 1


def test_empty_sides(tmp_path: Path) -> None:
    """Nothing against something, and against nothing."""
    paths = [str(BundleWriter().write(tmp_path, name)) for name in "ab"]
    assert diff_paths(*paths).pairs == ()
    diff = diff_paths(paths[0], write(tmp_path, "c"))
    assert diff.counts["added"] == 20
    assert diff.has_changed_structure


def test_a_side_that_cannot_be_opened() -> None:
    """Its own error, whichever side it is."""
    for sides in (
        (GOOD, CORPUS / "broken" / "index_garbage"),
        (CORPUS / "broken" / "pb_half", GOOD),
    ):
        with pytest.raises(FormatError):
            diff_paths(*sides)
    with pytest.raises(NotFound):
        diff_paths(GOOD, "no-such-thing")
    with pytest.raises(UnknownFormat):
        diff_paths(GOOD, __file__)


def test_patterns(tmp_path: Path) -> None:
    """Only what they fit, on either side; one that fits nothing is an error."""
    paths = write(tmp_path, "a"), write(tmp_path, "b", changed=3)
    diff = diff_paths(*paths, tensors=["layer_1*", "layer_00/kernel"])
    assert len(diff.pairs) == 11
    assert diff.counts["changed"] == 3
    with pytest.raises(NotFound, match="nothing"):
        diff_paths(*paths, tensors=["nothing*"])


def test_progress_ends_the_work(tmp_path: Path) -> None:
    """What it raises is passed on."""

    def stop(done: int, nbytes: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        diff_paths(write(tmp_path, "a"), write(tmp_path, "b", changed=20), stop)
