"""The cache of statistics: what it knows a content by, how it is bounded, and all that harms it."""

from __future__ import annotations

import functools
import itertools
import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect import stats_cache, stats_cache_file
from tensorboard_plugin_modelinspect.analyses.health import read_channels
from tensorboard_plugin_modelinspect.analyses.stats import TensorStats, compute_stats
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.stats_cache import (
    FILE_NAME,
    VARIABLE,
    ContentCache,
    cache_folder,
    content_key,
    open_cache,
    pack_stats,
    unpack_channels,
    unpack_stats,
)
from tests.support.bundle_writer import BundleWriter
from tests.support.tensors import tensor_of

SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -1.5, 3.25], np.float32)


def make_tensor(values: np.ndarray, crc32c: int | None = 7) -> Tensor:
    """A tensor of these values, with a checksum that is what the test says."""
    return tensor_of("k", values)._replace(crc32c=crc32c)


@functools.cache
def make_stats(number: float = 0.0) -> TensorStats:
    """Statistics that can be told apart by their smallest value."""
    return compute_stats(make_tensor(np.arange(100, dtype=np.float64) + number))


def path_in(folder: Path) -> Path:
    """Where the file is in a cache's folder."""
    return folder / "cache" / FILE_NAME


@pytest.mark.parametrize(
    "values",
    [
        SPECIAL,
        SPECIAL.reshape(1, 2, 3),
        np.full(3, np.nan),
        np.zeros(0, np.float32),
        np.array(5.0),
        np.array([0, 2**64 - 1], np.uint64),
        np.array([-(2**63), 3], np.int64),
        np.array([1e300, -1e300]),  # the sum of squares is infinite
        np.array([3 + 4j, 0], np.complex64),
        np.array([True, False]),
        np.random.default_rng(0).normal(0, 1, 10_000).astype(np.float32),
    ],
    ids=lambda values: f"{values.dtype}{list(values.shape)}",
)
def test_a_row_holds_everything(values: np.ndarray) -> None:
    """What comes out of a row is what went in, to the type of each number."""
    stats = compute_stats(make_tensor(values))
    found = unpack_stats(pack_stats(stats))
    assert found == stats
    assert repr(found) == repr(stats)


def test_channels_are_kept_by_content_and_axes(tmp_path: Path) -> None:
    """The same bytes under a name that counts its channels elsewhere are other channels."""
    kernel = np.zeros((4, 6), np.float32)
    kernel[1] = 1
    dense, table = tensor_of("dense/kernel", kernel), tensor_of("words/embeddings", kernel)
    channels = [read_channels(tensor) for tensor in (dense, table)]
    assert channels[0] is not None
    assert channels[1] is not None
    assert channels[0] != channels[1]
    with ContentCache(path_in(tmp_path)) as cache:
        cache.put_channels(dense, channels[0])
        assert cache.get_channels(table) is None
        assert cache.get(dense) is None
        cache.put_channels(table, channels[1])
    with ContentCache(path_in(tmp_path)) as cache:
        assert [cache.get_channels(tensor) for tensor in (dense, table)] == channels
    assert unpack_channels(b"no row") is None
    assert unpack_channels(pack_stats(make_stats())) is None


@pytest.mark.parametrize("row", [b"", b"no row", pack_stats(make_stats())[:-1]])
def test_what_is_no_row_is_nothing(row: bytes) -> None:
    """Bytes that were not written here are as good as none."""
    assert unpack_stats(row) is None


def test_rows_are_small() -> None:
    """Statistics of a hundred thousand tensors fit into the file."""
    values = np.random.default_rng(0).normal(0, 1, 100_000).astype(np.float32)
    assert len(pack_stats(compute_stats(make_tensor(values)))) < 700


def test_a_content_is_known_by_all_of_its_facts() -> None:
    """Type, shape, size and checksum each tell it from another; without a checksum none does."""
    tensor = make_tensor(np.zeros((2, 3), np.float32))
    others = [
        tensor,
        tensor._replace(dtype=DTYPES[3]),
        tensor._replace(shape=(3, 2)),
        tensor._replace(nbytes=25),
        tensor._replace(crc32c=8),
    ]
    assert len({content_key(one) for one in others}) == len(others)
    assert content_key(tensor._replace(key="other", name="other")) == content_key(tensor)
    unknown = tensor._replace(crc32c=None)
    with ContentCache(None) as cache:
        cache.put(unknown, make_stats())
        assert cache.get(unknown) is None
        cache.put(tensor, make_stats())
        assert cache.get(unknown) is None


def test_another_process_finds_them(tmp_path: Path) -> None:
    """What one cache puts, a later one gets, though it shares no memory with it."""
    tensor, stats = make_tensor(SPECIAL), make_stats()
    with ContentCache(path_in(tmp_path)) as cache:
        assert cache.get(tensor) is None
        cache.put(tensor, stats)
    with ContentCache(path_in(tmp_path)) as cache:
        assert cache.get(tensor) == stats


def test_rows_are_written_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that computes no more, and is killed one day, has kept what it computed."""
    monkeypatch.setattr(stats_cache, "_LONGEST_S", 0.05)
    tensor = make_tensor(SPECIAL)
    cache = ContentCache(path_in(tmp_path))
    cache.put(tensor, make_stats())
    for _ in range(200):
        time.sleep(0.05)
        with ContentCache(path_in(tmp_path)) as other:
            if other.get(tensor) is not None:
                break
    else:
        pytest.fail("nothing was written in ten seconds")
    cache.close()


def test_other_checkpoints_know_the_same_content(tmp_path: Path) -> None:
    """A tensor that did not change is known under any key, in any checkpoint."""
    kernel = np.arange(12, dtype=np.float32).reshape(3, 4)
    tensors = []
    for name, key in (("a-1", "w"), ("b-2", "renamed")):
        writer = BundleWriter()
        writer.add(key, kernel)
        tensors.append(open_artifact(writer.write(tmp_path, name)).tensors[key])
    with ContentCache(None) as cache:
        cache.put(tensors[0], compute_stats(tensors[0]))
        assert cache.get(tensors[1]) == compute_stats(tensors[1])


def test_old_content_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the same values would give other numbers today, what is stored is not used."""
    tensor = make_tensor(SPECIAL)
    with ContentCache(path_in(tmp_path)) as cache:
        cache.put(tensor, make_stats())
    monkeypatch.setattr(stats_cache, "_VERSION", stats_cache._VERSION ^ 1)
    with ContentCache(path_in(tmp_path)) as cache:
        assert cache.get(tensor) is None


def test_memory_is_bounded() -> None:
    """The rows not asked for longest go first."""
    tensors = [make_tensor(SPECIAL, crc32c) for crc32c in range(10)]
    nbytes = len(pack_stats(make_stats()))
    with ContentCache(None, memory_nbytes=3 * nbytes) as cache:
        for tensor in tensors:
            cache.put(tensor, make_stats())
            cache.get(tensors[0])
        known = [number for number, tensor in enumerate(tensors) if cache.get(tensor)]
    assert known == [0, 8, 9]


def test_the_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays below its size whatever is put, and what is used stays longest."""
    path, limit, day = path_in(tmp_path), 100_000, itertools.count(20_000, 2)
    keys = [make_tensor(SPECIAL, crc32c) for crc32c in range(1000)]
    stats = make_stats()
    for start in range(0, 1000, 50):
        seconds = next(day) * 86_400.0
        clock = SimpleNamespace(time=lambda seconds=seconds: seconds)
        monkeypatch.setattr(stats_cache_file, "time", clock)
        with ContentCache(path, file_nbytes=limit) as cache:
            cache.get(keys[0])
            for tensor in keys[start : start + 50]:
                cache.put(tensor, stats)
    assert path.stat().st_size < 1.5 * limit
    with ContentCache(path) as cache:
        known = [number for number, tensor in enumerate(keys) if cache.get(tensor)]
    assert known[0] == 0
    assert known[-1] == 999
    assert 20 < len(known) < 300


def break_nothing(path: Path) -> None:
    """The file is not there."""


def write_garbage(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database " * 1000)


def cut_short(path: Path) -> None:
    with ContentCache(path) as cache:
        for crc32c in range(1000):
            cache.put(make_tensor(SPECIAL, crc32c), make_stats())
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def make_a_folder(path: Path) -> None:
    path.mkdir(parents=True)


def put_a_file_in_the_way(path: Path) -> None:
    path.parent.write_text("a file")


def make_another_table(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("create table content (something)")
    connection.close()


BREAKS = [
    break_nothing,
    write_garbage,
    cut_short,
    make_a_folder,
    put_a_file_in_the_way,
    make_another_table,
]


@pytest.mark.parametrize("harm", BREAKS, ids=lambda harm: harm.__name__)
def test_a_broken_file_is_no_cache_and_no_error(tmp_path: Path, harm: Any) -> None:
    """Whatever is in its place, statistics are kept in memory and nothing is raised."""
    path = path_in(tmp_path)
    harm(path)
    with ContentCache(path) as cache:
        for crc32c in range(2000, 2600):
            cache.put(make_tensor(SPECIAL, crc32c), make_stats())
        assert cache.get(make_tensor(SPECIAL, 2300)) == make_stats()
        for crc32c in range(1000):
            cache.get(make_tensor(SPECIAL, crc32c))


@pytest.mark.parametrize("harm", [write_garbage, cut_short], ids=lambda harm: harm.__name__)
def test_a_damaged_file_is_made_anew(tmp_path: Path, harm: Any) -> None:
    """It would be of no use for ever: what is no database is removed and begun again."""
    path, tensor = path_in(tmp_path), make_tensor(SPECIAL, 2000)
    harm(path)
    for _ in range(2):
        with ContentCache(path) as cache:
            for crc32c in range(1000):
                cache.get(make_tensor(SPECIAL, crc32c))
            cache.put(tensor, make_stats())
    with ContentCache(path) as cache:
        assert cache.get(tensor) == make_stats()


def test_a_locked_file_costs_one_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may hold it for ever: after one wait it is left alone for a while."""
    monkeypatch.setattr(stats_cache_file, "_WAIT_S", 0.01)
    path, tensor = path_in(tmp_path), make_tensor(SPECIAL)
    with ContentCache(path) as cache:
        cache.put(tensor, make_stats())
    attempts = []
    read = stats_cache_file.CacheFile.read
    monkeypatch.setattr(
        stats_cache_file.CacheFile, "read", lambda *args: (attempts.append(args), read(*args))[1]
    )
    other = sqlite3.connect(path)
    other.execute("begin exclusive")
    with ContentCache(path) as cache:
        assert cache.get(tensor) is None
        assert cache.get(tensor) is None
        cache.put(tensor, make_stats())
        assert cache.get(tensor) == make_stats()
    assert len(attempts) == 1
    other.close()
    with ContentCache(path) as cache:
        assert cache.get(tensor) == make_stats()


def test_a_read_only_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be added to, which is no error either."""
    path, tensor = path_in(tmp_path), make_tensor(SPECIAL)
    with ContentCache(path) as cache:
        cache.put(tensor, make_stats())
    before = path.read_bytes()
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda name, **rest: connect(f"file:{name}?mode=ro", uri=True, **rest)
    )
    with ContentCache(path) as cache:
        assert cache.get(tensor) == make_stats()
        cache.put(make_tensor(SPECIAL, 8), make_stats())
    assert path.read_bytes() == before


def test_a_full_disk_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails loses rows of the file, not those in memory, and leaves the file whole."""
    path, tensor = path_in(tmp_path), make_tensor(SPECIAL)
    with ContentCache(path) as cache:
        cache.put(tensor, make_stats())
    connect = stats_cache_file.CacheFile._connect

    def connect_full(self: Any) -> sqlite3.Connection:
        connection = connect(self)
        connection.execute("pragma max_page_count = 4")
        return connection

    with monkeypatch.context() as patch, ContentCache(path) as cache:
        patch.setattr(stats_cache_file.CacheFile, "_connect", connect_full)
        for crc32c in range(100, 500):
            cache.put(make_tensor(SPECIAL, crc32c), make_stats())
        assert cache.get(make_tensor(SPECIAL, 300)) == make_stats()
    with ContentCache(path) as cache:
        assert cache.get(tensor) == make_stats()
        assert cache.get(make_tensor(SPECIAL, 300)) is None


def test_a_deleted_file_is_made_again(tmp_path: Path) -> None:
    """It is safe to delete, also while it is in use."""
    path, tensor = path_in(tmp_path), make_tensor(SPECIAL)
    with ContentCache(path) as cache:
        cache.put(tensor, make_stats())
        cache.flush()
        path.unlink()
        cache.put(make_tensor(SPECIAL, 8), make_stats())
        cache.flush()
        assert cache.get(tensor) == make_stats()
    with ContentCache(path) as cache:
        cache.put(tensor, make_stats())
    with ContentCache(path) as cache:
        assert cache.get(tensor) == make_stats()


def test_threads_may_share_it(tmp_path: Path) -> None:
    """Gets and puts of several threads lose nothing."""
    path = path_in(tmp_path)

    def work(first: int) -> None:
        for crc32c in range(first, first + 300):
            cache.put(make_tensor(SPECIAL, crc32c), make_stats())
            assert cache.get(make_tensor(SPECIAL, crc32c)) == make_stats()

    with ContentCache(path) as cache, ThreadPoolExecutor() as executor:
        list(executor.map(work, (0, 1000, 2000)))
    with ContentCache(path) as cache:
        for first in (0, 1000, 2000):
            assert all(cache.get(make_tensor(SPECIAL, first + place)) for place in range(300))


WRITE = """
import sys
import time
from pathlib import Path
from tests.test_stats_cache import SPECIAL, ContentCache, make_stats, make_tensor
first = int(sys.argv[2])
with ContentCache(Path(sys.argv[1])) as cache:
    for crc32c in range(first, first + 400):
        cache.put(make_tensor(SPECIAL, crc32c), make_stats())
        if crc32c % 50 == 0:
            cache.flush()
"""


def test_processes_may_share_it(tmp_path: Path) -> None:
    """Two that write at the same time wait for each other, and the file stays whole."""
    path = path_in(tmp_path)
    command = [sys.executable, "-c", WRITE, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    started = [subprocess.Popen([*command, first], env=environment) for first in ("0", "1000")]
    assert [process.wait(60) for process in started] == [0, 0]
    connection = sqlite3.connect(path)
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    assert connection.execute("select count(*) from content").fetchone()[0] >= 400
    connection.close()


class TestFolder:
    """Where the file is, and where it never is."""

    def test_the_variable_names_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever folder that is; nothing is made before there is something to keep."""
        monkeypatch.setenv(VARIABLE, str(tmp_path / "some" / "where"))
        with open_cache() as cache:
            assert cache.get(make_tensor(SPECIAL)) is None
            cache.put(make_tensor(SPECIAL), make_stats())
        assert (tmp_path / "some" / "where" / FILE_NAME).is_file()

    def test_an_empty_variable_switches_it_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Then there is memory only."""
        monkeypatch.setenv(VARIABLE, "")
        assert cache_folder() is None

    def test_the_users_own_without_the_variable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A folder of ours in the system's place for caches; none for a user without a home."""
        monkeypatch.delenv(VARIABLE)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        folder = cache_folder()
        assert folder is not None
        assert "modelinspect" in folder.parts
        monkeypatch.setattr("platformdirs.user_cache_dir", lambda *args, **options: "~/.cache/x")
        assert cache_folder() is None

    @pytest.mark.parametrize("through", ["itself", "below", "link"])
    def test_never_below_what_is_looked_at(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, through: str
    ) -> None:
        """A cache folder inside a logdir is not used, by whatever path the logdir is named."""
        logdir = tmp_path / "logs"
        logdir.mkdir()
        (tmp_path / "link").symlink_to(logdir)
        inside = {"itself": logdir, "below": logdir / "a" / "b", "link": tmp_path / "link" / "c"}
        monkeypatch.setenv(VARIABLE, str(inside[through]))
        for root in (logdir, tmp_path / "link", tmp_path):
            with open_cache([tmp_path / "elsewhere", root]) as cache:
                cache.put(make_tensor(SPECIAL), make_stats())
                assert cache.get(make_tensor(SPECIAL)) == make_stats()
        assert list(logdir.iterdir()) == []

    def test_beside_what_is_looked_at(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A folder whose name begins alike is another folder."""
        (tmp_path / "logs").mkdir()
        monkeypatch.setenv(VARIABLE, str(tmp_path / "logs-cache"))
        with open_cache([tmp_path / "logs"]) as cache:
            cache.put(make_tensor(SPECIAL), make_stats())
        assert (tmp_path / "logs-cache" / FILE_NAME).is_file()

    def test_a_python_without_sqlite(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Some are built without it: then there is memory only."""
        monkeypatch.setattr(stats_cache_file, "sqlite3", None)
        with ContentCache(path_in(tmp_path)) as cache:
            cache.put(make_tensor(SPECIAL), make_stats())
            assert cache.get(make_tensor(SPECIAL)) == make_stats()
