"""TensorBoard's own scalars beside a series, from its data provider. Event files are never read."""

from __future__ import annotations

import bisect
import itertools
import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tensorboard import plugin_util
from tensorboard.data.provider import RunTagFilter

from tensorboard_plugin_modelinspect.discovery.names import natural_key
from tensorboard_plugin_modelinspect.discovery.roots import Root
from tensorboard_plugin_modelinspect.views.http.timeline_payloads import (
    ScalarPointsPayload,
    ScalarRunPayload,
    ScalarsPayload,
    ScalarTagsPayload,
)
from tensorboard_plugin_modelinspect.views.http.timelines import View

PLUGIN = "scalars"
MOST_POINTS = 1_000
"""Points of a curve; TensorBoard picks them where there are more."""
MOST_RUNS = 200
NO_PROVIDER = "This TensorBoard has no data provider, so its scalars cannot be shown here."

_logger = logging.getLogger("tensorboard")


class Scalars:
    """TensorBoard's scalars, as one request may see them.

    Args:
        provider: TensorBoard's data provider, or None.
        environ: Of the request.
    """

    def __init__(self, provider: Any, environ: Mapping[str, Any]) -> None:
        self._provider = provider
        self._environ = environ

    def list_tags(self, view: View) -> ScalarTagsPayload:
        """Runs near the series and their tags, nearest first."""
        found = _first(view)
        if found is None or self._provider is None:
            return ScalarTagsPayload([], NO_PROVIDER if self._provider is None else None)
        try:
            answer = self._provider.list_scalars(self._context(), **self._asked())
        except Exception as error:  # noqa: BLE001  anything may come from another's code
            return ScalarTagsPayload([], _describe(error))
        root, folder = found
        runs = nearest_runs(answer, root, folder)[:MOST_RUNS]
        return ScalarTagsPayload([ScalarRunPayload(run, sorted(answer[run])) for run in runs], None)

    def read(self, view: View, run: str, tag: str) -> ScalarsPayload:
        """A curve, and its value at each checkpoint; without points if there is none."""
        points, problem = [], None
        if self._provider is None:
            problem = NO_PROVIDER
        else:
            try:
                points = self._read(run, tag)
            except Exception as error:  # noqa: BLE001  anything may come from another's code
                problem = _describe(error)
        return ScalarsPayload(
            run=run,
            tag=tag,
            steps=[step for step, _ in points],
            values=[value if math.isfinite(value) else None for _, value in points],
            checkpoints=_at_checkpoints(view, points),
            problem=problem,
        )

    def _read(self, run: str, tag: str) -> list[tuple[int, float]]:
        answer = self._provider.read_scalars(
            self._context(),
            **self._asked(),
            downsample=MOST_POINTS,
            run_tag_filter=RunTagFilter(runs=[run], tags=[tag]),
        )
        data = answer.get(run, {}).get(tag, [])
        # A run that was begun again has steps twice: the later ones count.
        points = {int(one.step): float(one.value) for one in data}
        return sorted(points.items())

    def _context(self) -> Any:
        return plugin_util.context(self._environ)

    def _asked(self) -> dict[str, str]:
        experiment = plugin_util.experiment_id(self._environ)
        return {"experiment_id": experiment, "plugin_name": PLUGIN}


def _first(view: View) -> tuple[Root, str] | None:
    """Root and folder of a series."""
    found = (member.found for member in view.series.members if member.found is not None)
    return next(((one.root, view.series.folder) for one in found), None)


def _describe(error: Exception) -> str:
    _logger.debug("Model Inspect could not list scalars", exc_info=error)
    return f"TensorBoard's data provider did not give its scalars: {error}"


def nearest_runs(runs: Iterable[str], root: Root, folder: str) -> list[str]:
    """Those of TensorBoard's runs that a folder's checkpoints may come from, nearest first.

    The nearest folder above that has runs in it, all that lie beside the folder itself, and those
    it lies in: Keras writes `run/train` and `run/validation` beside `run/checkpoints`.

    Args:
        runs: TensorBoard's names.
        root: Of the folder.
        folder: Below the root; `.` for the root itself.
    """
    place = _parts(folder)
    paths = {run: parts for run in runs if (parts := _below(run, root)) is not None}
    family = place
    while family and not any(_is_in(parts, family) for parts in paths.values()):
        family = family[:-1]
    above = place[:-1]
    near = {
        run: parts
        for run, parts in paths.items()
        if _is_in(parts, family) or (above and _is_in(parts, above)) or _is_in(place, parts)
    }
    return sorted(near, key=lambda run: (_distance(near[run], place), natural_key(run)))


def _below(run: str, root: Root) -> tuple[str, ...] | None:
    """Folder of a run below a root; None if it is of another root."""
    if not root.name:
        return _parts(run)
    name, _, rest = run.partition("/")
    return _parts(rest) if name == root.name else None


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part not in ("", "."))


def _is_in(path: Sequence[str], folder: Sequence[str]) -> bool:
    return path[: len(folder)] == folder


def _distance(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    """Steps up and down from one folder to another; of equally many, those further down first."""
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    common = len(list(same))
    return len(one) + len(other) - 2 * common, -common


def _at_checkpoints(view: View, points: Sequence[tuple[int, float]]) -> ScalarPointsPayload:
    steps = [step for step, _ in points]
    members = view.series.members
    payload = ScalarPointsPayload([], [], [], [])
    for member in members:
        step = member.checkpoint.step
        place = -1 if step is None else bisect.bisect_right(steps, step) - 1
        value = points[place][1] if place >= 0 else math.nan
        payload.id.append(None if member.found is None else member.found.id)
        payload.step.append(steps[place] if place >= 0 else None)
        payload.value.append(value if math.isfinite(value) else None)
        payload.exact.append(place >= 0 and steps[place] == step)
    return payload
