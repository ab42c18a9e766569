"""Git LFS pointers: small text files that stand where a checkout did not bring the real file.

git-lfs docs/spec.md: lines `version https://git-lfs…`, `oid sha256:…`, `size <bytes>`.
"""

from __future__ import annotations

import re

from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.sources.base import ByteSource

_LARGEST_POINTER = 1024
_START = b"version https://git-lfs"


def refuse_lfs_pointer(source: ByteSource) -> None:
    """Raise a FormatError that says what to run if the file is a pointer; else do nothing.

    Cost: one read of at most a kilobyte, none for larger files.
    """
    if not len(_START) <= source.nbytes <= _LARGEST_POINTER:
        return
    text = source.read(0, source.nbytes)
    if not text.startswith(_START):
        return
    size = re.search(rb"^size (\d{1,20})$", text, re.MULTILINE)
    of_bytes = f" of {int(size.group(1)):,} bytes" if size else ""
    raise FormatError(
        path=source.name,
        expected="the file itself",
        found=f"a Git LFS pointer to a file{of_bytes}",
        next_step="Run `git lfs pull` in that repository.",
    )
