"""Values of two tensors: what counts as different, in every type, read in whatever pieces."""

import math
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tensorboard_plugin_modelinspect.analyses.diff.result import EXACT, ValueDiff
from tensorboard_plugin_modelinspect.analyses.diff.value_sums import (
    ValueSums,
    compare_values,
    finish_values,
    plan_comparison,
)
from tensorboard_plugin_modelinspect.analyses.diff.values import (
    compare_tensors,
    iter_values,
    plan_nbytes,
    select_pairs,
)
from tensorboard_plugin_modelinspect.errors import Truncated
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.pieces import Piece
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor
from tests.support.diffs import compare_arrays, diff_arrays, read_values
from tests.support.tensors import tensor_of

_FLOAT32 = DTYPES[1]
_ELEMENTS = st.one_of(st.floats(width=32), st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf]))
_PAIRS = st.integers(1, 40).flatmap(
    lambda size: st.tuples(
        *[arrays.arrays(np.float32, size, elements=_ELEMENTS) for _ in range(2)],
        st.integers(0, size),
    )
)


def floats(*values: float) -> np.ndarray:
    """A row of float32."""
    return np.array(values, np.float32)


@given(_PAIRS)
def test_parts_merge_into_the_whole(pair: tuple[np.ndarray, np.ndarray, int]) -> None:
    """What is known of two parts is what is known of both, whichever comes first."""
    before, after, cut = pair
    comparison = plan_comparison(_FLOAT32, _FLOAT32, EXACT, is_exact=False)
    whole = compare_values(before, after, 0, comparison)
    parts = [
        compare_values(before[part], after[part], start, comparison)
        for part, start in ((slice(cut), 0), (slice(cut, None), cut))
    ]
    for first, second in (parts, parts[::-1]):
        merged = ValueSums().merge(first).merge(second)
        one, other = (finish_values(sums, before.shape, comparison) for sums in (whole, merged))
        assert_alike(one, other)


def assert_alike(one: ValueDiff, other: ValueDiff) -> None:
    """The same but for the rounding of sums."""
    for name in ValueDiff.__slots__:
        a, b = getattr(one, name), getattr(other, name)
        if isinstance(a, float) and isinstance(b, float):
            assert math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) or (a != a and b != b), name
        elif name != "histogram":
            assert a == b, name
    assert one.histogram is not None
    assert other.histogram is not None
    assert sum(one.histogram.counts) == sum(other.histogram.counts)


@given(_PAIRS)
def test_counts_are_numpys(pair: tuple[np.ndarray, np.ndarray, int]) -> None:
    """Differing elements, NaN and the largest difference are those that numpy finds at once."""
    before, after, _ = pair
    found = compare_arrays(before, after, piece_nbytes=(12, 20))
    nans = np.isnan(before), np.isnan(after)
    differs = (before != after) & ~(nans[0] & nans[1])
    assert found.count == before.size
    assert found.differing == found.outside == np.count_nonzero(differs)
    assert found.first == ((int(differs.argmax()),) if differs.any() else None)
    assert found.nan_both == np.count_nonzero(nans[0] & nans[1])
    assert found.nan_before == np.count_nonzero(nans[0] & ~nans[1])
    assert found.nan_after == np.count_nonzero(nans[1] & ~nans[0])
    finite = np.isfinite(before) & np.isfinite(after)
    deltas = np.abs(after[finite].astype(float) - before[finite].astype(float))
    assert found.max_abs == (float(deltas.max()) if deltas.size else None)
    assert found.histogram is not None
    assert sum(found.histogram.counts) == np.count_nonzero(differs & finite)


def test_numbers() -> None:
    """Differences, norms and coordinates of a small matrix, by hand."""
    found = compare_arrays(np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 5.0]]))
    assert (found.of, found.compared_as, found.count, found.differing) == ("value", "", 4, 1)
    assert found.first == found.max_at == (1, 1)
    assert (found.max_abs, found.mean_abs, found.l2, found.relative_l2) == (5.0, 1.25, 5.0, 1.0)
    assert found.cosine == pytest.approx(25 / (5 * math.sqrt(50)))


def test_nan_and_infinity() -> None:
    """Equal where both sides have the same; on one side only they differ, beyond any tolerance."""
    before = floats(math.nan, math.nan, 1.0, math.inf, -math.inf, math.inf)
    after = floats(math.nan, 2.0, math.nan, math.inf, math.inf, 0.0)
    found = compare_arrays(before, after, tolerance=(1e30, 1e30))
    assert (found.nan_both, found.nan_before, found.nan_after) == (1, 1, 1)
    assert (found.differing, found.outside, found.first) == (4, 4, (1,))
    assert found.max_abs is None
    all_nan = compare_arrays(floats(math.nan), floats(math.nan))
    assert (all_nan.differing, all_nan.max_abs, all_nan.cosine) == (0, None, None)


def test_tolerance_is_that_of_numpy() -> None:
    """`|b - a| <= atol + rtol * |a|`, as `numpy.isclose(after, before)`."""
    before = np.linspace(-3, 3, 61).astype(np.float32)
    after = before + np.resize(np.float32([0.0, 0.01, -0.02, 0.05]), 61)
    for tolerance in ((0.02, 0.0), (0.0, 0.02), (0.005, 0.01), (1.0, 0.0)):
        found = compare_arrays(before, after, tolerance=tolerance)
        a, b = before.astype(float), after.astype(float)
        close = np.isclose(b, a, atol=tolerance[0], rtol=tolerance[1])
        assert found.outside == np.count_nonzero(~close & (a != b))
        assert found.differing == np.count_nonzero(a != b)


def test_large_integers_are_exact() -> None:
    """Two integers that are one float64 differ, and the largest distance is that of the range."""
    found = compare_arrays(np.array([2**53 + 1, 5]), np.array([2**53, 5]))
    assert (found.differing, found.max_abs) == (1, 1.0)
    found = compare_arrays(np.array([-(2**63)]), np.array([2**63 - 1]))
    assert found.max_abs == float(2**64 - 1)
    found = compare_arrays(np.array([2**64 - 1], np.uint64), np.array([2**64 - 3], np.uint64))
    assert (found.max_abs, found.histogram) == (2.0, ((-2.0, -2.0), (1,)))


@pytest.mark.parametrize(
    "dtype",
    [
        "bfloat16",
        "float16",
        "float8_e4m3fn",
        "float8_e5m2",
        "int4",
        "uint4",
        "int2",
        "float4_e2m1fn",
    ],
)
def test_small_types(dtype: str) -> None:
    """Types of one or two bytes and of less compare by their values."""
    numpy_type = np.dtype(getattr(ml_dtypes, dtype, dtype))
    before = np.array([0, 1, 1], numpy_type)
    after = np.array([0, 1, 0], numpy_type)
    found = compare_arrays(before, after)
    assert (found.differing, found.first, found.max_abs) == (1, (2,), 1.0)
    assert compare_arrays(before, before).differing == 0


def test_other_types_compare_as_float64_and_tell_rounding() -> None:
    """bfloat16 against float32, either way round; and what is more than rounding."""
    values = np.random.default_rng(1).standard_normal(100).astype(np.float32)
    rounded = values.astype(ml_dtypes.bfloat16)
    for pair in ((values, rounded), (rounded, values)):
        found = compare_arrays(*pair, piece_nbytes=(7, 30))
        assert (found.compared_as, found.is_rounding) == ("float64", True)
        assert 90 < found.differing <= 100
        assert found.max_abs < 0.02
    rounded[3] += 1
    assert compare_arrays(values, rounded).is_rounding is False
    assert compare_arrays(values, values).is_rounding is None
    assert compare_arrays(np.array([1, 2], np.int8), floats(1, 2)).is_rounding is None
    assert compare_arrays(np.array([1, 2], np.int64), floats(1, 2)).compared_as == "float64"


def test_complex_by_magnitude() -> None:
    """The magnitude of the difference; against a real number as complex128."""
    found = compare_arrays(np.array([1 + 1j, 2]), np.array([1 + 1j, 2 + 3j]))
    assert (found.of, found.differing, found.max_abs) == ("magnitude", 1, 3.0)
    assert found.histogram == ((3.0, 3.0), (1,))
    assert compare_arrays(np.array([1j]), floats(1)).compared_as == "complex128"


def test_strings_and_bools_by_equality() -> None:
    """No numbers; how many differ, and the first."""
    before, after = np.array([True, False, True]), np.array([True, True, False])
    found = compare_arrays(before, after)
    assert (found.of, found.differing, found.first, found.max_abs) == ("equality", 2, (1,), None)
    strings = np.array([b"a", b"b\xff"], object), np.array([b"a", b"b"], object)
    tensors = [tensor_of("s", value, dtype=DTYPES[7]) for value in strings]
    assert compare_tensors(*tensors).first == (1,)


def test_exact_compares_bytes() -> None:
    """Zeros of two signs and NaN of two payloads differ by their bytes alone."""
    nans = np.array([0x7FC00000, 0x7FC00001], np.uint32).view(np.float32)
    before, after = floats(0.0, 1.0, nans[0]), floats(-0.0, 1.0, 0.0)
    after[2] = nans[1]
    assert compare_arrays(before, after).differing == 0
    found = compare_arrays(before, after, is_exact=True)
    assert (found.differing, found.first, found.max_abs) == (2, (0,), 0.0)


def test_empty_and_scalar() -> None:
    """No elements, and one without an axis."""
    found = compare_arrays(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32))
    assert (found.count, found.differing, found.max_abs) == (0, 0, None)
    found = compare_arrays(np.float64(1.0).reshape(()), np.float64(3.0).reshape(()))
    assert (found.first, found.max_abs) == ((), 2.0)


class _Sliced:
    """Values stored in two halves by columns: not in row-major order."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        """Rows."""
        return self.values[region].copy()

    def iter_pieces(self, tensor: Tensor, most_nbytes: int) -> Iterator[Piece]:
        """The halves."""
        rows, columns = tensor.shape
        for start, stop in ((0, columns // 2), (columns // 2, columns)):
            part = self.values[:, start:stop].reshape(-1)
            yield Piece(part, ((0, rows), (start, stop)), 0)


def test_partitioned_against_whole() -> None:
    """Slices in an order of their own are compared with the elements of the same places."""
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    changed = values.copy()
    changed[2, 1] = 100
    sliced = tensor_of("x", values)._replace(values=_Sliced(values), crc32c=None)
    assert compare_tensors(sliced, tensor_of("x", values)).differing == 0
    found = compare_tensors(tensor_of("x", changed, piece_nbytes=8), sliced)
    assert (found.differing, found.first) == (1, (2, 1))


def test_what_is_read() -> None:
    """Only what may differ, each two contents once; with `is_exact` what is equal, too."""
    same, old, new = floats(1, 2), floats(3, 4), floats(3, 5)
    diff = diff_arrays({"a": same, "b": old, "c": old}, {"a": same, "b": new, "c": new})
    places = select_pairs(diff)
    assert places == [1, 2]
    assert plan_nbytes(diff, places) == 16
    told: list[int] = []
    result = read_values(diff, places, advance=told.append)
    assert sum(told) == 16
    assert [pair.state for pair in result.pairs] == ["equal", "changed", "changed"]
    assert result.pairs[1].values == result.pairs[2].values
    assert result.pairs[0].values is None
    assert select_pairs(diff, is_exact=True) == [0, 1, 2]
    assert not select_pairs(result)
    with_equal = read_values(diff, [0], is_exact=True)
    assert with_equal.pairs[0].values is not None


class _Broken:
    """Values whose file ends in the middle."""

    def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
        """Fail."""
        raise Truncated(path="data", expected="8", found="4")


def test_an_error_is_the_outcome_of_its_pair() -> None:
    """The rest goes on; a checksum still tells that it changed, and no checksum leaves it open."""
    diff = diff_arrays(
        {"a": floats(1), "b": floats(2), "c": floats(3)},
        {"a": floats(2), "b": floats(3), "c": floats(4)},
    )
    after = dict(diff.after.tensors)
    for key in ("a", "b"):
        after[key] = after[key]._replace(values=_Broken(), crc32c=1 if key == "a" else None)
    from tensorboard_plugin_modelinspect.analyses.diff.structural import diff_artifacts

    broken = type(diff.after)("ckpt", "checkpoint", (), after)
    diff = diff_artifacts(diff.before, broken)
    result = read_values(diff, select_pairs(diff))
    assert [pair.state for pair in result.pairs] == ["changed", "unreadable", "changed"]
    assert isinstance(result.pairs[0].error, Truncated)
    assert result.pairs[2].values is not None
    assert result.has_changed_values


def test_closing_cancels() -> None:
    """Who stops asking ends the work with the piece under way; so does an error of `advance`."""
    before = {f"t{i}": np.full(1 << 18, i, np.float32) for i in range(40)}
    diff = diff_arrays(before, {key: value + 1 for key, value in before.items()})
    read = threading.Semaphore(0)
    told: list[int] = []

    def advance(nbytes: int) -> None:
        told.append(nbytes)
        read.release()

    with ThreadPoolExecutor(1) as executor:
        outcomes = iter_values(diff, executor, select_pairs(diff), advance=advance)
        next(outcomes)
        outcomes.close()  # type: ignore[attr-defined]
    assert len(told) < 40

    def fail(nbytes: int) -> None:
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        list(iter_values(diff, executor, select_pairs(diff), advance=fail))


def test_closing_ends_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tensor that is being read ends with its piece: nobody waits for the rest of it."""
    monkeypatch.setattr("tensorboard_plugin_modelinspect.analyses.diff.values._TASK_SIZE", 1)
    before = {f"t{number}": np.full(1 << 22, number, np.float32) for number in range(2)}
    diff = diff_arrays(before, {key: value + 1 for key, value in before.items()})
    whole, is_closing = [], threading.Event()

    def advance(nbytes: int) -> None:
        whole.append(nbytes)
        if sum(whole) > plan_nbytes(diff, [0]):
            is_closing.wait(10)

    with ThreadPoolExecutor(1) as executor:
        outcomes = iter_values(diff, executor, [0, 1], advance=advance)
        next(outcomes)
        threading.Timer(0.2, is_closing.set).start()
        outcomes.close()  # type: ignore[attr-defined]
    assert sum(whole) < plan_nbytes(diff, [0, 1])


def test_pieces_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large tensor is never in memory as a whole."""
    from tensorboard_plugin_modelinspect.analyses.diff import value_sums

    sizes: list[int] = []
    compare = value_sums.compare_values

    def spy(before: np.ndarray, *rest: Any) -> ValueSums:
        sizes.append(before.nbytes)
        return compare(before, *rest)

    monkeypatch.setattr(value_sums, "compare_values", spy)
    values = np.zeros(3 << 20, np.float32)
    assert compare_arrays(values, values).count == values.size
    assert len(sizes) == 3
    assert max(sizes) <= 4 << 20
