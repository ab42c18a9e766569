"""Features of examples that a signature parses, from the nodes that parse them.

Ops and their inputs: tensorflow/core/ops/parsing_ops.cc. An input of a signature is followed from
its placeholder, through calls, to the nodes that parse it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from tensorboard_plugin_modelinspect.formats.saved_model_file import read_saved_model
from tensorboard_plugin_modelinspect.model.dtype import dtype_of
from tensorboard_plugin_modelinspect.model.feature import Feature
from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.sources.base import Folder

_PASSING = frozenset({"Identity", "Reshape", "ExpandDims", "Squeeze", "StopGradient", "Snapshot"})
_MOST_FEATURES = 10_000
_MOST_STEPS = 100_000


def read_features(
    folder: Folder, tags: Iterable[str], signature: Signature
) -> dict[str, tuple[Feature, ...]]:
    """The features that are parsed of each input; inputs that are not parsed are left out.

    Args:
        folder: Of the SavedModel.
        tags: Of the MetaGraph.
        signature: Of that MetaGraph.

    Raises:
        FormatError: The SavedModel is damaged.

    Cost: parses the protobuf; goes through the nodes that the inputs reach.
    """
    for meta_graph in read_saved_model(folder).meta_graphs:
        if set(meta_graph.meta_info_def.tags) == set(tags):
            tracer = _Tracer(meta_graph.graph_def)
            found = {
                spec.key: tuple(tracer.iter_features(_node_of(spec.name)))
                for spec in signature.inputs
                if spec.encoding == "dense" and spec.dtype.name == "string"
            }
            return {key: features for key, features in found.items() if features}
    return {}


class _Tracer:
    """Follows tensors forward."""

    def __init__(self, graph_def: Any) -> None:
        self._functions = {item.signature.name: item for item in graph_def.library.function}
        self._nodes = {"": list(graph_def.node)}
        self._consumers: dict[str, dict[str, list[tuple[Any, int]]]] = {}

    def iter_features(self, start: str) -> Iterator[Feature]:
        """The features of all nodes that parse what a node of the main graph gives, by name."""
        found: dict[str, Feature] = {}
        seen, pending = {("", start)}, [("", start)]
        while pending and len(seen) < _MOST_STEPS:
            graph, name = pending.pop()
            for node, place in self._consumers_of(graph).get(name, ()):
                if node.op in _PARSERS and place == 0:
                    for feature in _PARSERS[node.op](self, graph, node):
                        found.setdefault(feature.name, feature)
                following = [(graph, node.name)] if node.op in _PASSING and place == 0 else []
                following += self._arguments(node, place)
                pending += [step for step in following if step not in seen]
                seen.update(following)
        yield from list(found.values())[:_MOST_FEATURES]

    def strings(self, graph: str, tensor: str) -> list[str]:
        """Elements of a constant of strings; none if it is none."""
        name = _node_of(tensor)
        for _ in range(_MOST_FEATURES):
            node = next((node for node in self._nodes_of(graph) if node.name == name), None)
            if node is None or node.op != "Identity":
                break
            name = _node_of(node.input[0])
        if node is None or node.op != "Const":
            return []
        return [text.decode("utf-8", "replace") for text in node.attr["value"].tensor.string_val]

    def _arguments(self, node: Any, place: int) -> list[tuple[str, str]]:
        """What an input of a node is called in the function that the node calls."""
        name = node.attr["f"].func.name if "f" in node.attr else node.op
        function = self._functions.get(name)
        if function is None or place >= len(function.signature.input_arg):
            return []
        return [(name, function.signature.input_arg[place].name)]

    def _nodes_of(self, graph: str) -> list[Any]:
        if graph not in self._nodes:
            self._nodes[graph] = list(self._functions[graph].node_def)
        return self._nodes[graph]

    def _consumers_of(self, graph: str) -> dict[str, list[tuple[Any, int]]]:
        if graph not in self._consumers:
            consumers: dict[str, list[tuple[Any, int]]] = {}
            for node in self._nodes_of(graph):
                for place, tensor in enumerate(node.input):
                    if not tensor.startswith("^"):
                        consumers.setdefault(_node_of(tensor), []).append((node, place))
            self._consumers[graph] = consumers
        return self._consumers[graph]


def _parse_example(tracer: _Tracer, graph: str, node: Any) -> list[Feature]:
    """`ParseExample`: an input for each key."""
    sparse, dense = node.attr["Nsparse"].i, node.attr["Ndense"].i
    if not 0 <= sparse + dense <= len(node.input):
        return []
    keys = [
        key for name in node.input[2 : 2 + sparse + dense] for key in tracer.strings(graph, name)
    ]
    return _features(node, keys[:sparse], keys[sparse:])


def _parse_example_v2(tracer: _Tracer, graph: str, node: Any) -> list[Feature]:
    """`ParseExampleV2`: an input for all keys of a kind."""
    if len(node.input) < 5:
        return []
    sparse, dense, ragged = (tracer.strings(graph, node.input[place]) for place in (2, 3, 4))
    types = node.attr["ragged_value_types"].list.type
    found = [
        Feature(key, dtype_of(number), None) for key, number in zip(ragged, types, strict=False)
    ]
    return found + _features(node, sparse, dense)


def _parse_single(tracer: _Tracer, graph: str, node: Any) -> list[Feature]:
    """`ParseSingleExample`: keys are attributes."""
    sparse, dense = (
        [text.decode("utf-8", "replace") for text in node.attr[name].list.s]
        for name in ("sparse_keys", "dense_keys")
    )
    return _features(node, sparse, dense)


_PARSERS = {
    "ParseExample": _parse_example,
    "ParseExampleV2": _parse_example_v2,
    "ParseSingleExample": _parse_single,
}


def _features(node: Any, sparse: list[str], dense: list[str]) -> list[Feature]:
    found = [
        Feature(key, dtype_of(number), None)
        for key, number in zip(sparse, node.attr["sparse_types"].list.type, strict=False)
    ]
    shapes = node.attr["dense_shapes"].list.shape
    for key, number, shape in zip(dense, node.attr["Tdense"].list.type, shapes, strict=False):
        sizes = [dim.size for dim in shape.dim]
        # An unknown size is the first: any number of rows.
        known = math.prod(size for size in sizes if size >= 0)
        found.append(Feature(key, dtype_of(number), known))
    return found


def _node_of(tensor: str) -> str:
    """The node, or the argument, that gives a tensor: `a:0`, or `a:output:0` in a function."""
    return tensor.split(":", 1)[0]
