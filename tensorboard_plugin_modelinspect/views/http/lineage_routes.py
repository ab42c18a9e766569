"""The routes of the lineage: of one artifact, the marks of all, and what two share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.views.http import describe_lineage
from tensorboard_plugin_modelinspect.views.http.parameters import Parameters
from tensorboard_plugin_modelinspect.views.http.responses import Body, encode

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.views.http.routes import Desk


def answer_lineage(desk: Desk, parameters: Parameters) -> Body:
    """`lineage`: where an artifact comes from, and what comes from it."""
    found = desk.catalog.get(parameters["id"])
    return Body(encode(describe_lineage.describe_entry(*desk.lineages.look(), found.id)))


def answer_marks(desk: Desk, _parameters: Parameters) -> Body:
    """`lineage_marks`: the closest relation of each artifact that has one."""
    return Body(encode(describe_lineage.describe_marks(*desk.lineages.look())))


def answer_shared(desk: Desk, parameters: Parameters) -> Body:
    """`shared_layers`: the layers that two artifacts have in common."""
    found, other = (desk.catalog.get(parameters[name]) for name in ("id", "other"))
    _, known = desk.lineages.look()
    if found.id not in known.places or other.id not in known.places:
        raise NotFound(f"{found.path}: it was not compared yet. Try again in a moment.")
    places = known.places[found.id], known.places[other.id]
    return Body(encode(describe_lineage.describe_shared(known.lineage.shared_layers(*places))))
