"""Which numbers a column has, where these are small: places in a table, as kinds and types are.

`np.unique` sorts the column: ten times as long for a hundred thousand nodes of some thousand kinds.
"""

from __future__ import annotations

import numpy as np

_WIDEST = 8
"""Numbers for each entry of a column from which on a table of all numbers takes longer."""


def find_distinct(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of a column, ascending, and for each entry the place of its number among them.

    Args:
        column: Whole numbers from -1 on.
    """
    is_used = _mark(column)
    if is_used is None:
        return np.unique(column, return_inverse=True)
    return np.flatnonzero(is_used) - 1, (np.cumsum(is_used) - 1)[column + 1]


def list_distinct(column: np.ndarray) -> list[int]:
    """The numbers of a column, as `find_distinct`."""
    is_used = _mark(column)
    found = np.unique(column) if is_used is None else np.flatnonzero(is_used) - 1
    numbers: list[int] = found.tolist()
    return numbers


def _mark(column: np.ndarray) -> np.ndarray | None:
    """Which numbers from -1 on there are; None where they are too large for that."""
    largest = int(column.max(initial=-1))
    if largest > _WIDEST * len(column):
        return None
    is_used = np.zeros(largest + 2, bool)
    is_used[column + 1] = True
    return is_used
