"""What can be verified around a checkpoint: leftovers of saves, and the state file beside it."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence

from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.bundle_checks import plan_bundle
from tensorboard_plugin_modelinspect.formats.checkpoint_state import (
    STATE_FILE,
    CheckpointState,
    is_there,
    read_checkpoint_state,
)
from tensorboard_plugin_modelinspect.formats.reader import Candidate
from tensorboard_plugin_modelinspect.model.integrity import Finding, Step, fact
from tensorboard_plugin_modelinspect.sources.base import Folder, shown_path

_LEFTOVER = re.compile(
    r"_temp|(\.data-\d{5}-of-\d{5}|\.index|-\d{5}-of-\d{5})?\.tempstate\d+|\.part\S*"
)
"""What interrupted saves leave, behind the prefix (save_restore_v2_ops.cc, BundleWriter; of format
V1 TensorSliceWriter)."""
_MOST_NAMED = 3
"""Names in one sentence; of more it says how many."""


def plan_checkpoint(folder: Folder, candidate: Candidate) -> list[Step]:
    """The steps for a checkpoint."""
    return [*plan_bundle(folder, candidate.name), *plan_around(folder, candidate.name)]


def plan_around(folder: Folder, prefix: str) -> list[Step]:
    """The steps for what lies beside a checkpoint of either format."""
    steps = [plan_leftovers(folder, prefix)]
    if folder.stat(STATE_FILE) is not None:
        steps.append(Step("state_file", "State file", 1, "file", 0, lambda: _iter_state(folder)))
    return steps


def plan_leftovers(folder: Folder, prefix: str) -> Step:
    """The step that looks for what interrupted saves left beside a bundle."""
    below, _, base = prefix.rpartition("/")
    names = [name for name in folder.names(below) if name.startswith(base)]
    left = [name for name in names if _LEFTOVER.fullmatch(name, len(base))]

    def run() -> Iterator[int | Finding]:
        if left:
            shown = shown_path(folder.name, below) if below else folder.name
            text = f"an interrupted save left {_listing(left)}"
            yield fact(shown, text, "Delete it once no save is under way.")

    return Step("leftovers", "Leftovers", len(names), "file", 0, run)


def _iter_state(folder: Folder) -> Iterator[int | Finding]:
    """What TensorFlow would be led astray by; none of it harms the checkpoint itself."""
    path = shown_path(folder.name, STATE_FILE)
    try:
        state = read_checkpoint_state(folder)
    except FormatError as error:
        yield fact(path, error.fact, "Name a checkpoint itself to restore it, not the folder.")
        return
    stored = list(dict.fromkeys((state.newest, *state.all)))
    yield from _stale_paths(folder, path, stored)
    yield from _missing_checkpoints(folder, path, state)


def _stale_paths(folder: Folder, path: str, stored: Sequence[str]) -> Iterator[Finding]:
    """TF1 stores absolute paths, and TensorFlow follows them wherever the file is now."""
    here = {os.path.abspath(folder.path), os.path.realpath(folder.path)} if folder.path else set()
    stale = [
        name
        for name in stored
        if name.startswith("/") and posixpath.normpath(posixpath.dirname(name)) not in here
    ]
    if stale:
        yield fact(
            path,
            f"names checkpoints of another folder, and TensorFlow looks there: {_listing(stale)}",
            "Correct the paths in it, or name a checkpoint itself to restore it.",
        )


def _missing_checkpoints(folder: Folder, path: str, state: CheckpointState) -> Iterator[Finding]:
    names = dict.fromkeys(posixpath.basename(name) for name in (state.newest, *state.all))
    missing = [name for name in names if name and not _is_there(folder, name)]
    if missing:
        yield fact(path, f"names checkpoints that are not in this folder: {_listing(missing)}")


def _is_there(folder: Folder, prefix: str) -> bool:
    """Whether a checkpoint of either format lies in the folder."""
    if prefix in (".", ".."):
        return False
    return is_there(folder, prefix)


def _listing(names: Sequence[str]) -> str:
    text = ", ".join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{text} and {more:,} more" if more > 0 else text
