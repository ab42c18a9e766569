"""Keras' own files: HDF5 by itself, in shards, in `.keras` archives and folders."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    ModelInspectError,
    PathEscape,
)
from tensorboard_plugin_modelinspect.formats.hdf5.file import RECENT
from tensorboard_plugin_modelinspect.formats.hdf5.values import HdfValues
from tensorboard_plugin_modelinspect.formats.keras.archive import Archive, looks_like_archive
from tensorboard_plugin_modelinspect.formats.keras.layer_graphs import layer_graphs
from tensorboard_plugin_modelinspect.formats.keras.opened import Opened
from tensorboard_plugin_modelinspect.formats.keras.recognising import (
    ASSETS,
    CONFIG,
    FOLDER_FILES,
    METADATA,
    SHARDED,
    WEIGHTS,
    step_of,
)
from tensorboard_plugin_modelinspect.formats.keras.sharded import add_shards
from tensorboard_plugin_modelinspect.formats.reader import Candidate, Check
from tensorboard_plugin_modelinspect.model.artifact import Artifact, Document, FileInfo
from tensorboard_plugin_modelinspect.sources.base import ByteSource, FileStat, Folder, shown_path

NUMPY_WEIGHTS = "model.weights.npz"
_LARGEST_TEXT = 64 << 20
_LARGEST_ASSET = 1 << 20
_MOST_FILES, _DEEPEST = 1000, 20
_MOST_ASSETS = 64
"""Assets shown as text: vocabularies. All others are counted."""


def read_file(folder: Folder, name: str) -> Opened:
    """Read a file by what is in it: an archive or HDF5, whatever it is called.

    Raises:
        NotFound: No such file.
        FormatError: It is damaged.
        Unsupported: It is of a kind that cannot be read.

    Cost: reads the structure and the texts, no weights.
    """
    stat = folder.stat(name)
    source = folder.open(name)
    opened = Opened(source.name, files=[name])
    if name.endswith(SHARDED):
        opened.files += add_shards(opened, folder, name, source)
        opened.form = f"{opened.format}, sharded"
    elif looks_like_archive(source):
        _add_archive(opened, source, stat)
    else:
        _add_hdf5(opened, source, stat)
    return opened


def read_folder(folder: Folder) -> Opened:
    """Read the unzipped form, which Keras writes with `zipped=False`; raises as `read_file`."""
    opened = Opened(shown_path(folder.name, CONFIG), files=list(FOLDER_FILES), form="Keras folder")
    for name in (CONFIG, METADATA):
        opened.documents.append(Document(name, _read_text(folder, name)))
    assets = dict(itertools.islice(_iter_files(folder, ASSETS), _MOST_FILES))
    opened.files += assets
    for name, stat in itertools.islice(assets.items(), _MOST_ASSETS):
        if stat.nbytes <= _LARGEST_ASSET:
            opened.documents.append(Document(name, _read_text(folder, name)))
    _add_hdf5(opened, folder.open(WEIGHTS), folder.stat(WEIGHTS))
    return opened


def _iter_files(folder: Folder, below: str, depth: int = 0) -> Iterator[tuple[str, FileStat]]:
    """Files below a sub-folder, by path; assets lie in folders as their layers do."""
    try:
        stats = {f"{below}/{name}": folder.stat(f"{below}/{name}") for name in folder.names(below)}
    except PathEscape:
        return  # what lies outside is no part of the model
    for path, stat in stats.items():
        if stat is not None:
            yield path, stat
        elif depth < _DEEPEST:
            yield from _iter_files(folder, path, depth + 1)


def _add_hdf5(opened: Opened, source: ByteSource, stat: FileStat | None) -> None:
    file = RECENT.read(source, stat)
    opened.add_file(file, HdfValues(source, file))


def _add_archive(opened: Opened, source: ByteSource, stat: FileStat | None) -> None:
    """Add the members of an archive."""
    archive = Archive(source)
    opened.form = "Keras archive"
    opened.notes += archive.notes
    if CONFIG not in archive.members:
        raise FormatError(
            path=source.name,
            expected=f"a Keras archive with {CONFIG}",
            found=f"a zip archive of {len(archive.members)} other files",
        )
    for name in (CONFIG, METADATA):
        if name in archive.members:
            opened.documents.append(Document(name, archive.read_text(name)))
    _add_assets(opened, archive)
    if WEIGHTS in archive.members:
        _add_hdf5(opened, archive.open(WEIGHTS), stat)
    elif NUMPY_WEIGHTS in archive.members:
        opened.notes.append(f"{source.name}/{NUMPY_WEIGHTS}: weights in this form are not read.")
    else:
        opened.problems.append(f"{source.name}: there are no weights in it.")


def _add_assets(opened: Opened, archive: Archive) -> None:
    known = (CONFIG, METADATA, WEIGHTS, NUMPY_WEIGHTS)
    names = [name for name in archive.members if name not in known]
    for number, name in enumerate(names):
        if number < _MOST_ASSETS and archive.members[name].file_size <= _LARGEST_ASSET:
            try:
                opened.documents.append(Document(name, archive.read_text(name)))
            except ModelInspectError as error:
                opened.notes.append(error.message)


def _read_text(folder: Folder, name: str) -> str:
    source = folder.open(name)
    try:
        if source.nbytes > _LARGEST_TEXT:
            raise LimitExceeded(
                path=source.name,
                expected=f"at most {_LARGEST_TEXT:,} bytes",
                found=f"{source.nbytes:,}",
            )
        return source.read(0, source.nbytes).decode("utf-8", "surrogateescape")
    finally:
        source.close()


def check_keras(folder: Folder, candidate: Candidate, now_s: float) -> Check:
    """State of a file or folder: it opens, is too fresh to, or raises."""
    name = candidate.name
    step = step_of(name)
    try:
        opened = _read(folder, candidate)
        opened.name_tensors()
    except FormatError:
        if not candidate.is_fresh(now_s):
            raise
        reason = f"Being written: {name or WEIGHTS} is not whole yet. Reload in a moment."
        return Check("writing", reason, step)
    if opened.problems:
        return Check("partial", opened.problems[0], step)
    return Check("complete", "", step)


def _read(folder: Folder, candidate: Candidate) -> Opened:
    return read_file(folder, candidate.name) if candidate.name else read_folder(folder)


def open_keras(folder: Folder, candidate: Candidate) -> Artifact:
    """Open a file or folder; raises as `read_file`."""
    opened = _read(folder, candidate)
    tensors = opened.name_tensors()
    stats = {name: folder.stat(name) for name in opened.files}
    return Artifact(
        path=shown_path(folder.name, candidate.name) if candidate.name else folder.name,
        kind=candidate.kind,
        files=tuple(FileInfo(name, stat and stat.nbytes) for name, stat in stats.items()),
        tensors=tensors,
        step=step_of(candidate.name),
        notes=(*opened.problems, *opened.notes),
        format=opened.form or opened.format,
        documents=tuple(opened.documents),
        layers=opened.layers(),
        model_layers=opened.model_layers(),
        graphs=layer_graphs(opened.documents),
    )
