"""What flows along edges: types and shapes, as the file says them or as ops and inputs tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.distinct import find_distinct
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.graph import (
    INPUT,
    OUTPUT,
    TYPE,
    Graph,
    Graphs,
    Kind,
    ShapeValue,
)
from tensorboard_plugin_modelinspect.model.ops import Output, outputs_of
from tensorboard_plugin_modelinspect.model.signature import Shape
from tensorboard_plugin_modelinspect.model.tensor import Tensor

UNKNOWN = -1
_SHAPES = "_output_shapes"
_DECLARED_SHAPE = {"Placeholder": "shape", "PlaceholderV2": "shape", "VariableV2": "shape"}
_DECLARED_SHAPE |= {"Variable": "shape", "ImmutableConst": "shape"}
"""Attribute with the shape of what an op gives, where that is not told beside it."""
_MOST_OUTPUTS = 100_000
"""Of one node; more are of no use to anybody."""


class EdgeType(NamedTuple):
    """What flows along an edge: name of the element type, shape, and whether that was inferred."""

    dtype: str
    shape: Shape
    inferred: bool


class TypeTable:
    """Types by number; equal ones have one number."""

    def __init__(self) -> None:
        self.types: list[EdgeType] = []
        self._numbers: dict[EdgeType, int] = {}

    def number(self, dtype: str, shape: Shape, *, inferred: bool) -> int:
        """The number of a type."""
        edge_type = EdgeType(dtype, shape, inferred)
        number = self._numbers.get(edge_type)
        if number is None:
            number = self._numbers[edge_type] = len(self.types)
            self.types.append(edge_type)
        return number


class KindTypes:
    """Types of what the nodes of a kind give, as far as the kind alone says.

    Args:
        graphs: All graphs of an artifact.
    """

    def __init__(self, graphs: Graphs) -> None:
        self.table = TypeTable()
        self._graphs = graphs
        self._by_kind: dict[int, tuple[int, ...]] = {}
        self._incomplete: set[int] = set()

    def of(self, kind: int) -> tuple[int, ...]:
        """Numbers of the types, in the order of the outputs; `UNKNOWN` where nothing is known."""
        known = self._by_kind.get(kind)
        if known is None:
            known = self._by_kind[kind] = tuple(self._find(kind))
        return known

    def is_incomplete(self, kind: int) -> bool:
        """Whether shapes are missing that the inputs may tell."""
        self.of(kind)
        return kind in self._incomplete

    def _find(self, number: int) -> Iterator[int]:
        kind = self._graphs.kinds[number]
        dtypes = list(self._dtypes(kind))[:_MOST_OUTPUTS]
        shapes = declared_shapes(kind)
        if kind.op not in (INPUT, OUTPUT) and len(shapes) < len(dtypes):
            self._incomplete.add(number)
        for place, dtype in enumerate(dtypes):
            shape = shapes[place] if place < len(shapes) else None
            yield self.table.number(dtype, shape, inferred=False) if dtype else UNKNOWN

    def _dtypes(self, kind: Kind) -> Iterator[str]:
        """Names of the element types of the outputs; empty for an unknown one."""
        if kind.op in (INPUT, OUTPUT):
            dtype = kind.attributes.get(TYPE)
            yield dtype.name if isinstance(dtype, DType) else ""
            return
        function = self._graphs.functions.get(kind.op)
        if function is not None:
            results = function.kinds[len(function) - function.result_count :].tolist()
            for result in results:
                yield from self._dtypes(self._graphs.kinds[result])
            return
        outputs = outputs_of(kind.op)
        if outputs is None:
            yield from _guessed_dtypes(kind)
        for output in outputs or ():
            yield from _dtypes_of_output(output, kind)


def _dtypes_of_output(output: Output, kind: Kind) -> Iterator[str]:
    counted = kind.attributes.get(output.counted_by) if output.counted_by else 1
    if isinstance(counted, tuple):
        yield from (one.name if isinstance(one, DType) else "" for one in counted)
        return
    dtype = kind.attributes.get(output.typed_by) if output.typed_by else None
    name = dtype.name if isinstance(dtype, DType) else output.type
    if isinstance(counted, int):
        yield from (name for _ in range(min(counted, _MOST_OUTPUTS)))


def _guessed_dtypes(kind: Kind) -> Iterator[str]:
    """Of an op that TensorFlow does not have: as many as there are shapes, of its one type."""
    dtype = kind.attributes.get("Tout", kind.attributes.get("T", kind.attributes.get("dtype")))
    dtypes = dtype if isinstance(dtype, tuple) and not isinstance(dtype, DType) else (dtype,)
    shapes = kind.attributes.get(_SHAPES)
    count = len(shapes) if isinstance(shapes, tuple) else 0
    for place in range(max(count, len(dtypes))):
        one = dtypes[place] if place < len(dtypes) else dtypes[-1] if len(dtypes) == 1 else None
        yield one.name if isinstance(one, DType) else ""


def declared_shapes(kind: Kind) -> list[Shape]:
    """Shapes of what a node gives, as its attributes have them."""
    declared = kind.attributes.get(_SHAPES)
    if isinstance(declared, tuple):
        return [one.sizes if isinstance(one, ShapeValue) else None for one in declared]
    if kind.op == "Const":
        value = kind.attributes.get("value")
        return [value.shape] if isinstance(value, Tensor) else []
    shape = kind.attributes.get(_DECLARED_SHAPE.get(kind.op, ""))
    return [shape.sizes] if isinstance(shape, ShapeValue) else []


def edge_types(graph: Graph, kinds: KindTypes) -> np.ndarray:
    """Number of the type of each data edge, as the kinds say; int32."""
    if not len(graph.edges.sources):
        return np.empty(0, np.int32)
    used, places = find_distinct(graph.kinds[graph.edges.sources])
    types = [kinds.of(kind) for kind in used.tolist()]
    counts = np.array([len(one) for one in types], np.int64)
    starts = np.cumsum(counts) - counts
    flat = np.array([number for one in types for number in one] or [UNKNOWN], np.int32)
    ports = graph.edges.ports
    is_known = ports < counts[places]
    return np.where(is_known, flat[np.where(is_known, starts[places] + ports, 0)], UNKNOWN)
