"""`tf.train.Checkpoint(root).restore` of an object-based checkpoint, played through on two graphs.

tensorflow/python/checkpoint/restore.py: `CheckpointPosition.restore`, `_restore_descendants`,
`_queue_children_for_restoration`, `_queue_slot_variables`; checkpoint.py for the order of it all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.restore.graph import (
    COUNTER,
    VARIABLE_VALUE,
    Graph,
    local_name,
    values_of,
)
from tensorboard_plugin_modelinspect.analyses.restore.result import Failure
from tensorboard_plugin_modelinspect.model.tensor import Tensor

LISTED = "_variables"
"""What holds the state of an optimizer of Keras 3: it makes no slots, nor does Keras 2.11."""


class Pair(NamedTuple):
    """A tensor of the target and the one its values are read from; keys."""

    target: str
    checkpoint: str


class Bound:
    """Which object of the checkpoint belongs to which of the target.

    Args:
        checkpoint: Where values come from.
        target: What is restored.
        start: The object of the checkpoint that `root` is attached to.
        root: The object of the target that the restore begins with.

    Attributes:
        objects: By object of the checkpoint, that of the target; one of those may be met twice.
        sources: By object of the target, that of the checkpoint whose values it gets: the first.
        created: Slot variables that only the checkpoint has, of an optimizer and a variable that
            the target has: the optimizer makes them, with these values.
        slots: Slot variables of the checkpoint, in the order in which they are met.

    Cost: each object and each edge of the checkpoint is looked at once.
    """

    def __init__(self, checkpoint: Graph, target: Graph, start: int = 0, root: int = 0) -> None:
        self.checkpoint, self.target = checkpoint, target
        self.start, self.root = start, root
        self.objects: dict[int, int] = {}
        self.sources: dict[int, int] = {}
        self.created: list[int] = []
        self.slots: list[int] = []
        self._waiting_slots = _slots_by_variable(checkpoint)
        self._deferred: dict[int, list[tuple[int, str, int]]] = {}
        self._queue: deque[int] = deque()
        if checkpoint.nodes and target.nodes:
            self._bind(start, root)
            while self._queue:
                number = self._queue.popleft()
                self._bind_children(number)
                self._bind_slots(number)

    def _bind(self, number: int, other: int) -> None:
        """The first object of the checkpoint that reaches one of the target gives its values."""
        self.objects[number] = other
        self.sources.setdefault(other, number)
        self._queue.append(number)

    def _bind_children(self, number: int) -> None:
        held = self.target.held(self.objects[number])
        for name, child in self.checkpoint.nodes[number].children:
            if child not in self.objects and name in held:
                self._bind(child, held[name])

    def _bind_slots(self, number: int) -> None:
        for variable, name, slot in self._deferred.pop(number, ()):
            self._bind_slot(number, variable, name, slot)
        for optimizer, name, slot in self._waiting_slots.pop(number, ()):
            if optimizer in self.objects:
                self._bind_slot(optimizer, number, name, slot)
            else:
                self._deferred.setdefault(optimizer, []).append((number, name, slot))

    def _bind_slot(self, optimizer: int, variable: int, name: str, slot: int) -> None:
        """`_create_or_restore_slot_variable` of tensorflow/python/training/optimizer.py."""
        if slot in self.objects or slot in self.created:
            return
        owned = self.target.slots.get(self.objects[optimizer], {})
        found = owned.get((name, self.objects[variable]))
        if found is None:
            if LISTED not in self.target.held(self.objects[optimizer]):
                self.created.append(slot)
            return
        self.objects[slot] = found
        self.sources.setdefault(found, slot)
        self.slots.append(slot)

    @cached_property
    def pairs(self) -> dict[int, list[Pair]]:
        """What is read into each object of the target."""
        return {number: list(self._iter_pairs(number)) for number in self.sources}

    def _iter_pairs(self, number: int) -> Iterator[Pair]:
        """By the names that its tensors have there."""
        stored = values_of(self.checkpoint.attributes(self.sources[number]))
        if not stored:
            return
        for attribute in self.target.attributes(number):
            for key in attribute.keys:
                if local_name(key) in stored:
                    yield Pair(key, stored[local_name(key)])

    def unused_attributes(self) -> list[int]:
        """Objects of the checkpoint with values that the objects bound to them have no place for.

        `gather_ops_or_named_saveables`: of those that save nothing in the target.
        """
        return [
            number
            for number, other in self.objects.items()
            if self.checkpoint.attributes(number) and not self.target.attributes(other)
        ]


def _slots_by_variable(graph: Graph) -> dict[int, list[tuple[int, str, int]]]:
    found: dict[int, list[tuple[int, str, int]]] = {}
    for slot, (optimizer, name, original) in graph.of_slot.items():
        found.setdefault(original, []).append((optimizer, name, slot))
    return found


class Played(NamedTuple):
    """What the call does with what is bound.

    Attributes:
        restored: Keys of the target that have new values when it ends.
        failure: What it ends with; None if it returns.
    """

    restored: frozenset[str]
    failure: Failure | None


def play(bound: Bound) -> Played:
    """Assign values in TensorFlow's order, up to the first error.

    Slots are restored when they are met, each by itself. All others are read by one `RestoreV2`
    (tensorflow/core/kernels/save_restore_tensor.cc), which fails before anything is assigned if a
    type differs or a key is missing, and then assigned in the order of their keys
    (`validate_and_slice_inputs` of tensorflow/python/training/saving/saveable_object_util.py).
    """
    restored: set[str] = set()
    slots = dict.fromkeys(bound.objects[slot] for slot in bound.slots)
    batches = [[number] for number in slots]
    batches.append([number for number in bound.sources if number not in slots])
    for batch in batches:
        failure = _play_batch(bound, batch, restored)
        if failure is not None:
            return Played(frozenset(restored), failure)
    return Played(frozenset(restored), None)


def _play_batch(bound: Bound, batch: list[int], restored: set[str]) -> Failure | None:
    pairs = sorted(
        (pair for number in batch for pair in bound.pairs[number]),
        key=lambda pair: pair.checkpoint,
    )
    failure = _find_missing(bound, batch)
    for pair in pairs:
        failure = failure or compare_types(*_tensors(bound, pair))
    if failure is not None:
        return failure
    for pair in pairs:
        number = bound.target.owners[pair.target]
        free = bound.target.nodes[number].free_axes
        failure = compare_shapes(*_tensors(bound, pair), free)
        if failure is not None:
            return failure
        restored.add(pair.target)
    return None


def _tensors(bound: Bound, pair: Pair) -> tuple[Tensor, Tensor]:
    return bound.target.tensors[pair.target], bound.checkpoint.tensors[pair.checkpoint]


def _find_missing(bound: Bound, batch: list[int]) -> Failure | None:
    """A tensor that an object of the target saves, and the one bound to it does not.

    `RestoreV2` is asked for it all the same if that one saves anything.
    """
    for number in batch:
        stored = values_of(bound.checkpoint.attributes(bound.sources[number]))
        for key in keys_of(bound.target, number) if stored else ():
            if local_name(key) not in stored:
                known = next(iter(stored.values()))
                wanted = known.removesuffix(local_name(known)) + local_name(key)
                return Failure("NotFoundError", f"Key {wanted} not found in checkpoint", (key,))
    return None


def compare_types(target: Tensor, checkpoint: Tensor) -> Failure | None:
    """What `RestoreV2` says of a tensor that is stored in another type."""
    if target.dtype == checkpoint.dtype:
        return None
    message = (
        f"tensor_name = {checkpoint.key}; expected dtype {target.dtype.name} does not equal"
        f" original dtype {checkpoint.dtype.name}"
    )
    return Failure("InvalidArgumentError", message, (target.key,))


def takes_shape(
    shape: tuple[int, ...], other: tuple[int, ...], free: tuple[int, ...] | None
) -> bool:
    """Whether a variable can be assigned values of another shape, if some axes are free."""
    if shape == other or free is None:
        return True
    return len(shape) == len(other) and all(
        size == new or axis in free
        for axis, (size, new) in enumerate(zip(shape, other, strict=True))
    )


def compare_shapes(
    target: Tensor, checkpoint: Tensor, free: tuple[int, ...] | None = ()
) -> Failure | None:
    """What assigning says of a variable of another shape; tables take what comes."""
    is_variable = local_name(target.key) == VARIABLE_VALUE
    if not is_variable or takes_shape(target.shape, checkpoint.shape, free):
        return None
    message = (
        f"Received incompatible tensor with shape {shape_text(checkpoint.shape)} when attempting to"
        f" restore variable with shape {shape_text(target.shape)} and name {target.name}."
    )
    return Failure("ValueError", message, (target.key,))


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as TensorFlow and Python write it."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def assert_existing_objects_matched(bound: Bound, *, read: bool = False) -> Failure | None:
    """What the status says of objects of the target that got nothing.

    Objects that save nothing do not count; the counter that `restore` makes does.
    """
    matched = set(bound.objects.values())
    unmatched = [
        number
        for number in sorted(bound.target.reachable(bound.root) - matched)
        if bound.target.attributes(number)
    ]
    names = [bound.target.path(number) for number in unmatched]
    counter = bound.checkpoint.child(0, COUNTER) if bound.checkpoint.nodes else None
    if not read and _makes_counter(bound) and counter is None:
        names.append(COUNTER)
    if not names:
        return None
    message = (
        f"Found {len(names)} Python objects that were not bound to checkpointed values, likely due"
        f" to changes in the Python program: {', '.join(names[:10])}"
    )
    keys = tuple(key for number in unmatched for key in keys_of(bound.target, number))
    return Failure("AssertionError", message, keys)


def assert_consumed(bound: Bound, *, read: bool = False) -> Failure | None:
    """The same, and that nothing is left over in the checkpoint."""
    failure = assert_existing_objects_matched(bound, read=read)
    if failure is not None:
        return failure
    used = {*bound.objects, *bound.created, *wrapper_nodes(bound, read=read)}
    left = [
        number
        for number in range(len(bound.checkpoint.nodes))
        if number not in used and bound.checkpoint.attributes(number)
    ]
    if left:
        keys = tuple(key for number in left for key in keys_of(bound.checkpoint, number))
        path = bound.checkpoint.path(left[0])
        return Failure("AssertionError", f"Unresolved object in checkpoint (root).{path}", keys)
    unused = bound.unused_attributes()
    if unused:
        keys = tuple(key for number in unused for key in keys_of(bound.checkpoint, number))
        paths = ", ".join(f"(root).{bound.checkpoint.path(number)}" for number in unused[:10])
        return Failure("AssertionError", f"Unused attributes in these objects: {paths}", keys)
    return None


def wrapper_nodes(bound: Bound, *, read: bool = False) -> list[int]:
    """Objects that `restore` itself makes: the counter of a `tf.train.Checkpoint` without one."""
    if read:
        return []
    counter = bound.checkpoint.child(0, COUNTER) if bound.checkpoint.nodes else None
    return [counter] if counter is not None and _makes_counter(bound) else []


def _makes_counter(bound: Bound) -> bool:
    """Whether a call of `restore` makes a counter: what was saved by `save` has one already.

    It gets its value if the root of the checkpoint has one (`_maybe_create_save_counter`).
    """
    if bound.start or bound.root or not bound.target.nodes:
        return True
    return bound.target.child(0, COUNTER) is None


def keys_of(graph: Graph, number: int) -> Iterator[str]:
    """Tensors that an object saves by itself."""
    for attribute in graph.attributes(number):
        yield from attribute.keys
