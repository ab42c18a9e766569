"""One search of one root: what is there now, compared with what an earlier search remembers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tensorboard_plugin_modelinspect.discovery.checking import (
    check_candidate,
    complete_candidate,
    locate_below,
)
from tensorboard_plugin_modelinspect.discovery.found import Found, artifact_id
from tensorboard_plugin_modelinspect.discovery.names import (
    is_event_file,
    join_path,
    nearest_run,
    run_name,
    series_of,
)
from tensorboard_plugin_modelinspect.discovery.roots import Root
from tensorboard_plugin_modelinspect.formats.keras.recognising import series_of_file
from tensorboard_plugin_modelinspect.opening import Candidate, Check, recognise
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.sources.walk import Budget, Listing, Walk

_MOST_KEPT = 150_000
"""Files and folders whose listings are remembered for the next search: about 50 MB."""
_RESTLESS = frozenset({"writing", "deleted"})
"""States that may change though no file does."""

_BEAT = 16
"""Folders between two pulses, unless something is checked."""

_Key = tuple[str, str]
"""Kind and path of an artifact."""


class Seen(NamedTuple):
    """A folder as a search saw it.

    Attributes:
        listing: The folder.
        watched: Sub-folders whose files belong to its artifacts, by name.
        enter: Sub-folders to search.
        is_run: Whether it has event files.
        run: Relpath of the run its artifacts belong to.
        found: Its artifacts.
        can_stay: Whether all this holds as long as no file changes.
        cost: Names it keeps in memory.
    """

    listing: Listing
    watched: dict[str, Listing]
    enter: tuple[str, ...]
    is_run: bool
    run: str | None
    found: dict[_Key, Found]
    can_stay: bool
    cost: int


@dataclass(slots=True)
class Memory:
    """What a search of a root leaves for the next one.

    Attributes:
        root: The root.
        folders: By relpath, those that are taken over while nothing in them changes.
        runs: Relpaths of the folders with event files.
        found: All artifacts.
    """

    root: Root
    folders: dict[str, Seen] = field(default_factory=dict)
    runs: set[str] = field(default_factory=set)
    found: dict[_Key, Found] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """How many there are of something, and the first."""

    count: int = 0
    first: str = ""

    def add(self, what: str) -> None:
        """Count one."""
        self.first = self.first or what
        self.count += 1


@dataclass(slots=True)
class Trouble:
    """What a search could not look into: folders it could not list, links that lead outside."""

    unlisted: Tally = field(default_factory=Tally)
    outside: Tally = field(default_factory=Tally)


class RootSearch:
    """Searches one root, once.

    Args:
        label: What tells the root from the others; part of ids.
        before: What the last search left.
        budget: What may be spent; shared with the other roots.
        trouble: Where to note what could not be looked into; shared too.
        pulse: Called after every few folders and after each check.

    Attributes:
        memory: What this search leaves; complete after `run`.
        gone: What the last search found and is no longer there.
        has_changed: Whether `memory.found` differs from that of the last search.
    """

    def __init__(
        self,
        label: str,
        before: Memory,
        budget: Budget,
        trouble: Trouble,
        pulse: Callable[[], None],
    ) -> None:
        self.memory = Memory(before.root)
        self.gone: list[Found] = []
        self.has_changed = False
        self._label = label
        self._before = before
        self._budget = budget
        self._trouble = trouble
        self._pulse = pulse
        self._room = _MOST_KEPT
        self._listed: set[str] = set()
        real = os.path.realpath(before.root.path)
        self._folder = LocalFolder(real, name=before.root.name or ".", confine_to=real)
        self._walk = Walk(real, budget, self._recall)

    def run(self) -> None:
        """Search; what cannot be read is noted, never raised."""
        if os.path.isdir(self._walk.root):
            self._walk.run(self._visit)
        before = self._before.found.items()
        missed = {key: found for key, found in before if key not in self.memory.found}
        owned = self._owned() if missed else frozenset()
        for key, found in missed.items():
            if _is_in(found.folder, owned):
                self.has_changed = True  # an export that was seen before its protobuf came
            else:
                self._miss(key, found)

    def current(self) -> dict[_Key, Found]:
        """What is known while the search runs: found now, or before and not reached yet."""
        return {**self._before.found, **self.memory.found}

    def _recall(self, relpath: str) -> Listing | None:
        before = self._before.folders.get(relpath)
        return None if before is None else before.listing

    def _visit(self, listing: Listing) -> Sequence[str]:
        """Take the artifacts of a folder; returns the sub-folders to search."""
        before = self._before.folders.get(listing.relpath)
        if before is None or before.listing is not listing:
            self._note(listing)
            seen = self._inspect(listing, {})
        elif self._is_same(before):
            seen = self._take_over(before)
        else:
            seen = self._inspect(listing, before.watched)
        if not self._budget.is_spent:
            if not listing.problem:
                self._listed.add(listing.path)
            if seen.can_stay and seen.cost <= self._room:
                self._room -= seen.cost
                self.memory.folders[listing.relpath] = seen
        if self._budget.folders % _BEAT == 0:
            self._pulse()
        return seen.enter

    def _is_same(self, before: Seen) -> bool:
        """Whether a folder whose own listing is the same can be taken over."""
        look = self._walk.look
        return all(look(one.path, one.relpath, one) is one for one in before.watched.values())

    def _take_over(self, seen: Seen) -> Seen:
        """Keep what was found in a folder; only its run may be another one."""
        if seen.is_run:
            self.memory.runs.add(seen.listing.relpath)
        if not seen.found or not self._budget.take_artifacts(len(seen.found)):
            return seen
        run = nearest_run(seen.listing.relpath, self.memory.runs)
        if run != seen.run:
            name = self._run_name(run)
            found = {key: replace(one, run=name) for key, one in seen.found.items()}
            seen = seen._replace(run=run, found=found)
            self.has_changed = True
        self.memory.found.update(seen.found)
        return seen

    def _inspect(self, listing: Listing, known: Mapping[str, Listing]) -> Seen:
        """Look at a folder that is new or has changed, or holds what may have."""
        is_run = any(map(is_event_file, (*listing.files, *listing.others)))
        if is_run:
            self.memory.runs.add(listing.relpath)
        candidates = recognise(listing)
        watched: dict[str, Listing] = {}
        for name in {name for candidate in candidates for name in candidate.watch}:
            watched[name] = self._walk.look(*locate_below(listing, name), known.get(name))
        owned = listing.links.union(*(candidate.owns for candidate in candidates))
        enter = tuple(name for name in listing.folders if name not in owned)
        run = nearest_run(listing.relpath, self.memory.runs)
        listings = (listing, *watched.values())
        cost = sum(1 + len(one.files) + len(one.folders) for one in listings)
        seen = Seen(listing, watched, enter, is_run, run, {}, can_stay=False, cost=cost)
        for candidate in candidates:
            if not self._budget.has_time():
                break
            self._take(seen, complete_candidate(candidate, watched))
        can_stay = listing.stamp is not None and not any(
            found.state in _RESTLESS for found in seen.found.values()
        )
        return seen._replace(can_stay=can_stay)

    def _run_name(self, relpath: str | None) -> str | None:
        return None if relpath is None else run_name(self.memory.root.name, relpath)

    def _note(self, listing: Listing) -> None:
        shown = join_path(self._label, listing.relpath)
        if listing.problem:
            self._trouble.unlisted.add(f"{shown or listing.path} ({listing.problem})")
        for name in listing.outside:
            self._trouble.outside.add(join_path(shown, name))

    def _take(self, seen: Seen, candidate: Candidate) -> None:
        """Take an artifact as it is known, or check it."""
        listing = seen.listing
        key = (candidate.kind, join_path(listing.relpath, candidate.name) or ".")
        old = self._before.found.get(key)
        if old is not None and _says_all(old, candidate, listing):
            run = self._run_name(seen.run)
            self._put(seen, key, old if old.run == run else replace(old, run=run))
            return
        checked = check_candidate(self._folder, listing, candidate)
        if checked is not None:
            self._put(seen, key, self._describe(seen, key[1], *checked))
        self._pulse()

    def _put(self, seen: Seen, key: _Key, found: Found) -> None:
        if not self._budget.take_artifacts(1):
            return
        seen.found[key] = self.memory.found[key] = found
        if found is not self._before.found.get(key):
            self.has_changed = True

    def _describe(self, seen: Seen, path: str, candidate: Candidate, check: Check) -> Found:
        base = _base_name(candidate)
        series = None if base is None else join_path(self._label, seen.listing.relpath, base)
        stats = candidate.files.values()
        return Found(
            id=artifact_id(self._label, candidate.kind, path),
            root=self.memory.root,
            path=path,
            folder=seen.listing.path,
            candidate=candidate,
            kind=candidate.kind,
            state=check.state,
            reason=check.reason,
            run=self._run_name(seen.run),
            step=check.step,
            series=series,
            nbytes=sum(stat.nbytes for stat in stats),
            mtime_s=max((stat.mtime_ns for stat in stats), default=0) / 1e9,
        )

    def _owned(self) -> frozenset[str]:
        """Folders that are part of an artifact."""
        found = self.memory.found.values()
        return frozenset(
            os.path.join(one.folder, name) for one in found for name in one.candidate.owns
        )

    def _miss(self, key: _Key, found: Found) -> None:
        """Decide on what was not found again: gone, or not reached by this search."""
        if found.folder in self._listed or not _may_exist(found):
            self.gone.append(found)
            self.has_changed = True
        else:
            self.memory.found[key] = found


def _base_name(candidate: Candidate) -> str | None:
    """Base name of the series that an artifact is one of by its name; None for other kinds."""
    if candidate.kind == "checkpoint":
        return series_of(candidate.name)
    return series_of_file(candidate.name) if candidate.kind in ("keras", "h5") else None


def _says_all(old: Found, candidate: Candidate, listing: Listing) -> bool:
    """Whether checking the candidate again would find the same."""
    is_unchanged = old.candidate.files == candidate.files and old.folder == listing.path
    return is_unchanged and old.state not in _RESTLESS


def _is_in(folder: str, owned: frozenset[str]) -> bool:
    """Whether a folder is one of `owned`, or below one."""
    while folder not in owned:
        above = os.path.dirname(folder)
        if above == folder:
            return False
        folder = above
    return True


def _may_exist(found: Found) -> bool:
    for name in found.candidate.files:
        try:
            os.lstat(os.path.join(found.folder, name))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return True  # it cannot be looked at any more
        return True
    return False
