"""Tables: what our writer and TensorFlow write is read, and what nobody writes is refused."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c
from tensorboard_plugin_modelinspect.codecs.sstable import Entries, Table
from tensorboard_plugin_modelinspect.errors import (
    BadChecksum,
    FormatError,
    LimitExceeded,
    Truncated,
)
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.local import LocalFile
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile, MemoryFolder
from tests.support.corpus import ROOT
from tests.support.table_writer import (
    RAW,
    SNAPPY,
    append_block,
    encode_block,
    encode_table,
    footer,
    snappy,
    snappy_literals,
    table_of_blocks,
    varint,
)

KEYS = st.one_of(
    st.binary(max_size=5),
    st.lists(st.sampled_from([b"layer_", b"/kernel", b"/", b"1", b"\0"]), max_size=6).map(b"".join),
)
ROWS = st.dictionaries(KEYS, st.binary(max_size=200), max_size=60).map(lambda d: sorted(d.items()))
BY_HAND = ("big_endian", "hostile_entries", "many")
"""Cases whose tables the corpus' own scripts wrote, TensorFlow only read."""
WRITTEN = sorted(
    path
    for path in ROOT.rglob("*.index")
    if path.parent.name not in BY_HAND and not path.parent.name.startswith("index_")
)


def read_table(data: bytes) -> Entries:
    table = Table(MemoryFile(data, "x.index"))
    return [entry for block in table.iter_blocks() for entry in block]


def rows_of(count: int) -> list[tuple[bytes, bytes]]:
    return [(f"key{number:04d}".encode(), b"v" * (number % 9)) for number in range(count)]


@given(ROWS, st.sampled_from([1, 64, 300, 262144]), st.sampled_from([None, snappy]))
def test_any_rows_come_back(rows: Entries, block_size: int, compress: object) -> None:
    """Whatever keys, values, block size and compression: the rows of a table are what went in."""
    data = encode_table(rows, block_size=block_size, compress=compress)  # type: ignore[arg-type]
    assert read_table(data) == rows


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_tables_of_tensorflow_come_back(path: Path) -> None:
    """Rows of TensorFlow's own tables, written again, give the same bytes: nothing was lost."""
    data = path.read_bytes()
    rows = read_table(data)
    assert rows[0][0] == b""
    assert encode_table(rows) == data


def test_lengths_of_several_bytes() -> None:
    """Keys and values longer than 127 bytes, shared or not, are read."""
    rows = [(b"k" * 200, b"v" * 300), (b"k" * 200 + b"x" * 150, b""), (b"k" * 201, b"w" * 20000)]
    rows.sort()
    assert read_table(encode_table(rows)) == rows


def test_raw_blocks_beside_compressed_ones() -> None:
    """Each block says for itself whether it is compressed; literals alone are Snappy too."""
    first, second = encode_block([(b"a", b"1")]), encode_block([(b"b", b"2" * 500)])
    data = table_of_blocks(
        [
            (snappy_literals(first), SNAPPY, b"a"),
            (second, RAW, b"b"),
            (snappy(second), SNAPPY, b"c"),
        ]
    )
    table = Table(MemoryFile(data, "x.index"))
    blocks = table.iter_blocks()
    assert next(blocks) == [(b"a", b"1")]
    assert next(blocks) == [(b"b", b"2" * 500)]
    with pytest.raises(FormatError, match="out of order"):
        next(blocks)


def test_an_empty_table_has_no_rows() -> None:
    """A table of no blocks is a table."""
    assert read_table(encode_table([])) == []


def test_every_cut_is_noticed() -> None:
    """A table that ends anywhere too early is a FormatError that names the file."""
    data = encode_table(rows_of(20), block_size=60)
    for length in range(len(data)):
        with pytest.raises(FormatError) as caught:
            read_table(data[:length])
        assert caught.value.path == "x.index"


def test_no_changed_byte_changes_the_rows() -> None:
    """Whichever byte is flipped: a FormatError, or the rows as they were.

    Unread bytes (the empty metaindex block, padding) may change, as they may for TensorFlow.
    """
    rows = rows_of(20)
    data = encode_table(rows, block_size=60)
    caught = 0
    for position in range(len(data)):
        for flip in (0x01, 0x80, 0xFF):
            broken = bytearray(data)
            broken[position] ^= flip
            try:
                assert read_table(bytes(broken)) == rows
            except FormatError:
                caught += 1
    assert caught > 3 * (len(data) - 64)


def test_a_bad_checksum_says_where() -> None:
    """A changed byte names the file, the block's first byte, and both checksums."""
    first, second = encode_block([(b"a", b"1")]), encode_block([(b"b", b"2")])
    data = bytearray(table_of_blocks([(first, RAW, b"a"), (second, RAW, b"b")]))
    start = len(first) + 5
    data[start + 3] ^= 1
    with pytest.raises(BadChecksum) as caught:
        read_table(bytes(data))
    assert caught.value.offset == start
    assert str(caught.value).startswith(f"x.index at byte {start}, table block of {len(second)} ")
    right = crc32c(second + bytes(1))
    wrong = crc32c(bytes(data[start : start + len(second) + 1]))
    assert f"expected checksum {right:08x}, found {wrong:08x}" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", Truncated),
        (b"x" * 47, Truncated),
        (b"x" * 48, FormatError),
        (b"\0" * 4096, FormatError),
        (footer(b"\xff" * 20, b""), FormatError),
        (footer(b"\0\0", varint(0) + varint(1 << 40)), Truncated),
        (footer(b"\0\0", varint(1 << 62) + varint(1 << 62)), Truncated),
        (footer(b"\0\0", varint((1 << 64) - 1) + varint((1 << 64) - 1)), Truncated),
        (footer(b"\0\0", b"\0\0"), Truncated),
    ],
)
def test_files_that_are_no_tables(data: bytes, error: type[FormatError]) -> None:
    """Short files, other files, and handles that point outside are refused at once."""
    with pytest.raises(error):
        read_table(data)


def broken_block(entries: bytes, restarts: bytes = bytes(4) + b"\1\0\0\0") -> bytes:
    return table_of_blocks([(entries + restarts, RAW, b"zzz")])


@pytest.mark.parametrize(
    "data",
    [
        broken_block(b"", b""),  # no room for the number of restarts
        broken_block(b"\0\1\0k", b"\xff\xff\xff\xff"),  # more restarts than bytes
        broken_block(b"\0\1"),  # ends inside an entry's lengths
        broken_block(b"\0\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),  # a length without end
        broken_block(b"\0\2\0k"),  # a key behind the end
        broken_block(b"\0\1\x05k"),  # a value behind the end
        broken_block(b"\0\1\xff\xff\xff\xff\xff\xff\xff\xff\x7fk"),  # a value of 2^63 bytes
        broken_block(b"\1\1\0k"),  # shares more than there is before
        broken_block(b"\0\1\0b" + b"\0\1\0a"),  # keys that fall
        broken_block(b"\0\1\0a" + b"\0\1\0a"),  # a key twice
        broken_block(b"\0\1\0a" + b"\1\0\0"),  # the same, shared
        table_of_blocks([(encode_block([(b"b", b"")]), RAW, b"b")] * 2),
        table_of_blocks([(encode_block([(b"a", b"")]), 2, b"a")]),  # a compression nobody knows
        table_of_blocks([(encode_block([(b"a", b"")]), SNAPPY, b"a")]),  # no Snappy at all
    ],
)
def test_broken_blocks(data: bytes) -> None:
    """Entries that do not fit or do not rise are a FormatError, though the checksum is right."""
    with pytest.raises(FormatError) as caught:
        read_table(data)
    assert caught.value.path == "x.index"


def table_with_handles(handles: list[bytes], blocks: bytes = b"") -> bytes:
    """A table whose index block holds these handles."""
    table = bytearray(blocks)
    index = encode_block([(b"k%05d" % n, handle) for n, handle in enumerate(handles)], 1)
    return bytes(table) + finish(table, index)


def finish(table: bytearray, index: bytes) -> bytes:
    tail = bytearray(table)
    metaindex = append_block(tail, encode_block([]), RAW)
    index_handle = append_block(tail, index, RAW)
    return bytes(tail[len(table) :]) + footer(metaindex, index_handle)


ONE_BLOCK = bytearray()
HANDLE = append_block(ONE_BLOCK, encode_block([(b"a", b"x" * 50)]), RAW)


@pytest.mark.parametrize(
    "handles",
    [
        [HANDLE] * 2,  # the same block twice
        [HANDLE, b"\1" + HANDLE[1:]],  # one that overlaps
        [HANDLE + b"\0"],  # more bytes than a handle has
        [HANDLE[:1]],  # half a handle
        [b""],
        [b"\xff" * 11],
        [varint(1 << 63) + varint(1)],
        [b"\0" + varint(1 << 63)],
    ],
)
def test_handles_that_lie(handles: list[bytes]) -> None:
    """Blocks follow each other: handles that go back would make a small file grow without end."""
    with pytest.raises(FormatError):
        read_table(table_with_handles(handles, bytes(ONE_BLOCK)))


def test_swapped_handles_are_refused() -> None:
    """Data blocks are listed in the order they lie in."""
    table = bytearray()
    first = append_block(table, encode_block([(b"b", b"")]), RAW)
    second = append_block(table, encode_block([(b"a", b"")]), RAW)
    with pytest.raises(FormatError):
        read_table(table_with_handles([second, first], bytes(table)))


def test_shared_prefixes_do_not_explode() -> None:
    """Keys repeat at most fifteen times before one is stored in full, so blocks stay small.

    A block that shares a long key ten thousand times would be a small file and a huge list.
    """
    long_key = b"k" * 60_000
    entries = b"\0" + varint(len(long_key)) + b"\0" + long_key
    for number in range(10_000):
        entries += varint(len(long_key)) + b"\x02\0" + number.to_bytes(2, "big")
    data = broken_block(entries)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            read_table(data)
        assert tracemalloc.get_traced_memory()[1] < 32 * len(data)
    finally:
        tracemalloc.stop()


def test_opening_reads_footer_and_index_only() -> None:
    """Data blocks are read when asked for, each once, in order."""
    read: list[int] = []

    class Recorder(MemoryFile):
        def read(self, offset: int, nbytes: int) -> bytes:
            read.append(nbytes)
            return super().read(offset, nbytes)

    data = encode_table(rows_of(200), block_size=200)
    table = Table(Recorder(data))
    assert len(read) == 2
    assert sum(read) < len(data) // 2
    assert sum(len(block) for block in table.iter_blocks()) == 200
    assert sum(read) <= len(data)


def test_a_block_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    """A file with a hole may be as large as it declares: it is the block's size that is bounded."""
    path = tmp_path / "x.index"
    with path.open("wb") as file:
        file.seek(1 << 36)
        file.write(footer(b"\0\0", varint(0) + varint((1 << 36) - 5)))
    tracemalloc.start()
    try:
        with pytest.raises(LimitExceeded, match="at most 268,435,456 bytes"):
            Table(LocalFile(str(path)))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@given(ROWS, st.sampled_from([1, 64, 262144]), st.sampled_from([None, snappy]), KEYS)
def test_a_key_is_found_or_not(
    rows: Entries, block_size: int, compress: object, other: bytes
) -> None:
    """Both ways to look a key up give its value, in whichever block it is; other keys give none."""
    table = Table(MemoryFile(encode_table(rows, block_size=block_size, compress=compress), "x"))
    values = dict(rows)
    for key in (*values, other, other + b"\0"):
        found, early = table.get(key), table.get_early(key)
        assert (None if found is None else bytes(found)) == values.get(key)
        assert early == values.get(key)


def test_looking_up_reads_one_block() -> None:
    """Of a table of many blocks only the one that can hold the key is read, and verified."""
    folder = CountingFolder(MemoryFolder({"x": encode_table(rows_of(500), block_size=300)}))
    table = Table(folder.open("x"))
    before = folder.nbytes
    assert table.get(b"key0123") is not None
    assert folder.nbytes - before < 600


def test_damage_shows_in_its_own_block() -> None:
    """A changed byte spoils the keys of one block, in both ways of looking up."""
    data = bytearray(encode_table(rows_of(500), block_size=300))
    data[40] ^= 1
    table = Table(MemoryFile(bytes(data), "x"))
    assert table.get(b"key0400") is not None
    for look_up in (table.get, table.get_early):
        with pytest.raises(BadChecksum):
            look_up(b"key0001")


def test_small_values_before_a_large_one_are_cheap() -> None:
    """A block with a value of megabytes at its end is read whole by `get` alone."""
    rows = [(b"", b"head"), (b"a", b"x" * 1000), (b"big", b"y" * (3 << 20)), (b"c", b"z")]
    folder = CountingFolder(MemoryFolder({"x": encode_table(rows)}))
    table = Table(folder.open("x"))
    before = folder.nbytes
    assert table.get_early(b"") == b"head"
    assert table.get_early(b"a") == b"x" * 1000
    assert table.get_early(b"b") is None
    assert folder.nbytes - before < 4 << 20
    assert table.get_early(b"big") == b"y" * (3 << 20)
    assert table.get(b"big") == b"y" * (3 << 20)
    assert table.get_early(b"c") == b"z"


def test_many_entries_in_a_large_block() -> None:
    """A key behind the first megabyte of a block is found all the same."""
    rows = [(f"key{number:06d}".encode(), b"v" * 90) for number in range(20_000)]
    table = Table(MemoryFile(encode_table(rows, block_size=1 << 30), "x"))
    assert table.get_early(b"key019999") == b"v" * 90
    assert table.get_early(b"key0199990") is None


@pytest.mark.parametrize("ending", [b"", b"\0" * (2 << 20)])
@pytest.mark.parametrize(
    "start",
    [
        b"\5\1\1ab",  # shares what is not there
        b"\0\1\xff\xff\xff\xff\x0fa",  # a value behind the end
        b"\0\xff\xff\x7f\1a",
        b"\xff" * 12,
    ],
)
def test_looking_up_in_broken_entries(start: bytes, ending: bytes) -> None:
    """Entries that do not fit are refused when a key is looked for, in large blocks too."""
    contents = start + ending + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
    table = Table(MemoryFile(table_of_blocks([(contents, RAW, b"zz")]), "x"))
    for look_up in (table.get, table.get_early):
        with pytest.raises(FormatError, match="overlap"):
            look_up(b"z")


def test_looking_up_does_not_explode() -> None:
    """Keys that share all of a long one before them do not make a list of gigabytes."""
    entries = [b"\0\xe8\7\0" + b"k" * 1000]
    entries += [varint(1000 + number) + b"\1\0k" for number in range(40_000)]
    contents = b"".join(entries) + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
    table = Table(MemoryFile(table_of_blocks([(contents, RAW, b"zz")]), "x"))
    with pytest.raises(FormatError, match="overlap"):
        table.get(b"z")


def test_how_large_a_block_may_be_is_the_caller_s_word() -> None:
    """Tables of values have larger blocks than those of an index."""
    data = encode_table([(b"a", b"x" * 5000)])
    assert Table(MemoryFile(data, "x"), largest_block=6000).get(b"a") == b"x" * 5000
    with pytest.raises(LimitExceeded, match="at most 4,000 bytes"):
        Table(MemoryFile(data, "x"), largest_block=4000).get(b"a")
