"""Timelines of what is damaged or goes away: it is said where it is, and the rest goes on."""

from __future__ import annotations

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.timeline import MOST_NOTES, UNOPENED
from tensorboard_plugin_modelinspect.analyses.timeline_plan import plan_nbytes
from tests.support.bundle_writer import BundleWriter
from tests.support.series import MemorySeries, bundle_files

SHARD = "ckpt.data-00000-of-00001"
HISTORY = [{"kept": np.ones(4), "w": np.full(8, float(place))} for place in range(4)]


def flip(series: MemorySeries, place: int, offset: int = -1) -> None:
    """Damage a byte of the last tensor of a checkpoint."""
    data = bytearray(series.files[place][SHARD])
    data[offset] ^= 1
    series.files[place][SHARD] = bytes(data)


def check_goes_on(series: MemorySeries, place: int) -> None:
    """All numbers but those of one checkpoint; the next is compared with the one before it."""
    timeline = series.compute()
    cells = timeline.cells("w")
    assert [cell.sums is None for cell in cells] == [one == place for one in range(4)]
    after = cells[place + 1]
    assert (after.previous, after.change.delta_abs_sum) == (place - 1, 8 * 2.0)
    assert all(cell.sums is not None for at, cell in enumerate(timeline.cells("kept")) if at != 1)
    assert plan_nbytes(timeline) == 0


@pytest.mark.parametrize("nbytes", [4 << 20, 16])
def test_a_wrong_checksum(nbytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of small tensors and of those that are read in chunks: the numbers are not shown."""
    monkeypatch.setattr(
        "tensorboard_plugin_modelinspect.analyses.timeline_values.CHUNK_NBYTES", nbytes
    )
    series = MemorySeries.of(HISTORY)
    flip(series, 1)
    check_goes_on(series, 1)
    [note] = series.values.notes
    assert (note.checkpoint, note.tensor, note.is_problem) == (1, "w", True)
    assert 'tensor "w"' in note.message
    assert "checksum" in note.message


def test_a_missing_shard() -> None:
    """What the index says is known; what lies in the shard is not."""
    series = MemorySeries.of(HISTORY)
    del series.files[1][SHARD]
    check_goes_on(series, 1)
    [note] = series.values.notes  # what is frozen was read elsewhere
    assert SHARD in note.message
    assert series.timeline().frozen(["kept", "w"])[1] == (1, 2)


def test_a_checkpoint_that_vanishes() -> None:
    """Between its listing and its reading: one note for all of its tensors."""
    series = MemorySeries.of([{**one, "v": one["w"] + 9} for one in HISTORY])
    timeline = series.timeline()
    series.files[1] = {}
    series.timeline = lambda **_: timeline  # type: ignore[method-assign]
    check_goes_on(series, 1)
    [note] = series.values.notes
    assert (note.checkpoint, note.tensor, note.message) == (1, None, "ckpt-1: it is gone.")


def test_a_checkpoint_that_is_saved_again() -> None:
    """Other contents than were listed are not taken for them."""
    series = MemorySeries.of(HISTORY)
    timeline = series.timeline()
    series.files[1] = bundle_files({"kept": np.ones(4), "w": np.full(8, 99.0)})
    series.timeline = lambda **_: timeline  # type: ignore[method-assign]
    check_goes_on(series, 1)
    [note] = series.values.notes
    assert "saved again" in note.message


def test_another_checkpoint_may_hold_the_same() -> None:
    """A frozen tensor whose first copy is damaged is read from the next, and both are right."""
    series = MemorySeries.of([{"w": np.ones(4)}] * 3 + [{"w": np.zeros(4)}])
    flip(series, 0)
    timeline = series.compute()
    assert [cell.sums.sum_sq for cell in timeline.cells("w")] == [4.0, 4.0, 4.0, 0.0]
    assert timeline.cells("w")[3].change.delta_abs_sum == 4.0
    assert [note.checkpoint for note in timeline.values.notes] == [0]


def test_what_failed_is_tried_again() -> None:
    """A shard that is copied later is read by the next reading."""
    series = MemorySeries.of(HISTORY)
    shard = series.files[1].pop(SHARD)
    series.compute()
    series.files[1][SHARD] = shard
    timeline = series.compute()
    assert timeline.values.notes == []
    assert [cell.previous for cell in timeline.cells("w")] == [None, 0, 1, 2]
    assert all(cell.change is not None for cell in timeline.cells("w")[1:])


def test_numbers_of_deleted_checkpoints_stay() -> None:
    """What was read before a manager deleted it is still shown; what was not is left out."""
    series = MemorySeries.of(HISTORY)
    series.compute()
    series.states = ["deleted", "complete", "complete", "complete"]
    series.files.append(bundle_files({"kept": np.ones(4), "w": np.full(8, 4.0)}))
    series.files.append(bundle_files({"kept": np.ones(4), "w": np.full(8, 5.0)}))
    series.states += ["deleted", "complete"]
    series.opened = []
    timeline = series.compute()
    cells = timeline.cells("w")
    assert [cell.sums is None for cell in cells] == [False] * 4 + [True, False]
    assert (cells[1].previous, cells[5].previous) == (0, 3)
    assert timeline.tensors["w"].places[4] == UNOPENED
    assert timeline.tensors["kept"].places == (0,) * 6
    assert sorted(series.opened) == [3, 5]


def test_what_is_in_no_checkpoint_is_forgotten() -> None:
    """Memory does not grow as checkpoints come and go."""
    series = MemorySeries.of(HISTORY)
    timeline = series.compute()
    del series.files[:3]
    values = series.values
    values.keep_only(series.timeline().tensors)
    assert set(values.of("w").sums) == set(series.timeline().tensors["w"].contents)
    assert values.of("w").changes == {}
    assert len(timeline.tensors["w"].contents) == 4


def test_declared_sizes_are_not_believed() -> None:
    """A tensor of 10^12 elements in a small file: a note, at once and in little memory."""
    import tracemalloc

    writer = BundleWriter()
    writer.add("w", np.ones(2))
    huge = BundleWriter()
    huge.add_hole("w", "float64", (10**12,))
    files = writer.files("ckpt")
    series = MemorySeries([files, {"ckpt.index": huge.index(), SHARD: files[SHARD]}])
    tracemalloc.start()
    try:
        timeline = series.compute()
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
    assert [cell.sums is None for cell in timeline.cells("w")] == [False, True]
    assert [note.checkpoint for note in timeline.values.notes] == [1]


def test_notes_have_an_end() -> None:
    """A thousand damaged tensors are not a thousand sentences."""
    series = MemorySeries.of([{f"w{number:03}": np.full(1, number) for number in range(300)}])
    del series.files[0][SHARD]
    timeline = series.compute()
    assert len(timeline.values.notes) == MOST_NOTES + 1
    assert "than is listed" in timeline.values.notes[-1].message


def test_mistakes_of_ours_are_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody expects ends the reading and comes out."""

    def fail(*_: object) -> None:
        raise IndexError("a mistake")

    monkeypatch.setattr(
        "tensorboard_plugin_modelinspect.analyses.timeline_values.compute_sums", fail
    )
    with pytest.raises(IndexError, match="a mistake"):
        MemorySeries.of(HISTORY).compute()


def test_values_start_empty() -> None:
    """Of what nobody read nothing is known."""
    timeline = MemorySeries.of(HISTORY).timeline()
    assert {cell.sums for cell in timeline.cells("w")} == {None}
