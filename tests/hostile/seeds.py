"""Small undamaged artifacts that use every feature, to be damaged."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from google.protobuf import text_format

from tensorboard_plugin_modelinspect.codecs.protos import (
    asset_class,
    graph_class,
    message_class,
    trackable_object_graph_class,
    variable_class,
)
from tensorboard_plugin_modelinspect.describing import describe_model
from tests.describing import live
from tests.support.bundle_writer import BundleWriter
from tests.support.saved_model_writer import SavedModelWriter
from tests.support.saver_graph_writer import add_node, add_variable, graph_of
from tests.support.table_writer import snappy
from tests.support.v1_writer import V1Writer

Files = dict[str, bytes]


def bundle_writer() -> BundleWriter:
    """Two shards, several blocks, strings, slices, small types, an object graph, a counter."""
    writer = BundleWriter(shard_count=2, block_size=200)
    writer.add("a/.ATTRIBUTES/VARIABLE_VALUE", np.arange(6, dtype=np.float32).reshape(2, 3))
    writer.add("flags", np.array([True, False, True]), shard=1)
    writer.add("nibbles", np.array([-8, 7, 0], ml_dtypes.int4))
    writer.add("complex", np.array(1 + 2j, np.complex64))
    writer.add("save_counter/.ATTRIBUTES/VARIABLE_VALUE", np.array(3, np.int64))
    writer.add_strings("words", [b"", b"abc", b"\0\xff"], shard=1)
    table = np.arange(20, dtype=np.int16).reshape(4, 5)
    writer.add_slices("parts", table, [((0, 2), (0, 5)), ((2, 4), (0, 5))], shards=(0, 1))
    writer.add_object_graph(object_graph())
    return writer


def description() -> Files:
    """A live model with objects, an optimizer with a slot, and values."""
    with tempfile.TemporaryDirectory() as folder:
        path = describe_model(live.model(), values=True).save(f"{folder}/m")
        names = (path, f"{path}.values")
        return {Path(name).name: Path(name).read_bytes() for name in names}


def object_graph() -> bytes:
    """A model, an optimizer with a slot, a counter, a shared variable, a cycle."""
    proto = trackable_object_graph_class()()
    for _ in range(6):
        proto.nodes.add()
    for parent, name, child in (
        (0, "model", 1), (0, "optimizer", 2), (0, "save_counter", 3), (1, "a", 4),
        (2, "_trainable_variables", 4), (1, "self", 1), (1, "again", 4), (2, "iter", 3),
    ):  # fmt: skip
        proto.nodes[parent].children.add(node_id=child, local_name=name)
    for number, key in ((4, "a"), (3, "save_counter")):
        proto.nodes[number].attributes.add(
            name="VARIABLE_VALUE",
            full_name=key,
            checkpoint_key=f"{key}/.ATTRIBUTES/VARIABLE_VALUE",
        )
    proto.nodes[5].attributes.add(name="table", checkpoint_key="wor")
    proto.nodes[2].slot_variables.add(
        original_variable_node_id=4, slot_name="m", slot_variable_node_id=5
    )
    return bytes(proto.SerializeToString(deterministic=True))


def checkpoint() -> Files:
    """A checkpoint of the newest kind, with its state file."""
    state = b'model_checkpoint_path: "ckpt-3"\nall_model_checkpoint_paths: "ckpt-3"\n'
    state += b"all_model_checkpoint_timestamps: 1.7e9\n"
    return {**bundle_writer().files("ckpt-3"), "checkpoint": state}


def compressed() -> Files:
    """A big-endian checkpoint by names, its index compressed."""
    writer = BundleWriter(is_big_endian=True, compress=snappy)
    for name in ("w", "w/Adam", "w/Adam_1", "global_step"):
        writer.add(name, np.arange(4, dtype=np.int32))
    writer.add_strings("words", [b"one", b"two"], shape=(1, 2))
    return writer.files("model.ckpt-12")


def model_writer() -> SavedModelWriter:
    """A model of TF2 with a signature, an asset, variables and a fingerprint's worth of graph."""
    writer = SavedModelWriter()
    writer.add_signature("serving_default", inputs={"x": (1, (None, 4))}, outputs={"y": (7, None)})
    writer.add_variable("w", np.ones((2, 3), np.float32))
    writer.add_variable("moving", np.ones(2, np.float32), is_trainable=False)
    writer.add_asset("vocab.txt", "asset:0")
    sparse = writer.graph.signature_def["serving_default"].inputs["s"].coo_sparse
    sparse.values_tensor_name = "v:0"
    composite = writer.graph.signature_def["serving_default"].inputs["c"].composite_tensor
    composite.components.add(name="part:0")
    node = writer.objects.nodes.add()
    node.bare_concrete_function.concrete_function_name = "__inference_serving_default"
    writer.root.children.add(node_id=len(writer.objects.nodes) - 1, local_name="f")
    for node in writer.graph.graph_def.node:  # as TensorFlow would import them
        if node.op == "Placeholder":
            node.attr["dtype"].type = 1
        else:
            node.attr["f"].func.name = "__inference_serving_default"
            for types in ("Tin", "Tout"):
                node.attr[types].list.SetInParent()
    return writer


def fingerprint() -> bytes:
    """A `fingerprint.pb`."""
    proto = message_class("FingerprintDef")(
        saved_model_checksum=1 << 63, graph_def_program_hash=2, checkpoint_hash=5, uuid="123"
    )
    return bytes(proto.SerializeToString())


def model() -> Files:
    """A SavedModel of TF2."""
    return {**model_writer().files(), "fingerprint.pb": fingerprint(), "assets/vocab.txt": b"a\n"}


def text_model() -> Files:
    """One as text, smaller: text takes ten times as long to parse."""
    writer = SavedModelWriter()
    signature = writer.graph.signature_def["s"]
    signature.inputs["x"].dtype = 1
    signature.inputs["x"].tensor_shape.dim.add(size=-1)
    signature.outputs["y"].name = "y:0"
    writer.graph.meta_info_def.ClearField("tensorflow_version")
    node = writer.objects.nodes.add()
    node.constant.operation = "c"
    writer.root.children.add(node_id=1, local_name="c")
    files = writer.files(is_text=True)
    return {**files, "saved_model.pbtxt": b" ".join(files["saved_model.pbtxt"].split())}


def old_model() -> Files:
    """A SavedModel of TF1: collections, assets in one, variables by name."""
    writer = SavedModelWriter(tags=("serve", "gpu"))
    graph = writer.graph
    graph.ClearField("object_graph_def")
    variable = variable_class()(variable_name="w:0", initializer_name="w/Assign")
    for name in ("variables", "trainable_variables"):
        graph.collection_def[name].bytes_list.value.append(variable.SerializeToString())
    asset = asset_class()(filename="a.txt")
    asset.tensor_info.name = "a:0"
    graph.collection_def["saved_model_assets"].any_list.value.add().Pack(asset)
    graph.collection_def["init"].node_list.value.append("init")
    graph.saver_def.restore_op_name = "restore"
    writer.bundle.add("w", np.arange(4, dtype=np.float32))
    writer.bundle.add("w/Momentum", np.arange(4, dtype=np.float32))
    files = writer.bundle.files("variables/variables")
    return {**files, "saved_model.pb": writer.proto.SerializeToString(deterministic=True)}


def saver_graph() -> Any:
    """A graph of TF1 with a Saver that renames, a partitioned variable, and a SessionBundle's
    signature and asset."""
    slices = ("", "4 5 0,2:-", "4 5 2,2:-")
    graph = graph_of(("x", "read"), ("parts", "p0"), ("parts", "p1"), slices=slices)
    graph.meta_info_def.tensorflow_version = "1.15.0"
    add_node(graph, "read", "ReadVariableOp", "w")
    add_variable(graph, "w", op="VarHandleOp")
    add_variable(graph, "p0", full_name="parts")
    add_variable(graph, "p1", full_name="parts", is_trainable=False)
    for node in graph.graph_def.node:
        if node.op in ("VarHandleOp", "VariableV2"):
            node.attr["dtype"].type = 1
            node.attr["shape"].shape.dim.add(size=3)
    op = graph.meta_info_def.stripped_op_list.op.add(name="VarHandleOp")
    op.output_arg.add(name="resource", type_attr="dtype")
    signatures = message_class("Signatures")()
    signatures.default_signature.regression_signature.input.tensor_name = "w:0"
    named = signatures.named_signatures.add(key="g").value.generic_signature
    named.map.add(key="y").value.tensor_name = "read:0"
    asset = message_class("AssetFile")(filename="a.txt")
    for name, message in (("serving_signatures", signatures), ("serving_assets", asset)):
        packed = graph.collection_def[name].any_list.value.add()
        packed.value = message.SerializeToString()
    return graph


def v1_checkpoint() -> Files:
    """Shards of format V1 with every kind of values, slices, a counter and a graph."""
    writer = V1Writer(shard_count=2, block_size=150)
    writer.add("x", np.arange(3, dtype=np.float32))
    writer.add("flags", np.array([True, False]), shard=1)
    writer.add("half", np.array([0.5, np.nan], np.float16))
    writer.add("complex", np.array(1 + 2j), shard=1)
    writer.add("words", np.array([b"", b"abc"], object))
    writer.add("global_step", np.array(-7), shard=1)
    table = np.arange(20, dtype=np.float32).reshape(4, 5)
    writer.add_slices("parts", table, [((0, 2), (0, 5)), ((2, 4), (0, 5))], shards=(0, 1))
    files = writer.files("export")
    return {**files, "export.meta": saver_graph().SerializeToString(deterministic=True)}


def v1_compressed() -> Files:
    """A single file of format V1 in Snappy blocks, beside a state file."""
    writer = V1Writer(compress=snappy)
    writer.add("ids", np.arange(-5, 40, dtype=np.int16).reshape(5, 9))
    writer.add("bytes", np.zeros((3, 0), np.uint8))
    return {**writer.files("model.ckpt-9"), "checkpoint": b'model_checkpoint_path: "model.ckpt-9"'}


def lone_graph() -> Files:
    """A `.meta` without its checkpoint."""
    return {"model.meta": saver_graph().SerializeToString(deterministic=True)}


def frozen() -> Any:
    """A graph with constants of every form, a batch normalisation and a function with one."""
    graph = graph_class()()
    graph.versions.producer, graph.versions.min_consumer = 1882, 12
    function = graph.library.function.add()
    function.signature.name = "f"
    constants = (
        ("raw", 1, (2, 3), {"tensor_content": np.arange(6, dtype=np.float32).tobytes()}),
        ("packed", 1, (2,), {"float_val": [1.0, 2.0]}),
        ("repeated", 9, (4, 5), {"int64_val": [-1, 7]}),
        ("zeros", 2, (3,), {}),
        ("half", 19, (2,), {"half_val": [15360, 0]}),
        ("complex", 8, (), {"scomplex_val": [1.0, -1.0]}),
        ("words", 7, (2,), {"string_val": [b"a", b"\xff"]}),
        ("raw_words", 7, (2,), {"tensor_content": b"\1\2abc"}),
    )
    for name, number, shape, values in constants:
        nodes = function.node_def if name == "zeros" else graph.node
        node = nodes.add(name=name, op="Const")
        node.attr["dtype"].type = number
        tensor = node.attr["value"].tensor
        tensor.dtype = number
        tensor.tensor_shape.SetInParent()
        for size in shape:
            tensor.tensor_shape.dim.add(size=size)
        for field, value in values.items():
            if isinstance(value, bytes):
                setattr(tensor, field, value)
            else:
                getattr(tensor, field).extend(value)
    graph.node.add(name="x", op="Placeholder").attr["dtype"].type = 1
    graph.node.add(name="read", op="Identity", input=["packed"]).attr["T"].type = 1
    norm = graph.node.add(name="norm", op="FusedBatchNormV3", input=["x"] + ["read"] * 4)
    norm.attr["T"].type = norm.attr["U"].type = 1
    call = graph.node.add(name="call", op="PartitionedCall")
    call.attr["f"].func.name = "f"
    for types in ("Tin", "Tout"):
        call.attr[types].list.SetInParent()
    return graph


def graph() -> Files:
    """A frozen graph."""
    return {"frozen_graph.pb": frozen().SerializeToString(deterministic=True)}


def text_graph() -> Files:
    """The same as text."""
    text = text_format.MessageToString(frozen()).encode()
    return {"graph.pbtxt": b" ".join(text.split())}


SEEDS: dict[str, Callable[[], Files]] = {
    seed.__name__: cache(seed)
    for seed in (
        checkpoint,
        compressed,
        model,
        text_model,
        old_model,
        v1_checkpoint,
        v1_compressed,
        lone_graph,
        graph,
        text_graph,
    )
}
