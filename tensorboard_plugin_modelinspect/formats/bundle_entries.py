"""The entries of a bundle's index: what each says, kept in columns, and a quick way to parse them.

`BundleEntryProto` of tensorflow/core/protobuf/tensor_bundle.proto, in the one form in which
TensorFlow writes a tensor of numbers: fields in the order of their tags, those that are zero left
out, nothing behind the checksum. The size follows from type and shape.

    08 type  12 length shape  [18 shard]  [20 offset]  [28 size]  35 checksum (4 bytes)
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tensorboard_plugin_modelinspect.codecs.crc32c import mask, unmask
from tensorboard_plugin_modelinspect.codecs.varint import (
    MalformedVarint,
    decode_varint,
    encode_varint,
)
from tensorboard_plugin_modelinspect.errors import BadChecksum
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.pieces import Box

MAX_RANK = 254
_MOST_HEADS = 10_000
_LARGEST_STOP = (1 << 63) - 1
_LAST_SHIFT = 56
"""Of a varint of nine bytes: a longer one is negative, or was not written by TensorFlow."""
_SHARD_TAG, _OFFSET_TAG = 0x18, 0x20

Row = tuple[bytes, bytes]
"""Key and value of the table."""


class Extent(NamedTuple):
    """Stored bytes of a tensor or a slice: where, how many, and their masked checksum."""

    shard: int
    offset: int
    nbytes: int
    masked_crc32c: int

    @property
    def stop(self) -> int:
        """One past its last byte."""
        return self.offset + self.nbytes

    def check_crc32c(self, found: int, path: str, field: str) -> None:
        """Raise BadChecksum unless `found` is the checksum of its bytes.

        Args:
            found: Unmasked.
            path: The shard, for errors.
            field: The tensor, for errors.
        """
        if mask(found) != self.masked_crc32c:
            raise BadChecksum(
                path=path,
                offset=self.offset,
                field=field,
                expected=f"checksum {unmask(self.masked_crc32c):08x}",
                found=f"{found:08x}",
            )


Parts = tuple[tuple[Box, Extent], ...]


class BundleEntry(NamedTuple):
    """One tensor.

    Attributes:
        key: As stored; bytes that are not UTF-8 are surrogates.
        dtype: `DataType` number.
        shape: Sizes of the full tensor.
        nbytes: Stored bytes, over all parts.
        shard: Where its bytes are; -1 if it is partitioned.
        offset: In the shard.
        masked_crc32c: Checksum as stored, of the stored bytes.
        parts: Of a partitioned tensor: each slice's box and where its bytes are.
    """

    key: str
    dtype: int
    shape: tuple[int, ...]
    nbytes: int
    shard: int
    offset: int
    masked_crc32c: int
    parts: Parts = ()

    @property
    def extent(self) -> Extent | None:
        """Where its bytes are in one piece; None if it is partitioned."""
        if self.shard < 0:
            return None
        return Extent(self.shard, self.offset, self.nbytes, self.masked_crc32c)


class _Head(NamedTuple):
    """What the bytes of a type and a shape say: also the encoded size, with the next tag behind."""

    dtype: int
    shape: tuple[int, ...]
    nbytes: int
    size_field: bytes
    stop: int


class _Heads(dict[bytes, _Head]):
    """Heads by their bytes, parsed when first asked for; KeyError for those of another form."""

    def __missing__(self, data: bytes) -> _Head:
        dtype = DTYPES.get(data[1])
        is_plain = (data[0], data[2], len(data)) == (0x08, 0x12, 4 + data[3])
        if not is_plain or data[3] > 0x7F or dtype is None or not dtype.is_fixed:
            raise KeyError(data)
        shape = tuple(_iter_sizes(data, 4))
        nbytes = math.prod(shape) * dtype.itemsize
        if len(shape) > MAX_RANK or nbytes > _LARGEST_STOP:
            raise KeyError(data)
        size_field = (b"\x28" + encode_varint(nbytes) if nbytes else b"") + b"\x35"
        if len(self) >= _MOST_HEADS:
            self.clear()
        head = self[data] = _Head(dtype.number, shape, nbytes, size_field, len(data))
        return head


_HEADS = _Heads()
"""The checkpoints of a logdir share a few dozen."""


def _iter_sizes(data: bytes, position: int) -> Iterator[int]:
    """Sizes of a `TensorShapeProto`, `12 length [08 size]` each; KeyError in any other form."""
    while position < len(data):
        stop = position + 2 + data[position + 1]
        size, end = 0, position + 2
        if end < stop and data[end] == 0x08:
            size, end = decode_varint(data, end + 1, len(data))
        if data[position] != 0x12 or end != stop or size > _LARGEST_STOP:
            raise KeyError(data)
        yield size
        position = stop


class BundleEntries(Mapping[str, BundleEntry]):
    """Entries by key, in the order of the file.

    A column each, because a hundred thousand objects take longer to make than to parse; an entry is
    made when it is asked for. The columns may be read, and are changed by the methods alone.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.dtypes: list[int] = []
        self.shapes: list[tuple[int, ...]] = []
        self.sizes: list[int] = []
        self.shards: list[int] = []
        self.offsets: list[int] = []
        self.crcs: list[int] = []
        self.parts: dict[str, Parts] = {}
        self._numbers: dict[str, int] = {}

    def add(self, entry: BundleEntry) -> None:
        """Add an entry behind the others; its key is a new one."""
        self.names.append(entry.key)
        self.dtypes.append(entry.dtype)
        self.shapes.append(entry.shape)
        self.sizes.append(entry.nbytes)
        self.shards.append(entry.shard)
        self.offsets.append(entry.offset)
        self.crcs.append(entry.masked_crc32c)

    def take(self, rows: Iterator[Row], shard_count: int, ends: dict[int, int]) -> Row | None:
        """Add rows as long as they have the one form in which TensorFlow writes tensors of numbers.

        See the module.

        Args:
            rows: Key and value; keys are not empty.
            shard_count: Shards there are.
            ends: How long each shard must be for the entries so far; kept up to date.

        Returns:
            The first row of another form, or that cannot be; None behind the last one.

        Cost: 1 µs a row, two thirds of what the protobuf library takes; so its varint is spelt out.
        """
        add_name, add_dtype, add_shape = self.names.append, self.dtypes.append, self.shapes.append
        add_size, add_shard, add_offset = self.sizes.append, self.shards.append, self.offsets.append
        crcs: list[bytes] = []
        other = None
        for key, value in rows:
            shard = offset = shift = 0
            try:
                dtype, shape, nbytes, size_field, position = _HEADS[value[: 4 + value[3]]]
                if value[position] == _SHARD_TAG:
                    shard, position = decode_varint(value, position + 1, len(value))
                if value[position] == _OFFSET_TAG:
                    position += 1
                    while (byte := value[position]) > 0x7F:
                        offset |= (byte & 0x7F) << shift
                        shift += 7
                        position += 1
                    offset |= byte << shift
                    position += 1
                is_plain = value[position:-4] == size_field and key[0]
            except (IndexError, KeyError, MalformedVarint):
                is_plain = nbytes = 0
            stop = offset + nbytes
            if not is_plain or shard >= shard_count or shift > _LAST_SHIFT or stop > _LARGEST_STOP:
                other = key, value
                break
            if nbytes and stop > ends.get(shard, 0):
                ends[shard] = stop
            add_name(key.decode("utf-8", "surrogateescape"))
            add_dtype(dtype)
            add_shape(shape)
            add_size(nbytes)
            add_shard(shard)
            add_offset(offset)
            crcs.append(value[-4:])
        self.crcs += struct.unpack(f"<{len(crcs)}I", b"".join(crcs))
        return other

    def set_parts(self, key: str, parts: Parts) -> None:
        """Say of a partitioned tensor what it consists of."""
        self.parts[key] = parts
        self.sizes[self._number(key)] = sum(extent.nbytes for _, extent in parts)

    def __getitem__(self, key: str) -> BundleEntry:
        number = self._number(key)
        return BundleEntry(
            key,
            self.dtypes[number],
            self.shapes[number],
            self.sizes[number],
            self.shards[number],
            self.offsets[number],
            self.crcs[number],
            self.parts.get(key, ()),
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, key: object) -> bool:
        try:
            self._number(key)
        except KeyError:
            return False
        return True

    def _number(self, key: object) -> int:
        """Row of a key; KeyError if there is none."""
        if len(self._numbers) != len(self.names):
            self._numbers = dict(zip(self.names, range(len(self.names)), strict=True))
        return self._numbers[key]  # type: ignore[index]
