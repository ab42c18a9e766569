"""From comparisons to payloads: what differs in structure. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorboard_plugin_modelinspect.analyses.diff.result import ArtifactDiff, TensorPair
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http.comparison import Comparison
from tensorboard_plugin_modelinspect.views.http.describe_diff_parts import describe_parts
from tensorboard_plugin_modelinspect.views.http.diff_payloads import (
    DiffPayload,
    DiffSidePayload,
    PairsPayload,
)

_FIELDS = ("key", "name", "dtype", "shape", "role", "nbytes")


def describe_diff(
    before: DiffSidePayload, after: DiffSidePayload, comparison: Comparison, *, has_all: bool
) -> DiffPayload:
    """The structure of a comparison; with pairs that are known to be equal, or without."""
    diff = comparison.diff
    counts = diff.counts
    return DiffPayload(
        before=before,
        after=after,
        layout=comparison.layout,
        summary=comparison.structure,
        same_structure=not diff.has_changed_structure,
        total=sum(counts.values()),
        equal=counts["equal"],
        pairs=_describe_pairs(diff, _select(diff, has_all=has_all)),
        parts=describe_parts(diff),
        notes=list(diff.notes),
    )


def describe_unopened(before: DiffSidePayload, after: DiffSidePayload) -> DiffPayload:
    """What is said where a side cannot be opened: why."""
    return DiffPayload(
        before=before,
        after=after,
        layout="",
        summary="",
        same_structure=False,
        total=0,
        equal=0,
        pairs=_columns([], [], [], []),
        parts=[],
        notes=[],
    )


def _select(diff: ArtifactDiff, *, has_all: bool) -> list[int]:
    return [
        place
        for place, pair in enumerate(diff.pairs)
        if has_all or (pair.is_counted and (pair.content != "equal" or mark_pair(diff, pair)))
    ]


def mark_pair(diff: ArtifactDiff, pair: TensorPair) -> list[str]:
    """Words for what is other about a pair than its values; see `PairsPayload`."""
    marks = {
        "renamed": pair.is_renamed,
        "retyped": pair.is_retyped,
        "reshaped": pair.is_reshaped,
        "moved": diff.has_moved(pair),
        "alias": pair.tensor.alias_of is not None,
        "metadata": pair.tensor.role == "metadata",
    }
    return [name for name, holds in marks.items() if holds]


def _describe_pairs(diff: ArtifactDiff, places: Sequence[int]) -> PairsPayload:
    pairs = [diff.pairs[place] for place in places]
    marks = [mark_pair(diff, pair) for pair in pairs]
    old = [pair.before if pair.after is not None else None for pair in pairs]
    return _columns(places, pairs, marks, old)


def _columns(
    places: Sequence[int],
    pairs: Sequence[TensorPair],
    marks: list[list[str]],
    old: Sequence[Tensor | None],
) -> PairsPayload:
    new = [pair.tensor for pair in pairs]
    columns: dict[str, list[Any]] = {
        name: [_field(tensor, name) for tensor in new] for name in _FIELDS
    }
    for name in _FIELDS:
        before = (None if one is None else _field(one, name) for one in old)
        columns[f"before_{name}"] = [
            None if value == now else value
            for value, now in zip(before, columns[name], strict=True)
        ]
    return PairsPayload(
        pair=list(places),
        state=[pair.state for pair in pairs],
        marks=marks,
        by=[pair.by for pair in pairs],
        confidence=[round(pair.confidence, 3) for pair in pairs],
        reason=[pair.reason for pair in pairs],
        **columns,
    )


def _field(tensor: Tensor, name: str) -> object:
    return tensor.dtype.name if name == "dtype" else getattr(tensor, name)
