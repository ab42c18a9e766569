"""Which features a signature takes out of `tf.Example` messages, read off its parsing op.

tensorflow/core/ops/parsing_ops.cc: ParseExample, ParseExampleV2, ParseSingleExample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.entries import find_nodes, tensor_names
from tensorboard_plugin_modelinspect.analyses.graph.node import input_names
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.feature import Feature
from tensorboard_plugin_modelinspect.model.graph import AttributeValue, Graph, ShapeValue
from tensorboard_plugin_modelinspect.model.signature import Shape, Signature
from tensorboard_plugin_modelinspect.model.tensor import Tensor, split_region

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.graph.calls import Callee

MOST_FEATURES = 2_000
MOST_DEFAULTS = 64
"""Elements of a default value that are read."""
_PARSERS = frozenset({"ParseExample", "ParseExampleV2", "ParseSingleExample"})
_TRANSPARENT = frozenset(
    {
        "EnsureShape",
        "ExpandDims",
        "Identity",
        "IdentityN",
        "Placeholder",
        "PlaceholderWithDefault",
        "Reshape",
        "Squeeze",
        "StopGradient",
    }
)
"""Ops that give the strings which they take. Any other makes something else of them."""

_SAME_ORDER = frozenset({"ExpandDims", "Identity", "Reshape", "Squeeze"})
"""Ops behind a constant that leave its elements in their order."""
_MOST_STEPS = 8


def find_features(
    analysis: GraphAnalysis, tags: tuple[str, ...], key: str
) -> dict[str, list[Feature]]:
    """The features of each input of a signature that is parsed as examples, in the op's order.

    Args:
        analysis: Of the model's graphs.
        tags: Of the MetaGraph.
        key: Of the signature.

    Raises:
        ModelInspectError: The file is damaged.

    Cost: goes through the nodes of the main graph for the inputs' names, and before each constant.
    """
    for entry in analysis.entries:
        if entry.tags == tags and entry.signature.key == key:
            found = _find_in(analysis, entry.main, entry.signature)
            return {key: features for key, features in found if features}
    return {}


def _find_in(
    analysis: GraphAnalysis, main: Graph, signature: Signature
) -> Iterator[tuple[str, list[Feature]]]:
    strings = [spec for spec in signature.inputs if spec.dtype.name == "string"]
    names = {spec.key: tensor_names(spec) for spec in strings}
    nodes = find_nodes(main, {name for ports in names.values() for name, _ in ports})
    for key, ports in names.items():
        given = [(main.id, nodes[name], port) for name, port in ports if name in nodes]
        features: dict[str, Feature] = {}
        for graph, node in _iter_parsers(analysis, given):
            for feature in _read_features(analysis, graph, node):
                features.setdefault(feature.name, feature)
        yield key, list(features.values())[:MOST_FEATURES]


def _iter_parsers(
    analysis: GraphAnalysis, given: list[tuple[str, int, int]]
) -> Iterator[tuple[Graph, int]]:
    """Parsing ops that take what some outputs of nodes give, through calls of functions."""
    waiting, seen = [*given], {*given}
    callees: dict[str, dict[int, list[Callee]]] = {}
    while waiting:
        graph_id, node, port = waiting.pop()
        graph = analysis.graph(graph_id)
        if graph_id not in callees:
            callees[graph_id] = _callees(analysis, graph)
        for use in analysis.links(graph).uses(node):
            if use.port != port:
                continue
            op = analysis.op(graph, use.target)
            if op in _PARSERS and use.slot == 0:
                yield graph, use.target
            taken = _passed_on(analysis, callees[graph_id].get(use.target, ()), use.slot)
            if op in _TRANSPARENT:
                taken.append((graph_id, use.target, use.slot if op == "IdentityN" else 0))
            waiting += [one for one in taken if one not in seen]
            seen.update(taken)


def _callees(analysis: GraphAnalysis, graph: Graph) -> dict[int, list[Callee]]:
    found: dict[int, list[Callee]] = {}
    for call in analysis.calls(graph):
        found.setdefault(call.node, []).append(call.callee)
    return found


def _passed_on(
    analysis: GraphAnalysis, callees: list[Callee] | tuple[()], slot: int
) -> list[tuple[str, int, int]]:
    """Arguments of functions that an input of a call becomes."""
    taken = []
    for callee in callees:
        function = analysis.graphs.functions.get(callee.function)
        if function is None or callee.shift is None:
            continue
        if 0 <= slot - callee.shift < function.argument_count:
            taken.append((function.id, slot - callee.shift, 0))
    return taken


def _read_features(analysis: GraphAnalysis, graph: Graph, node: int) -> Iterator[Feature]:
    """The features of a parsing op; none of a kind whose keys the graph does not tell."""
    attributes = analysis.graphs.kinds[int(graph.kinds[node])].attributes
    inputs = _Inputs(analysis, graph, node)
    dense = zip(
        inputs.keys("dense_keys", attributes),
        _types(attributes.get("Tdense")),
        _shapes(attributes.get("dense_shapes")),
        strict=False,
    )
    for number, (name, dtype, shape) in enumerate(dense):
        default = inputs.default(number)
        if shape is not None and None in shape:
            default = default[:0] if default is not None else np.empty(0, dtype.to_numpy())
        yield Feature(name, dtype, shape, default)
    for keys, types in (("sparse_keys", "sparse_types"), ("ragged_keys", "ragged_value_types")):
        for name, dtype in zip(
            inputs.keys(keys, attributes), _types(attributes.get(types)), strict=False
        ):
            yield Feature(name, dtype, None, np.empty(0, dtype.to_numpy()))


class _Inputs:
    """The constants that a node takes, by the names of its inputs."""

    def __init__(self, analysis: GraphAnalysis, graph: Graph, node: int) -> None:
        self._analysis = analysis
        self._graph = graph
        names = input_names(analysis, graph, node)
        self._sources = {
            names[feed.slot]: feed.source
            for feed in analysis.links(graph).feeds(node)
            if feed.slot < len(names)
        }

    def keys(self, name: str, attributes: Mapping[str, AttributeValue]) -> list[str]:
        """Keys: an attribute, one input that holds all, or an input for each."""
        stored = attributes.get(name)
        if isinstance(stored, tuple):
            return [key for key in stored if isinstance(key, str)]
        if name in self._sources:
            return self._strings(self._sources[name])
        found: list[str] = []
        while len(found) < MOST_FEATURES and f"{name}[{len(found)}]" in self._sources:
            texts = self._strings(self._sources[f"{name}[{len(found)}]"])
            if len(texts) != 1:
                return []
            found += texts
        return found

    def default(self, number: int) -> np.ndarray | None:
        """The first values of a dense feature's default; None if it has none."""
        source = self._sources.get(f"dense_defaults[{number}]")
        values = None if source is None else self._constant(source, MOST_DEFAULTS)
        return values if values is not None and values.size else None

    def _strings(self, source: int) -> list[str]:
        values = self._constant(source, MOST_FEATURES)
        if values is None or values.dtype.kind != "O":
            return []
        return [value.decode("utf-8", "surrogateescape") for value in values]

    def _constant(self, node: int, most: int) -> np.ndarray | None:
        """The first elements of a constant, row-major; None of anything else."""
        analysis, graph = self._analysis, self._graph
        for _ in range(_MOST_STEPS):
            feeds = analysis.links(graph).feeds(node)
            if analysis.op(graph, node) not in _SAME_ORDER or not feeds:
                break
            node = feeds[0].source
        source = analysis.artifact.graphs
        if analysis.op(graph, node) != "Const" or source is None:
            return None
        value = source.read_node(graph, node).attributes.get("value")
        if not isinstance(value, Tensor) or not value.dtype.numpy_name:
            return None
        if not value.size:
            return np.empty(0, value.dtype.to_numpy())
        region = next(split_region(tuple(slice(0, size, 1) for size in value.shape), most))
        return value.read(region).reshape(-1)


def _types(value: AttributeValue) -> list[DType]:
    return [one for one in value if isinstance(one, DType)] if isinstance(value, tuple) else []


def _shapes(value: AttributeValue) -> list[Shape]:
    if not isinstance(value, tuple):
        return []
    return [one.sizes for one in value if isinstance(one, ShapeValue)]
