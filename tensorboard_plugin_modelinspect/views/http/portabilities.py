"""The route of portability."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.views.http.parameters import Parameters
from tensorboard_plugin_modelinspect.views.http.responses import Body, encode

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.views.http.routes import Desk


def answer_portability(desk: Desk, parameters: Parameters) -> Body:
    """`portability`: where an artifact runs."""
    from tensorboard_plugin_modelinspect.analyses.portability.check import (
        check_portability,
        parse_target,
    )
    from tensorboard_plugin_modelinspect.analyses.portability.result import TARGETS
    from tensorboard_plugin_modelinspect.views.http.describe_portability import (
        describe_portability,
    )

    named = parameters.get("target", "")
    targets = tuple(named.split(",")) if named else TARGETS
    for target in targets:
        parse_target(target)  # a wrong one must not be a key of the cache
    found = desk.catalog.get(parameters["id"])
    artifact = desk.catalog.open(found.id)
    path = posixpath.normpath(posixpath.join(found.root.path, found.path))

    def make() -> bytes:
        analysis = None if artifact.graphs is None else desk.graphs.look(artifact)
        return encode(describe_portability(check_portability(artifact, targets, analysis), path))

    return desk.bodies.get_or_make((f"portability {named}", found.id), artifact, make)
