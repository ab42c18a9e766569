"""A part of a source as a source, such as a stored member of an archive."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.errors import FormatError, Truncated
from tensorboard_plugin_modelinspect.sources.base import ByteSource


class WindowFile:
    """Bytes `[offset, offset + nbytes)` of a source, read in place; closing it closes the source.

    Args:
        inner: The source.
        offset: Where the window begins.
        nbytes: Its size; what lies behind the source's end gives `Truncated` when it is read.
        name: What errors call it.
    """

    def __init__(self, inner: ByteSource, offset: int, nbytes: int, name: str) -> None:
        self.name = name
        self.nbytes = nbytes
        self._inner = inner
        self._offset = offset

    def read(self, offset: int, nbytes: int) -> bytes:
        """Read exactly `nbytes` bytes at `offset`; `Truncated` if the window is shorter."""
        self._check_range(offset, nbytes)
        return self._inner.read(self._offset + offset, nbytes)

    def read_into(self, offset: int, target: memoryview) -> None:
        """Fill `target` from `offset`; `Truncated` if the window is shorter."""
        self._check_range(offset, target.nbytes)
        self._inner.read_into(self._offset + offset, target)

    def close(self) -> None:
        """Close the source."""
        self._inner.close()

    def _check_range(self, offset: int, nbytes: int) -> None:
        if offset < 0 or nbytes < 0:
            raise FormatError(
                path=self.name, offset=offset, field="a read", found=f"a length of {nbytes}"
            )
        if offset + nbytes > self.nbytes:
            raise Truncated(path=self.name, expected=str(offset + nbytes), found=str(self.nbytes))
