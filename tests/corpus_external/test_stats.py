"""Statistics of every tensor of real models, against numpy in float64 and what was recorded."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect.analyses.stats import TensorStats
from tensorboard_plugin_modelinspect.measuring import ArtifactStats
from tests.corpus_external.test_truth import DATA, LISTED, Truth

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not DATA.is_dir(), reason="MODELINSPECT_CORPUS names no folder with data/"),
]

EXACT = ("count", "nan", "posinf", "neginf", "zeros", "min", "max")
ROUNDED = ("mean", "std")


def numpys(values: np.ndarray) -> dict[str, Any]:
    """The same numbers by numpy, of the same values."""
    floats = values.astype(np.float64).reshape(-1)
    finite = floats[np.isfinite(floats)]
    numbers = {
        "count": floats.size,
        "nan": int(np.isnan(floats).sum()),
        "posinf": int(np.isposinf(floats).sum()),
        "neginf": int(np.isneginf(floats).sum()),
        "zeros": int((floats == 0).sum()),
    }
    if finite.size:
        numbers |= {"min": finite.min(), "max": finite.max()}
        numbers |= {"mean": finite.mean(), "std": finite.std()}
    return numbers


def recorded(truth: dict[str, Any]) -> dict[str, Any]:
    """Numbers that were recorded; with NaN present those of the finite values have other names."""
    prefix = "finite_" if truth.get("nan") else ""
    numbers = {name: truth.get(name) for name in EXACT[:5]}
    numbers |= {name: truth.get(f"{prefix}{name}") for name in (*EXACT[5:], *ROUNDED)}
    return {name: value for name, value in numbers.items() if value is not None}


def differences(stats: TensorStats, wanted: dict[str, Any]) -> list[str]:
    """Names of numbers that are not equal: exactly, or to 1e-9 of the value."""
    found = [name for name in EXACT if name in wanted and getattr(stats, name) != wanted[name]]
    for name in ROUNDED:
        number = wanted.get(name)
        is_known = number is not None and math.isfinite(number)
        if is_known and not math.isclose(getattr(stats, name), number, rel_tol=1e-9):
            found.append(name)
    return found


def measured(truth: Truth) -> ArtifactStats:
    """By our own way, without what was known before."""
    return mi.stats(truth.path, use_cache=False)


def test_statistics_are_those_of_numpy(capsys: pytest.CaptureFixture[str]) -> None:
    """Of every float tensor: counts, smallest and largest exactly, mean and deviation to 1e-9."""
    outcomes: dict[tuple[str, str], str] = {}
    for truth in LISTED:
        stats = measured(truth)
        tensors = mi.open(truth.path).tensors
        for expected in truth.tensors:
            key = expected["name"]
            place = (truth.key, key)
            if "error" in expected:
                outcomes[place] = "unreadable" if key in stats.errors else "different"
            elif "count" in expected:
                wrong = differences(stats[key], recorded(expected))
                wrong += differences(stats[key], numpys(tensors[key].read()))
                outcomes[place] = "different" if wrong else "equal"
    counts = Counter(outcomes.values())
    with capsys.disabled():
        print(f"\nstatistics: {counts['equal']} equal, {counts['unreadable']} unreadable as in")
        print(f"TensorFlow, {counts['different']} different")
    assert [place for place, outcome in outcomes.items() if outcome == "different"] == []
    assert counts["equal"] > 500


def test_histograms_are_those_of_numpy() -> None:
    """Counts between the same edges are numpy's, and quantiles are within the width of a key."""
    seen = 0
    for truth in LISTED:
        tensors = mi.open(truth.path).tensors
        for key, stats in measured(truth).items():
            edges, counts = stats.histogram
            if stats.of != "value" or not counts or stats.min == stats.max:
                continue
            values = tensors[key].read().astype(np.float64).reshape(-1)
            finite = values[np.isfinite(values)]
            assert counts == tuple(np.histogram(finite, edges)[0].tolist()), (truth.key, key)
            seen += 1
    assert seen > 500
