"""Two sides of a comparison of answers: a model each, perhaps with the values of a checkpoint."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.answering import (
    Restored,
    SideAnswer,
    compare_sides,
    put_values,
    require_values,
)
from tensorboard_plugin_modelinspect.discovery import Catalog, Found
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.runner.inputs.feeding import (
    expand_specs,
    feed,
    find_missing,
)
from tensorboard_plugin_modelinspect.runner.jobs import Done, Job, Preparation
from tensorboard_plugin_modelinspect.views.http.describe_answers import (
    describe_answers,
    describe_side,
)
from tensorboard_plugin_modelinspect.views.http.parameters import Parameters
from tensorboard_plugin_modelinspect.views.http.run_payloads import (
    RunComparedPayload,
    RunComparisonPayload,
    RunSidePayload,
)
from tensorboard_plugin_modelinspect.views.text.words import printable

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.runner.client import Assign
    from tensorboard_plugin_modelinspect.runner.messages import Answer
    from tensorboard_plugin_modelinspect.views.http.runs import Ran

PLACES = ("left", "right")


class Side(NamedTuple):
    """What is called.

    Attributes:
        model: A SavedModel.
        tags: Of its MetaGraph.
        values: Where its variables get their values from; None for their own.
        preparation: Gives them those.
    """

    model: Found
    tags: tuple[str, ...]
    values: Found | None = None
    preparation: Preparation | None = None

    @property
    def words(self) -> str:
        """What to call it, such as `export/1 with the values of ckpt-100`."""
        if self.values is None:
            return self.model.path
        return f"{self.model.path} with the values of {self.values.path}"


class Versus:
    """Both sides, and once both have answered what came of it.

    Args:
        left: The model of the earlier call.
        right: Another one, or the same with other values.
        tolerance: As of `compare_answers`.
    """

    def __init__(self, left: Side, right: Side, tolerance: float) -> None:
        self.sides = (left, right)
        self.tolerance = tolerance
        self._done: tuple[RunSidePayload, ...] = ()
        self._found: RunComparedPayload | None = None

    def finish(self, done: Sequence[Done]) -> Sequence[Answer]:
        """Compare; inner tensors are dropped with that."""
        left, right = (SideAnswer(one.answer, one.prepared) for one in done)
        answers = compare_sides(left, right, self.tolerance)
        self._found = describe_answers(answers)
        self._done = tuple(
            _describe_side(side, one) for side, one in zip(self.sides, done, strict=True)
        )
        return [one.answer.without_inner() for one in done]

    def describe(self, job: Job) -> RunComparisonPayload:
        """How it stands."""
        left, right = self._done or (_describe_side(side, None) for side in self.sides)
        has_side = job.state not in ("queued", "done", "cancelled")
        at = PLACES[job.place] if has_side else ""
        return RunComparisonPayload(left, right, at, self.tolerance, self._found)

    @property
    def title(self) -> str:
        """What the call is compared with, in a word or two."""
        left, right = self.sides
        other = right.model if right.values is None else right.values
        with_values = "" if left.values is None else f"{printable(left.values.path)} "
        return f"{with_values}against {printable(other.path)}"

    def words(self, job: Job) -> str:
        """What to call the side that is under way, or that failed."""
        return self.sides[job.place].words


def read_versus(catalog: Catalog, ran: Ran, fields: Parameters) -> Versus:
    """The sides that a request names.

    Args:
        catalog: Where artifacts are.
        ran: The call that both are to make.
        fields: `other`, and perhaps `restore` and `tolerance`.

    Raises:
        NotFound: There is no such artifact.
        BadRequest: The other model takes other inputs, or a checkpoint has nothing for the model.
        FormatError: One of them is damaged.
    """
    model, other = catalog.get(ran.found.id), catalog.get(fields.get("other", ""))
    values = catalog.get(fields["restore"]) if fields.get("restore") else None
    if other.kind == "saved_model":
        right = Side(other, _find_tags(other, catalog.open(other.id), ran))
    else:
        right = _with_values(catalog, model, ran.tags, other)
    left = Side(model, ran.tags)
    if values is not None:
        left = _with_values(catalog, model, ran.tags, values)
    return Versus(left, right, _parse_tolerance(fields.get("tolerance", "")))


def _parse_tolerance(text: str) -> float:
    try:
        tolerance = float(text or "0")
    except ValueError:
        tolerance = -1.0
    if not (math.isfinite(tolerance) and tolerance >= 0):
        raise BadRequest(f"tolerance={text[:40]}: give a number of 0 or more, such as 1e-6.")
    return tolerance


def _find_tags(found: Found, artifact: Artifact, ran: Ran) -> tuple[str, ...]:
    """Tags of the other model's MetaGraph, in which the same signature takes the same inputs."""
    graphs = artifact.meta_graphs
    chosen = [graph for graph in graphs if set(graph.tags) == set(ran.tags)] or graphs[:1]
    key = ran.signature.key
    signature = next((one for graph in chosen for one in graph.signatures if one.key == key), None)
    if signature is None:
        raise BadRequest(
            f'{found.path}: has no signature "{key}". Both models are called by the same one.'
        )
    specs = expand_specs(signature)
    for name in ran.inputs:
        given = ran.input_dtype(name)
        if name in specs and specs[name].dtype != given:
            wanted = specs[name].dtype.name
            raise BadRequest(f'{found.path}: the input "{name}" takes {wanted}, not {given.name}.')
    try:
        feed(signature, ran.inputs)
    except BadRequest as error:
        raise BadRequest(f"{found.path}: {error.message}") from None
    missing = find_missing(signature, ran.inputs)
    if missing:
        raise BadRequest(f'{found.path}: takes an input "{missing[0]}", which was not given.')
    return chosen[0].tags


def _with_values(catalog: Catalog, model: Found, tags: tuple[str, ...], values: Found) -> Side:
    """A model with the values of a checkpoint, which is looked at before anything is run."""
    require_values(catalog.open(model.id), catalog.open(values.id))

    def prepare(assign: Assign) -> Restored:
        return put_values(assign, catalog.open(model.id), catalog.open(values.id))

    def stamp() -> Hashable:
        now = catalog.get(values.id)
        folder = now.open_folder()
        return tuple((name, folder.stat(name)) for name in sorted(now.candidate.files))

    return Side(model, tags, values, Preparation(values.id, stamp, prepare))


def _describe_side(side: Side, done: Done | None) -> RunSidePayload:
    model, values = side.model, side.values
    return describe_side(
        (model.id, model.path, _locate(model)),
        None if values is None else (values.id, values.path, _locate(values)),
        done,
    )


def _locate(found: Found) -> str:
    return posixpath.normpath(posixpath.join(found.root.path, found.path))
