"""Object graphs: who held which variable, hence its readable name and role.

tensorflow/core/protobuf/trackable_object_graph.proto (in every object-based checkpoint) and
saved_object_graph.proto (in a SavedModel; node i of one is node i of the other).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, overload

from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.naming import (
    OBJECT_GRAPH_KEY,
    Naming,
    is_state_name,
    is_trainable_dtype,
    path_of_key,
)
from tensorboard_plugin_modelinspect.model.dtype import DType, dtype_of
from tensorboard_plugin_modelinspect.model.objects import ObjectNode
from tensorboard_plugin_modelinspect.model.tensor import Role

_TRAINABLE_LISTS = frozenset({"trainable_variables", "_trainable_variables"})
_STATE_LISTS = frozenset({"non_trainable_variables", "_non_trainable_variables"})
_COUNTERS = frozenset({"save_counter", "global_step"})
_MOST_KEYS = 16
"""Tensors that one attribute saves: a table has two, an iterator one."""
_METRIC_STATE = frozenset({"total", "count"})


class ObjectGraph:
    """The object graph of a checkpoint, with that of its SavedModel if there is one.

    Args:
        proto: `TrackableObjectGraph`.
        dtypes: Type of every key of the checkpoint, in sorted order.
        path: File, for errors.
        saved: `SavedObjectGraph` of the same model, or None.

    Raises:
        FormatError: A node id that is out of range.

    Cost: one pass over nodes and edges.
    """

    def __init__(
        self, proto: Any, dtypes: Mapping[str, DType], path: str, saved: Any | None = None
    ) -> None:
        self._nodes = proto.nodes
        self._dtypes = dtypes
        self._sorted_keys: list[str] | None = None
        self._saved = saved.nodes if saved is not None else ()
        check_node_ids(self._nodes, path)
        self._parents = _parents(self._nodes)
        self._optimizers = self._find_optimizers()
        self._slots = {
            slot.slot_variable_node_id: slot for node in self._nodes for slot in node.slot_variables
        }
        self._of_model = self._find_model_nodes()

    def namings(self) -> dict[str, Naming]:
        """Name and role of every key the graph speaks of."""
        namings: dict[str, Naming] = {OBJECT_GRAPH_KEY: (OBJECT_GRAPH_KEY, "metadata")}
        for number, node in enumerate(self._nodes):
            for attribute in node.attributes:
                for key in self._keys_of(attribute.checkpoint_key):
                    namings[key] = self._naming(number, attribute, key)
        return namings

    def _naming(self, number: int, attribute: Any, key: str) -> Naming:
        if attribute.name != "VARIABLE_VALUE":
            is_table = key.endswith(("-keys", "-values"))
            return path_of_key(key), "table" if is_table else "metadata"
        name = attribute.full_name or path_of_key(key)
        slot = self._slots.get(number)
        if slot is not None and not attribute.full_name:
            name = f"{self._name_of(slot.original_variable_node_id)}/{slot.slot_name}"
        return name, self._role(number, key)

    def _name_of(self, number: int) -> str:
        if 0 <= number < len(self._nodes):
            for attribute in self._nodes[number].attributes:
                return attribute.full_name or path_of_key(attribute.checkpoint_key)
        return "?"

    def _role(self, number: int, key: str) -> Role:
        edges = self._parents[number]
        if any(parent == 0 and name in _COUNTERS for parent, name in edges):
            return "counter"
        if number in self._slots or number not in self._of_model:
            return "optimizer"
        return "weight" if self._is_trainable(number, key, edges) else "state"

    def _is_trainable(self, number: int, key: str, edges: Sequence[tuple[int, str]]) -> bool:
        """As the SavedModel states it, else as the lists it stands in say, else by its name."""
        if number < len(self._saved) and self._saved[number].WhichOneof("kind") == "variable":
            return bool(self._saved[number].variable.trainable)
        lists = {name for parent, _ in edges for _, name in self._parents[parent]}
        if lists & _TRAINABLE_LISTS:
            return True
        if lists & _STATE_LISTS or any(name in _METRIC_STATE for _, name in edges):
            return False
        return is_trainable_dtype(self._dtypes[key]) and not is_state_name(path_of_key(key))

    def _keys_of(self, checkpoint_key: str) -> Sequence[str]:
        """Keys of an attribute: its own, or those it is a prefix of (tables, iterators)."""
        if checkpoint_key in self._dtypes:
            return (checkpoint_key,)
        if self._sorted_keys is None:
            self._sorted_keys = sorted(self._dtypes)
        first = bisect_left(self._sorted_keys, checkpoint_key)
        following = self._sorted_keys[first : first + _MOST_KEYS if checkpoint_key else first]
        return [key for key in following if key.startswith(checkpoint_key)]

    def _find_optimizers(self) -> set[int]:
        """Nodes that are optimizers: by slots, by their variables, or by what they are called."""
        found = set()
        for number, node in enumerate(self._nodes):
            names = {child.local_name for child in node.children}
            has_step = "_iterations" in names or "iter" in names
            if node.slot_variables or (has_step and names & {"learning_rate", "_learning_rate"}):
                found.add(number)
            for child in node.children:
                if child.local_name == "optimizer" or child.local_name.endswith("_optimizer"):
                    found.add(child.node_id)
        # A bare optimizer may itself be the root; then nothing else could be reached.
        found.discard(0)
        return found

    def _find_model_nodes(self) -> set[int]:
        """Nodes reached without passing through an optimizer, and the weights optimizers list."""
        queue = deque([0]) if self._nodes else deque()
        for optimizer in self._optimizers:
            for child in self._nodes[optimizer].children:
                if child.local_name in _TRAINABLE_LISTS:
                    queue.append(child.node_id)
        seen = set(queue)
        while queue:
            for child in self._nodes[queue.popleft()].children:
                number = child.node_id
                if number not in seen and number not in self._optimizers:
                    seen.add(number)
                    queue.append(number)
        return seen

    def tree(self) -> Sequence[ObjectNode]:
        """The nodes as the model's `ObjectNode`s, made when asked for."""
        return _LazyNodes(self._nodes, self._saved, self._keys_of)


def check_node_ids(nodes: Any, path: str) -> None:
    """Raise a FormatError if a child or slot of a node is out of range."""
    count = len(nodes)
    for number, node in enumerate(nodes):
        for child in node.children:
            if not 0 <= child.node_id < count:
                raise FormatError(
                    path=path,
                    field=f"object graph node {number}",
                    expected=f"children below {count}",
                    found=f"child {child.node_id}",
                )


def _parents(nodes: Any) -> list[list[tuple[int, str]]]:
    """Incoming edges of each node: `(parent, local name)`."""
    parents: list[list[tuple[int, str]]] = [[] for _ in nodes]
    for number, node in enumerate(nodes):
        for child in node.children:
            parents[child.node_id].append((number, child.local_name))
    return parents


class _LazyNodes(Sequence[ObjectNode]):
    """Nodes of the two graphs, joined by number; the SavedModel's may have more at the end."""

    def __init__(self, trackable: Any, saved: Any, keys_of: Any) -> None:
        self._trackable = trackable
        self._saved = saved
        self._keys_of = keys_of

    def __len__(self) -> int:
        return max(len(self._trackable), len(self._saved))

    @overload
    def __getitem__(self, number: int) -> ObjectNode: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[ObjectNode]: ...

    def __getitem__(self, number: int | slice) -> ObjectNode | Sequence[ObjectNode]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(number)
        trackable = self._trackable[number] if number < len(self._trackable) else None
        keys: list[str] = []
        for attribute in trackable.attributes if trackable is not None else ():
            keys.extend(self._keys_of(attribute.checkpoint_key))
        if number < len(self._saved):
            saved = self._saved[number]
            kind, label, detail = describe_saved_object(saved)
            children = saved.children
        else:
            kind, label, detail = ("variable" if keys else "object"), "", ""
            children = self._trackable[number].children
        edges = tuple((child.local_name, child.node_id) for child in children)
        return ObjectNode(kind, label, edges, tuple(keys), detail)


def saved_tree(saved: Any, path: str) -> Sequence[ObjectNode]:
    """The tree of a SavedModel whose checkpoint has no object graph or is missing."""
    check_node_ids(saved.nodes, path)
    return _LazyNodes((), saved.nodes, lambda _: ())


def describe_saved_object(node: Any) -> tuple[str, str, str]:
    """Kind, label and one short fact of a `SavedObject`."""
    kind = node.WhichOneof("kind") or "object"
    if kind == "user_object":
        return kind, node.user_object.identifier.lstrip("_"), ""
    if kind == "variable":
        variable = node.variable
        shape = ", ".join(str(dim.size) for dim in variable.shape.dim)
        trainable = "" if variable.trainable else ", not trainable"
        return kind, variable.name, f"{dtype_of(variable.dtype).name} ({shape}){trainable}"
    if kind == "function":
        return kind, "", f"{len(node.function.concrete_functions)} concrete functions"
    if kind == "bare_concrete_function":
        return kind, node.bare_concrete_function.concrete_function_name, ""
    if kind == "constant":
        return kind, node.constant.operation, ""
    if kind == "captured_tensor":
        return kind, node.captured_tensor.name, ""
    if kind == "asset":
        return kind, "", f"asset {node.asset.asset_file_def_index}"
    return kind, "", ""
