"""Arrays side by side: what counts as different, and by how much."""

from __future__ import annotations

import numpy as np

from tensorboard_plugin_modelinspect.runner.comparison import (
    Difference,
    compare_answers,
    compare_arrays,
)
from tensorboard_plugin_modelinspect.runner.messages import Answer, Value, WatchedValue


def numbers(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def watched(node: str, values: np.ndarray | None, *calls: str, op: str = "Add") -> WatchedValue:
    size = 0 if values is None else values.size
    return WatchedValue(node, 0, op, "", calls, "float32", (1,), values, "", size, size)


def test_largest_difference_and_its_place() -> None:
    """In double precision, at one place, with both values."""
    assert compare_arrays(numbers(1, 2, 4), numbers(1, 2.5, 5)) == Difference(
        True, 3, 2, 1.0, 0.2, (2,), (4.0, 5.0)
    )
    assert not compare_arrays(numbers(1, 2), numbers(1, 2)).differs


def test_what_is_not_finite() -> None:
    """NaN equals NaN, an infinity itself; anything else differs however large the tolerance."""
    bad = numbers(np.nan, np.inf, 1)
    assert not compare_arrays(bad, bad.copy()).differs
    for other in (numbers(0, np.inf, 1), numbers(np.nan, -np.inf, 1), numbers(np.nan, 3, 1)):
        found = compare_arrays(bad, other, tolerance=1e9)
        assert (found.differs, found.different, found.largest) == (True, 1, 0.0)
    assert compare_arrays(np.array([1e308]), np.array([-1e308])).largest == np.finfo(float).max
    assert compare_arrays(numbers(np.nan), numbers(1)) == Difference(True, 1, 1)


def test_tolerance_is_a_part_of_the_tensor() -> None:
    """Not of the element: a zero may be off by as much as the largest."""
    left, right = numbers(100, 0), numbers(100, 0.5)
    assert compare_arrays(left, right).differs
    assert not compare_arrays(left, right, tolerance=0.01).differs
    assert compare_arrays(left, right, tolerance=0.001).differs


def test_other_types() -> None:
    """Strings, truth values, whole numbers beyond double precision, complex ones, nothing."""
    words = np.array([b"a", b"b"], object)
    assert compare_arrays(words, np.array([b"a", b"c"], object)).different == 1
    assert compare_arrays(np.array([True, False]), np.array([True, True])).different == 1
    large = np.array([2**62], np.int64)
    assert compare_arrays(large, large + 1).different == 1
    assert compare_arrays(np.array([3 + 4j]), np.array([3 - 4j])).largest == 8.0
    assert not compare_arrays(numbers(), numbers()).differs
    assert compare_arrays(numbers(1), numbers(1, 2)).reason == "shapes [1] and [2]"


def test_outputs_of_one_side() -> None:
    """They differ; so do types, though the numbers are equal."""
    one, two = (Value("a", name, (1,), numbers(1)) for name in ("float32", "float64"))
    found = compare_answers(Answer((one,)), Answer((two, Value("b", "float32", (), None))))
    assert found.differs
    assert [pair.difference.reason for pair in found.outputs] == [
        "types float32 and float64",
        "only the second has it",
    ]


def test_inner_tensors_are_paired_by_path_then_by_name() -> None:
    """A name that is there twice is not guessed at; variables are told from what is computed."""
    left = [
        watched("w", numbers(1), op="ReadVariableOp"),
        watched("a", numbers(1), "f"),
        watched("b", numbers(1), "f"),
        watched("c", numbers(1), "f"),
        watched("c", numbers(1), "g"),
        watched("d", None),
    ]
    right = [
        watched("w", numbers(2), op="ReadVariableOp"),
        watched("b", numbers(2), "other"),
        watched("a", numbers(1), "f"),
        watched("c", numbers(2), "h"),
        watched("d", None),
    ]
    found = compare_answers(Answer((), tuple(left)), Answer((), tuple(right)))
    assert [pair.left.node for pair in found.differing] == ["w", "b"]
    assert found.first is not None
    assert found.first.left.node == "b"
    assert [pair.left.node for pair in found.reads] == ["w"]
    assert (found.compared, found.not_compared, found.unpaired) == (3, 1, (2, 1))
