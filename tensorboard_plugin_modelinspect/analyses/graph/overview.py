"""A graph as few enough boxes for one picture: its scopes, and the inside of the main ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import quantiles

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.folding import SHOWN, Folding
from tensorboard_plugin_modelinspect.analyses.graph.layered import rank_boxes
from tensorboard_plugin_modelinspect.analyses.graph.types import UNKNOWN, EdgeType
from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound
from tensorboard_plugin_modelinspect.model.graph import INPUT, OUTPUT, Graph

BOX_LIMIT = 600
"""Boxes of a picture; more than that nobody can read."""
_LINE_LIMIT = 10_000
_SERIES = 8
"""Boxes that are alike are one where they are so many."""
_ROUNDS = 3
"""How far around two boxes all is alike that are of one series."""
_MANY = 4
"""A box with more users, and unusually many, is named at these instead of joined to them."""
ROOT, WAY_IN, WAY_OUT = 0, -1, -2
"""Places: of the box that is the picture, and of what is joined to the inside of a box."""


@dataclass
class Box:
    """A node or a scope of a picture.

    Attributes:
        name: Its name, within the box around it.
        parent: Place of the box around it; -1 of the picture itself.
        op: Of a node; empty for a scope.
        nodes: How many it holds; folded ones do not count.
        members: Boxes of which it is a series; 1 for one, 0 for what is only part of a series.
        parameters: Of the variables that are read first in it.
        is_boundary: An input or output of a graph.
        is_outside: Not in the scope that is shown, but joined to it.
        children: Places of the boxes in it, if it is open.
        sources: Names of boxes that it takes from, where no line says so.
    """

    name: str
    parent: int
    op: str = ""
    nodes: int = 0
    members: int = 1
    parameters: int = 0
    is_boundary: bool = False
    is_outside: bool = False
    children: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


@dataclass
class Line:
    """What flows between two boxes of one box, or between them and its border.

    Attributes:
        source: Place of a box, or `WAY_IN`.
        target: Place of a box, or `WAY_OUT`.
        count: Edges that it stands for.
        edge_type: Of the first of them; None if it is unknown.
    """

    source: int
    target: int
    count: int
    edge_type: EdgeType | None


@dataclass(frozen=True)
class Overview:
    """Boxes, the picture itself first, and the lines in each open one by its place."""

    boxes: list[Box]
    lines: dict[int, list[Line]]


def make_overview(analysis: GraphAnalysis, graph: Graph, scope: str = "") -> Overview:
    """The boxes of a picture.

    Args:
        analysis: Of the artifact.
        graph: Which of its graphs.
        scope: Only what is in this one, with what outside is joined to it.

    Raises:
        NotFound: No such scope.
        BadRequest: Too many boxes, though boxes of one name are one.

    Cost: some passes over nodes and edges.
    """
    return _Maker(analysis, graph, scope).make()


class _Maker:
    def __init__(self, analysis: GraphAnalysis, graph: Graph, scope: str) -> None:
        self._analysis = analysis
        self._graph = graph
        self._folding = Folding(analysis, graph)
        self._parents: list[int] = graph.names.parents.tolist()
        self._node_of = [-1] * len(self._parents)
        self._below: list[list[int]] = [[] for _ in self._parents]
        self._counts = self._count()
        self._top = self._find(scope)
        self._boxes = [Box(scope, -1, nodes=self._counts[self._top])]
        self._box_of: dict[int, int] = {}
        self._own_box_of: dict[int, int] = {}

    def make(self) -> Overview:
        self._open()
        homes = np.array([self._home(node) for node in range(len(self._graph))])
        if self._top:
            self._add_outside(homes)
        lines = self._lift(homes)
        self._add_parameters(homes)
        for room in list(lines):
            lines[room] = self._merge_alike(room, lines[room])
        drawn = {room: self._join(found) for room, found in lines.items()}
        if sum(map(len, drawn.values())) > _LINE_LIMIT:
            raise _too_many(sum(map(len, drawn.values())), "lines", _LINE_LIMIT)
        return Overview(self._boxes, drawn)

    def _count(self) -> list[int]:
        """Nodes that are shown in each scope; notes what is below each that holds any."""
        counts = [0] * len(self._parents)
        for node, entry in enumerate(self._graph.nodes.tolist()):
            if self._folding.state[node] == SHOWN:
                self._node_of[entry] = node
                counts[entry] = 1
        for entry in range(len(counts) - 1, 0, -1):
            counts[self._parents[entry]] += counts[entry]
        for entry in range(1, len(counts)):
            if counts[entry]:
                self._below[self._parents[entry]].append(entry)
        return counts

    def _find(self, scope: str) -> int:
        entry, rest = 0, scope
        while rest:
            for child in self._below[entry]:
                leaf = self._graph.names.leaves[child]
                if self._below[child] and f"{rest}/".startswith(f"{leaf}/"):
                    entry, rest = child, rest[len(leaf) + 1 :]
                    break
            else:
                raise NotFound(f'No scope "{scope[:200]}" with anything to draw in this graph.')
        return entry

    def _open(self) -> None:
        """Show what is in the scope; then in the one that holds half of all, and so on."""
        room, entry = ROOT, self._top
        while room >= 0:
            entry = self._end(entry) if room else entry
            groups = self._groups(entry, len(self._boxes))
            if len(self._boxes) + len(groups) > BOX_LIMIT:
                if room == ROOT:
                    raise _too_many(len(groups), "boxes", BOX_LIMIT)
                return
            if self._node_of[entry] >= 0:
                leaf = self._graph.names.leaves[entry]
                self._own_box_of[entry] = self._add(room, leaf, [entry], is_node=True)
            for name, members in groups:
                place = self._add(room, name, members, is_node=False)
                self._box_of.update(dict.fromkeys(members, place))
            half = self._counts[self._top] / 2
            main = [one for one in self._below[entry] if self._counts[one] >= half]
            main = [one for one in main if self._is_alone(one) and self._below[self._end(one)]]
            room, entry = (self._box_of[main[0]], main[0]) if main else (-1, -1)

    def _is_alone(self, entry: int) -> bool:
        return self._boxes[self._box_of[entry]].members == 1

    def _end(self, entry: int) -> int:
        """The innermost scope or node that is all that a scope holds."""
        while len(self._below[entry]) == 1 and self._node_of[entry] < 0:
            entry = self._below[entry][0]
        return entry

    def _name(self, entry: int, end: int) -> str:
        leaves = [self._graph.names.leaves[end]]
        while end != entry:
            end = self._parents[end]
            leaves.append(self._graph.names.leaves[end])
        return "/".join(reversed(leaves))

    def _groups(self, scope: int, taken: int) -> list[tuple[str, list[int]]]:
        """What a scope shows: each entry; where these are too many, those of like names as one."""
        entries = self._below[scope]
        names = {entry: self._name(entry, self._end(entry)) for entry in entries}
        if taken + len(entries) <= BOX_LIMIT:
            return [(names[entry], [entry]) for entry in entries]
        series: dict[tuple[str, str], list[int]] = {}
        for entry, name in names.items():
            op = self._op(self._end(entry))
            series.setdefault((_without_numbers(name), op), []).append(entry)
        groups = []
        for members in series.values():
            if len(members) < _SERIES:
                groups += [(names[entry], [entry]) for entry in members]
            else:
                groups.append((_series_name([names[entry] for entry in members]), members))
        return groups

    def _op(self, entry: int) -> str:
        """Of a node that is no scope."""
        node = self._node_of[entry]
        return "" if node < 0 or self._below[entry] else self._analysis.op(self._graph, node)

    def _add(self, room: int, name: str, members: list[int], *, is_node: bool) -> int:
        end = self._end(members[0])
        op = self._analysis.op(self._graph, self._node_of[end]) if is_node else self._op(end)
        nodes = 1 if is_node else sum(self._counts[entry] for entry in members)
        is_boundary = op in (INPUT, OUTPUT)
        place = len(self._boxes)
        self._boxes.append(Box(name, room, op, nodes, len(members), is_boundary=is_boundary))
        self._boxes[room].children.append(place)
        return place

    def _home(self, node: int) -> int:
        """Place of the innermost box that shows a node; -1 for none."""
        if self._folding.state[node] != SHOWN:
            return -1
        entry = int(self._graph.nodes[node])
        if entry in self._own_box_of:
            return self._own_box_of[entry]
        while entry > 0 and entry not in self._box_of:
            entry = self._parents[entry]
        return self._box_of.get(entry, -1)

    def _add_outside(self, homes: np.ndarray) -> None:
        """Boxes for what is joined to the scope, each as large as may be without the scope."""
        around = {0}
        entry = self._top
        while entry > 0:
            around.add(entry)
            entry = self._parents[entry]
        edges = self._graph.edges
        inside = homes >= 0
        ends = (edges.sources[inside[edges.targets]], edges.targets[inside[edges.sources]])
        for node in np.unique(np.concatenate(ends)).tolist():
            if inside[node] or self._folding.state[node] != SHOWN:
                continue
            entry = int(self._graph.nodes[node])
            while entry not in around and self._parents[entry] not in around:
                entry = self._parents[entry]
            if entry not in self._box_of:
                name = self._graph.names.path(entry)
                self._box_of[entry] = self._add(ROOT, name, [entry], is_node=False)
                self._boxes[-1].is_outside = True
            homes[node] = self._box_of[entry]
        if len(self._boxes) > BOX_LIMIT:
            raise _too_many(len(self._boxes), "boxes", BOX_LIMIT)

    def _lift(self, homes: np.ndarray) -> dict[int, list[Line]]:
        """Lines by the open box that they are in."""
        edges, types = self._graph.edges, self._analysis.types(self._graph)
        sources, targets = homes[edges.sources], homes[edges.targets]
        kept = np.flatnonzero((sources >= 0) & (targets >= 0) & (sources != targets))
        pairs = np.stack([sources[kept], targets[kept]], axis=1)
        pairs, first, counts = np.unique(pairs, axis=0, return_index=True, return_counts=True)
        found: dict[tuple[int, int, int], Line] = {}
        rows = zip(pairs.tolist(), types[kept[first]].tolist(), counts.tolist(), strict=True)
        for (source, target), number, count in rows:
            edge_type = None if number == UNKNOWN else self._analysis.edge_type(number)
            for room, start, end in self._way(source, target):
                line = found.setdefault((room, start, end), Line(start, end, 0, edge_type))
                line.count += count
        lines: dict[int, list[Line]] = {}
        for (room, _, _), line in found.items():
            lines.setdefault(room, []).append(line)
        return lines

    def _way(self, source: int, target: int) -> Iterator[tuple[int, int, int]]:
        """From box to box by the borders between: the box that each part is in, and its ends."""
        boxes = self._boxes
        while boxes[source].parent != boxes[target].parent:
            # A box comes after the one around it, so the later one is not around the other.
            if source > target:
                yield boxes[source].parent, source, WAY_OUT
                source = boxes[source].parent
            else:
                yield boxes[target].parent, WAY_IN, target
                target = boxes[target].parent
        yield boxes[source].parent, source, target

    def _merge_alike(self, room: int, lines: list[Line]) -> list[Line]:
        """Make boxes that are alike and side by side a series, where they are many."""
        alike: dict[int, list[int]] = {}
        for place, kind in self._kinds(room, lines).items():
            box = self._boxes[place]
            if not (box.children or box.is_boundary or box.is_outside):
                alike.setdefault(kind, []).append(place)
        stand_in: dict[int, int] = {}
        for places in alike.values():
            if len(places) >= _SERIES:
                self._merge(room, places)
                stand_in.update(dict.fromkeys(places, places[0]))
        found: dict[tuple[int, int], Line] = {}
        for line in lines:
            ends = (stand_in.get(line.source, line.source), stand_in.get(line.target, line.target))
            found.setdefault(ends, Line(*ends, 0, line.edge_type)).count += line.count
        return list(found.values())

    def _kinds(self, room: int, lines: list[Line]) -> dict[int, int]:
        """Numbers that boxes share whose names, ops and ranks are alike, and those around them."""
        children = self._boxes[room].children
        places = {child: number for number, child in enumerate(children)}
        inner = [(places[line.source], places[line.target]) for line in lines if _is_inner(line)]
        ranks = rank_boxes(len(children), inner)
        boxes = [self._boxes[child] for child in children]
        kinds = _number(
            (_without_numbers(box.name), box.op, rank)
            for box, rank in zip(boxes, ranks, strict=True)
        )
        ends = [(places.get(line.source, -1), places.get(line.target, -1)) for line in lines]
        for _ in range(_ROUNDS):
            near: list[set[tuple[int, int]]] = [set() for _ in children]
            for source, target in ends:
                if source >= 0:
                    near[source].add((0, kinds[target] if target >= 0 else -1))
                if target >= 0:
                    near[target].add((1, kinds[source] if source >= 0 else -1))
            kinds = _number(zip(kinds, map(frozenset, near), strict=True))
        return dict(zip(children, kinds, strict=True))

    def _merge(self, room: int, places: list[int]) -> None:
        boxes = [self._boxes[place] for place in places]
        first = boxes[0]
        first.name = _series_name([box.name for box in boxes])
        first.nodes = sum(box.nodes for box in boxes)
        first.parameters = sum(box.parameters for box in boxes)
        first.members = sum(box.members for box in boxes)
        for box in boxes[1:]:
            box.members = 0
        children = self._boxes[room].children
        self._boxes[room].children = [one for one in children if self._boxes[one].members]

    def _join(self, lines: list[Line]) -> list[Line]:
        """Lines to draw: what unusually many take is told at these."""
        users = Counter(line.source for line in lines)
        results = sum(line.target == WAY_OUT for line in lines)
        usual = _MANY
        if len(users) > 1:
            low, _, high = quantiles(users.values(), n=4)
            usual = max(_MANY, int(high + (high - low)))
        drawn = []
        for line in lines:
            if users[line.source] <= usual and (line.target != WAY_OUT or results <= usual):
                drawn.append(line)
            elif _is_inner(line):
                self._boxes[line.target].sources.append(self._boxes[line.source].name)
        return drawn

    def _add_parameters(self, homes: np.ndarray) -> None:
        """Count each variable in the first box that reads it, and in all around that."""
        variables = self._analysis.variables
        for number, readers in self._analysis.graph_variables(self._graph).readers.items():
            nodes = (self._folding.home(reader) for reader in readers)
            box = next((int(homes[node]) for node in nodes if node >= 0 and homes[node] >= 0), -1)
            while box >= 0:
                self._boxes[box].parameters += variables[number].parameters
                box = self._boxes[box].parent


def _is_inner(line: Line) -> bool:
    return line.source >= 0 and line.target >= 0


def _number(keys: Iterable[object]) -> list[int]:
    """Equal numbers for equal keys."""
    numbers: dict[object, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _without_numbers(name: str) -> str:
    return re.sub(r"\d+", "*", _without_counter(name))


def _without_counter(name: str) -> str:
    """`Identity` of `Identity_7`."""
    return re.sub(r"_\d+(?=/|$)", "", name)


def _series_name(names: Sequence[str]) -> str:
    """What names that differ in numbers have in common: `AddV2`, or `block*_conv`."""
    stems = {_without_counter(name) for name in names}
    return stems.pop() if len(stems) == 1 else _without_numbers(names[0])


def _too_many(count: int, what: str, most: int) -> BadRequest:
    return BadRequest(
        f"{count:,} {what} even with those of like names as one; a picture has {most:,} at most."
        " Choose a part with --scope, or take --dot or --json."
    )
