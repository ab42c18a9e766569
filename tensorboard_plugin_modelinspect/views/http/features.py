"""Which features a signature takes out of examples, for code that calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.views.http.responses import Body, encode
from tensorboard_plugin_modelinspect.views.http.run_payloads import (
    FeaturesPayload,
    ParsedInputPayload,
)
from tensorboard_plugin_modelinspect.views.http.runs import find_signature

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.model.feature import Feature
    from tensorboard_plugin_modelinspect.views.http.parameters import Parameters
    from tensorboard_plugin_modelinspect.views.http.routes import Desk


def answer_features(desk: Desk, parameters: Parameters) -> Body:
    """`features`: the inputs of a signature that are parsed; cost and errors as `find_features`.

    Raises:
        NotFound: There is no such signature.
    """
    from tensorboard_plugin_modelinspect.analyses.examples import find_features
    from tensorboard_plugin_modelinspect.views.http.describe_run import describe_feature

    artifact = desk.catalog.open(parameters["id"])
    tags = parameters.get("tags", "")
    graph, signature = find_signature(artifact, tags, parameters["signature"])
    parsed: dict[str, list[Feature]] = {}
    if artifact.graphs is not None:
        parsed = find_features(desk.graphs.look(artifact), graph.tags, signature.key)
    inputs = [
        ParsedInputPayload(key, [describe_feature(one) for one in features])
        for key, features in parsed.items()
    ]
    return Body(encode(FeaturesPayload(inputs)))
