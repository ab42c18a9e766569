"""Columns of numbers in a payload: JSON as `json` reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.views.http.numbers import Numbers
from tensorboard_plugin_modelinspect.views.http.responses import encode

LARGEST = 2**31 - 1
COLUMNS: list[list[int]] = [
    [],
    [0],
    [-1],
    [7, -1, 0],
    [10, 0, 9, 99, 100, -1],
    [LARGEST, 0, -1],
    [LARGEST + 1, 5],
    [-2, -300, 4],
]


@pytest.mark.parametrize("numbers", COLUMNS, ids=str)
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_a_column_is_the_list_of_its_numbers(numbers: list[int], dtype: type) -> None:
    """Whatever their size, in their order; as JSON has them, without zeros before them."""
    column = np.array(numbers, np.int64).astype(dtype)
    assert json.loads(Numbers(column).encode()) == column.tolist()


@dataclass
class Payload:
    """Columns between texts."""

    before: str
    column: Numbers
    empty: Numbers
    after: list[str]


def test_columns_stand_where_their_fields_do() -> None:
    """Beside texts of any kind, those that are no UTF-8 included."""
    column = Numbers(np.array([3, -1]))
    payload = Payload('"', column, Numbers(np.array([], int)), ["a\udcff", "</script>"])
    assert json.loads(encode(payload)) == {
        "ok": True,
        "before": '"',
        "column": [3, -1],
        "empty": [],
        "after": ["a\\xff", "</script>"],
    }
