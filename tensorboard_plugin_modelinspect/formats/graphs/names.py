"""Builds the tree of names of a graph."""

from __future__ import annotations

from array import array

from tensorboard_plugin_modelinspect.model.graph import Names

_DEEPEST = 100
"""Parts of a name that are told apart: models have ten, a name of megabytes may have millions."""
_MOST_SCOPES = 1_000_000
"""Scopes of a graph. Each takes a quarter of a kilobyte while it is read, from two bytes."""


class NameTree:
    """A tree of names that grows; a scope and a node of the same name share an entry."""

    def __init__(self) -> None:
        self.parents = array("i", [-1])
        self.leaves = [""]
        self._entries: dict[tuple[int, bytes], int] = {}
        self._scopes: dict[bytes, int] = {}
        self._texts: dict[bytes, str] = {}
        self._taken = bytearray(1)
        self._scope_count = 0

    def add(self, name: bytes) -> int:
        """The entry of a node's name; a new one if another node has the same name."""
        scope, slash, leaf = name.rpartition(b"/")
        parent = 0
        if slash:
            known = self._scopes.get(scope)
            if known is None:
                known, leaf = self._add_scope(name)
            parent = known
        entry = self._entries.get((parent, leaf))
        if entry is None:
            entry = self._entries[parent, leaf] = self._append(parent, leaf)
        elif self._taken[entry]:
            entry = self._append(parent, leaf)
        self._taken[entry] = 1
        return entry

    def _add_scope(self, name: bytes) -> tuple[int, bytes]:
        """Entry of a name's scope, and the part of the name below it."""
        parts = name.split(b"/", _DEEPEST)
        leaf = parts.pop()
        if self._scope_count >= _MOST_SCOPES:
            return 0, name
        entry = 0
        for part in parts:
            child = self._entries.get((entry, part))
            if child is None:
                child = self._entries[entry, part] = self._append(entry, part)
                self._scope_count += 1
            entry = child
        if b"/" not in leaf:
            self._scopes[name[: len(name) - len(leaf) - 1]] = entry
        return entry, leaf

    def _append(self, parent: int, leaf: bytes) -> int:
        text = self._texts.get(leaf)
        if text is None:
            text = self._texts[leaf] = leaf.decode("utf-8", "surrogateescape")
        self.parents.append(parent)
        self.leaves.append(text)
        self._taken.append(0)
        return len(self.leaves) - 1

    def finish(self) -> Names:
        """The tree as it is now."""
        import numpy as np

        return Names(np.array(self.parents, np.int32), self.leaves)
