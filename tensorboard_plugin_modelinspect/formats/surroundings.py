"""Looks at what lies in and beside an artifact's files: programs, pickles, links, archive tricks.

It looks also where the artifact itself cannot be opened. Nothing is unpacked, unpickled or run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from tensorboard_plugin_modelinspect.errors import ModelInspectError, PathEscape
from tensorboard_plugin_modelinspect.formats.reader import Candidate
from tensorboard_plugin_modelinspect.model.surroundings import (
    Beside,
    BesideKind,
    Lead,
    Surroundings,
)
from tensorboard_plugin_modelinspect.sources.base import Folder

_MOST_FILES = 500
"""Names that are looked at; of more, it is said."""
_DEEPEST = 8
HEAD_NBYTES = 128
_PICKLES = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle")
_TORCH = (".pt", ".pth")
_NATIVE = (".so", ".dll", ".dylib", ".pyd", ".exe")
_SCRIPTS = (".py", ".pyc", ".sh", ".bat", ".ps1")
_ELF, _PE, _MACH = b"\x7fELF", b"MZ", (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_NUMPY = b"\x93NUMPY"
_ZIP = b"PK\x03\x04"
_KERAS_FORMATS = frozenset({"keras", "hdf5"})


def look_around(folder: Folder, candidate: Candidate) -> Surroundings:
    """What is in and beside an artifact. Cost: a few bytes of each file; Keras files as opening."""
    looking = _Looking(folder, candidate)
    for name in looking.names():
        looking.look_at(name)
    around = looking.finish()
    if candidate.format not in _KERAS_FORMATS:
        return around
    from tensorboard_plugin_modelinspect.formats.keras.surroundings import look_into

    inside = look_into(folder, candidate)
    return Surroundings(
        around.beside + inside.beside,
        inside.tricks,
        around.leads + inside.leads,
        around.file_count,
        around.gaps + inside.gaps,
    )


class _Looking:
    def __init__(self, folder: Folder, candidate: Candidate) -> None:
        self._folder = folder
        self._candidate = candidate
        self._beside: list[Beside] = []
        self._leads: list[Lead] = []
        self._gaps: list[str] = []
        self._count = 0

    def finish(self) -> Surroundings:
        """All that was seen."""
        gaps = tuple(dict.fromkeys(self._gaps))
        return Surroundings(tuple(self._beside), (), tuple(self._leads), self._count, gaps)

    def names(self) -> Iterator[str]:
        """Names of files: of a folder all below it, of a file those in the same folder."""
        is_whole = self._candidate.name == ""
        waiting = [("", 0)]
        while waiting:
            place, depth = waiting.pop(0)
            for short in self._names_in(place):
                name = f"{place}/{short}" if place else short
                if self._count >= _MOST_FILES:
                    self._gaps.append(
                        f"more than {_MOST_FILES} files lie there: the rest is left out"
                    )
                    return
                self._count += 1
                yield name
                if is_whole and depth < _DEEPEST and self._is_folder(name):
                    waiting.append((name, depth + 1))

    def _names_in(self, place: str) -> tuple[str, ...]:
        try:
            return self._folder.names(place)
        except ModelInspectError:
            return ()

    def _is_folder(self, name: str) -> bool:
        try:
            return self._folder.stat(name) is None
        except ModelInspectError:
            return False

    def look_at(self, name: str) -> None:
        """Look at one file; one of the artifact itself only for where it leads."""
        if self._candidate.name == "" and self._add_link(name):
            return
        if name in self._candidate.files or name.startswith("variables/"):
            return
        try:
            stat = self._folder.stat(name)
            kind = None if stat is None else self._kind_of(name, stat.nbytes)
        except ModelInspectError:
            return
        is_mine = self._candidate.name == "" or kind in ("pickle", "objects", "torch")
        if kind is not None and stat is not None and is_mine:
            read = _reader(self._folder, name)
            self._beside.append(Beside(name, kind, stat.nbytes, read))

    def _add_link(self, name: str) -> bool:
        """Note a symbolic link out of the model; whether it is one."""
        path = os.path.join(self._folder.path, name) if self._folder.path else ""
        if path and os.path.islink(path):
            target = os.readlink(path)
            inside = os.path.realpath(self._folder.path)
            if not (os.path.realpath(path) + os.sep).startswith(inside + os.sep):
                self._leads.append(Lead(name, "", "symbolic link", target))
                return True
        try:
            self._folder.stat(name)
        except PathEscape:
            self._leads.append(Lead(name, "", "symbolic link", ""))
            return True
        return False

    def _kind_of(self, name: str, nbytes: int) -> BesideKind | None:
        source = self._folder.open(name)
        try:
            head = source.read(0, min(HEAD_NBYTES, nbytes))
        finally:
            source.close()
        return kind_of(name, head)


def kind_of(name: str, head: bytes) -> BesideKind | None:
    """What a file is, by its first bytes and its ending; None if it is nothing of interest."""
    lower = name.lower()
    if head[:4] == _ELF or head[:4] in _MACH or (head[:2] == _PE and lower.endswith(_NATIVE)):
        return "native"
    if head.startswith(_NUMPY):
        return "objects" if b"'descr': '|O'" in head else None
    if lower.endswith(_TORCH) and head.startswith(_ZIP):
        return "torch"
    is_pickle = len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5
    if is_pickle or lower.endswith((*_PICKLES, *_TORCH)):
        return "pickle"
    if lower.endswith(_NATIVE):
        return "native"
    return "script" if lower.endswith(_SCRIPTS) else None


def _reader(folder: Folder, name: str) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        source = folder.open(name)
        try:
            return source.read(0, min(most, source.nbytes))
        finally:
            source.close()

    return read
