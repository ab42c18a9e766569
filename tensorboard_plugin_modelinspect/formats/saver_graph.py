"""What a `Saver` of TF1 stores under which key, read from the graph that saves.

tensorflow/python/training/saver.py and tensorflow/core/protobuf/{saver, meta_graph}.proto. A key is
what the save op's list of names says, which is the variable's name unless the `Saver` was given a
map, or the variable is partitioned: then all its slices are stored under its full name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.codecs.protos import parse_message, variable_class
from tensorboard_plugin_modelinspect.formats.naming import KeyNaming, Naming
from tensorboard_plugin_modelinspect.model.dtype import DType

_FIRST_TENSOR = {"SaveV2": 3, "SaveSlices": 3, "Save": 2}
"""Save ops (tensorflow/core/ops/io_ops.cc) and their first input that is saved. Input 1 is the list
of names and, where there are slices, input 2 that of shapes and slices."""
_VARIABLES = frozenset({"VarHandleOp", "VariableV2", "Variable", "AutoReloadVariable"})
_COLLECTIONS = ("variables", "trainable_variables")
_PASSED_ON = frozenset({"Identity", "ReadVariableOp"})
"""Between a variable and the op that saves it."""


class SavedVariable(NamedTuple):
    """One input of a save op.

    Attributes:
        key: In the checkpoint.
        node: The variable's node, None if what is saved is no variable.
        shape: Of the full tensor where only a slice of it is saved, else None.
    """

    key: str
    node: Any | None
    shape: tuple[int, ...] | None


class GraphNames(NamedTuple):
    """What graphs call the tensors of their checkpoint.

    Attributes:
        variables: Name of the variable by key, where the two differ.
        trainable: Names of those that are trained; None if no graph lists its variables.
    """

    variables: Mapping[str, str]
    trainable: frozenset[str] | None

    def naming(self, keys: Collection[str]) -> Callable[[str, DType], Naming]:
        """Name and role of each of a checkpoint's tensors, by key and type."""
        names = self.variables
        if not names:
            # The method, for a hundred thousand calls: an object is looked up for it each time.
            return KeyNaming(keys, self.trainable).__call__
        by_name = KeyNaming({names.get(key, key) for key in keys}, self.trainable)
        return lambda key, dtype: by_name(names.get(key, key), dtype)


NO_GRAPH = GraphNames({}, None)
"""For checkpoints without a graph: names are the keys, and roles are told by them."""


def read_graph_names(
    meta_graphs: Iterable[Any], path: str, keys: Iterable[str] | None = None
) -> GraphNames:
    """Names and trainability of what some `MetaGraphDef`s of the file `path` save.

    Args:
        meta_graphs: The graphs.
        path: Their file, for errors.
        keys: Of the checkpoint, if known: the nodes are looked at only if one of them is not the
            name of a variable. Two names that a `Saver` swapped are missed then.

    Raises:
        FormatError: A collection entry is damaged.

    Cost: one pass over the variables; over the nodes 1 µs each.
    """
    variables: dict[str, str] = {}
    trainable: set[str] = set()
    has_collection = False
    for graph in meta_graphs:
        names: dict[str, str] = {}
        for collection in _COLLECTIONS:
            has_collection = has_collection or collection in graph.collection_def
            for proto in _variables(graph, collection, path):
                name = names[_node_of(proto)] = _name_of(proto)
                if collection == "trainable_variables":
                    trainable.add(name)
        if keys is None or not set(keys) <= set(names.values()):
            variables.update(_renamed(graph, names))
    return GraphNames(variables, frozenset(trainable) if has_collection else None)


def _renamed(graph: Any, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Key and name of variables that are saved under another name; `names` is by node."""
    if graph.HasField("object_graph_def"):
        return  # TF2: names come from the object graph
    for saved in iter_saved(graph):
        if saved.node is not None:
            name = names.get(saved.node.name, saved.node.name)
            if name != saved.key:
                yield saved.key, name


def iter_variables(graph: Any, path: str) -> Iterator[SavedVariable]:
    """The variables of a `MetaGraphDef`, as a `Saver` that is given no map would save them."""
    nodes = {node.name: node for node in graph.graph_def.node}
    for proto in _variables(graph, _COLLECTIONS[0], path):
        shape = tuple(proto.save_slice_info_def.full_shape) or None
        yield SavedVariable(_name_of(proto), nodes.get(_node_of(proto)), shape)


def _variables(graph: Any, collection: str, path: str) -> Iterator[Any]:
    """The `VariableDef`s of a collection."""
    if collection in graph.collection_def:
        for value in graph.collection_def[collection].bytes_list.value:
            yield parse_message(variable_class(), value, path=path, field="a variable")


def _node_of(proto: Any) -> str:
    return str(proto.variable_name.removesuffix(":0"))


def _name_of(proto: Any) -> str:
    """Name of a variable; all slices have that of the whole."""
    return str(proto.save_slice_info_def.full_name or _node_of(proto))


def iter_saved(graph: Any) -> Iterator[SavedVariable]:
    """What the `Saver` of a `MetaGraphDef` saves, in its order; a slice of a variable at a time.

    Other savers of the same graph are left out: only what the one that wrote the file runs counts.
    """
    start = graph.saver_def.save_tensor_name
    if not start:
        return
    nodes = {node.name: node for node in graph.graph_def.node}
    waiting, seen = [_node_name(start)], set()
    while waiting:
        name = waiting.pop()
        node = nodes.get(name)
        if node is None or name in seen:
            continue
        seen.add(name)
        if node.op in _FIRST_TENSOR:
            yield from _inputs_of(node, nodes)
        else:
            waiting += [_node_name(one) for one in reversed(node.input)]


def _inputs_of(save: Any, nodes: Mapping[str, Any]) -> Iterator[SavedVariable]:
    inputs = [one for one in save.input if not one.startswith("^")]
    first = _FIRST_TENSOR[save.op]
    tensors = inputs[first:]
    if not tensors:
        return
    keys = _strings(nodes.get(_node_name(inputs[1])), len(tensors))
    slices = _strings(nodes.get(_node_name(inputs[2])), len(tensors)) if first > 2 else []
    for number, (key, tensor) in enumerate(zip(keys, tensors, strict=False)):
        shape = _full_shape(slices[number]) if number < len(slices) else None
        yield SavedVariable(key, _variable(tensor, nodes), shape)


def _strings(node: Any | None, count: int) -> list[str]:
    """Strings of a constant; equal ones at its end may be stored once."""
    values = list(node.attr["value"].tensor.string_val) if node is not None else []
    values += values[-1:] * (count - len(values))
    return [value.decode("utf-8", "surrogateescape") for value in values]


def _full_shape(text: str) -> tuple[int, ...] | None:
    """Shape in `10 6 0,4:-`; None in an empty text, which means the whole tensor.

    `ParseShapeAndSlice` in tensorflow/core/util/saved_tensor_slice_util.cc.
    """
    try:
        sizes = tuple(int(size) for size in text.split(" ")[:-1])
    except ValueError:
        return None
    return sizes or None


def _variable(tensor: str, nodes: Mapping[str, Any]) -> Any | None:
    """The variable whose value a tensor is; None if it is something else, such as a table."""
    seen: set[str] = set()
    node = nodes.get(_node_name(tensor))
    while node is not None and node.op in _PASSED_ON and node.input and node.name not in seen:
        seen.add(node.name)
        node = nodes.get(_node_name(node.input[0]))
    return node if node is not None and node.op in _VARIABLES else None


def _node_name(tensor: str) -> str:
    """The node of an input: `w` of `w:0`, `^w` and `w`."""
    return tensor.removeprefix("^").partition(":")[0]
