"""What a MetaGraph says of its graph: who saves, who initialises, which objects functions capture.

tensorflow/core/protobuf/{meta_graph, saver, saved_object_graph}.proto,
tensorflow/python/saved_model/{save, load, constants}.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorboard_plugin_modelinspect.codecs.protos import parse_message, variable_class
from tensorboard_plugin_modelinspect.model.graph import EntryPoints, Saver

_VARIABLES = (
    "variables",
    "trainable_variables",
    "local_variables",
    "model_variables",
    "metric_variables",
)
_INITIALISERS = (
    "saved_model_main_op",
    "legacy_init_op",
    "table_initializer",
    "init_op",
    "local_init_op",
    "ready_op",
    "ready_for_local_init_op",
    "serving_init_op",
)
"""Collections of TF1 whose nodes initialise, or tell what is not initialised yet."""
_INIT_SIGNATURE = "__saved_model_init_op"
_RESOURCE_METHODS = frozenset({"_create_resource", "_initialize", "_destroy_resource"})
"""Functions of tables and other resources, which loading calls (load.py)."""


def describe_entries(meta: Any, path: str) -> EntryPoints:
    """What a `MetaGraphDef` says beside its graph, which may be left out.

    Raises:
        FormatError: An entry of a collection is damaged.
    """
    saver = meta.saver_def
    has_saver = bool(saver.save_tensor_name or saver.restore_op_name)
    plumbing, called = _functions_of_objects(meta.object_graph_def)
    names = (saver.filename_tensor_name, saver.save_tensor_name, saver.restore_op_name)
    return EntryPoints(
        saver=Saver(*map(node_of, names)) if has_saver else None,
        initialisers=tuple(dict.fromkeys(_initialisers(meta, path))),
        captures={
            name: tuple(function.bound_inputs)
            for name, function in meta.object_graph_def.concrete_functions.items()
        },
        plumbing=frozenset(plumbing),
        called=tuple(called),
    )


def _initialisers(meta: Any, path: str) -> Iterator[str]:
    for output in meta.signature_def[_INIT_SIGNATURE].outputs.values():
        yield node_of(output.name)
    for collection in _INITIALISERS:
        if collection in meta.collection_def:
            yield from map(node_of, meta.collection_def[collection].node_list.value)
    for collection in _VARIABLES:
        if collection in meta.collection_def:
            for value in meta.collection_def[collection].bytes_list.value:
                variable = parse_message(variable_class(), value, path=path, field="a variable")
                yield node_of(variable.initializer_name)


def _functions_of_objects(graph: Any) -> tuple[set[str], list[str]]:
    """Concrete functions that saving and loading call, and all others, in stored order."""
    of_plumbing: set[int] = set()
    for node in graph.nodes:
        for saveable in node.saveable_objects.values():
            of_plumbing.update((saveable.save_function, saveable.restore_function))
        for child in node.children:
            if child.local_name in _RESOURCE_METHODS:
                of_plumbing.add(child.node_id)
    plumbing: set[str] = set()
    called: dict[str, None] = {}
    for number, node in enumerate(graph.nodes):
        names = list(node.function.concrete_functions)
        if node.bare_concrete_function.concrete_function_name:
            names.append(node.bare_concrete_function.concrete_function_name)
        if number in of_plumbing:
            plumbing.update(names)
        else:
            called.update(dict.fromkeys(names))
    return plumbing, list(called)


def node_of(tensor: str) -> str:
    """The node of a tensor or control input: `w` of `w:0` and `^w`."""
    return tensor.removeprefix("^").partition(":")[0]
