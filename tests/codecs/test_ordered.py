"""Slice keys: ordered codes, compared as bytes in the order of what they stand for."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.codecs.ordered import (
    MalformedKey,
    SliceKey,
    decode_slice_key,
    encode_slice_key,
)

EDGES = [sign * (1 << bits) + more for bits in range(63) for sign in (1, -1) for more in (-1, 0, 1)]
NUMBERS = st.one_of(st.integers(-(1 << 63), (1 << 63) - 1), st.sampled_from(EDGES))
NAMES = st.one_of(st.binary(max_size=12), st.lists(st.sampled_from([0, 1, 254, 255])).map(bytes))
EXTENTS = st.tuples(NUMBERS, NUMBERS)
KEYS = st.builds(SliceKey, NAMES, st.lists(EXTENTS, max_size=5).map(tuple))


@pytest.mark.parametrize(
    ("key", "encoded"),
    [
        # From tensorflow/core/lib/strings/ordered_code.cc and checkpoints that TensorFlow wrote.
        (SliceKey(b"", ()), "00 0001 00"),
        (SliceKey(b"v", ((0, -1),)), "00 76 0001 0101 80 7f"),
        (SliceKey(b"ab", ((0, 6), (0, -1))), "00 61 62 0001 0102 80 86 80 7f"),
        (SliceKey(b"a\x00\xff", ((1000, 64),)), "00 61 00ff ff00 0001 0101 c3e8 c040"),
        (SliceKey(b"n", ((-65, -64),)), "00 6e 0001 0101 3fbf 40"),
        (SliceKey(b"m", ((8191, 8192),)), "00 6d 0001 0101 dfff e02000"),
        (
            SliceKey(b"x", ((1 << 62, -(1 << 63)),)),
            "00 78 0001 0101 ffc04000000000000000 003f8000000000000000",
        ),
    ],
)
def test_known_keys(key: SliceKey, encoded: str) -> None:
    """The bytes are TensorFlow's, in both directions."""
    assert encode_slice_key(key).hex() == encoded.replace(" ", "")
    assert decode_slice_key(bytes.fromhex(encoded)) == key


@given(KEYS)
def test_round_trip(key: SliceKey) -> None:
    """Any name (bytes, not text) and any 64-bit extents come back."""
    assert decode_slice_key(encode_slice_key(key)) == key


@given(KEYS, KEYS)
def test_order_is_kept(one: SliceKey, other: SliceKey) -> None:
    """Encoded keys sort as name, rank and extents do: tables rely on it."""

    def rank(key: SliceKey) -> tuple[object, ...]:
        return key.name, len(key.extents), key.extents

    assert (encode_slice_key(one) < encode_slice_key(other)) == (rank(one) < rank(other))


@given(KEYS, st.data())
def test_cut_keys_are_malformed(key: SliceKey, data: st.DataObject) -> None:
    """No prefix of a key is a key, and nothing may follow one."""
    encoded = encode_slice_key(key)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    with pytest.raises(MalformedKey):
        decode_slice_key(encoded[:cut])
    with pytest.raises(MalformedKey):
        decode_slice_key(encoded + b"\x80")


@given(st.one_of(st.binary(), st.binary().map(lambda tail: b"\0a\0\1\1\1" + tail)))
def test_any_bytes_are_a_key_or_malformed(data: bytes) -> None:
    """Nothing but MalformedKey leaves the decoder."""
    with contextlib.suppress(MalformedKey):
        decode_slice_key(data)


@pytest.mark.parametrize(
    "encoded",
    [
        "01 01 61 0001 00",  # does not start with the number 0
        "00 61 0002 00",  # a zero byte that is neither escaped nor the end
        "00 ff01 0001 00",  # a 255 byte that is not escaped
        "00 61 0001 02 00ff" + "807f" * 255,  # rank 255
        "00 61 0001 09 000000000000000001",  # a number of nine bytes
        "00 61 0001 0101 ffe0" + "00" * 9 + "80",  # a signed number of eleven bytes
    ],
)
def test_broken_codes(encoded: str) -> None:
    """Codes that TensorFlow never writes are malformed."""
    with pytest.raises(MalformedKey):
        decode_slice_key(bytes.fromhex(encoded.replace(" ", "")))
