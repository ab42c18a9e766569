"""Folders whose files are open only while they are read, so that a thousand can be read in turn."""

from __future__ import annotations

import threading
from collections import OrderedDict

from tensorboard_plugin_modelinspect.errors import FormatError, NotFound
from tensorboard_plugin_modelinspect.sources.base import ByteSource, FileStat, Folder


class FilePool:
    """The files that are open at the moment. May be shared by threads.

    Args:
        most: Files that stay open while none of them is read.
    """

    def __init__(self, most: int = 128) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._idle: OrderedDict[object, ByteSource] = OrderedDict()

    def take(self, token: object) -> ByteSource | None:
        """An open source of a file for its reader alone; None if there is none at hand."""
        with self._lock:
            return self._idle.pop(token, None)

    def give_back(self, token: object, source: ByteSource) -> None:
        """Keep a source for the next reader, and close what was read longest ago."""
        with self._lock:
            surplus = [self._idle.pop(token, None)]
            self._idle[token] = source
            if len(self._idle) > self._most:
                surplus.append(self._idle.popitem(last=False)[1])
        for one in surplus:
            if one is not None:
                one.close()


class PooledFile:
    """A file that is opened to be read, and perhaps closed after it.

    Args:
        folder: Holds it.
        name: In the folder.
        pool: Keeps it open for a while.

    Raises:
        NotFound: No such file; others as `Folder.open`.
    """

    def __init__(self, folder: Folder, name: str, pool: FilePool) -> None:
        self._folder = folder
        self._file = name
        self._pool = pool
        # In place of itself, which knows the pool: a circle would keep files open for a while.
        self._token = object()
        self._stat = folder.stat(name)
        source = folder.open(name)
        self.name = source.name
        self.nbytes = source.nbytes
        pool.give_back(self._token, source)

    def read(self, offset: int, nbytes: int) -> bytes:
        """Read exactly `nbytes` bytes at `offset`; see `ByteSource.read`.

        Raises:
            NotFound: It was deleted since.
            FormatError: It was replaced or changed since.
        """
        source = self._take()
        try:
            return source.read(offset, nbytes)
        finally:
            self._pool.give_back(self._token, source)

    def read_into(self, offset: int, target: memoryview) -> None:
        """Fill `target` from `offset`; raises as `read`."""
        source = self._take()
        try:
            source.read_into(offset, target)
        finally:
            self._pool.give_back(self._token, source)

    def close(self) -> None:
        """Close it; it opens again when it is read."""
        source = self._pool.take(self._token)
        if source is not None:
            source.close()

    def _take(self) -> ByteSource:
        source = self._pool.take(self._token)
        if source is not None:
            return source
        stat = self._folder.stat(self._file)
        if stat is None:
            raise NotFound(f"{self.name}: no such file. It may have been deleted.")
        if stat != self._stat:
            raise FormatError(
                path=self.name,
                expected="the file as it was opened",
                found="another one",
                next_step="It was saved again meanwhile: start anew.",
            )
        return self._folder.open(self._file)


class PooledFolder:
    """A folder whose files are `PooledFile`s.

    Args:
        inner: The folder.
        pool: Shared with other folders.
    """

    def __init__(self, inner: Folder, pool: FilePool) -> None:
        self.name = inner.name
        self.path = inner.path
        self._inner = inner
        self._pool = pool

    def open(self, name: str) -> PooledFile:
        """Open a file; see `Folder.open`."""
        return PooledFile(self._inner, name, self._pool)

    def stat(self, name: str) -> FileStat | None:
        """Stat of a file, None if there is none."""
        return self._inner.stat(name)

    def names(self, name: str = "") -> tuple[str, ...]:
        """Names in a sub-folder, sorted."""
        return self._inner.names(name)
