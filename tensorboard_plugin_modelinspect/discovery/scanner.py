"""Searching all roots, again and again, and what became of what was found before."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from tensorboard_plugin_modelinspect.discovery.found import Found
from tensorboard_plugin_modelinspect.discovery.names import natural_key, run_name
from tensorboard_plugin_modelinspect.discovery.roots import Root, label_roots
from tensorboard_plugin_modelinspect.discovery.search import Memory, RootSearch, Tally, Trouble
from tensorboard_plugin_modelinspect.sources.walk import Budget, WalkLimits

_MOST_DELETED = 1_000


class Scanner:
    """Remembers between searches; used by one thread at a time.

    Attributes:
        artifacts: In order; while a search runs as of the last `refresh`.
        runs: TensorBoard's names of the runs, in natural order.
        roots: Each root, and whether it is an existing folder.
        budget: What the last or running search has spent.
        note: What the last search had to leave out.
    """

    def __init__(self, limits: WalkLimits) -> None:
        self.artifacts: tuple[Found, ...] = ()
        self.runs: tuple[str, ...] = ()
        self.roots: tuple[tuple[Root, bool], ...] = ()
        self.budget = Budget(limits)
        self.note = ""
        self._limits = limits
        self._memories: dict[str, Memory] = {}
        self._is_stale = False
        self._running: dict[str, RootSearch] = {}
        self._deleted: dict[str, Found] = {}
        self._run_names: frozenset[str] = frozenset()
        self._last_began = ""

    def search(self, roots: Sequence[Root], pulse: Callable[[], None]) -> None:
        """Search all roots; `pulse` is called often, and may call `refresh`."""
        began = time.strftime("%Y-%m-%d %H:%M:%S")
        self.budget = Budget(self._limits)
        self.roots = tuple(
            (root, not root.is_remote and os.path.isdir(root.path)) for root in roots
        )
        self._running = {}
        self._remember_only(dict(zip(label_roots(roots), roots, strict=True)))
        trouble = Trouble()
        for label, memory in self._memories.items():
            search = RootSearch(label, memory, self.budget, trouble, pulse)
            self._running[label] = search
            search.run()
        self._bury()
        self._is_stale |= any(search.has_changed for search in self._running.values())
        self._memories = {label: search.memory for label, search in self._running.items()}
        self._running = {}
        self.refresh()
        self._is_stale = False
        self._list_runs()
        self.note = _describe(self.roots, self.budget, trouble)
        self._last_began = began

    def refresh(self) -> None:
        """Bring `artifacts` up to date."""
        if not (self._is_stale or any(search.has_changed for search in self._running.values())):
            return
        rows: list[Found] = []
        for label, memory in self._memories.items():
            search = self._running.get(label)
            found = memory.found if search is None else search.current()
            here = {row.id: row for row in self._deleted.values() if row.root == memory.root}
            here.update((row.id, row) for row in found.values())
            rows += sorted(here.values(), key=attrgetter("order"))
        self.artifacts = tuple(rows)

    def _remember_only(self, roots: Mapping[str, Root]) -> None:
        """Forget roots that are no longer searched."""
        before = {label: memory.root for label, memory in self._memories.items()}
        if list(before.items()) == list(roots.items()):
            return
        self._is_stale = True
        self._memories = {
            label: self._memories[label] if before.get(label) == root else Memory(root)
            for label, root in roots.items()
        }

    def _bury(self) -> None:
        """Remember the newest of what is gone; `refresh` prefers what is back."""
        reason = f"Deleted since {self._last_began}, when its files were last seen."
        for search in self._running.values():
            for found in search.gone:
                self._deleted.pop(found.id, None)
                self._deleted[found.id] = replace(found, state="deleted", reason=reason)
        for key in list(self._deleted)[:-_MOST_DELETED]:
            del self._deleted[key]

    def _list_runs(self) -> None:
        names = frozenset(
            run_name(memory.root.name, relpath)
            for memory in self._memories.values()
            for relpath in memory.runs
        )
        if names != self._run_names:
            self._run_names = names
            self.runs = tuple(sorted(names, key=natural_key))


def _describe(roots: Sequence[tuple[Root, bool]], budget: Budget, trouble: Trouble) -> str:
    """Sentences on what a search had to leave out."""
    sentences = [_describe_root(root) for root, exists in roots if not exists]
    if budget.reasons:
        reasons = " and ".join(budget.reasons)
        sentences.append(f"The search {reasons}. Start on a smaller folder to see the rest.")
    if trouble.unlisted.count:
        sentences.append(_describe_tally(trouble.unlisted, "folder", "could not be listed in full"))
    if trouble.outside.count:
        what = "led outside the logdir and was not followed"
        sentences.append(_describe_tally(trouble.outside, "link", what))
    return " ".join(sentence for sentence in sentences if sentence)


def _describe_root(root: Root) -> str:
    if root.is_remote:
        return f"{root.path} cannot be read: copy or mount it here, and start on that folder."
    if os.path.lexists(root.path):
        return f"{root.path} is not a folder: start on the folder that holds it."
    return ""  # it may come; views say that it is missing


def _describe_tally(tally: Tally, noun: str, what: str) -> str:
    """`1 folder …: a/b.` or `3 folders …, the first of them: a/b.`."""
    if tally.count == 1:
        return f"1 {noun} {what}: {tally.first}."
    return (
        f"{tally.count:,} {noun}s {what.replace('was', 'were')}, the first of them: {tally.first}."
    )
