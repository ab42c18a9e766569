"""Candidates: which files they are made of, and what state they are in."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping

from tensorboard_plugin_modelinspect.discovery.names import join_path
from tensorboard_plugin_modelinspect.errors import PathEscape
from tensorboard_plugin_modelinspect.opening import Candidate, Check, check_artifact, recognise
from tensorboard_plugin_modelinspect.sources.base import Folder
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.sources.walk import Listing, list_folder

_logger = logging.getLogger(__name__)

_TRIES = 3
"""How often a candidate is checked when its files change meanwhile."""


def check_candidate(
    root: LocalFolder, listing: Listing, candidate: Candidate
) -> tuple[Candidate, Check] | None:
    """Check what a listing holds; again, as it is then, if its files change meanwhile.

    Args:
        root: The root's real folder.
        listing: A folder below it, that holds the candidate.

    Returns:
        The candidate as it was checked, and its state; None if it is gone, or no artifact.

    Cost: reads headers and indexes.
    """
    try:
        folder = _open_below(root, listing.relpath)
        for tries_left in reversed(range(_TRIES)):
            check = _check_once(folder, candidate)
            if not tries_left or _is_final(check, folder, candidate):
                return None if check is None else (candidate, check)
            current = _look_again(root.path, listing, candidate)
            if current is None:
                return None
            candidate = current
    except PathEscape:
        pass  # replaced by a link since it was listed
    return None


def _is_final(check: Check | None, folder: Folder, candidate: Candidate) -> bool:
    """Whether the check says what the candidate's files say: not, if they changed meanwhile."""
    if check is not None and check.state == "complete":
        return True
    return all(folder.stat(name) == stat for name, stat in candidate.files.items())


def _open_below(root: LocalFolder, relpath: str) -> LocalFolder:
    if not relpath:
        return root
    shown = relpath if root.name == "." else f"{root.name}/{relpath}"
    return root.below(relpath, shown=shown)


def _check_once(folder: Folder, candidate: Candidate) -> Check | None:
    try:
        return check_artifact(folder, candidate, now_s=time.time())
    except Exception as error:  # one file that a reader cannot bear must not hide all others
        _logger.exception("Model Inspect could not check %r in %r", candidate.name, folder.name)
        kind = type(error).__name__
        reason = f"It could not be checked ({kind}: {error}). Please report this as a bug."
        return Check("broken", reason, None)


def _look_again(root: str, listing: Listing, candidate: Candidate) -> Candidate | None:
    """The candidate as its files are now; None if it is gone."""
    again = list_folder(listing.path, listing.relpath, root=root)
    for one in recognise(again):
        if (one.kind, one.name) == (candidate.kind, candidate.name):
            places = {name: locate_below(again, name) for name in one.watch}
            watched = {
                name: list_folder(path, relpath, root=root)
                for name, (path, relpath) in places.items()
            }
            return complete_candidate(one, watched)
    return None


def locate_below(listing: Listing, name: str) -> tuple[str, str]:
    """Path and relpath of a sub-folder."""
    return os.path.join(listing.path, name), join_path(listing.relpath, name)


def complete_candidate(candidate: Candidate, watched: Mapping[str, Listing]) -> Candidate:
    """The candidate with the files of the sub-folders that it watches."""
    if not candidate.watch:
        return candidate
    files = dict(candidate.files)
    for name in candidate.watch:
        files.update((f"{name}/{file}", stat) for file, stat in watched[name].files.items())
    return candidate._replace(files=files)
