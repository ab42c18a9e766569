"""Which TensorFlow knows which op, attribute and element type: the table `op_history.json`.

The table is made by `tools/portability/op_history.py` from the op registries of released wheels.
What a release does not know of an op it refuses when it imports the graph
(tensorflow/core/framework/node_def_util.cc, `ValidateNodeDef`), unless an attribute has a name that
begins with an underscore.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.graph import AttributeValue, ShapeValue

Lack = str
"""`op`, `attribute` or `value`: what a release may lack."""


class Bound(NamedTuple):
    """Releases that take a part of a use of an op: places in `History.releases`, half open.

    Attributes:
        lacks: What others do not know: `op`, `attribute` or `value`.
        what: Name of the op, `op.attribute`, or `op.attribute=value`.
        since: The first one; the length of the table if none of it does.
        until: One past the last; None where the newest of the table still does.
    """

    lacks: Lack
    what: str
    since: int
    until: int | None


class _Attribute(NamedTuple):
    since: int
    until: int | None
    default: str | None
    allowed: Mapping[str, int]


class _Op(NamedTuple):
    since: int
    until: int | None
    forbidden: int | None
    attributes: Mapping[str, _Attribute]


class History:
    """The table, read once.

    Attributes:
        releases: Minor versions, the oldest first: `1.5` … `2.21`.
        producers: GraphDef version that each of them writes.
        types: First release that has an element type, by name.
    """

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.releases = tuple(version for version, _ in said["releases"])
        self.producers = tuple(producer for _, producer in said["releases"])
        self.types: Mapping[str, int] = said["types"]
        self._rows: Mapping[str, Any] = said["ops"]
        self._ops: dict[str, _Op | None] = {}

    def knows(self, op: str) -> bool:
        """Whether any release has an op of that name."""
        return op in self._rows

    def place(self, version: str) -> int | None:
        """The release of a version such as `2.12` or `2.12.1`; None if it is not in the table."""
        minor = ".".join(version.split(".")[:2])
        return self.releases.index(minor) if minor in self.releases else None

    def written_by(self, producer: int) -> tuple[str, str]:
        """Oldest and newest release that write a GraphDef version; empty texts if none may.

        A version between those of two releases was written by a build before the newer one.
        """
        fitting = [one for one in self.producers if one >= producer]
        if not fitting or not producer:
            return "", ""
        places = [place for place, one in enumerate(self.producers) if one == fitting[0]]
        return self.releases[places[0]], self.releases[places[-1]]

    def forbidden_from(self, op: str) -> int | None:
        """GraphDef version of the writer from which on the op is refused; None if there is none."""
        known = self._op(op)
        return None if known is None else known.forbidden

    def bounds(
        self, op: str, attributes: Mapping[str, AttributeValue], *, are_stripped: bool
    ) -> Iterator[Bound]:
        """What a use of an op needs of a release: at first the op itself.

        Args:
            op: One that the table knows.
            attributes: Of the node.
            are_stripped: Whether importing takes away attributes that have their default, as it
                does where the file says what the writer's defaults were.
        """
        known = self._op(op)
        if known is None:
            return
        yield Bound("op", op, known.since, known.until)
        for name, value in attributes.items():
            if not name.startswith("_"):
                yield from self._attribute_bounds(op, known, name, value, are_stripped=are_stripped)

    def _attribute_bounds(
        self, op: str, known: _Op, name: str, value: AttributeValue, *, are_stripped: bool
    ) -> Iterator[Bound]:
        attribute = known.attributes.get(name)
        if attribute is None:
            yield Bound("attribute", f"{op}.{name}", len(self.releases), None)
            return
        is_taken_away = are_stripped and as_text(value) == attribute.default
        is_telling = attribute.since > known.since or attribute.until != known.until
        if is_telling and not is_taken_away:
            yield Bound("attribute", f"{op}.{name}", attribute.since, attribute.until)
        for one in _texts(value) if attribute.allowed else ():
            since = attribute.allowed.get(one, len(self.releases))
            if since > attribute.since:
                yield Bound("value", f"{op}.{name}={one}", since, None)

    def missing(self, op: str, attributes: Mapping[str, AttributeValue]) -> list[str]:
        """Attributes that a use of an op must have and does not: no release takes it."""
        known = self._op(op)
        needed = {} if known is None else known.attributes
        return [
            name
            for name, one in needed.items()
            if one.default is None
            and name not in attributes
            and known is not None
            and (one.since, one.until) == (known.since, known.until)
        ]

    def _op(self, op: str) -> _Op | None:
        if op not in self._ops:
            row = self._rows.get(op)
            self._ops[op] = None if row is None else _parse_op(row)
        return self._ops[op]


def _parse_op(row: list[Any]) -> _Op:
    since, until, forbidden, attributes = row
    return _Op(
        since,
        until,
        forbidden,
        {name: _parse_attribute(one, since, until) for name, one in attributes.items()},
    )


def _parse_attribute(row: list[Any], op_since: int, op_until: int | None) -> _Attribute:
    since, until, default, allowed = [*row, None, None, None, None][:4]
    return _Attribute(
        op_since if since is None else since,
        op_until if until is None else until,
        default,
        {
            value: int(place)
            for place, values in (allowed or {}).items()
            for value in values.split(" ")
        },
    )


@functools.cache
def load_history() -> History:
    """The table that the package carries. Cost: 10 ms, once."""
    return History(load_table("op_history.json"))


def load_table(name: str) -> Any:
    """A table that lies beside this module, as JSON."""
    return json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def as_text(value: AttributeValue) -> str:
    """An attribute as the table writes defaults; `?` where there is no plain text for it."""
    if isinstance(value, DType):
        return value.name
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return value
    if isinstance(value, ShapeValue):
        if value.sizes is None:
            return "?"
        return f"({','.join(str(-1 if one is None else one) for one in value.sizes)})"
    if is_list(value):
        return f"[{','.join(as_text(one) for one in value)}]"
    return "?"


def is_list(value: AttributeValue) -> TypeGuard[tuple[AttributeValue, ...]]:
    """Whether an attribute is a list; records such as `DType` are tuples, too."""
    return type(value) is tuple


def _texts(value: AttributeValue) -> Iterator[str]:
    """Types and texts in an attribute that allows only some."""
    if isinstance(value, DType | str):
        yield as_text(value)
    elif is_list(value):
        for one in value:
            yield from _texts(one)
