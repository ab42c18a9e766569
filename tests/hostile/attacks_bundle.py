"""Attacks on checkpoints V2: the table of the index, its header and entries, strings, the graph.

The corpus case `hostile_entries` holds those on single fields of an entry, with what TensorFlow
makes of them.
"""

from __future__ import annotations

import numpy as np

from tensorboard_plugin_modelinspect.errors import (
    BadChecksum,
    FormatError,
    LimitExceeded,
    Truncated,
    Unsupported,
)
from tests.hostile.attacks import BAD, Make, harmless, noted, refused, unread
from tests.hostile.bombs import graph_of
from tests.hostile.seeds import Files
from tests.support.bundle_writer import (
    NUMBERS,
    BundleWriter,
    encode_entry,
    encode_header,
    encode_slice,
    encode_strings,
    slice_key,
)
from tests.support.table_writer import (
    RAW,
    SNAPPY,
    append_block,
    copy,
    encode_block,
    footer,
    literal,
    table_of_blocks,
    varint,
)

FLOAT, STRING = NUMBERS["float32"], NUMBERS["string"]
HEADER = (b"", encode_header(1))
LENGTHS = encode_strings([b"a", b"b"])[0][:-2]
"""Lengths of two strings of one byte, and their checksum."""
ENTRY = encode_entry(FLOAT, (1,), nbytes=4)
VARIABLE = "w/.ATTRIBUTES/VARIABLE_VALUE"
HUGE = (1 << 63) - 1
DEEP = b"\x0b" * 10_000 + b"\x0c" * 10_000
"""Groups in groups, of a field that no message here has."""


def bundle(index: bytes, data: bytes = bytes(64)) -> Files:
    """A checkpoint of one shard."""
    return {"ckpt.index": index, "ckpt.data-00000-of-00001": data}


def in_table(contents: bytes, kind: int = RAW) -> Make:
    """One with an index of one block, checksums right."""
    return lambda: bundle(table_of_blocks([(contents, kind, b"x")]))


def with_handles(*data: bytes, index: bytes = b"") -> Make:
    """One whose index block says so of where its blocks are, or whose footer does."""

    def make() -> Files:
        content = bytearray()
        append_block(content, encode_block([HEADER]), RAW)
        metaindex = append_block(content, encode_block([]), RAW)
        rows = [(b"%d" % number, handle) for number, handle in enumerate(data)]
        found = append_block(content, encode_block(rows, 1), RAW)
        return bundle(bytes(content) + footer(metaindex, index or found))

    return make


def with_header(shards: int = 1, **fields: int) -> Make:
    """One whose header says so."""
    return in_table(encode_block([(b"", encode_header(shards, **fields))]))


def with_entries(*rows: tuple[bytes, bytes]) -> Make:
    """One whose index has these entries in this order."""
    return in_table(encode_block([HEADER, *rows]))


def with_shape(*shape: int, dtype: int = FLOAT, nbytes: int = 16) -> Make:
    """One whose tensor `BAD` has that shape."""
    return with_entries((BAD.encode(), encode_entry(dtype, shape, nbytes=nbytes)))


def with_strings(count: int, stored: bytes) -> Make:
    """One whose tensor `BAD` is of so many strings, stored so."""
    entry = encode_entry(STRING, (count,), nbytes=len(stored))
    return lambda: {**with_entries((BAD.encode(), entry))(), "ckpt.data-00000-of-00001": stored}


def with_graph(proto: bytes) -> Make:
    """One with that object graph."""

    def make() -> Files:
        writer = BundleWriter()
        writer.add(VARIABLE, np.zeros(2, np.float32))
        writer.add_object_graph(proto)
        return writer.files("ckpt")

    return make


def with_edges(*edges: tuple[int, int], count: int = 3) -> Make:
    """One with an object graph of these edges."""
    return with_graph(graph_of(edges, count).SerializeToString())


def wrong_checksum() -> Files:
    """One byte of a block is another."""
    index = in_table(encode_block([HEADER]))()["ckpt.index"]
    return bundle(bytes([index[0] ^ 1]) + index[1:])


def wrong_values() -> Files:
    """One byte of a shard is another."""
    writer = BundleWriter()
    writer.add(BAD, np.ones(4, np.float32))
    return {**writer.files("ckpt"), "ckpt.data-00000-of-00001": bytes(16)}


def blocks_out_of_order() -> Files:
    """Two blocks, each in order, of which the second comes before the first."""
    first, second = encode_block([HEADER, (b"b", ENTRY)]), encode_block([(b"a", ENTRY)])
    return bundle(table_of_blocks([(first, RAW, b"b"), (second, RAW, b"c")]))


def snappy_bomb(nbytes: int) -> bytes:
    """One byte, repeated for as long as is declared."""
    return varint(nbytes) + literal(b"a") + copy(64, 1, 2) * (nbytes // 64)


def lengths(*numbers: int) -> bytes:
    """A block of one entry whose three lengths are these numbers."""
    return b"".join(map(varint, numbers)) + b"abcd" + bytes(4) + b"\1\0\0\0"


def overlapping_slices() -> Files:
    """A tensor of two slices that cover the same elements twice, and others never."""
    writer = BundleWriter()
    writer.add_slices(BAD, np.zeros(4, np.float32), [((0, 2),), ((1, 3),)])
    return writer.files("ckpt")


TABLES = [
    refused("a file shorter than a footer", lambda: bundle(bytes(47)), Truncated, "needs 48 bytes"),
    refused("no magic number", lambda: bundle(bytes(48)), FormatError, "expected magic number"),
    refused("a footer of endless numbers", lambda: bundle(footer(b"\xff" * 40, b"")), FormatError,
            "footer: found no block handles"),
    refused("an index block outside the file", with_handles(index=varint(1 << 40) + b"\1"),
            Truncated, "at byte 1099511627776, table block: needs 1099511627782 bytes"),
    refused("an index block of 2^63 bytes", with_handles(index=b"\0" + varint(HUGE)), Truncated,
            f"table block: needs {HUGE + 5} bytes"),
    refused("a data block outside the file", with_handles(varint(1 << 40) + b"\1"), Truncated,
            "at byte 1099511627776, table block"),
    refused("a data block of 2^63 bytes", with_handles(b"\0" + varint(HUGE)), Truncated,
            "at byte 0, table block: needs"),
    refused("a data block twice", with_handles(b"\0\x0c", b"\0\x0c"), FormatError,
            "a bad block handle"),
    refused("a handle with bytes behind it", with_handles(b"\0\x0c\0"), FormatError,
            "a bad block handle"),
    refused("a handle that is cut", with_handles(b"\x80"), FormatError, "a bad block handle"),
    refused("no data block", with_handles(), FormatError, "an index without entries"),
    refused("an unknown compression", in_table(encode_block([HEADER]), 2), FormatError,
            "compression type 2"),
    refused("a wrong checksum", wrong_checksum, BadChecksum, "table block of 17 bytes"),
    refused("restart points without number", in_table(bytes(8) + b"\xff\xff\xff\xff"), FormatError,
            "entries that overlap"),
    refused("a key that shares what is not there", in_table(lengths(3, 1, 0)), FormatError,
            "entries that overlap"),
    refused("a key longer than its block", in_table(lengths(0, 1 << 31, 0)), FormatError,
            "entries that overlap"),
    refused("a value of 2^63 bytes", in_table(lengths(0, 1, HUGE)), FormatError,
            "entries that overlap"),
    refused("a length without end", in_table(b"\xff" * 20), FormatError, "entries that overlap"),
    refused("blocks out of order", blocks_out_of_order, FormatError, "keys out of order"),
    refused("2^62 bytes of Snappy", in_table(varint(1 << 62) + literal(b"a"), SNAPPY), FormatError,
            "broken Snappy data"),
    refused("a Snappy bomb", in_table(snappy_bomb((256 << 20) + 64), SNAPPY), FormatError,
            "broken Snappy data"),
    refused("a Snappy copy from before the start", in_table(varint(9) + copy(9, 5, 2), SNAPPY),
            FormatError, "broken Snappy data"),
    refused("a Snappy copy of nothing", in_table(varint(9) + literal(b"a") + copy(8, 0, 2), SNAPPY),
            FormatError, "broken Snappy data"),
    refused("a Snappy literal of 4 GB", in_table(varint(64) + b"\xfc\xff\xff\xff\xff", SNAPPY),
            FormatError, "broken Snappy data"),
]  # fmt: skip

INDEXES = [
    refused("no shards", with_header(0), FormatError,
            "header: expected 1 to 99,999, found 0 shards"),
    refused("2^31 shards", with_header((1 << 31) - 1), FormatError, "found 2147483647 shards"),
    refused("-1 shards", with_header(-1), FormatError, "found -1 shards"),
    refused("an unknown byte order", with_header(is_big_endian=7), FormatError, "byte order 7"),
    refused("a bundle for newer readers", with_header(min_consumer=9), Unsupported,
            "readers of version 9"),
    refused("a header 10,000 messages deep", in_table(encode_block([(b"", DEEP)])),
            FormatError, "header: expected a BundleHeaderProto"),
    refused("the same key twice", with_entries((b"a", ENTRY), (b"a", ENTRY)), FormatError,
            "entries that overlap"),
    refused("keys out of order", with_entries((b"b", ENTRY), (b"a", ENTRY)), FormatError,
            "entries that overlap"),
    refused("rank 300", with_shape(*[1] * 300), FormatError, "a shape that no tensor has"),
    refused("a negative dimension", with_shape(-1, 4), FormatError, "a shape that no tensor has"),
    refused("2^80 elements", with_shape(1 << 40, 1 << 40), LimitExceeded, "found 2^80 elements"),
    refused("2^62 floats in 16 bytes", with_shape(1 << 60), FormatError,
            "expected 4611686018427387904 for float32, found 16 bytes"),
    refused("2^62 strings in 16 bytes", with_shape(1 << 62, dtype=STRING), FormatError,
            "or more, found 16 bytes"),
    refused("a tensor of no type", with_shape(4, dtype=0), FormatError, "type"),
    refused("a resource", with_shape(4, dtype=20), FormatError, "type resource"),
    refused("an entry that is no protobuf", with_entries((b"a", b"\xff" * 9)), FormatError,
            "9 bytes that are no entry"),
    refused("a shape that is none", with_entries((b"a", b"\x12\x03\x12\x01\xff")), FormatError,
            "expected a TensorShapeProto"),
    refused("slices that overlap", overlapping_slices, FormatError,
            "expected slices that tile the tensor, found slices that overlap"),
    refused("a slice that is not there", with_entries((b"a", encode_entry(FLOAT, (4,),
            slices=[encode_slice([(0, 4)])]))), FormatError, "no data for its slice"),
    refused("a slice of an unknown tensor", with_entries((slice_key(b"a", [(0, 4)]), ENTRY)),
            FormatError, "a slice without its tensor"),
    unread("values that were changed", wrong_values, BadChecksum, f'at byte 0, tensor "{BAD}"'),
    noted("a shard that ends early", with_shape(1 << 40, nbytes=1 << 42),
          "expected 4,398,046,511,104 bytes, found 64"),
]  # fmt: skip

STRINGS = [
    unread("a string longer than the tensor", with_strings(1, b"\x7f" + bytes(20)), FormatError,
           "expected at most 21, found a string of 127 bytes"),
    unread("a string of 2^63 bytes", with_strings(1, varint(HUGE) + bytes(20)), FormatError,
           f"found a string of {HUGE} bytes"),
    unread("a length of eleven bytes", with_strings(1, b"\xff" * 21), FormatError,
           "lengths that do not end"),
    refused("strings without room for their lengths", with_strings(8, bytes(11)), FormatError,
            "expected 12 or more, found 11 bytes"),
    unread("lengths that leave bytes over", with_strings(2, LENGTHS + bytes(20)), FormatError,
           "expected an end at byte 26, found strings up to byte 8"),
    unread("lengths that were changed", with_strings(2, b"\2\0" + LENGTHS[2:] + b"ab"), BadChecksum,
           f'at byte 0, tensor "{BAD}": expected checksum'),
]  # fmt: skip

GRAPHS = [
    harmless("an object that holds itself", with_edges((0, 0), (0, 2))),
    harmless("a cycle of objects", with_edges((0, 1), (1, 2), (2, 0))),
    harmless("an object held 10,000 times", with_edges(*[(0, 2)] * 10_000)),
    noted("an object that is not there", with_edges((0, 3)),
          "expected nodes below 3, found node 3"),
    noted("object -1", with_edges((0, -1)), "expected nodes below 3, found node -1"),
    noted("a graph 10,000 messages deep", with_graph(DEEP),
          "expected a TrackableObjectGraph protobuf"),
    noted("a graph that is no protobuf", with_graph(b"\xff" * 50),
          "expected a TrackableObjectGraph protobuf"),
]  # fmt: skip

ATTACKS = [*TABLES, *INDEXES, *STRINGS, *GRAPHS]
