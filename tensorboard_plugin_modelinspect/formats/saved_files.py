"""Files of a SavedModel's folder: assets, also nested ones, and those that are named but missing.

tensorflow/python/saved_model/path_helpers.py has the names of the folders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tensorboard_plugin_modelinspect.errors import FormatError, PathEscape, shortened
from tensorboard_plugin_modelinspect.model.artifact import FileInfo, MetaGraph
from tensorboard_plugin_modelinspect.sources.base import Folder, shown_path

SUB_FOLDERS = ("variables", "assets", "assets.extra", "debug")
_MOST_LISTED = 1000
"""Names looked at in all folders together."""
_DEEPEST = 8
_READ_AT_LOAD = frozenset({"InitializeTableFromTextFile", "InitializeTableFromTextFileV2"})
"""Ops that read an asset when a model is loaded; others do when they are called, if ever."""


def list_files(folder: Folder) -> list[FileInfo]:
    """Files of the folder and of those that belong to it, variables left out."""
    tops = folder.names()
    below = [name for name in SUB_FOLDERS[1:] if name in tops]
    names = [*(name for name in tops if name not in SUB_FOLDERS), *_iter_names(folder, below)]
    files = []
    for name in names[:_MOST_LISTED]:
        nbytes = _nbytes(folder, name)
        if nbytes is not None:
            files.append(FileInfo(name, nbytes))
    return files


def _iter_names(folder: Folder, places: list[str]) -> Iterator[str]:
    """Names of all that is in folders, and in theirs; bounded in depth and number."""
    looked_at = 0
    for _ in range(_DEEPEST):
        inside = []
        for place in places:
            if looked_at >= _MOST_LISTED:
                return
            names = [f"{place}/{name}" for name in _names(folder, place)]
            looked_at += 1 + len(names)
            inside += names
            yield from names
        places = inside


def _names(folder: Folder, place: str) -> tuple[str, ...]:
    """Names in a folder; none if it is a file, or leads outside."""
    try:
        return folder.names(place)
    except FormatError:
        return ()


def _nbytes(folder: Folder, name: str) -> int | None:
    """Size of a file; None if it is none, or a link that leads outside: then it is no part."""
    try:
        stat = folder.stat(name)
    except FormatError:
        return None
    return None if stat is None else stat.nbytes


def _leads_outside(folder: Folder, name: str) -> bool:
    try:
        folder.stat(name)
    except PathEscape:
        return True
    return False


def missing_assets(folder: Folder, graphs: Iterable[MetaGraph]) -> list[FileInfo]:
    """Files that MetaGraphs name as their assets and that are not there, each once."""
    names = dict.fromkeys(f"assets/{name}" for graph in graphs for name, _ in graph.assets if name)
    files = (FileInfo(name, None) for name in list(names)[:_MOST_LISTED])
    return [file for file in files if _nbytes(folder, file.name) is None]


def missing_asset(folder: Folder, name: str, *, is_needed: bool) -> FormatError:
    """What is said of an asset that is not there.

    Args:
        folder: The SavedModel's.
        name: Path of the asset in it.
        is_needed: Whether a table is filled from files when the model is loaded.
    """
    if _leads_outside(folder, name):
        return FormatError(
            path=folder.name,
            field=f'asset "{name.removeprefix("assets/")}"',
            expected="a file below `assets`",
            found="a name that leads outside; it was not looked for",
            next_step="TensorFlow would read that file: do not load a model you do not trust.",
        )
    loads = "TensorFlow cannot load the model without it." if is_needed else "It may be read."
    return FormatError(
        path=shown_path(folder.name, shortened(name)),
        expected="an asset that the graph names",
        found="no such file",
        next_step=f"Copy the folder `assets` too. {loads}",
    )


def reads_assets_at_load(graphs: Iterable[MetaGraph]) -> bool:
    """Whether loading fills tables from files. It fails where these are missing."""
    return any(not _READ_AT_LOAD.isdisjoint(graph.ops) for graph in graphs)
