"""Writes LevelDB tables (SSTables), byte for byte as TensorFlow does, or wrong on purpose.

Independent of `codecs.sstable`: its tests write here and read there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from google_crc32c import value as crc32c

MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
BLOCK_SIZE = 262144
"""What TensorFlow writes; a block is closed once it is estimated to be this long."""

RAW, SNAPPY = 0, 1

Compress = Callable[[bytes], bytes]

_SHORT = [bytes((value,)) for value in range(128)]


def varint(value: int) -> bytes:
    """A base-128 number; negative ones as protobuf writes them, in ten bytes."""
    if 0 <= value < 128:
        return _SHORT[value]
    value &= (1 << 64) - 1
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def masked(crc: int) -> bytes:
    """A checksum as LevelDB stores it."""
    return ((((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")


def encode_table(
    entries: Iterable[tuple[bytes, bytes]],
    *,
    block_size: int = BLOCK_SIZE,
    compress: Compress | None = None,
) -> bytes:
    """A table of `entries`, which must come in increasing order of their keys.

    Args:
        entries: Keys and values; their order is not checked, so that tests can break it.
        block_size: Length at which a data block is closed; 1 gives one entry per block.
        compress: Applied to each block that it makes shorter, e.g. `snappy`.
    """
    table = bytearray()
    index = _Block(restart_interval=1)
    block = _Block()
    handle = b""
    for key, value in entries:
        if handle:
            index.add(shortest_separator(block.last_key, key), handle)
            block, handle = _Block(), b""
        block.add(key, value)
        if block.nbytes >= block_size:
            handle = _append(table, block.finish(), compress)
    if not handle and block.count:
        handle = _append(table, block.finish(), compress)
    if handle:
        index.add(short_successor(block.last_key), handle)
    metaindex = _append(table, _Block().finish(), compress)
    index_handle = _append(table, index.finish(), compress)
    return bytes(table) + footer(metaindex, index_handle)


def table_of_blocks(blocks: Iterable[tuple[bytes, int, bytes]]) -> bytes:
    """A table whose data blocks are given as `(contents, compression type, separator key)`."""
    table = bytearray()
    index = _Block(restart_interval=1)
    for contents, kind, separator in blocks:
        index.add(separator, append_block(table, contents, kind))
    metaindex = append_block(table, _Block().finish(), RAW)
    index_handle = append_block(table, index.finish(), RAW)
    return bytes(table) + footer(metaindex, index_handle)


def encode_block(entries: Iterable[tuple[bytes, bytes]], restart_interval: int = 16) -> bytes:
    """Contents of one block."""
    block = _Block(restart_interval)
    for key, value in entries:
        block.add(key, value)
    return block.finish()


def append_block(table: bytearray, contents: bytes, kind: int) -> bytes:
    """Append a block with its trailer; returns its handle."""
    handle = varint(len(table)) + varint(len(contents))
    trailer = bytes((kind,))
    table += contents + trailer + masked(crc32c(contents + trailer))
    return handle


def footer(metaindex: bytes, index: bytes) -> bytes:
    """The last 48 bytes."""
    return (metaindex + index).ljust(40, b"\0") + MAGIC


def _append(table: bytearray, contents: bytes, compress: Compress | None) -> bytes:
    if compress is not None:
        compressed = compress(contents)
        if len(compressed) < len(contents):
            return append_block(table, compressed, SNAPPY)
    return append_block(table, contents, RAW)


class _Block:
    """Entries that share prefixes, with a full key at every restart."""

    def __init__(self, restart_interval: int = 16) -> None:
        self.count = 0
        self.last_key = b""
        self._interval = restart_interval
        self._data = bytearray()
        self._restarts = [0]

    @property
    def nbytes(self) -> int:
        """What TensorFlow compares with the block size."""
        return len(self._data) + 4 * len(self._restarts) + 4

    def add(self, key: bytes, value: bytes) -> None:
        shared = 0
        if self.count and self.count % self._interval == 0:
            self._restarts.append(len(self._data))
        elif self.count:
            shared = _common_prefix(self.last_key, key)
        self._data += varint(shared) + varint(len(key) - shared) + varint(len(value))
        self._data += key[shared:] + value
        self.last_key = key
        self.count += 1

    def finish(self) -> bytes:
        restarts = b"".join(offset.to_bytes(4, "little") for offset in self._restarts)
        return bytes(self._data) + restarts + len(self._restarts).to_bytes(4, "little")


def _common_prefix(one: bytes, other: bytes) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def shortest_separator(last: bytes, following: bytes) -> bytes:
    """A short key from `last` on and below `following`, as LevelDB's comparator finds it."""
    shared = _common_prefix(last, following)
    if shared < min(len(last), len(following)):
        byte = last[shared]
        if byte < 0xFF and byte + 1 < following[shared]:
            return last[:shared] + bytes((byte + 1,))
    return last


def short_successor(last: bytes) -> bytes:
    """A short key from `last` on, for the last block."""
    for position, byte in enumerate(last):
        if byte != 0xFF:
            return last[:position] + bytes((byte + 1,))
    return last


def snappy_literals(data: bytes) -> bytes:
    """Snappy's format without any copy: never shorter, always valid."""
    return varint(len(data)) + b"".join(
        literal(data[start : start + 65536]) for start in range(0, len(data), 65536)
    )


def literal(data: bytes) -> bytes:
    """A Snappy element that gives its own bytes (1 to 2^32)."""
    length = len(data) - 1
    if length < 60:
        return bytes((length << 2,)) + data
    width = (length.bit_length() + 7) // 8
    return bytes((59 + width << 2,)) + length.to_bytes(width, "little") + data


def copy(length: int, distance: int, kind: int) -> bytes:
    """A Snappy element that repeats earlier bytes; kind 1 to 3: offset in 11, 16 or 32 bits."""
    if kind == 1:
        return bytes((distance >> 8 << 5 | length - 4 << 2 | 1, distance & 0xFF))
    width = 2 if kind == 2 else 4
    return bytes((length - 1 << 2 | kind,)) + distance.to_bytes(width, "little")


def snappy(data: bytes) -> bytes:
    """Snappy as a simple compressor writes it: what stood before is copied."""
    seen: dict[bytes, int] = {}
    elements = [varint(len(data))]
    start = position = 0
    while position + 4 <= len(data):
        word = data[position : position + 4]
        earlier = seen.get(word, -1)
        seen[word] = position
        if earlier < 0 or position - earlier > 0xFFFF:
            position += 1
            continue
        length = 4
        limit = min(64, len(data) - position)
        while length < limit and data[earlier + length] == data[position + length]:
            length += 1
        if start < position:
            elements.append(literal(data[start:position]))
        elements.append(copy(length, position - earlier, 2))
        position += length
        start = position
    if start < len(data):
        elements.append(literal(data[start:]))
    return b"".join(elements)
