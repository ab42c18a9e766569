"""Entries in columns: whatever is taken quickly is what the protobuf library makes of it."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.codecs.crc32c import mask
from tensorboard_plugin_modelinspect.codecs.protos import message_class
from tensorboard_plugin_modelinspect.formats.bundle_entries import (
    BundleEntries,
    BundleEntry,
    Extent,
)
from tests.support.bundle_writer import NUMBERS, encode_entry

FLOAT, STRING = NUMBERS["float32"], NUMBERS["string"]
SHAPES = {(): 4, (3,): 12, (0,): 0, (2, 200): 1600, (1 << 40, 5): 5 << 42, (1,) * 30: 4}
SHARDS = 300


def take(value: bytes, key: bytes = b"key") -> tuple[BundleEntry | None, dict[int, int]]:
    """What `take` makes of one row; None where it leaves it to others."""
    entries, ends = BundleEntries(), dict[int, int]()
    row = take_all(entries, [(key, value)], ends)
    assert row in (None, (key, value))
    return (next(iter(entries.values())) if row is None else None), ends


def take_all(
    entries: BundleEntries, rows: list[tuple[bytes, bytes]], ends: dict[int, int]
) -> tuple[bytes, bytes] | None:
    return entries.take(iter(rows), SHARDS, ends)


def by_library(value: bytes) -> BundleEntry | None:
    """What the protobuf library makes of the same bytes; None if they are no entry."""
    try:
        proto = message_class("BundleEntryProto").FromString(value)
        shape = message_class("TensorShapeProto").FromString(proto.shape)
    except DecodeError:
        return None
    if proto.slices or shape.unknown_rank:
        return None
    sizes = tuple(dim.size for dim in shape.dim)
    return BundleEntry(
        "key", proto.dtype, sizes, proto.size, proto.shard_id, proto.offset, proto.crc32c
    )


ENTRIES = st.builds(
    lambda shape, shard, offset, crc: encode_entry(
        FLOAT, shape, shard=shard, offset=offset, nbytes=SHAPES[shape], crc32c=crc
    ),
    st.sampled_from(list(SHAPES)),
    st.sampled_from([0, 1, 127, 128, SHARDS - 1]),
    st.one_of(st.integers(0, 1 << 62), st.integers(0, 1 << 20)),
    st.integers(0, (1 << 32) - 1),
)
EDITS = st.lists(
    st.tuples(st.integers(0, 40), st.binary(max_size=3), st.integers(0, 3)), max_size=3
)


@given(ENTRIES)
def test_what_tensorflow_writes_is_taken(value: bytes) -> None:
    """Any entry of numbers as TensorFlow writes it goes the quick way."""
    found, ends = take(value)
    assert found == by_library(value)
    assert found is not None
    assert ends == ({found.shard: found.offset + found.nbytes} if found.nbytes else {})


@given(ENTRIES, EDITS)
def test_what_is_taken_is_what_the_library_says(
    value: bytes, edits: list[tuple[int, bytes, int]]
) -> None:
    """Bytes put in, taken out or changed: the same entry as from the library, or not taken."""
    for place, put_in, taken_out in edits:
        value = value[:place] + put_in + value[place + taken_out :]
    found, _ = take(value)
    if found is not None:
        assert found == by_library(value)
        assert 0 <= found.shard < SHARDS
        assert found.nbytes == SHAPES[found.shape]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x08\x01\x12",
        encode_entry(STRING, (), nbytes=9, crc32c=1),
        encode_entry(FLOAT + 100, (3,), nbytes=12, crc32c=1),
        encode_entry(99, (3,), nbytes=12, crc32c=1),
        encode_entry(FLOAT, (0, -1), crc32c=1),
        encode_entry(FLOAT, (1 << 62, 2), nbytes=1 << 62, crc32c=1),
        encode_entry(FLOAT, (1,) * 40, nbytes=4, crc32c=1),  # its length takes two bytes
        # The second byte of a length of 2,304 would do as a tag.
        b"\x08\x01\x12\x80\x12" + b"\x00" * 2304 + b"\x28\x04\x35abcd",
        b"\x08\x01\x12\x02\x18\x01\x28\x04\x35abcd",  # unknown rank
        encode_entry(FLOAT, (3,), nbytes=11, crc32c=1),
        encode_entry(FLOAT, (3,), shard=SHARDS, nbytes=12, crc32c=1),
        encode_entry(FLOAT, (3,), offset=-1, nbytes=12, crc32c=1),
        encode_entry(FLOAT, (3,), offset=(1 << 63) - 12, nbytes=12, crc32c=1),
        b"\x08\x01\x12\x00\x20\x85" + b"\x80" * 10 + b"\x00\x28\x04\x35abcd",  # 12 bytes long
        encode_entry(FLOAT, (3,), nbytes=12, crc32c=1) + b"\x3a\x00",  # partitioned
    ],
)
def test_anything_else_is_left(value: bytes) -> None:
    """Strings, malformed, contradictory or out of place: the caller looks closer, and says why."""
    assert take(value) == (None, {})


def test_keys_of_slices_are_left() -> None:
    """A key that starts with a zero byte may be a slice's."""
    assert take(encode_entry(FLOAT, (), nbytes=4, crc32c=1), b"\0key")[0] is None


def test_taking_goes_on_behind_another_form() -> None:
    """Rows come out in their order, whichever way each of them went."""
    plain = encode_entry(FLOAT, (), nbytes=4, crc32c=1)
    rows = iter([(b"a", plain), (b"b", b""), (b"c", plain)])
    entries, ends = BundleEntries(), dict[int, int]()
    assert entries.take(rows, SHARDS, ends) == (b"b", b"")
    entries.add(BundleEntry("b", 7, (), 5, 0, 4, 9))
    assert entries.take(rows, SHARDS, ends) is None
    assert list(entries) == ["a", "b", "c"]
    assert entries["b"] == BundleEntry("b", 7, (), 5, 0, 4, 9)
    assert [entry.masked_crc32c for entry in entries.values()] == [mask(1), 9, mask(1)]
    assert ("c" in entries, "d" in entries, entries.get("d")) == (True, False, None)


def test_parts_make_the_size() -> None:
    """A partitioned tensor is as large as its slices."""
    entries = BundleEntries()
    entries.add(BundleEntry("a", FLOAT, (2,), 0, -1, 0, 0))
    parts = ((((0, 1),), Extent(0, 0, 4, 1)), (((1, 2),), Extent(1, 8, 4, 2)))
    entries.set_parts("a", parts)
    assert entries["a"].parts == parts
    assert (entries["a"].nbytes, entries["a"].extent) == (8, None)
