"""Files that arrive byte by byte: what a slow network file system may do at its worst."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.sources.local import LocalFile, LocalFolder


class TrickleFile(LocalFile):
    """A local file of which every system call gives one byte at most."""

    def _pread(self, nbytes: int, offset: int) -> bytes:
        return super()._pread(min(nbytes, 1), offset)

    def _preadv(self, target: memoryview, offset: int) -> int:
        return super()._preadv(target[:1], offset)


class TrickleFolder(LocalFolder):
    """A local folder of such files."""

    def open(self, name: str) -> TrickleFile:
        """Open a file below the folder."""
        return TrickleFile(self._locate(name), self._shown(name))
