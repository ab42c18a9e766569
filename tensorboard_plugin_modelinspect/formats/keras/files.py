"""The readers of Keras' own files: HDF5 by itself, in shards, in `.keras` archives and folders."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    ModelInspectError,
    PathEscape,
)
from tensorboard_plugin_modelinspect.formats.hdf5.file import RECENT
from tensorboard_plugin_modelinspect.formats.hdf5.superblock import find_superblock
from tensorboard_plugin_modelinspect.formats.hdf5.values import HdfValues
from tensorboard_plugin_modelinspect.formats.keras.archive import Archive, looks_like_archive
from tensorboard_plugin_modelinspect.formats.keras.opened import Opened
from tensorboard_plugin_modelinspect.formats.keras.sharded import SHARDED, add_shards, shards_of
from tensorboard_plugin_modelinspect.formats.naming import step_in_name
from tensorboard_plugin_modelinspect.formats.reader import Candidate, Check, Reader
from tensorboard_plugin_modelinspect.model.artifact import Artifact, Document, FileInfo
from tensorboard_plugin_modelinspect.sources.base import ByteSource, FileStat, Folder, shown_path
from tensorboard_plugin_modelinspect.sources.walk import Listing

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
NUMPY_WEIGHTS = "model.weights.npz"
ASSETS = "assets"
_FOLDER = (CONFIG, METADATA, WEIGHTS)
_LARGEST_TEXT = 64 << 20
_LARGEST_ASSET = 1 << 20
_MOST_FILES, _DEEPEST = 1000, 20
_MOST_ASSETS = 64
"""Assets shown as text: vocabularies. All others are counted."""
_METRIC = re.compile(r"[-_.=]?[0-9]+\.[0-9]+\Z")
_WORD = re.compile(r"[-_.][A-Za-z_]+\Z")
_ENDING = re.compile(r"(\.weights)?\.(h5|hdf5|keras|json)\Z", re.IGNORECASE)


def step_of(name: str) -> int | None:
    """The number a file is saved under: 5 for `epoch-05-val_loss-0.12.keras`, else None.

    `ModelCheckpoint` fills in an epoch, and often a metric behind it.
    """
    stem = _ENDING.sub("", name)
    without_metric = _METRIC.sub("", stem)
    if without_metric != stem:
        stem = _WORD.sub("", without_metric)
    return step_in_name(stem)


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
    opened = Opened(shown_path(folder.name, CONFIG), files=list(_FOLDER), form="Keras folder")
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


def _recognise_hdf5(listing: Listing) -> list[Candidate]:
    is_folder = all(name in listing.files for name in _FOLDER)
    owned = {WEIGHTS} if is_folder else set()
    shards = {
        shard
        for name in listing.files
        if name.endswith(SHARDED)
        for shard in shards_of(name, listing.files)
    }
    candidates = []
    for name, stat in listing.files.items():
        if name.endswith(SHARDED):
            files = {one: listing.files[one] for one in shards_of(name, listing.files)}
            candidates.append(Candidate("hdf5", "h5", name, {name: stat, **files}))
        elif _may_be_hdf5(name, listing) and name not in shards and name not in owned:
            candidates.append(Candidate("hdf5", "h5", name, {name: stat}))
    return candidates


def _may_be_hdf5(name: str, listing: Listing) -> bool:
    """Whether to look into a file: by its ending, or because Keras users call weights `.ckpt`."""
    lower = name.lower()
    if lower.endswith((".h5", ".hdf5")):
        return True
    return lower.endswith(".ckpt") and f"{name}.index" not in listing.files


def _claim_hdf5(folder: Folder, name: str) -> Candidate | None:
    stat = folder.stat(name)
    if stat is None:
        return None
    if name.endswith(SHARDED):
        names = folder.names()
        stats = {one: folder.stat(one) for one in shards_of(name, names)}
        files = {one: stat for one, stat in stats.items() if stat is not None}
        return Candidate("hdf5", "h5", name, {name: stat, **files})
    if not name.lower().endswith((".h5", ".hdf5")) and not _is_hdf5(folder, name):
        return None
    return Candidate("hdf5", "h5", name, {name: stat})


def _is_hdf5(folder: Folder, name: str) -> bool:
    source = folder.open(name)
    try:
        return find_superblock(source) is not None
    finally:
        source.close()


def _check_hdf5(folder: Folder, candidate: Candidate, now_s: float) -> Check | None:
    name = candidate.name
    if name.lower().endswith(".ckpt") and not _is_hdf5(folder, name):
        return None
    return _check(folder, candidate, now_s)


def _check(folder: Folder, candidate: Candidate, now_s: float) -> Check:
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


def _open(folder: Folder, candidate: Candidate) -> Artifact:
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
    )


def _recognise_keras(listing: Listing) -> list[Candidate]:
    candidates = [
        Candidate("keras", "keras", name, {name: stat})
        for name, stat in listing.files.items()
        if name.lower().endswith(".keras")
    ]
    if all(name in listing.files for name in _FOLDER):
        files = {name: listing.files[name] for name in _FOLDER}
        owns = frozenset({ASSETS}).intersection(listing.folders)
        candidates.append(Candidate("keras", "keras", "", files, owns))
    return candidates


def _claim_keras(folder: Folder, name: str) -> Candidate | None:
    stat = folder.stat(name)
    if stat is None or not name.lower().endswith(".keras"):
        return None
    return Candidate("keras", "keras", name, {name: stat})


HDF5_READER = Reader("hdf5", _recognise_hdf5, _claim_hdf5, _check_hdf5, _open)
KERAS_READER = Reader("keras", _recognise_keras, _claim_keras, _check, _open)
