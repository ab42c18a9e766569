"""The first NaN is found where the maker of the model planted it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.runner.client import Runner
from tensorboard_plugin_modelinspect.runner.findings import Made, NanFinding
from tensorboard_plugin_modelinspect.runner.messages import Call, Load, Watch
from tensorboard_plugin_modelinspect.views.text.nan import describe_finding
from tests.support.corpus import ROOT as CORPUS

PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")
X = np.array([[1, -2, 3], [0.5, 1, -1]], np.float32)

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.xdist_group("first NaN"),  # TensorFlow is imported once for many
    pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow"),
    pytest.mark.timeout(600),
]


class Planted(NamedTuple):
    """A signature, and what makes its first NaN."""

    signature: str
    path: str
    op: str
    infinity: str = ""
    variable: str = ""
    turns: tuple[int, ...] = ()


PLANTED = [
    Planted("log", "StatefulPartitionedCall/planted/log", "Log"),
    Planted("zero_by_zero", "PartitionedCall/planted/quotient", "RealDiv"),
    Planted("root", "PartitionedCall/planted/root", "Sqrt"),
    Planted("softmax", "PartitionedCall/planted/share", "RealDiv", "Exp"),
    Planted("difference", "PartitionedCall/planted/difference", "Sub", "Const"),
    Planted("called", "StatefulPartitionedCall/PartitionedCall/planted/quotient", "RealDiv"),
    Planted(
        "weight",
        "StatefulPartitionedCall/mul_1/ReadVariableOp",
        "ReadVariableOp",
        "",
        "layer/scale",
    ),
    Planted("branch", "PartitionedCall/cond/cond/planted/log", "Log"),
    Planted("loop", "PartitionedCall/while/while/planted/root", "Sqrt", turns=(2,)),
    Planted("carried", "PartitionedCall/while/while/planted/root", "Sqrt", turns=(2,)),
]


@pytest.fixture(scope="module")
def planted() -> Iterator[Runner]:
    """The model with a signature for each way to a NaN."""
    with Runner(Load(str(CORPUS / "first_nan" / "planted"), python=PYTHON)) as runner:
        yield runner


def find(runner: Runner, signature: str, x: np.ndarray = X) -> NanFinding:
    """What a call that looks for NaNs says; its outputs are those of a plain one."""
    plain = runner.call(Call(signature, {"x": x}))
    answer = runner.call(Call(signature, {"x": x}, find_nan=True))
    for before, after in zip(plain.outputs, answer.outputs, strict=True):
        np.testing.assert_array_equal(before.values, after.values)
    assert answer.nan is not None
    return answer.nan


def path_of(made: Made) -> str:
    return "/".join((*made.tensor.calls, made.tensor.node))


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: case.signature)
def test_planted(planted: Runner, case: Planted) -> None:
    """The node, the variable behind it, and where an infinity before it comes from."""
    found = find(planted, case.signature)
    assert found.kind == "nan"
    assert found.made is not None
    assert (path_of(found.made), found.made.tensor.op) == (case.path, case.op)
    assert found.made.variable == case.variable
    assert found.made.tensor.turns == case.turns
    assert (found.infinity.tensor.op if found.infinity else "") == case.infinity
    assert not any(one.counts and one.counts.nan for one in found.made.inputs)


def test_counts_say_why(planted: Runner) -> None:
    """How many values were NaN, and out of what: the logarithm of two negative ones."""
    made = find(planted, "log").made
    assert made is not None
    assert made.tensor.counts == (6, 2, 0, 0, 1, 1, 2)
    (before,) = made.inputs
    assert (before.node, before.op) == ("mul", "Mul")
    assert before.counts == (6, 0, 0, 0, 2, 0, 4)


def test_second_call_of_a_function(planted: Runner) -> None:
    """The inputs of a function are told from where it is called."""
    made = find(planted, "called").made
    assert made is not None
    assert [(one.node, one.counts and one.counts.zero) for one in made.inputs] == [
        ("mul", 6),
        ("mul_1", 3),
    ]


def test_input_has_it(planted: Runner) -> None:
    """A NaN that is given is no node's fault."""
    x = X.copy()
    x[1, 2] = np.nan
    made = find(planted, "given", x).made
    assert made is not None
    assert (made.argument, made.inputs) == ("x", ())
    assert find(planted, "given").kind == "none"


def test_infinity_alone(planted: Runner) -> None:
    """Where there is no NaN, the first infinity is told."""
    found = find(planted, "overflow")
    assert (found.kind, found.with_nan) == ("infinity", 0)
    assert found.made is not None
    assert found.made.tensor.op == "Exp"


def test_branches_that_do_not_run(planted: Runner) -> None:
    """They have no values, and no NaN."""
    found = find(planted, "other_branch")
    assert (found.kind, found.made, found.unseen) == ("none", None, ())


def test_loop_before_its_nan(planted: Runner) -> None:
    """A loop whose turns are all fine, and what is not looked at in it."""
    found = find(planted, "loop", np.full((1, 3), 1e30, np.float32))
    assert found.kind == "none"
    assert [one.reason.split(",")[0] for one in found.unseen] == ["in the condition of a loop"]


def test_inputs_are_of_the_same_time_around(planted: Runner) -> None:
    """What the loop carries is NaN the next time; what was NaN any time around is counted."""
    found = find(planted, "carried")
    assert found.made is not None
    (before,) = found.made.inputs
    assert (before.node, before.turns) == ("while/planted/less", (2,))
    assert before.counts == (6, 0, 0, 0, 6, 0, 0)
    assert found.with_nan == 4


def test_layer_of_a_keras_model() -> None:
    """The node has the layer in its name."""
    with Runner(Load(str(CORPUS / "first_nan" / "keras"), python=PYTHON)) as runner:
        made = find(runner, "serving_default").made
    assert made is not None
    assert made.tensor.op == "Rsqrt"
    assert "normed" in made.tensor.node
    assert [one.counts and one.counts.negative for one in made.inputs] == [1]


def test_tensorflow_1() -> None:
    """A variable is a node of the graph; its own loops and conditions are not looked into."""
    with Runner(Load(str(CORPUS / "first_nan" / "tf1"), python=PYTHON)) as runner:
        found = find(runner, "serving_default", X[0])
    assert found.made is not None
    assert (found.made.variable, found.made.tensor.op) == ("net/bias", "VariableV2")
    assert {one.reason.split(",")[0] for one in found.unseen} == {"in a loop", "in a branch"}


def test_input_in_the_middle() -> None:
    """TensorFlow 1 feeds any tensor: what would compute it is not run, and not looked at."""
    with Runner(Load(str(CORPUS / "first_nan" / "tf1"), python=PYTHON)) as runner:
        late = {"late": np.array([np.nan, 1], np.float32)}
        found = runner.call(Call("late", late, find_nan=True)).nan
        watched = runner.call(Call("late", late, (Watch(""),))).watched
    assert found is not None
    assert found.made is not None
    assert (found.made.argument or found.made.variable) in ("late", "net/bias")
    assert found.unseen == ()
    assert "x" not in {one.node for one in watched}


@pytest.mark.parametrize("model", ["run/inner", "run/tf1", "keras3_export/network"])
def test_models_of_every_kind(model: str) -> None:
    """Functions in functions, loops, conditions, effects: what watching sees, counting sees."""
    key, inputs = {
        "run/inner": ("run", {"x": X}),
        "run/tf1": ("serving_default", {"x1": X[0]}),
        "keras3_export/network": ("serving_default", {"picture": np.ones((2, 6, 6, 1), "f4")}),
    }[model]
    with Runner(Load(str(CORPUS / model), python=PYTHON)) as runner:
        watched = runner.call(Call(key, inputs, (Watch(""),))).watched
        found = runner.call(Call(key, inputs, find_nan=True)).nan
    bad = [one for one in watched if one.values is not None and one.values.dtype.kind == "f"]
    bad = [one for one in bad if np.isnan(one.values).any()]
    assert found is not None
    assert [found.made and found.made.tensor.node] == ([bad[0].node] if bad else [None])


def test_words(planted: Runner) -> None:
    """What a person reads."""
    assert describe_finding(find(planted, "log")) == [
        "First NaN: StatefulPartitionedCall/planted/log:0 (Log, float32):"
        " 2 NaN, 1 negative, 1 zero, 2 positive of 6",
        "  from StatefulPartitionedCall/mul:0 (Mul, float32): 2 negative, 4 positive of 6",
        "Of 10 tensors 6 have a NaN, 0 an infinity.",
    ]
    lines = describe_finding(find(planted, "weight"))
    assert lines[0].startswith('First NaN: the variable "layer/scale" has it; ')
    assert "time 3 around" in describe_finding(find(planted, "loop"))[0]
    assert describe_finding(find(planted, "given")) == ["No NaN and no infinity in 7 tensors."]
