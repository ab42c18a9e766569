"""The index of a bundle: what it says is kept, what it cannot mean is refused with its reason."""

from __future__ import annotations

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded, Unsupported
from tensorboard_plugin_modelinspect.formats import bundle_entries, bundle_index
from tensorboard_plugin_modelinspect.formats.bundle_index import (
    BundleIndex,
    looks_unfinished,
    read_index,
)
from tensorboard_plugin_modelinspect.formats.checkpoint import open_checkpoint
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile, MemoryFolder
from tests.support.bundle_writer import (
    NUMBERS,
    BundleWriter,
    encode_entry,
    encode_header,
    encode_shape,
    encode_slice,
    slice_key,
)
from tests.support.table_writer import encode_table, snappy, varint

FLOAT, INT8, STRING = NUMBERS["float32"], NUMBERS["int8"], NUMBERS["string"]


def index_of(*rows: tuple[bytes, bytes], header: bytes | None = None) -> BundleIndex:
    header = encode_header(2) if header is None else header
    return read_index(MemoryFile(encode_table([(b"", header), *sorted(rows)]), "x.index"))


def test_keeps_what_an_entry_says() -> None:
    """Type, shape, place, size and checksum of each tensor, in bytewise order of the keys."""
    found = index_of(
        (b"b", encode_entry(FLOAT, (2, 3), shard=1, offset=7, nbytes=24, crc32c=5)),
        (b"a/z", encode_entry(STRING, (), offset=3, nbytes=9)),
        ("ä".encode(), encode_entry(INT8, (0,))),
        (b"\xff", encode_entry(99, (1,), nbytes=1000)),
    )
    assert list(found.entries) == ["a/z", "b", "ä", "\udcff"]
    assert (found.shard_count, found.is_big_endian) == (2, False)
    entry = found.entries["b"]
    assert (entry.key, entry.dtype, entry.shape, entry.nbytes) == ("b", FLOAT, (2, 3), 24)
    assert (entry.shard, entry.offset) == (1, 7)
    assert found.shard_nbytes == {0: 1000, 1: 31}


@pytest.mark.parametrize("count", [1, 2, 400])
def test_many_blocks_are_one_index(count: int) -> None:
    """Entries come from all blocks, compressed or not."""
    writer = BundleWriter(block_size=64, compress=snappy)
    for number in range(count):
        writer.add(f"layer_{number:04d}/kernel", np.zeros(2, np.float32))
    found = read_index(MemoryFile(writer.index()))
    assert list(found.entries) == [f"layer_{number:04d}/kernel" for number in range(count)]


def test_headers_of_other_writers() -> None:
    """A newer producer is fine, big-endian data too; a bundle for newer readers is not ours."""
    assert index_of(header=encode_header(1, producer=9)).shard_count == 1
    assert index_of(header=encode_header(1, is_big_endian=True)).is_big_endian
    assert index_of(header=encode_header(1, min_consumer=1)).entries == {}
    for header in (encode_header(1, min_consumer=2), encode_header(1, bad_consumers=[3, 1])):
        with pytest.raises(Unsupported, match=r"x\.index: written for bundle readers"):
            index_of(header=header)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"", "a table without a header"),
        (encode_header(0), "0 shards"),
        (encode_header(-1), "-1 shards"),
        (encode_header(100_000), "100000 shards"),
        (b"\x08\x01\x10\x02", "byte order 2"),
        (b"\x08", "bytes that are none"),
    ],
)
def test_broken_headers(header: bytes, words: str) -> None:
    """A header that cannot be one is refused, and what it says is told."""
    with pytest.raises(FormatError, match=words):
        index_of(header=header)


def test_tables_that_are_no_index() -> None:
    """Tables without header or without rows, and checkpoints of format V1, say what they are."""
    with pytest.raises(FormatError, match="expected a header"):
        read_index(MemoryFile(encode_table([])))
    with pytest.raises(FormatError, match="without a header"):
        read_index(MemoryFile(encode_table([(b"a", encode_entry(INT8, ()))])))
    with pytest.raises(Unsupported, match="a checkpoint of format V1"):
        index_of(header=b"\x0a\x00")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (encode_entry(FLOAT, (4,), nbytes=15), "expected 16 for float32, found 15 bytes"),
        (encode_entry(FLOAT, (4,), nbytes=17), "expected 16 for float32, found 17 bytes"),
        (encode_entry(FLOAT, (4,)), "expected 16 for float32, found 0 bytes"),
        (encode_entry(FLOAT, ()), "expected 4"),
        (encode_entry(STRING, (4,), nbytes=7), "expected 8 or more, found 7 bytes"),
        (encode_entry(STRING, (0,), nbytes=3), "expected 4 or more"),
        (encode_entry(FLOAT, (1,), shard=2, nbytes=4), "expected one of 2 shards, found shard 2"),
        (encode_entry(FLOAT, (1,), shard=-1, nbytes=4), "found shard -1"),
        (encode_entry(FLOAT, (1,), offset=-1, nbytes=4), "bytes -1 to 3"),
        (encode_entry(FLOAT, (1,), offset=(1 << 63) - 2, nbytes=4), "bytes 9223372036854775806"),
        (encode_entry(99, (1,), nbytes=-1), "bytes 0 to -1"),
        (encode_entry(FLOAT, (-1,), nbytes=4), "a shape that no tensor has"),
        (encode_entry(FLOAT, (1,) * 255, nbytes=4), "a shape that no tensor has"),
        (encode_entry(FLOAT, (1 << 32, 1 << 31)), r"2\^63 elements"),
        (encode_entry(FLOAT, (1 << 62,) * 254), r"2\^15748 elements"),
        (encode_entry(0, ()), "type invalid"),
        (encode_entry(20, ()), "type resource"),
        (encode_entry(101, ()), "type float32_ref"),
        (b"\xff", "1 bytes that are no entry"),
        (b"\x12\x02\x18\x01", "a shape that no tensor has"),  # unknown rank
        (b"\x08\x06\x12\x01\xff", "bytes that are none"),
    ],
)
def test_entries_that_lie(entry: bytes, words: str) -> None:
    """Each number is compared with the others; the message names file, tensor and both sides."""
    with pytest.raises(FormatError, match=words) as caught:
        index_of((b"dense/kernel", entry))
    assert caught.value.path == "x.index"
    assert caught.value.field == 'tensor "dense/kernel"'


def test_types_without_a_known_size_are_listed() -> None:
    """Variants and types of the future have any number of bytes."""
    found = index_of(
        (b"a", encode_entry(21, (3,), nbytes=100)), (b"b", encode_entry(34, (7,), nbytes=5))
    )
    assert [entry.nbytes for entry in found.entries.values()] == [100, 5]


def partitioned(
    slices: list[tuple[list[tuple[int, int]], dict[str, int]]],
    *,
    shape: tuple[int, ...] = (4, 3),
    declared: list[list[tuple[int, int]]] | None = None,
) -> BundleIndex:
    """An index with one partitioned tensor `t`: `declared` slices, and entries for `slices`."""
    rows = []
    for extents, fields in slices:
        box = [
            size if length == -1 else length
            for (_, length), size in zip(extents, shape, strict=False)
        ]
        number = fields.pop("number", INT8)
        fields = {"nbytes": int(np.prod(box)), **fields}
        rows.append((slice_key(b"t", extents), encode_entry(number, box, **fields)))
    declared = [extents for extents, _ in slices] if declared is None else declared
    encoded = [encode_slice(extents) for extents in declared]
    rows.append((b"t", encode_entry(INT8, shape, shard=77, nbytes=99, slices=encoded)))
    return index_of(*rows)


def test_slices_are_folded_into_their_tensor() -> None:
    """One entry: the full shape, the bytes of all parts, each part's box and place. What the full
    entry says of shard and size is noise, and ignored."""
    found = partitioned([([(2, 2), (0, -1)], {"offset": 6}), ([(0, 2), (0, -1)], {"shard": 1})])
    assert list(found.entries) == ["t"]
    entry = found.entries["t"]
    assert (entry.shape, entry.nbytes, entry.shard, entry.extent) == ((4, 3), 12, -1, None)
    assert [box for box, _ in entry.parts] == [((2, 4), (0, 3)), ((0, 2), (0, 3))]
    assert [(where.shard, where.offset) for _, where in entry.parts] == [(0, 6), (1, 0)]
    assert found.shard_nbytes == {0: 12, 1: 6}


def test_a_whole_axis_may_be_written_out() -> None:
    """The list of slices may say `all` where the slice's key gives start and length."""
    found = partitioned([([(0, 4), (0, 3)], {})], declared=[[(0, -1), (0, -1)]])
    assert found.entries["t"].parts[0][0] == ((0, 4), (0, 3))


@pytest.mark.parametrize(
    ("slices", "declared", "words"),
    [
        ([[(0, 2), (0, 3)]], None, "leave a part out"),
        ([[(0, 3), (0, 3)], [(2, 2), (0, 3)]], None, "overlap"),
        ([[(0, 4), (0, 3)]], [[(0, 2), (0, 3)], [(2, 2), (0, 3)]], "no data for its slice"),
        ([[(0, 5), (0, 3)]], None, "a slice outside its tensor"),
        ([[(0, 4)]], None, "a slice outside its tensor"),
        ([[(0, 4), (0, 3)]], [[(0, 9), (0, 3)]], "a slice outside its tensor"),
    ],
)
def test_slices_that_do_not_tile(
    slices: list[list[tuple[int, int]]], declared: list[list[tuple[int, int]]] | None, words: str
) -> None:
    """Parts must lie inside, not overlap, leave nothing out, and have data."""
    with pytest.raises(FormatError, match=f'tensor "t": .*{words}'):
        partitioned([(extents, {}) for extents in slices], declared=declared)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"nbytes": 11}, "expected 12 for int8, found 11 bytes"),
        ({"number": FLOAT, "nbytes": 48}, "found 48 bytes"),
        ({"number": NUMBERS["uint8"]}, "a slice of another type"),
        ({"shard": 2}, "shard 2"),
        ({"offset": -4}, "bytes -4 to 8"),
    ],
)
def test_slices_that_lie(fields: dict[str, int], words: str) -> None:
    """A slice's bytes are those of the tensor's type in the slice's box."""
    with pytest.raises(FormatError, match=words):
        partitioned([([(0, 4), (0, 3)], fields)])


def test_a_slice_without_its_tensor() -> None:
    """A slice of a tensor that is not listed, or is not partitioned, is an error."""
    row = (slice_key(b"t", [(0, 4)]), encode_entry(INT8, (4,), nbytes=4))
    for others in ([], [(b"t", encode_entry(INT8, (4,), nbytes=4))]):
        with pytest.raises(FormatError, match='tensor "t": found a slice without its tensor'):
            index_of(row, *others)


def test_a_key_that_only_looks_like_a_slice() -> None:
    """A name may start with a zero byte: TensorFlow lists it, and so do we."""
    found = index_of((b"\0odd", encode_entry(INT8, (2,), nbytes=2)))
    assert list(found.entries) == ["\0odd"]


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of tensors is bounded, slices counted in."""
    monkeypatch.setattr(bundle_index, "_MOST_ENTRIES", 3)
    rows = [(b"%d" % number, encode_entry(INT8, (), nbytes=1)) for number in range(4)]
    assert len(index_of(*rows[:3]).entries) == 3
    with pytest.raises(LimitExceeded, match="more than 3 tensors"):
        index_of(*rows)


def test_shapes_are_parsed_once_each() -> None:
    """Equal shapes of many tensors are one object: a hundred thousand entries stay small."""
    rows = [(b"%d" % n, encode_entry(INT8, (5, 1), nbytes=5)) for n in range(20)]
    shapes = [entry.shape for entry in index_of(*rows).entries.values()]
    assert len({id(shape) for shape in shapes}) == 1


def test_shapes_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept between indexes is a bounded number of short encodings, whatever files hold."""
    known = bundle_entries._Heads()
    monkeypatch.setattr(bundle_entries, "_HEADS", known)
    monkeypatch.setattr(bundle_entries, "_MOST_HEADS", 5)
    rows = [(b"%d" % size, encode_entry(INT8, (size,), nbytes=size)) for size in range(1, 20)]
    name = b"\x12" + varint(100_000) + b"n" * 100_000
    dim = b"\x08\x03" + name
    long_shape = b"\x12" + varint(len(dim)) + dim
    long_entry = b"\x08\x06\x12" + varint(len(long_shape)) + long_shape + b"\x28\x03"
    found = index_of(*rows, (b"long", long_entry)).entries
    assert found["long"].shape == (3,)
    assert found["19"].shape == (19,)
    assert 0 < len(known) <= 5
    assert sum(map(len, known)) < 1000


@pytest.mark.parametrize(
    ("data", "is_unfinished"),
    [
        (b"", True),
        (b"\0", True),
        (b"\0\0", True),
        (b"\0\0\6", True),
        (b"\0\0\6\x08", True),
        (BundleWriter().index()[:-1], True),
        (BundleWriter().index(), False),
        (b"\0\1\6\x08", False),
        (b"\0\0\6\xff", False),
        (b"version https://git-lfs", False),
        (b"\x89PNG", False),
    ],
)
def test_looks_unfinished(data: bytes, is_unfinished: bool) -> None:
    """The start of an index without its end is one being written; other files are not."""
    assert looks_unfinished(MemoryFile(data)) is is_unfinished


def test_names_of_dimensions_are_ignored() -> None:
    """A shape may name its axes; only sizes count."""
    named = b"\x12\x05" + b"\x08\x03\x12\x01n"
    entry = b"\x08\x06\x12" + varint(len(named)) + named + b"\x28\x03"
    assert index_of((b"a", entry)).entries["a"].shape == (3,)
    assert encode_shape((3,)) == b"\x12\x02\x08\x03"


def test_files_count_every_shard() -> None:
    """An artifact lists the shards its header counts, missing ones without a size."""
    writer = BundleWriter(shard_count=3)
    writer.add("a", np.zeros(2, np.float32))
    files = writer.files("ckpt")
    del files["ckpt.data-00002-of-00003"]
    found = open_checkpoint(MemoryFolder({**files, "ckpt.meta": b"12"}), "ckpt").files
    assert [(file.name, file.nbytes) for file in found] == [
        ("ckpt.index", len(files["ckpt.index"])),
        ("ckpt.data-00000-of-00003", 8),
        ("ckpt.data-00001-of-00003", 0),
        ("ckpt.data-00002-of-00003", None),
        ("ckpt.meta", 2),
    ]
