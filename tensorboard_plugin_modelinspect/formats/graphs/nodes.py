"""The nodes of a graph in a file, many at a time; large values in them are left out.

tensorflow/core/framework/{graph, node_def}.proto.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tensorboard_plugin_modelinspect.codecs.spans import (
    DELIMITED,
    MalformedField,
    Pages,
    Span,
    iter_spans,
)
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.graphs.attributes import (
    KEPT_NBYTES,
    Entries,
    strip_entry,
)
from tensorboard_plugin_modelinspect.sources.base import ByteSource

OF_GRAPH, OF_FUNCTION = 1, 3
"""Number of the field that a node is in a GraphDef and in a FunctionDef."""
NAME, OP, INPUT, DEVICE, ATTR = 1, 2, 3, 4, 5
"""Numbers of the fields of a NodeDef."""
_LARGE_NODE = 1 << 16
_BATCH_NBYTES = 1 << 20
_FEWEST_AT_ONCE = 64
"""Nodes for which it pays to look for their fields by numpy."""
_HELD_NBYTES = 64 << 20
"""A file up to this length is held while its graphs are read: looking at bytes is quicker then."""


class NodeTexts(NamedTuple):
    """Some nodes as columns, with their large values left out.

    Attributes:
        names: Of each node.
        ops: Of each node.
        attributes: Of each node.
        devices: Of each node.
        takers: Place of the node that has each input, ascending.
        inputs: What it takes, in its order.
    """

    names: list[bytes]
    ops: list[bytes]
    attributes: list[Entries]
    devices: list[bytes]
    takers: list[int]
    inputs: list[bytes]


class _Node(NamedTuple):
    """One of these."""

    name: bytes
    op: bytes
    attributes: Entries
    device: bytes
    inputs: list[bytes]


class Batch(NamedTuple):
    """Nodes that lie behind each other, with their tags; or a single large one.

    Attributes:
        start: Of the first tag.
        stop: Behind the last node.
        nodes: Where the tag of each node is.
        is_large: It has more bytes than are to be held.
    """

    start: int
    stop: int
    nodes: Sequence[int]
    is_large: bool


class _Batches:
    """Batches of nodes that come one by one."""

    def __init__(self, start: int) -> None:
        self.done: list[Batch] = []
        self.first = start
        self.nodes = array("q")

    def cut(self, stop: int, *, is_large: bool = False) -> None:
        """End a batch before `stop`, if there is one; the next begins there."""
        if self.nodes:
            self.done.append(Batch(self.first, stop, self.nodes, is_large))
        self.first = stop
        self.nodes = array("q")


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
        self.octets: bytes | Pages = Pages(source)
        if source.nbytes <= _HELD_NBYTES:
            self.octets = source.read(0, source.nbytes)

    def spans(self, start: int, stop: int) -> Iterator[Span]:
        """Fields in a range, as `iter_spans`."""
        return iter_spans(self.octets, start, stop)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes of a range."""
        if isinstance(self.octets, bytes):
            return self.octets[start:stop]
        return self.octets.read(start, stop)

    def lay_out(self, start: int, stop: int, field: int) -> Layout:
        """Where the nodes of a message in `[start, stop)` are; they are fields of this number.

        Raises:
            MalformedField: It is no message.

        Cost: a quarter of a microsecond a node.
        """
        octets, tag = self.octets, field << 3 | DELIMITED
        batches = _Batches(start)
        others: list[tuple[int, Span]] = []
        count = 0
        offset = start
        while offset < stop:
            if octets[offset] != tag:
                batches.cut(offset)
                span = next(iter_spans(octets, offset, stop))
                others.append((offset, span))
                offset = batches.first = span[3]
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
            is_large = end - offset > _LARGE_NODE
            if is_large or end - batches.first > _BATCH_NBYTES:
                batches.cut(offset)
            batches.nodes.append(offset)
            if is_large:
                batches.cut(end, is_large=True)
            offset = end
        batches.cut(offset)
        return Layout(batches.done, count, others)

    def iter_nodes(self, batches: Sequence[Batch]) -> Iterator[NodeTexts]:
        """The nodes of some batches, a batch at a time.

        Raises:
            FormatError: One is damaged; names the place.
        """
        return map(self._read_batch, batches)

    def _read_batch(self, batch: Batch) -> NodeTexts:
        if batch.is_large:
            return _join([self._read_node(batch.start, batch.stop)])
        start, stop, nodes, _ = batch
        ends = [*nodes[1:], stop]
        if len(nodes) < _FEWEST_AT_ONCE:
            return _join(list(map(self._read_node, nodes, ends)))
        from tensorboard_plugin_modelinspect.formats.graphs.fields import find_fields

        fields = find_fields(self.read(start, stop), [node - start for node in nodes])
        others = {one: self._read_node(nodes[one], ends[one]) for one in fields.odd.tolist()}
        return _put(fields.texts(), others)

    def _read_node(self, start: int, stop: int) -> _Node:
        """The node whose tag is at `start`, however it is stored."""
        try:
            return self._parse_node(start, stop)
        except MalformedField as error:
            raise damaged(self.source, error.offset, "a node") from None

    def _parse_node(self, start: int, stop: int) -> _Node:
        texts = {NAME: b"", OP: b"", DEVICE: b""}
        inputs: list[bytes] = []
        attributes: list[tuple[int, int, int]] = []
        _, _, last, _ = next(self.spans(start, stop))
        for number, kind, begin, end in self.spans(last, stop):
            if kind == DELIMITED:
                if number in texts:
                    texts[number] = self.read(begin, end)
                elif number == INPUT:
                    inputs.append(self.read(begin, end))
                elif number == ATTR:
                    attributes.append((last, begin, end))
            last = end
        return _Node(texts[NAME], texts[OP], self._entries(attributes), texts[DEVICE], inputs)

    def _entries(self, places: list[tuple[int, int, int]]) -> Entries:
        """Attributes by the places of tag, entry and end."""
        stripped = [
            strip_entry(self.octets, begin, end) if end - begin > KEPT_NBYTES else None
            for _, begin, end in places
        ]
        if any(stripped):
            found = zip(stripped, places, strict=True)
            return tuple(entry or self.read(begin, end) for entry, (_, begin, end) in found)
        return b"".join(self.read(tag, end) for tag, _, end in places)


def _join(nodes: Sequence[_Node]) -> NodeTexts:
    """Nodes as columns."""
    return NodeTexts(
        names=[node.name for node in nodes],
        ops=[node.op for node in nodes],
        attributes=[node.attributes for node in nodes],
        devices=[node.device for node in nodes],
        takers=[place for place, node in enumerate(nodes) for _ in node.inputs],
        inputs=[text for node in nodes for text in node.inputs],
    )


def _put(texts: NodeTexts, others: Mapping[int, _Node]) -> NodeTexts:
    """Columns with nodes in them that had no texts."""
    if not others:
        return texts
    for place, node in others.items():
        texts.names[place], texts.ops[place] = node.name, node.op
        texts.attributes[place], texts.devices[place] = node.attributes, node.device
    takers = [*texts.takers, *(place for place, node in others.items() for _ in node.inputs)]
    inputs = [*texts.inputs, *(text for node in others.values() for text in node.inputs)]
    order = sorted(range(len(takers)), key=takers.__getitem__)
    return texts._replace(
        takers=[takers[one] for one in order], inputs=[inputs[one] for one in order]
    )


def damaged(source: ByteSource, offset: int, what: str) -> FormatError:
    """The error for bytes that are not what they should be."""
    return FormatError(path=source.name, offset=offset, expected=what, found="bytes that are none")
