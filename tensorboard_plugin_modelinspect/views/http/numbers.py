"""Columns of whole numbers as JSON, written digit by digit for all of them at once.

A graph has a million numbers: as a list of Python's numbers each is an object that `json` writes
by itself, which takes ten times as long.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_LARGEST = 0x7FFFFFFF


class Numbers:
    """A column of whole numbers in a payload; in JSON a list.

    Args:
        values: One axis; -1 is the only negative number.
    """

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    def encode(self) -> bytes:
        """The list as JSON; numbers with fewer digits than the largest have spaces before them."""
        import numpy as np

        values = self._values
        largest, least = int(values.max(initial=0)), int(values.min(initial=0))
        if not len(values) or largest > _LARGEST or least < -1:
            return json.dumps(values.tolist(), separators=(",", ":")).encode()
        width = max(len(str(largest)), 1 - least)
        text = np.full((len(values), width + 1), ord(" "), np.uint8)
        text[:, width] = ord(",")
        left = np.abs(values).astype(np.uint32)
        for place in reversed(range(width)):
            rest = left // np.uint32(10)
            digits = (left - rest * np.uint32(10)).astype(np.uint8) + ord("0")
            text[:, place] = digits if place == width - 1 else np.where(left, digits, ord(" "))
            left = rest
        if least:
            text[values < 0, width - 2] = ord("-")
        return b"[" + text.tobytes()[:-1] + b"]"
