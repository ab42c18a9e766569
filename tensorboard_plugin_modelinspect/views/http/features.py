"""Which features a signature parses out of its inputs, for code that calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.views.http.payloads import (
    FeaturePayload,
    FeaturesPayload,
    ParsedInputPayload,
)
from tensorboard_plugin_modelinspect.views.http.responses import Body, encode

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.discovery import Found
    from tensorboard_plugin_modelinspect.model.artifact import Artifact
    from tensorboard_plugin_modelinspect.model.signature import Signature
    from tensorboard_plugin_modelinspect.views.http.parameters import Parameters
    from tensorboard_plugin_modelinspect.views.http.routes import Desk


def answer_features(desk: Desk, parameters: Parameters) -> Body:
    """The answer of `features`, kept while the artifact is open; cost as `read_features`.

    Raises:
        NotFound: There is no such signature.
        FormatError: The SavedModel is damaged.
    """
    found = desk.catalog.get(parameters["id"])
    artifact = desk.catalog.open(found.id)
    tags, signature = _find_signature(found, artifact, parameters)
    name = ("features", f"{found.id} {parameters['tags']} {signature.key}")
    return desk.bodies.get_or_make(name, artifact, lambda: _encode(found, tags, signature))


def _find_signature(
    found: Found, artifact: Artifact, parameters: Parameters
) -> tuple[tuple[str, ...], Signature]:
    tags, key = parameters["tags"], parameters["signature"]
    for graph in artifact.meta_graphs if found.kind == "saved_model" else ():
        for signature in graph.signatures:
            if signature.key == key and ",".join(graph.tags) == tags:
                return graph.tags, signature
    raise NotFound(f'{artifact.path}: no signature "{key[:200]}" of the tags "{tags[:80]}".')


def _encode(found: Found, tags: tuple[str, ...], signature: Signature) -> bytes:
    from tensorboard_plugin_modelinspect.formats.parsing_spec import read_features

    parsed = read_features(found.open_folder(), tags, signature)
    return encode(
        FeaturesPayload(
            [
                ParsedInputPayload(
                    key, [FeaturePayload(one.name, one.dtype.name, one.size) for one in features]
                )
                for key, features in parsed.items()
            ]
        )
    )
