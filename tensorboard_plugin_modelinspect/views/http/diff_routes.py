"""What the routes `diff…` answer. `docs/http.md` documents them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.errors import BadRequest, ModelInspectError
from tensorboard_plugin_modelinspect.views.http.comparison import Comparison
from tensorboard_plugin_modelinspect.views.http.comparisons import check_place
from tensorboard_plugin_modelinspect.views.http.describe_diff import (
    describe_diff,
    describe_unopened,
)
from tensorboard_plugin_modelinspect.views.http.describe_diff_values import (
    describe_job,
    describe_pair,
    describe_values,
)
from tensorboard_plugin_modelinspect.views.http.diff_payloads import DiffSidePayload
from tensorboard_plugin_modelinspect.views.http.diff_pictures import answer_diff_picture
from tensorboard_plugin_modelinspect.views.http.parameters import (
    Parameters,
    parse_flag,
    parse_numbers,
)
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody
from tensorboard_plugin_modelinspect.views.http.responses import Body, encode

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.views.http.routes import Desk

_PAIRS_LIMIT = 500
"""Pairs that a client asks to be read by name."""


def answer_diff(desk: Desk, parameters: Parameters) -> Body:
    """Structure; a side that cannot be opened is no error here, but says so."""
    has_all = parse_flag(parameters, "all")
    sides = _describe_side(desk, parameters["before"]), _describe_side(desk, parameters["after"])
    if any(side.error is not None for side in sides):
        return Body(encode(describe_unopened(*sides)))
    comparison = _look(desk, parameters)
    key = f"{parameters['before']} {parameters['after']} {int(has_all)}"
    return desk.bodies.get_or_make(
        ("diff", key),
        comparison,
        lambda: encode(describe_diff(*sides, comparison, has_all=has_all)),
    )


def _describe_side(desk: Desk, artifact_id: str) -> DiffSidePayload:
    found = desk.catalog.get(artifact_id)
    tensors, form, error = 0, "", None
    try:
        artifact = desk.catalog.open(found.id)
        tensors, form = len(artifact.tensors), artifact.format
    except ModelInspectError as problem:
        error = ErrorBody(type(problem).__name__, problem.message)
    return DiffSidePayload(
        id=found.id,
        path=found.path,
        kind=found.kind,
        format=form,
        location=posixpath.normpath(posixpath.join(found.root.path, found.path)),
        tensors=tensors,
        error=error,
    )


def act_on_diff(desk: Desk, fields: Parameters) -> Body:
    """Begin or end the reading of values."""
    comparison = _look(desk, fields)
    places = parse_numbers("pairs", fields["pairs"], _PAIRS_LIMIT) if fields["pairs"] else []
    for place in places:
        check_place(comparison, place)
    actions: dict[str, Callable[[], None]] = {
        "start": lambda: desk.comparisons.start(comparison, places),
        "glance": lambda: desk.comparisons.glance(comparison),
        "cancel": lambda: desk.comparisons.cancel(comparison),
    }
    act = actions.get(fields["action"])
    if act is None:
        raise BadRequest(
            f'The action "{fields["action"][:40]}" is none: there are {", ".join(actions)}.'
        )
    act()
    return Body(encode(describe_job(comparison)))


def answer_values(desk: Desk, parameters: Parameters) -> Body:
    """Numbers of the pairs that were read."""
    return Body(encode(describe_values(_look(desk, parameters), parameters.get("since", ""))))


def answer_pair(desk: Desk, parameters: Parameters) -> Body:
    """All about one pair, read at once if it is small."""
    comparison, place = _find_pair(desk, parameters)
    pair = desk.comparisons.read_at_once(comparison, place)
    return Body(encode(describe_pair(comparison, place, pair)))


def answer_picture(desk: Desk, parameters: Parameters) -> Body:
    """Pictures of a pair and of its difference."""
    comparison, place = _find_pair(desk, parameters)
    return Body(encode(answer_diff_picture(place, comparison.diff.pairs[place], parameters)))


def _find_pair(desk: Desk, parameters: Parameters) -> tuple[Comparison, int]:
    comparison = _look(desk, parameters)
    [place] = parse_numbers("pair", parameters["pair"], 1)
    return comparison, check_place(comparison, place)


def _look(desk: Desk, parameters: Parameters) -> Comparison:
    before, after = (desk.catalog.get(parameters[name]) for name in ("before", "after"))
    return desk.comparisons.look(before, after)
