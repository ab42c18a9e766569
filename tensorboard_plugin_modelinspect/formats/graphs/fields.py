"""Where the fields of many nodes lie, found for all of them at once.

Whoever writes a NodeDef by protobuf writes its fields in the order of their numbers, each text with
a length of one to three bytes. Nodes that are stored otherwise are left to the one who asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.codecs.spans import DELIMITED
from tensorboard_plugin_modelinspect.formats.graphs.attributes import Entries
from tensorboard_plugin_modelinspect.formats.graphs.nodes import (
    ATTR,
    DEVICE,
    INPUT,
    NAME,
    OP,
    NodeTexts,
)

_ONCE = NAME, OP, DEVICE
_LAST = 7
"""Two fields are behind the attributes (tensorflow/core/framework/node_def.proto): nobody asks."""
_MOST_FIELDS = 48
"""Of a node; those of one with more are read one by one, which is quicker than a round for each."""
_LONGEST_START = 4

_TAGS = {number: number << 3 | DELIMITED for number in range(NAME, _LAST + 1)}
_IS_USUAL = np.isin(np.arange(256), list(_TAGS.values()))
_MAY_REPEAT = np.isin(np.arange(256), [_TAGS[number] for number in _TAGS if number not in _ONCE])


Range = tuple[np.ndarray, np.ndarray]
"""Where texts begin and end."""


class Fields(NamedTuple):
    """Ranges of bytes; int64 columns.

    Attributes:
        data: The bytes.
        ranges: By the number of a field where it begins and ends in each node: the text of a name,
            op or device, all attributes with their tags; an empty range where there is none.
        takers: Node of each input, ascending.
        inputs: Where these are.
        odd: Nodes that are stored otherwise: nothing is said of them.
    """

    data: bytes
    ranges: dict[int, Range]
    takers: np.ndarray
    inputs: Range
    odd: np.ndarray

    def texts(self) -> NodeTexts:
        """The texts themselves."""
        names, ops, devices = (self._cut(self.ranges[number]) for number in _ONCE)
        attributes: list[Entries] = [*self._cut(self.ranges[ATTR])]
        inputs = self._cut(self.inputs)
        return NodeTexts(names, ops, attributes, devices, self.takers.tolist(), inputs)

    def _cut(self, places: Range) -> list[bytes]:
        begins, stops = places
        if not (begins < stops).any():
            return [b""] * len(begins)
        data = self.data
        return [data[a:b] for a, b in zip(begins.tolist(), stops.tolist(), strict=True)]


def find_fields(data: bytes, starts: Sequence[int]) -> Fields:
    """The fields of nodes that lie behind each other in `data`, all of it.

    Args:
        data: The nodes with their tags.
        starts: Where the tag of each one is.

    Cost: a third of a microsecond a node, in rounds: the first fields of all, then the second ones.
    """
    return _Walk(data, np.array(starts, np.int64)).run()


class _Walk:
    def __init__(self, data: bytes, starts: np.ndarray) -> None:
        self._data = data
        self._octets = np.frombuffer(data + bytes(_LONGEST_START), np.uint8)
        self._begins, stops = self._texts(starts)
        self._ends = np.append(starts[1:], len(data))
        self._is_odd = stops != self._ends
        none = np.zeros(len(starts), np.int64)
        self._ranges = {number: (none.copy(), none.copy()) for number in (*_ONCE, ATTR)}
        self._inputs: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def _texts(self, tags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ranges of fields by their tags; one with a longer length ends behind any node."""
        sizes = self._octets[tags + 1].astype(np.int64)
        begins = tags + 2
        long = np.flatnonzero(sizes > 0x7F)
        if len(long):
            second, third = (self._octets[begins[long] + i].astype(np.int64) for i in (0, 1))
            has_third = second > 0x7F
            sizes[long] = sizes[long] & 0x7F | (second & 0x7F) << 7
            sizes[long] += np.where(has_third, third << 14, 0)
            begins[long] += 1 + has_third
        return begins, begins + sizes

    def run(self) -> Fields:
        nodes = np.flatnonzero(~self._is_odd)
        at, last = self._begins[nodes], np.zeros(len(nodes), np.uint8)
        for _ in range(_MOST_FIELDS):
            is_left = at < self._ends[nodes]
            if not is_left.all():
                nodes, at, last = nodes[is_left], at[is_left], last[is_left]
            if not len(nodes):
                break
            nodes, at, last = self._step(nodes, at, last)
        self._is_odd[nodes[at < self._ends[nodes]]] = True
        return self._finish()

    def _step(
        self, nodes: np.ndarray, at: np.ndarray, last: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Take the fields at `at`, behind those with tags `last`; gives the nodes that go on."""
        tags = self._octets[at]
        begins, stops = self._texts(at)
        fits = _IS_USUAL[tags] & (stops <= self._ends[nodes])
        fits &= (tags > last) | (tags == last) & _MAY_REPEAT[tags]
        if not fits.all():
            self._is_odd[nodes[~fits]] = True
            nodes, at, last, tags = nodes[fits], at[fits], last[fits], tags[fits]
            begins, stops = begins[fits], stops[fits]
        for number in _ONCE:
            is_one = tags == _TAGS[number]
            self._note(number, nodes, is_one, begins, is_one, stops)
        is_one = tags == _TAGS[ATTR]
        self._note(ATTR, nodes, is_one & (last != _TAGS[ATTR]), at, is_one, stops)
        is_input = tags == _TAGS[INPUT]
        self._inputs.append((nodes[is_input], begins[is_input], stops[is_input]))
        return nodes, stops, tags

    def _note(
        self,
        number: int,
        nodes: np.ndarray,
        is_first: np.ndarray,
        begins: np.ndarray,
        is_last: np.ndarray,
        stops: np.ndarray,
    ) -> None:
        for column, picked, places in zip(
            self._ranges[number], (is_first, is_last), (begins, stops), strict=True
        ):
            if picked.any():
                column[nodes[picked]] = places[picked]

    def _finish(self) -> Fields:
        none = np.zeros(0, np.int64)
        columns = zip(*self._inputs, strict=True) if self._inputs else [[none]] * 3
        takers, begins, stops = (np.concatenate(column) for column in columns)
        kept = np.flatnonzero(~self._is_odd[takers])
        order = kept[np.argsort(takers[kept], kind="stable")]
        inputs = begins[order], stops[order]
        odd = np.flatnonzero(self._is_odd)
        return Fields(self._data, self._ranges, takers[order], inputs, odd)
