"""Which nodes stand for which variables, and which nodes read them, through calls and captures.

A variable is known by the key of its tensor. Concrete functions capture objects, which have keys
(tensorflow/core/protobuf/saved_object_graph.proto); else the ops that save and restore name them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.calls import Call
from tensorboard_plugin_modelinspect.analyses.graph.distinct import list_distinct
from tensorboard_plugin_modelinspect.analyses.graph.flow import HANDLES, Flow, Taken
from tensorboard_plugin_modelinspect.analyses.graph.layers import find_layers
from tensorboard_plugin_modelinspect.analyses.graph.links import Links
from tensorboard_plugin_modelinspect.analyses.graph.savers import saved_keys
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.graph import (
    HANDLE_SHAPE,
    HANDLE_TYPE,
    Graph,
    Graphs,
    ShapeValue,
)

_MOST_MEANINGS = 16
"""Variables that one argument may be; a function that is called with more is left at these."""
_MOST_STEPS = 5_000_000
"""Calls that handles are followed through, all together; models have ten thousand."""


class Variable(NamedTuple):
    """A variable.

    Attributes:
        key: Of its tensor; None if nothing tells which one that is.
        name: Readable.
        nbytes: Of its values; 0 if unknown.
        parameters: Elements; 0 if unknown.
    """

    key: str | None
    name: str
    nbytes: int
    parameters: int


@dataclass(slots=True)
class GraphVariables:
    """The variables of one graph, by their numbers.

    Attributes:
        stands: Nodes that are a variable here, or an argument which is one (or one of several).
        readers: Nodes that read each one, and calls of what reads it; in file order.
    """

    stands: dict[int, list[int]] = field(default_factory=dict)
    readers: dict[int, list[int]] = field(default_factory=dict)


Cell = tuple[str, int]
"""A node that gives a handle, by graph."""


class VariableJoin:
    """Joins the variables of an artifact to the nodes of its graphs.

    Args:
        artifact: With graphs.
        graphs: These graphs, read.
        calls: Of each graph, by id.
        links: Of each graph, by id.

    Cost: looks at the edges of handles only; 30 ms for 600 variables.
    """

    def __init__(
        self,
        artifact: Artifact,
        graphs: Graphs,
        calls: Mapping[str, list[Call]],
        links: Mapping[str, Links],
    ) -> None:
        self._artifact = artifact
        self._graphs = graphs
        self.variables: list[Variable] = []
        self._numbers: dict[object, int] = {}
        all_graphs = (*graphs.mains, *graphs.functions.values())
        self._flows = {
            graph.id: Flow(graph, graphs, calls[graph.id], links[graph.id]) for graph in all_graphs
        }
        self._taken: dict[Cell, Taken] = {
            (name, node): flow.follow(node)
            for name, flow in self._flows.items()
            for node in flow.sources()
        }
        self._meanings: dict[Cell, list[int]] = {}
        self._steps_left = _MOST_STEPS
        self._graph_variables: defaultdict[str, GraphVariables] = defaultdict(GraphVariables)
        self._spread(self._captured())
        self._collect_readers()
        if artifact.kind == "graph_def":
            self._add_constants(all_graphs, links)
        for graph in graphs.layers:
            self._add_layers(graph)

    def of(self, graph: Graph) -> GraphVariables:
        """The variables of a graph."""
        return self._graph_variables.get(graph.id, GraphVariables())

    def _captured(self) -> dict[Cell, int]:
        """Variables that arguments are because concrete functions capture them."""
        objects = self._artifact.objects
        found: dict[Cell, int] = {}
        for entry in self._graphs.entries:
            for name, captured in entry.captures.items():
                function = self._graphs.functions.get(name)
                first = 0 if function is None else function.argument_count - len(captured)
                for argument, number in enumerate(captured, first):
                    if function is None or objects is None or argument < 0:
                        continue
                    if (name, argument) in self._taken and 0 <= number < len(objects.nodes):
                        variable = self._object_variable(number, (name, argument))
                        if variable is not None:
                            found[name, argument] = variable
        return found

    def _object_variable(self, number: int, cell: Cell) -> int | None:
        """The variable that an object is, None if it is something else."""
        if self._artifact.objects is None:
            return None
        if ("object", number) in self._numbers:
            return self._numbers["object", number]
        node = self._artifact.objects.nodes[number]
        if node.kind != "variable":
            return None
        keys = [key for key in node.keys if key in self._artifact.tensors]
        if keys:
            variable = self._by_key(keys[0])
        else:
            variable = self._add(cell, Variable(None, node.label, *self._size_of(cell)))
        self._numbers["object", number] = variable
        return variable

    def _by_key(self, key: str) -> int:
        if key not in self._numbers:
            tensor = self._artifact.tensors[key]
            self._add(key, Variable(key, tensor.name, tensor.nbytes, tensor.size))
        return self._numbers[key]

    def _add(self, mark: object, variable: Variable) -> int:
        self._numbers[mark] = len(self.variables)
        self.variables.append(variable)
        return len(self.variables) - 1

    def _size_of(self, cell: Cell) -> tuple[int, int]:
        """Bytes and elements as the node says: of the variable, or of an argument that is one."""
        flow = self._flows[cell[0]]
        attributes = self._graphs.kinds[int(flow.graph.kinds[cell[1]])].attributes
        shape = attributes.get(HANDLE_SHAPE, attributes.get("shape"))
        dtype = attributes.get(HANDLE_TYPE, attributes.get("dtype"))
        sizes = shape.sizes if isinstance(shape, ShapeValue) else None
        if sizes is None or not isinstance(dtype, DType) or None in sizes:
            return 0, 0
        size = math.prod(one or 0 for one in sizes)
        return size * dtype.itemsize, size

    def _spread(self, known: dict[Cell, int]) -> None:
        """Give every cell its variables, from the callers to the callees."""
        passed = {
            (passing.function, passing.argument)
            for taken in self._taken.values()
            for passing in taken.calls
        }
        named = _LazyKeys(self._artifact, self._flows, self._graphs)
        for cell in self._taken:
            is_variable = self._flows[cell[0]].op(cell[1]) in HANDLES
            if not is_variable and cell not in known and cell in passed:
                continue
            reached = self._reachable(cell)
            variable = next((known[one] for one in reached if one in known), None)
            if variable is None:
                key = named.find(reached)
                if key is not None:
                    variable = self._by_key(key)
                elif is_variable:
                    name = self._flows[cell[0]].graph.name(cell[1])
                    variable = self._add(cell, Variable(None, name, *self._size_of(cell)))
            if variable is not None:
                for one in reached:
                    self._mean(one, variable)

    def _mean(self, cell: Cell, variable: int) -> None:
        meanings = self._meanings.setdefault(cell, [])
        if variable not in meanings and len(meanings) < _MOST_MEANINGS:
            meanings.append(variable)

    def _reachable(self, cell: Cell) -> list[Cell]:
        """A cell and all that its handle is passed on to, while that can be followed."""
        found = {cell: None}
        waiting = [cell]
        while waiting:
            for _, function, argument in self._taken[waiting.pop()].calls:
                further = function, argument
                self._steps_left -= 1
                if self._steps_left > 0 and further not in found and further in self._taken:
                    found[further] = None
                    waiting.append(further)
        return list(found)

    def _collect_readers(self) -> None:
        is_read = self._find_read_cells()
        for (graph_id, node), meanings in self._meanings.items():
            own = self._graph_variables[graph_id]
            own.stands[node] = meanings
            taken = self._taken[graph_id, node]
            passing = (one.node for one in taken.calls if (one.function, one.argument) in is_read)
            for variable in meanings:
                own.readers.setdefault(variable, []).extend([*taken.readers, *passing])
        for own in self._graph_variables.values():
            own.readers = {one: sorted(set(nodes)) for one, nodes in own.readers.items()}

    def _find_read_cells(self) -> set[Cell]:
        """Cells that are read, in their own graph or in one that they are passed to."""
        callers: dict[Cell, list[Cell]] = defaultdict(list)
        for cell, taken in self._taken.items():
            for _, function, argument in taken.calls:
                callers[function, argument].append(cell)
        found = {cell for cell, taken in self._taken.items() if taken.readers}
        waiting = list(found)
        while waiting:
            for caller in callers.get(waiting.pop(), ()):
                if caller not in found:
                    found.add(caller)
                    waiting.append(caller)
        return found

    def _add_constants(self, all_graphs: Iterable[Graph], links: Mapping[str, Links]) -> None:
        """Constants that are the weights of a frozen graph are variables, too."""
        weights = {
            key
            for key, tensor in self._artifact.tensors.items()
            if tensor.role in ("weight", "state")
        }
        for graph in all_graphs if weights else ():
            prefix = f"{graph.id}/" if graph.kind == "function" else ""
            for node in self._constants(graph):
                key = prefix + graph.name(node)
                if key in weights:
                    variable = self._by_key(key)
                    own = self._graph_variables[graph.id]
                    own.stands[node] = [variable]
                    readers = {use.target for use in links[graph.id].uses(node)}
                    own.readers[variable] = sorted(readers)

    def _add_layers(self, graph: Graph) -> None:
        """The tensors of a Keras model belong to the layers that their names tell."""
        own = self._graph_variables[graph.id]
        for key, node in find_layers(graph, self._artifact):
            variable = self._by_key(key)
            own.stands.setdefault(node, []).append(variable)
            own.readers[variable] = [node]

    def _constants(self, graph: Graph) -> Iterator[int]:
        used = list_distinct(graph.kinds)
        constant = [kind for kind in used if self._graphs.kinds[kind].op == "Const"]
        yield from np.flatnonzero(np.isin(graph.kinds, constant)).tolist()


class _LazyKeys:
    """Keys by what saves and restores, looked for when a variable is known by nothing else."""

    def __init__(self, artifact: Artifact, flows: Mapping[str, Flow], graphs: Graphs) -> None:
        self._artifact = artifact
        self._flows = flows
        self._graphs = graphs
        self._keys: dict[Cell, str] | None = None

    def find(self, cells: Iterable[Cell]) -> str | None:
        """The key of the variable that some cells are."""
        if self._keys is None:
            self._keys = saved_keys(self._artifact, self._graphs, self._flows)
        tensors = self._artifact.tensors
        for cell in cells:
            key = self._keys.get(cell)
            if key is not None and key in tensors:
                return key
        for graph_id, node in cells:
            name = self._flows[graph_id].graph.name(node)
            if self._flows[graph_id].op(node) in HANDLES and name in tensors:
                return name
        return None
