"""What TensorFlow's ops take and give, from the table `op_definitions.py`.

For others (custom ops, calls of functions by name) nothing is known here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.op_definitions import (
    CALLERS,
    INPUTS,
    OUTPUTS,
    STATEFUL,
)

_NOTHING = "-"
_TYPES = frozenset(dtype.name for dtype in DTYPES.values())


class Output(NamedTuple):
    """An output of an op: one tensor, several of one type, or a list of some types.

    Attributes:
        name: What the op calls it; empty for the only one.
        type: Name of the element's type; empty if an attribute tells it and may not be left out.
        typed_by: Attribute that tells the type; empty if there is none.
        counted_by: Attribute that counts the tensors or lists their types; empty for one tensor.
    """

    name: str
    type: str
    typed_by: str
    counted_by: str


class Input(NamedTuple):
    """An input of an op; `counted_by` as of an output."""

    name: str
    counted_by: str


def outputs_of(op: str) -> tuple[Output, ...] | None:
    """The outputs of an op, None if TensorFlow has none of that name."""
    said = _said(OUTPUTS).get(op)
    return None if said is None else _parse_outputs(said)


def inputs_of(op: str) -> tuple[Input, ...] | None:
    """The inputs of an op, None if TensorFlow has none of that name."""
    said = _said(INPUTS).get(op)
    return None if said is None else _parse_inputs(said)


def is_stateful(op: str) -> bool:
    """Whether an op has or changes state, so that TensorFlow may not leave it out."""
    return op in _names(STATEFUL)


def calls_functions(op: str) -> bool:
    """Whether an op has attributes that name functions."""
    return op in _names(CALLERS)


@functools.cache
def _parse_outputs(said: str) -> tuple[Output, ...]:
    return tuple(_parse_output(part) for part in _parts(said))


def _parse_output(part: str) -> Output:
    name, _, rest = part.partition(":")
    kind, _, count = rest.partition("*")
    attribute, is_told, default = kind.partition("=")
    if is_told:
        return Output(name, default, attribute, count)
    is_type = kind in _TYPES
    return Output(name, kind if is_type else "", "" if is_type else kind, count)


@functools.cache
def _parse_inputs(said: str) -> tuple[Input, ...]:
    parts = (part.partition("*") for part in _parts(said))
    return tuple(Input(name, count) for name, _, count in parts)


def _parts(said: str) -> list[str]:
    return [] if said == _NOTHING else said.split(" ")


@functools.cache
def _said(table: str) -> dict[str, str]:
    """What is said of each op. Cost: 2 ms, once."""
    return dict(_iter_said(table))


def _iter_said(table: str) -> Iterator[tuple[str, str]]:
    for line in table.replace("\n ", " ").splitlines():
        said, _, names = line.partition(" | ")
        for name in names.split(" ") if names else ():
            yield name, said


@functools.cache
def _names(table: str) -> frozenset[str]:
    return frozenset(table.split())
