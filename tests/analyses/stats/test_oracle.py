"""Statistics of what TensorFlow saved, against numpy on the values that TensorFlow read."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.measuring import measure_artifact
from tests.support.corpus import Recorded, params, recorded
from tests.views.cli.test_tensor import expected_array

VALUED = [
    one
    for one in recorded(state="complete")
    if any("hex" in tensor or "strings" in tensor for tensor in one.answers.get("tensors", ()))
]


def key_of(answer: dict[str, Any]) -> str:
    """The key of a recorded tensor; one that is not UTF-8 is recorded in hex."""
    if "key_hex" in answer:
        return bytes.fromhex(answer["key_hex"]).decode("utf-8", "surrogateescape")
    return str(answer["key"])


def real_values(answer: dict[str, Any]) -> np.ndarray:
    """What the numbers are of, as float64: values, magnitudes or lengths."""
    if "strings" in answer:
        return np.array([len(one) // 2 for one in answer["strings"]], np.float64)
    values = expected_array(answer).reshape(-1)
    if values.dtype.kind != "c":
        return values.astype(np.float64)
    magnitudes = np.abs(values.astype(np.complex128))
    return np.where(np.isnan(values), np.nan, magnitudes)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")  # of the sum in the type itself
@pytest.mark.parametrize("artifact", params(VALUED))
def test_statistics_are_those_of_what_tensorflow_read(artifact: Recorded) -> None:
    """Every tensor of every format: counts, smallest and largest exactly, the rest to 1e-9."""
    found = measure_artifact(artifact.path)
    for answer in artifact.answers["tensors"]:
        if not {"hex", "strings"} & answer.keys():
            continue
        stats, values = found[key_of(answer)], real_values(answer)
        finite = values[np.isfinite(values)]
        assert (stats.count, stats.finite) == (values.size, finite.size)
        assert (stats.nan, stats.zeros) == (np.isnan(values).sum(), (values == 0).sum())
        assert (stats.posinf, stats.neginf) == (
            np.isposinf(values).sum(),
            np.isneginf(values).sum(),
        )
        if not finite.size:
            assert (stats.min, stats.max, stats.mean, stats.std) == (None,) * 4
            continue
        assert float(stats.min or 0) == finite.min()
        assert float(stats.max or 0) == finite.max()
        assert math.isclose(stats.l1, np.abs(finite).sum(), rel_tol=1e-9)
        scale = np.abs(finite).max()
        if scale < 1e150:  # else float64 overflows on both sides
            assert math.isclose(stats.mean or 0, finite.mean(), rel_tol=1e-9, abs_tol=1e-15 * scale)
            assert math.isclose(stats.std or 0, finite.std(), rel_tol=1e-9, abs_tol=1e-15 * scale)


def test_every_type_is_compared() -> None:
    """The artifacts hold each type that has values."""
    types = {tensor["dtype"] for one in VALUED for tensor in one.answers["tensors"]}
    assert {"float32", "bfloat16", "int4", "complex64", "string", "float8_e5m2", "uint64"} <= types
