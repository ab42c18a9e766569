"""A slice of a tensor as text: of a stored one, or of what a call took or gave."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.model.tensor import Tensor, region_shape
from tensorboard_plugin_modelinspect.views.http.payloads import ValuesPayload
from tensorboard_plugin_modelinspect.views.http.responses import Body, encode
from tensorboard_plugin_modelinspect.views.text.values import (
    format_elements,
    parse_region,
    require_at_most,
)

VALUES_LIMIT = 10_000
"""Elements of a slice; a whole tensor is downloaded."""


def answer_slice(tensor: Tensor, text: str) -> Body:
    """The elements of a slice, which is written as in Python; empty for all of the tensor.

    Raises:
        BadRequest: It is no slice of this tensor, or of more than `VALUES_LIMIT` elements.
        ModelInspectError: The values cannot be read.
    """
    region = parse_region(text, tensor.shape)
    require_at_most(region, VALUES_LIMIT)
    payload = ValuesPayload(
        key=tensor.key,
        name=tensor.name,
        dtype=tensor.dtype.name,
        shape=list(tensor.shape),
        region=[(axis.start, axis.stop, axis.step) for axis in region],
        result_shape=list(region_shape(region)),
        text=format_elements(tensor.read(region)),
    )
    return Body(encode(payload))
