"""Pictures of a pair of tensors and of their difference, on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.analyses.diff.result import TensorPair
from tensorboard_plugin_modelinspect.analyses.picture_pair import compute_pair_pictures
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.views.http.diff_payloads import DiffPicturePayload
from tensorboard_plugin_modelinspect.views.http.pictures import describe_picture, parse_request

if TYPE_CHECKING:
    import numpy as np

_TAIL = 0.01
"""Share of the cells beyond either end of a robust range."""


def answer_diff_picture(
    place: int, pair: TensorPair, parameters: Mapping[str, str]
) -> DiffPicturePayload:
    """The same slice of both tensors, and what it differs by.

    Raises:
        BadRequest: A parameter makes no sense, the shapes differ, or one tensor is alone.
        Unsupported: They hold no numbers.
        FormatError: One cannot be read.
    """
    before, after = pair.before, pair.after
    if before is None or after is None:
        raise BadRequest(f"Pair {place} has one tensor only: there is nothing to compare it with.")
    request = parse_request(after.shape, parameters)
    made = compute_pair_pictures(before, after, request)
    values = _finite(made.before.cells, made.after.cells)
    changes = _finite(abs(made.difference.cells))
    return DiffPicturePayload(
        pair=place,
        before=describe_picture(before, request, made.before),
        after=describe_picture(after, request, made.after),
        difference=describe_picture(after, request, made.difference),
        robust_range=_range(values, _TAIL),
        full_range=_range(values, 0.0),
        robust_change=_quantile(changes, 1 - _TAIL) or _quantile(changes, 1.0),
        full_change=_quantile(changes, 1.0),
    )


def _finite(*cells: np.ndarray) -> np.ndarray:
    """All finite cells, sorted."""
    import numpy as np

    flat = np.concatenate([one.ravel() for one in cells])
    return np.sort(flat[np.isfinite(flat)])


def _range(ordered: np.ndarray, tail: float) -> tuple[float, float] | None:
    if not ordered.size:
        return None
    low, high = _quantile(ordered, tail), _quantile(ordered, 1 - tail)
    return (low, high) if low < high or not tail else _range(ordered, 0.0)


def _quantile(ordered: np.ndarray, share: float) -> float:
    return float(ordered[round(share * (ordered.size - 1))]) if ordered.size else 0.0
