"""Functions that can be called on a loaded SavedModel, and what they were traced for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.signature import Shape, Signature

ArgumentKind = Literal[
    "literal",
    "list",
    "tuple",
    "dict",
    "named_tuple",
    "tensor",
    "type_spec",
    "extension_type",
    "shape",
    "dtype",
    "array",
    "unknown",
]


class Argument(NamedTuple):
    """What a function was traced for at one place: a Python value, or the type of a tensor.

    Attributes:
        kind: What it is; says which of the others matter.
        literal: Of a `literal`.
        items: Of what holds others, with their keys: those of a `dict` (sorted), fields of a
            `named_tuple` or `extension_type`, empty ones of a `list`, a `tuple`, and of the one
            state of a `type_spec`.
        type_name: Class of a `named_tuple`, `type_spec` or `extension_type`.
        dtype: Of a `tensor`, an `array`, or the `dtype` itself.
        shape: The same for shapes.
        name: Of a `tensor`; empty if it has none.
    """

    kind: ArgumentKind
    literal: bool | int | float | str | None = None
    items: tuple[tuple[str, Argument], ...] = ()
    type_name: str = ""
    dtype: DType | None = None
    shape: Shape = None
    name: str = ""


class Trace(NamedTuple):
    """A concrete function.

    Attributes:
        name: In the graph's library.
        arguments: Positional ones.
        keywords: Keyword-only ones, sorted by name.
    """

    name: str
    arguments: tuple[Argument, ...]
    keywords: tuple[tuple[str, Argument], ...]


class Function(NamedTuple):
    """An attribute of a loaded model that can be called.

    Attributes:
        name: Of the attribute.
        traces: In the order in which `saved_model_cli` lists them.
    """

    name: str
    traces: tuple[Trace, ...]


class ExportedGraph(NamedTuple):
    """A MetaGraph as those see it who load the model.

    Attributes:
        tags: In stored order.
        signatures: Sorted by key.
        read_ops: Gives the ops that the graph and the functions it calls are made of, sorted.
            Cost: one pass over the nodes.
        read_functions: Gives the functions of the root object, sorted by name; None without an
            object graph (TF1). Cost: where a function has several traces, a pass over all nodes.
    """

    tags: tuple[str, ...]
    signatures: tuple[Signature, ...]
    read_ops: Callable[[], tuple[str, ...]]
    read_functions: Callable[[], tuple[Function, ...] | None]
