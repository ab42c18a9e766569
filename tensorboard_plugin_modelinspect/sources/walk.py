"""A bounded walk over folders with `os.scandir`: what a search for artifacts sees.

Links to folders are not entered: a folder below the root is listed where it really is, and one
outside is not ours to read. So a loop of links cannot trap a walk, and nothing is listed twice.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tensorboard_plugin_modelinspect.sources.base import FileStat
from tensorboard_plugin_modelinspect.sources.local import is_below


@dataclass(frozen=True, slots=True)
class WalkLimits:
    """Where a walk stops, so that a wrong logdir (`/`, a home folder) cannot hang anything.

    Attributes:
        depth: Folders below the root.
        folders: Folders listed, over all roots of one search.
        entries: Files and folders seen, over all roots of one search.
        folder_entries: Files and folders looked at in one folder.
        artifacts: Artifacts kept, over all roots of one search.
        seconds: Time for one search.
    """

    depth: int = 32
    folders: int = 200_000
    entries: int = 2_000_000
    folder_entries: int = 100_000
    artifacts: int = 50_000
    seconds: float = 120.0


DEFAULT_LIMITS = WalkLimits()


Stamp = tuple[int, int, int]
"""Device, inode and change time (ns): differs once a name in a folder is added or removed.

The modification time would not do: tools that copy trees set it back.
"""


class Listing(NamedTuple):
    """One folder.

    Attributes:
        path: Real path.
        relpath: Below the root, with `/`; empty for the root itself.
        files: Regular files by name; links to files below the root are resolved.
        folders: Names of sub-folders, sorted; links to folders below the root too.
        problem: Why it, or a part of it, could not be listed; empty if all is well.
        links: Those of `folders` that are links.
        others: Names that are neither: devices, links that lead nowhere or outside the root.
        outside: Those of `others` that lead outside the root.
        stamp: Lets `relist_folder` skip the names; None where they must be read each time.
    """

    path: str
    relpath: str
    files: dict[str, FileStat]
    folders: tuple[str, ...]
    problem: str = ""
    links: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    stamp: Stamp | None = None


_SETTLED_NS = 2_000_000_000
"""A folder changed less than this ago may change again without a new time stamp."""

_LARGEST_KEPT = 1_000
"""A listing with more entries is not worth its memory; it gets no stamp."""


def list_folder(
    path: str,
    relpath: str = "",
    *,
    root: str | None = None,
    most: int = DEFAULT_LIMITS.folder_entries,
    device: int | None = None,
) -> Listing:
    """List one folder; what is wrong with it is its `problem`, never an exception.

    Args:
        path: The folder.
        relpath: The same below the root, if it is one of a walk.
        root: Real path that links must stay below; None follows them anywhere.
        device: File system whose time stamps can be trusted; see `trusted_device`.

    Cost: one scandir and one stat per file; nothing is opened.
    """
    stamp = None if device is None else _read_stamp(path, device)
    sorter = _Sorter(root)
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if sorter.count >= most:
                    sorter.problem = f"more than {most:,} entries; the rest was not looked at"
                    break
                sorter.add(entry)
    except OSError as error:
        sorter.problem = _words(error)
    return sorter.listing(path, relpath, stamp)


def relist_folder(known: Listing) -> Listing | None:
    """List a folder again by asking only for what can change behind an unchanged list of names.

    Returns:
        `known` itself if nothing changed; a copy with new stats if files were written in place;
        None if the folder must be listed anew.

    Cost: one stat for the folder and one per file, less than half of `list_folder`.
    """
    if known.stamp is None:
        return None
    changed = {}
    try:
        if _stamp(os.stat(known.path)) != known.stamp:
            return None
        prefix = known.path + "/"
        for name, (nbytes, mtime_ns, _) in known.files.items():
            info = os.lstat(prefix + name)
            if info.st_mtime_ns != mtime_ns or info.st_size != nbytes:
                changed[name] = FileStat(info.st_size, info.st_mtime_ns, info.st_ino)
    except OSError:
        return None
    return known._replace(files={**known.files, **changed}) if changed else known


class _Sorter:
    """Sorts the entries of one folder into files, folders and others."""

    def __init__(self, root: str | None) -> None:
        self.count = 0
        self.problem = ""
        self.has_links = False
        self._root = root
        self._files: dict[str, FileStat] = {}
        self._folders: list[str] = []
        self._links: set[str] = set()
        self._others: list[str] = []
        self._outside: list[str] = []

    def add(self, entry: os.DirEntry[str]) -> None:
        """Sort one entry; one that vanished meanwhile is as if it had never been there."""
        self.count += 1
        try:
            if entry.is_symlink():
                self._add_link(entry)
            elif entry.is_dir(follow_symlinks=False):
                self._folders.append(entry.name)
            elif entry.is_file(follow_symlinks=False):
                self._add_file(entry.name, entry.stat(follow_symlinks=False))
            else:
                self._others.append(entry.name)
        except FileNotFoundError:
            return
        except OSError as error:  # a link to itself, or a folder that may be listed but not entered
            self._others.append(entry.name)
            if isinstance(error, PermissionError):
                self.problem = _words(error)

    def _add_file(self, name: str, info: os.stat_result) -> None:
        self._files[name] = FileStat(info.st_size, info.st_mtime_ns, info.st_ino)

    def _add_link(self, entry: os.DirEntry[str]) -> None:
        self.has_links = True
        if self._root is not None and not is_below(os.path.realpath(entry.path), self._root):
            self._others.append(entry.name)
            self._outside.append(entry.name)
        elif entry.is_dir():
            self._folders.append(entry.name)
            self._links.add(entry.name)
        elif entry.is_file():
            self._add_file(entry.name, entry.stat())
        else:
            self._others.append(entry.name)

    def listing(self, path: str, relpath: str, stamp: Stamp | None) -> Listing:
        """What was sorted so far, as a listing."""
        self._folders.sort()
        # The target of a link changes without a trace in this folder.
        keep = not (self.problem or self.has_links or self.count > _LARGEST_KEPT)
        return Listing(
            path,
            relpath,
            self._files,
            tuple(self._folders),
            self.problem,
            frozenset(self._links),
            tuple(self._others),
            tuple(self._outside),
            stamp if keep else None,
        )


class Budget:
    """What one search may still spend, over all its roots.

    Attributes:
        folders: Listed so far.
        artifacts: Kept so far.
        reasons: What cut the search short, without repetition; empty if nothing did.
        is_spent: Whether it must stop now.
    """

    def __init__(self, limits: WalkLimits) -> None:
        self.limits = limits
        self.folders = 0
        self.artifacts = 0
        self.reasons: list[str] = []
        self.is_spent = False
        self._entries = 0
        self._deadline = time.monotonic() + limits.seconds

    def has_more(self) -> bool:
        """Whether another folder may be listed; the first limit that is hit becomes a reason."""
        limits = self.limits
        if self.folders >= limits.folders:
            self._stop(f"stopped after {limits.folders:,} folders")
        elif self._entries >= limits.entries:
            self._stop(f"stopped after {limits.entries:,} files and folders")
        return self.has_time()

    def has_time(self) -> bool:
        """Whether the search may go on."""
        if time.monotonic() > self._deadline:
            self._stop(f"stopped after {self.limits.seconds:g} s")
        return not self.is_spent

    def take(self, listing: Listing) -> None:
        """Count a listing."""
        self.folders += 1
        self._entries += len(listing.files) + len(listing.folders) + len(listing.others)

    def take_artifacts(self, count: int) -> bool:
        """Count artifacts; False if they are too many."""
        if self.artifacts + count > self.limits.artifacts:
            self._stop(f"stopped after {self.artifacts:,} artifacts")
            return False
        self.artifacts += count
        return True

    def _stop(self, reason: str) -> None:
        if not self.is_spent:
            self.is_spent = True
            self.skip(reason)

    def skip(self, reason: str) -> None:
        """Note that a part is left out, and go on."""
        if reason not in self.reasons:
            self.reasons.append(reason)


class Walk:
    """A walk over one root, nearest folders first.

    Args:
        root: A real path.
        budget: Shared by the walks of one search.
        known: A listing of an earlier walk by relpath, to be used again if nothing changed.
    """

    def __init__(self, root: str, budget: Budget, known: Callable[[str], Listing | None]) -> None:
        self.root = root
        self._budget = budget
        self._known = known
        self._device = trusted_device(root)

    def run(self, visit: Callable[[Listing], Sequence[str]]) -> None:
        """Call `visit` with each folder; it returns the names of sub-folders to enter."""
        level = [(self.root, "")]
        limits = self._budget.limits
        for depth in range(limits.depth + 1):
            below: list[tuple[str, str]] = []
            for path, relpath in level:
                if not self._budget.has_more():
                    return
                enter = visit(self.look(path, relpath, self._known(relpath)))
                if enter:
                    # What can never be visited is not queued: it would only cost memory.
                    room = limits.folders - self._budget.folders - len(below) + 1
                    path, relpath = _with_slash(path), relpath and relpath + "/"
                    below += [(path + name, relpath + name) for name in enter[: max(room, 0)]]
            level = below
            if not level:
                return
            if depth == limits.depth:
                self._budget.skip(f"left out what lies more than {depth:,} folders deep")

    def look(self, path: str, relpath: str, known: Listing | None) -> Listing:
        """List one folder of the tree; the known listing itself if nothing in it changed."""
        listing = relist_folder(known) if known is not None and known.path == path else None
        if listing is None:
            most = self._budget.limits.folder_entries
            listing = list_folder(path, relpath, root=self.root, most=most, device=self._device)
        self._budget.take(listing)
        return listing


_TRUSTED = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "tmpfs", "overlay"})
"""File systems that keep a folder's change time as POSIX says. Network and FUSE ones may not."""


def trusted_device(root: str) -> int | None:
    """Number of the root's file system if a change of names always shows in a folder's stamp."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as mounts:
            kind = file_system(root, mounts)
        return os.stat(root).st_dev if kind in _TRUSTED else None
    except OSError:
        return None


def file_system(path: str, mounts: Iterable[str]) -> str:
    """Type of the file system a real path is on; `mounts` is the mountinfo table of proc(5)."""
    longest, kind = "", ""
    for line in mounts:
        mount, _, source = line.partition(" - ")
        point = _unescape(mount.split(" ")[4])
        # The last of several mounts on one point is the one that is seen.
        if len(point) >= len(longest) and is_below(path, point):
            longest, kind = point, source.split(" ")[0]
    return kind


def _unescape(point: str) -> str:
    for escape, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        point = point.replace(escape, character)
    return point


def _read_stamp(path: str, device: int) -> Stamp | None:
    """Stamp of a folder; None if a change of its names could go unseen."""
    try:
        stamp = _stamp(os.stat(path))
    except OSError:
        return None
    is_settled = abs(time.time_ns() - stamp[2]) > _SETTLED_NS
    return stamp if is_settled and stamp[0] == device else None


def _stamp(info: os.stat_result) -> Stamp:
    return info.st_dev, info.st_ino, info.st_ctime_ns


def _with_slash(path: str) -> str:
    return path if path.endswith("/") else path + "/"


def _words(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
