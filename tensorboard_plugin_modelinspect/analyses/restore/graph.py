"""The object graph of one side of a restore: paths of its objects, and which tensors they save."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.objects import Attribute, Trackable
from tensorboard_plugin_modelinspect.model.tensor import Tensor

VARIABLE_VALUE = "VARIABLE_VALUE"
OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
COUNTER = "save_counter"
_NOT_RESTORED = "OBJECT_CONFIG_JSON"
"""Saved beside Keras 2 layers, and never read again (`NoRestoreSaveable` of
tensorflow/python/trackable/base.py)."""
_MARK = "/.ATTRIBUTES/"
_LONGEST_PATH = 300
"""Characters of a path: real ones have 150. A chain of 100,000 objects has as many of them."""


class Graph:
    """Objects by number; 0 is the root.

    Args:
        tensors: Of an artifact.
        nodes: Its objects; none if it has no object graph.

    Attributes:
        slots: By optimizer, its slot variables by slot and variable.
        of_slot: By slot variable, its optimizer, slot and variable.

    Cost: a pass over objects and edges; paths when they are first asked for.
    """

    def __init__(self, tensors: Mapping[str, Tensor], nodes: Sequence[Trackable]) -> None:
        self.tensors = tensors
        self.nodes = nodes
        self._held: dict[int, dict[str, int]] = {}
        self._attributes = [_restored(node.attributes) for node in nodes]
        self.slots: dict[int, dict[tuple[str, int], int]] = {}
        self.of_slot: dict[int, tuple[int, str, int]] = {}
        for number, node in enumerate(self.nodes):
            for slot in node.slots:
                self.slots.setdefault(number, {})[slot.name, slot.original] = slot.slot
                self.of_slot[slot.slot] = number, slot.name, slot.original

    def held(self, number: int) -> Mapping[str, int]:
        """What an object holds, by name. Cost: kept, for thousands may ask for the same."""
        held = self._held.get(number)
        if held is None:
            held = self._held[number] = dict(self.nodes[number].children)
        return held

    def child(self, number: int, name: str) -> int | None:
        """The object that another one holds under a name; None if there is none."""
        return self.held(number).get(name)

    def find(self, path: str) -> int | None:
        """The object at a path whose parts are joined by dots; None if there is none."""
        number: int | None = 0 if self.nodes else None
        for name in path.split(".") if path else ():
            number = None if number is None else self.child(number, name)
        return number

    def attributes(self, number: int) -> Sequence[Attribute]:
        """What an object saves by itself and gets back."""
        return self._attributes[number]

    @cached_property
    def owners(self) -> dict[str, int]:
        """The object that saves each tensor."""
        return {
            key: number
            for number in range(len(self.nodes))
            for one in self._attributes[number]
            for key in one.keys
        }

    @cached_property
    def never_restored(self) -> frozenset[str]:
        """Tensors that are saved for people."""
        return frozenset(
            key
            for node in self.nodes
            for one in node.attributes
            if one.name == _NOT_RESTORED
            for key in one.keys
        )

    def walk(self, start: int = 0) -> Iterator[tuple[int, int, str]]:
        """Objects below one, nearest first: object, which one holds it, and under which name.

        tensorflow/python/trackable/trackable_utils.py, as `ObjectGraphView` goes through them;
        slot variables follow in tensorflow/python/checkpoint/util.py, `list_objects`.
        """
        seen = {start}
        waiting = deque([start])
        yield start, -1, ""
        while waiting:
            parent = waiting.popleft()
            for name, child in self.nodes[parent].children:
                if child not in seen:
                    seen.add(child)
                    waiting.append(child)
                    yield child, parent, name

    def paths_from(self, start: int, prefix: str = "") -> dict[int, str]:
        """The shortest path to each object below one, and a phrase for each slot variable."""
        paths: dict[int, str] = {}
        for number, parent, name in self.walk(start):
            paths[number] = prefix if parent < 0 else joined(paths[parent], name)
        for number, (optimizer, name, original) in self.of_slot.items():
            if optimizer in paths and original in paths:
                paths[number] = f"{name} of {paths[original]} in {paths[optimizer] or '(root)'}"
        return paths

    @cached_property
    def paths(self) -> dict[int, str]:
        """Paths from the root."""
        return self.paths_from(0)

    def path(self, number: int) -> str:
        """Path of an object from the root; its number if nothing leads to it."""
        return self.paths.get(number, f"object {number}")

    def names(self, number: int) -> list[str]:
        """What an object calls those that it holds."""
        return list(self.held(number))

    def reachable(self, start: int) -> set[int]:
        """Objects below one, and the slots of optimizers and variables that both are."""
        found = {number for number, _, _ in self.walk(start)}
        found.update(
            slot
            for slot, (optimizer, _, original) in self.of_slot.items()
            if optimizer in found and original in found
        )
        return found


def graph_of(artifact: Artifact, *, without_counter: bool = False) -> Graph:
    """The object graph of an artifact, if asked for without the counter that `save` makes.

    Cost: makes all its objects.
    """
    nodes = list(artifact.objects.trackables) if artifact.objects else []
    if without_counter and nodes:
        children = nodes[0].children
        for name, number in children:
            if name == COUNTER:
                nodes[number] = nodes[number]._replace(attributes=())
        kept = tuple(child for child in children if child[0] != COUNTER)
        nodes[0] = nodes[0]._replace(children=kept)
    return Graph(artifact.tensors, nodes)


def joined(path: str, name: str) -> str:
    """A path one step on."""
    longer = f"{path}.{name}" if path else name
    return longer if len(longer) <= _LONGEST_PATH else f"…{longer[-_LONGEST_PATH:]}"


def local_name(key: str) -> str:
    """What a tensor is called within its object: `VARIABLE_VALUE`, `table-keys`."""
    return key.rpartition(_MARK)[2]


def _restored(attributes: Sequence[Attribute]) -> Sequence[Attribute]:
    if any(one.name == _NOT_RESTORED for one in attributes):
        return [one for one in attributes if one.name != _NOT_RESTORED]
    return attributes


def values_of(attributes: Sequence[Attribute]) -> dict[str, str]:
    """Keys by `local_name`."""
    if len(attributes) == 1 and attributes[0].name == VARIABLE_VALUE:
        return dict.fromkeys((VARIABLE_VALUE,), attributes[0].keys[0]) if attributes[0].keys else {}
    return {local_name(key): key for one in attributes for key in one.keys}
