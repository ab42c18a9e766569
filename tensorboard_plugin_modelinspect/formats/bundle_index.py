"""The index of a tensor bundle (checkpoint V2): which tensor lies where.

tensorflow/core/util/tensor_bundle/tensor_bundle.{h,cc} and tensor_bundle.proto. The index is a
table of key -> protobuf. Key "" holds the header; a key that starts with a zero byte is one slice
of a partitioned tensor; any other key is a tensor.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError

from tensorboard_plugin_modelinspect.codecs.crc32c import unmask
from tensorboard_plugin_modelinspect.codecs.ordered import MalformedKey, decode_slice_key
from tensorboard_plugin_modelinspect.codecs.protos import message_class, parse_message
from tensorboard_plugin_modelinspect.codecs.sstable import MAGIC, Table
from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded, Unsupported
from tensorboard_plugin_modelinspect.formats.lfs import refuse_lfs_pointer
from tensorboard_plugin_modelinspect.formats.slices import Box, check_cover, resolve_box
from tensorboard_plugin_modelinspect.model.dtype import dtype_of
from tensorboard_plugin_modelinspect.sources.base import ByteSource

_READER_VERSION = 1
"""`kTensorBundleVersion`: a bundle whose min_consumer is larger is not ours to read."""
_MAX_RANK = 254
_MAX_SHARDS = 100_000
"""File names have five digits for the shard."""
_INDEX_START = re.compile(rb"\x00\x00.[\x08\x10\x1a]", re.DOTALL)
"""The header's entry: an empty key, and a short value that starts with one of its fields."""


class Extent(NamedTuple):
    """Stored bytes of a tensor or a slice: where, how many, and their checksum (unmasked)."""

    shard: int
    offset: int
    nbytes: int
    crc32c: int


class BundleEntry(NamedTuple):
    """One tensor.

    Attributes:
        key: As stored.
        dtype: `DataType` number.
        shape: Sizes of the full tensor.
        extent: Where its bytes are; None if it is partitioned.
        parts: Of a partitioned tensor: each slice's box and where its bytes are.
    """

    key: bytes
    dtype: int
    shape: tuple[int, ...]
    extent: Extent | None
    parts: tuple[tuple[Box, Extent], ...] = ()

    @property
    def nbytes(self) -> int:
        """Stored bytes, over all parts."""
        if self.extent is not None:
            return self.extent.nbytes
        return sum(extent.nbytes for _, extent in self.parts)


@dataclass(frozen=True, slots=True)
class BundleIndex:
    """A parsed index: entries by key in bytewise order, slices folded into their tensors."""

    shard_count: int
    is_big_endian: bool
    entries: dict[bytes, BundleEntry]

    def shard_sizes_needed(self) -> dict[int, int]:
        """Bytes each shard must have, for shards that hold any."""
        needed: dict[int, int] = {}
        for entry in self.entries.values():
            for extent in stored_extents(entry):
                stop = extent.offset + extent.nbytes
                if extent.nbytes and stop > needed.get(extent.shard, 0):
                    needed[extent.shard] = stop
        return needed


def stored_extents(entry: BundleEntry) -> Iterable[Extent]:
    """Where a tensor's bytes are: one extent, or one per slice."""
    if entry.extent is not None:
        return (entry.extent,)
    return (extent for _, extent in entry.parts)


def looks_unfinished(source: ByteSource) -> bool:
    """Whether a file looks like the first part of an index: TensorFlow writes it in place.

    Such a file starts as an index does, or is still empty, and lacks the magic number at its end.
    """
    start = source.read(0, min(source.nbytes, 4))
    end = source.read(max(0, source.nbytes - len(MAGIC)), min(source.nbytes, len(MAGIC)))
    return end != MAGIC and (not start or _INDEX_START.match(start) is not None)


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
    """One pass over the table, with the shapes seen so far."""

    def __init__(self, source: ByteSource) -> None:
        self._path = source.name
        self._table = Table(source)
        self._shapes: dict[bytes, tuple[int, ...]] = {}
        self._shard_count = 0

    def parse(self) -> BundleIndex:
        entry_class = message_class("BundleEntryProto")
        entries: dict[bytes, BundleEntry] = {}
        slices: dict[tuple[bytes, Box], Extent] = {}
        partitioned: list[tuple[bytes, Any, tuple[int, ...]]] = []
        sliced_rows: list[tuple[bytes, Any]] = []
        header: Any = None
        for block in self._table.iter_blocks():
            for key, value in block:
                if header is None:
                    header = self._parse_header(key, value)
                    continue
                proto = self._parse_entry(entry_class, key, value)
                if key[0] == 0:
                    sliced_rows.append((key, proto))
                elif len(proto.slices):
                    shape = self._shape(key, proto.shape)
                    partitioned.append((key, proto, shape))
                    entries[key] = BundleEntry(key, proto.dtype, shape, None)
                else:
                    entries[key] = self._whole_entry(key, proto)
        if header is None:
            raise self._broken(b"", "an index without entries", expected="a header")
        if sliced_rows or partitioned:
            shapes = {key: shape for key, _, shape in partitioned}
            slices = self._collect_slices(sliced_rows, shapes)
        for key, proto, shape in partitioned:
            entries[key] = self._partitioned_entry(key, proto, shape, slices)
        return BundleIndex(header.num_shards, header.endianness == 1, entries)

    def _parse_header(self, key: bytes, value: bytes) -> Any:
        if key != b"":
            raise self._broken(key, "a table without a header", expected="a checkpoint index")
        if value.startswith(b"\x0a"):
            raise Unsupported(
                f"{self._path}: a checkpoint of format V1; this version reads V2. Open it in"
                " TensorFlow and save it with tf.train.Saver(write_version=SaverDef.V2)."
            )
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
            raise self._broken(b"", f"byte order {header.endianness}", expected="0 or 1")
        if not 0 < header.num_shards < _MAX_SHARDS:
            raise self._broken(b"", f"{header.num_shards} shards", expected="1 to 99,999")
        self._shard_count = header.num_shards
        return header

    def _parse_entry(self, entry_class: Any, key: bytes, value: bytes) -> Any:
        try:
            return entry_class.FromString(value)
        except DecodeError:
            raise self._broken(key, f"{len(value)} bytes that are no entry") from None

    def _whole_entry(self, key: bytes, proto: Any) -> BundleEntry:
        shape = self._shape(key, proto.shape)
        extent = self._extent(key, proto)
        self._check_size(key, proto.dtype, shape, extent.nbytes)
        return BundleEntry(key, proto.dtype, shape, extent)

    def _extent(self, key: bytes, proto: Any) -> Extent:
        extent = Extent(proto.shard_id, proto.offset, proto.size, unmask(proto.crc32c))
        if not 0 <= extent.shard < self._shard_count:
            raise self._broken(
                key, f"shard {extent.shard}", expected=f"one of {self._shard_count} shards"
            )
        if extent.offset < 0 or extent.nbytes < 0 or extent.offset + extent.nbytes >= 1 << 63:
            raise self._broken(key, f"bytes {extent.offset} to {extent.offset + extent.nbytes}")
        return extent

    def _check_size(self, key: bytes, number: int, shape: tuple[int, ...], nbytes: int) -> None:
        dtype = dtype_of(number)
        size = math.prod(shape)
        if dtype.itemsize:
            if nbytes != size * dtype.itemsize:
                raise self._broken(
                    key, f"{nbytes} bytes", expected=f"{size * dtype.itemsize} for {dtype.name}"
                )
        elif dtype.name == "string" and nbytes < size + 4:
            # One length byte a string at least, and the checksum of the lengths.
            raise self._broken(key, f"{nbytes} bytes", expected=f"{size + 4} or more for strings")

    def _shape(self, key: bytes, encoded: bytes) -> tuple[int, ...]:
        """Sizes of a `TensorShapeProto`, parsed once per distinct encoding."""
        shape = self._shapes.get(encoded)
        if shape is None:
            proto = parse_message(
                message_class("TensorShapeProto"), encoded, path=self._path, field=_field(key)
            )
            shape = tuple(dim.size for dim in proto.dim)
            if proto.unknown_rank or len(shape) > _MAX_RANK or min(shape, default=0) < 0:
                raise self._broken(key, "a shape that no tensor has")
            if math.prod(shape) >= 1 << 63:
                raise LimitExceeded(
                    path=self._path, field=_field(key), found=f"{math.prod(shape)} elements"
                )
            self._shapes[encoded] = shape
        return shape

    def _collect_slices(
        self, rows: list[tuple[bytes, Any]], shapes: dict[bytes, tuple[int, ...]]
    ) -> dict[tuple[bytes, Box], Extent]:
        """Slices by full tensor and box; a slice of an unknown tensor is an error."""
        slices = {}
        for key, proto in rows:
            try:
                name, extents = decode_slice_key(key)
            except MalformedKey:
                raise self._broken(key, "a key that is no slice key") from None
            shape = shapes.get(name)
            if shape is None:
                raise self._broken(name, "a slice without its tensor")
            box = self._box(name, extents, shape)
            box_shape = tuple(stop - start for start, stop in box)
            extent = self._extent(name, proto)
            self._check_size(name, proto.dtype, box_shape, extent.nbytes)
            slices[name, box] = extent
        return slices

    def _partitioned_entry(
        self,
        key: bytes,
        proto: Any,
        shape: tuple[int, ...],
        slices: dict[tuple[bytes, Box], Extent],
    ) -> BundleEntry:
        slice_class = message_class("TensorSliceProto")
        parts = []
        for encoded in proto.slices:
            declared = parse_message(slice_class, encoded, path=self._path, field=_field(key))
            extents = tuple(
                (axis.start, axis.length if axis.HasField("length") else -1)
                for axis in declared.extent
            )
            box = self._box(key, extents, shape)
            extent = slices.get((key, box))
            if extent is None:
                raise self._broken(key, f"no data for its slice {list(box)}")
            parts.append((box, extent))
        problem = check_cover([box for box, _ in parts], shape)
        if problem:
            raise self._broken(key, problem, expected="slices that tile the tensor")
        return BundleEntry(key, proto.dtype, shape, None, tuple(parts))

    def _box(self, key: bytes, extents: Iterable[tuple[int, int]], shape: tuple[int, ...]) -> Box:
        box = resolve_box(tuple(extents), shape)
        if box is None:
            raise self._broken(key, "a slice outside its tensor", expected=f"within {list(shape)}")
        return box

    def _broken(self, key: bytes, found: str, expected: str = "") -> FormatError:
        return FormatError(path=self._path, field=_field(key), expected=expected, found=found)


def _field(key: bytes) -> str:
    return f'tensor "{decode_key(key)}"' if key else "header"


def decode_key(key: bytes) -> str:
    """A key as text; bytes that are not UTF-8 become surrogates, so that nothing is lost."""
    return key.decode("utf-8", "surrogateescape")


def encode_key(key: str) -> bytes:
    """The stored bytes of a key given as text."""
    return key.encode("utf-8", "surrogateescape")
