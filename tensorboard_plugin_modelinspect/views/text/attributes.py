"""Attributes of nodes as text."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.graph import (
    AttributeValue,
    FunctionValue,
    Omitted,
    ShapeValue,
)
from tensorboard_plugin_modelinspect.model.signature import Shape
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_LONGEST = 2000
_MOST_ITEMS = 200


def describe_attribute(value: AttributeValue) -> tuple[str, str]:
    """Kind of an attribute and its value as JSON text, or as words where JSON would say nothing."""
    if isinstance(value, DType):
        return "type", value.name
    if isinstance(value, ShapeValue):
        return "shape", describe_sizes(value.sizes)
    if isinstance(value, FunctionValue):
        return "func", value.name
    if isinstance(value, Tensor):
        return "tensor", f"{value.dtype.name} {describe_sizes(value.shape)}"
    if isinstance(value, Omitted):
        return "string", f"{value.nbytes:,} bytes, not shown"
    if isinstance(value, str):
        text = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
        return "string", json.dumps(text, ensure_ascii=False)
    if value is None:
        return "none", ""
    if isinstance(value, tuple):
        items: list[AttributeValue] = [*value]
        return "list", _join(items)
    kind = type(value).__name__  # bool, int or float
    return kind, str(value).lower() if kind == "bool" else str(value)


def _join(items: Sequence[AttributeValue]) -> str:
    texts = [describe_attribute(item)[1] for item in items[:_MOST_ITEMS]]
    more = f", … {len(items):,} in all" if len(items) > _MOST_ITEMS else ""
    return f"[{', '.join(texts)}{more}]"


def describe_sizes(shape: Shape) -> str:
    """Sizes of a shape as JSON; `unknown` where even the rank is."""
    if shape is None:
        return "unknown"
    return json.dumps(list(shape))
