"""The nodes of a graph in a file, many at a time; large values in them are left out.

tensorflow/core/framework/{graph, node_def}.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.codecs.protos import message_class, parse_message
from tensorboard_plugin_modelinspect.codecs.spans import (
    DELIMITED,
    MalformedField,
    Pages,
    Span,
    iter_spans,
)
from tensorboard_plugin_modelinspect.codecs.varint import Octets
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.graphs.attributes import Entry, strip_entry
from tensorboard_plugin_modelinspect.sources.base import ByteSource

OF_GRAPH, OF_FUNCTION = 1, 3
"""Number of the field that a node is in a GraphDef and in a FunctionDef."""
NAME, OP, INPUT, DEVICE, ATTR = 1, 2, 3, 4, 5
_LARGE_NODE = 1 << 16
_BATCH_NBYTES = 1 << 20
_HELD_NBYTES = 64 << 20
"""A file up to this length is held while its graphs are read: looking at bytes is quicker then."""


class LargeNode(NamedTuple):
    """A node without its large values; the fields of `Node` in `protos.py`."""

    name: bytes
    op: bytes
    input: list[bytes]
    device: bytes
    attr: list[Entry]


class Batch(NamedTuple):
    """Nodes that lie behind each other, with their tags; or the content of a single large one."""

    start: int
    stop: int
    is_large: bool


class Layout(NamedTuple):
    """Where the nodes of a message are, and its other fields.

    Attributes:
        batches: Of nodes, in stored order.
        node_count: How many nodes that are.
        others: The fields beside them, and where the tag of each one is.
    """

    batches: list[Batch]
    node_count: int
    others: list[tuple[int, Span]]


class NodeFile:
    """A file that nodes are read from, by ranges.

    Args:
        source: The file.
    """

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        self.octets: Octets = Pages(source)
        if source.nbytes <= _HELD_NBYTES:
            self.octets = source.read(0, source.nbytes)

    def spans(self, start: int, stop: int) -> Iterator[Span]:
        """Fields in a range, as `iter_spans`."""
        return iter_spans(self.octets, start, stop)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes of a range."""
        if isinstance(self.octets, bytes):
            return self.octets[start:stop]
        return self.source.read(start, stop - start)

    def lay_out(self, start: int, stop: int, field: int) -> Layout:
        """Where the nodes of a message in `[start, stop)` are; they are fields of this number.

        Raises:
            MalformedField: It is no message.

        Cost: a quarter of a microsecond a node.
        """
        octets, tag = self.octets, field << 3 | DELIMITED
        batches: list[Batch] = []
        others: list[tuple[int, Span]] = []
        count = 0
        first = offset = start
        while offset < stop:
            if octets[offset] != tag:
                batches.append(Batch(first, offset, is_large=False))
                span = next(iter_spans(octets, offset, stop))
                others.append((offset, span))
                first = offset = span[3]
                continue
            nbytes = octets[offset + 1] if offset + 2 < stop else 0x80
            end = offset + 2 + nbytes
            if nbytes > 0x7F:
                following = octets[offset + 2] if offset + 3 < stop else 0x80
                end = offset + 3 + (nbytes & 0x7F | following << 7)
                nbytes = following
            if nbytes > 0x7F or end > stop:
                end = next(iter_spans(octets, offset, stop))[3]
            count += 1
            if end - offset > _LARGE_NODE:
                begin = next(iter_spans(octets, offset, stop))[2]
                batches += (Batch(first, offset, is_large=False), Batch(begin, end, is_large=True))
                first = end
            elif end - first > _BATCH_NBYTES:
                batches.append(Batch(first, offset, is_large=False))
                first = offset
            offset = end
        batches.append(Batch(first, offset, is_large=False))
        return Layout(batches, count, others)

    def iter_nodes(self, batches: Sequence[Batch], field: int) -> Iterator[Sequence[Any]]:
        """The nodes of some batches, a batch at a time.

        Raises:
            FormatError: One is damaged; names the place.
        """
        name = "NodesOfGraph" if field == OF_GRAPH else "NodesOfFunction"
        for start, stop, is_large in batches:
            if is_large:
                yield [self._read_large(start, stop)]
            elif start < stop:
                place = f"nodes in bytes {start} to {stop}"
                data = self.read(start, stop)
                yield parse_message(
                    message_class(name), data, path=self.source.name, field=place
                ).node

    def _read_large(self, start: int, stop: int) -> LargeNode:
        texts = {NAME: b"", OP: b"", DEVICE: b""}
        inputs: list[bytes] = []
        attributes: list[Entry] = []
        try:
            for number, kind, begin, end in self.spans(start, stop):
                if kind != DELIMITED:
                    continue
                if number in texts:
                    texts[number] = self.read(begin, end)
                elif number == INPUT:
                    inputs.append(self.read(begin, end))
                elif number == ATTR:
                    stripped = strip_entry(self.octets, begin, end)
                    attributes.append(stripped or self.read(begin, end))
        except MalformedField as error:
            raise damaged(self.source, error.offset, "a node") from None
        return LargeNode(texts[NAME], texts[OP], inputs, texts[DEVICE], attributes)


def damaged(source: ByteSource, offset: int, what: str) -> FormatError:
    """The error for bytes that are not what they should be."""
    return FormatError(path=source.name, offset=offset, expected=what, found="bytes that are none")
