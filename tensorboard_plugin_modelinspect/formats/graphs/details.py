"""All attributes of one node, with the values of constants."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.codecs.spans import (
    DELIMITED,
    MalformedField,
    Pages,
    iter_spans,
)
from tensorboard_plugin_modelinspect.formats.graphs.attributes import find_value, parse_value
from tensorboard_plugin_modelinspect.formats.graphs.nodes import ATTR, NodeFile, damaged
from tensorboard_plugin_modelinspect.formats.graphs.reading import Place, find_node
from tensorboard_plugin_modelinspect.model.graph import AttributeValue, Omitted
from tensorboard_plugin_modelinspect.sources.base import ByteSource

_SHOWN_NBYTES = 1 << 20
_TENSOR = b"value"
"""Name under which ops have a tensor as attribute."""


def read_attributes(source: ByteSource, place: Place, number: int) -> dict[str, AttributeValue]:
    """The attributes of a graph's node, by its number among those that are stored.

    Raises:
        FormatError: The file is damaged.

    Cost: goes through the nodes before it, half a microsecond each.
    """
    try:
        return _read(source, *find_node(NodeFile(source), place, number))
    except MalformedField as error:
        raise damaged(source, error.offset, "a node") from None


def _read(source: ByteSource, start: int, stop: int) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {}
    pages = Pages(source)
    for number, kind, begin, end in iter_spans(pages, start, stop):
        if (number, kind) != (ATTR, DELIMITED):
            continue
        key, place = find_value(pages, begin, end)
        name = key.decode("utf-8", "surrogateescape")
        if place is None:
            attributes[name] = None
        elif end - begin > _SHOWN_NBYTES and key != _TENSOR:
            attributes[name] = Omitted(end - begin)
        else:
            attributes[name] = parse_value(source, *place)
    return attributes
