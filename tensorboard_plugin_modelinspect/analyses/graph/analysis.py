"""All that is known of an artifact's graphs, worked out when asked for and kept."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.calls import Call, CallFinder
from tensorboard_plugin_modelinspect.analyses.graph.costs import FORMULAS, Work, free
from tensorboard_plugin_modelinspect.analyses.graph.distinct import find_distinct
from tensorboard_plugin_modelinspect.analyses.graph.entries import (
    EntryFinder,
    EntryGraph,
    PortKeys,
)
from tensorboard_plugin_modelinspect.analyses.graph.inference import Inferred, infer_types
from tensorboard_plugin_modelinspect.analyses.graph.links import Links
from tensorboard_plugin_modelinspect.analyses.graph.plumbing import find_plumbing
from tensorboard_plugin_modelinspect.analyses.graph.reach import find_needed
from tensorboard_plugin_modelinspect.analyses.graph.types import UNKNOWN, EdgeType, KindTypes
from tensorboard_plugin_modelinspect.analyses.graph.variables import (
    GraphVariables,
    Variable,
    VariableJoin,
)
from tensorboard_plugin_modelinspect.errors import FormatError, NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.graph import INPUT, OUTPUT, Graph, Graphs, Kind
from tensorboard_plugin_modelinspect.model.ops import is_stateful, outputs_of
from tensorboard_plugin_modelinspect.model.signature import Shape

BOUNDARY, PLUMBING, STATEFUL, CALLS, READS, CUSTOM = 1, 2, 4, 8, 16, 32
"""Flags of a node: it is an argument or a result, it saves or initialises, it has state, it calls
functions, it reads a variable, TensorFlow has no such op."""
_DEEPEST = 50
"""Functions within each other whose operations are added up."""
_SERVING = "serving_default"
UNREAD_ROLES = ("weight", "state", "optimizer", "counter")
LAYER_ROLES = ("weight", "state")
"""Roles of tensors that a graph, or a layer, should read."""


class Cost(NamedTuple):
    """Estimated operations, how many nodes have unknown ones, and parameters that are read."""

    flops: float
    unknown: int
    parameters: int


class Weights(NamedTuple):
    """Elements of variables, and the bytes that they take."""

    parameters: int
    nbytes: int


class GraphAnalysis:
    """What the graphs of an artifact say. For any thread.

    Args:
        artifact: One that has graphs.

    Raises:
        NotFound: It has none.
        ModelInspectError: They cannot be read.

    Cost: reads all graphs; what is asked for is worked out then, and kept.
    """

    def __init__(self, artifact: Artifact) -> None:
        if artifact.graphs is None:
            raise NotFound(
                f"{artifact.path}: has no graph. SavedModels, frozen graphs, .meta files and Keras"
                " models with their config have one."
            )
        self.artifact = artifact
        self.graphs: Graphs = artifact.graphs.read()
        self._lock = threading.RLock()
        graphs = (*self.graphs.mains, *self.graphs.functions.values(), *self.graphs.layers)
        self._all = {graph.id: graph for graph in graphs}
        finder = CallFinder(self.graphs)
        self._finder = finder
        self._calls = {name: finder.find(graph) for name, graph in self._all.items()}
        self._links = {name: Links(graph) for name, graph in self._all.items()}
        self._kinds = KindTypes(self.graphs)
        self._types: dict[str, Inferred] = {}
        self._plumbing: dict[str, np.ndarray] = {}
        self._flops: dict[str, list[float | None]] = {}
        self._open_flops: list[str] = []

    @property
    def all_graphs(self) -> list[Graph]:
        """Main graphs, then functions in stored order."""
        return list(self._all.values())

    def graph(self, graph_id: str) -> Graph:
        """A graph by its id.

        Raises:
            NotFound: There is none of that id.
        """
        graph = self._all.get(graph_id)
        if graph is None:
            raise NotFound(f'{self.artifact.path}: no graph or function "{graph_id[:200]}".')
        return graph

    def calls(self, graph: Graph) -> list[Call]:
        """Who calls what in a graph, in the order of its nodes."""
        return self._calls[graph.id]

    def links(self, graph: Graph) -> Links:
        """Edges of a graph by node."""
        return self._links[graph.id]

    def op(self, graph: Graph, node: int) -> str:
        """Op of a node."""
        return self.graphs.kinds[int(graph.kinds[node])].op

    @cached_property
    def _entries(self) -> EntryFinder:
        finder = EntryFinder(self.graphs, self._calls, self._links)
        for main, meta in zip(self.graphs.mains, self.artifact.meta_graphs, strict=False):
            finder.add(main, meta.signatures)
        return finder

    @property
    def entries(self) -> list[EntryGraph]:
        """The graph of each signature."""
        with self._lock:
            return self._entries.entries

    def port_keys(self, graph: Graph) -> PortKeys:
        """Keys in signatures of a graph's inputs and outputs."""
        with self._lock:
            return self._entries.keys.get(graph.id, PortKeys())

    @property
    def first(self) -> str:
        """Id of the graph to open.

        The body of `serving_default`, else of the first signature that has one; without signatures
        that of the function with the most operations, then nodes, that users can call, else the
        first main graph, else the layers.
        """
        entries = [entry for entry in self.entries if not entry.signature.is_internal]
        if entries:
            first = min(
                entries,
                key=lambda one: (
                    one.signature.key != _SERVING,
                    one.body.kind != "function",
                ),
            )
            return first.body.id
        called = {name for entry in self.graphs.entries for name in entry.called}
        functions = [self._all[name] for name in sorted(called) if name in self._all]
        if not functions:
            return next(iter(self._all), "")
        with self._lock:
            return self._entries.unwrap(max(functions, key=self._weigh)).id

    def _weigh(self, function: Graph) -> tuple[float, int]:
        """Operations and nodes of a function and of all that it calls."""
        nodes = sum(self._all[name].stored_count for name in self._below({function.id}))
        return self._total(function.id) or 0.0, nodes

    @cached_property
    def _variables(self) -> VariableJoin:
        return VariableJoin(self.artifact, self.graphs, self._calls, self._links)

    @property
    def variables(self) -> list[Variable]:
        """All variables, by number."""
        with self._lock:
            return self._variables.variables

    def graph_variables(self, graph: Graph) -> GraphVariables:
        """The variables of a graph: what stands for them and who reads them."""
        with self._lock:
            return self._variables.of(graph)

    @cached_property
    def plumbing_functions(self) -> frozenset[str]:
        """Functions that only saving, restoring and initialising need."""
        with self._lock:
            roots = {name for entry in self.graphs.entries for name in entry.plumbing}
            called = {name for entry in self.graphs.entries for name in entry.called}
            for main in self.graphs.mains:
                plumbing = self.plumbing(main)
                for call in self._calls[main.id]:
                    (roots if plumbing[call.node] else called).add(call.callee.function)
            return frozenset(self._below(roots) - self._below(called))

    def _below(self, names: set[str]) -> set[str]:
        """Functions of some names, and those that they call."""
        found: set[str] = set()
        waiting = [name for name in names if name in self.graphs.functions]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [
                    call.callee.function
                    for call in self._calls[name]
                    if call.callee.function in self.graphs.functions
                ]
        return found

    def plumbing(self, graph: Graph) -> np.ndarray:
        """Which nodes of a main graph save, restore or initialise; of a function none."""
        if graph.kind != "main":
            return np.zeros(len(graph), bool)
        with self._lock:
            if graph.id not in self._plumbing:
                self._plumbing[graph.id] = self._find_plumbing(graph)
            return self._plumbing[graph.id]

    def _find_plumbing(self, graph: Graph) -> np.ndarray:
        entry = self.graphs.entries[self.graphs.mains.index(graph)]
        given = [
            node
            for one in self.entries
            if one.main is graph and not one.signature.is_internal
            for node in one.outputs
        ]
        return find_plumbing(graph, self.graphs, entry, given)

    def flags(self, graph: Graph) -> np.ndarray:
        """Flags of each node; int."""
        used, places = find_distinct(graph.kinds)
        of_kind = _layer_flags if graph.kind == "layers" else self._kind_flags
        by_kind = [of_kind(self.graphs.kinds[kind]) for kind in used.tolist()]
        flags: np.ndarray = np.array(by_kind, np.int64)[places]
        flags[self._finder.is_call(graph)] |= CALLS
        flags[self.plumbing(graph)] |= PLUMBING
        readers = [node for nodes in self.graph_variables(graph).readers.values() for node in nodes]
        flags[readers] |= READS
        return flags

    def _kind_flags(self, kind: Kind) -> int:
        if kind.op in (INPUT, OUTPUT):
            return BOUNDARY
        is_custom = outputs_of(kind.op) is None and kind.op not in self.graphs.functions
        return (STATEFUL if is_stateful(kind.op) else 0) | (CUSTOM if is_custom else 0)

    def types(self, graph: Graph) -> np.ndarray:
        """Type of each data edge: a number of `edge_type`, or -1."""
        return self._infer(graph).edges

    def _infer(self, graph: Graph) -> Inferred:
        with self._lock:
            if graph.id not in self._types:
                links = self._links[graph.id]
                self._types[graph.id] = infer_types(graph, self.graphs, self._kinds, links)
            return self._types[graph.id]

    def edge_type(self, number: int) -> EdgeType:
        """The type of a number."""
        return self._kinds.table.types[number]

    def output_types(self, graph: Graph, node: int) -> list[int]:
        """Types of what a node gives, as its edges or else its kind tell."""
        found = list(self._kinds.of(int(graph.kinds[node])))
        types, loose = self._infer(graph)
        if found:
            found[0] = loose.get(node, found[0])
        for place in self._links[graph.id].use_places(node):
            port = int(graph.edges.ports[place])
            if port < len(found) and types[place] != UNKNOWN:
                found[port] = int(types[place])
        return found

    def flops(self, graph: Graph) -> list[float | None]:
        """Estimated operations of each node; None where they are unknown.

        A call has those of the function; of a loop they are those of one turn, and of branches
        those of the dearest.
        """
        with self._lock:
            if graph.id not in self._flops:
                self._open_flops.append(graph.id)
                self._flops[graph.id] = self._find_flops(graph)
                self._open_flops.pop()
            return self._flops[graph.id]

    @cached_property
    def _flops_of_kinds(self) -> list[tuple[bool, float | None]]:
        return [_constant_flops(kind.op) for kind in self.graphs.kinds]

    def _find_flops(self, graph: Graph) -> list[float | None]:
        if graph.kind == "layers":
            return [None] * len(graph)  # the formulas are those of TensorFlow's ops
        known: dict[tuple[object, ...], float | None] = {}
        types = self.types(graph).tolist()
        kinds = graph.kinds.tolist()
        flops: list[float | None] = [None] * len(graph)
        by_kind = self._flops_of_kinds
        starts = self._links[graph.id].feed_starts.tolist()
        for node, kind in enumerate(kinds):
            is_needed, fixed = by_kind[kind]
            if not is_needed:
                flops[node] = fixed
                continue
            taken = types[starts[node] : starts[node + 1]]
            given: Sequence[int] = self._kinds.of(kind)
            if self._kinds.is_incomplete(kind):
                given = self.output_types(graph, node)
            key = (kind, *taken, UNKNOWN, *given)
            if key not in known:
                known[key] = self._apply(kind, taken, given)
            flops[node] = known[key]
        for node, sums in self._flops_of_calls(graph):
            flops[node] = sums
        return flops

    def _apply(self, kind: int, taken: list[int], given: Sequence[int]) -> float | None:
        shapes = (list(map(self._shape, taken)), list(map(self._shape, given)))
        try:
            return FORMULAS[self.graphs.kinds[kind].op](Work(self.graphs.kinds[kind], *shapes))
        except FormatError:
            return None  # an attribute that is damaged tells nothing

    def _shape(self, number: int) -> Shape:
        return None if number == UNKNOWN else self._kinds.table.types[number].shape

    def _flops_of_calls(self, graph: Graph) -> Iterator[tuple[int, float | None]]:
        by_node: dict[int, list[Call]] = {}
        for call in self._calls[graph.id]:
            if call.callee.role in ("call", "body", "cond", "then", "else", "branch"):
                by_node.setdefault(call.node, []).append(call)
        for node, calls in by_node.items():
            sums = [self._total(call.callee.function) for call in calls]
            if None in sums:
                yield node, None
            elif calls[0].callee.role in ("then", "else", "branch"):
                yield node, max(one or 0.0 for one in sums)
            else:
                yield node, sum(one or 0.0 for one in sums)

    def _total(self, function: str) -> float | None:
        """Operations of a function as far as they are known; None of one that is not to be had."""
        callee = self.graphs.functions.get(function)
        is_open = function in self._open_flops or len(self._open_flops) > _DEEPEST
        if callee is None or is_open:
            return None
        return sum(one for one in self.flops(callee) if one is not None)

    def parameters(self, graph: Graph) -> dict[int, int]:
        """Parameters by the first node that reads them, each variable once."""
        return {node: weights.parameters for node, weights in self.weights(graph).items()}

    def weights(self, graph: Graph) -> dict[int, Weights]:
        """What the variables hold that a node is the first to read; others have no entry."""
        found: dict[int, Weights] = {}
        for number, readers in self.graph_variables(graph).readers.items():
            variable = self.variables[number]
            if readers and variable.parameters:
                parameters, nbytes = found.get(readers[0], (0, 0))
                found[readers[0]] = Weights(
                    parameters + variable.parameters, nbytes + variable.nbytes
                )
        return found

    @cached_property
    def unread(self) -> list[str]:
        """Keys of tensors that no graph reads but to save them; copies of what is read left out."""
        with self._lock:
            read: set[str | None] = set()
            for graph in self._all.values():
                if graph.id in self.plumbing_functions:
                    continue
                plumbing = self.plumbing(graph)
                for number, readers in self.graph_variables(graph).readers.items():
                    if any(not plumbing[node] for node in readers):
                        read.add(self.variables[number].key)
            tensors = self.artifact.tensors
            known = [key for key in read if key is not None and key in tensors]
            roles = UNREAD_ROLES if self.graphs.mains else LAYER_ROLES
            originals = {tensors[key].alias_of or key for key in known}
            return [
                key
                for key, tensor in tensors.items()
                if tensor.role in roles and (tensor.alias_of or key) not in originals
            ]

    def count_ops(self, entry: EntryGraph) -> Counter[str]:
        """How often each op occurs in what a signature runs, each function once."""
        counts: Counter[str] = Counter()
        for kind, count in self.count_kinds(entry).items():
            counts[self.graphs.kinds[kind].op] += count
        return Counter({op: n for op, n in counts.items() if op not in (INPUT, OUTPUT)})

    def count_kinds(self, entry: EntryGraph) -> Counter[int]:
        """The same by kinds of nodes, arguments and results included."""
        needed = self.needed(entry)
        counts: Counter[int] = Counter()
        calls = {call.callee.function for call in self._calls[entry.graph.id] if needed[call.node]}
        below = self._below(calls) - {entry.graph.id}
        columns = [entry.graph.kinds[needed], *(self._all[name].kinds for name in sorted(below))]
        for column in columns:
            used, places = find_distinct(column)
            numbers = np.bincount(places)
            counts.update(dict(zip(used.tolist(), numbers.tolist(), strict=True)))
        return counts

    def needed(self, entry: EntryGraph) -> np.ndarray:
        """Which nodes of a signature's graph it runs: all of a function."""
        if entry.graph.kind == "function":
            return np.ones(len(entry.graph), bool)
        given = np.zeros(len(entry.graph), bool)
        given[list(entry.outputs)] = True
        return find_needed(entry.graph, given)

    def cost(self, entry: EntryGraph) -> Cost:
        """Operations and parameters of what a signature runs."""
        graph = entry.body
        needed = self.needed(entry._replace(graph=graph))
        flops = [one for one, is_run in zip(self.flops(graph), needed, strict=True) if is_run]
        known = [one for one in flops if one is not None]
        found = self.graph_variables(graph).readers.items()
        read = {number for number, nodes in found if any(needed[node] for node in nodes)}
        parameters = sum(self.variables[number].parameters for number in read)
        return Cost(sum(known, 0.0), len(flops) - len(known), parameters)


def _layer_flags(kind: Kind) -> int:
    module = kind.attributes.get("module", "keras")
    return 0 if isinstance(module, str) and module.split(".")[0] == "keras" else CUSTOM


def _constant_flops(op: str) -> tuple[bool, float | None]:
    """Whether shapes matter to an op's operations, and these if not."""
    formula = FORMULAS.get(op)
    if formula is None:
        return False, None
    return (False, 0.0) if formula is free else (True, None)
