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


@dataclass(frozen=True, slots=True)
class ObjectTree:
    """All objects of an artifact; node 0 is the root."""

    nodes: Sequence[ObjectNode]
