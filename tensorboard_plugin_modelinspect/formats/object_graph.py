"""Object graphs: who held which variable, hence its readable name and role.

tensorflow/core/protobuf/trackable_object_graph.proto (in every object-based checkpoint) and
saved_object_graph.proto (in a SavedModel; node i of one is node i of the other).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.naming import (
    OBJECT_GRAPH_KEY,
    Naming,
    is_state_name,
    is_trainable_dtype,
    path_of_key,
)
from tensorboard_plugin_modelinspect.model.collector import paused_collector
from tensorboard_plugin_modelinspect.model.dtype import DType, dtype_of
from tensorboard_plugin_modelinspect.model.objects import (
    Attribute,
    ObjectNode,
    SlotVariable,
    Trackable,
)
from tensorboard_plugin_modelinspect.model.tensor import Role

_TRAINABLE_LISTS = frozenset({"trainable_variables", "_trainable_variables"})
_STATE_LISTS = frozenset({"non_trainable_variables", "_non_trainable_variables"})
_STEPS = frozenset({"_iterations", "iter"})
_RATES = frozenset({"learning_rate", "_learning_rate"})
_COUNTERS = frozenset({"save_counter", "global_step"})
_MOST_KEYS = 16
"""Tensors that one attribute saves: a table has two, an iterator one."""
_METRIC_STATE = frozenset({"total", "count"})
_TELLING = _TRAINABLE_LISTS | _STATE_LISTS | _METRIC_STATE
_LONGEST_NAME = 4096
"""Of a variable in the names of its slots, which would multiply a name of megabytes."""


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
        self._edges = _Edges(self._nodes, path)
        check_saved_nodes(self._saved, max(len(self._nodes), len(self._saved)), path)
        self._listed: dict[int, bool | None] = {}
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
        slot = self._edges.slots.get(number)
        if slot is not None and not attribute.full_name:
            name = f"{self._name_of(slot.original_variable_node_id)}/{slot.slot_name}"
        return name, self._role(number, key)

    def _name_of(self, number: int) -> str:
        for attribute in self._nodes[number].attributes:
            name = attribute.full_name or path_of_key(attribute.checkpoint_key)
            return str(name)[:_LONGEST_NAME]
        return "?"

    def _role(self, number: int, key: str) -> Role:
        if number in self._edges.counters:
            return "counter"
        if number in self._edges.slots or number not in self._of_model:
            return "optimizer"
        return "weight" if self._is_trainable(number, key) else "state"

    def _is_trainable(self, number: int, key: str) -> bool:
        """As the SavedModel states it, else as the lists it stands in say, else by its name."""
        if number < len(self._saved) and self._saved[number].WhichOneof("kind") == "variable":
            return bool(self._saved[number].variable.trainable)
        if number not in self._listed:
            self._listed[number] = self._is_listed_trainable(number)
        listed = self._listed[number]
        if listed is not None:
            return listed
        return is_trainable_dtype(self._dtypes[key]) and not is_state_name(path_of_key(key))

    def _is_listed_trainable(self, number: int) -> bool | None:
        """What the lists that hold a variable are called says, None if nothing."""
        nothing: set[str] = set()
        lists: set[str] = set()
        held_as = self._edges.held_as
        for parent in set(self._edges.parents[number]):
            lists |= held_as.get(parent, nothing)
        if lists & _TRAINABLE_LISTS:
            return True
        if lists & _STATE_LISTS or held_as.get(number, nothing) & _METRIC_STATE:
            return False
        return None

    def _keys_of(self, checkpoint_key: str) -> Sequence[str]:
        """Keys of an attribute: its own, or those it is a prefix of (tables, iterators)."""
        if checkpoint_key in self._dtypes:
            return (checkpoint_key,)
        if self._sorted_keys is None:
            self._sorted_keys = sorted(self._dtypes)
        first = bisect_left(self._sorted_keys, checkpoint_key)
        following = self._sorted_keys[first : first + _MOST_KEYS if checkpoint_key else first]
        return [key for key in following if key.startswith(checkpoint_key)]

    def _find_model_nodes(self) -> set[int]:
        """Nodes reached without passing through an optimizer, and the weights optimizers list."""
        edges = self._edges
        # The root is walked even if it is an optimizer: nothing else could be reached.
        seen = {0} if self._nodes else set()
        for number, names in edges.held_as.items():
            if names & _TRAINABLE_LISTS and not edges.optimizers.isdisjoint(edges.parents[number]):
                seen.add(number)
        queue = deque(seen)
        while queue:
            for number in edges.children[queue.popleft()]:
                if number not in seen and number not in edges.optimizers:
                    seen.add(number)
                    queue.append(number)
        return seen

    def tree(self) -> Sequence[ObjectNode]:
        """The nodes as the model's `ObjectNode`s, made when asked for."""
        return _LazyNodes(self._nodes, self._saved, self._keys_of)

    def trackables(self) -> Sequence[Trackable]:
        """The nodes as a restore sees them, made when asked for."""
        return _LazyTrackables(self._nodes, self._saved, self._keys_of)


class _Edges:
    """What one pass over the nodes tells; every later question is answered without them.

    Attributes:
        children: Node ids each node holds.
        parents: Node ids that hold each node.
        held_as: Telling names a node is held under, for nodes that have any.
        optimizers: Nodes that are optimizers: by slots, by their variables, or by what they are
            called.
        slots: Slot variables by their node.
        counters: Variables that count steps.
    """

    def __init__(self, nodes: Any, path: str) -> None:
        self.children: list[list[int]] = []
        self.parents: list[list[int]] = [[] for _ in nodes]
        self.held_as: dict[int, set[str]] = {}
        self.optimizers: set[int] = set()
        self.slots: dict[int, Any] = {}
        self.counters: set[int] = set()
        self._path = path
        with paused_collector():
            for number, node in enumerate(nodes):
                self._add(number, node)

    def _add(self, number: int, node: Any) -> None:
        edges = [(child.node_id, child.local_name) for child in node.children]
        ids = [child for child, _ in edges]
        slots = node.slot_variables
        self._check(number, ids, slots)
        self.children.append(ids)
        for child, name in edges:
            self.parents[child].append(number)
            if name in _TELLING:
                self.held_as.setdefault(child, set()).add(name)
            elif name.endswith("optimizer") and name.removesuffix("optimizer")[-1:] in ("", "_"):
                self.optimizers.add(child)
            elif number == 0 and name in _COUNTERS:
                self.counters.add(child)
        names = {name for _, name in edges}
        if slots or (names & _STEPS and names & _RATES):
            self.optimizers.add(number)
        for slot in slots:
            self.slots[slot.slot_variable_node_id] = slot

    def _check(self, number: int, ids: list[int], slots: Any) -> None:
        of_slots = [slot.original_variable_node_id for slot in slots]
        of_slots += [slot.slot_variable_node_id for slot in slots]
        check_ids(number, ids + of_slots, len(self.parents), self._path)


def check_ids(number: int, ids: Iterable[int], count: int, path: str) -> None:
    """Raise a FormatError if a node refers to one that is none of `count` nodes."""
    for node_id in ids:
        if not 0 <= node_id < count:
            raise FormatError(
                path=path,
                field=f"object graph node {number}",
                expected=f"nodes below {count}",
                found=f"node {node_id}",
            )


def check_saved_nodes(nodes: Any, count: int, path: str) -> None:
    """Raise a FormatError if a child in a SavedModel's graph is none of `count` nodes."""
    for number, node in enumerate(nodes):
        check_ids(number, (child.node_id for child in node.children), count, path)


class _LazyTrackables(Sequence[Trackable]):
    """Nodes of the checkpoint's graph alone; the SavedModel's tells which shapes are not fixed."""

    def __init__(self, nodes: Any, saved: Any, keys_of: Callable[[str], Sequence[str]]) -> None:
        self._nodes = nodes
        self._saved = saved
        self._keys_of = keys_of

    def __len__(self) -> int:
        return len(self._nodes)

    @overload
    def __getitem__(self, number: int) -> Trackable: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[Trackable]: ...

    def __getitem__(self, number: int | slice) -> Trackable | Sequence[Trackable]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(number)
        node = self._nodes[number]
        return Trackable(
            tuple((child.local_name, child.node_id) for child in node.children),
            tuple(
                Attribute(
                    one.name,
                    one.checkpoint_key,
                    tuple(self._keys_of(one.checkpoint_key)),
                    one.full_name,
                )
                for one in node.attributes
            ),
            tuple(
                SlotVariable(
                    one.slot_name, one.original_variable_node_id, one.slot_variable_node_id
                )
                for one in node.slot_variables
            ),
            node.registered_saver.name,
            _free_axes(self._saved[number]) if number < len(self._saved) else (),
        )


def _free_axes(node: Any) -> tuple[int, ...] | None:
    """Axes of a variable of a `SavedObject` whose sizes may change; None for any shape at all."""
    if node.WhichOneof("kind") != "variable":
        return ()
    shape = node.variable.shape
    if shape.unknown_rank:
        return None
    return tuple(axis for axis, dim in enumerate(shape.dim) if dim.size < 0)


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
    check_saved_nodes(saved.nodes, len(saved.nodes), path)
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
