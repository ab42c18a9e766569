"""From comparisons to payloads: what reading tells. Pure."""

from __future__ import annotations

import math
from typing import Any

from tensorboard_plugin_modelinspect.analyses.diff.result import TensorPair, ValueDiff
from tensorboard_plugin_modelinspect.analyses.diff.values import plan_nbytes
from tensorboard_plugin_modelinspect.views.http.comparison import Comparison
from tensorboard_plugin_modelinspect.views.http.diff_payloads import (
    DifferencePayload,
    DiffJobPayload,
    DiffPairPayload,
    DiffValuesPayload,
)
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody
from tensorboard_plugin_modelinspect.views.http.stats_payloads import HistogramPayload

ROWS_LIMIT = 5_000
"""Rows of `diff_values` in one answer: about half a megabyte."""

_COUNTS = ("count", "differing", "nan_before", "nan_after")
_NUMBERS = ("max_abs", "mean_abs", "l2", "relative_l2", "cosine")


def describe_job(comparison: Comparison) -> DiffJobPayload:
    """How far the reading of a comparison is."""
    job, total = comparison.job, len(comparison.readable)
    done = len(comparison.arrived)
    is_active = job is not None and job.is_active
    is_done = done == total and not is_active
    return DiffJobPayload(
        state="done" if is_done else "idle" if job is None else job.state,
        done=done,
        total=total,
        unknown_nbytes=0 if is_active else comparison.unread_nbytes,
        nbytes=0 if job is None else job.nbytes,
        done_nbytes=0 if job is None else min(job.read_nbytes, job.nbytes),
        elapsed_s=0.0 if job is None else round(job.elapsed_s, 3),
        layout=comparison.layout,
        error=None if job is None else job.error,
    )


def describe_values(comparison: Comparison, since: str) -> DiffValuesPayload:
    """What was read since an earlier answer.

    Args:
        comparison: The comparison.
        since: `generation` of that answer; empty, or of another comparison: all that is known.
    """
    job = describe_job(comparison)  # before the rows: whoever sees the end of a job has them all
    token, _, count = since.partition(".")
    start = int(count) if token == comparison.layout and count.isdecimal() else 0
    places = comparison.arrived[start : start + ROWS_LIMIT]
    pairs = [comparison.pair(place) for place in places]
    is_active = job.state in ("waiting", "running")
    return DiffValuesPayload(
        job=job,
        generation=f"{comparison.layout}.{start + len(places)}",
        whole=start == 0,
        summary=None if is_active else comparison.summary,
        pair=places,
        state=[pair.state for pair in pairs],
        error=[None if pair.error is None else pair.error.message for pair in pairs],
        **_columns([pair.values for pair in pairs]),
    )


def _columns(values: list[ValueDiff | None]) -> dict[str, list[Any]]:
    return {
        name: [None if one is None else _finite(getattr(one, name)) for one in values]
        for name in (*_COUNTS, *_NUMBERS)
    }


def describe_pair(comparison: Comparison, place: int, pair: TensorPair) -> DiffPairPayload:
    """All about one pair."""
    error = pair.error
    return DiffPairPayload(
        pair=place,
        state=pair.state,
        confidence=round(pair.confidence, 3),
        reason=pair.reason,
        unread_nbytes=plan_nbytes(comparison.diff, comparison.unread([place])),
        values=None if pair.values is None else _describe_difference(pair.values),
        error=None if error is None else ErrorBody(type(error).__name__, error.message),
    )


def _describe_difference(values: ValueDiff) -> DifferencePayload:
    edges, counts = ((), ()) if values.histogram is None else values.histogram
    numbers = {name: getattr(values, name) for name in _NUMBERS}
    return DifferencePayload(
        of=values.of,
        compared_as=values.compared_as,
        count=values.count,
        differing=values.differing,
        first=None if values.first is None else list(values.first),
        nan_both=values.nan_both,
        nan_before=values.nan_before,
        nan_after=values.nan_after,
        max_at=None if values.max_at is None else list(values.max_at),
        rounding=values.is_rounding,
        histogram=HistogramPayload(list(edges), list(counts)),
        text={name: repr(number) for name, number in numbers.items() if number is not None},
        **{name: _finite(number) for name, number in numbers.items()},
    )


def _finite(number: float | None) -> float | None:
    """A number that JSON has."""
    return number if number is not None and math.isfinite(number) else None
