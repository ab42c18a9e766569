"""What is decided of every op of TensorFlow, from the table `ops.json`; docs/scan.md shows it.

An op that is reported has the place of what it is given: the number of an input, `@` and an
attribute, or `queue` (of a reader, whose file names come from a queue). Behind a `?` it is reported
only where that names something.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

_TABLE = Path(__file__).with_name("ops.json")

Decision = Literal["report", "harmless"]


class Family(NamedTuple):
    """Ops that are decided alike; `name` is that of the rule if they are reported."""

    name: str
    decision: Decision
    reason: str
    ops: Mapping[str, str]
    """Place of the argument by op; empty if it has none."""


class ReportedOp(NamedTuple):
    """An op that is reported.

    Attributes:
        rule: Which rule reports it.
        reason: What it does.
        slot: Input that is the argument; -1 if there is none.
        attribute: Attribute that is the argument; empty if there is none.
        is_reader: Whether its file names come from a queue.
        if_named: Whether it is reported only where the argument names something.
    """

    rule: str
    reason: str
    slot: int = -1
    attribute: str = ""
    is_reader: bool = False
    if_named: bool = False


@functools.cache
def families() -> tuple[Family, ...]:
    """All families, the reported ones first. Cost: 1 ms, once."""
    return tuple(
        Family(name, one["decision"], one["reason"], _ops_of(one["ops"]))
        for name, one in _table()["families"].items()
    )


def table_version() -> str:
    """The TensorFlow whose registry was decided."""
    return str(_table()["tensorflow"])


@functools.cache
def _table() -> Any:
    return json.loads(_TABLE.read_text(encoding="utf-8"))


def _ops_of(stored: Any) -> Mapping[str, str]:
    if isinstance(stored, dict):
        return stored
    return dict.fromkeys((op for line in stored for op in line.split(" ")), "")


@functools.cache
def reported_ops() -> Mapping[str, ReportedOp]:
    """Ops that are reported, by name."""
    return {
        op: _parse_place(family, place)
        for family in families()
        if family.decision == "report"
        for op, place in family.ops.items()
    }


@functools.cache
def decided_ops() -> frozenset[str]:
    """All ops in the table: any other is none of TensorFlow's, or a newer one."""
    return frozenset(op for family in families() for op in family.ops)


def _parse_place(family: Family, text: str) -> ReportedOp:
    place = text.removeprefix("?")
    return ReportedOp(
        family.name,
        family.reason,
        int(place) if place.isdigit() else -1,
        place[1:] if place.startswith("@") else "",
        place == "queue",
        text.startswith("?"),
    )
