"""Puts the nodes of one graph into columns.

tensorflow/core/framework/node_def.proto: an input is `node`, `node:1` or `^node`; in functions
`argument`, `node:output:0` or `^node` (tensorflow/core/framework/function.proto).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from operator import ne
from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.formats.graphs.kinds import KindTable
from tensorboard_plugin_modelinspect.formats.graphs.names import NameTree
from tensorboard_plugin_modelinspect.formats.graphs.nodes import NodeTexts
from tensorboard_plugin_modelinspect.model.graph import (
    ControlEdges,
    Edges,
    Graph,
    GraphKind,
)

if TYPE_CHECKING:
    import numpy as np

_MOST_EXAMPLES = 10
_LONGEST_EXAMPLE = 200


class Tables:
    """What all graphs of a file share.

    Args:
        path: The file, for errors.
    """

    def __init__(self, path: str) -> None:
        self.kinds = KindTable(path)
        self.devices: dict[bytes, int] = {b"": 0}

    def device(self, name: bytes) -> int:
        """Place of a device."""
        return self.devices.setdefault(name, len(self.devices))


class _Waiting(NamedTuple):
    """An input that names a node which has not come yet."""

    target: int
    slot: int
    text: bytes


class GraphColumns:
    """The columns of a graph, which grow; `finish` joins what came late.

    Args:
        tables: Of the file.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._names = NameTree()
        self._places: dict[bytes, int] = {}
        self._entries = array("i")
        self._kinds = array("i")
        self._devices = array("i")
        self._edges = (array("i"), array("i"), array("i"), array("i"))
        self._control = (array("i"), array("i"))
        self._waiting: list[_Waiting] = []
        self._is_late = False
        self._dangling: list[str] = []
        self._dangling_count = 0
        self._repeated = 0
        self._arguments = self._results = 0

    def add_argument(self, name: bytes, kind: int) -> None:
        """Add an argument; all of them come before the nodes."""
        self._add(name, kind)
        self._arguments += 1

    def _add(self, name: bytes, kind: int) -> int:
        number = len(self._kinds)
        self._places.setdefault(name, number)
        self._entries.extend(self._names.add([name]))
        self._kinds.append(kind)
        self._devices.append(0)
        return number

    def add_nodes(self, nodes: NodeTexts) -> None:
        """Add nodes in stored order.

        Raises:
            FormatError: An attribute is damaged.

        Cost: 3 µs a node; a list a column, since a hundred thousand calls would take as long again.
        """
        first = len(self._kinds)
        numbers = range(first, first + len(nodes.names))
        found = list(map(self._places.setdefault, nodes.names, numbers))
        self._repeated += sum(map(ne, found, numbers))
        table = self._tables.kinds
        keys = list(zip(nodes.ops, nodes.attributes, strict=True))
        kinds = list(map(table.known.get, keys))
        if None in kinds:
            kinds = [
                table.add(key) if kind is None else kind
                for key, kind in zip(keys, kinds, strict=True)
            ]
        self._kinds.extend(kind for kind in kinds if kind is not None)
        self._entries.extend(self._names.add(nodes.names))
        self._devices.extend(map(self._tables.device, nodes.devices))
        self._add_inputs([first + taker for taker in nodes.takers], nodes.inputs)

    def _add_inputs(self, takers: Sequence[int], inputs: Sequence[bytes]) -> None:
        """Add inputs of some nodes, those of each one behind each other."""
        places, kinds = self._places, self._kinds
        known_port, find_port = self._tables.kinds.ports.get, self._tables.kinds.port
        sources, ports, targets, slots = (column.append for column in self._edges)
        last, slot = -1, 0
        for number, text in zip(takers, inputs, strict=True):
            if number != last:
                last, slot = number, 0
            name, _, output = text.partition(b":")
            source = places.get(name, number)
            if source < number:
                port = known_port((kinds[source], output)) if output else 0
                if port is None:
                    port = find_port(kinds[source], output)
                if port < 0:
                    self._note_dangling(number, text)
                else:
                    sources(source)
                    ports(port)
                    targets(number)
                    slots(slot)
            elif text[:1] == b"^":
                self._add_control(number, text)
                continue
            else:
                self._waiting.append(_Waiting(number, slot, text))
            slot += 1

    def _add_control(self, number: int, text: bytes) -> None:
        source = self._places.get(text[1:])
        if source is None:
            self._waiting.append(_Waiting(number, -1, text))
        else:
            self._control[0].append(source)
            self._control[1].append(number)

    def add_results(self, results: Mapping[bytes, bytes], kinds: Mapping[bytes, int]) -> None:
        """Add results: by name what feeds them, and their kinds, which give the order."""
        for name, kind in kinds.items():
            number = self._add(name, kind)
            self._results += 1
            if name in results:
                self._add_inputs([number], [results[name]])
            else:
                self._note_dangling(number, b"")

    def _note_dangling(self, target: int, text: bytes) -> None:
        self._dangling_count += 1
        if len(self._dangling) < _MOST_EXAMPLES:
            entry, parts = self._entries[target], []
            while entry > 0:
                parts.append(self._names.leaves[entry])
                entry = self._names.parents[entry]
            shown = text.decode("utf-8", "surrogateescape")[:_LONGEST_EXAMPLE]
            self._dangling.append(f"{'/'.join(reversed(parts))[:_LONGEST_EXAMPLE]}: {shown}")

    def _join_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for target, slot, text in waiting:
            name, _, output = text.removeprefix(b"^").partition(b":")
            source = self._places.get(text[1:] if slot < 0 else name)
            if source is not None and slot < 0:
                self._control[0].append(source)
                self._control[1].append(target)
                continue
            port = -1
            if source is not None:
                kind = self._kinds[source]
                port = self._tables.kinds.port(kind, output) if output else 0
            if source is None or port < 0:
                self._note_dangling(target, text)
                continue
            for column, value in zip(self._edges, (source, port, target, slot), strict=True):
                column.append(value)
        self._is_late = bool(waiting)

    def finish(
        self,
        graph_id: str,
        kind: GraphKind,
        tags: tuple[str, ...] = (),
        effects: Iterable[bytes] = (),
    ) -> Graph:
        """The graph, when all of it was added; `effects` are nodes that a call must run."""
        self._join_waiting()
        edges, control = self._sorted(self._edges), self._sorted(self._control)
        places = (self._places.get(name) for name in effects)
        return Graph(
            id=graph_id,
            kind=kind,
            tags=tags,
            names=self._names.finish(),
            nodes=_column(self._entries),
            kinds=_column(self._kinds),
            devices=_column(self._devices),
            edges=Edges(*edges),
            control=ControlEdges(*control),
            argument_count=self._arguments,
            result_count=self._results,
            effects=tuple(place for place in places if place is not None),
            dangling=self._dangling_count,
            dangling_examples=tuple(self._dangling),
            repeated=self._repeated,
        )

    def _sorted(self, columns: tuple[array[int], ...]) -> list[np.ndarray]:
        """Columns in the order of targets and slots, which is theirs unless some came late."""
        import numpy as np

        arrays = [_column(column) for column in columns]
        if self._is_late:
            order = np.lexsort((arrays[3], arrays[2]) if len(arrays) > 2 else (arrays[1],))
            arrays = [column[order] for column in arrays]
        return arrays


def _column(values: array[int]) -> np.ndarray:
    import numpy as np

    return np.array(values, np.int32)
