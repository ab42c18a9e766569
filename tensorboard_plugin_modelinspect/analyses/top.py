"""Which classes a classifier finds likeliest."""

from __future__ import annotations

import numpy as np


def find_top(scores: np.ndarray, count: int) -> np.ndarray:
    """Places of the largest values of each row, the largest first.

    Args:
        scores: Real numbers of rank 1 or more; a row is one step along all axes but the last.
        count: How many of each row; all if it has fewer.

    Returns:
        Integers of shape `(rows, min(count, scores.shape[-1]))`. Of equal values the one that comes
        first is first; NaN comes last.

    Cost: sorts each row.
    """
    rows = np.asarray(scores, np.float64).reshape(-1, scores.shape[-1])
    # Ascending, stable, and NaN at the end whatever its sign.
    top: np.ndarray = np.argsort(-rows, axis=1, kind="stable")[:, :count]
    return top
