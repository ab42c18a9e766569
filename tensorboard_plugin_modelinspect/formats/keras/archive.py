"""The zip archives that `.keras` files are: their members, read where they lie.

keras/src/saving/saving_lib.py writes every member as it is, uncompressed, so that the HDF5 file of
the weights can be read in its place. What other programs compressed is unpacked in memory, within
limits. Nothing is ever extracted to a disk, so names of members are only compared.
"""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections import Counter
from typing import Any

from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded, Unsupported
from tensorboard_plugin_modelinspect.formats.lfs import refuse_lfs_pointer
from tensorboard_plugin_modelinspect.sources.base import ByteSource
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile
from tensorboard_plugin_modelinspect.sources.window import WindowFile

_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_LARGEST_DIRECTORY = 1 << 20
"""Bytes of the list of members; a Keras model has three, and one per vocabulary."""
_LARGEST_TEXT = 64 << 20
_LARGEST_UNPACKED = 256 << 20
_FREE = 1 << 20
_MOST_EXPANSION = 100
"""Weights shrink by a tenth, configs by a dozen times."""
_ENCRYPTED = 1
_LOCAL_HEADER, _END = 30, 22


def looks_like_archive(source: ByteSource) -> bool:
    """Whether a file begins or ends as a zip archive. Cost: two reads of 4 bytes."""
    if source.nbytes < _END:
        return False
    return source.read(0, 4) in _STARTS or source.read(source.nbytes - _END, 4) == _STARTS[1]


def open_zip(source: ByteSource) -> zipfile.ZipFile:
    """A source as the standard library's archive; raises as that does, whatever bytes it reads."""
    return zipfile.ZipFile(_Reader(source))


class Archive:
    """The members of an archive.

    Args:
        source: The file; it stays open as long as a member is used.

    Raises:
        FormatError: No zip archive, cut short, or made to mislead.

    Attributes:
        members: By name; folders left out.
        notes: What is odd, as sentences.
    """

    def __init__(self, source: ByteSource) -> None:
        refuse_lfs_pointer(source)
        self._source = source
        try:
            with open_zip(source) as opened:
                entries = opened.infolist()
                self._directory_offset = opened.start_dir
        except zipfile.BadZipFile as error:
            raise self._damaged(str(error)) from None
        except (ValueError, NotImplementedError, RuntimeError, OSError, MemoryError) as error:
            raise self._damaged(f"a directory that cannot be read ({error})") from None
        # Not `is_dir`, which fails on a name that is empty.
        self.members = {
            entry.filename: entry for entry in entries if not entry.filename.endswith("/")
        }
        self._counts = Counter(entry.filename for entry in entries)
        self.notes = tuple(self._find_odd(entries))
        self._refuse_overlaps(entries)

    def read_text(self, name: str) -> str:
        """A member as text, bytes that are no UTF-8 as surrogates.

        Raises:
            FormatError: It is damaged, larger than any config, or a bomb.
        """
        entry = self._entry(name)
        if entry.file_size > _LARGEST_TEXT:
            raise self._too_large(entry, f"at most {_LARGEST_TEXT:,} bytes")
        return self._unpack(entry).decode("utf-8", "surrogateescape")

    def open(self, name: str) -> ByteSource:
        """A member as a source: a window if it is stored, else unpacked in memory.

        Raises:
            FormatError: It is damaged, or a bomb.
            Unsupported: It is compressed, and too large to be unpacked in memory.
        """
        entry = self._entry(name)
        if entry.compress_type != zipfile.ZIP_STORED:
            if entry.file_size > _LARGEST_UNPACKED:
                raise Unsupported(
                    f"{self._shown(name)}: {entry.file_size:,} bytes are compressed, which Keras"
                    " never does. Unzip the file and open the folder."
                )
            return MemoryFile(self._unpack(entry), self._shown(name))
        start = self._data_offset(entry)
        if entry.file_size != entry.compress_size:
            raise self._damaged(f"two sizes of {name}, which is stored as it is")
        return WindowFile(self._source, start, entry.file_size, self._shown(name))

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = self.members.get(name)
        if entry is None:
            raise FormatError(path=self._source.name, expected=f"{name} in it", found="none")
        if self._counts[name] > 1:
            raise self._damaged(f"{self._counts[name]} members called {name}")
        if entry.flag_bits & _ENCRYPTED:
            raise Unsupported(f"{self._shown(name)}: it is encrypted. Decrypt the file.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unsupported(f"{self._shown(name)}: compressed in a way Keras cannot read.")
        return entry

    def _unpack(self, entry: zipfile.ZipInfo) -> bytes:
        """All of a member, its checksum verified."""
        if entry.file_size > _FREE + _MOST_EXPANSION * entry.compress_size:
            raise self._too_large(entry, f"at most {_MOST_EXPANSION} times what is stored")
        start = self._data_offset(entry)
        data = self._source.read(start, entry.compress_size)
        if entry.compress_type == zipfile.ZIP_DEFLATED:
            unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                data = unpacking.decompress(data, entry.file_size + 1)
            except zlib.error as error:
                raise self._bad_member(entry, str(error)) from None
        if len(data) != entry.file_size:
            raise self._bad_member(entry, f"{len(data):,} bytes instead of {entry.file_size:,}")
        if zlib.crc32(data) != entry.CRC:
            raise self._bad_member(entry, "bytes that do not fit their checksum")
        return data

    def _data_offset(self, entry: zipfile.ZipInfo) -> int:
        """Where a member's bytes begin: behind its own header, which repeats the directory."""
        start = entry.header_offset
        if start < 0 or start + _LOCAL_HEADER > self._source.nbytes:
            raise self._bad_member(entry, "a place outside the file")
        header = self._source.read(start, _LOCAL_HEADER)
        if header[:4] != _STARTS[0]:
            raise self._bad_member(entry, "no header", start)
        name_nbytes, extra_nbytes = (int.from_bytes(header[i : i + 2], "little") for i in (26, 28))
        data = start + _LOCAL_HEADER + name_nbytes + extra_nbytes
        if data + entry.compress_size > self._directory_offset:
            raise self._bad_member(entry, "more bytes than lie before the directory", start)
        return data

    def _refuse_overlaps(self, entries: list[zipfile.ZipInfo]) -> None:
        end = 0
        for entry in sorted(entries, key=lambda entry: entry.header_offset):
            if entry.header_offset < end:
                raise self._damaged(f"{entry.filename} overlaps another member")
            end = entry.header_offset + _LOCAL_HEADER + entry.compress_size

    def _find_odd(self, entries: list[zipfile.ZipInfo]) -> list[str]:
        notes = []
        escaping = [entry.filename for entry in entries if leads_out(entry.filename)]
        if escaping:
            notes.append(
                f'{self._source.name}: the name of its member "{escaping[0][:200]}" leads out of'
                " the folder that it would be unpacked into."
            )
        twice = [name for name, count in self._counts.items() if count > 1]
        if "" in self._counts:
            notes.append(f"{self._source.name}: has a member without a name.")
        if twice:
            notes.append(f'{self._source.name}: has several members called "{twice[0][:200]}".')
        return notes

    def _shown(self, name: str) -> str:
        return f"{self._source.name}/{name}"

    def _damaged(self, found: str) -> FormatError:
        expected = "a zip archive as Keras writes it"
        return FormatError(path=self._source.name, expected=expected, found=found)

    def _bad_member(
        self, entry: zipfile.ZipInfo, found: str, offset: int | None = None
    ) -> FormatError:
        return FormatError(
            path=self._source.name, offset=offset, field=f'member "{entry.filename}"', found=found
        )

    def _too_large(self, entry: zipfile.ZipInfo, expected: str) -> LimitExceeded:
        return LimitExceeded(
            path=self._source.name,
            field=f'member "{entry.filename}"',
            expected=expected,
            found=f"{entry.file_size:,} bytes made of {entry.compress_size:,}",
        )


def leads_out(name: str) -> bool:
    """Whether a member's name leads out of the folder that it would be unpacked into."""
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0]


class _Reader(io.RawIOBase):
    """A source as `zipfile` reads it, at most the size of a directory at once."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._source.nbytes}
        self._position = max(0, base[whence] + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._source.nbytes - self._position)
        nbytes = left if size is None or size < 0 else min(size, left)
        if nbytes > _LARGEST_DIRECTORY:
            raise LimitExceeded(
                path=self._source.name,
                field="the zip directory",
                expected=f"at most {_LARGEST_DIRECTORY:,} bytes",
                found=f"{nbytes:,}",
            )
        data = self._source.read(self._position, nbytes)
        self._position += nbytes
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
