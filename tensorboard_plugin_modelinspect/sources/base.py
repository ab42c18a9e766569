"""The two interfaces every format reads through: a source of bytes and a folder of sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

_PIECE = 1 << 18
"""Bytes read at a time: they are still in the processor's cache when they are looked at."""


class FileStat(NamedTuple):
    """What is known of a file without opening it; equal stats mean unchanged content."""

    nbytes: int
    mtime_ns: int
    inode: int


def shown_path(folder_name: str, name: str) -> str:
    """How messages call a file of a folder that is called `folder_name`."""
    return name if folder_name in ("", ".") else f"{folder_name.rstrip('/')}/{name}"


class ByteSource(Protocol):
    """Bytes that can be read at any offset.

    Attributes:
        name: The file as the user would name it; errors carry it.
        nbytes: Size when it was opened. A file that shrinks later gives `Truncated`.
    """

    name: str
    nbytes: int

    def read(self, offset: int, nbytes: int) -> bytes:
        """Read exactly `nbytes` bytes at `offset`.

        Raises:
            Truncated: The source ends before `offset + nbytes`; nothing is allocated for it.
        """
        ...

    def read_into(self, offset: int, target: memoryview) -> None:
        """Fill a writable byte view from `offset`; raises as `read`."""
        ...

    def close(self) -> None:
        """Release it; a closed source must not be read."""
        ...


def iter_pieces(source: ByteSource, start: int, stop: int) -> Iterator[bytes]:
    """Bytes `[start, stop)` of a source in pieces of 256 kB; raises as `ByteSource.read`."""
    for offset in range(start, stop, _PIECE):
        yield source.read(offset, min(_PIECE, stop - offset))


class Folder(Protocol):
    """Files below one folder, by relative name with `/`.

    Attributes:
        name: The folder as the user would name it.
        path: Where it is on this machine; empty if it is no local folder.
    """

    name: str
    path: str

    def open(self, name: str) -> ByteSource:
        """Open a file.

        Raises:
            NotFound: No such file.
            PathEscape: The name, or a link on its way, leads outside what may be read.
            FormatError: Not a regular file, or it cannot be read (permissions).
        """
        ...

    def stat(self, name: str) -> FileStat | None:
        """Size and time of a regular file, None if there is none; raises PathEscape as `open`."""
        ...

    def names(self, name: str = "") -> tuple[str, ...]:
        """Names of the files and folders in a sub-folder, sorted; empty if it does not exist."""
        ...
