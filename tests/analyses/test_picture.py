"""Pictures: every cell is what numpy makes of its elements, and a picture costs what it may."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.analyses import picture, picture_cells
from tensorboard_plugin_modelinspect.analyses.picture import (
    Method,
    PictureRequest,
    plan_picture,
)
from tensorboard_plugin_modelinspect.analyses.picture_cells import Picture, compute_picture
from tensorboard_plugin_modelinspect.errors import BadRequest, Unsupported
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.tensor import resolve_region
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.array_tensor import array_tensor
from tests.support.bundle_writer import NUMBERS, BundleWriter


def picture_of(array: np.ndarray, axes: tuple[int, ...], **more: Any) -> Picture:
    """The picture of a whole array."""
    region = resolve_region((), array.shape)
    return compute_picture(array_tensor(array)[0], PictureRequest(region, axes, **more))


def expected_cells(slice_: np.ndarray, made: Picture) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Cell by cell what numpy says: what is shown, and how many are not finite."""
    plan = made.plan
    elements = plan.lay_out(slice_).astype(np.float64)
    shape = [grain.cells for grain in plan.grains]
    cells = np.full(shape, np.nan)
    counts = {name: np.zeros(shape) for name in ("nan", "posinf", "neginf")}
    for index in itertools.product(*map(range, shape)):
        of = zip(index, plan.grains, strict=True)
        block = elements[tuple(slice(i * g.block, (i + 1) * g.block, g.step) for i, g in of)]
        finite = block[np.isfinite(block)]
        if finite.size and made.method == "mean":
            cells[index] = finite.mean()
        elif finite.size:
            cells[index] = max(finite, key=lambda one: (abs(one), one))
        counts["nan"][index] = np.isnan(block).sum()
        counts["posinf"][index] = np.isposinf(block).sum()
        counts["neginf"][index] = np.isneginf(block).sum()
    return cells, counts


AXES = [(), (0,), (0, 1), (1, 0), (0, 2), (2, 1, 0), (0, 1, 2, 3), (3, 0, 1, 2), (2, 0, 3)]


@st.composite
def requests(draw: st.DrawFn) -> tuple[np.ndarray, PictureRequest]:
    """An array with all that floats may be, and a slice of it."""
    axes = draw(st.sampled_from(AXES))
    rank = max(axes, default=draw(st.integers(-1, 2))) + 1
    most = 12 if len(axes) > 2 else 40
    counts = [draw(st.integers(0, most)) if axis in axes else 1 for axis in range(rank)]
    steps = [draw(st.integers(1, 3)) for _ in counts]
    starts = [draw(st.integers(0, 2)) for _ in counts]
    stops = [
        start + max(count * step - draw(st.integers(0, step - 1)), 0)
        for start, count, step in zip(starts, counts, steps, strict=True)
    ]
    generator = np.random.default_rng(draw(st.integers(0, 1000)))
    array = generator.normal(size=stops).astype(np.float32)
    odd = generator.random(stops) < draw(st.sampled_from([0, 0.1, 0.9]))
    array[odd] = generator.choice([np.nan, np.inf, -np.inf, 0.0], size=int(odd.sum()))
    region = resolve_region(list(map(slice, starts, stops, steps)), array.shape)
    height, width = draw(st.integers(12, 30)), draw(st.integers(12, 30))
    if len(axes) < 3:
        height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    method: Method = draw(st.sampled_from(picture.METHODS))
    return array, PictureRequest(region, axes, height, width, method)


@given(
    asked=requests(),
    piece=st.integers(1, 200),
    budget=st.sampled_from([1, 100, 5_000, 20_000, 1 << 28]),
)
def test_cells_are_what_numpy_makes_of_their_elements(
    asked: tuple[np.ndarray, PictureRequest], piece: int, budget: int
) -> None:
    """Whatever the slice, the axes, the pieces it comes in and what is left out."""
    array, request = asked
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture_cells, "PIECE_SIZE", piece)
        patch.setattr(picture, "READ_BUDGET", budget)
        made = compute_picture(array_tensor(array)[0], request)
    cells, counts = expected_cells(array[request.region], made)
    np.testing.assert_allclose(made.cells, cells, rtol=1e-12, atol=1e-12)
    for name, expected in counts.items():
        found = getattr(made, name)
        np.testing.assert_array_equal(np.zeros(cells.shape) if found is None else found, expected)
    down, across, rows, columns = made.plan.grains
    assert down.cells * rows.cells <= request.height
    assert across.cells * columns.cells <= request.width
    read = array[made.plan.region]
    finite = read[np.isfinite(read)].astype(float)
    assert made.limits == ((finite.min(), finite.max()) if finite.size else None)


@pytest.mark.parametrize("method", picture.METHODS)
@pytest.mark.parametrize("piece", [1, 20, 21, 100, 150])
def test_pieces_may_end_inside_a_cell(method: Method, piece: int) -> None:
    """Blocks of 8 rows and 5 columns in pieces of 1, 5, 7 rows, or of part of a row."""
    array = np.random.default_rng(2).normal(size=(30, 20))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture_cells, "PIECE_SIZE", piece)
        made = picture_of(array, (0, 1), height=4, width=4, method=method)
    np.testing.assert_allclose(made.cells, expected_cells(array, made)[0])


@pytest.mark.parametrize("name", [dtype.name for dtype in DTYPES.values() if dtype.is_fixed])
def test_every_type_of_number(name: str) -> None:
    """Cells of one element are its value; of complex numbers the magnitude."""
    dtype = DTYPES[NUMBERS[name]].to_numpy()
    array: np.ndarray = np.array([[0, 1, 1], [1, 0, 1]]).astype(dtype)
    if dtype.kind == "c":
        array[0, 1] = 3 - 4j
    made = compute_picture(
        array_tensor(array, name)[0],
        PictureRequest(resolve_region((), array.shape), (0, 1)),
    )
    expected = np.abs(array) if dtype.kind == "c" else array.astype(float)
    np.testing.assert_array_equal(made.cells[0, 0], expected)
    assert made.plan.is_exact
    assert not made.plan.is_sampled


def test_sums_beyond_float64_are_means_all_the_same() -> None:
    """Two elements near the largest float64: their sum is infinite, their mean is not."""
    large = np.finfo(np.float64).max / 1.5
    made = picture_of(np.full((4, 6), large), (0, 1), height=1, width=2)
    np.testing.assert_allclose(made.cells, large)
    assert made.posinf is None


def test_integers_beyond_2_to_the_53_keep_their_order() -> None:
    """Their colours are those of the nearest float64."""
    made = picture_of(np.array([[2**53 + 2, -(2**62)]]), (0, 1))
    assert made.cells.ravel().tolist() == [2.0**53 + 2, -(2.0**62)]


def test_small_floats_know_their_nan() -> None:
    """Types of ml_dtypes, too, have elements that are none."""
    array = np.array([[1.5, np.nan, np.inf, -np.inf]], ml_dtypes.bfloat16)
    made = picture_of(array, (0, 1), height=1, width=2)
    assert made.nan is not None
    assert made.posinf is not None
    assert made.neginf is not None
    assert made.nan.ravel().tolist() == [1, 0]
    assert made.posinf.ravel().tolist() == [0, 1]
    assert made.neginf.ravel().tolist() == [0, 1]
    assert made.cells.ravel()[0] == 1.5
    assert np.isnan(made.cells.ravel()[1])


def test_the_largest_magnitude_keeps_its_sign() -> None:
    """An outlier shows as it is, also where it is negative; of two, the positive one."""
    array = np.array([[0.1, -9.0, 2.0, 0.0, 3.0, -3.0]])
    made = picture_of(array, (0, 1), height=1, width=2, method="absmax")
    assert made.cells.ravel().tolist() == [-9.0, 3.0]


def test_ranges_are_of_the_cells() -> None:
    """The robust range leaves one cell in a hundred out at either end, the full one none."""
    array = np.arange(1000.0).reshape(10, 100)
    array[0, 0], array[9, 99] = -1e9, 1e9
    made = picture_of(array, (0, 1))
    assert made.full_range == (-1e9, 1e9)
    assert made.robust_range == (10.0, 989.0)


def test_the_robust_range_is_never_a_point_unless_all_is() -> None:
    """Zeros with a few others: then all of them count."""
    array = np.zeros((50, 50))
    array[3, 3] = 2.0
    assert picture_of(array, (0, 1)).robust_range == (0.0, 2.0)
    assert picture_of(array * 0, (0, 1)).robust_range == (0.0, 0.0)
    assert picture_of(array * np.nan, (0, 1)).robust_range is None


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((8192, 65536), (0, 1)), ((8192, 65536), (1, 0)), ((1, 1 << 29), (0, 1)), ((1 << 29,), (0,))],
)
def test_a_huge_slice_costs_no_more_than_the_budget(
    tmp_path: Path, shape: tuple[int, ...], axes: tuple[int, ...]
) -> None:
    """2 GiB of zeros that take no room: less than 16 MiB are held, 256 MiB read, and it is said."""
    writer = BundleWriter()
    writer.add_hole("huge", "float32", shape)
    tensor = open_artifact(writer.write(tmp_path, "huge")).tensors["huge"]
    request = PictureRequest(resolve_region((), shape), axes, 64, 64)
    tracemalloc.start()
    made = compute_picture(tensor, request)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20
    assert made.plan.is_sampled
    assert made.plan.nbytes <= picture.READ_BUDGET
    assert made.full_range == (0.0, 0.0)


def test_a_plan_counts_gaps_and_places() -> None:
    """Gaps below a page are read over, so an element per 4,000 bytes costs all of them."""

    def nbytes(shape: tuple[int, ...], region: tuple[slice, ...], axes: tuple[int, ...]) -> int:
        tensor = array_tensor(np.empty(0, np.float32))[0]._replace(shape=shape)
        whole = resolve_region(region, shape)
        return plan_picture(tensor, PictureRequest(whole, axes)).nbytes

    every = slice(None)
    assert nbytes((10, 10), (every, every), (0, 1)) == 400
    assert nbytes((10, 10), (every, slice(3, 4)), (0, 1)) == 364
    assert nbytes((4, 1000), (slice(1, 2), every), (0, 1)) == 4000
    assert nbytes((100, 1 << 20), (every, slice(3, 4)), (0, 1)) == 100 * 4096
    assert nbytes((0, 10), (every, every), (0, 1)) == 0
    assert nbytes((), (), ()) == 4


def test_reading_is_what_was_planned() -> None:
    """Of a tensor with rows in one piece just the planned bytes are read."""
    array = np.ones((64, 8192), np.float32)
    tensor, values = array_tensor(array)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture, "READ_BUDGET", array.nbytes // 4)
        made = compute_picture(
            tensor, PictureRequest(resolve_region((), array.shape), (0, 1), 8, 8)
        )
    assert made.plan.grains[2].step == 4
    assert values.nbytes == made.plan.nbytes == array.nbytes // 4


def test_a_tile_is_one_kernel() -> None:
    """Axes of tiles are not averaged: each tile is the slice at its two indices."""
    array = np.random.default_rng(1).normal(size=(3, 3, 4, 5)).astype(np.float32)
    made = picture_of(array, (0, 1, 2, 3))
    assert made.cells.shape == (4, 5, 3, 3)
    np.testing.assert_array_equal(made.cells[2, 4], array[:, :, 2, 4])


@pytest.mark.parametrize(
    ("axes", "more", "words"),
    [
        ((0, 0), {}, "different"),
        ((0, 4), {}, "four different ones of 4, from 0"),
        ((0, -1), {}, "different"),
        ((0, 1, 2), {}, "Axis 3: 5 indices"),
        ((0,), {}, "Give one index"),
        ((0, 1, 2, 3), {"height": 3}, "Axis 2: 4 tiles, where there is room for 3"),
        ((0, 1, 2, 3), {"height": 0}, "0 × 256 cells"),
        ((0, 1, 2, 3), {"height": 257}, "ask for 1 to 65,536"),
    ],
)
def test_requests_that_make_no_sense(
    axes: tuple[int, ...], more: dict[str, int], words: str
) -> None:
    """A sentence names the axis and what to do."""
    with pytest.raises(BadRequest, match=words):
        picture_of(np.ones((3, 3, 4, 5)), axes, **more)


def test_strings_have_no_picture() -> None:
    """They are no numbers."""
    tensor, _ = array_tensor(np.array([b"a", b"b", b"c"], object))
    with pytest.raises(Unsupported, match="no picture"):
        compute_picture(tensor, PictureRequest(resolve_region((), (3,)), (0,)))


def test_the_area_of_a_cell_is_never_too_large() -> None:
    """However large a declared axis, its blocks leave as many cells as were asked for."""
    shape = (10**9, 10**9)
    tensor = array_tensor(np.empty(0, np.float32))[0]._replace(shape=shape)
    plan = plan_picture(tensor, PictureRequest(resolve_region((), shape), (0, 1)))
    assert math.prod(grain.cells for grain in plan.grains) <= picture.MOST_CELLS
    assert plan.nbytes <= picture.READ_BUDGET
