"""Builds the tree of names of a graph."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from tensorboard_plugin_modelinspect.model.graph import Names

_DEEPEST = 100
"""Parts of a name that are told apart: models have ten, a name of megabytes may have millions."""
_MOST_SCOPES_NBYTES = 64 << 20
"""Of whole names of scopes, which are kept while a graph is read. Names that come when they take
more are not told apart into parts."""


class NameTree:
    """A tree of names that grows; a scope and a node of the same name share an entry."""

    def __init__(self) -> None:
        self.parents = array("i", [-1])
        self.leaves = [""]
        self._entries: dict[bytes, int] = {}
        self._texts: dict[bytes, str] = {}
        self._scopes: set[int] = set()
        self._scopes_nbytes = 0

    def add(self, names: Iterable[bytes]) -> list[int]:
        """The entries of some nodes' names; a new one if an earlier node has the same name.

        Cost: half a microsecond a name. It is all in one loop, for a hundred thousand of them.
        """
        entries, texts, scopes = self._entries, self._texts, self._scopes
        known = entries.get
        above, leaves = self.parents.append, self.leaves
        added = []
        for name in names:
            entry = known(name)
            if entry is None:
                scope, slash, leaf = name.rpartition(b"/")
                parent = known(scope) if slash else 0
                if parent is None:
                    parent, leaf = self._add_scope(name, scope, leaf)
                entry = entries[name] = len(leaves)
                text = texts.get(leaf)
                if text is None:
                    text = texts[leaf] = _text(leaf)
                above(parent)
                leaves.append(text)
            elif entry in scopes:
                scopes.remove(entry)
            else:
                entry = self._append(self.parents[entry], leaves[entry])
            added.append(entry)
        return added

    def _add_scope(self, name: bytes, scope: bytes, leaf: bytes) -> tuple[int, bytes]:
        """Entry of a name's scope, which is new, and the part of the name below it."""
        if name.count(b"/") > _DEEPEST:
            *parts, leaf = name.split(b"/", _DEEPEST)
            scope = b"/".join(parts)
        entry, missing, slash = 0, [], b"/"
        while slash:
            known = self._entries.get(scope)
            if known is not None:
                entry = known
                break
            self._scopes_nbytes += len(scope)
            outer, slash, part = scope.rpartition(b"/")
            missing.append((scope, part))
            scope = outer
        if self._scopes_nbytes > _MOST_SCOPES_NBYTES:
            return 0, name
        for whole, part in reversed(missing):
            entry = self._entries[whole] = self._append(entry, _text(part))
            self._scopes.add(entry)
        return entry, leaf

    def _append(self, parent: int, leaf: str) -> int:
        self.parents.append(parent)
        self.leaves.append(leaf)
        return len(self.leaves) - 1

    def finish(self) -> Names:
        """The tree as it is now."""
        import numpy as np

        return Names(np.array(self.parents, np.int32), self.leaves)


def _text(leaf: bytes) -> str:
    return leaf.decode("utf-8", "surrogateescape")
