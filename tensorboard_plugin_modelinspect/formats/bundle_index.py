"""The index of a tensor bundle (checkpoint V2): which tensor lies where.

tensorflow/core/util/tensor_bundle/tensor_bundle.{h,cc} and tensor_bundle.proto. The index is a
table of key -> protobuf. Key "" holds the header; a key that starts with a zero byte is one slice
of a partitioned tensor; any other key is a tensor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from tensorboard_plugin_modelinspect.codecs.ordered import (
    MalformedKey,
    SliceKey,
    decode_slice_key,
)
from tensorboard_plugin_modelinspect.codecs.protos import message_class, parse_message
from tensorboard_plugin_modelinspect.codecs.sstable import MAGIC, Table
from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded, Unsupported
from tensorboard_plugin_modelinspect.formats.bundle_entries import (
    MAX_RANK,
    BundleEntries,
    BundleEntry,
    Extent,
    Row,
)
from tensorboard_plugin_modelinspect.formats.lfs import refuse_lfs_pointer
from tensorboard_plugin_modelinspect.formats.slices import check_cover, resolve_box
from tensorboard_plugin_modelinspect.model.artifact import StoredSlice
from tensorboard_plugin_modelinspect.model.collector import paused_collector
from tensorboard_plugin_modelinspect.model.dtype import DTYPES, STRING, dtype_of
from tensorboard_plugin_modelinspect.model.pieces import Box
from tensorboard_plugin_modelinspect.sources.base import ByteSource

_READER_VERSION = 1
"""`kTensorBundleVersion`: a bundle whose min_consumer is larger is not ours to read."""
_MAX_SHARDS = 100_000
"""File names have five digits for the shard."""
_LARGE_INDEX = 1 << 18
"""Bytes from which on pausing the cycle collector is worth it: about ten thousand tensors."""
_NEVER_STORED = frozenset({0, 20} | {100 + number for number in DTYPES})
"""Types that TensorFlow cannot save: invalid, resource, references. Newer ones may be unknown."""
_MOST_ENTRIES = 2_000_000
"""Twenty times the largest real checkpoint; an entry of a few bytes takes half a kB of memory."""
_PLAIN_VERSION = b"\x1a\x02\x08\x01"
"""The end of every header so far, a `VersionDef` of producer 1; it needs no protobuf library."""
_HEADER_FIELDS = b"\x08\x10\x1a"
"""First byte of the header's value: the tag of one of its fields."""


@dataclass(frozen=True, slots=True)
class BundleIndex:
    """A parsed index.

    Attributes:
        shard_count: Data files the header counts.
        is_big_endian: Byte order of the data.
        entries: In bytewise order of their keys, slices folded into their tensors.
        shard_nbytes: Bytes each shard must have, for shards that hold any.
        slices: Of partitioned tensors, in bytewise order of their keys.
    """

    shard_count: int
    is_big_endian: bool
    entries: BundleEntries
    shard_nbytes: dict[int, int]
    slices: tuple[StoredSlice, ...]


def looks_unfinished(source: ByteSource) -> bool:
    """Whether a file looks like the first part of an index: TensorFlow writes it in place.

    Such a file starts as an index does, or is still empty, and lacks the magic number at its end.
    """
    start = source.read(0, min(source.nbytes, 4))
    end = source.read(max(0, source.nbytes - len(MAGIC)), min(source.nbytes, len(MAGIC)))
    # The header's entry: an empty key that shares nothing, the value's length, the value.
    is_start = b"\0\0".startswith(start[:2]) and (len(start) < 4 or start[3] in _HEADER_FIELDS)
    return end != MAGIC and is_start


def read_index(source: ByteSource) -> BundleIndex:
    """Read and check a whole index.

    Raises:
        FormatError: Not an index, or one that contradicts itself.
        Unsupported: Written for newer readers.

    Cost: reads the file once; about 2 µs an entry.
    """
    refuse_lfs_pointer(source)
    return _IndexParser(source).parse()


class _IndexParser:
    """One pass over the table."""

    def __init__(self, source: ByteSource) -> None:
        self._path = source.name
        self._table = Table(source)
        self._is_large = source.nbytes > _LARGE_INDEX
        self._shard_count = 0
        self._shard_nbytes: dict[int, int] = {}
        self._slices: list[tuple[bytes, SliceKey, Any]] = []
        self._partitioned: list[tuple[str, Any]] = []
        self._entries = BundleEntries()

    def parse(self) -> BundleIndex:
        is_big_endian: bool | None = None
        with paused_collector() if self._is_large else nullcontext():
            for block in self._table.iter_blocks():
                rows = iter(block)
                if is_big_endian is None:
                    is_big_endian = self._parse_header(*next(rows, (b"", b"")))
                self._parse_rows(rows)
                self._check_count(len(self._entries) + len(self._slices))
        if is_big_endian is None:
            raise self._broken("", "an index without entries", expected="a header")
        slices = self._join_slices()
        return BundleIndex(
            self._shard_count, is_big_endian, self._entries, self._shard_nbytes, slices
        )

    def _parse_rows(self, rows: Iterator[Row]) -> None:
        """Whole tensors become entries; slices and partitioned ones are put aside, in order."""
        take = self._entries.take
        while (row := take(rows, self._shard_count, self._shard_nbytes)) is not None:
            self._parse_row(*row)

    def _parse_row(self, raw_key: bytes, value: bytes) -> None:
        """An entry of any form; says what is wrong with one that cannot be."""
        key = raw_key.decode("utf-8", "surrogateescape")
        try:
            proto = message_class("BundleEntryProto").FromString(value)
        except DecodeError:
            raise self._broken(key, f"{len(value)} bytes that are no entry") from None
        if raw_key[0] == 0 and self._put_aside(raw_key, proto):
            return
        dtype = proto.dtype
        shape, size = self._parse_shape(key, proto.shape)
        if proto.slices:
            self._partitioned.append((key, proto))
            self._entries.add(BundleEntry(key, dtype, shape, 0, -1, 0, 0))
            return
        where = Extent(proto.shard_id, proto.offset, proto.size, proto.crc32c)
        self._check_extent(key, dtype, size, where)
        shard, offset, nbytes, crc = where
        self._entries.add(BundleEntry(key, dtype, shape, nbytes, shard, offset, crc))

    def _check_count(self, count: int) -> None:
        if count > _MOST_ENTRIES:
            raise LimitExceeded(path=self._path, found=f"more than {_MOST_ENTRIES:,} tensors")

    def _put_aside(self, raw_key: bytes, proto: Any) -> bool:
        """Keep a slice until its tensor is known; False if the key is no slice's after all."""
        try:
            self._slices.append((raw_key, decode_slice_key(raw_key), proto))
        except MalformedKey:
            return False  # TensorFlow lists it as a tensor like any other
        return True

    def _parse_header(self, key: bytes, value: bytes) -> bool:
        """Take the number of shards; returns whether the data is big-endian."""
        if key != b"" or not value:
            raise self._broken("", "a table without a header", expected="a checkpoint index")
        if value.startswith(b"\x0a"):
            raise Unsupported(
                f"{self._path}: a checkpoint of format V1 under the name of an index. Rename it:"
                " its file is called as the checkpoint is, without .index."
            )
        if value[:1] == b"\x08" and value[2:] == _PLAIN_VERSION and 0 < value[1] < 0x80:
            self._shard_count = value[1]
            return False
        header = parse_message(
            message_class("BundleHeaderProto"), value, path=self._path, field="header"
        )
        version = header.version
        if version.min_consumer > _READER_VERSION or _READER_VERSION in version.bad_consumers:
            raise Unsupported(
                f"{self._path}: written for bundle readers of version {version.min_consumer} and"
                f" newer; this one is version {_READER_VERSION}. Update this package."
            )
        if header.endianness not in (0, 1):
            raise self._broken("", f"byte order {header.endianness}", expected="0 or 1")
        if not 0 < header.num_shards < _MAX_SHARDS:
            raise self._broken("", f"{header.num_shards} shards", expected="1 to 99,999")
        self._shard_count = header.num_shards
        return bool(header.endianness)

    def _check_extent(self, key: str, number: int, size: int, where: Extent) -> None:
        """Raise a FormatError unless the bytes can be those of `size` elements in a known shard."""
        shard, offset, nbytes, _ = where
        if not 0 <= shard < self._shard_count:
            raise self._broken(key, f"shard {shard}", expected=f"one of {self._shard_count} shards")
        stop = offset + nbytes
        if offset < 0 or nbytes < 0 or stop >= 1 << 63:
            raise self._broken(key, f"bytes {offset} to {stop}")
        dtype = DTYPES.get(number)
        if number in _NEVER_STORED:
            raise self._broken(key, f"type {dtype_of(number).name}", expected="one that is saved")
        if dtype is not None:
            needed = size * dtype.itemsize
            if dtype.itemsize and nbytes != needed:
                raise self._broken(key, f"{nbytes} bytes", expected=f"{needed} for {dtype.name}")
            # Strings have a length byte each at least, and the checksum of the lengths.
            if number == STRING.number and nbytes < size + 4:
                raise self._broken(key, f"{nbytes} bytes", expected=f"{size + 4} or more")
        if nbytes and stop > self._shard_nbytes.get(shard, 0):
            self._shard_nbytes[shard] = stop

    def _parse_shape(self, key: str, encoded: bytes) -> tuple[tuple[int, ...], int]:
        """Sizes of a `TensorShapeProto`, and their product."""
        shape_class = message_class("TensorShapeProto")
        proto = parse_message(shape_class, encoded, path=self._path, field=_field(key))
        shape = tuple(dim.size for dim in proto.dim)
        if proto.unknown_rank or len(shape) > MAX_RANK or min(shape, default=0) < 0:
            raise self._broken(key, "a shape that no tensor has")
        size = math.prod(shape)
        if size >= 1 << 63:
            raise LimitExceeded(
                path=self._path, field=_field(key), found=f"2^{size.bit_length() - 1} elements"
            )
        return shape, size

    def _join_slices(self) -> tuple[StoredSlice, ...]:
        """Give each partitioned tensor its slices; a slice of an unknown tensor is an error."""
        partitioned = {key: self._entries[key] for key, _ in self._partitioned}
        extents: dict[tuple[str, Box], Extent] = {}
        stored = []
        for raw_key, slice_key, proto in self._slices:
            key = slice_key.name.decode("utf-8", "surrogateescape")
            tensor = partitioned.get(key)
            if tensor is None:
                raise self._broken(key, "a slice without its tensor")
            box = self._box(key, slice_key.extents, tensor.shape)
            shape = tuple(stop - start for start, stop in box)
            where = Extent(proto.shard_id, proto.offset, proto.size, proto.crc32c)
            self._check_extent(key, tensor.dtype, math.prod(shape), where)
            if proto.dtype != tensor.dtype:
                raise self._broken(key, "a slice of another type")
            extents[key, box] = where
            stored.append(StoredSlice(raw_key.decode("utf-8", "surrogateescape"), key, shape))
        for key, proto in self._partitioned:
            parts = self._parts(key, proto, partitioned[key].shape, extents)
            self._entries.set_parts(key, parts)
        return tuple(stored)

    def _parts(
        self, key: str, proto: Any, shape: tuple[int, ...], extents: dict[tuple[str, Box], Extent]
    ) -> tuple[tuple[Box, Extent], ...]:
        """The slices a partitioned tensor lists, each with its bytes; they must tile it."""
        slice_class = message_class("TensorSliceProto")
        parts = []
        for encoded in proto.slices:
            declared = parse_message(slice_class, encoded, path=self._path, field=_field(key))
            box = self._box(
                key,
                tuple(
                    (axis.start, axis.length if axis.HasField("length") else -1)
                    for axis in declared.extent
                ),
                shape,
            )
            if (key, box) not in extents:
                raise self._broken(key, f"no data for its slice {list(box)}")
            parts.append((box, extents[key, box]))
        problem = check_cover([box for box, _ in parts], shape)
        if problem:
            raise self._broken(key, problem, expected="slices that tile the tensor")
        return tuple(parts)

    def _box(self, key: str, extents: tuple[tuple[int, int], ...], shape: tuple[int, ...]) -> Box:
        box = resolve_box(extents, shape)
        if box is None:
            raise self._broken(key, "a slice outside its tensor", expected=f"within {list(shape)}")
        return box

    def _broken(self, key: str, found: str, expected: str = "") -> FormatError:
        return FormatError(path=self._path, field=_field(key), expected=expected, found=found)


def _field(key: str) -> str:
    return f'tensor "{key}"' if key else "header"
