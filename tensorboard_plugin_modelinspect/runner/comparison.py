"""Two answers to the same call, side by side: outputs, and where inner tensors start to differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.runner.messages import Answer, Value, WatchedValue

_MOST = np.finfo(np.float64).max
_READS = frozenset({"ReadVariableOp", "Variable", "VariableV2", "Const"})


class Difference(NamedTuple):
    """How two arrays differ.

    Attributes:
        differs: By more than the tolerance; in type or shape; or in that one of them has values.
        size: Elements that were compared; 0 if they could not be.
        different: How many are not equal. NaN equals NaN.
        largest: The greatest absolute difference of two finite numbers; None without any.
        relative: The same as a part of the greatest finite absolute value; None without any.
        place: Indices of that element.
        values: What both sides have there.
        reason: Why they could not be compared; empty if they were.
    """

    differs: bool
    size: int = 0
    different: int = 0
    largest: float | None = None
    relative: float | None = None
    place: tuple[int, ...] = ()
    values: tuple[float, float] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class OutputPair:
    """An output of both; None where one has none of that key."""

    key: str
    left: Value | None
    right: Value | None
    difference: Difference


@dataclass(frozen=True, slots=True, eq=False)
class InnerPair:
    """An inner tensor of both: of one name."""

    left: WatchedValue
    right: WatchedValue
    difference: Difference

    @property
    def is_read(self) -> bool:
        """Whether it is a variable or a constant, and not computed."""
        read = self.left.op == "Identity" and self.left.node.endswith("/read")
        return read or self.left.op in _READS


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two answers side by side.

    Attributes:
        outputs: Sorted by key.
        differing: Pairs of inner tensors that differ, in the order of computation.
        compared: How many pairs were.
        not_compared: How many pairs have no values, on one side at least.
        unpaired: Inner tensors that only one side has: left, right.
    """

    outputs: tuple[OutputPair, ...]
    differing: tuple[InnerPair, ...] = ()
    compared: int = 0
    not_compared: int = 0
    unpaired: tuple[int, int] = (0, 0)

    @property
    def differs(self) -> bool:
        """Whether an output does."""
        return any(pair.difference.differs for pair in self.outputs)

    @property
    def first(self) -> InnerPair | None:
        """The first tensor that is computed and differs."""
        return next((pair for pair in self.differing if not pair.is_read), None)

    @property
    def reads(self) -> tuple[InnerPair, ...]:
        """Variables and constants that differ."""
        return tuple(pair for pair in self.differing if pair.is_read)


def compare_answers(left: Answer, right: Answer, tolerance: float = 0.0) -> Comparison:
    """Compare what two models answer.

    Inner tensors belong together if they have the same name behind the same calls; those that are
    left, if one of each side has that name in its graph.

    Args:
        left: One answer.
        right: The other one.
        tolerance: Part of a tensor's greatest absolute value by which its numbers may differ.

    Cost: a pass over all values.
    """
    lefts = {value.key: value for value in left.outputs}
    rights = {value.key: value for value in right.outputs}
    outputs = [
        OutputPair(key, lefts.get(key), rights.get(key), _of(lefts, rights, key, tolerance))
        for key in sorted(lefts.keys() | rights.keys())
    ]
    pairs, unpaired = _pair(left.watched, right.watched)
    whole = [(a, b) for a, b in pairs if a.values is not None and b.values is not None]
    inner = [InnerPair(a, b, _compare_values(a, b, tolerance)) for a, b in whole]
    return Comparison(
        outputs=tuple(outputs),
        differing=tuple(pair for pair in inner if pair.difference.differs),
        compared=len(inner),
        not_compared=len(pairs) - len(inner),
        unpaired=unpaired,
    )


def compare_arrays(left: np.ndarray, right: np.ndarray, tolerance: float = 0.0) -> Difference:
    """Compare two arrays of one shape: numbers, truth values, or strings as objects."""
    if left.shape != right.shape:
        return Difference(True, reason=f"shapes {list(left.shape)} and {list(right.shape)}")
    if left.dtype.kind in "OSU" or right.dtype.kind in "OSU":
        different = int(np.count_nonzero(left != right))
        return Difference(different > 0, left.size, different)
    a, b = (_as_numbers(array) for array in (left, right))
    with np.errstate(all="ignore"):
        unequal = (left != right) & ~((a != a) & (b != b))
        finite = np.isfinite(a) & np.isfinite(b)
        gap = np.where(finite, np.minimum(np.abs(a - b), _MOST), 0.0)
        scale = np.where(finite, np.maximum(np.abs(a), np.abs(b)), 0.0)
    different = int(np.count_nonzero(unequal))
    if not finite.any():
        return Difference(different > 0, left.size, different)
    place = np.unravel_index(int(gap.argmax()), gap.shape)
    largest, most = float(gap[place]), float(scale.max())
    relative = largest / most if most else 0.0
    lost = bool((unequal & ~finite).any())
    return Difference(
        differs=different > 0 and (lost or relative > tolerance or tolerance == 0),
        size=left.size,
        different=different,
        largest=largest,
        relative=relative,
        place=tuple(int(index) for index in place),
        values=(_shown(a[place]), _shown(b[place])),
    )


def _shown(number: np.generic) -> float:
    """A number that JSON can hold: of a complex one its absolute value."""
    return float(np.abs(number) if np.iscomplexobj(number) else number)


def _as_numbers(array: np.ndarray) -> np.ndarray:
    """In double precision; whole numbers beyond it are told apart before."""
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _of(
    lefts: dict[str, Value], rights: dict[str, Value], key: str, tolerance: float
) -> Difference:
    if key not in rights:
        return Difference(True, reason="only the first has it")
    if key not in lefts:
        return Difference(True, reason="only the second has it")
    return _compare_values(lefts[key], rights[key], tolerance)


def _compare_values(
    left: Value | WatchedValue, right: Value | WatchedValue, tolerance: float
) -> Difference:
    if left.values is None or right.values is None:
        return Difference(False, reason="without values")
    found = compare_arrays(left.values, right.values, tolerance)
    if left.dtype != right.dtype and not found.reason:
        return found._replace(differs=True, reason=f"types {left.dtype} and {right.dtype}")
    return found


def _pair(
    left: Sequence[WatchedValue], right: Sequence[WatchedValue]
) -> tuple[list[tuple[WatchedValue, WatchedValue]], tuple[int, int]]:
    """Tensors that belong together, in the order of the left side; how many are left."""
    partner: dict[int, WatchedValue] = {}
    taken: set[int] = set()
    for name_of in (_path, _name):
        ours = _unique([one for one in left if id(one) not in partner], name_of)
        theirs = _unique([one for one in right if id(one) not in taken], name_of)
        for name in ours.keys() & theirs.keys():
            partner[id(ours[name])] = theirs[name]
            taken.add(id(theirs[name]))
    pairs = [(one, partner[id(one)]) for one in left if id(one) in partner]
    return pairs, (len(left) - len(pairs), len(right) - len(pairs))


def _path(value: WatchedValue) -> Hashable:
    return value.calls, value.node, value.output


def _name(value: WatchedValue) -> Hashable:
    return value.node, value.output


def _unique(
    rows: Sequence[WatchedValue], name_of: Callable[[WatchedValue], Hashable]
) -> dict[Hashable, WatchedValue]:
    """Rows by a name that no other one has."""
    counted = Counter(map(name_of, rows))
    return {name_of(row): row for row in rows if counted[name_of(row)] == 1}
