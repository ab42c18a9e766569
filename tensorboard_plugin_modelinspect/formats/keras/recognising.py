"""The readers of Keras' own files, and how such files are told by their names.

What reads them (the process for HDF5, zip archives, configs) is imported when one is checked or
opened: it takes as long to import as all other formats together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tensorboard_plugin_modelinspect.formats.hdf5.superblock import find_superblock
from tensorboard_plugin_modelinspect.formats.naming import step_in_name
from tensorboard_plugin_modelinspect.formats.reader import Candidate, Check, Reader
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.sources.base import Folder
from tensorboard_plugin_modelinspect.sources.walk import Listing

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
ASSETS = "assets"
FOLDER_FILES = (CONFIG, METADATA, WEIGHTS)
SHARDED = ".weights.json"
_METRIC = re.compile(r"[-_.=]?[0-9]+\.[0-9]+\Z")
_WORD = re.compile(r"[-_.][A-Za-z_]+\Z")
_NUMBER = re.compile(r"[-_.][0-9]+(?:\.ckpt)?\Z")
_ENDING = re.compile(r"(\.weights)?\.(h5|hdf5|keras|json)\Z", re.IGNORECASE)


def step_of(name: str) -> int | None:
    """The number a file is saved under: 5 for `epoch-05-val_loss-0.12.keras`, else None.

    `ModelCheckpoint` fills in an epoch, and often a metric behind it.
    """
    return step_in_name(_without_metric(name))


def series_of_file(name: str) -> str | None:
    """What files of one series are called without their numbers; None without a number.

    `epoch.keras` for `epoch-05-val_loss-0.12.keras`.
    """
    stem = _without_metric(name)
    if step_in_name(stem) is None:
        return None
    ending = _ENDING.search(name)
    return _NUMBER.sub("", stem) + (ending[0] if ending else "")


def _without_metric(name: str) -> str:
    """A file's name without its ending, and without a metric behind the epoch."""
    stem = _ENDING.sub("", name)
    without_metric = _METRIC.sub("", stem)
    return stem if without_metric == stem else _WORD.sub("", without_metric)


def shards_of(name: str, names: Iterable[str]) -> list[str]:
    """Those of some file names that are shards by their names, of the map `name`."""
    pattern = re.compile(re.escape(name.removesuffix(SHARDED)) + r"_[0-9]{5}\.weights\.h5")
    return [one for one in names if pattern.fullmatch(one)]


def _recognise_hdf5(listing: Listing) -> list[Candidate]:
    is_folder = all(name in listing.files for name in FOLDER_FILES)
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
    from tensorboard_plugin_modelinspect.formats.keras.files import check_keras

    return check_keras(folder, candidate, now_s)


def _open(folder: Folder, candidate: Candidate) -> Artifact:
    from tensorboard_plugin_modelinspect.formats.keras.files import open_keras

    return open_keras(folder, candidate)


def _recognise_keras(listing: Listing) -> list[Candidate]:
    candidates = [
        Candidate("keras", "keras", name, {name: stat})
        for name, stat in listing.files.items()
        if name.lower().endswith(".keras")
    ]
    if all(name in listing.files for name in FOLDER_FILES):
        files = {name: listing.files[name] for name in FOLDER_FILES}
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
