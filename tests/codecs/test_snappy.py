"""Snappy's raw format, against a plain model of its elements."""

from __future__ import annotations

import contextlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.codecs import snappy as codec
from tensorboard_plugin_modelinspect.codecs.snappy import MalformedSnappy, decompress_snappy
from tests.support.table_writer import copy, literal, snappy, snappy_literals, varint

ELEMENTS = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=70),
        st.tuples(st.integers(4, 11), st.integers(0, 2046), st.just(1)),
        st.tuples(st.integers(1, 64), st.integers(0, 65534), st.just(2)),
        st.tuples(st.integers(1, 64), st.integers(0, 65534), st.just(3)),
    ),
    max_size=30,
)


@given(ELEMENTS)
def test_every_element_means_what_the_format_says(elements: list) -> None:
    """Literals and copies of all three kinds, overlapping ones too, as done byte by byte."""
    plain = bytearray()
    encoded = b""
    for element in elements:
        if isinstance(element, bytes):
            plain += element
            encoded += literal(element)
        elif plain:
            length, back, kind = element
            distance = 1 + back % len(plain)
            for _ in range(length):
                plain.append(plain[-distance])
            encoded += copy(length, distance, kind)
    assert decompress_snappy(varint(len(plain)) + encoded) == plain


@pytest.mark.parametrize("length", [1, 60, 61, 256, 257, 65536, 65537, 70000])
def test_literals_of_every_width(length: int) -> None:
    """A literal's length takes none to three bytes behind its tag."""
    plain = bytes(number * 7 & 0xFF for number in range(length))
    assert decompress_snappy(varint(length) + literal(plain)) == plain


@given(st.lists(st.sampled_from([b"layer", b"/kernel", b"/bias", b"\0\1", b"x"])).map(b"".join))
def test_what_compressors_write(plain: bytes) -> None:
    """Output of a compressor, and data that was not worth compressing, come back."""
    assert decompress_snappy(snappy(plain)) == plain
    assert decompress_snappy(snappy_literals(plain)) == plain


@pytest.mark.parametrize(
    "encoded",
    [
        "",  # no length
        "ff",  # a length that does not end
        "04",  # fewer bytes than declared
        "02 00 61 00 62 00 63",  # more bytes than declared
        "04 0c 61",  # a literal behind the end
        "41 f0",  # a literal without its length
        "41 f4 40",  # a literal with half its length
        "04 01 01",  # a copy before any byte
        "05 00 61 01 00",  # a copy from distance 0
        "05 00 61 01 02",  # a copy from before the start
        "05 00 61 0e",  # a copy without its offset
        "05 00 61 0e 01",  # a copy with half its offset
        "05 00 61 0f 01 00 00",  # the same with four bytes
        "05 00 61 12 01 00",  # a copy that gives more than declared
    ],
)
def test_broken_data(encoded: str) -> None:
    """Whatever is wrong is MalformedSnappy."""
    with pytest.raises(MalformedSnappy):
        decompress_snappy(bytes.fromhex(encoded.replace(" ", "")))


@given(st.one_of(st.binary(), st.binary().map(lambda tail: b"\x20\x0cabcd" + tail)))
def test_any_bytes_decode_or_are_malformed(data: bytes) -> None:
    """Nothing but MalformedSnappy leaves the decoder."""
    with contextlib.suppress(MalformedSnappy):
        decompress_snappy(data)


@pytest.mark.parametrize("declared", [1 << 20, 1 << 32, 1 << 62])
def test_a_declared_length_is_not_trusted(declared: int) -> None:
    """A length that the elements do not give is refused, and no memory is taken for it."""
    bomb = varint(declared) + literal(b"a") + copy(64, 1, 2) * 1000
    tracemalloc.start()
    try:
        with pytest.raises(MalformedSnappy):
            decompress_snappy(bomb)
        assert tracemalloc.get_traced_memory()[1] < 1 << 18
    finally:
        tracemalloc.stop()


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a block can be is refused before the first element; less is not."""
    monkeypatch.setattr(codec, "_LARGEST", 1000)
    for length in (999, 1000):
        assert decompress_snappy(snappy(b"a" * length)) == b"a" * length
    tracemalloc.start()
    try:
        with pytest.raises(MalformedSnappy):
            decompress_snappy(varint(64_001) + literal(b"a") + copy(64, 1, 2) * 1000)
        assert tracemalloc.get_traced_memory()[1] < 10_000
    finally:
        tracemalloc.stop()


def test_the_most_that_copies_can_give() -> None:
    """Data of one repeated byte, the highest ratio a real compressor reaches, is read."""
    plain = b"a" * 100_000
    assert len(snappy(plain)) * 20 < len(plain)
    assert decompress_snappy(snappy(plain)) == plain
