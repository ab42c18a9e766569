"""Comma-separated values made piece by piece."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.errors import Unsupported
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, resolve_region
from tensorboard_plugin_modelinspect.views.text import table
from tests.support.array_tensor import array_tensor

SLICES = st.builds(
    slice, st.integers(0, 3) | st.none(), st.integers(0, 6) | st.none(), st.integers(1, 3)
)


def write(tensor: Tensor, region: Region) -> str:
    """The whole file."""
    return table.csv_header(tensor, region) + "".join(table.iter_csv_lines(tensor, region))


def read(text: str) -> dict[tuple[int, ...], str]:
    """Elements by the indices that a file gives them, axes of one index left out."""
    header, *lines = csv.reader(io.StringIO(text))
    axes = sum(name.startswith("axis_") for name in header)
    found = {}
    for line in lines:
        for name, element in zip(header[axes:], line[axes:], strict=True):
            column = () if name == "value" else (int(name),)
            found[(*map(int, line[:axes]), *column)] = element
    return found


@given(
    shape=st.lists(st.integers(0, 6), max_size=4),
    slices=st.lists(SLICES, min_size=4, max_size=4),
    piece=st.integers(6, 50),
    most_columns=st.sampled_from([2, 6]),
)
def test_every_element_stands_under_its_indices(
    shape: list[int], slices: list[slice], piece: int, most_columns: int
) -> None:
    """Whatever the slice, the pieces, and whether there is room for columns."""
    array = np.arange(math.prod(shape)).reshape(shape)
    tensor, values = array_tensor(array)
    region = resolve_region(slices[: len(shape)], tensor.shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "_PIECE", piece)
        patch.setattr(table, "MOST_COLUMNS", most_columns)
        text = write(tensor, region)
    indices = [range(axis.start, axis.stop, axis.step) for axis in region]
    several = [axis for axis, run in enumerate(indices) if len(run) != 1]
    expected = {
        tuple(indices[axis][at[axis]] for axis in several): str(element)
        for at, element in np.ndenumerate(array[region])
    }
    assert read(text) == expected
    assert all(size <= piece for size in values.sizes)


def test_a_matrix_is_a_table() -> None:
    """Indices of the columns on top, of the rows at the left, numbers exact, as they are named."""
    values = np.array([[0.1, np.nan, -np.inf], [1e30, -0.0, 3.0]], np.float32)
    tensor, _ = array_tensor(values)
    region = resolve_region((slice(None), slice(0, 3, 2)), tensor.shape)
    assert write(tensor, region) == "axis_0,0,2\n0,0.1,-inf\n1,1e+30,3.0\n"


def test_a_vector_and_a_scalar_are_lists() -> None:
    """An element to a line, with its index if there is one."""
    vector, _ = array_tensor(np.array([True, False]))
    assert write(vector, resolve_region((), (2,))) == "axis_0,value\n0,True\n1,False\n"
    scalar, _ = array_tensor(np.array(2**62))
    assert write(scalar, ()) == f"value\n{2**62}\n"


def test_strings_are_whole_and_never_break_a_line() -> None:
    """Quoted where there is need, escaped where a terminal might obey, never cut."""
    strings = [b'a,"b"', b"\x1b[31m\n", "ä".encode(), b"\xff", b"x" * 5000]
    tensor, _ = array_tensor(np.array(strings, object))
    lines = write(tensor, resolve_region((), (5,))).splitlines()
    assert lines[1:] == [
        '0,"a,""b"""',
        "1,\\x1b[31m\\x0a",
        "2,ä",
        "3,\\xff",
        "4," + "x" * 5000,
    ]


def test_types_without_values_are_refused() -> None:
    """A variant has none."""
    tensor, _ = array_tensor(np.ones(1), "variant")
    with pytest.raises(Unsupported, match="variant"):
        table.csv_header(tensor, resolve_region((), (1,)))
