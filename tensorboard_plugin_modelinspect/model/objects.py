"""The object tree: which Python object held which variable, as saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class ObjectNode(NamedTuple):
    """One object. Objects may share children and may form cycles: bound every walk.

    Attributes:
        kind: `user_object`, `variable`, `function`, `asset`, `constant`, `resource`, `object` …
        label: Class or identifier where one is stored, e.g. `_tf_keras_layer`; else empty.
        children: `(local name, node id)`, in stored order.
        keys: Keys of the tensors that belong to this object.
        detail: One short fact, e.g. a variable's dtype and shape; else empty.
    """

    kind: str
    label: str
    children: tuple[tuple[str, int], ...]
    keys: tuple[str, ...]
    detail: str


class Attribute(NamedTuple):
    """A value that an object saves by itself.

    Attributes:
        name: Local to the object: `VARIABLE_VALUE`, `table`.
        checkpoint_key: As the object graph states it; the key of a tensor, or what those of a
            table begin with.
        keys: Keys of its tensors; empty if the file has none.
        full_name: What the graph of TF1 calls the variable; empty if that is not known.
    """

    name: str
    checkpoint_key: str
    keys: tuple[str, ...]
    full_name: str


class SlotVariable(NamedTuple):
    """A variable that an optimizer keeps for another one: `m`, node of that one, its own node."""

    name: str
    original: int
    slot: int


class Trackable(NamedTuple):
    """An object as a checkpoint saves it; node i is node i of `ObjectTree.nodes`.

    Attributes:
        children: `(local name, node id)`, in stored order.
        attributes: What it saves by itself.
        slots: Of an optimizer whose slots are found by variable (TF1, Keras 2).
        saver: Registered saver that saves it instead; empty if none does.
        free_axes: Axes whose size an assignment may change; None: it takes any shape. A SavedModel
            alone tells.
    """

    children: tuple[tuple[str, int], ...]
    attributes: tuple[Attribute, ...]
    slots: tuple[SlotVariable, ...]
    saver: str = ""
    free_axes: tuple[int, ...] | None = ()


@dataclass(frozen=True, slots=True)
class ObjectTree:
    """All objects of an artifact; node 0 is the root.

    Attributes:
        nodes: For people; a SavedModel's has functions and assets, too.
        trackables: What a restore goes by, each made when asked for; none if the artifact has no
            checkpoint with an object graph.
    """

    nodes: Sequence[ObjectNode]
    trackables: Sequence[Trackable] = ()
