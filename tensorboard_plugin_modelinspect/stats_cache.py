"""Statistics of contents seen before: in memory, and in a file in the user's own cache folder.

A content is known by its type, shape, size and stored checksum, so that a tensor that did not
change from one checkpoint to the next is read once. Nothing else of it is kept: no name, no path.

The file is an optimization and nothing more. It may be deleted at any time, also while it is in
use; where it is broken, locked, read-only or full it holds nothing, and nobody hears of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
import zlib
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, TypeVar

from tensorboard_plugin_modelinspect.analyses import health
from tensorboard_plugin_modelinspect.analyses import stats as engine
from tensorboard_plugin_modelinspect.analyses.health import Channels
from tensorboard_plugin_modelinspect.analyses.health.names import channel_axes
from tensorboard_plugin_modelinspect.analyses.stats import Histogram, TensorStats
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.stats_cache_file import CacheFile, CacheFileError
from tensorboard_plugin_modelinspect.version import __version__

VARIABLE = "MODELINSPECT_CACHE"
"""Names another folder; empty: nothing is kept on disk."""
FILE_NAME = "statistics.sqlite"
FILE_NBYTES = 128 << 20
"""Of the file, about: statistics of 150,000 tensors. Those not asked for longest go first."""
MEMORY_NBYTES = 16 << 20
"""Of rows in memory, in the same way."""

_BATCH = 256
"""Rows that are written together: a transaction waits for the disk."""
_LONGEST_S = 3.0
"""Until rows are written although they are few: an end of the process loses no more than that."""
_PAUSE_S = 30.0
"""For which the file is left alone after an error, so that a lock costs one wait and not many."""
_SPECIAL = ("histogram", "quantiles")
_PLAIN = tuple(entry.name for entry in fields(TensorStats) if entry.name not in _SPECIAL)
_T = TypeVar("_T")


def _version_of_code() -> int:
    """A number that is another one after any change of what computes statistics or packs them.

    So nobody has to remember that the same values give other numbers than before.
    """
    version = zlib.crc32(f"{__version__} {sys.byteorder} {_PLAIN}".encode())
    folders = (Path(package.__path__[0]) for package in (engine, health))
    sources = (path for folder in folders for path in sorted(folder.glob("*.*")))
    for path in (Path(__file__), *sources):
        with contextlib.suppress(OSError):  # not in every form of installation
            version = zlib.crc32(path.read_bytes(), version)
    return version


_VERSION = _version_of_code()


def open_cache(looked_at: Iterable[str | os.PathLike[str]] = ()) -> ContentCache:
    """The cache of this user.

    Args:
        looked_at: Folders that models are read from. Nothing is ever written below them: where the
            user's cache folder is below one, the cache is in memory only.

    Cost: no I/O but `stat` of the folders above the cache's.
    """
    folder = cache_folder()
    if folder is None or any(_is_below(folder, Path(one)) for one in looked_at):
        return ContentCache(None)
    return ContentCache(folder / FILE_NAME)


def cache_folder() -> Path | None:
    """Where this user's caches are, or None if there is no such place or none is wanted."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(os.path.abspath(os.path.expanduser(named))) if named else None
    import platformdirs

    folder = Path(platformdirs.user_cache_dir("modelinspect", appauthor=False))
    return folder if folder.is_absolute() else None  # a user without a home


def _is_below(folder: Path, root: Path) -> bool:
    """Whether a folder, which need not exist, is `root` or below it, whatever they are called."""
    real = Path(os.path.realpath(folder))
    return any(_is_same(one, root) for one in (real, *real.parents))


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False


class ContentCache:
    """A `StatsCache`: for any thread, and for any number of processes that share the file.

    Args:
        path: Of the file, made when first needed; None keeps everything in memory.
        memory_nbytes: Of rows in memory, at most.
        file_nbytes: Of the file, about.

    Attributes:
        hits: Tensors whose statistics it knew.
        hits_nbytes: Their bytes.

    Close it, or use it in a `with` block: what was put last is written then.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        memory_nbytes: int = MEMORY_NBYTES,
        file_nbytes: int = FILE_NBYTES,
    ) -> None:
        self._file = None if path is None else CacheFile(path, file_nbytes)
        self._rows: OrderedDict[str, bytes] = OrderedDict()
        self._nbytes = 0
        self._most_nbytes = memory_nbytes
        self._unwritten: dict[str, bytes] = {}
        self._used: set[str] = set()
        self._timer: threading.Timer | None = None
        self._resume_s = 0.0
        self._lock = threading.Lock()
        self.hits = 0
        self.hits_nbytes = 0

    def __enter__(self) -> ContentCache:
        """Begin."""
        return self

    def __exit__(self, *error: object) -> None:
        """Write what is not written yet."""
        self.close()

    def get(self, tensor: Tensor) -> TensorStats | None:
        """See `StatsCache.get`. Cost: some 30 µs, without any I/O for what is in memory."""
        row = self._find(content_key(tensor))
        stats = None if row is None else unpack_stats(row)
        if stats is not None:
            with self._lock:
                self.hits += 1
                self.hits_nbytes += tensor.nbytes
        return stats

    def put(self, tensor: Tensor, stats: TensorStats) -> None:
        """See `StatsCache.put`. Cost: some 60 µs, and every now and then a transaction."""
        key = content_key(tensor)
        if key is not None:
            self._add(key, pack_stats(stats))

    def get_channels(self, tensor: Tensor) -> Channels | None:
        """What is known of the output channels of a content, as its name counts them."""
        row = self._find(_channels_key(tensor))
        return None if row is None else unpack_channels(row)

    def put_channels(self, tensor: Tensor, channels: Channels) -> None:
        """Keep that."""
        key = _channels_key(tensor)
        if key is not None:
            self._add(key, pack_channels(channels))

    def _find(self, key: str | None) -> bytes | None:
        if key is None:
            return None
        with self._lock:
            row = self._rows.get(key)
            if row is None:
                row = self._attempt(lambda file: file.read(key))
                if row is None:
                    return None
                self._used.add(key)
                self._write_soon()
            self._keep(key, row)
        return row

    def _add(self, key: str, row: bytes) -> None:
        with self._lock:
            self._keep(key, row)
            if self._file is not None:
                self._unwritten[key] = row
                if len(self._unwritten) >= _BATCH:
                    self._write()
                else:
                    self._write_soon()

    def flush(self) -> None:
        """Write what is not written yet; what cannot be written is in memory only."""
        with self._lock:
            self._write()

    def close(self) -> None:
        """Write, and close the file; a later `get` or `put` opens it again."""
        with self._lock:
            self._write()
            if self._file is not None:
                self._file.close()

    def _keep(self, key: str, row: bytes) -> None:
        self._nbytes += len(row) - len(self._rows.pop(key, b""))
        self._rows[key] = row
        while self._nbytes > self._most_nbytes:
            self._nbytes -= len(self._rows.popitem(last=False)[1])

    def _write_soon(self) -> None:
        """See to it that rows are written, also if no more of them come."""
        if self._timer is None:
            self._timer = threading.Timer(_LONGEST_S, self.flush)
            self._timer.daemon = True
            self._timer.start()

    def _write(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        rows, used = self._unwritten, self._used
        if rows or used:
            self._unwritten, self._used = {}, set()
            self._attempt(lambda file: file.write(rows, used))

    def _attempt(self, act: Callable[[CacheFile], _T]) -> _T | None:
        """Use the file if there is one and it has not failed a moment ago."""
        if self._file is None or time.monotonic() < self._resume_s:
            return None
        try:
            return act(self._file)
        except CacheFileError:
            self._resume_s = time.monotonic() + _PAUSE_S
            return None


def content_key(tensor: Tensor) -> str | None:
    """What tells a tensor's content from others; None if only its values could."""
    if tensor.crc32c is None:
        return None
    shape = ",".join(map(str, tensor.shape))
    return f"{_VERSION:08x} {tensor.dtype.name} {shape} {tensor.nbytes} {tensor.crc32c:08x}"


def _channels_key(tensor: Tensor) -> str | None:
    """The same of its channels: which axes count them is a matter of its name."""
    key = content_key(tensor)
    return key and f"{key} channels {','.join(map(str, channel_axes(tensor)))}"


def pack_stats(stats: TensorStats) -> bytes:
    """Statistics as bytes: 600 where there are 64 bins, a third of their JSON."""
    edges, counts = stats.histogram
    plain = [len(edges), len(counts), *(getattr(stats, name) for name in _PLAIN)]
    floats = array("d", edges + (stats.quantiles or ()))
    text = json.dumps(plain, separators=(",", ":")).encode()
    # Edges are leading halves of floats: half of their bytes are zeros.
    return zlib.compress(b"\n".join((text, array("q", counts).tobytes() + floats.tobytes())), 1)


def unpack_stats(row: bytes) -> TensorStats | None:
    """The statistics again; None if these bytes are none."""
    try:
        text, _, rest = zlib.decompress(row).partition(b"\n")
        edge_count, bin_count, *plain = json.loads(text)
        counts, floats = array("q"), array("d")
        counts.frombytes(rest[: 8 * bin_count])
        floats.frombytes(rest[8 * bin_count :])
        values: dict[str, Any] = dict(zip(_PLAIN, map(_unlisted, plain), strict=True))
    except (ValueError, TypeError, zlib.error):
        return None
    histogram = Histogram(tuple(floats[:edge_count]), tuple(counts))
    return TensorStats(**values, histogram=histogram, quantiles=tuple(floats[edge_count:]) or None)


def pack_channels(channels: Channels) -> bytes:
    """Channels as bytes."""
    return zlib.compress(json.dumps(astuple(channels)).encode(), 1)


def unpack_channels(row: bytes) -> Channels | None:
    """The channels again; None if these bytes are none."""
    try:
        count, zero, constant, repeated, dead, pairs = json.loads(zlib.decompress(row))
        first_repeated = tuple((later, first) for later, first in pairs)
        return Channels(count, zero, constant, repeated, tuple(dead), first_repeated)
    except (ValueError, TypeError, zlib.error):
        return None


def _unlisted(value: object) -> object:
    """Coordinates are tuples, which JSON does not know."""
    return tuple(value) if isinstance(value, list) else value
