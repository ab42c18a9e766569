"""Statistics by path: what is wrong with one tensor is said of it, and the rest goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect.errors import (
    BadChecksum,
    FormatError,
    LimitExceeded,
    NotFound,
    Truncated,
    Unsupported,
)
from tensorboard_plugin_modelinspect.measuring import (
    ArtifactStats,
    count_threads,
    folder_of,
    measure_artifact,
)
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.stats_cache import VARIABLE
from tests.support.bundle_writer import BundleWriter
from tests.support.corpus import ROOT as CORPUS
from tests.support.graph_writer import GraphWriter
from tests.support.hdf5_writer import hdf5

LARGE = np.zeros((3, 1 << 20), np.float32)
"""12 MB: gone over piece by piece, before what comes behind it is looked at."""
MANY = 10**12


@pytest.fixture
def two_shards(tmp_path: Path) -> str:
    """A large tensor in the first shard, small ones in both."""
    writer = BundleWriter(shard_count=2)
    writer.add("a", LARGE, shard=0)
    writer.add("b", np.ones(4, np.float32), shard=1)
    writer.add("c", np.zeros(4, np.float32), shard=0)
    return writer.write(tmp_path, "ckpt-1")


def once(act: Callable[[], object]) -> Callable[[int, int], None]:
    """A progress that does something when it is first called."""
    calls = []

    def progress(done_nbytes: int, nbytes: int) -> None:
        if not calls:
            act()
        calls.append(done_nbytes)

    return progress


def test_a_shard_that_disappears(two_shards: str) -> None:
    """Its tensors are said to lack it, by name; those of the other shard have their statistics."""
    shard = f"{two_shards}.data-00001-of-00002"
    found = measure_artifact(two_shards, progress=once(lambda: os.remove(shard)))
    assert list(found) == ["a", "c"]
    assert f'{shard}, tensor "b": expected the data shard, found no such file' in str(
        found.errors["b"]
    )


def test_a_shard_that_is_cut_short(two_shards: str) -> None:
    """The tensor that was being read is said to be; the other shard's are measured."""
    shard = f"{two_shards}.data-00000-of-00002"
    found = measure_artifact(two_shards, progress=once(lambda: os.truncate(shard, 5 << 20)))
    assert list(found) == ["b"]
    assert isinstance(found.errors["a"], Truncated)
    assert shard in str(found.errors["a"])


@pytest.mark.parametrize("key", ["a", "b"])
def test_a_wrong_checksum(two_shards: str, key: str) -> None:
    """Large or small: no numbers of bytes that are not those that were saved, but the name."""
    shard = 0 if key == "a" else 1
    with open(f"{two_shards}.data-{shard:05d}-of-00002", "r+b") as file:
        file.seek(5)
        file.write(b"\x01")
    found = measure_artifact(two_shards)
    assert sorted(found) == sorted({"a", "b", "c"} - {key})
    assert isinstance(found.errors[key], BadChecksum)
    assert f'tensor "{key}"' in str(found.errors[key])


def write_hole(folder: Path) -> str:
    """A bundle whose file has the size that it declares, and nothing in it."""
    writer = BundleWriter()
    writer.add_hole("huge", "int8", (10**6, 10**6))
    writer.add("small", np.ones(2, np.float32))
    try:
        return writer.write(folder, "ckpt-1")
    except OSError:
        pytest.skip("this file system has no files of a terabyte")


def write_declaration(folder: Path) -> str:
    """A bundle whose index declares more than there is."""
    writer = BundleWriter()
    writer.add("small", np.ones(2, np.float32))
    other = BundleWriter()
    other.add_hole("huge", "float32", (10**6, 10**6))
    writer.entries |= other.entries
    return writer.write(folder, "ckpt-1")


def write_fill_value(folder: Path) -> str:
    """An HDF5 file that stores one number for all of them."""

    def write(file: object) -> None:
        options = {"chunks": (1000, 1000), "fillvalue": 7}
        file.create_dataset("huge", (10**6, 10**6), np.float32, **options)  # type: ignore[attr-defined]
        file["small"] = np.ones(2, np.float32)  # type: ignore[index]

    path = folder / "model.h5"
    path.write_bytes(hdf5(write))
    return str(path)


def write_splat(folder: Path) -> str:
    """A graph whose constant is one value repeated."""
    graph = GraphWriter()
    huge = graph.constant("huge", np.zeros(1, np.float32))
    huge.tensor_content = b""
    huge.float_val.append(1.5)
    huge.tensor_shape.dim[0].size = MANY
    graph.constant("small", np.ones(2, np.float32))
    path = folder / "model.pb"
    path.write_bytes(graph.binary())
    return str(path)


@pytest.mark.parametrize("write", [write_hole, write_declaration, write_fill_value, write_splat])
def test_a_trillion_declared_elements(tmp_path: Path, write: Callable[[Path], str]) -> None:
    """Nothing of that size is read or allocated: it is refused at once, and the rest goes on."""
    found = measure_artifact(write(tmp_path))
    [small] = [stats for key, stats in found.items() if "small" in key]
    assert small.count == 2
    [error] = found.errors.values()
    assert isinstance(error, LimitExceeded | Truncated)


def test_what_has_hardly_a_value(tmp_path: Path) -> None:
    """All NaN, no element, one element, strings."""
    writer = BundleWriter()
    writer.add("all_nan", np.full((2, 3), np.nan, np.float32))
    writer.add("empty", np.zeros((0, 5), np.float64))
    writer.add("scalar", np.array(-2.5, np.float32))
    writer.add_strings("words", [b"", b"four"])
    found = measure_artifact(writer.write(tmp_path, "ckpt-1"))
    assert found.errors == {}
    assert (found["all_nan"].nan, found["all_nan"].mean, found["all_nan"].first_nan) == (
        6,
        None,
        (0, 0),
    )
    assert (found["empty"].count, found["empty"].min, found["empty"].l2) == (0, None, 0.0)
    scalar = found["scalar"]
    assert (scalar.min, scalar.max, scalar.mean, scalar.std) == (-2.5, -2.5, -2.5, 0.0)
    assert (found["words"].of, found["words"].zeros, found["words"].max) == ("length", 1, 4)


def test_variants_have_none() -> None:
    """Asking for those of a tensor without values says why, as reading it does."""
    found = measure_artifact(CORPUS / "tables_and_iterators" / "variants")
    assert "optional" not in found
    assert found.get("optional") is None
    with pytest.raises(Unsupported, match="of type variant"):
        found["optional"]
    with pytest.raises(KeyError):
        found["no such key"]
    assert repr(found) == "<statistics of 1 tensor, 4 cannot be read>"


@pytest.mark.parametrize("artifact", [str, Path, open_artifact, mi.open])
def test_a_path_or_what_is_open(two_shards: str, artifact: Callable[[str], object]) -> None:
    """Both mean the same; single keys mean no more than these."""
    found = mi.stats(artifact(two_shards), ["c", "b"])  # type: ignore[arg-type]
    assert list(found) == ["c", "b"]
    assert found["b"].mean == 1.0


def test_what_is_not_there_is_an_error(two_shards: str) -> None:
    """A path of nothing, a key of nothing, a file that cannot be opened."""
    with pytest.raises(NotFound):
        mi.stats(f"{two_shards}-missing")
    with pytest.raises(NotFound, match='No tensor "d"'):
        mi.stats(two_shards, ["d"])
    with pytest.raises(FormatError):
        mi.stats(CORPUS / "broken" / "index_garbage" / "ckpt")


def test_progress_ends_at_the_whole(two_shards: str) -> None:
    """It is told of every byte once, and grows."""
    told: list[tuple[int, int]] = []
    measure_artifact(two_shards, progress=lambda *numbers: told.append(numbers))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (LARGE.nbytes + 32, LARGE.nbytes + 32)


def test_progress_may_cancel(two_shards: str) -> None:
    """What it raises ends the work and reaches the caller."""

    class Enough(Exception):
        pass

    def stop(done_nbytes: int, nbytes: int) -> None:
        raise Enough

    with pytest.raises(Enough):
        measure_artifact(two_shards, progress=stop)


def test_the_cache_knows_what_did_not_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the next checkpoint only what changed is read: the other shard is not even there."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    kernel = np.arange(12, dtype=np.float32)
    for step in (1, 2):
        writer = BundleWriter(shard_count=2)
        writer.add("frozen", kernel, shard=0)
        writer.add("trained", kernel + step, shard=1)
        writer.write(tmp_path / "run", f"ckpt-{step}")
    first = measure_artifact(tmp_path / "run" / "ckpt-1")
    (tmp_path / "run" / "ckpt-2.data-00000-of-00002").unlink()
    second = measure_artifact(tmp_path / "run" / "ckpt-2")
    assert second["frozen"] == first["frozen"]
    assert second["trained"].mean == first["trained"].mean + 1  # type: ignore[operator]
    without = measure_artifact(tmp_path / "run" / "ckpt-2", use_cache=False)
    assert list(without.errors) == ["frozen"]


def test_threads_and_folders(two_shards: str, tmp_path: Path) -> None:
    """At least one thread; the folder is that of the files, or the artifact itself."""
    assert count_threads() >= 1
    assert folder_of(open_artifact(two_shards)) == str(tmp_path)
    model = CORPUS / "keras3_export" / "network"
    assert folder_of(open_artifact(model)) == str(model)
    assert isinstance(measure_artifact(two_shards, threads=3), ArtifactStats)
