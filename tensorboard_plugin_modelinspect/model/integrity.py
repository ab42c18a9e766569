"""What can be verified of an artifact: steps that its format supplies, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    ModelInspectError,
    shortened,
)


class Finding(NamedTuple):
    """Something a step came upon.

    Attributes:
        is_problem: Whether the artifact is not whole because of it; else it is worth knowing.
        path: The file as the user would name it, shortened if it is very long; empty where none is
            meant.
        fact: What is so, as in the message of an error: `expected checksum 1f, found 2e`.
        next_step: A sentence that says what to do; empty where nothing need be done.
        thing: What it is about, e.g. `tensor "dense/kernel"`; empty for the file as a whole.
        tensor: Key of the tensor it is about, or None.
        start: First byte in the file that it is about, None for no place.
        stop: One past the last such byte, None if it is not known.
        is_gap: Whether it says that the step could not look at all it should have.
    """

    is_problem: bool
    path: str
    fact: str
    next_step: str = ""
    thing: str = ""
    tensor: str | None = None
    start: int | None = None
    stop: int | None = None
    is_gap: bool = False


def fact(path: str, text: str, next_step: str = "") -> Finding:
    """Something worth knowing that takes nothing from the artifact."""
    return Finding(False, shortened(path), shortened(text), next_step)


def gap(path: str, text: str) -> Finding:
    """Something that could not be verified, for a reason that another step tells."""
    return fact(path, text)._replace(is_gap=True)


def problem(
    error: ModelInspectError, *, tensor: str | None = None, stop: int | None = None
) -> Finding:
    """An error as a finding; `stop` ends the bytes that it is about."""
    if not isinstance(error, FormatError):
        return Finding(True, "", shortened(error.message), tensor=tensor)
    path = shortened(error.path)
    return Finding(True, path, error.fact, error.next_step, error.field, tensor, error.offset, stop)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that can be verified. Making it reads no more than an index or a protobuf.

    Attributes:
        name: Stable, for programs: `tensors`.
        title: For people: `tensor checksums`.
        count: Things it looks at.
        noun: What one of them is called, with a regular plural: `checksum`.
        nbytes: Bytes it reads.
        run: Does it. Gives the bytes read since it last gave any, and findings; an error that ends
            it is a finding too. Whoever stops asking has cancelled it.
    """

    name: str
    title: str
    count: int
    noun: str
    nbytes: int
    run: Callable[[], Iterator[int | Finding]]
