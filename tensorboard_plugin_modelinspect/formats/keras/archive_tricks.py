"""What is odd about a zip archive, told from its headers although it may not be fit to be opened.

https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT. Keras writes a handful of members as
they are, one behind the other, from the first byte of the file on.
"""

from __future__ import annotations

import stat
import zipfile
from collections import Counter
from collections.abc import Iterator

from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.formats.keras.archive import leads_out, open_zip
from tensorboard_plugin_modelinspect.model.surroundings import Trick
from tensorboard_plugin_modelinspect.sources.base import ByteSource

_MOST = 50
_BOMB, _FREE = 100, 1 << 20
_ENCRYPTED = 1
_LOCAL_HEADER = 30


def find_tricks(source: ByteSource, name: str) -> tuple[Trick, ...]:
    """What no honest writer makes; the first few. Cost: reads the directory and headers.

    An archive whose directory cannot be read has none: most such files are cut short, and that
    they cannot be opened is told without this.
    """
    try:
        with open_zip(source) as opened:
            entries = opened.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError):
        return ()
    found: list[Trick] = []
    for trick in _iter_tricks(source, entries):
        if len(found) == _MOST:
            break
        found.append(Trick(name, *trick))
    return tuple(found)


def _iter_tricks(source: ByteSource, entries: list[zipfile.ZipInfo]) -> Iterator[tuple[str, str]]:
    counts = Counter(entry.filename for entry in entries)
    yield from (
        (one, f"{count} members have that name") for one, count in counts.items() if count > 1
    )
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        for fact in _facts(source, entry, end):
            yield entry.filename, fact
        end = max(end, entry.header_offset + _LOCAL_HEADER + entry.compress_size)
    first = min((entry.header_offset for entry in entries), default=0)
    if first:
        yield "", f"{first:,} bytes of something else stand before it"


def _facts(source: ByteSource, entry: zipfile.ZipInfo, end: int) -> Iterator[str]:
    if leads_out(entry.filename):
        yield "its name leads out of the folder that it would be unpacked into"
    if stat.S_ISLNK(entry.external_attr >> 16):
        yield "it is a symbolic link"
    if entry.file_size > _FREE + _BOMB * entry.compress_size:
        yield f"it unpacks to {entry.file_size:,} bytes, made of {entry.compress_size:,}"
    if entry.flag_bits & _ENCRYPTED:
        yield "it is encrypted, so that nobody can look at it"
    if entry.header_offset < end:
        yield "it overlaps another member"
    local = _local_name(source, entry)
    if local is not None and local != entry.orig_filename:
        yield f'its own header calls it "{local[:200]}"'


def _local_name(source: ByteSource, entry: zipfile.ZipInfo) -> str | None:
    """The name in front of a member's bytes; None if it cannot be read."""
    try:
        header = source.read(entry.header_offset, _LOCAL_HEADER)
        nbytes = int.from_bytes(header[26:28], "little")
        name = source.read(entry.header_offset + _LOCAL_HEADER, nbytes)
    except ModelInspectError:
        return None
    return name.decode("utf-8" if entry.flag_bits & 0x800 else "cp437", "replace")
