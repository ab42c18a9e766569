"""The `checkpoint` file: which checkpoint of a folder is the newest.

Text form of `CheckpointState` (tensorflow/python/training/checkpoint_state.proto). TF2 writes
relative paths; TF1 often absolute ones, which are stale once the folder was moved.
"""

from __future__ import annotations

import posixpath
from contextlib import closing
from typing import NamedTuple

from tensorboard_plugin_modelinspect.codecs.protos import message_class, parse_text_message
from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded
from tensorboard_plugin_modelinspect.formats.lfs import refuse_lfs_pointer
from tensorboard_plugin_modelinspect.formats.v1_index import is_v1
from tensorboard_plugin_modelinspect.formats.v1_names import file_names
from tensorboard_plugin_modelinspect.sources.base import Folder, shown_path

STATE_FILE = "checkpoint"
_LARGEST_STATE = 16 << 20


class CheckpointState(NamedTuple):
    """The file as it stands.

    Attributes:
        newest: `model_checkpoint_path`.
        all: `all_model_checkpoint_paths`.
        timestamps: Seconds since 1970, one per path, or empty.
    """

    newest: str
    all: tuple[str, ...]
    timestamps: tuple[float, ...]


def read_checkpoint_state(folder: Folder) -> CheckpointState:
    """Read a folder's state file.

    Raises:
        NotFound: There is none.
        FormatError: It is no `CheckpointState`.
    """
    source = folder.open(STATE_FILE)
    try:
        refuse_lfs_pointer(source)
        if source.nbytes > _LARGEST_STATE:
            raise LimitExceeded(path=source.name, expected="under 16 MB", found=str(source.nbytes))
        data = source.read(0, source.nbytes)
    finally:
        source.close()
    proto = parse_text_message(message_class("CheckpointState"), data, path=source.name)
    return CheckpointState(
        proto.model_checkpoint_path,
        tuple(proto.all_model_checkpoint_paths),
        tuple(proto.all_model_checkpoint_timestamps),
    )


def locate_prefix(folder: Folder, stored: str) -> str:
    """Prefix, relative to the folder, of a checkpoint that its state file names.

    A path below the folder is taken as it is. Any other one (absolute, or leading up) is never
    followed: only its last part is looked for beside the state file.

    Raises:
        FormatError: No such checkpoint in the folder; says where the file points.
    """
    relative = posixpath.normpath(stored) if stored else ""
    names = [posixpath.basename(relative)]
    if relative and not relative.startswith(("/", "../")):
        names.insert(0, relative)
    for name in names:
        if name not in ("", ".", "..") and is_there(folder, name):
            return name
    raise FormatError(
        path=shown_path(folder.name, STATE_FILE),
        field="model_checkpoint_path",
        expected="a checkpoint in this folder",
        found=f'"{stored}"',
        next_step="Name the checkpoint itself, or correct the path in the file.",
    )


def is_there(folder: Folder, name: str) -> bool:
    """Whether there is an index of that name, or a file of a checkpoint V1."""
    if folder.stat(f"{name}.index") is not None:
        return True
    place = posixpath.dirname(name)
    there = {posixpath.join(place, file) for file in folder.names(place)}
    found = next((file for file in file_names(name) if file in there), None)
    if found is None or folder.stat(found) is None:
        return False
    with closing(folder.open(found)) as source:
        return is_v1(source)
