"""The layers of a Keras model as a graph, from its config. Nothing is executed.

keras/src/models/functional.py: a layer has an entry in `inbound_nodes` for each time it is called;
Keras 3 writes `{"args", "kwargs"}` with tensors in them, Keras 1 and 2 lists of `[layer, call,
output, kwargs]`. keras/src/models/sequential.py: each layer takes what the one before gives.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.graphs.names import NameTree
from tensorboard_plugin_modelinspect.formats.keras.config import (
    LayerConfig,
    is_object,
    parse_config,
)
from tensorboard_plugin_modelinspect.formats.keras.layer_graphs import CONFIGS
from tensorboard_plugin_modelinspect.formats.keras.metadata import KERAS_METADATA
from tensorboard_plugin_modelinspect.model.artifact import Document
from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType
from tensorboard_plugin_modelinspect.model.graph import (
    AttributeValue,
    ControlEdges,
    Edges,
    Graph,
    Graphs,
    Kind,
    ShapeValue,
)
from tensorboard_plugin_modelinspect.model.signature import Shape

LAYERS = "keras:layers"
"""Id of the graph of layers; no function of TensorFlow has a colon in its name."""
_DEEPEST = 20
"""Models within each other."""
_MOST_LAYERS = 100_000
"""Of one model; a model that is called again and again counts each time."""
_LONGEST_TEXT = 10_000
_DTYPES = {dtype.name: dtype for dtype in DTYPES.values()}


class Tensor(NamedTuple):
    """What a layer takes: output number `port` of a layer's call."""

    layer: str
    call: int
    port: int


class _Place(NamedTuple):
    """An output of a node of the graph."""

    node: int
    port: int


class _Layer(NamedTuple):
    """A node of the graph: a call of a layer."""

    name: str
    op: str
    attributes: dict[str, AttributeValue]


def add_layers(graphs: Graphs, documents: Sequence[Document]) -> Graphs:
    """Graphs with that of a model's layers, if its documents tell of them.

    A config that is none of Keras', or damaged, adds nothing but a note.
    """
    try:
        model = _find_model(documents)
        if model is None:
            return graphs
        builder = _Builder()
        builder.add_model(model)
        graph = builder.finish(len(graphs.kinds))
    except FormatError as error:
        return replace(graphs, notes=(*graphs.notes, error.message))
    kinds = [*graphs.kinds, *builder.kinds()]
    devices = graphs.devices or [""]
    return replace(graphs, kinds=kinds, devices=devices, layers=(graph,))


def _find_model(documents: Sequence[Document]) -> LayerConfig | None:
    for document in documents:
        if document.name not in (*CONFIGS, KERAS_METADATA):
            continue
        if document.name == KERAS_METADATA:
            return _model_of_metadata(document.text)
        config = LayerConfig(parse_config(document.text, path=document.name, field="config"))
        return config if _has_layers(config) else None
    return None


def _model_of_metadata(text: str) -> LayerConfig | None:
    """The first object of the metadata that is a model with a list of layers: the root's."""
    try:
        nodes = json.loads(text)
    except (ValueError, RecursionError):
        return None
    for node in nodes if isinstance(nodes, list) else ():
        metadata = node.get("metadata") if isinstance(node, dict) else None
        if is_object(metadata) and _has_layers(LayerConfig(metadata)):
            return LayerConfig(metadata)
    return None


def _has_layers(config: LayerConfig) -> bool:
    return bool(config.listed("layers"))


class _Builder:
    """Lays out a model, and models inside it, as nodes and edges."""

    def __init__(self) -> None:
        self._layers: list[_Layer] = []
        self._edges: list[tuple[int, int, int, int]] = []
        self._outputs: list[int] = []
        self._shapes: dict[_Place, tuple[Shape, str]] = {}

    def add_model(self, config: LayerConfig) -> None:
        """Add the model itself.

        Raises:
            FormatError: Too many layers, or models too deep within each other.
        """
        places = self._add(config, "", (), 0)
        self._outputs = list(dict.fromkeys(place.node for place in places))

    def _add(
        self, config: LayerConfig, scope: str, given: Sequence[_Place], depth: int
    ) -> list[_Place]:
        """Add a model that is given something; returns what it gives."""
        if depth > _DEEPEST:
            raise _too_much(f"models {_DEEPEST} deep")
        says = any("inbound_nodes" in layer.data for layer in config.listed("layers"))
        if says and config.data.get("class_name") != "Sequential":
            return _Functional(self, config, scope, depth).add(given)
        return self._add_sequence(config, scope, given, depth)

    def _add_sequence(
        self, config: LayerConfig, scope: str, given: Sequence[_Place], depth: int
    ) -> list[_Place]:
        places = list(given)
        for layer in config.listed("layers"):
            self.note_input_shape(layer, places)
            places = self.add_call(layer, scope, _name_of(layer), places, depth)
        return places

    def note_input_shape(self, layer: LayerConfig, places: Sequence[_Place]) -> None:
        """What a layer was built for is the shape of what it takes, if that is one tensor."""
        built = layer.data.get("build_config")
        shape = _parse_shape(built.get("input_shape")) if isinstance(built, dict) else None
        if shape is not None and len(places) == 1:
            self._shapes.setdefault(places[0], (shape, ""))

    def note_shape(self, place: _Place, shape: Shape, dtype: str) -> None:
        """What the file says of a tensor."""
        self._shapes.setdefault(place, (shape, dtype))

    def add_call(
        self, layer: LayerConfig, scope: str, name: str, given: Sequence[_Place], depth: int
    ) -> list[_Place]:
        """Add a call of a layer, or of a model with all that is in it."""
        path = f"{scope}/{name}" if scope else name
        if _has_layers(layer) and not layer.listed("cells"):
            return self._add(layer, path, given, depth + 1)
        node = len(self._layers)
        if node >= _MOST_LAYERS:
            raise _too_much(f"{_MOST_LAYERS:,} layers")
        op = layer.data.get("class_name")
        self._layers.append(_Layer(path, str(op), _attributes(layer)))
        self._edges += [(place.node, place.port, node, slot) for slot, place in enumerate(given)]
        return [_Place(node, 0)]

    def kinds(self) -> list[Kind]:
        """The kind of each node: no two layers share one."""
        outputs: dict[int, dict[int, tuple[Shape, str]]] = {}
        for place, told in self._shapes.items():
            outputs.setdefault(place.node, {})[place.port] = told
        return [
            Kind(layer.op, {**layer.attributes, **_types(layer, outputs.get(node, {}))})
            for node, layer in enumerate(self._layers)
        ]

    def finish(self, first_kind: int) -> Graph:
        """The graph; its kinds follow the others of the artifact."""
        import numpy as np

        names = NameTree()
        entries = names.add(layer.name.encode("utf-8", "surrogateescape") for layer in self._layers)
        rows = np.array(sorted(self._edges, key=lambda edge: edge[2:]), np.int32).reshape(-1, 4)
        count = len(self._layers)
        nothing: np.ndarray = np.empty(0, np.int32)
        return Graph(
            id=LAYERS,
            kind="layers",
            tags=(),
            names=names.finish(),
            nodes=np.array(array("i", entries), np.int32),
            kinds=np.arange(first_kind, first_kind + count, dtype=np.int32),
            devices=np.zeros(count, np.int32),
            edges=Edges(*rows.T),
            control=ControlEdges(nothing, nothing),
            effects=tuple(self._outputs),
        )


class _Functional:
    """A model whose layers say what they take: they may stand in any order."""

    def __init__(self, builder: _Builder, config: LayerConfig, scope: str, depth: int) -> None:
        self._builder = builder
        self._config = config
        self._scope = scope
        self._depth = depth
        self._layers = {_name_of(layer): layer for layer in config.listed("layers")}
        self._given: dict[tuple[str, int], list[_Place]] = {}
        self._first_call: dict[str, int] = {}

    def add(self, given: Sequence[_Place]) -> list[_Place]:
        """Add all calls; returns what the model gives."""
        inputs = [tensor.layer for tensor in _find_tensors(self._config.options, "input_layers")]
        own = dict(zip(inputs, given, strict=False))
        calls = [
            (name, call, list(_tensors_in(inbound)))
            for name, layer in self._layers.items()
            for call, inbound in enumerate(_inbound(layer))
        ]
        outputs = _find_tensors(self._config.options, "output_layers")
        self._find_first_calls(calls, outputs)
        waiting = calls
        while waiting:
            late = [one for one in waiting if not self._add_call(*one, own)]
            if len(late) == len(waiting):  # in a circle, or fed by what is not there
                for name, call, _ in late:
                    self._add_call(name, call, [], own)
                break
            waiting = late
        return [place for tensor in outputs for place in self._place(tensor)]

    def _find_first_calls(
        self, calls: list[tuple[str, int, list[tuple[Tensor, Shape, str]]]], outputs: list[Tensor]
    ) -> None:
        """See which layers count their calls from 1: Keras 2 does for models, which made call 0."""
        named = [tensor for _, _, tensors in calls for tensor, _, _ in tensors]
        for tensor in (*named, *outputs):
            layer = self._layers.get(tensor.layer)
            if layer is not None and tensor.call >= len(_inbound(layer)):
                self._first_call[tensor.layer] = 1

    def _add_call(
        self, name: str, call: int, tensors: list[tuple[Tensor, Shape, str]], own: dict[str, _Place]
    ) -> bool:
        """Add a call if all that it takes is there; whether it was."""
        places = [self._place(tensor) for tensor, _, _ in tensors]
        if any(not place for place in places):
            return False
        for (_, shape, dtype), (place, *_) in zip(tensors, places, strict=True):
            if shape is not None or dtype:
                self._builder.note_shape(place, shape, dtype)
        taken = [place for found in places for place in found]
        if name in own and not taken:
            taken = [own[name]]
        shown = f"{name}:{call}" if call else name
        layer = self._layers[name]
        self._given[name, call] = self._builder.add_call(
            layer, self._scope, shown, taken, self._depth
        )
        return True

    def _place(self, tensor: Tensor) -> list[_Place]:
        """Where a tensor comes from; nothing if that is not known yet."""
        call = tensor.call - self._first_call.get(tensor.layer, 0)
        given = self._given.get((tensor.layer, call), [])
        if not given:
            return []
        if len(given) > 1:  # of a model with several outputs
            return given[tensor.port : tensor.port + 1]
        return [_Place(given[0].node, given[0].port + tensor.port)]


def _too_much(what: str) -> FormatError:
    return FormatError(path="Keras config", expected=f"at most {what}", found="more")


def _name_of(layer: LayerConfig) -> str:
    """Name of a layer; its class where it has none."""
    name = layer.name or layer.data.get("name")
    return name if isinstance(name, str) and name else str(layer.data.get("class_name"))


def _inbound(layer: LayerConfig) -> list[Any]:
    """An entry for each call; one for a layer that takes nothing."""
    inbound = layer.data.get("inbound_nodes")
    return inbound if isinstance(inbound, list) and inbound else [[]]


def _find_tensors(options: Mapping[str, Any], name: str) -> list[Tensor]:
    return [tensor for tensor, _, _ in _tensors_in(options.get(name))]


def _tensors_in(value: Any) -> Iterator[tuple[Tensor, Shape, str]]:
    """The tensors in an entry of `inbound_nodes`, with shape and type where those are told."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            tensor = _keras_tensor(one)
            if tensor is not None:
                yield tensor
                continue
            waiting += reversed(list(one.values()))
        elif isinstance(one, list):
            history = _history(one)
            if history is not None:
                yield history, None, ""
                one = one[3:]  # arguments, which may be tensors, too
            waiting += reversed(one)


def _keras_tensor(value: Mapping[str, Any]) -> tuple[Tensor, Shape, str] | None:
    config = value.get("config")
    if value.get("class_name") != "__keras_tensor__" or not isinstance(config, dict):
        return None
    history = _history(config.get("keras_history"))
    dtype = config.get("dtype")
    text = dtype if isinstance(dtype, str) else ""
    return None if history is None else (history, _parse_shape(config.get("shape")), text)


def _history(value: Any) -> Tensor | None:
    """`[layer, call, output, …]`."""
    if not isinstance(value, list) or len(value) < 3 or not isinstance(value[0], str):
        return None
    call, port = value[1], value[2]
    if type(call) is not int or type(port) is not int or not 0 <= port < _MOST_LAYERS:
        return None
    return Tensor(value[0], call, port)


def _parse_shape(value: Any) -> Shape:
    if not isinstance(value, list) or not all(type(one) in (int, type(None)) for one in value):
        return None
    return tuple(value)


def _attributes(layer: LayerConfig) -> dict[str, AttributeValue]:
    """The options of a layer, and the module of its class; objects in them as JSON."""
    attributes: dict[str, AttributeValue] = {}
    for name, value in layer.options.items():
        if name not in ("layers", "inbound_nodes"):
            attributes[name] = _attribute(value)
    module = layer.data.get("module")
    if isinstance(module, str):
        attributes["module"] = module
    return attributes


def _attribute(value: Any) -> AttributeValue:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def _types(layer: _Layer, told: Mapping[int, tuple[Shape, str]]) -> dict[str, AttributeValue]:
    """Attributes that tell what a layer gives, as nodes of TensorFlow have them."""
    shape = _parse_given_shape(layer)
    told = {0: (shape, ""), **told} if shape is not None else told
    if not told:
        return {}
    last = min(max(told), _MOST_LAYERS)
    rows = [told.get(port, (None, "")) for port in range(last + 1)]
    own = _dtype(layer)
    dtypes = [_DTYPES.get(dtype, own) for _, dtype in rows]
    types: dict[str, AttributeValue] = {
        "_output_shapes": tuple(ShapeValue(sizes) for sizes, _ in rows)
    }
    known = [dtype for dtype in dtypes if dtype is not None]
    if len(known) == len(dtypes):
        types["Tout"] = tuple(known)
    return types


def _parse_given_shape(layer: _Layer) -> Shape:
    """The shape that an input layer gives."""
    for name in ("batch_shape", "batch_input_shape"):
        text = layer.attributes.get(name)
        if layer.op == "InputLayer" and isinstance(text, str) and text.startswith("["):
            return _parse_shape(json.loads(text)) if len(text) < _LONGEST_TEXT else None
    return None


def _dtype(layer: _Layer) -> DType | None:
    """The type a layer computes in, as its option or its policy has it."""
    text = layer.attributes.get("dtype")
    if not isinstance(text, str):
        return None
    if text.startswith("{"):
        try:
            text = json.loads(text).get("config", {}).get("name", "")
        except (ValueError, AttributeError):
            return None
    return _DTYPES.get(str(text).removeprefix("mixed_"))
