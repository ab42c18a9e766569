"""Writes tensor bundles (checkpoints V2) without TensorFlow: right ones, or wrong on purpose.

    writer = BundleWriter(shard_count=2)
    writer.add("w", np.zeros((2, 3), np.float32))
    writer.add_strings("names", [b"a", b"bc"])
    writer.add_slices("table", table, [((0, 5), (0, 8)), ((5, 9), (0, 8))])
    writer.write(folder, "ckpt-1")         # ckpt-1.index, ckpt-1.data-00000-of-00002, ...

`files` gives the same as bytes by name, for a `MemoryFolder`. A hundred thousand tensors take about
a second.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Literal

import google_crc32c
import numpy as np

from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType
from tests.support.table_writer import BLOCK_SIZE, Compress, encode_table, masked, varint

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"

Box = tuple[tuple[int, int], ...]
"""Start and stop on each axis."""

NUMBERS = {dtype.name: number for number, dtype in DTYPES.items()}
"""`DataType` number by name."""


class BundleWriter:
    """Collects tensors, then writes index and shards.

    Args:
        shard_count: Data files; each tensor names its own.
        is_big_endian: Byte order of the values.
        block_size: Of the index; small ones give many blocks.
        compress: For blocks of the index, e.g. `table_writer.snappy`.
    """

    def __init__(
        self,
        *,
        shard_count: int = 1,
        is_big_endian: bool = False,
        block_size: int = BLOCK_SIZE,
        compress: Compress | None = None,
    ) -> None:
        self.entries: dict[bytes, bytes] = {}
        """Stored key to `BundleEntryProto`; tests may change what is here."""
        self.header = encode_header(shard_count, is_big_endian=is_big_endian)
        self._is_big_endian = is_big_endian
        self._shards = [_Shard() for _ in range(shard_count)]
        self._block_size = block_size
        self._compress = compress

    def add(self, key: str | bytes, value: np.ndarray, *, dtype: str = "", shard: int = 0) -> None:
        """Add a tensor of any plain type.

        Args:
            key: Its name.
            value: Its values, as numpy or ml_dtypes array.
            dtype: Name of its type where numpy has another one, e.g. `qint8`.
            shard: Where its bytes go.
        """
        data = stored_bytes(value, is_big_endian=self._is_big_endian)
        number = NUMBERS[dtype] if dtype else type_of(value.dtype).number
        self._add_data(_raw(key), number, value.shape, data, google_crc32c.value(data), shard)

    def add_strings(
        self,
        key: str | bytes,
        strings: Sequence[bytes],
        *,
        shape: Sequence[int] | None = None,
        shard: int = 0,
    ) -> None:
        """Add a string tensor; `strings` in row-major order, `shape` is one axis if not given."""
        data, crc = encode_strings(strings, is_big_endian=self._is_big_endian)
        shape = (len(strings),) if shape is None else shape
        self._add_data(_raw(key), NUMBERS["string"], shape, data, crc, shard)

    def add_object_graph(self, proto: bytes) -> None:
        """Add the object graph, a serialized `TrackableObjectGraph`."""
        self.add_strings(OBJECT_GRAPH_KEY, [proto], shape=())

    def add_slices(
        self,
        key: str | bytes,
        value: np.ndarray,
        boxes: Iterable[Box],
        *,
        dtype: str = "",
        shards: Sequence[int] = (0,),
    ) -> None:
        """Add a partitioned tensor: one slice per box; `shards` are used in turn."""
        name = _raw(key)
        number = NUMBERS[dtype] if dtype else type_of(value.dtype).number
        slices = []
        for box, shard in zip(boxes, cycle(shards)):
            part = value[tuple(slice(start, stop) for start, stop in box)]
            data = stored_bytes(part, is_big_endian=self._is_big_endian)
            extents = [(start, stop - start) for start, stop in box]
            slices.append(encode_slice(extents))
            crc = google_crc32c.value(data)
            self._add_data(slice_key(name, extents), number, part.shape, data, crc, shard)
        self.entries[name] = encode_entry(number, value.shape, slices=slices)

    def add_hole(
        self, key: str | bytes, dtype: str, shape: Sequence[int], *, shard: int = 0, crc32c: int = 0
    ) -> None:
        """Add a tensor of zeros that takes no space on disk; its checksum is wrong unless given."""
        nbytes = DTYPES[NUMBERS[dtype]].itemsize
        for size in shape:
            nbytes *= size
        offset = self._shards[shard].skip(nbytes)
        self.entries[_raw(key)] = encode_entry(
            NUMBERS[dtype], shape, shard=shard, offset=offset, nbytes=nbytes, crc32c=crc32c
        )

    def _add_data(
        self, key: bytes, number: int, shape: Sequence[int], data: bytes, crc: int, shard: int
    ) -> None:
        offset = self._shards[shard].append(data)
        self.entries[key] = encode_entry(
            number, shape, shard=shard, offset=offset, nbytes=len(data), crc32c=crc
        )

    def index(self) -> bytes:
        """The index file."""
        rows = [(b"", self.header), *sorted(self.entries.items())]
        return encode_table(rows, block_size=self._block_size, compress=self._compress)

    def files(self, prefix: str) -> dict[str, bytes]:
        """All files by name; holes become zeros."""
        files = {f"{prefix}.index": self.index()}
        for number, shard in enumerate(self._shards):
            files[self._shard_name(prefix, number)] = shard.content()
        return files

    def write(self, folder: str | os.PathLike[str], prefix: str) -> str:
        """Write all files into a folder, made if missing; returns the prefix as a path."""
        path = Path(folder, prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        Path(f"{path}.index").write_bytes(self.index())
        for number, shard in enumerate(self._shards):
            shard.write(Path(self._shard_name(str(path), number)))
        return str(path)

    def _shard_name(self, prefix: str, number: int) -> str:
        return f"{prefix}.data-{number:05d}-of-{len(self._shards):05d}"


class _Shard:
    """A data file: pieces of bytes, and holes as their lengths."""

    def __init__(self) -> None:
        self._pieces: list[bytes | int] = []
        self._nbytes = 0

    def append(self, data: bytes) -> int:
        """Append bytes; returns where they begin."""
        offset = self._nbytes
        self._pieces.append(data)
        self._nbytes += len(data)
        return offset

    def skip(self, nbytes: int) -> int:
        """Append a hole; returns where it begins."""
        offset = self._nbytes
        self._pieces.append(nbytes)
        self._nbytes += nbytes
        return offset

    def content(self) -> bytes:
        return b"".join(bytes(piece) if isinstance(piece, int) else piece for piece in self._pieces)

    def write(self, path: Path) -> None:
        with path.open("wb") as file:
            for piece in self._pieces:
                if isinstance(piece, int):
                    file.seek(piece, os.SEEK_CUR)
                else:
                    file.write(piece)
            file.truncate(self._nbytes)


def encode_header(
    shard_count: int,
    *,
    is_big_endian: bool = False,
    producer: int = 1,
    min_consumer: int = 0,
    bad_consumers: Sequence[int] = (),
) -> bytes:
    """`BundleHeaderProto`."""
    version = _number(1, producer) + _number(2, min_consumer)
    version += b"".join(_number(3, consumer) for consumer in bad_consumers)
    return _number(1, shard_count) + _number(2, int(is_big_endian)) + _bytes(3, version)


def encode_entry(
    number: int,
    shape: Sequence[int],
    *,
    shard: int = 0,
    offset: int = 0,
    nbytes: int = 0,
    crc32c: int = 0,
    slices: Iterable[bytes] = (),
) -> bytes:
    """`BundleEntryProto`; nothing is checked. `crc32c` is the unmasked checksum."""
    encoded = _number(1, number) + _bytes(2, encode_shape(tuple(shape)))
    encoded += _number(3, shard) + _number(4, offset) + _number(5, nbytes)
    encoded += b"\x35" + masked(crc32c)
    return encoded + b"".join(_bytes(7, one) for one in slices)


@cache
def encode_shape(shape: tuple[int, ...]) -> bytes:
    """`TensorShapeProto`."""
    return b"".join(_bytes(2, _number(1, size)) for size in shape)


def encode_slice(extents: Sequence[tuple[int, int]]) -> bytes:
    """`TensorSliceProto` of `(start, length)` extents; without the length if it is -1."""
    return b"".join(
        _bytes(1, _number(1, start) + (b"\x10" + varint(length) if length != -1 else b""))
        for start, length in extents
    )


def slice_key(name: bytes, extents: Sequence[tuple[int, int]]) -> bytes:
    """The key a slice is stored under; written for small numbers, -64 to 8191."""
    escaped = b"".join({0: b"\0\xff", 255: b"\xff\0"}.get(byte, bytes((byte,))) for byte in name)
    key = b"\0" + escaped + b"\0\1" + _increasing(len(extents))
    return key + b"".join(_signed(number) for extent in extents for number in extent)


def _increasing(number: int) -> bytes:
    digits = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes((len(digits),)) + digits


def _signed(number: int) -> bytes:
    if -64 <= number < 64:
        return bytes((0x80 ^ number & 0xFF,))
    if not 0 <= number < 8192:
        raise ValueError(f"{number} is not written here")
    return (0xC000 | number).to_bytes(2, "big")


def encode_strings(strings: Sequence[bytes], *, is_big_endian: bool = False) -> tuple[bytes, int]:
    """Stored bytes of a string tensor, and their checksum."""
    order: Literal["big", "little"] = "big" if is_big_endian else "little"
    crc = google_crc32c.value(b"".join(len(one).to_bytes(4, order) for one in strings))
    stored_crc = masked(crc) if order == "little" else masked(crc)[::-1]
    content = b"".join(strings)
    crc = google_crc32c.extend(google_crc32c.extend(crc, stored_crc), content)
    return b"".join(varint(len(one)) for one in strings) + stored_crc + content, crc


@cache
def type_of(dtype: np.dtype) -> DType:
    """The type of an array; cached, because numpy makes up a type's name every time."""
    return DTYPES[NUMBERS[dtype.name]]


def stored_bytes(value: np.ndarray, *, is_big_endian: bool = False) -> bytes:
    """Values of a plain type as a bundle holds them."""
    dtype = type_of(value.dtype)
    if dtype.name == "float4_e2m1fn":
        low: np.ndarray = value.view(np.uint8) & np.uint8(0xF)  # numpy 1 would widen a scalar
        return low.tobytes()
    if dtype.is_sub_byte:
        bits = 4 if dtype.name.endswith("4") else 2
        return (value.astype(np.int8) & ((1 << bits) - 1)).astype(np.uint8).tobytes()
    data = value.tobytes()
    if not is_big_endian:
        return data
    width = dtype.itemsize // (2 if value.dtype.kind == "c" else 1)
    swapped: bytes = np.frombuffer(data, f"u{width}").byteswap().tobytes()
    return swapped


def _raw(key: str | bytes) -> bytes:
    return key if isinstance(key, bytes) else key.encode("utf-8", "surrogateescape")


def _number(field: int, value: int) -> bytes:
    """A varint field; absent if zero, as in proto3."""
    return varint(field << 3) + varint(value) if value else b""


def _bytes(field: int, value: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(value)) + value
