"""Which nodes of a graph are given: all, or those of a scope, the scopes in it as single nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.model.graph import ControlEdges, Edges, Graph, Names

HIDDEN, OUTSIDE = 64, 128
"""Flags of nodes: it stands for a scope, it lies outside of the scope that is given."""
GIVEN_LIMIT = 100_000
"""Nodes of a part, about. What is in a scope is given level by level while it has no more."""
OUTSIDE_LIMIT = 10_000
"""Nodes outside of a scope that are given since they are joined to it."""


@dataclass(frozen=True)
class Selection:
    """The nodes that are given, by their places.

    Attributes:
        is_whole: All nodes, at their own places.
        names: Parts of names.
        entries: Entry of each in `names`.
        numbers: Number of each in the graph; -1 of one that stands for a scope.
        flags: `HIDDEN` and `OUTSIDE`.
        edges: Data edges between them, in the order of targets and slots.
        edge_numbers: Place in the graph of an edge for each of these.
        control: Control edges between them.
        places: By node of the graph where it, or the scope that stands for it, is given; -1 for
            none.
        hidden: Places of the scopes, their names, and how many nodes are in each.
        notes: What is left out.
    """

    is_whole: bool
    names: Names
    entries: np.ndarray
    numbers: np.ndarray
    flags: np.ndarray
    edges: Edges
    edge_numbers: np.ndarray
    control: ControlEdges
    places: np.ndarray
    hidden: tuple[list[int], list[str], list[int]] = field(default_factory=lambda: ([], [], []))
    notes: tuple[str, ...] = ()

    def stand_in(self, node: int) -> int:
        """Where a node of the graph is given, if only by its scope; -1 for nowhere."""
        return int(self.places[node])

    def place(self, node: int) -> int:
        """Where a node of the graph is given itself; -1 for nowhere."""
        place = int(self.places[node])
        return place if place >= 0 and int(self.numbers[place]) == node else -1

    @cached_property
    def _of_scopes(self) -> dict[int, list[int]]:
        """Nodes by the place of the scope that stands for them."""
        found: dict[int, list[int]] = {place: [] for place in self.hidden[0]}
        for node, place in enumerate(self.places.tolist()):
            if place in found:
                found[place].append(node)
        return found

    def sum_up(self, values: Sequence[float | None]) -> list[float | None]:
        """A column of the graph for what is given; a scope has the sum of what is known in it."""
        column = [values[number] if number >= 0 else None for number in self.numbers.tolist()]
        for place, nodes in self._of_scopes.items():
            known = [one for one in (values[node] for node in nodes) if one is not None]
            column[place] = sum(known) if known else None
        return column


def select_all(graph: Graph) -> Selection:
    """The whole graph."""
    everything = np.arange(len(graph))
    return Selection(
        is_whole=True,
        names=graph.names,
        entries=graph.nodes,
        numbers=everything,
        flags=np.zeros(len(graph), np.int64),
        edges=graph.edges,
        edge_numbers=np.arange(len(graph.edges.sources)),
        control=graph.control,
        places=everything,
    )


def select_scope(graph: Graph, scope: str) -> Selection:
    """What is in a scope, empty for the whole graph, and nodes outside that are joined to it.

    Raises:
        NotFound: There is no such scope.

    Cost: a pass over all names and edges; a second for a million nodes.
    """
    tree = _Tree(graph)
    top = tree.find(scope)
    opened, left_out = tree.open_below(top)
    items = _Items(graph, tree, top, opened)
    notes = []
    if left_out:
        notes.append(
            f"{left_out:,} entries of this scope are left out: at most {GIVEN_LIMIT:,} of one scope"
            " are given."
        )
    lost = items.add_outside()
    if lost:
        notes.append(f"{lost:,} nodes outside that are joined to this scope are left out.")
    return items.finish(tuple(notes))


class _Tree:
    """The names of a graph, from the root to the leaves."""

    def __init__(self, graph: Graph) -> None:
        self.names = graph.names
        self.parents: list[int] = graph.names.parents.tolist()
        count = len(self.parents)
        self.node_of = np.full(count, -1)
        self.node_of[graph.nodes] = np.arange(len(graph))
        order = np.argsort(graph.names.parents, kind="stable")
        self._order: list[int] = order.tolist()
        starts = np.searchsorted(graph.names.parents[order], np.arange(count + 1))
        self._starts: list[int] = starts.tolist()
        self.sizes: list[int] = (self.node_of >= 0).astype(np.int64).tolist()
        for entry in range(count - 1, 0, -1):
            self.sizes[self.parents[entry]] += self.sizes[entry]

    def children(self, entry: int) -> list[int]:
        """Entries below one, in the order in which they came."""
        return self._order[self._starts[entry] : self._starts[entry + 1]]

    def child_count(self, entry: int) -> int:
        """How many there are."""
        return self._starts[entry + 1] - self._starts[entry]

    def find(self, scope: str) -> int:
        """The entry of a scope by its name.

        Raises:
            NotFound: There is none that holds anything.
        """
        entry = 0
        parts = scope.split("/") if scope else []
        while parts:
            for child in self.children(entry):
                leaf = self.names.leaves[child].split("/")
                if parts[: len(leaf)] == leaf and self.child_count(child):
                    entry, parts = child, parts[len(leaf) :]
                    break
            else:
                raise NotFound(f'No scope "{scope[:200]}" in this graph.')
        return entry

    def open_below(self, top: int) -> tuple[list[int], int]:
        """Scopes whose entries are given, whole levels of them, and how many entries are lost."""
        total = self.child_count(top)
        if total > GIVEN_LIMIT:
            return [top], total - GIVEN_LIMIT
        opened: list[int] = []
        level = [top]
        while level and total <= GIVEN_LIMIT:
            opened += level
            children = (child for entry in level for child in self.children(entry))
            level = [child for child in children if self.child_count(child)]
            total += sum(map(self.child_count, level))
        return opened, 0


class _Items:
    """What is given: nodes, and scopes that stand for what is in them."""

    def __init__(self, graph: Graph, tree: _Tree, top: int, opened: list[int]) -> None:
        self._graph = graph
        self._tree = tree
        self._parents, self._leaves = [-1], [""]
        self._entries: list[int] = []
        self._numbers: list[int] = []
        self._flags: list[int] = []
        self._hidden: tuple[list[int], list[str], list[int]] = ([], [], [])
        self._places = np.full(len(graph), -1)
        self._entries_taken: set[int] = set()
        self._is_part = top > 0
        self._new_entry: dict[int, int] = {0: 0}
        is_open = set(opened)
        closed: dict[int, int] = {}
        for scope in sorted(opened):
            for child in tree.children(scope)[:GIVEN_LIMIT]:
                node = int(tree.node_of[child])
                if node >= 0:
                    self._places[node] = self._add(child, node, 0)
                if tree.child_count(child) and child not in is_open:
                    closed[child] = self._add_scope(child)
        self._place_hidden(closed)

    def _name(self, entry: int) -> int:
        """The entry in the new tree of names of a scope, with all that it is in."""
        path = []
        while entry not in self._new_entry:
            path.append(entry)
            entry = self._tree.parents[entry]
        new = self._new_entry[entry]
        for one in reversed(path):
            new = self._new_entry[one] = self._append(new, self._tree.names.leaves[one])
        return new

    def _append(self, parent: int, leaf: str) -> int:
        self._parents.append(parent)
        self._leaves.append(leaf)
        return len(self._leaves) - 1

    def _add(self, entry: int, node: int, flags: int) -> int:
        if self._tree.child_count(entry):
            named = self._name(entry)  # a node and a scope of one name share an entry
            if named in self._entries_taken:
                named = self._append(self._parents[named], self._leaves[named])
        else:
            parent = self._name(self._tree.parents[entry])
            named = self._append(parent, self._tree.names.leaves[entry])
        self._entries_taken.add(named)
        self._entries.append(named)
        self._numbers.append(node)
        self._flags.append(flags)
        return len(self._entries) - 1

    def _add_scope(self, entry: int) -> int:
        place = self._add(entry, -1, HIDDEN)
        own = int(self._tree.node_of[entry] >= 0)
        self._hidden[0].append(place)
        self._hidden[1].append(self._tree.names.path(entry))
        self._hidden[2].append(self._tree.sizes[entry] - own)
        return place

    def _place_hidden(self, closed: dict[int, int]) -> None:
        """Give the nodes of closed scopes the place of what stands for them."""
        owner = [-1] * len(self._tree.parents)
        for entry, parent in enumerate(self._tree.parents):
            owner[entry] = closed.get(parent, owner[parent] if parent > 0 else -1)
        owners = np.array(owner)[self._graph.nodes]
        self._places = np.where(self._places >= 0, self._places, owners)

    def add_outside(self) -> int:
        """Add nodes that are joined to what is given; gives how many are too many."""
        edges = self._graph.edges
        given = self._places >= 0
        ends = [edges.sources[given[edges.targets]], edges.targets[given[edges.sources]]]
        outside = np.unique(np.concatenate(ends))
        if not self._is_part:
            return 0
        outside = outside[self._places[outside] < 0]
        for node in outside[:OUTSIDE_LIMIT].tolist():
            self._places[node] = self._add(int(self._graph.nodes[node]), node, OUTSIDE)
        return max(0, len(outside) - OUTSIDE_LIMIT)

    def finish(self, notes: tuple[str, ...]) -> Selection:
        """The selection, with the edges between what is given."""
        edges, edge_numbers = self._lift()
        return Selection(
            is_whole=False,
            names=Names(np.array(self._parents, np.int32), self._leaves),
            entries=np.array(self._entries, np.int32),
            numbers=np.array(self._numbers, np.int64),
            flags=np.array(self._flags, np.int64),
            edges=edges,
            edge_numbers=edge_numbers,
            control=self._lift_control(),
            places=self._places,
            hidden=self._hidden,
            notes=notes,
        )

    def _lift(self) -> tuple[Edges, np.ndarray]:
        """Data edges between what is given; of a scope each is joined once to the same other."""
        edges = self._graph.edges
        is_hidden = np.array(self._flags, np.int64) & HIDDEN != 0
        sources, targets = self._places[edges.sources], self._places[edges.targets]
        kept = np.flatnonzero((sources >= 0) & (targets >= 0) & (sources != targets))
        sources, targets = sources[kept], targets[kept]
        ports = np.where(is_hidden[sources], 0, edges.ports[kept])
        slots = np.where(is_hidden[targets], 0, edges.slots[kept])
        rows = np.stack([targets, slots, sources, ports], axis=1)
        lifted = is_hidden[sources] | is_hidden[targets]
        marks = np.where(lifted, -1, np.arange(len(kept)))[:, None]
        _, first = np.unique(np.concatenate([rows, marks], axis=1), axis=0, return_index=True)
        targets, slots, sources, ports = rows[first].T
        return Edges(sources, ports, targets, slots), kept[first]

    def _lift_control(self) -> ControlEdges:
        control = self._graph.control
        sources, targets = self._places[control.sources], self._places[control.targets]
        kept = (sources >= 0) & (targets >= 0) & (sources != targets)
        rows = np.unique(np.stack([targets[kept], sources[kept]], axis=1), axis=0)
        return ControlEdges(rows[:, 1], rows[:, 0])
