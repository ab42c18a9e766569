"""Protobuf's wire format by position: where the fields of a message lie, without reading them.

https://protobuf.dev/programming-guides/encoding. For messages of gigabytes of which a few bytes are
of interest; ordinary messages go through `protos.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tensorboard_plugin_modelinspect.codecs.varint import (
    MalformedVarint,
    Octets,
    decode_varint,
)
from tensorboard_plugin_modelinspect.sources.base import ByteSource

VARINT, FIXED64, DELIMITED, FIXED32 = 0, 1, 2, 5
_WIDTHS = {FIXED64: 8, FIXED32: 4}
_FIRST_TAG = 8
_LONGEST_START = 20
"""Bytes of two varints: tag and length."""

Span = tuple[int, int, int, int]
"""A field: number, wire type, and the half open range of its bytes behind tag and length."""


class MalformedField(ValueError):
    """Bytes that are no fields of a message; callers turn it into a FormatError.

    Attributes:
        offset: Where the bad field begins.
        needed: Where it would end, if all that is wrong is that this is behind the end.
    """

    def __init__(self, offset: int, needed: int | None = None) -> None:
        self.offset = offset
        self.needed = needed
        super().__init__(offset)


class Pages:
    """A source as `Octets`: reads a page when a byte of it is asked for, and keeps the last one.

    Args:
        source: The file.
        page_nbytes: What is read at once.
        head: The beginning of the file, if it was read already.

    Not to be shared by threads.
    """

    def __init__(self, source: ByteSource, page_nbytes: int = 1 << 16, head: bytes = b"") -> None:
        self._source = source
        self._page_nbytes = page_nbytes
        self._start = 0
        self._page = head

    def __getitem__(self, index: int, /) -> int:
        """The byte at an index; IndexError behind the end of the file."""
        place = index - self._start
        if not 0 <= place < len(self._page):
            self._turn_to(index)
            place = 0
        return self._page[place]

    def read(self, start: int, stop: int) -> bytes:
        """The bytes of a range, from the page if they are in it."""
        if not self._start <= start <= stop <= self._start + len(self._page):
            if stop - start > self._page_nbytes:
                return self._source.read(start, stop - start)
            self._turn_to(start)
        place = start - self._start
        return self._page[place : place + stop - start]

    def _turn_to(self, index: int) -> None:
        """Read the page that starts at an index; an empty one behind the end."""
        nbytes = min(self._page_nbytes, max(0, self._source.nbytes - index))
        self._start = index
        self._page = self._source.read(index, nbytes) if nbytes else b""


def iter_spans(data: Octets, start: int, stop: int) -> Iterator[Span]:
    """The fields in `[start, stop)`, in stored order.

    Raises:
        MalformedField: A field that does not fit, or is of a group (TensorFlow has none).
            The fields before it have been given.

    Cost: looks at tags and lengths only; about half a microsecond a field.
    """
    offset = start
    while offset < stop:
        first = offset
        try:
            tag = data[offset]
            begin = offset + 1
            if tag > 0x7F:
                tag, begin = decode_varint(data, offset, stop)
            kind = tag & 7
            if kind == DELIMITED:
                nbytes = data[begin]
                begin += 1
                if nbytes > 0x7F:
                    nbytes, begin = decode_varint(data, begin - 1, stop)
                offset = begin + nbytes
            elif kind == VARINT:
                offset = begin + 1
                if data[begin] > 0x7F:
                    _, offset = decode_varint(data, begin, stop)
            else:
                offset = begin + _WIDTHS[kind]
        except (IndexError, KeyError, MalformedVarint) as error:
            is_cut = isinstance(error, IndexError) or stop - first < _LONGEST_START
            raise MalformedField(first, stop + 1 if is_cut else None) from None
        if tag < _FIRST_TAG:
            raise MalformedField(first)
        if offset > stop:
            raise MalformedField(first, offset)
        yield tag >> 3, kind, begin, offset


def decode_int(data: Octets, span: Span) -> int:
    """The number of a varint field, as an int64.

    Raises:
        MalformedField: The field is of another kind.
    """
    _, kind, start, stop = span
    if kind != VARINT:
        raise MalformedField(start)
    value, _ = decode_varint(data, start, stop)
    return value - (1 << 64) if value >> 63 else value
