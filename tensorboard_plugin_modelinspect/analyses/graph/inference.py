"""Types of edges, inferred where the file does not say them."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.distinct import list_distinct
from tensorboard_plugin_modelinspect.analyses.graph.links import Links
from tensorboard_plugin_modelinspect.analyses.graph.reach import Neighbours
from tensorboard_plugin_modelinspect.analyses.graph.shapes import (
    RULES,
    VALUES,
    Operands,
    Values,
)
from tensorboard_plugin_modelinspect.analyses.graph.types import (
    UNKNOWN,
    KindTypes,
    edge_types,
)
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.model.graph import (
    HANDLE_SHAPE,
    Graph,
    Graphs,
    ShapeValue,
)
from tensorboard_plugin_modelinspect.model.signature import Shape
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_MOST_VALUES = 16
_MOST_AXES = 254
"""Of a tensor in TensorFlow (tensorflow/core/framework/tensor_shape.h)."""
_READS = frozenset({"ReadVariableOp", "ResourceGather"})


class Inferred(NamedTuple):
    """Numbers of types.

    Attributes:
        edges: Of each data edge; int32.
        loose: Of the first output that a node gives where nobody takes it, if that was inferred.
    """

    edges: np.ndarray
    loose: dict[int, int]


def infer_types(graph: Graph, graphs: Graphs, kinds: KindTypes, links: Links) -> Inferred:
    """Types of data edges and of what nobody takes: as the kinds say, else as the inputs tell.

    Cost: nothing where all shapes are stored; else 5 µs for each node that has none.
    """
    types = edge_types(graph, kinds)
    loose: dict[int, int] = {}
    if graph.kind == "layers":
        return Inferred(types, loose)
    used = list_distinct(graph.kinds)
    missing = [one for one in used if kinds.is_incomplete(one) and _has_rule(graphs.kinds[one].op)]
    if missing:
        waiting = np.isin(graph.kinds, missing)
        loose = _Inference(graph, graphs, kinds, links, types).run(waiting)
    return Inferred(types, loose)


def _has_rule(op: str) -> bool:
    return op in RULES or op in _READS


class _Inference:
    """Goes through the nodes whose shapes are missing, those first that others need."""

    def __init__(
        self, graph: Graph, graphs: Graphs, kinds: KindTypes, links: Links, types: np.ndarray
    ) -> None:
        self._graph = graph
        self._graphs = graphs
        self._kinds = kinds
        self._links = links
        self._types = types
        self._known: dict[tuple[object, ...], tuple[Shape, Values]] = {}
        self._constants: dict[int, Values] = {}
        self._values: dict[int, Values] = {}
        self._loose: dict[int, int] = {}

    def run(self, waiting: np.ndarray) -> dict[int, int]:
        """Infer what the nodes that are waiting give; returns types of what nobody takes."""
        edges = self._graph.edges
        between = waiting[edges.sources] & waiting[edges.targets]
        sources, targets = edges.sources[between], edges.targets[between]
        left = np.bincount(targets, minlength=len(self._graph))
        users = Neighbours(len(self._graph), sources, targets)
        ready = deque(np.flatnonzero(waiting & (left == 0)).tolist())
        while ready:  # those of loops stay, and are left unknown
            node = ready.popleft()
            self._infer(node)
            for user in users.of(node):
                left[user] -= 1
                if not left[user]:
                    ready.append(user)
        return self._loose

    def _infer(self, node: int) -> None:
        kind = int(self._graph.kinds[node])
        places = self._links.feed_range(node)
        types = tuple(self._types[places.start : places.stop].tolist())
        sources = self._graph.edges.sources[places.start : places.stop].tolist()
        values = tuple(self._value(source) for source in sources)
        reads = self._graphs.kinds[kind].op in _READS and sources
        held = int(self._graph.kinds[sources[0]]) if reads else UNKNOWN
        key = (kind, held, types, values)
        if key not in self._known:
            self._known[key] = self._apply(kind, types, values, sources)
        shape, self._values[node] = self._known[key]
        dtypes = self._kinds.of(kind)
        if shape is None or not dtypes or dtypes[0] == UNKNOWN:
            return
        dtype = self._kinds.table.types[dtypes[0]].dtype
        number = self._kinds.table.number(dtype, shape, inferred=True)
        places_used = self._links.use_places(node)
        if not places_used:
            self._loose[node] = number
        for place in places_used:
            is_first = self._graph.edges.ports[place] == 0
            if is_first or self._graphs.kinds[kind].op == "Switch":
                self._types[place] = number

    def _apply(
        self, kind: int, types: tuple[int, ...], values: tuple[Values, ...], sources: list[int]
    ) -> tuple[Shape, Values]:
        """Shape of what a node gives, and the numbers if they are known."""
        table = self._kinds.table.types
        shapes = [table[one].shape if one != UNKNOWN else None for one in types]
        op = self._graphs.kinds[kind].op
        if op in _READS:
            shapes[:1] = [self._held_shape(source) for source in sources[:1]]
        if op == "ReadVariableOp":
            return shapes[0] if shapes else None, None
        operands = Operands(self._graphs.kinds[kind], shapes, values)
        try:
            shape = RULES[op](operands)
            given = VALUES[op](operands) if op in VALUES else None
        except FormatError:
            return None, None  # an attribute that is damaged tells nothing
        if shape is None or len(shape) > _MOST_AXES or min(_known(shape), default=0) < 0:
            return None, None
        return shape, given if given is None or len(given) <= _MOST_VALUES else None

    def _held_shape(self, source: int) -> Shape:
        """Shape of the variable whose handle a node gives."""
        attributes = self._graphs.kinds[int(self._graph.kinds[source])].attributes
        held = attributes.get(HANDLE_SHAPE, attributes.get("shape"))
        return held.sizes if isinstance(held, ShapeValue) else None

    def _value(self, node: int) -> Values:
        """The whole numbers that a node gives: of a small constant, or of what follows from it."""
        if node in self._values:
            return self._values[node]
        kind = int(self._graph.kinds[node])
        if kind not in self._constants:
            self._constants[kind] = self._constant(kind)
        return self._constants[kind]

    def _constant(self, number: int) -> Values:
        kind = self._graphs.kinds[number]
        try:
            value = kind.attributes.get("value") if kind.op == "Const" else None
            if (
                isinstance(value, Tensor)
                and value.dtype.name in ("int32", "int64")
                and value.size <= _MOST_VALUES
            ):
                return tuple(value.read().reshape(-1).tolist())
        except FormatError:
            return None
        return None


def _known(shape: tuple[int | None, ...]) -> list[int]:
    return [size for size in shape if size is not None]
