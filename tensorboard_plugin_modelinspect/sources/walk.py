"""A bounded, cycle-safe walk over folders with `os.scandir`: what a search for artifacts sees."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tensorboard_plugin_modelinspect.sources.base import FileStat
from tensorboard_plugin_modelinspect.sources.local import is_below


@dataclass(frozen=True, slots=True)
class WalkLimits:
    """Where a walk stops, so that a wrong logdir (`/`, a home folder) cannot hang anything."""

    depth: int = 32
    folders: int = 200_000
    entries: int = 2_000_000
    seconds: float = 120.0


class Listing(NamedTuple):
    """One folder.

    Attributes:
        path: Real path.
        relpath: Below the root, with `/`; empty for the root itself.
        files: Regular files (links resolved) by name.
        folders: Names of sub-folders, sorted.
        problem: Why it, or a part of it, could not be read; empty if all is well.
    """

    path: str
    relpath: str
    files: dict[str, FileStat]
    folders: tuple[str, ...]
    problem: str = ""


class WalkResult(NamedTuple):
    """How a walk ended: folders seen, and the limit that cut it short or an empty string."""

    folders: int
    cut_short: str


def walk_folders(
    root: str,
    *,
    limits: WalkLimits,
    skip: Callable[[Listing], frozenset[str]],
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Listing | WalkResult]:
    """Yield a listing per folder, nearest first, then one `WalkResult`.

    Args:
        root: Folder to start at.
        limits: Where to stop.
        skip: Names of sub-folders of a listing not to enter (an artifact owns them).
        cancelled: Asked between folders.

    Links to folders are followed only below the root, and each real folder is listed once.
    Cost: one scandir per folder and one stat per file; nothing is opened.
    """
    real_root = os.path.realpath(root)
    queue: deque[tuple[str, str, int]] = deque([(real_root, "", 0)])
    seen: set[tuple[int, int]] = set()
    deadline = time.monotonic() + limits.seconds
    folders = entries = 0
    while queue:
        path, relpath, depth = queue.popleft()
        cut = _limit_hit(folders, entries, limits, deadline, cancelled)
        if cut:
            yield WalkResult(folders, cut)
            return
        listing = list_folder(path, relpath, real_root, seen)
        if listing is None:
            continue
        folders += 1
        entries += len(listing.files) + len(listing.folders)
        yield listing
        if depth < limits.depth:
            hidden = skip(listing)
            for name in listing.folders:
                if name not in hidden:
                    queue.append(
                        (os.path.join(path, name), f"{relpath}/{name}" if relpath else name, depth + 1)
                    )
    yield WalkResult(folders, "")


def _limit_hit(
    folders: int, entries: int, limits: WalkLimits, deadline: float, cancelled: Callable[[], bool]
) -> str:
    if cancelled():
        return "stopped"
    if folders >= limits.folders:
        return f"stopped after {limits.folders:,} folders"
    if entries >= limits.entries:
        return f"stopped after {limits.entries:,} files"
    if time.monotonic() > deadline:
        return f"stopped after {limits.seconds:g} s"
    return ""


def list_folder(
    path: str, relpath: str, real_root: str, seen: set[tuple[int, int]]
) -> Listing | None:
    """List one folder; None if it was listed before or its link leads outside the root.

    Args:
        path: The folder.
        relpath: What it is called below the root.
        real_root: Real path that links must stay below.
        seen: `(device, inode)` of the folders listed so far; this one is added.
    """
    try:
        info = os.stat(path)
    except OSError as error:
        return Listing(path, relpath, {}, (), _words(error))
    identity = (info.st_dev, info.st_ino)
    if identity in seen:
        return None
    seen.add(identity)
    files: dict[str, FileStat] = {}
    folders: list[str] = []
    problem = ""
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                problem = _add_entry(entry, files, folders, real_root) or problem
    except OSError as error:
        problem = _words(error)
    folders.sort()
    return Listing(path, relpath, files, tuple(folders), problem)


def _add_entry(
    entry: os.DirEntry[str], files: dict[str, FileStat], folders: list[str], real_root: str
) -> str:
    """Sort one entry into files or folders; returns what is wrong with it, if anything."""
    try:
        if entry.is_symlink() and not is_below(os.path.realpath(entry.path), real_root):
            return f"{entry.name} is a link that leads outside the logdir; it is not followed"
        if entry.is_dir():
            folders.append(entry.name)
        elif entry.is_file():
            info = entry.stat()
            files[entry.name] = FileStat(info.st_size, info.st_mtime_ns, info.st_ino)
    except OSError:
        return ""  # gone between listing and stat: as if it had never been there
    return ""


def _words(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
