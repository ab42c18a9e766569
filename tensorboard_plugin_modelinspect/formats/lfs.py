"""What stands where a file should be: Git LFS pointers, web pages saved as the file they link to.

git-lfs docs/spec.md: lines `version https://git-lfs…`, `oid sha256:…`, `size <bytes>`.
"""

from __future__ import annotations

import re

from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.sources.base import ByteSource, Folder

_LARGEST_POINTER = 1024
_START = b"version https://git-lfs"
_LARGEST_PAGE = 4 << 20
_PAGE_STARTS = (b"<!doctype html", b"<html")


def refuse_lfs_pointer(source: ByteSource) -> None:
    """Raise a FormatError that says what to do if the file is a pointer or a web page.

    Cost: one read of at most a kilobyte, of 64 bytes if it is longer, none above 4 MB.
    """
    nbytes = source.nbytes
    if not len(_START) <= nbytes <= _LARGEST_PAGE:
        return
    text = source.read(0, nbytes if nbytes <= _LARGEST_POINTER else 64)
    if text.lstrip(b"\xef\xbb\xbf \r\n").lower().startswith(_PAGE_STARTS):
        raise FormatError(
            path=source.name,
            expected="the file itself",
            found="a web page",
            next_step="Download it again, by the link to the raw file.",
        )
    if nbytes > _LARGEST_POINTER or not text.startswith(_START):
        return
    size = re.search(rb"^size (\d{1,20})$", text, re.MULTILINE)
    of_bytes = f" of {int(size.group(1)):,} bytes" if size else ""
    raise FormatError(
        path=source.name,
        expected="the file itself",
        found=f"a Git LFS pointer to a file{of_bytes}",
        next_step="Run `git lfs pull` in that repository.",
    )


def find_lfs_pointer(folder: Folder, name: str) -> FormatError | None:
    """The error that a file gives if it is a pointer, or cannot be opened; None if it is neither.

    Raises:
        NotFound: No such file.
    """
    try:
        source = folder.open(name)
        try:
            refuse_lfs_pointer(source)
        finally:
            source.close()
    except FormatError as error:
        return error
    return None
