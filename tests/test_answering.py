"""Answers of two models, and of one with other weights, beside what TensorFlow recorded."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.answering import Answers, Side, call_side, compare_calls
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.runner.messages import Call, Load, Watch
from tests.support.corpus import ROOT as CORPUS

PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")
MADE = CORPUS / "answers"
SAID = json.loads((MADE / "says.json").read_text(encoding="utf-8"))
X = np.array(SAID["x"], np.float32)
X4 = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow"),
    pytest.mark.timeout(600),
]


def side(model: str, checkpoint: str = "") -> Side:
    path = str(MADE / checkpoint) if checkpoint else ""
    return Side(Load(str(MADE / model), python=PYTHON), path)


def compare(left: Side, right: Side, tolerance: float = 0.0) -> Answers:
    call = Call("serve", {"x": X}, (Watch(""),))
    return compare_calls(call, left, right, tolerance=tolerance)


def test_retrained() -> None:
    """The outputs, the first tensor behind the weights that changed, and those weights."""
    found = compare(side("model"), side("retrained")).comparison
    best, scores = found.outputs
    assert not best.difference.differs
    assert scores.left is not None
    assert scores.right is not None
    np.testing.assert_array_equal(scores.left.values, np.float32(SAID["model"]))
    np.testing.assert_array_equal(scores.right.values, np.float32(SAID["retrained"]))
    gap = np.abs(np.float32(SAID["model"]).astype(float) - np.float32(SAID["retrained"]))
    assert scores.difference.largest == gap.max()
    assert found.first is not None
    assert (found.first.left.node, found.first.left.op) == ("last/product", "MatMul")
    assert [pair.left.node for pair in found.reads] == [
        "last/product/ReadVariableOp",
        "last/add/ReadVariableOp",
    ]
    assert found.unpaired == (0, 0)


def test_restored_checkpoint_equals() -> None:
    """The retrained model's checkpoint, put into the model of before, answers as it does."""
    found = compare(side("retrained"), side("model", "training-1"))
    assert not found.comparison.differs
    assert (found.comparison.differing, found.comparison.first) == ((), None)
    assert found.comparison.compared > 10
    restored = found.right.restored
    assert restored is not None
    assert sorted(restored.variables) == ["first/kernel", "last/bias", "last/kernel"]
    assert (restored.kept, restored.failure) == ((), "")


def test_two_checkpoints() -> None:
    """Both put into one model; of the one a variable is missing, which is said."""
    found = compare(side("model", "training-1"), side("model", "last-1"))
    assert not found.comparison.differs
    restored = found.right.restored
    assert restored is not None
    assert sorted(restored.variables) == ["last/bias", "last/kernel"]
    assert [one.name for one in restored.kept] == ["first/kernel"]
    assert "has no `first`" in restored.kept[0].reason


def test_changed_shape() -> None:
    """A wider layer: inner tensors of other shapes differ, outputs are compared as ever."""
    found = compare(side("model"), side("wider")).comparison
    assert found.first is not None
    assert found.first.difference.reason == "shapes [4, 4] and [4, 5]"
    assert found.outputs[1].difference.size == 8


def test_tolerance() -> None:
    """What is near enough does not differ, though it is not equal."""
    found = compare(side("model"), side("retrained"), tolerance=1.0).comparison
    assert not found.differs
    assert found.outputs[1].difference.different == 8


def test_tensorflow_1() -> None:
    """A variable of a graph gets the value of a `Saver`'s checkpoint."""
    call = Call("serve", {"x": np.array([1, 2], np.float32)})
    answer, restored = call_side(call, side("tf1", "tf1-3"))
    np.testing.assert_array_equal(answer.outputs[0].values, np.array([3, 6], np.float32))
    assert restored is not None
    assert restored.variables == ("net/scale",)


@pytest.mark.parametrize("checkpoint", ["model.weights.h5", "run/ckpt-2"])
def test_conversion(checkpoint: str) -> None:
    """Weights of Keras 3 put into what the same model was exported as: by name, as no restore fits.

    The export is of the last step, and so are they; those of another step answer otherwise.
    """
    plain = Side(Load(str(CORPUS / "lineage" / "export" / "1"), python=PYTHON))
    call = Call("serve", {"keras_tensor": X4}, (Watch(""),))
    with_values = plain._replace(checkpoint=str(CORPUS / "lineage" / checkpoint))
    found = compare_calls(call, plain, with_values)
    restored = found.right.restored
    assert restored is not None
    assert restored.call == ""
    assert len(restored.variables) == 16
    assert len(restored.kept) == 1  # the state of random numbers, which neither has
    assert not found.comparison.differs
    assert found.comparison.reads == ()


def test_conversion_of_another_step() -> None:
    """So the values do arrive."""
    plain = Side(Load(str(CORPUS / "lineage" / "export" / "1"), python=PYTHON))
    early = plain._replace(checkpoint=str(CORPUS / "lineage" / "run" / "ckpt-1"))
    found = compare_calls(
        Call("serve", {"keras_tensor": X4}, (Watch(""),)), plain, early
    ).comparison
    assert found.differs
    assert found.reads


def test_nothing_fits() -> None:
    """A checkpoint of something else is refused, before anything is called."""
    with pytest.raises(BadRequest, match="no variable of"):
        call_side(Call("serve", {"x": X}), side("model", "tf1-3"))
