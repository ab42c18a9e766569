"""A source that counts what is read from it: byte budgets are tests, not hopes."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.sources.base import ByteSource, FileStat, Folder


class CountingFile:
    """Wraps a source and adds every read to its folder's counters."""

    def __init__(self, inner: ByteSource, counter: CountingFolder) -> None:
        self.name = inner.name
        self.nbytes = inner.nbytes
        self._inner = inner
        self._counter = counter

    def read(self, offset: int, nbytes: int) -> bytes:
        """Read and count."""
        self._counter.count(nbytes)
        return self._inner.read(offset, nbytes)

    def read_into(self, offset: int, target: memoryview) -> None:
        """Read and count."""
        self._counter.count(target.nbytes)
        self._inner.read_into(offset, target)

    def close(self) -> None:
        """Close the wrapped source."""
        self._inner.close()


class CountingFolder:
    """Wraps a folder; `reads` and `nbytes` sum over all its files."""

    def __init__(self, inner: Folder) -> None:
        self.name = inner.name
        self.path = inner.path
        self.reads = 0
        self.nbytes = 0
        self._inner = inner

    def open(self, name: str) -> CountingFile:
        """Open a counted file."""
        return CountingFile(self._inner.open(name), self)

    def stat(self, name: str) -> FileStat | None:
        """Stat of the wrapped folder; not counted."""
        return self._inner.stat(name)

    def names(self, name: str = "") -> tuple[str, ...]:
        """Names of the wrapped folder; not counted."""
        return self._inner.names(name)

    def count(self, nbytes: int) -> None:
        """Add one read of `nbytes`."""
        self.reads += 1
        self.nbytes += nbytes
