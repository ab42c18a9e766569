"""A small writer of bundles, for those that TensorFlow on this machine does not write.

The layout is that of `tensorflow/core/util/tensor_bundle` and of LevelDB's table format:
https://github.com/google/leveldb/blob/main/doc/table_format.md
"""

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import tensor_bundle_pb2

Pair = tuple[bytes, bytes]

MAGIC = 0xDB4775248B80FB57
RESTART_INTERVAL = 16
RAW, SNAPPY = 0, 1


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC = _crc_table()


def crc32c(content: bytes, crc: int = 0) -> int:
    """Castagnoli's checksum of `content`, continued from `crc`."""
    crc ^= 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def masked(crc: int) -> int:
    """A checksum in the form in which it is stored."""
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(number: int) -> bytes:
    """Base 128, the lowest digits first."""
    digits = bytearray()
    while number >= 0x80:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def _equal_bytes(content: bytes, here: int, there: int) -> int:
    """How many bytes are the same from `here` and from `there` on, at most 64."""
    size = 0
    while (
        size < 64 and there + size < len(content) and content[here + size] == content[there + size]
    ):
        size += 1
    return size


def _literals(content: bytes) -> bytes:
    parts = [content[start : start + 60] for start in range(0, len(content), 60)]
    return b"".join(bytes([len(part) - 1 << 2]) + part for part in parts)


def snappy(content: bytes) -> bytes:
    """Compress in Snappy's raw format: literals, and copies of four equal bytes or more.

    https://github.com/google/snappy/blob/main/format_description.txt
    """
    out, seen, at, copied = varint(len(content)), {}, 0, 0
    while at < len(content):
        four = content[at : at + 4]
        found, seen[four] = seen.get(four, at), at
        size = _equal_bytes(content, found, at) if found < at else 0
        if size >= 4 and at - found < 1 << 16:
            out += _literals(content[copied:at]) + struct.pack("<BH", size - 1 << 2 | 2, at - found)
            copied = at = at + size
        else:
            at += 1
    return out + _literals(content[copied:])


def block(pairs: Iterable[Pair], restart_interval: int = RESTART_INTERVAL) -> bytes:
    """The contents of a block: entries with shared prefixes, then the restart points."""
    entries, restarts, last = bytearray(), [0], b""
    for i, (key, value) in enumerate(pairs):
        shared = 0
        if i % restart_interval == 0:
            restarts[i // restart_interval :] = [len(entries)]
        else:
            while shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
        entries += varint(shared) + varint(len(key) - shared) + varint(len(value))
        entries += key[shared:] + value
        last = key
    return bytes(entries) + struct.pack(f"<{len(restarts)}II", *restarts, len(restarts))


def separator(last: bytes, following: bytes) -> bytes:
    """A short key from `last` on and before `following`."""
    at = next((i for i, (a, b) in enumerate(zip(last, following, strict=False)) if a != b), None)
    if at is not None and last[at] + 1 < following[at]:
        return last[:at] + bytes([last[at] + 1])
    return last


class Table:
    """The file of an SSTable, as it grows."""

    def __init__(self) -> None:
        self.content = bytearray()

    def add_block(self, contents: bytes, compression: int) -> bytes:
        """Append a block; returns its handle."""
        stored = snappy(contents) if compression == SNAPPY else contents
        handle = varint(len(self.content)) + varint(len(stored))
        checksum = masked(crc32c(stored + bytes([compression])))
        self.content += stored + struct.pack("<BI", compression, checksum)
        return handle


def table(pairs: list[Pair], *, per_block: int, compression: int = RAW) -> bytes:
    """An SSTable of sorted pairs, `per_block` of them in each block."""
    file, handles = Table(), []
    for start in range(0, len(pairs), per_block):
        part = pairs[start : start + per_block]
        following = pairs[start + per_block : start + per_block + 1]
        key = separator(part[-1][0], following[0][0]) if following else part[-1][0] + b"\0"
        handles.append((key, file.add_block(block(part), compression)))
    metaindex = file.add_block(block([]), compression)
    index = file.add_block(block(handles, restart_interval=1), compression)
    footer = (metaindex + index).ljust(40, b"\0") + struct.pack("<Q", MAGIC)
    return bytes(file.content) + footer


class Stored(NamedTuple):
    """A tensor as a shard holds it."""

    array: np.ndarray
    content: bytes
    crc: int

    def entry(self, offset: int) -> bytes:
        """The serialized entry for the index; the tensor starts at `offset` of shard 0."""
        dtype = tf.dtypes.as_dtype(self.array.dtype).as_datatype_enum
        message = tensor_bundle_pb2.BundleEntryProto(
            dtype=dtype, offset=offset, size=len(self.content), crc32c=masked(self.crc)
        )
        message.shape.SetInParent()
        for size in self.array.shape:
            message.shape.dim.add(size=size)
        return message.SerializeToString()


def plain(array: np.ndarray) -> Stored:
    """Numbers as this machine, a little-endian one, stores them."""
    return Stored(array, array.tobytes(), crc32c(array.tobytes()))


def header(*, big_endian: bool = False, min_consumer: int = 0) -> Pair:
    """The first pair of an index, of one shard."""
    message = tensor_bundle_pb2.BundleHeaderProto(num_shards=1, endianness=int(big_endian))
    message.version.producer = 1
    message.version.min_consumer = min_consumer
    return b"", message.SerializeToString()


def write(prefix: str, index: bytes, data: bytes) -> None:
    """Write the two files of a bundle of one shard."""
    Path(f"{prefix}.index").write_bytes(index)
    Path(f"{prefix}.data-00000-of-00001").write_bytes(data)


def packed(tensors: dict[str, Stored]) -> tuple[list[Pair], bytes]:
    """Entries in order of their keys, and a shard with one tensor after the other."""
    pairs, data = [], bytearray()
    for key, stored in sorted((key.encode(), stored) for key, stored in tensors.items()):
        pairs.append((key, stored.entry(len(data))))
        data += stored.content
    return pairs, bytes(data)
