"""Local files, read by position: no mapping, since a file cut short under one kills the process."""

from __future__ import annotations

import copy
import os
import stat as stat_bits

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    NotFound,
    PathEscape,
    Truncated,
)
from tensorboard_plugin_modelinspect.sources.base import FileStat, shown_path

_LARGEST_READ = 1 << 30
"""Linux reads at most 2 GiB a call; stay well below."""


class LocalFile:
    """An open local file. Reads are positioned, so threads may share one.

    Args:
        path: Real path.
        name: What errors call it; the path if not given.
    """

    def __init__(self, path: str, name: str | None = None) -> None:
        self.name = name or path
        # Non-blocking: opening a named pipe must not wait for a writer.
        flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            self._fd: int | None = os.open(path, flags)
        except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a zero byte
            raise NotFound(f"{self.name}: no such file. It may have been deleted.") from None
        except OSError as error:
            raise _unreadable(self.name, error) from None
        info = os.fstat(self._fd)
        if not stat_bits.S_ISREG(info.st_mode):
            self.close()
            raise FormatError(path=self.name, expected="a file", found="a folder or device")
        self.nbytes = info.st_size
        self.stat = FileStat(info.st_size, info.st_mtime_ns, info.st_ino)

    def read(self, offset: int, nbytes: int) -> bytes:
        """Read exactly `nbytes` bytes at `offset`; `Truncated` if the file is shorter."""
        self._check_range(offset, nbytes)
        try:
            if nbytes <= _LARGEST_READ:
                data = self._pread(nbytes, offset)
                if len(data) == nbytes:
                    return data
            buffer = bytearray(nbytes)
            self.read_into(offset, memoryview(buffer))
            return bytes(buffer)
        except MemoryError:
            raise LimitExceeded(
                path=self.name,
                offset=offset,
                expected="what fits in memory",
                found=f"{nbytes:,} bytes",
            ) from None

    def read_into(self, offset: int, target: memoryview) -> None:
        """Fill `target` from `offset`; `Truncated` if the file is shorter."""
        self._check_range(offset, target.nbytes)
        done = 0
        while done < target.nbytes:
            part = target[done : done + _LARGEST_READ]
            count = self._preadv(part, offset + done)
            if count == 0:
                raise self._truncated(offset + target.nbytes, offset + done)
            done += count

    def close(self) -> None:
        """Close the file; harmless if it is closed."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def __del__(self) -> None:
        """Handles are kept as long as tensors need them, then freed by reference count."""
        if getattr(self, "_fd", None) is not None:
            self.close()

    def _check_range(self, offset: int, nbytes: int) -> None:
        if offset < 0 or nbytes < 0:
            raise FormatError(
                path=self.name, offset=offset, field="a read", found=f"a length of {nbytes}"
            )
        if offset + nbytes > self.nbytes:
            raise self._truncated(offset + nbytes, self.nbytes)

    def _truncated(self, needed: int, found: int) -> Truncated:
        return Truncated(path=self.name, expected=str(needed), found=str(found))

    def _pread(self, nbytes: int, offset: int) -> bytes:
        if self._fd is None:
            raise NotFound(f"{self.name}: the file was closed. Open it again.")
        try:
            return os.pread(self._fd, nbytes, offset)
        except OSError as error:
            raise _unreadable(self.name, error) from None

    def _preadv(self, target: memoryview, offset: int) -> int:
        if self._fd is None:
            raise NotFound(f"{self.name}: the file was closed. Open it again.")
        try:
            return os.preadv(self._fd, [target], offset)
        except OSError as error:
            raise _unreadable(self.name, error) from None


def _unreadable(name: str, error: OSError) -> FormatError:
    reason = error.strerror or type(error).__name__
    return FormatError(
        path=name,
        expected="a readable file",
        found=reason.lower(),
        next_step="Check the permissions, or start as a user who may read it.",
    )


class LocalFolder:
    """A local folder whose files are opened by relative name.

    Args:
        path: The folder.
        name: What errors call it; the path if not given.
        confine_to: Real path that everything read must stay below, links resolved. None trusts
            the folder: for paths a person named, not for those found below a logdir.
    """

    def __init__(
        self, path: str, *, name: str | None = None, confine_to: str | None = None
    ) -> None:
        self.path = path
        self.name = name if name is not None else path
        self._confine_to = None if confine_to is None else os.path.realpath(confine_to)
        # realpath costs a syscall per component: once for the folder, then per file only for links.
        self._real = os.path.realpath(path)
        if self._confine_to is not None and not is_below(self._real, self._confine_to):
            raise self._escape(self.name)

    def below(self, name: str, *, shown: str) -> LocalFolder:
        """A sub-folder that is confined as this one, and called `shown` in errors.

        Cost: one syscall for each part of `name`, where a new `LocalFolder` resolves whole paths.
        """
        folder = copy.copy(self)
        folder.path = folder._real = self._locate(name)
        folder.name = shown
        return folder

    def open(self, name: str) -> LocalFile:
        """Open a file below the folder; see `Folder.open`."""
        return LocalFile(self._locate(name), self._shown(name))

    def stat(self, name: str) -> FileStat | None:
        """Stat of a regular file, None if there is none."""
        try:
            info = os.stat(self._locate(name))
        except (OSError, ValueError):
            return None
        if not stat_bits.S_ISREG(info.st_mode):
            return None
        return FileStat(info.st_size, info.st_mtime_ns, info.st_ino)

    def names(self, name: str = "") -> tuple[str, ...]:
        """Names in a sub-folder, sorted; empty if it does not exist."""
        try:
            return tuple(sorted(os.listdir(self._locate(name) if name else self._real)))
        except OSError:
            return ()

    def _locate(self, name: str) -> str:
        """Path of a file, checked: relative, no way up, no link that leaves `confine_to`."""
        parts = name.split("/")
        if name.startswith("/") or "\0" in name or any(part in ("", ".", "..") for part in parts):
            raise self._escape(name)
        path = self._real
        for part in parts:
            path = os.path.join(path, part)
            if self._confine_to is not None and os.path.islink(path):
                path = os.path.realpath(path)
                if not is_below(path, self._confine_to):
                    raise self._escape(name)
        return path

    def _shown(self, name: str) -> str:
        return shown_path(self.name, name)

    def _escape(self, name: str) -> PathEscape:
        return PathEscape(
            path=self._shown(name), expected="a file below the folder", found="a way out of it"
        )


def is_below(path: str, root: str) -> bool:
    """Whether a real path is `root` or below it; both must be resolved."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)
