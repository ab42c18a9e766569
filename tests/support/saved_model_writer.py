"""Writes tiny SavedModels without TensorFlow, for tests that need a defect or a size of their own.

    model = SavedModelWriter(tags=("serve",))
    model.add_signature("serving_default", inputs={"x": (1, (None, 4))}, outputs={"y": (1, ())})
    model.add_variable("w", np.zeros((2, 3), np.float32))
    files = model.files()                  # saved_model.pb, variables/variables.index, ...

`proto` is the `SavedModel` message itself, for all that the methods do not do.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format

from tensorboard_plugin_modelinspect.codecs.protos import (
    message_class,
    trackable_object_graph_class,
)
from tests.support.bundle_writer import BundleWriter

Spec = tuple[int, Sequence[int | None] | None]
"""`DataType` number, and sizes with None for an unknown one, or None for an unknown rank."""


class SavedModelWriter:
    """A SavedModel as TensorFlow 2 writes it: one MetaGraph, an object graph, a bundle.

    Args:
        tags: Of the MetaGraph.
    """

    def __init__(self, tags: Sequence[str] = ("serve",)) -> None:
        self.proto = message_class("SavedModel")(saved_model_schema_version=1)
        self.graph = self.proto.meta_graphs.add()
        self.graph.meta_info_def.tags.extend(tags)
        self.graph.meta_info_def.tensorflow_version = "2.21.0"
        self.graph.graph_def.versions.producer = 2000
        self.objects = self.graph.object_graph_def
        self.root = self.objects.nodes.add()
        self.root.user_object.identifier = "_generic_user_object"
        self.trackable = trackable_object_graph_class()()
        self.trackable.nodes.add()
        self.bundle = BundleWriter()

    def add_signature(
        self, key: str, *, inputs: Mapping[str, Spec], outputs: Mapping[str, Spec]
    ) -> None:
        """Add a signature of dense tensors, and the function it calls."""
        signature = self.graph.signature_def[key]
        signature.method_name = "tensorflow/serving/predict"
        for name, spec in inputs.items():
            _fill(signature.inputs[name], f"{key}_{name}:0", spec)
            self.graph.graph_def.node.add(name=f"{key}_{name}", op="Placeholder")
        for name, spec in outputs.items():
            _fill(signature.outputs[name], f"{key}:0", spec)
        self.graph.graph_def.node.add(name=key, op="StatefulPartitionedCall")
        function = self.graph.graph_def.library.function.add()
        function.signature.name = f"__inference_{key}"
        function.node_def.add(name="Identity", op="Identity")

    def add_function(self, name: str, *traces: str) -> None:
        """Add a function of the root, and what it was traced for by name: one float tensor."""
        node = self.objects.nodes.add()
        self.root.children.add(node_id=len(self.objects.nodes) - 1, local_name=name)
        node.function.concrete_functions.extend(traces)
        for trace in traces:
            if trace not in self.objects.concrete_functions:
                arguments, keywords = self.signature_of(trace), self.signature_of(trace)
                arguments.tuple_value.values.add().tensor_spec_value.dtype = 1
                keywords.dict_value.SetInParent()

    def signature_of(self, trace: str) -> Any:
        """A new part of the `StructuredValue` that is the signature of a trace."""
        stored = self.objects.concrete_functions[trace]
        return stored.canonicalized_input_signature.tuple_value.values.add()

    def add_variable(self, name: str, value: np.ndarray, *, is_trainable: bool = True) -> None:
        """Add a variable as a child of the root; its name must need no escape."""
        number = len(self.objects.nodes)
        self.root.children.add(node_id=number, local_name=name)
        self.trackable.nodes[0].children.add(node_id=number, local_name=name)
        node = self.objects.nodes.add()
        node.variable.name = name
        node.variable.dtype = 1
        node.variable.trainable = is_trainable
        for size in value.shape:
            node.variable.shape.dim.add(size=size)
        key = f"{name}/.ATTRIBUTES/VARIABLE_VALUE"
        self.trackable.nodes.add().attributes.add(
            name="VARIABLE_VALUE", full_name=name, checkpoint_key=key
        )
        self.bundle.add(key, value)

    def add_asset(self, file_name: str, tensor_name: str) -> None:
        """Add an asset's definition; its file is the caller's."""
        asset = self.graph.asset_file_def.add(filename=file_name)
        asset.tensor_info.name = tensor_name
        node = self.objects.nodes.add()
        node.asset.asset_file_def_index = len(self.graph.asset_file_def) - 1

    def files(self, *, is_text: bool = False) -> dict[str, bytes]:
        """All files by name; `is_text` gives a `saved_model.pbtxt`."""
        bundle = copy.deepcopy(self.bundle)
        bundle.add_object_graph(self.trackable.SerializeToString(deterministic=True))
        files = bundle.files("variables/variables")
        if is_text:
            files["saved_model.pbtxt"] = text_format.MessageToString(self.proto).encode()
        else:
            files["saved_model.pb"] = self.proto.SerializeToString(deterministic=True)
        return files

    def write(self, folder: str | os.PathLike[str], *, is_text: bool = False) -> str:
        """Write all files into a folder, made if missing; returns its path."""
        for name, data in self.files(is_text=is_text).items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return os.fspath(folder)


def _fill(info: Any, name: str, spec: Spec) -> None:
    """Fill a `TensorInfo`."""
    number, shape = spec
    info.name = name
    info.dtype = number
    if shape is None:
        info.tensor_shape.unknown_rank = True
        return
    for size in shape:
        info.tensor_shape.dim.add(size=-1 if size is None else size)
