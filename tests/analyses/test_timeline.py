"""Laws of timelines: what is read, how often, and that the numbers are numpy's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.analyses import timeline_values
from tensorboard_plugin_modelinspect.analyses.sums import Change, Sums
from tensorboard_plugin_modelinspect.analyses.timeline import ABSENT, Timeline
from tensorboard_plugin_modelinspect.analyses.timeline_groups import (
    find_first_nonfinite,
    make_groups,
    select_tensors,
)
from tensorboard_plugin_modelinspect.analyses.timeline_plan import plan_nbytes
from tensorboard_plugin_modelinspect.analyses.timeline_values import Progress
from tensorboard_plugin_modelinspect.errors import BadRequest
from tests.analyses.test_sums import assert_close, naive_change, naive_sums
from tests.support.bundle_writer import BundleWriter
from tests.support.series import Contents, MemorySeries

SHAPES = ((), (0,), (7,), (3, 5), (2, 3, 4))
RANDOM = np.random.default_rng(11)


@st.composite
def histories(draw: st.DrawFn) -> list[Contents]:
    """A few checkpoints of tensors that stay, change, come back, come and go, or change in kind."""
    checkpoints = draw(st.integers(1, 7))
    contents: list[dict[str, np.ndarray]] = [{} for _ in range(checkpoints)]
    for number in range(draw(st.integers(1, 3))):
        shape = draw(st.sampled_from(SHAPES))
        dtype = draw(st.sampled_from(("float32", "float64", "int32", "complex64", "bool")))
        values = [make(dtype, shape) for _ in range(4)]
        values += [make(dtype, (*shape, 2)), make("float32", shape)]
        for place in range(checkpoints):
            index = draw(st.one_of(st.none(), st.integers(0, 3), st.integers(0, 5)))
            if index is not None:
                contents[place][f"w{number}"] = values[index]
    return [one or {"other": np.zeros(1)} for one in contents]


def make(dtype: str, shape: Sequence[int]) -> np.ndarray:
    """Random values, some of the floats not finite."""
    values = RANDOM.normal(size=shape) * 3
    if dtype == "complex64":
        return (values + 1j * RANDOM.normal(size=shape)).astype(dtype)
    if dtype.startswith("float"):
        values = np.where(RANDOM.random(shape) < 0.05, np.nan, values)
    return np.asarray(values).astype(dtype)


def identity(value: np.ndarray) -> tuple[object, ...]:
    """Equal for equal contents."""
    return value.dtype.str, value.shape, value.tobytes()


def distinct_nbytes(history: Sequence[Contents]) -> int:
    """Bytes of all contents, each counted once for its tensor."""
    seen = {(key, *identity(value)): value.nbytes for one in history for key, value in one.items()}
    return sum(seen.values())


def check_against_numpy(timeline: Timeline, history: Sequence[Contents]) -> None:
    """Every number of every tensor is what numpy says of the two arrays."""
    for key in timeline.tensors:
        before: tuple[int, np.ndarray] | None = None
        for place, cell in enumerate(timeline.cells(key)):
            value = history[place].get(key)
            if value is None:
                assert cell.sums is None
                continue
            assert cell.sums is not None
            assert_close(cell.sums, naive_sums(value))
            if before is None or not comparable(before[1], value):
                assert (cell.previous, cell.change) == (None, None)
            else:
                assert cell.previous == before[0]
                assert cell.change is not None
                assert_close(cell.change, naive_change(before[1], value))
            before = place, value


def comparable(one: np.ndarray, other: np.ndarray) -> bool:
    """Same shape, and both complex or none."""
    return one.shape == other.shape and (one.dtype.kind == "c") == (other.dtype.kind == "c")


@settings(max_examples=60, deadline=None)
@given(histories(), st.sampled_from((16, 64, 4 << 20)), st.integers(1, 3))
def test_numbers_are_numpys_and_each_content_is_read_once(
    history: list[Contents], chunk: int, threads: int
) -> None:
    """Whatever the size of a chunk and however many threads; and nothing is left to be read."""
    series = MemorySeries.of(history)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timeline_values, "CHUNK_NBYTES", chunk)
        assert plan_nbytes(series.timeline()) == distinct_nbytes(history)
        timeline = series.compute(threads=threads)
    check_against_numpy(timeline, history)
    assert series.nbytes == distinct_nbytes(history)
    assert plan_nbytes(timeline) == 0
    assert timeline.values.notes == []


@settings(max_examples=20, deadline=None)
@given(histories())
def test_without_checksums_the_numbers_are_the_same(history: list[Contents]) -> None:
    """Formats that store none are read in full; that a tensor did not change is then found out."""
    series = MemorySeries.of(history)
    timeline = series.compute(has_checksums=False)
    check_against_numpy(timeline, history)
    assert series.nbytes == sum(value.nbytes for one in history for value in one.values())
    finite = [key for key in timeline.tensors if timeline.first_nonfinite(key) is None]
    with_checksums = MemorySeries.of(history).compute()
    assert timeline.frozen(finite) == with_checksums.frozen(finite)


def test_twenty_checkpoints_of_which_nine_tenths_are_frozen() -> None:
    """Frozen tensors cost their first reading, and a finished timeline costs nothing."""
    kept = {f"frozen{number}": make("float32", (40, 8)) for number in range(18)}
    history = [
        {**kept, **{f"moving{number}": make("float32", (40, 8)) for number in range(2)}}
        for _ in range(20)
    ]
    series = MemorySeries.of(history)
    timeline = series.compute()
    assert series.nbytes == (18 + 2 * 20) * 40 * 8 * 4
    assert timeline.frozen(timeline.tensors) == [(0, 0)] + [(18, 20)] * 19
    series.nbytes = 0
    series.compute()
    assert series.nbytes == 0


def test_frozen_is_known_without_reading() -> None:
    """From checksums alone; of a tensor that is new nothing is said."""
    one, two = make("float32", (4,)), make("float32", (4,))
    series = MemorySeries.of([{"a": one, "b": one}, {"a": one, "b": two, "c": one}])
    timeline = series.timeline()
    assert timeline.frozen(["a", "b", "c"]) == [(0, 0), (1, 2)]
    assert timeline.tensors["a"].places == (0, 0)
    assert timeline.tensors["c"].places == (ABSENT, 0)
    assert (series.opened, series.nbytes) == ([], 0)


def test_a_new_checkpoint_costs_itself_and_the_one_before() -> None:
    """While training goes on, only what is new is read, and what it is compared with."""
    history = [{"a": make("float32", (10,)), "b": np.ones(3)} for _ in range(5)]
    series = MemorySeries.of(history[:4])
    series.compute()
    series.nbytes, series.opened = 0, []
    series.files.append(MemorySeries.of(history[4:]).files[0])
    check_against_numpy(series.compute(), history)
    assert series.nbytes == 2 * 40
    assert sorted(series.opened) == [3, 4]


def test_a_change_of_shape_starts_anew_and_is_said() -> None:
    """No number across it; a change of type alone goes on. Both are notes, and no problems."""
    history = [
        {"w": np.ones(4, np.float32)},
        {"w": np.ones(4, np.float64)},
        {"w": np.ones((2, 2), np.float64)},
    ]
    timeline = MemorySeries.of(history).compute()
    check_against_numpy(timeline, history)
    assert [(note.checkpoint, note.is_problem, note.message) for note in timeline.notes] == [
        (1, False, "w: float32 [4] before, float64 [4] here."),
        (2, False, "w: float64 [4] before, float64 [2, 2] here: its numbers start anew."),
    ]


def test_types_that_numpy_has_not() -> None:
    """bfloat16, float8 and int4 are summed up with the values they stand for."""
    for name in ("bfloat16", "float8_e5m2", "int4", "uint4"):
        dtype = getattr(ml_dtypes, name)
        history = [{"w": np.array([1, 2], dtype)}, {"w": np.array([1, 4], dtype)}]
        [_, cell] = MemorySeries.of(history).compute().cells("w")
        assert cell.sums == Sums(2, 0, 17.0)
        assert cell.change == Change(2, 17.0, 5.0, 2.0, 4.0, 9.0)


def test_strings_are_the_same_or_not() -> None:
    """Without numbers, without being read."""
    files = []
    for text in (b"a", b"a", b"b"):
        writer = BundleWriter()
        writer.add_strings("names", [text, b"x"])
        files.append(writer.files("ckpt"))
    series = MemorySeries(files)
    timeline = series.compute()
    assert timeline.frozen(["names"]) == [(0, 0), (1, 1), (0, 1)]
    assert all(cell.sums is None for cell in timeline.cells("names"))
    assert series.nbytes == 0


def test_first_nonfinite() -> None:
    """The first checkpoint with NaN, and the tensors in which it begins."""
    bad = np.array([1.0, np.nan])
    good = np.ones(2)
    history = [{"a/w": good, "b/w": good, "c": good}] * 3
    history += [{"a/w": bad, "b/w": np.array([np.inf, 1.0]), "c": good}]
    history += [{"a/w": bad, "b/w": bad, "c": bad}]
    timeline = MemorySeries.of(history).compute()
    first = find_first_nonfinite(timeline, timeline.tensors)
    assert first == (3, ["a/w", "b/w"])
    assert timeline.first_nonfinite("c") == 4
    assert find_first_nonfinite(MemorySeries.of(history[:3]).compute(), ["a/w"]) is None


def test_groups_are_sums_of_their_tensors() -> None:
    """Of a layer, of a role, of all that fits a pattern: first sums, then roots."""
    history = [{"a/k": np.array([3.0]), "a/b": np.array([4.0]), "d/k": np.array([12.0])}] * 2
    timeline = MemorySeries.of(history).compute()
    norms = {
        by: {one.name: one.cells[1].sums.l2 for one in make_groups(timeline, timeline.tensors, by)}
        for by in ("all", "layer", "tensor")
    }
    assert norms["all"] == {"all": 13.0}
    assert norms["layer"] == {"a": 5.0, "d": 12.0}
    assert norms["tensor"] == {"a/b": 4.0, "a/k": 3.0, "d/k": 12.0}
    [group] = make_groups(timeline, select_tensors(timeline, ["*/k"]))
    assert math.isclose(group.cells[0].sums.l2, math.hypot(3, 12))
    with pytest.raises(BadRequest, match="No tensor fits x"):
        select_tensors(timeline, ["x*"])


class Stop(Exception):
    """Of somebody who wants no more."""


def test_progress_is_told_and_cancels() -> None:
    """It ends at the sum of all bytes; what it raises ends the reading, and what was read stays."""
    history = [{"w": make("float32", (64,))} for _ in range(6)]
    told: list[Progress] = []
    MemorySeries.of(history).compute(progress=told.append)
    assert told[-1][:2] == (6 * 256, 6 * 256)
    assert all(one.done_nbytes <= two.done_nbytes for one, two in pairwise(told))

    def stop(_: Progress) -> None:
        raise Stop

    series = MemorySeries.of(history)
    with pytest.raises(Stop):
        series.compute(progress=stop)
    check_against_numpy(series.compute(), history)


def test_memory_does_not_grow_with_the_series(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two chunks of a tensor at a time, however large it is and however many checkpoints are."""
    import tracemalloc

    monkeypatch.setattr(timeline_values, "CHUNK_NBYTES", 1 << 16)
    history = [{"w": make("float32", (1 << 17,))} for _ in range(40)]
    series = MemorySeries.of(history)
    del history
    series.compute(threads=1)
    series.values = type(series.values)()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        series.compute(threads=1)
        assert tracemalloc.get_traced_memory()[1] - before < 1 << 20
    finally:
        tracemalloc.stop()
