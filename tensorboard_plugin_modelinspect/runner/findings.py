"""Where a call makes its first NaN, as data.

What `worker_nan.py` counts; `views/text/nan.py` puts it into words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Kind = Literal["nan", "infinity", "none"]


class Counts(NamedTuple):
    """The values of a tensor, by what they are; complex ones by their absolute value.

    Attributes:
        size: How many there are.
        nan: Not a number.
        low: Minus infinity.
        high: Infinity.
        negative: Finite and below zero.
        zero: Zero.
        positive: Finite and above zero.
    """

    size: int
    nan: int
    low: int
    high: int
    negative: int
    zero: int
    positive: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A tensor inside of a signature.

    Attributes:
        node: The node in its graph.
        output: Which of its outputs, from 0.
        op: The node's op.
        graph: The function it is in, as the SavedModel calls it; "" for the main graph.
        calls: Names of the nodes that lead there from the signature, outermost first.
        dtype: What `tf.DType.name` says; empty if it was not counted.
        turns: How many times each loop around it had gone round before, outermost first.
        counts: None of what has no NaN (integers, strings) or could not be counted.
    """

    node: str
    output: int
    op: str
    graph: str
    calls: tuple[str, ...]
    dtype: str
    turns: tuple[int, ...]
    counts: Counts | None


@dataclass(frozen=True, slots=True)
class Made:
    """A tensor that a node makes out of others.

    Attributes:
        tensor: What it makes.
        inputs: Out of what, in the node's order.
        argument: The key of the input of the signature that it is; empty if it is none.
        variable: The path of the variable that it reads, `layer/kernel`; empty if it reads none.
    """

    tensor: Counted
    inputs: tuple[Counted, ...]
    argument: str
    variable: str


class Unseen(NamedTuple):
    """Nodes in which no NaN can be seen.

    Attributes:
        reason: Why, as a phrase: `in a branch, which may not run`.
        nodes: How many.
    """

    reason: str
    nodes: int


@dataclass(frozen=True, slots=True)
class NanFinding:
    """What one call of a signature says.

    Attributes:
        kind: `nan`; `infinity` if there is no NaN, but an infinite value; `none`.
        made: The first tensor with one: none that it is computed from has any, as far as seen.
        infinity: Where the infinite value comes from that the NaN was made of; None if it was made
            of finite ones.
        looked_at: How many tensors were counted.
        with_nan: How many of them have a NaN.
        with_infinity: How many have an infinite value.
        unseen: What could not be looked into.
    """

    kind: Kind
    made: Made | None
    infinity: Made | None
    looked_at: int
    with_nan: int
    with_infinity: int
    unseen: tuple[Unseen, ...]


def parse_finding(row: dict[str, Any]) -> NanFinding:
    """The finding of a message; raises what a message without sense makes Python raise."""
    kinds: dict[str, Kind] = {"nan": "nan", "infinity": "infinity", "none": "none"}
    return NanFinding(
        kind=kinds[row["kind"]],
        made=_parse_made(row["made"]),
        infinity=_parse_made(row["infinity"]),
        looked_at=int(row["looked_at"]),
        with_nan=int(row["with_nan"]),
        with_infinity=int(row["with_infinity"]),
        unseen=tuple(Unseen(str(one["reason"]), int(one["nodes"])) for one in row["unseen"]),
    )


def _parse_made(row: dict[str, Any] | None) -> Made | None:
    if row is None:
        return None
    return Made(
        tensor=_parse_counted(row),
        inputs=tuple(_parse_counted(one) for one in row["inputs"]),
        argument=str(row["argument"]),
        variable=str(row["variable"]),
    )


def _parse_counted(row: dict[str, Any]) -> Counted:
    counts = row["counts"]
    return Counted(
        node=str(row["node"]),
        output=int(row["output"]),
        op=str(row["op"]),
        graph=str(row["graph"]),
        calls=tuple(map(str, row["calls"])),
        dtype=str(row["dtype"]),
        turns=tuple(map(int, row["turns"])),
        counts=None if counts is None else Counts(**{key: int(counts[key]) for key in counts}),
    )
