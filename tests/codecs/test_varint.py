"""Varints, as protobuf and LevelDB write them."""

from __future__ import annotations

import pytest
from google.protobuf.internal import encoder
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.codecs.varint import (
    MalformedVarint,
    decode_varint,
    encode_varint,
)

NUMBERS = st.one_of(
    st.integers(0, (1 << 64) - 1),
    st.integers(0, 63).map(lambda bits: 1 << bits),
    st.integers(1, 64).map(lambda bits: (1 << bits) - 1),
)


@given(NUMBERS, st.binary(max_size=3), st.binary(max_size=3))
def test_round_trip(value: int, before: bytes, behind: bytes) -> None:
    """A number comes back from the middle of other bytes, with the offset behind it."""
    encoded = encode_varint(value)
    data = before + encoded + behind
    end = len(before) + len(encoded)
    assert decode_varint(data, len(before), len(data)) == (value, end)
    assert decode_varint(data, len(before), end) == (value, end)


@given(NUMBERS)
def test_encodes_as_protobuf_does(value: int) -> None:
    """The bytes are those of protobuf's own encoder, so the shortest ones."""
    pieces: list[bytes] = []
    encoder._EncodeVarint(pieces.append, value)
    assert encode_varint(value) == b"".join(pieces)


@given(NUMBERS, st.integers(1, 10))
def test_never_reads_behind_its_limit(value: int, missing: int) -> None:
    """A number that does not end before `stop` is malformed, though its bytes are there."""
    encoded = encode_varint(value)
    with pytest.raises(MalformedVarint):
        decode_varint(encoded, 0, max(0, len(encoded) - missing))


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        (b"\x80\x00", 0),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", (1 << 64) - 1),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", (1 << 64) - 1),
    ],
)
def test_long_forms_are_read(encoded: bytes, value: int) -> None:
    """Up to ten bytes count, padding too; bits above 64 are dropped, as protobuf drops them."""
    assert decode_varint(encoded, 0, len(encoded)) == (value, len(encoded))


@pytest.mark.parametrize(
    "encoded", [b"", b"\x80", b"\xff" * 10, b"\x80" * 10 + b"\0", b"\x80" * 99]
)
def test_endless_numbers_are_malformed(encoded: bytes) -> None:
    """More than ten bytes are no number, however many follow."""
    with pytest.raises(MalformedVarint):
        decode_varint(encoded, 0, len(encoded))
