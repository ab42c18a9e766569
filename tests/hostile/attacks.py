"""Attacks with the answer that each must get: an error and a part of its message, or none at all.

A module `attacks_…` per format holds a list `ATTACKS`; the files are made, never copied. What must
only end, however, and has no one right answer is in `bombs`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.opening import check_artifact, open_candidate
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.hostile.exercise import use
from tests.hostile.seeds import Files
from tests.support.artifacts import candidates_in_memory

BAD = "bad"
"""Key of the tensor that an attack is about, where its artifact opens."""

Make = Callable[[], Files]
Stage = Literal["open", "note", "read", "none"]


class Answer(NamedTuple):
    """What some files get.

    Attributes:
        stage: Where they are stopped: on opening; by a note, though they open; when the tensor
            `BAD` is read; or nowhere, since they do no harm.
        error: Class of the error, None for a note or no answer.
        words: The message, or a part of it.
    """

    stage: Stage
    error: type[ModelInspectError] | None = None
    words: str = ""


class Attack(NamedTuple):
    """What some files try, how they are made, and the answer they must get."""

    label: str
    make: Make
    answer: Answer


def refused(label: str, make: Make, error: type[ModelInspectError], words: str) -> Attack:
    """An attack that is stopped on opening."""
    return Attack(label, make, Answer("open", error, words))


def unread(label: str, make: Make, error: type[ModelInspectError], words: str) -> Attack:
    """One that opens; the tensor `BAD` cannot be read."""
    return Attack(label, make, Answer("read", error, words))


def noted(label: str, make: Make, words: str) -> Attack:
    """One that opens with a note."""
    return Attack(label, make, Answer("note", None, words))


def harmless(label: str, make: Make) -> Attack:
    """One that opens whole, since what it tries is not done."""
    return Attack(label, make, Answer("none"))


def find_answer(files: Files) -> Answer:
    """What some files get, with the whole message."""
    folder = MemoryFolder(files, "folder")
    candidates = candidates_in_memory(files)
    listed = [one for one in candidates if check_artifact(folder, one, now_s=1e10) is not None]
    candidate = (listed or candidates)[0]
    try:
        artifact = open_candidate(folder, candidate)
    except ModelInspectError as error:
        return Answer("open", type(error), error.message)
    use(artifact)
    if artifact.notes:
        return Answer("note", None, " ".join(artifact.notes))
    for key, tensor in artifact.tensors.items():
        try:
            if tensor.dtype.numpy_name:
                tensor.read()
        except ModelInspectError as error:
            if key == BAD:
                return Answer("read", type(error), error.message)
            raise
    return Answer("none")
