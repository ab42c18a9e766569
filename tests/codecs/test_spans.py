"""Fields of messages by position."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto import node_def_pb2

from tensorboard_plugin_modelinspect.codecs.spans import (
    DELIMITED,
    FIXED32,
    FIXED64,
    VARINT,
    MalformedField,
    Pages,
    Span,
    decode_int,
    iter_spans,
)
from tensorboard_plugin_modelinspect.codecs.varint import encode_varint
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile, MemoryFolder

LONG = b"x" * 300
MESSAGE = (
    b"\x08\x96\x01"
    + b"\x11"
    + bytes(range(8))
    + b"\x1a\x03abc"
    + b"\x25"
    + bytes(4)
    + b"\xfa\x01"
    + encode_varint(len(LONG))
    + LONG
)


def read_all(data: bytes) -> tuple[list[Span], MalformedField | None]:
    """The fields, and what comes behind them if that is none."""
    found = []
    try:
        found.extend(iter_spans(data, 0, len(data)))
    except MalformedField as error:
        return found, error
    return found, None


def test_every_kind_of_field() -> None:
    """Number, wire type and range of each; large numbers and lengths take several bytes."""
    spans = list(iter_spans(MESSAGE, 0, len(MESSAGE)))
    assert [span[:2] for span in spans] == [
        (1, VARINT),
        (2, FIXED64),
        (3, DELIMITED),
        (4, FIXED32),
        (31, DELIMITED),
    ]
    assert decode_int(MESSAGE, spans[0]) == 150
    assert [MESSAGE[start:stop] for _, _, start, stop in spans[2::2]] == [b"abc", LONG]


def test_numbers_are_signed() -> None:
    """A negative int64 is stored in ten bytes; a string is no number."""
    data = b"\x08" + encode_varint((1 << 64) - 5)
    [span] = iter_spans(data, 0, len(data))
    assert decode_int(data, span) == -5
    with pytest.raises(MalformedField):
        decode_int(b"\x0a\x01a", (1, DELIMITED, 2, 3))


@pytest.mark.parametrize("page_nbytes", [1, 7, 64, 4096])
def test_pages_are_bytes(page_nbytes: int) -> None:
    """A file that is read by pages gives the same fields as its bytes, at any size of pages."""
    pages = Pages(MemoryFile(MESSAGE), page_nbytes)
    assert list(iter_spans(pages, 0, len(MESSAGE))) == list(iter_spans(MESSAGE, 0, len(MESSAGE)))
    assert pages.read(3, 200) == MESSAGE[3:200]
    assert pages.read(5, 5) == b""
    with pytest.raises(IndexError):
        pages[len(MESSAGE)]


def test_large_values_are_stepped_over() -> None:
    """Of a field of ten megabytes no more than a page is read."""
    data = b"\x0a" + encode_varint(10_000_000) + bytes(10_000_000) + b"\x10\x05"
    counted = CountingFolder(MemoryFolder({"f": data}))
    spans = list(iter_spans(Pages(counted.open("f"), 64), 0, len(data)))
    assert [span[0] for span in spans] == [1, 2]
    assert counted.nbytes <= 2 * 64


@pytest.mark.parametrize("cut", range(1, len(MESSAGE)))
def test_a_cut_message_says_what_it_lacks(cut: int) -> None:
    """Fields before the cut are given; the error tells a cut from damage."""
    whole = list(iter_spans(MESSAGE, 0, len(MESSAGE)))
    found, error = read_all(MESSAGE[:cut])
    assert found == whole[: len(found)]
    if any(stop == cut for *_, stop in whole):
        assert error is None
    else:
        assert error is not None
        assert error.needed is not None
        assert error.needed > cut
        assert error.offset == (found[-1][3] if found else 0)


@pytest.mark.parametrize(
    "data",
    [
        b"\x0b\x0c" + bytes(30),  # a group
        b"\x02\x01a" + bytes(30),  # field 0
        b"\x0f" + bytes(30),  # no wire type
        b"\x08" + b"\xff" * 30,  # a number of more than ten bytes
    ],
)
def test_what_is_no_field(data: bytes) -> None:
    """Damage is not taken for an end that comes too early."""
    with pytest.raises(MalformedField) as caught:
        list(iter_spans(data, 0, len(data)))
    assert (caught.value.offset, caught.value.needed) == (0, None)


@given(st.binary(max_size=60))
def test_any_bytes_end(data: bytes) -> None:
    """Fields, or an error; and fields do not overlap and lie inside."""
    found, error = read_all(data)
    places = [place for _, _, start, stop in found for place in (start, stop)]
    assert places == sorted(places)
    if error is None:
        assert (places or [0])[-1] == len(data)
    else:
        assert (places or [0])[-1] <= error.offset < len(data)


@given(st.text(max_size=20), st.lists(st.text(max_size=200), max_size=5))
def test_spans_are_what_protobuf_wrote(name: str, inputs: list[str]) -> None:
    """Strings of a NodeDef, found in its bytes."""
    data = node_def_pb2.NodeDef(name=name, input=inputs).SerializeToString()
    found: dict[int, list[str]] = {}
    for number, _, start, stop in iter_spans(data, 0, len(data)):
        found.setdefault(number, []).append(data[start:stop].decode())
    assert found.get(1, [""]) == [name]
    assert found.get(3, []) == inputs
