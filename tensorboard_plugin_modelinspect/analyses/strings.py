"""Strings of a tensor that hold a text, with their places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tensorboard_plugin_modelinspect.errors import BadRequest, Unsupported
from tensorboard_plugin_modelinspect.model.tensor import Tensor

SEARCH_LIMIT = 64 << 20
"""Bytes of the largest tensor that is searched."""


@dataclass(frozen=True, slots=True)
class FoundStrings:
    """Some of the strings that were found.

    Attributes:
        matched: How many there are in all.
        indices: Where the first of them stand, counted row-major.
        values: What these are.
    """

    matched: int
    indices: list[int]
    values: list[bytes]


def find_strings(tensor: Tensor, text: str, start: int, limit: int) -> FoundStrings:
    """Find strings that hold `text`, whatever the case.

    Args:
        tensor: Of strings.
        text: What to look for; an empty one is in every string.
        start: How many of those found to leave out.
        limit: How many to give at most.

    Raises:
        Unsupported: The tensor holds no strings.
        BadRequest: It is larger than `SEARCH_LIMIT`.
        FormatError: It cannot be read.

    Cost: reads the whole tensor, and verifies it; about 1 µs a string.
    """
    if tensor.dtype.name != "string":
        raise Unsupported(f'Tensor "{tensor.key}" is of type {tensor.dtype.name}, not of strings.')
    if tensor.nbytes > SEARCH_LIMIT:
        raise BadRequest(
            f"{tensor.nbytes:,} bytes of strings are more than are searched ({SEARCH_LIMIT:,}). "
            "Ask for the values of a slice."
        )
    strings = tensor.read().reshape(-1).tolist()
    found = range(len(strings)) if not text else _indices_with(text, strings)
    shown = list(found[start : start + limit])
    return FoundStrings(len(found), shown, [strings[index] for index in shown])


def _indices_with(text: str, strings: Iterable[bytes]) -> list[int]:
    wanted = text.casefold()
    return [
        index
        for index, value in enumerate(strings)
        if wanted in value.decode("utf-8", "replace").casefold()
    ]
