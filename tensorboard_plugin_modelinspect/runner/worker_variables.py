"""The variables of a loaded model, by the names that its file has for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import tensorflow as tf


class Variables:
    """Variables by path, in TensorFlow 2 that of the object graph, in TensorFlow 1 their name.

    Args:
        loaded: What `tf.saved_model.load` gave.
    """

    def __init__(self, loaded: Any) -> None:
        self._root = loaded
        self._by_name: dict[str, Any] = {}
        self._is_tf1 = hasattr(loaded, "prune")
        if self._is_tf1:
            self._by_name = _referenced(loaded.graph)
            self._by_name |= {v.name.split(":", 1)[0]: v for v in loaded.variables}

    def name_of(self, handle: Any) -> str:
        """What a variable is called, by its resource; "" if nothing leads to it."""
        for path, found in self._walk():
            if getattr(found, "handle", None) is handle:
                return "/".join(path)
        return ""

    def assign(self, path: list[str], array: Any) -> str:
        """Give a variable another value; why that cannot be, or ""."""
        found = self._find(path)
        is_reference = isinstance(found, tf.Tensor)
        if found is None or not (is_reference or hasattr(found, "assign")):
            return "the loaded model has no such variable"
        if not found.shape.is_compatible_with(array.shape):
            return f"the variable has the shape {list(found.shape)}, not {list(array.shape)}"
        value = tf.constant(array, dtype=found.dtype.base_dtype)
        # A variable of TensorFlow 1 is a part of its graph, which assigns it when it is called.
        graph = getattr(found, "graph", None)
        if self._is_tf1 and graph is self._root.graph:
            return _assign_in_graph(self._root, found, value)
        found.assign(value)
        return ""

    def _find(self, path: list[str]) -> Any:
        if self._is_tf1:
            return self._by_name.get("/".join(path))
        found = self._root
        for name in path:
            found = None if found is None else dict(_children(found)).get(name)
        return found

    def _walk(self) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Everything that the model holds, nearest first, as its object graph is walked."""
        seen = {id(self._root)}
        waiting: deque[tuple[tuple[str, ...], Any]] = deque([((), self._root)])
        while waiting:
            path, held = waiting.popleft()
            yield path, held
            for name, child in _children(held):
                if id(child) not in seen:
                    seen.add(id(child))
                    waiting.append(((*path, name), child))


def _referenced(graph: Any) -> dict[str, Any]:
    """Variables that are no resources, as the tensors that refer to them.

    `tf.saved_model.load` makes no objects of these. All functions of the graph that have a node of
    that name share its value.
    """
    return {
        op.name: op.outputs[0]
        for op in graph.get_operations()
        if op.type in ("Variable", "VariableV2")
    }


def _assign_in_graph(root: Any, variable: Any, value: Any) -> str:
    """Assign a variable that only a graph can reach."""
    with root.graph.as_default():
        fed = tf.compat.v1.placeholder(value.dtype, value.shape)
        if isinstance(variable, tf.Tensor):
            done = tf.raw_ops.Assign(ref=variable, value=fed)
        else:
            done = variable.assign(fed, read_value=False)
    root.prune([fed], [getattr(done, "op", done)])(value)
    return ""


def _children(held: Any) -> list[tuple[str, Any]]:
    """What an object holds, by name."""
    children = getattr(held, "_trackable_children", None)
    if children is not None:
        return list(children().items())
    # Before TensorFlow 2.9.
    return [(one.name, one.ref) for one in getattr(held, "_checkpoint_dependencies", ())]
