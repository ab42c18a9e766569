"""What is said of a picture's cells."""

from __future__ import annotations

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses import picture
from tensorboard_plugin_modelinspect.analyses.picture import Method, PictureRequest
from tensorboard_plugin_modelinspect.analyses.picture_cells import compute_picture
from tensorboard_plugin_modelinspect.model.tensor import resolve_region
from tensorboard_plugin_modelinspect.views.text.pictures import describe_method
from tests.support.array_tensor import array_tensor


def described(array: np.ndarray, side: int, method: Method = "mean", budget: int = 1 << 28) -> str:
    """What is said of a picture with that many rows and columns."""
    tensor, _ = array_tensor(array)
    axes = tuple(range(array.ndim))
    request = PictureRequest(resolve_region((), array.shape), axes, side, side, method)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture, "READ_BUDGET", budget)
        return describe_method(compute_picture(tensor, request), tensor.dtype)


def test_the_method_is_stated() -> None:
    """What a cell is of how many elements, what a mean leaves out, and what was not read."""
    array = np.ones((60, 60), np.float32)
    assert described(array, 60) == "Each cell is one element."
    assert described(array, 20) == "Each cell is the mean of 3 × 3 elements."
    assert described(array, 20, "absmax") == (
        "Each cell is the one farthest from zero of 3 × 3 elements."
    )
    assert described(array[0], 20) == "Each cell is the mean of 3 elements."
    assert described(array * 1j, 60) == "Each cell is the magnitude of one element."
    assert described(array * 1j, 20) == "Each cell is the mean of 3 × 3 magnitudes."
    array[3, 3] = np.nan
    assert described(array, 20) == (
        "Each cell is the mean of 3 × 3 elements, without NaN and infinities."
    )


@pytest.mark.parametrize(("share", "ordinal"), [(0.7, "2nd"), (0.3, "4th"), (0.15, "8th")])
def test_what_was_left_out_is_stated(share: float, ordinal: str) -> None:
    """Where only part may be read, of rows of 8 kB every n-th."""
    array = np.ones((1000, 2048), np.float32)
    said = described(array, 125, budget=int(array.nbytes * share))
    assert said.endswith(f"Of the slice only every {ordinal} row was read.")
