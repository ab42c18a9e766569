"""The nodes of a graph in a file, many at a time; large values in them are left out.

tensorflow/core/framework/{graph, node_def}.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

    def iter_nodes(self, spans: Iterable[tuple[int, int, int]], field: int) -> Iterator[Any]:
        """Nodes at some ranges, in their order.

        Args:
            spans: Where each field begins, and its content begins and ends.
            field: `OF_GRAPH` or `OF_FUNCTION`.

        Raises:
            FormatError: One is damaged; names the place.
        """
        first = last = 0
        for start, begin, stop in spans:
            is_large = stop - begin > _LARGE_NODE
            if start != last or last - first > _BATCH_NBYTES or is_large:
                yield from self._parse(first, last, field)
                first = start
            if is_large:
                yield self._read_large(begin, stop)
                first = stop
            last = stop
        yield from self._parse(first, last, field)

    def _parse(self, start: int, stop: int, field: int) -> Any:
        if start == stop:
            return ()
        kind = message_class("NodesOfGraph" if field == OF_GRAPH else "NodesOfFunction")
        place = f"nodes in bytes {start} to {stop}"
        return parse_message(kind, self.read(start, stop), path=self.source.name, field=place).node

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
