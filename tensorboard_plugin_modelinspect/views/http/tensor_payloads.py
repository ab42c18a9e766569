"""What routes answer that compute something of one tensor, as in `payloads.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpectrumPayload:
    """`spectrum?id=&key=`: singular values of a tensor as a matrix, the largest first.

    `columns` is its last axis, `rows` are all others. The ranks are null of a matrix of zeros,
    `condition` is null where the smallest value is 0.
    """

    key: str
    rows: int
    columns: int
    frobenius_norm: float
    stable_rank: float | None
    effective_rank: float | None
    condition: float | None
    singular_values: list[float]
