"""Bytes in memory, for archives, tests and notebooks; same errors as files."""

from __future__ import annotations

from collections.abc import Mapping

from tensorboard_plugin_modelinspect.errors import FormatError, NotFound, PathEscape, Truncated
from tensorboard_plugin_modelinspect.sources.base import FileStat, shown_path


class MemoryFile:
    """A byte string as a source."""

    def __init__(self, data: bytes, name: str = "<memory>") -> None:
        self.name = name
        self.nbytes = len(data)
        self._data = data

    def read(self, offset: int, nbytes: int) -> bytes:
        """Read exactly `nbytes` bytes at `offset`; `Truncated` if there are fewer."""
        if offset < 0 or nbytes < 0:
            raise FormatError(
                path=self.name, offset=offset, field="a read", found=f"a length of {nbytes}"
            )
        if offset + nbytes > self.nbytes:
            raise Truncated(path=self.name, expected=str(offset + nbytes), found=str(self.nbytes))
        return self._data[offset : offset + nbytes]

    def read_into(self, offset: int, target: memoryview) -> None:
        """Fill `target` from `offset`."""
        target[:] = self.read(offset, target.nbytes)

    def close(self) -> None:
        """Nothing to release."""


class MemoryFolder:
    """Files by relative name."""

    path = ""

    def __init__(self, files: Mapping[str, bytes], name: str = "") -> None:
        self.name = name
        self._files = dict(files)

    def open(self, name: str) -> MemoryFile:
        """Open a file; see `Folder.open`."""
        self._check(name)
        if name not in self._files:
            shown = shown_path(self.name, name)
            raise NotFound(f"{shown}: no such file. It may have been deleted.")
        return MemoryFile(self._files[name], shown_path(self.name, name))

    def stat(self, name: str) -> FileStat | None:
        """Size of a file, None if there is none; times and inodes are 0."""
        self._check(name)
        data = self._files.get(name)
        return None if data is None else FileStat(len(data), 0, 0)

    def names(self, name: str = "") -> tuple[str, ...]:
        """Names directly in a sub-folder, sorted."""
        prefix = f"{name}/" if name else ""
        below = (path[len(prefix) :] for path in self._files if path.startswith(prefix))
        return tuple(sorted({path.split("/")[0] for path in below}))

    def _check(self, name: str) -> None:
        if any(part in ("", ".", "..") for part in name.split("/")):
            raise PathEscape(path=name, expected="a file below the folder", found="a way out of it")
