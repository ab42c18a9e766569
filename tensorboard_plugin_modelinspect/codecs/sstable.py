"""LevelDB tables (SSTables), the container of every TensorFlow checkpoint index.

LevelDB's doc/table_format.md and tensorflow/core/lib/io/{format, block, table}.cc:

    file   := data block*, metaindex block, index block, footer
    block  := contents, type (1 byte: 0 raw, 1 Snappy), masked CRC-32C (4 bytes) of both
    footer := metaindex handle, index handle, zeros up to byte 40, magic (8 bytes)
    handle := varint offset, varint size        (size of the contents)
    contents := entries, restart offsets (4 bytes each), their count (4 bytes)
    entry  := varints shared, non_shared, value size; key suffix; value
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c, unmask
from tensorboard_plugin_modelinspect.codecs.snappy import MalformedSnappy, decompress_snappy
from tensorboard_plugin_modelinspect.codecs.varint import MalformedVarint, decode_varint
from tensorboard_plugin_modelinspect.errors import (
    BadChecksum,
    FormatError,
    LimitExceeded,
    Truncated,
)
from tensorboard_plugin_modelinspect.sources.base import ByteSource, iter_pieces

FOOTER_NBYTES = 48
MAGIC = bytes.fromhex("57fb808b247547db")
_CRC_NBYTES = 4
_TRAILER_NBYTES = 1 + _CRC_NBYTES
_RAW, _SNAPPY = 0, 1
_LARGEST_BLOCK = 256 << 20
"""A thousand times what TensorFlow writes into an index; a file with holes can declare any size for
nothing."""
_SMALL_BLOCK = 1 << 20
"""Four times what TensorFlow puts into a block before its last entry, which may be of any size."""
_RESTART_INTERVAL = 16
"""TensorFlow stores every 16th key of a block in full: keys grow less than this by sharing."""

Entries = list[tuple[bytes, bytes]]


class Handle(NamedTuple):
    """Where a block's contents lie; the trailer of five bytes follows them."""

    offset: int
    nbytes: int

    @property
    def stop(self) -> int:
        """One past the block's trailer."""
        return self.offset + self.nbytes + _TRAILER_NBYTES


class Table:
    """A table whose footer and index block have been read and checked.

    Args:
        source: The file; kept open for the data blocks.
        largest_block: Bytes that a block may have.

    Raises:
        FormatError: No table, or a broken one; names file, byte and fact.

    Cost: two reads. Data blocks are read one by one when asked for.
    """

    def __init__(self, source: ByteSource, *, largest_block: int = _LARGEST_BLOCK) -> None:
        self._source = source
        self._largest_block = largest_block
        self._separators: list[bytes] = []
        self.path = source.name
        footer = self._read_footer()
        try:
            metaindex, offset = _decode_handle(footer, 0)
            index, _ = _decode_handle(footer, offset)
        except MalformedVarint:
            raise self._broken(
                source.nbytes - FOOTER_NBYTES, "footer", "no block handles"
            ) from None
        self._limit = source.nbytes - FOOTER_NBYTES
        self._handles = self._read_handles(index)
        self.blocks = (*self._handles, metaindex, index)
        """All blocks, those that hold no data last."""

    def _read_footer(self) -> bytes:
        nbytes = self._source.nbytes
        if nbytes < FOOTER_NBYTES:
            raise Truncated(
                path=self.path, field="table footer", expected=str(FOOTER_NBYTES), found=str(nbytes)
            )
        footer = self._source.read(nbytes - FOOTER_NBYTES, FOOTER_NBYTES)
        if footer[-8:] != MAGIC:
            raise FormatError(
                path=self.path,
                offset=nbytes - 8,
                field="table footer",
                expected=f"magic number {MAGIC.hex()}",
                found=footer[-8:].hex(),
                next_step="This is no checkpoint index, or it was cut short: copy it again.",
            )
        return footer

    def _read_handles(self, index: Handle) -> list[Handle]:
        """The index block: the handle of each data block. Its keys only separate blocks."""
        handles = []
        stop = 0
        for separator, value in parse_block(self._read_block(index), self.path, index.offset):
            self._separators.append(separator)
            try:
                handle, end = _decode_handle(value, 0)
            except MalformedVarint:
                end, handle = -1, index
            # Blocks are written one after the other: a handle that goes back is a trap that would
            # make a small file expand without bound.
            if end != len(value) or handle.offset < stop:
                raise self._broken(index.offset, "index block", "a bad block handle")
            stop = handle.stop
            handles.append(handle)
        return handles

    def _read_block(self, handle: Handle) -> bytes:
        """Contents of a block, its checksum verified."""
        return bytes(self._view_block(handle))

    def _view_block(self, handle: Handle) -> memoryview | bytes:
        """The same; of a raw block, which may be large, a view of what was read."""
        self._check_bounds(handle)
        block = memoryview(self._source.read(handle.offset, handle.nbytes + _TRAILER_NBYTES))
        contents, compression = block[: handle.nbytes], block[handle.nbytes]
        self._check_crc(handle, crc32c(block[: handle.nbytes + 1]), block[handle.nbytes + 1 :])
        if compression == _SNAPPY:
            try:
                return decompress_snappy(bytes(contents))
            except MalformedSnappy:
                raise self._broken(handle.offset, "table block", "broken Snappy data") from None
        if compression != _RAW:
            raise self._broken(handle.offset, "table block", f"compression type {compression}")
        return contents

    def _check_crc(self, handle: Handle, found_crc: int, stored: bytes | memoryview) -> None:
        """Raise a BadChecksum unless a block's bytes have the checksum that is stored for them."""
        declared_crc = unmask(int.from_bytes(stored, "little"))
        if found_crc != declared_crc:
            raise BadChecksum(
                path=self.path,
                offset=handle.offset,
                field=f"table block of {handle.nbytes} bytes",
                expected=f"checksum {declared_crc:08x}",
                found=f"{found_crc:08x}",
            )

    def _check_bounds(self, handle: Handle) -> None:
        """Raise a FormatError for a block that the file cannot hold, or that nobody writes."""
        stop = handle.stop
        if stop > self._limit:
            raise Truncated(
                path=self.path,
                offset=handle.offset,
                field="table block",
                expected=str(stop),
                found=str(self._limit),
            )
        if handle.nbytes > self._largest_block:
            raise LimitExceeded(
                path=self.path,
                offset=handle.offset,
                field="table block",
                expected=f"at most {self._largest_block:,} bytes",
                found=f"{handle.nbytes:,}",
            )

    def iter_blocks(self) -> Iterator[Entries]:
        """Entries of each data block, in key order; keys are strictly increasing.

        Raises:
            FormatError: A block is broken or out of order.
        """
        last = b""
        for number, handle in enumerate(self._handles):
            entries = parse_block(self._read_block(handle), self.path, handle.offset)
            if entries and number and entries[0][0] <= last:
                raise self._broken(handle.offset, "table block", "keys out of order")
            if entries:
                last = entries[-1][0]
            yield entries

    def verify_block(self, handle: Handle) -> FormatError | None:
        """What is wrong with one of `blocks`: its place, its checksum or its entries."""
        try:
            parse_block(self._read_block(handle), self.path, handle.offset)
        except FormatError as error:
            return error
        return None

    def iter_verified(self, handle: Handle) -> Iterator[int]:
        """Verify the checksum of one of `blocks`, of any size; gives the bytes read piece by piece.

        Raises:
            FormatError: It does not lie in the file, or its bytes differ.
        """
        self._check_bounds(handle)
        crc = 0
        for piece in iter_pieces(self._source, handle.offset, handle.offset + handle.nbytes + 1):
            crc = crc32c(piece, crc)
            yield len(piece)
        stored = self._source.read(handle.stop - _CRC_NBYTES, _CRC_NBYTES)
        yield _CRC_NBYTES
        self._check_crc(handle, crc, stored)

    def get(self, key: bytes) -> memoryview | None:
        """The value of a key, None if there is none.

        Raises:
            FormatError: Its block is broken.

        Cost: reads the one block that can hold it, and verifies its checksum.
        """
        handle = self._handle_of(key)
        if handle is None:
            return None
        contents = memoryview(self._view_block(handle))
        limit = _entries_stop(contents)
        try:
            start, stop = _locate_value(contents, limit, limit, key)
        except ValueError:
            raise self._broken(handle.offset, "table block", "entries that overlap") from None
        return contents[start:stop] if start else None

    def get_early(self, key: bytes) -> bytes | None:
        """What `get` gives, at a small price if the key is among the first ones of its block.

        Cost: of a block above a megabyte, where one value takes most of it, only the first megabyte
        and the value are read, and no checksum is verified.
        """
        handle = self._handle_of(key)
        if handle is None:
            return None
        self._check_bounds(handle)
        if (
            handle.nbytes > _SMALL_BLOCK
            and self._source.read(handle.offset + handle.nbytes, 1)[0] == _RAW
        ):
            head = memoryview(self._source.read(handle.offset, _SMALL_BLOCK))
            try:
                start, stop = _locate_value(head, len(head), handle.nbytes, key)
                return self._source.read(handle.offset + start, stop - start) if start else None
            except ValueError:
                pass  # not among the first entries, or no entries at all
        value = self.get(key)
        return None if value is None else bytes(value)

    def _handle_of(self, key: bytes) -> Handle | None:
        """The block that holds a key, if any does: the first whose separator is not below it."""
        number = bisect_left(self._separators, key)
        return self._handles[number] if number < len(self._handles) else None

    def _broken(self, offset: int, field: str, found: str) -> FormatError:
        return FormatError(path=self.path, offset=offset, field=field, found=found)


def parse_block(contents: bytes, path: str, offset: int) -> Entries:
    """Entries of a block's contents.

    Args:
        contents: The block without its trailer.
        path: File, for errors.
        offset: Where the block starts in it, for errors.

    Raises:
        FormatError: Lengths that do not fit, keys not strictly increasing, or keys that share so
            much that a small block would become a huge list.
    """
    try:
        return _decode_entries(contents)
    except ValueError:
        raise FormatError(
            path=path, offset=offset, field="table block", found="entries that overlap"
        ) from None


def _decode_entries(contents: bytes) -> Entries:
    """Entries of a block; ValueError if they do not fit."""
    limit = _entries_stop(contents)
    if limit < 0:
        raise ValueError
    entries: Entries = []
    append = entries.append
    position = grown = 0
    most_grown = _RESTART_INTERVAL * len(contents)
    key = b""
    while position < limit:
        # Nearly every length is below 128: one byte each.
        shared = contents[position]
        non_shared = contents[position + 1]
        size = contents[position + 2]
        if shared | non_shared | size < 128:
            suffix_start = position + 3
        else:
            shared, position = decode_varint(contents, position, limit)
            non_shared, position = decode_varint(contents, position, limit)
            size, suffix_start = decode_varint(contents, position, limit)
        value_start = suffix_start + non_shared
        position = value_start + size
        following = key[:shared] + contents[suffix_start:value_start]
        grown += shared
        if shared > len(key) or grown > most_grown or (following <= key and entries):
            raise ValueError
        append((following, contents[value_start:position]))
        key = following
    if position != limit:
        raise ValueError
    return entries


def _locate_value(contents: memoryview, limit: int, stop: int, key: bytes) -> tuple[int, int]:
    """Where the value of a key lies in a block: its start, 0 if the key is not there, and its end.

    Args:
        contents: The block, or its first part.
        limit: Where what is known of its entries ends.
        stop: Where the last value must end.
        key: The key.

    Raises:
        ValueError: The entries before it do not fit, or go on behind `limit`.
    """
    position = grown = 0
    most_grown = _RESTART_INTERVAL * len(contents)
    last = b""
    while position < stop:
        shared, position = decode_varint(contents, position, limit)
        non_shared, position = decode_varint(contents, position, limit)
        size, position = decode_varint(contents, position, limit)
        start = position + non_shared
        grown += shared
        position = start + size
        if start > limit or position > stop or shared > len(last) or grown > most_grown:
            raise ValueError
        last = last[:shared] + contents[start - non_shared : start]
        if last >= key:
            return (start, position) if last == key else (0, 0)
    return 0, 0


def _entries_stop(contents: bytes | memoryview) -> int:
    """Where the entries of a block end and its restart offsets begin; negative if nowhere."""
    restarts = int.from_bytes(contents[-4:], "little")
    return len(contents) - 4 - 4 * restarts


def _decode_handle(data: bytes, offset: int) -> tuple[Handle, int]:
    start, offset = decode_varint(data, offset, len(data))
    nbytes, offset = decode_varint(data, offset, len(data))
    return Handle(start, nbytes), offset
