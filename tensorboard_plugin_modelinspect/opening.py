"""Opening anything: the table of readers, alone in knowing every format.

A new format is one file in `formats/` and one row in `READERS`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from tensorboard_plugin_modelinspect.errors import (
    ModelInspectError,
    NotFound,
    UnknownFormat,
)
from tensorboard_plugin_modelinspect.formats import (
    checkpoint,
    checkpoint_v1,
    description,
    graph_def,
    meta_file,
    saved_model,
)
from tensorboard_plugin_modelinspect.formats.checkpoint_state import (
    STATE_FILE,
    locate_prefix,
    read_checkpoint_state,
)
from tensorboard_plugin_modelinspect.formats.keras.recognising import HDF5_READER, KERAS_READER
from tensorboard_plugin_modelinspect.formats.naming import step_in_name
from tensorboard_plugin_modelinspect.formats.reader import Candidate, Check, Reader
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.sources.base import Folder
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.sources.walk import Listing, list_folder

__all__ = [
    "READERS",
    "Candidate",
    "Check",
    "Located",
    "check_artifact",
    "list_tensors",
    "locate_artifact",
    "open_artifact",
    "open_candidate",
    "recognise",
]

READERS: tuple[Reader, ...] = (
    saved_model.READER,
    KERAS_READER,
    checkpoint.READER,
    checkpoint_v1.READER,
    meta_file.READER,
    description.READER,
    graph_def.READER,
    HDF5_READER,
)
"""In the order in which they claim a file; those that look into it come last."""

_MOST_COMPARED = 1000
"""Names of a folder that are compared with one that is not there."""


class Located(NamedTuple):
    """Where an artifact is that a person named."""

    folder: Folder
    candidate: Candidate


def recognise(listing: Listing) -> list[Candidate]:
    """Artifacts of a folder by name: every reader is asked. Cost: no I/O."""
    return [candidate for reader in READERS for candidate in reader.recognise(listing)]


def check_artifact(folder: Folder, candidate: Candidate, *, now_s: float) -> Check | None:
    """State of a candidate; None if there is nothing to list (leftovers of a save).

    Args:
        folder: The candidate's folder.
        candidate: What `recognise` found, `files` completed with those of `watch` folders.
        now_s: Seconds since 1970; files younger than `FRESH_S` may be being written.

    Errors of the files become states; none escapes. Cost: index and, below 16 MB, protobuf.
    """
    try:
        return _reader(candidate).check(folder, candidate, now_s)
    except NotFound:
        return Check("deleted", "It was deleted while it was being looked at.", None)
    except ModelInspectError as error:
        return Check("broken", error.message, step_in_name(candidate.name))


def open_candidate(folder: Folder, candidate: Candidate) -> Artifact:
    """Open what `recognise` found.

    Raises:
        ModelInspectError: It cannot be opened; the message says why.
    """
    return _reader(candidate).open(folder, candidate)


def list_tensors(folder: Folder, candidate: Candidate) -> Mapping[str, Tensor]:
    """The tensors of what `recognise` found; what they are called and for may be left out.

    Raises:
        ModelInspectError: It cannot be opened; the message says why.
    """
    reader = _reader(candidate)
    if reader.list is not None:
        return reader.list(folder, candidate)
    return reader.open(folder, candidate).tensors


def open_artifact(path: str | os.PathLike[str]) -> Artifact:
    """Open an artifact that a person names.

    Args:
        path: A SavedModel's folder or its `saved_model.pb`; a checkpoint's prefix or one of its
            files; a folder with one artifact, or with a `checkpoint` file (then its newest one).

    Raises:
        NotFound: Nothing of that name.
        UnknownFormat: No reader recognises it, or the folder holds several artifacts.
        FormatError: It is damaged.

    Cost: reads an index or a protobuf, no weights.
    """
    return open_candidate(*locate_artifact(path))


def locate_artifact(path: str | os.PathLike[str]) -> Located:
    """Find the artifact that a person names, without opening it; see `open_artifact`."""
    shown = os.fspath(path)
    named = os.path.expanduser(shown)
    if os.path.isdir(named):
        return _locate_in_folder(named, shown)
    parent, name = os.path.split(named)
    folder = LocalFolder(parent or ".", name=os.path.dirname(shown))
    candidate = _claim(folder, name)
    if candidate is not None:
        if candidate.name == "":  # it is called by its folder
            folder = LocalFolder(parent or ".", name=os.path.dirname(shown) or ".")
        return Located(folder, candidate)
    if os.path.exists(named):
        raise UnknownFormat(
            f"{shown}: no SavedModel and no checkpoint. Give a SavedModel's folder or a"
            " checkpoint's prefix (its path without .index)."
        )
    nearest = _nearest(parent, name)
    advice = f"Did you mean {os.path.join(os.path.dirname(shown), nearest)}?" if nearest else ""
    raise NotFound(
        f"{shown}: no such folder, file or checkpoint prefix. {advice or 'Check the path.'}"
    )


def _nearest(parent: str, name: str) -> str:
    """The artifact of a folder that was meant by a name that is not there; empty if none was.

    Most often a checkpoint was named without its step: then it is the newest of that name.
    """
    import difflib

    if not name or len(name) > 255 or "\0" in parent or not os.path.isdir(parent or "."):
        return ""
    names = [one.name for one in recognise(list_folder(os.path.realpath(parent or ".")))]
    longer = [one for one in names if one.startswith(name)]
    if longer:
        return max(longer, key=lambda one: step_in_name(one) or 0)
    return "".join(difflib.get_close_matches(name, names[:_MOST_COMPARED], 1))


def _locate_in_folder(named: str, shown: str) -> Located:
    folder = LocalFolder(named, name=shown.rstrip("/") or shown)
    candidates = recognise(list_folder(os.path.realpath(named)))
    for candidate in candidates:
        if candidate.name == "":
            return Located(folder, _watched(folder, candidate))
    if folder.stat(STATE_FILE) is not None:
        prefix = locate_prefix(folder, read_checkpoint_state(folder).newest)
        newest = _claim(folder, prefix)
        if newest is None:
            raise UnknownFormat(f"{shown}: the file `checkpoint` names {prefix}: no checkpoint.")
        return Located(folder, newest)
    candidates = [one for one in candidates if _reader(one).claim(folder, one.name) is not None]
    if len(candidates) == 1:
        return Located(folder, _watched(folder, candidates[0]))
    if candidates:
        names = ", ".join(candidate.name for candidate in candidates[:5])
        more = f" and {len(candidates) - 5} more" if len(candidates) > 5 else ""
        raise UnknownFormat(
            f"{shown}: holds {len(candidates)} artifacts ({names}{more}). Name one of them."
        )
    raise UnknownFormat(
        f"{shown}: no SavedModel and no checkpoint in this folder itself. `modelinspect ls` lists"
        " what is below it."
    )


def _claim(folder: LocalFolder, name: str) -> Candidate | None:
    """What the first reader makes of a name in a folder; None if none claims it."""
    for reader in READERS if name else ():
        candidate = reader.claim(folder, name)
        if candidate is not None:
            return _watched(folder, candidate)
    return None


def _watched(folder: LocalFolder, candidate: Candidate) -> Candidate:
    """The candidate with the files of the sub-folders that it watches."""
    files = dict(candidate.files)
    for name in candidate.watch:
        listing = list_folder(os.path.join(folder.path, name))
        files.update((f"{name}/{file}", stat) for file, stat in listing.files.items())
    return candidate._replace(files=files)


def _reader(candidate: Candidate) -> Reader:
    return next(reader for reader in READERS if reader.format == candidate.format)
