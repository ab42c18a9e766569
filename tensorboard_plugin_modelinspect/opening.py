"""Opening anything: the table of readers, alone in knowing every format.

A new format is one file in `formats/` and one row in `READERS`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    ModelInspectError,
    NotFound,
    UnknownFormat,
)
from tensorboard_plugin_modelinspect.formats import saved_model
from tensorboard_plugin_modelinspect.formats.bundle_index import looks_unfinished
from tensorboard_plugin_modelinspect.formats.checkpoint import (
    OpenBundle,
    open_checkpoint,
    step_in_name,
)
from tensorboard_plugin_modelinspect.formats.checkpoint_state import (
    STATE_FILE,
    locate_prefix,
    read_checkpoint_state,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact, Kind, State
from tensorboard_plugin_modelinspect.sources.base import FileStat, Folder, shown_path
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.sources.walk import Listing, list_folder

FRESH_S = 60.0
"""A file changed less than this ago may still be being written."""
_PARSED_ON_CHECK = 16 << 20
"""A larger SavedModel is parsed when it is opened, not when it is found."""

_INDEX = re.compile(r"(?P<prefix>.+)\.index$", re.DOTALL)
_DATA = re.compile(r"(?P<prefix>.+)\.data-\d{5}-of-\d{5}$", re.DOTALL)
_TEMPORARY = re.compile(r"(?P<prefix>.+)\.(?:data-\d{5}-of-\d{5}|index)\.tempstate\d+$", re.DOTALL)


class Candidate(NamedTuple):
    """An artifact recognised by names alone.

    Attributes:
        kind: Its format.
        name: Empty for the folder itself, else a prefix or file name in it.
        files: Files it was recognised by, relative to the folder; a change in them is a change.
        owns: Sub-folders that are part of it; a search does not enter them.
        watch: Those of `owns` whose files count as its files too.
    """

    kind: Kind
    name: str
    files: Mapping[str, FileStat]
    owns: frozenset[str]
    watch: tuple[str, ...]


class Check(NamedTuple):
    """State of an artifact; `reason` is empty when it is complete."""

    state: State
    reason: str
    step: int | None


class Reader(NamedTuple):
    """A row of `READERS`.

    Attributes:
        kind: What it reads.
        recognise: Candidates in a folder, by names and sizes; reads nothing.
        check: State of a candidate, None if it turns out to be no artifact at all; may raise.
        open: Opens a candidate.
    """

    kind: Kind
    recognise: Callable[[Listing], list[Candidate]]
    check: Callable[[Folder, Candidate, float], Check | None]
    open: Callable[[Folder, Candidate], Artifact]


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
        return _reader(candidate.kind).check(folder, candidate, now_s)
    except NotFound:
        return Check("deleted", "It was deleted while it was being looked at.", None)
    except ModelInspectError as error:
        return Check("broken", error.message, step_in_name(candidate.name))


def open_candidate(folder: Folder, candidate: Candidate) -> Artifact:
    """Open what `recognise` found.

    Raises:
        ModelInspectError: It cannot be opened; the message says why.
    """
    return _reader(candidate.kind).open(folder, candidate)


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
    shown = os.fspath(path)
    named = os.path.expanduser(shown)
    if os.path.isdir(named):
        return _open_folder(named, shown)
    parent, name = os.path.split(named)
    folder = LocalFolder(parent or ".", name=os.path.dirname(shown))
    if name in (saved_model.BINARY, saved_model.TEXT, saved_model.CHUNKED) and os.path.isfile(
        named
    ):
        return saved_model.open_saved_model(
            LocalFolder(parent or ".", name=os.path.dirname(shown) or ".")
        )
    prefix = _prefix_of(name)
    if folder.stat(f"{prefix}.index") is not None:
        return open_checkpoint(folder, prefix)
    if any(_DATA.match(other) and _prefix_of(other) == prefix for other in folder.names()):
        raise _missing_index(folder, prefix)
    if os.path.exists(named):
        raise UnknownFormat(
            f"{shown}: no SavedModel and no checkpoint. Give a SavedModel's folder or a"
            " checkpoint's prefix (its path without .index)."
        )
    raise NotFound(f"{shown}: no such folder, file or checkpoint prefix. Check the path.")


def _open_folder(named: str, shown: str) -> Artifact:
    folder = LocalFolder(named, name=shown.rstrip("/") or shown)
    listing = list_folder(os.path.realpath(named))
    candidates = recognise(listing)
    if any(candidate.kind == "saved_model" for candidate in candidates):
        return saved_model.open_saved_model(folder)
    if folder.stat(STATE_FILE) is not None:
        return open_checkpoint(folder, locate_prefix(folder, read_checkpoint_state(folder).newest))
    if len(candidates) == 1:
        return open_candidate(folder, candidates[0])
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


def _reader(kind: Kind) -> Reader:
    return next(reader for reader in READERS if reader.kind == kind)


def _prefix_of(name: str) -> str:
    """The checkpoint prefix that a file name belongs to; the name itself if it is none."""
    for pattern in (_INDEX, _DATA):
        match = pattern.match(name)
        if match:
            return match["prefix"]
    return name.removesuffix(".meta")


def _is_fresh(candidate: Candidate, now_s: float) -> bool:
    newest = max((stat.mtime_ns for stat in candidate.files.values()), default=0)
    return now_s - newest / 1e9 < FRESH_S


# SavedModels


def _recognise_saved_models(listing: Listing) -> list[Candidate]:
    names = (saved_model.BINARY, saved_model.TEXT, saved_model.CHUNKED)
    if not any(name in listing.files for name in names):
        return []
    files = {
        name: stat
        for name, stat in listing.files.items()
        if name in names or name in (saved_model.FINGERPRINT, "keras_metadata.pb")
    }
    owns = frozenset(saved_model.SUB_FOLDERS).intersection(listing.folders)
    watch = ("variables",) if "variables" in owns else ()
    return [Candidate("saved_model", "", files, owns, watch)]


def _check_saved_model(folder: Folder, candidate: Candidate, now_s: float) -> Check | None:
    needs_variables = True
    has_variables = f"{saved_model.VARIABLES}.index" in candidate.files
    nbytes = max(
        (stat.nbytes for name, stat in candidate.files.items() if name.startswith("saved_model.")),
        default=0,
    )
    if nbytes <= _PARSED_ON_CHECK:
        proto = saved_model.read_saved_model(folder)
        needs_variables = saved_model.needs_variables(proto)
    if has_variables:
        problem = OpenBundle(folder, saved_model.VARIABLES).problem()
        if problem is not None:
            return Check("partial", problem.message, None)
    elif needs_variables:
        return Check("partial", saved_model.missing_variables(folder).message, None)
    return Check("complete", "", None)


def _open_saved_model(folder: Folder, candidate: Candidate) -> Artifact:
    return saved_model.open_saved_model(folder)


# Checkpoints


def _recognise_checkpoints(listing: Listing) -> list[Candidate]:
    folder_name = listing.relpath.rsplit("/", 1)[-1]
    if folder_name.endswith("_temp") or folder_name.startswith("workertemp_"):
        return []
    found: dict[str, dict[str, FileStat]] = {}
    for name, stat in listing.files.items():
        if name.endswith(".index") or ".data-" in name or ".tempstate" in name:
            for pattern in (_INDEX, _DATA, _TEMPORARY):
                match = pattern.match(name)
                if match:
                    found.setdefault(match["prefix"], {})[name] = stat
                    break
    temporary = {name.removesuffix("_temp") for name in listing.folders if name.endswith("_temp")}
    candidates = []
    for prefix in sorted(found.keys() | temporary):
        files = found.get(prefix, {})
        meta = listing.files.get(f"{prefix}.meta")
        if meta is not None:
            files[f"{prefix}.meta"] = meta
        parts = (f"{prefix}_temp",) if prefix in temporary else ()
        candidates.append(Candidate("checkpoint", prefix, files, frozenset(parts), parts))
    return candidates


def _check_checkpoint(folder: Folder, candidate: Candidate, now_s: float) -> Check | None:
    prefix = candidate.name
    is_fresh = _is_fresh(candidate, now_s)
    # Files in the sub-folder of an interrupted save are no use without the merge that failed.
    has_data = any(_DATA.match(name) for name in candidate.files if "/" not in name)
    index = candidate.files.get(f"{prefix}.index")
    step = step_in_name(prefix)
    if index is None:
        if is_fresh:
            return Check(
                "writing", "Being written: it has no index file yet. Reload in a moment.", step
            )
        return Check("partial", _missing_index(folder, prefix).message, step) if has_data else None
    try:
        bundle = OpenBundle(folder, prefix)
    except FormatError:
        if is_fresh and looks_unfinished(folder.open(f"{prefix}.index")):
            reason = f"Being written: {prefix}.index is not whole yet. Reload in a moment."
            return Check("writing", reason, step)
        raise
    problem = bundle.problem()
    if problem is not None:
        return Check("partial", problem.message, bundle.read_step())
    return Check("complete", "", bundle.read_step())


def _open_checkpoint(folder: Folder, candidate: Candidate) -> Artifact:
    if f"{candidate.name}.index" not in candidate.files:
        raise _missing_index(folder, candidate.name)
    return open_checkpoint(folder, candidate.name)


def _missing_index(folder: Folder, prefix: str) -> FormatError:
    return FormatError(
        path=shown_path(folder.name, f"{prefix}.index"),
        expected="the index of the data files beside it",
        found="no such file",
        next_step="Copy it too; without it the data cannot be read.",
    )


READERS: tuple[Reader, ...] = (
    Reader("saved_model", _recognise_saved_models, _check_saved_model, _open_saved_model),
    Reader("checkpoint", _recognise_checkpoints, _check_checkpoint, _open_checkpoint),
)
