"""What the doctor says of each recorded restore is what TensorFlow and Keras did."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tensorboard_plugin_modelinspect.analyses.restore.check import check_restore
from tensorboard_plugin_modelinspect.analyses.restore.result import Options, RestoreCheck
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.corpus import ROOT

CORPUS = ROOT / "restore"
NOT_TOLD = {
    "built_later_with_another_width": "which variables are made after the restore is in no file",
    "keras_subclassed_not_built": "the same",
    "saver_reshape": "`Saver(reshape=True)` is not simulated",
    "weights_by_name": "Keras refuses the option for such files, and so does the doctor",
    "keras2_weights_into_keras3": "Keras 3 refuses such files; the doctor assigns by names",
    "keras2_slots_into_variables": "that Keras 2 refuses such slots is not told",
    "h5_own_weights": "the file of a subclassed model does not say in which order its layers are",
    "h5_own_weights_by_name": "the same",
}
"""Scenarios that are left out, and why."""
SIMULATED = ("object", "name", "keras_h5", "keras_weights", "keras", "keras_by_name")


def scenarios() -> dict[str, Any]:
    """Those that are simulated, by name."""
    recorded = json.loads((CORPUS / "answers.json").read_text(encoding="utf-8"))["scenarios"]
    return {
        name: one
        for name, one in recorded.items()
        if one["method"] in SIMULATED and name not in NOT_TOLD
    }


SCENARIOS = scenarios()


def check(scenario: dict[str, Any]) -> RestoreCheck:
    """The result for a scenario, restored as it was recorded: root to root."""
    checkpoint, target = (
        open_artifact(CORPUS / scenario[side]) for side in ("checkpoint", "target")
    )
    given = scenario["options"]
    is_object = scenario["method"] == "object" and has_objects(checkpoint)
    options = Options(
        by_name=scenario["method"] == "keras_by_name" or bool(given.get("by_name")),
        skip_mismatch=bool(given.get("skip_mismatch")),
        attach="" if is_object else None,
        read=given.get("call") == "read",
        var_list=var_list(given.get("var_list")),
    )
    return check_restore(checkpoint, target, options)


def has_objects(artifact: Any) -> bool:
    return artifact.objects is not None and len(artifact.objects.trackables) > 0


def var_list(given: dict[str, str] | list[str] | None) -> dict[str, str] | None:
    """What the `Saver` was given, by variable."""
    if isinstance(given, dict):
        return {name: key for key, name in given.items()}
    return None if given is None else {name: name for name in given}


def test_there_are_enough() -> None:
    """The issue asks for forty, of every kind."""
    assert len(SCENARIOS) >= 40
    assert {one["method"] for one in SCENARIOS.values()} >= {"object", "name"}


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_variable(name: str) -> None:
    """It gets the values, keeps its own or fails as it really did, and from the same key."""
    scenario = SCENARIOS[name]
    result = check(scenario)
    rows = {row.target.key: row for row in result.rows if row.target is not None}
    said, did = {}, {}
    for variable in scenario["variables"]:
        row = rows.get(variable["key"] or variable["name"])
        if row is None or variable["outcome"] == "empty":
            continue
        did[row.side.key] = variable["outcome"] == "restored", variable["source"]
        source = row.checkpoint.key if row.checkpoint and row.is_restored else None
        said[row.side.key] = row.is_restored, source
        # Keras was asked layer by layer which of them fail, TensorFlow variable by variable.
        if variable["outcome"] == "error" and scenario["method"] != "keras":
            assert row.status != "matched" or row.side.key in result.failure.keys, row
    assert said == did


@pytest.mark.parametrize("name", SCENARIOS)
def test_error_and_assertions(name: str) -> None:
    """The call raises an error of that class, and the assertions pass or fail, as they did."""
    scenario = SCENARIOS[name]
    result = check(scenario)
    assert (result.failure and result.failure.type) == (
        scenario["error"] and scenario["error"]["type"]
    )
    for method in ("assert_consumed", "assert_existing_objects_matched"):
        if method in scenario["asserts"]:
            failure = getattr(result, method)
            assert bool(failure) == bool(scenario["asserts"][method]), method


@pytest.mark.parametrize("name", SCENARIOS)
def test_unused(name: str) -> None:
    """What is called unused was never used; no key was used that really was not."""
    scenario = SCENARIOS[name]
    rows = check(scenario).rows
    never = set(scenario["unused"])
    used = {row.checkpoint.key for row in rows if row.is_restored and row.checkpoint}
    unused = {
        row.checkpoint.key
        for row in rows
        if row.status == "unused" and row.checkpoint and 0 not in row.checkpoint.shape
    }
    assert not used & never
    assert unused <= never
