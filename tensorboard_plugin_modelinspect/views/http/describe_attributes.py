"""Attributes of all nodes of a graph as short texts, for a search.

Nodes share kinds and kinds share attributes: of a hundred thousand nodes a few hundred texts are
left. The expression that is looked for never comes here: who asks, pays for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.model.graph import AttributeValue, Kind
from tensorboard_plugin_modelinspect.views.http.graph_payloads import GraphAttributesPayload
from tensorboard_plugin_modelinspect.views.text.attributes import describe_attribute

LONGEST = 200
"""Characters of an attribute that are given."""
MOST_CHARACTERS = 8_000_000
"""Of all attributes; a node whose kind comes later has none."""


def describe_attributes(analysis: GraphAnalysis, graph_id: str) -> GraphAttributesPayload:
    """The attributes of all nodes of a graph.

    Raises:
        NotFound: There is no such graph.

    Cost: parses the attributes of each kind, 10 µs each; a million nodes may have 200,000 kinds.
    """
    used, kind_of = np.unique(analysis.graph(graph_id).kinds, return_inverse=True)
    texts: dict[str, int] = {}
    starts, places, size = [0], [], 0
    for kind in used.tolist():
        if size > MOST_CHARACTERS:
            break
        for text in _texts(analysis.graphs.kinds[kind]):
            if text not in texts:
                texts[text] = len(texts)
                size += len(text)
            places.append(texts[text])
        starts.append(len(places))
    left_out = len(used) + 1 - len(starts)
    starts += [len(places)] * left_out
    return GraphAttributesPayload(kind_of.tolist(), starts, places, list(texts), left_out)


def _texts(kind: Kind) -> Iterator[str]:
    try:
        for name, value in sorted(kind.attributes.items()):
            yield f"{name}={_value(value)}"[:LONGEST]
    except FormatError:
        return  # what is behind a damaged attribute is not looked at


def _value(value: AttributeValue) -> str:
    return value[:LONGEST] if isinstance(value, str) else describe_attribute(value)[1]
