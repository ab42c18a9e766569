"""From timelines to payloads. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter

from tensorboard_plugin_modelinspect.analyses.sums import Change, Sums
from tensorboard_plugin_modelinspect.analyses.timeline import ABSENT, Cell, Note, SeriesTensor
from tensorboard_plugin_modelinspect.views.http.timeline_payloads import (
    CheckpointsPayload,
    HyperparameterPayload,
    SeriesPayload,
    SeriesTensorsPayload,
    TimelineJobPayload,
    TimelineNotePayload,
    TimelinePayload,
    TimelineValuesPayload,
)
from tensorboard_plugin_modelinspect.views.http.timelines import Job, View


def describe_timeline(view: View, job: Job) -> TimelinePayload:
    """A series without its values."""
    series, timeline = view.series, view.timeline
    return TimelinePayload(
        series=SeriesPayload(series.name, series.run, series.folder),
        checkpoints=_describe_checkpoints(view),
        tensors=_describe_tensors(timeline.tensors.values()),
        content=[_describe_content(tensor) for tensor in timeline.tensors.values()],
        hyperparameters=[
            HyperparameterPayload(
                one.key,
                one.name,
                [_finite(value) for value in one.values],
                [None if value is None else str(value) for value in one.values],
            )
            for one in timeline.hyperparameters
        ],
        notes=_describe_notes(timeline.notes, timeline.tensors),
        job=describe_job(view, job),
    )


def describe_job(view: View, job: Job) -> TimelineJobPayload:
    """How the reading of its values stands."""
    return TimelineJobPayload(
        state=job.state,
        nbytes=job.nbytes,
        done_nbytes=job.done_nbytes,
        elapsed_s=round(job.elapsed_s, 3),
        generation=view.timeline.values.generation,
        layout=view.layout,
        error=job.error,
    )


def _describe_checkpoints(view: View) -> CheckpointsPayload:
    checkpoints = view.timeline.checkpoints
    found = [member.found for member in view.series.members]
    return CheckpointsPayload(
        id=[None if one is None else one.id for one in found],
        path=[one.path for one in checkpoints],
        step=[one.step for one in checkpoints],
        state=[one.state for one in checkpoints],
        mark=[one.mark for one in checkpoints],
        nbytes=[one.nbytes for one in checkpoints],
        mtime_s=[one.mtime_s for one in checkpoints],
        problem=[one.problem or None for one in checkpoints],
    )


def _describe_tensors(tensors: Iterable[SeriesTensor]) -> SeriesTensorsPayload:
    rows = [(tensor, tensor.newest) for tensor in tensors]
    return SeriesTensorsPayload(
        key=[tensor.key for tensor, _ in rows],
        name=[tensor.name for tensor, _ in rows],
        layer=[tensor.layer for tensor, _ in rows],
        dtype=[content.dtype.name for _, content in rows],
        shape=[list(content.shape) for _, content in rows],
        role=[tensor.role for tensor, _ in rows],
        nbytes=[content.nbytes for _, content in rows],
    )


def _describe_content(tensor: SeriesTensor) -> list[int | None]:
    known = [content.crc32c is not None for content in tensor.contents]
    return [
        index if index == ABSENT or (index >= 0 and known[index]) else None
        for index in tensor.places
    ]


def _describe_notes(
    notes: Iterable[Note], tensors: Mapping[str, SeriesTensor]
) -> list[TimelineNotePayload]:
    places = {key: place for place, key in enumerate(tensors)}
    return [
        TimelineNotePayload(
            checkpoint=note.checkpoint,
            tensor=None if note.tensor is None else places.get(note.tensor),
            problem=note.is_problem,
            message=note.message,
        )
        for note in list(notes)
    ]


def describe_values(view: View, job: Job, since: int) -> TimelineValuesPayload:
    """The numbers of all tensors that changed after a generation."""
    # Before the numbers are gathered: what comes meanwhile is sent once more.
    described = describe_job(view, job)
    timeline = view.timeline
    rows = [
        (place, timeline.cells(key))
        for place, key in enumerate(timeline.tensors)
        if timeline.values.of(key).generation > since
    ]
    sums = [[cell.sums for cell in cells] for _, cells in rows]
    changes = [[cell.change for cell in cells] for _, cells in rows]
    partial = [[_unless_all(cell) for cell in cells] for _, cells in rows]
    return TimelineValuesPayload(
        tensor=[place for place, _ in rows],
        count=[[None if one is None else one.count for one in row] for row in sums],
        nonfinite=[[None if one is None else one.nonfinite for one in row] for row in sums],
        sum_sq=_column(sums, "sum_sq"),
        previous=[[cell.previous if cell.change else None for cell in cells] for _, cells in rows],
        delta_abs_sum=_column(changes, "delta_abs_sum"),
        delta_sum_sq=_column(changes, "delta_sum_sq"),
        dot=_column(changes, "dot"),
        pairs=[[None if one is None else one.pairs for one in row] for row in partial],
        pair_sum_sq=_column(partial, "sum_sq"),
        previous_pair_sum_sq=_column(partial, "previous_sum_sq"),
        notes=_describe_notes(timeline.values.notes, timeline.tensors),
        job=described,
    )


def _column(rows: Sequence[Sequence[Sums | Change | None]], name: str) -> list[list[float | None]]:
    get = attrgetter(name)
    return [[None if one is None else _short(get(one)) for one in row] for row in rows]


def _unless_all(cell: Cell) -> Change | None:
    """The change where it leaves out some elements."""
    if cell.change is None or cell.sums is None or cell.change.pairs == cell.sums.count:
        return None
    return cell.change


@lru_cache(1 << 16)  # what is frozen is said again for each checkpoint
def _short(value: float) -> float | None:
    """Ten significant digits: half the size, and enough for the cosine of a small step."""
    return float(f"{value:.10g}") if math.isfinite(value) else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
