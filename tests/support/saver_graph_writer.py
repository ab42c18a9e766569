"""Writes graphs of TF1 with a `Saver`, as `.meta` files hold them, without TensorFlow.

graph = graph_of(("key in the checkpoint", "w"))
add_variable(graph, "w")
meta = graph.SerializeToString()
"""

from __future__ import annotations

from typing import Any

from tensorboard_plugin_modelinspect.codecs.protos import meta_graph_class, variable_class


def graph_of(*saved: tuple[str, str], op: str = "SaveV2", slices: tuple[str, ...] = ()) -> Any:
    """A graph whose `Saver` stores `(key, input)` pairs; other nodes are the caller's."""
    graph = meta_graph_class()()
    graph.saver_def.save_tensor_name = "save/done:0"
    add_node(graph, "save/done", "Identity", "prefix", "^save/op")
    constants = ["save/names", "save/slices"][: 1 if op == "Save" else 2]
    add_node(graph, "save/op", op, "prefix", *constants, *(tensor for _, tensor in saved), "^w")
    add_strings(graph, "save/names", *(key for key, _ in saved))
    add_strings(graph, "save/slices", *slices or [""] * len(saved))
    return graph


def add_node(graph: Any, name: str, op: str, *inputs: str) -> Any:
    """Add a node; returns it."""
    return graph.graph_def.node.add(name=name, op=op, input=inputs)


def add_strings(graph: Any, name: str, *values: str) -> None:
    """Add a constant of strings."""
    node = add_node(graph, name, "Const")
    node.attr["value"].tensor.string_val.extend(value.encode() for value in values)


def add_variable(
    graph: Any, name: str, *, full_name: str = "", is_trainable: bool = True, op: str = "VariableV2"
) -> None:
    """A variable's node and its entries in the collections."""
    add_node(graph, name, op)
    proto = variable_class()(variable_name=f"{name}:0")
    if full_name:
        proto.save_slice_info_def.full_name = full_name
        proto.save_slice_info_def.full_shape.extend((4, 6))
    for collection in ("variables", "trainable_variables")[: 1 + is_trainable]:
        graph.collection_def[collection].bytes_list.value.append(proto.SerializeToString())
