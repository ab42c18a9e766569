"""The objects that a live trackable holds, under the keys that a checkpoint of it would have.

tensorflow/python/checkpoint/{graph_view, util}.py and trackable/trackable_utils.py: nearest objects
first, keys by the shortest path, slot variables by variable and optimizer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.describing.variables import full_name_of, is_variable
from tensorboard_plugin_modelinspect.model.objects import Attribute, SlotVariable, Trackable

_MARK = "/.ATTRIBUTES/"


class Saved(NamedTuple):
    """A tensor that an object saves: its key and the live variable or tensor."""

    key: str
    value: Any


class LiveObjects:
    """All objects below one.

    Args:
        root: A `tf.Module`, `tf.train.Checkpoint`, Keras model, optimizer or any other trackable.

    Attributes:
        objects: The live ones, nearest first.
        trackables: What a checkpoint would say of them.
        saved: Tensors in the order of their objects.
        in_optimizer: Keys of tensors that an optimizer alone holds.
    """

    def __init__(self, root: Any) -> None:
        self.objects: list[Any] = []
        self.saved: list[Saved] = []
        self.in_optimizer: set[str] = set()
        self._numbers: dict[int, int] = {}
        self._paths: list[str] = []
        self._children: list[list[tuple[str, int]]] = []
        self._slots: dict[int, list[SlotVariable]] = {}
        self._walk(root)
        self._add_slots()
        self.trackables = [self._trackable(number) for number in range(len(self.objects))]
        self._find_optimizers()

    def _walk(self, root: Any) -> None:
        view = getattr(getattr(root, "_saver", None), "_graph_view", None)
        attached = getattr(view, "attached_dependencies", None) or ()
        queue = deque([self._add(getattr(view, "root", root), "")])
        while queue:
            number = queue.popleft()
            children = list(children_of(self.objects[number]))
            if number == 0:
                children += [(str(one.name), one.ref) for one in attached]
            for name, child in children:
                if id(child) not in self._numbers:
                    path = self._paths[number]
                    step = escape(name)
                    queue.append(self._add(child, f"{path}/{step}" if path else step))
                self._children[number].append((name, self._numbers[id(child)]))

    def _add(self, found: Any, path: str) -> int:
        self._numbers[id(found)] = len(self.objects)
        self.objects.append(found)
        self._paths.append(path)
        self._children.append([])
        return len(self.objects) - 1

    def _add_slots(self) -> None:
        """Slot variables of optimizers of TF1 and Keras 2, as `serialize_slot_variables` finds."""
        held = list(enumerate(self.objects))
        variables = [(number, found) for number, found in held if is_variable(found)]
        for optimizer, found in held:
            if "get_slot_names" not in dir(found):
                continue
            for name in found.get_slot_names():
                for number, variable in variables:
                    slot = _slot(found, variable, name)
                    if slot is not None and id(slot) not in self._numbers:
                        path = self._paths[number], self._paths[optimizer]
                        place = f"{path[0]}/.OPTIMIZER_SLOT/{path[1]}/{escape(name)}"
                        added = self._add(slot, place)
                        slots = self._slots.setdefault(optimizer, [])
                        slots.append(SlotVariable(name, number, added))

    def _trackable(self, number: int) -> Trackable:
        attributes = []
        for name, value in attributes_of(self.objects[number]):
            key = f"{self._paths[number]}{_MARK}{escape(name)}"
            full_name = full_name_of(value) if is_variable(value) else ""
            attributes.append(Attribute(name, key, (key,), full_name))
            self.saved.append(Saved(key, value))
        slots = tuple(self._slots.get(number, ()))
        return Trackable(tuple(self._children[number]), tuple(attributes), slots)

    def _find_optimizers(self) -> None:
        """Tensors that nothing but an optimizer leads to."""
        seen: set[int] = set()
        waiting = [0]
        while waiting:
            number = waiting.pop()
            if number not in seen and (not number or not is_optimizer(self.objects[number])):
                seen.add(number)
                waiting += [child for _, child in self._children[number]]
        trained = {
            child
            for number, found in enumerate(self.objects)
            if is_optimizer(found)
            for name, lists in self._children[number]
            if name == "_trainable_variables"
            for _, child in self._children[lists]
        }
        self.in_optimizer = {
            attribute.keys[0]
            for number, trackable in enumerate(self.trackables)
            if number not in seen | trained
            for attribute in trackable.attributes
        }


def is_optimizer(found: Any) -> bool:
    """Whether an object is an optimizer of TF1, Keras 2 or Keras 3."""
    return hasattr(found, "apply_gradients")


def is_trackable(found: Any) -> bool:
    """Whether TensorFlow tracks what an object holds."""
    return hasattr(found, "_trackable_children") or hasattr(found, "_checkpoint_dependencies")


def children_of(found: Any) -> Iterator[tuple[str, Any]]:
    """What an object holds, under its names."""
    children = getattr(found, "_trackable_children", None)
    if callable(children):
        yield from ((str(name), child) for name, child in children().items())
        return
    for one in getattr(found, "_checkpoint_dependencies", None) or ():  # before TensorFlow 2.7
        yield str(one.name), one.ref


def attributes_of(found: Any) -> Iterator[tuple[str, Any]]:
    """What an object saves by itself: a variable its value, a table its keys and values."""
    if is_variable(found):
        yield "VARIABLE_VALUE", found
        return
    if any("_serialize_to_tensors" in vars(kind) for kind in _own_classes(found)):
        try:
            tensors = found._serialize_to_tensors()
        except NotImplementedError:
            return
        yield from ((str(name), value) for name, value in tensors.items())


def _own_classes(found: Any) -> Iterator[type]:
    """Classes of an object up to the one of TensorFlow that all trackables have."""
    for kind in type(found).__mro__:
        if kind.__name__ in ("Trackable", "object"):
            return
        yield kind


def _slot(optimizer: Any, variable: Any, name: str) -> Any | None:
    try:
        return optimizer.get_slot(variable, name)
    except (AttributeError, KeyError):
        return None


def escape(name: str) -> str:
    """A local name as part of a key (`escape_local_name`)."""
    return name.replace(".", "..").replace("/", ".S")
