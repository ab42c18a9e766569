"""From statistics to payloads. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http.findings import describe_findings
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody
from tensorboard_plugin_modelinspect.views.http.stat_results import Results
from tensorboard_plugin_modelinspect.views.http.statistics import Job, Told
from tensorboard_plugin_modelinspect.views.http.stats_payloads import (
    HistogramPayload,
    HistogramsPayload,
    NumbersPayload,
    StatsJobPayload,
    StatsPayload,
    TensorStatsPayload,
)
from tensorboard_plugin_modelinspect.views.text.values import format_elements

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.stats import Histogram, TensorStats

ROWS_LIMIT = 5_000
"""Rows of `stats` in one answer: about half a megabyte."""
HISTOGRAMS_LIMIT = 200
"""Rows of `histograms` in one answer: more than a screen has."""
INLINE_BINS = 32
"""Bins of a histogram beside a row, at most."""

_COUNTS = ("nan", "posinf", "neginf", "zeros")
_NUMBERS = ("min", "max", "mean", "std", "l1", "l2")


def describe_stats(job: Job | None, since: str) -> StatsPayload:
    """What is known since an earlier answer.

    Args:
        job: None: nobody asked for one.
        since: `generation` of that answer; empty, or of results that are gone: all that is known.
    """
    summary = describe_job(job)  # before the rows: whoever sees the end of a job has them all
    if job is None or job.state == "changed":
        return StatsPayload(
            job=summary,
            generation="",
            whole=True,
            more=False,
            of_artifact=[],
            rows=[],
            **_columns(None, []),
        )
    results = job.results
    token, _, count = since.partition(".")
    start = int(count) if token == results.token and count.isdecimal() else 0
    came = results.arrived[start : start + ROWS_LIMIT]
    rows, stop = list(dict.fromkeys(came)), start + len(came)
    return StatsPayload(
        job=summary,
        generation=f"{results.token}.{stop}",
        whole=start == 0,
        more=stop < len(results.arrived),
        of_artifact=describe_findings(results.context.of_artifact if results.context else ()),
        rows=rows,
        **_columns(results, rows),
    )


def describe_job(job: Job | None) -> StatsJobPayload:
    """How far a job is; None: nobody asked for one."""
    if job is None or job.state == "changed":
        return StatsJobPayload("idle" if job is None else job.state, 0, 0, 0, 0, 0, 0.0, None)
    return StatsJobPayload(
        state=job.state,
        done=len(job.results),
        total=len(job.results.tensors),
        unknown_nbytes=job.results.unknown_nbytes,
        nbytes=job.queue.nbytes,
        done_nbytes=min(job.read_nbytes, job.queue.nbytes),
        elapsed_s=round(job.elapsed_s, 3),
        error=job.error,
    )


def _columns(results: Results | None, rows: Sequence[int]) -> dict[str, list[Any]]:
    known = [None if results is None else results.brief(row) for row in rows]
    stats = [None if isinstance(one, ErrorBody) else one for one in known]
    columns: dict[str, list[Any]] = {
        name: [None if one is None else _finite(getattr(one, name)) for one in stats]
        for name in (*_COUNTS, *_NUMBERS)
    }
    columns["findings"] = [
        [] if results is None else [(one.kind, one.severity) for one in results.findings(row)]
        for row in rows
    ]
    columns["error"] = [one.message if isinstance(one, ErrorBody) else None for one in known]
    return columns


def describe_histograms(job: Job | None, rows: Sequence[int]) -> HistogramsPayload:
    """Histograms of the rows that are known, in a few bins."""
    results = None if job is None or job.state == "changed" else job.results
    found = [(row, None if results is None else results.histogram(row)) for row in rows]
    known = [(row, _narrow(histogram)) for row, histogram in found if histogram is not None]
    return HistogramsPayload([row for row, _ in known], [histogram for _, histogram in known])


def _narrow(histogram: Histogram) -> HistogramPayload:
    """The same in at most `INLINE_BINS` bins: neighbours joined."""
    edges, counts = histogram
    step = -(-len(counts) // INLINE_BINS) or 1
    joined = [sum(counts[start : start + step]) for start in range(0, len(counts), step)]
    return HistogramPayload([*edges[:-1:step], *edges[-1:]], joined)


def describe_tensor_stats(tensor: Tensor, told: Told) -> TensorStatsPayload:
    """All about one tensor."""
    error = told.known if isinstance(told.known, ErrorBody) else None
    stats = None if isinstance(told.known, ErrorBody) else told.known
    return TensorStatsPayload(
        key=tensor.key,
        name=tensor.name,
        unknown_nbytes=told.unknown_nbytes,
        stats=None if stats is None else describe_numbers(tensor, stats),
        findings=describe_findings(told.findings),
        error=error,
    )


def describe_numbers(tensor: Tensor, stats: TensorStats) -> NumbersPayload:
    """Statistics of one tensor."""
    from tensorboard_plugin_modelinspect.analyses.stats.result import QUANTILES

    numbers: dict[str, Any] = {
        name: _finite(getattr(stats, name)) for name in (*_COUNTS, *_NUMBERS)
    }
    quantiles = zip(QUANTILES, stats.quantiles or (), strict=False)
    return NumbersPayload(
        of=stats.of,
        count=stats.count,
        text=_texts(tensor, stats),
        histogram=HistogramPayload(list(stats.histogram.edges), list(stats.histogram.counts)),
        quantiles={str(share): value for share, value in quantiles},
        first_nan=None if stats.first_nan is None else list(stats.first_nan),
        first_inf=None if stats.first_inf is None else list(stats.first_inf),
        **numbers,
    )


def _texts(tensor: Tensor, stats: TensorStats) -> dict[str, str]:
    """Numbers in full; the smallest and the largest in the fewest digits that their type needs."""
    texts = {name: repr(getattr(stats, name)) for name in _NUMBERS}
    if stats.of == "value" and isinstance(stats.min, float) and isinstance(stats.max, float):
        import numpy as np

        stored = np.array([stats.min, stats.max]).astype(tensor.dtype.to_numpy())
        texts["min"], texts["max"] = format_elements(stored)
    return {name: text for name, text in texts.items() if getattr(stats, name) is not None}


def _finite(number: float | None) -> float | None:
    """A number that JSON has."""
    return number if number is not None and math.isfinite(number) else None
