"""What TFLite, TF.js, TensorFlow Serving and Keras 3 make of models."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tensorboard_plugin_modelinspect.analyses.portability.check import check_portability
from tensorboard_plugin_modelinspect.analyses.portability.keras_objects import iter_objects
from tensorboard_plugin_modelinspect.analyses.portability.result import (
    TARGETS,
    Portability,
    worst,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact, Document
from tensorboard_plugin_modelinspect.model.objects import ObjectTree, SlotVariable, Trackable
from tensorboard_plugin_modelinspect.porting import portability
from tests.support.corpus import ROOT
from tests.support.graph_writer import GraphWriter
from tests.support.graphs import add_typed, analyse

FLOAT, DOUBLE = {"type": 1}, {"type": 2}


def rules(found: Portability, target: str) -> list[tuple[str, str]]:
    """Rule and thing of each reason against a target."""
    (report,) = [one for one in found.targets if one.target == target]
    return [(one.rule, one.what) for one in report.evidence]


def support(op: str, **attributes: Any) -> dict[str, str]:
    """What the targets make of a node."""
    writer = GraphWriter()
    add_typed(writer, "input", "Placeholder", dtype=FLOAT)
    add_typed(writer, "node", op, **attributes)
    analysis = analyse(writer)
    found = check_portability(analysis.artifact, (), analysis)
    return {one.op: one.support for one in found.ops}[op]


@pytest.mark.parametrize(
    ("op", "dtype", "lite", "js"),
    [
        ("MatMul", FLOAT, "works", "works"),
        ("MatMul", DOUBLE, "needs", "works"),
        ("Cast", DOUBLE, "works", "works"),
        ("Cosh", FLOAT, "needs", "works"),
        ("Qr", FLOAT, "needs", "fails"),
        ("Const", FLOAT, "works", "works"),
        ("ReadVariableOp", FLOAT, "works", "works"),
        ("CheckNumerics", FLOAT, "works", "needs"),
        ("NobodysOp", FLOAT, "fails", "fails"),
        ("EagerPyFunc", FLOAT, "fails", "fails"),
    ],
)
def test_ops_of_converters(op: str, dtype: Any, lite: str, js: str) -> None:
    """Own ops, those that run through the flex delegate or are left out, and neither."""
    found = support(op, T=dtype)
    assert (found["tflite"], found["tfjs"]) == (lite, js)


def test_an_export_of_keras() -> None:
    """Runs in all of them; as a layer in Keras 3, with the line that makes it."""
    found = portability(ROOT / "keras3_export/network")
    assert {one.target: one.verdict for one in found.targets} == {
        "tf": "works",
        "tflite": "works",
        "tfjs": "works",
        "serving": "works",
        "keras3": "needs",
    }
    assert found.oldest == "2.10"
    (evidence,) = found.targets[-1].evidence
    assert evidence.command.startswith("keras.layers.TFSMLayer(")
    assert "'serving_default'" in evidence.command
    assert found.verdict == "needs"


def test_only_what_signatures_reach_is_converted() -> None:
    """A saver's ops are in the list of ops, and no reason against a converter."""
    found = portability(ROOT / "keras3_export/network", ["tflite"])
    by_op = {one.op: one for one in found.ops}
    assert by_op["SaveV2"].is_plumbing
    assert not by_op["MatMul"].is_plumbing
    assert found.targets[0].evidence == ()


def test_serving_wants_a_saved_model_in_a_numbered_folder() -> None:
    """Anything else it cannot find; the name of the folder is told, but takes nothing away."""
    found = portability(ROOT / "keras3_export/network", ["serving==2.15"])
    assert rules(found, "serving==2.15")[-1] == ("version-folder", "network")
    assert found.targets[0].title == "TensorFlow Serving 2.15"
    found = portability(ROOT / "keras2_files/network.h5", ["serving"])
    assert rules(found, "serving") == [("not-a-saved-model", "h5")]


def test_serving_has_ops_of_text_but_not_of_addons() -> None:
    """What its binaries link."""
    assert support("RegexSplitWithOffsets")["serving"] == "works"
    assert support("RegexSplitWithOffsets")["tf"] == "needs"
    assert support("NobodysOp")["serving"] == "needs"


@pytest.mark.parametrize(
    ("path", "target", "expected"),
    [
        ("keras3_files/words.keras", "keras3", []),
        ("keras3_files/words.h5", "keras3", [("compile-config", "mse")]),
        (
            "keras2_files/sequence.h5",
            "keras3",
            [("keras2-argument", "time_major"), ("compile-config", "mse")],
        ),
        (
            "keras3_files/epoch_03-0.25.keras",
            "keras3",
            [("file-name", "epoch_03-0.25.keras"), ("compile-config", "mse")],
        ),
        ("keras3_files/words.keras", "tf==2.15", [("keras-version", "3.15.1")]),
        ("keras3_files/words.keras", "tf==2.16", []),
        ("keras3_files/custom.keras", "keras3", [("custom-object", "corpus>Custom")]),
        ("keras3_files/words-7.weights.h5", "keras3", [("weights-only", "")]),
        ("keras2_files/network.keras", "tf==2.11", [("keras-format", "Keras archive")]),
        ("sharded/four", "tflite", [("no-graph", "checkpoint")]),
        ("keras3_files/words.keras", "tflite", [("no-graph", "keras")]),
        ("tf1_saver/renamed/model", "keras3", [("name-based-checkpoint", "")]),
        ("keras3_checkpoint/tied-1", "keras3", [("checkpoint", "")]),
    ],
)
def test_files_without_a_graph(path: str, target: str, expected: list[tuple[str, str]]) -> None:
    """Keras files and checkpoints are judged by what they are."""
    assert rules(portability(ROOT / path, [target]), target) == expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"module": "keras.layers", "class_name": "Dense", "config": {"name": "d"}}, "own"),
        ({"class_name": "Dense", "config": {"name": "d"}}, "own"),
        ({"class_name": "TFOpLambda", "config": {"name": "d"}}, "gone"),
        ({"class_name": "Mine", "config": {"name": "d"}}, "custom"),
        ({"module": "mine.layers", "class_name": "Dense", "config": {"name": "d"}}, "custom"),
        ({"class_name": "Lambda", "config": {"name": "d", "function_type": "lambda"}}, "lambda"),
        ({"class_name": "__lambda__", "config": {"value": "…"}}, "lambda"),
        ({"module": None, "class_name": "M", "registered_name": "pkg>M", "config": {}}, "custom"),
        ({"module": "builtins", "class_name": "function", "config": "relu"}, "own"),
        ({"module": "builtins", "class_name": "function", "config": "mine"}, "function"),
    ],
)
def test_objects_of_configs(config: Any, expected: str) -> None:
    """Keras' own, those of Keras 2 alone, the user's, and code as bytes."""
    (found,) = iter_objects(config)
    assert found.sort == expected


def test_configs_that_are_odd_or_deep() -> None:
    """Nothing recurses, and what is no object is none."""
    deep: Any = {"class_name": "Dense", "config": {}}
    for _ in range(5_000):
        deep = {"config": [deep]}
    assert [one.name for one in iter_objects(deep)] == ["Dense"]
    for odd in (None, 3, "x", [], {"class_name": 3}, {"class_name": ["a"], "config": 1}):
        assert list(iter_objects(odd)) == []


def test_a_config_of_keras_1() -> None:
    """Its list of layers is none that Keras 3 takes."""
    config = {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {}}]}
    document = Document("model_config", json.dumps(config))
    artifact = Artifact("old.h5", "h5", (), {}, format="legacy Keras HDF5", documents=(document,))
    assert rules(check_portability(artifact, ["keras3"]), "keras3") == [("keras1-config", "")]


def test_an_optimizer_of_keras_2() -> None:
    """Slots are only in SavedModels of Keras 2; with Keras 3 loading them ends there."""
    slot = SlotVariable("momentum", 1, 2)
    trackables = (Trackable((), (), (slot,)),)
    artifact = Artifact("m", "saved_model", (), {}, objects=ObjectTree((), trackables))
    assert rules(check_portability(artifact, ["tf==2.16"]), "tf==2.16") == [
        ("keras2-optimizer", "optimizer")
    ]
    assert rules(check_portability(artifact, ["tf==2.15"]), "tf==2.15") == []


def test_the_worst_counts() -> None:
    """From good to bad: works, needs, unknown, fails."""
    assert worst([]) == "works"
    assert worst(["works", "fails", "needs", "unknown"]) == "fails"
    assert worst(["needs", "works"]) == "needs"


def test_every_op_has_a_verdict_of_every_target() -> None:
    """A graph is coloured by it."""
    for op in portability(ROOT / "keras3_export/network", []).ops:
        assert tuple(op.support) == TARGETS
