"""Inner tensors, by TensorFlow itself: what they are is known from numpy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.errors import CallFailed, LoadFailed
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.runner.client import Assign, Runner
from tensorboard_plugin_modelinspect.runner.messages import Answer, Call, Load, Watch
from tests.support.corpus import ROOT as CORPUS

PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")
X = np.array([[1, 2, 3], [-1, -2, 0.5]], np.float32)
SCALE = np.array([1, 2, 4], np.float32)

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.xdist_group("watch"),  # TensorFlow is imported once for many
    pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def inner() -> Iterator[Runner]:
    """The model with functions in functions."""
    with Runner(Load(str(CORPUS / "run" / "inner"), python=PYTHON)) as runner:
        yield runner


def ask(runner: Runner, *watches: Watch, keep_nbytes: int = 1 << 20) -> Answer:
    return runner.call(Call("run", {"x": X}, watches, keep_nbytes))


def values(answer: Answer) -> dict[str, np.ndarray | None]:
    return {
        f"{'/'.join((*value.calls, value.node))}:{value.output}": value.values
        for value in answer.watched
    }


def test_function_called_twice_is_there_twice(inner: Runner) -> None:
    """Each call has values of its own, told apart by the nodes that lead there."""
    found = values(ask(inner, Watch("layer/product")))
    outer = "StatefulPartitionedCall"
    first = X * SCALE
    second = (first + 1) * SCALE
    assert len(found) == 4  # with the nodes that read the variable
    np.testing.assert_array_equal(found[f"{outer}/StatefulPartitionedCall/layer/product:0"], first)
    np.testing.assert_array_equal(
        found[f"{outer}/StatefulPartitionedCall_1/layer/product:0"], second
    )


def test_one_call_by_its_path(inner: Runner) -> None:
    """The way there can be part of the name; so can the output."""
    path = "StatefulPartitionedCall/StatefulPartitionedCall_1/layer/product"
    assert [name for name in values(ask(inner, Watch(path))) if "Read" not in name] == [f"{path}:0"]
    second = values(ask(inner, Watch("parts:1")))
    twice = (X * SCALE + 1) * SCALE + 1
    assert list(second) == ["StatefulPartitionedCall/parts:1"]
    np.testing.assert_array_equal(second["StatefulPartitionedCall/parts:1"], twice[:, 1:2])


def test_functions_are_named_as_in_the_file(inner: Runner) -> None:
    """TensorFlow renames them when it loads; the Graph page has the names of the file."""
    analysis = GraphAnalysis(open_artifact(str(CORPUS / "run" / "inner")))
    stored = {graph.id for graph in analysis.all_graphs}
    answer = ask(inner, Watch(""))
    graphs = {value.graph for value in answer.watched}
    assert len(graphs) > 4
    assert graphs <= stored
    product = next(value for value in answer.watched if value.node == "layer/product")
    chosen = ask(inner, Watch("layer/product", product.graph))
    assert {value.graph for value in chosen.watched} == {product.graph}
    with pytest.raises(CallFailed, match="runs no node or scope"):
        ask(inner, Watch("logs", product.graph))


def test_outputs_are_those_of_the_plain_call(inner: Runner) -> None:
    """The model runs once, with its effects: it counts its calls."""
    plain, watched, again = ask(inner), ask(inner, Watch("")), ask(inner)
    for before, after in zip(plain.outputs, watched.outputs, strict=True):
        assert before.key == after.key
        if before.key != "calls":
            np.testing.assert_array_equal(before.values, after.values)
    counts = [answer.outputs[0].values for answer in (plain, watched, again)]
    assert [int(count) - int(counts[0]) for count in counts] == [0, 1, 2]  # type: ignore[arg-type]


def test_each_comes_after_what_it_is_computed_from(inner: Runner) -> None:
    """So the first with a NaN, from inputs without, is the one that makes it."""
    watched = ask(inner, Watch("")).watched
    bad = [value for value in watched if value.finite is not None and value.finite < value.size]
    assert (bad[0].node, bad[0].op) == ("logs", "Log")
    places = {(*value.calls, value.node): number for number, value in enumerate(watched)}
    assert places["StatefulPartitionedCall", "parts"] < places["StatefulPartitionedCall", "logs"]


def test_what_has_no_values_says_why(inner: Runner) -> None:
    """Bodies of loops, branches, resources; tensors that are larger than was asked for."""
    reasons = {value.node: value.reason for value in ask(inner, Watch("")).watched}
    assert "any number of times" in reasons["while/add"] or reasons["while/while/add"]
    assert reasons["unknown"].startswith("a resource")
    small = ask(inner, Watch("layer"), keep_nbytes=8).watched
    product = next(value for value in small if value.node == "layer/product")
    assert (product.values, product.size, product.finite) == (None, 6, 6)
    assert product.reason == "24 bytes are more than the 8 asked for of a tensor"


def test_all_values_together_are_bounded(inner: Runner) -> None:
    """Those of the tensors computed first are given; the others say that there was no room."""
    every = inner.call(Call("run", {"x": X}, (Watch("layer"),))).watched
    call = Call("run", {"x": X}, (Watch("layer"),), all_nbytes=SCALE.nbytes + X.nbytes)
    answer = inner.call(call)
    given = [one.values is not None for one in answer.watched]
    assert given[0]
    assert sum(one.values.nbytes for one in answer.watched if one.values is not None) <= 36
    assert [one.size for one in answer.watched] == [one.size for one in every]
    late = answer.watched[given.index(False)]
    assert late.reason.startswith(f"no room for its {every[given.index(False)].values.nbytes}")
    assert answer.outputs[0].values is not None


def test_unknown_name(inner: Runner) -> None:
    """It is said, and the process lives on."""
    with pytest.raises(CallFailed, match='runs no node or scope "nothing"'):
        ask(inner, Watch("nothing"))
    assert inner.is_warm


def test_tensorflow_1() -> None:
    """Reference variables, its own loops and conditions, a default, a sparse output."""
    with Runner(Load(str(CORPUS / "run" / "tf1"), python=PYTHON)) as runner:
        inputs = {"x1": np.array([1, 2], np.float32)}
        plain = runner.call(Call("serving_default", inputs))
        answer = runner.call(Call("serving_default", inputs, (Watch(""),)))
        np.testing.assert_array_equal(plain.outputs[0].values, np.array([89, 97], np.float32))
        np.testing.assert_array_equal(answer.outputs[0].values, plain.outputs[0].values)
        found = {value.node: value for value in answer.watched}
        np.testing.assert_array_equal(found["total"].values, np.array([11, 12], np.float32))
        assert {value.graph for value in answer.watched} == {""}
        assert {value.reason.split(",")[0] for value in answer.watched} >= {
            "",
            "in a loop",
            "in a branch",
        }
        sparse = runner.call(Call("sparse", inputs)).outputs
        assert [value.key for value in sparse] == ["z/indices", "z/values", "z/dense_shape"]
        with pytest.raises(CallFailed, match='The input "x1" is missing'):
            runner.call(Call("serving_default", {"x2": inputs["x1"]}))


@pytest.mark.parametrize("model", ["keras3_saved_model/network", "keras3_export/network"])
def test_keras(model: str) -> None:
    """Every tensor of a network; the product of its last layer is what numpy makes of it."""
    with Runner(Load(str(CORPUS / model), python=PYTHON)) as runner:
        key = "inputs" if "saved" in model else "picture"
        side = 4 if "saved" in model else 6
        x = np.linspace(0, 1, 2 * side * side, dtype=np.float32).reshape(2, side, side, 1)
        plain = runner.call(Call("serving_default", {key: x}))
        answer = runner.call(Call("serving_default", {key: x}, (Watch(""),)))
    np.testing.assert_allclose(plain.outputs[0].values, answer.outputs[0].values, rtol=1e-6)
    assert all(value.values is not None or value.reason for value in answer.watched)
    products = [number for number, v in enumerate(answer.watched) if v.op == "MatMul"]
    last = answer.watched[products[-1]]
    before = [value.values for value in answer.watched[: products[-1]] if value.values is not None]
    pairs = [(a, b) for a in before for b in before if a.ndim == b.ndim == 2]
    fits = [a @ b for a, b in pairs if a.shape[1] == b.shape[0] and a.dtype == b.dtype == "f4"]
    assert any(p.shape == last.shape and np.allclose(p, last.values, rtol=1e-5) for p in fits)


def copy_changed(folder: Path, changes: list[tuple[bytes, bytes]]) -> Path:
    """A model with bytes of its graph replaced by as many others."""
    target = folder / "model"
    shutil.copytree(CORPUS / "run" / "sum", target)
    data = (target / "saved_model.pb").read_bytes()
    for old, new in changes:
        assert old in data
        data = data.replace(old, new)
    (target / "saved_model.pb").write_bytes(data)
    return target


def test_unknown_op_is_named(tmp_path: Path) -> None:
    """A model with an operation that is not there: TensorFlow's reason, in one line."""
    target = copy_changed(tmp_path, [(b"StringUpper", b"StringOuter")])
    with Runner(Load(str(target), python=PYTHON)) as runner, pytest.raises(LoadFailed) as caught:
        runner.load()
    assert "'StringOuter'" in caught.value.message
    assert "wrote the model" not in caught.value.message
    assert "\n" not in caught.value.message


def test_newer_tensorflow_is_named(tmp_path: Path) -> None:
    """A model that cannot be loaded, by a TensorFlow that is newer: what to install."""
    target = copy_changed(tmp_path, [(b"StringUpper", b"StringOuter"), (b"2.21.0", b"2.99.0")])
    with Runner(Load(str(target), python=PYTHON)) as runner, pytest.raises(LoadFailed) as caught:
        runner.load()
    assert "TensorFlow 2.99.0 wrote the model" in caught.value.message
    assert "pip install 'tensorflow>=2.99.0'" in caught.value.message


def test_a_fresh_call_is_not_told_of_earlier_ones() -> None:
    """A model that counts its calls in a variable is loaded again; one that changes none is not."""

    def count(runner: Runner, *, fresh: bool) -> object:
        outputs = runner.call(Call("run", {"x": X}, fresh=fresh)).outputs
        return next(one.values for one in outputs if one.key == "calls")

    with Runner(Load(str(CORPUS / "run" / "inner"), python=PYTHON)) as runner:
        assert [count(runner, fresh=False) for _ in range(2)] == [1, 2]
        assert [count(runner, fresh=True) for _ in range(2)] == [1, 1]
    call = Call("serve", {"x": np.float32([[1, 2, 3]])}, fresh=True)
    with Runner(Load(str(CORPUS / "answers" / "model"), python=PYTHON)) as runner:
        runner.call(call)
        pid = runner.pid
        runner.call(call)
        assert runner.pid == pid


def test_a_variable_that_is_no_resource_is_assigned() -> None:
    """Most models of TensorFlow 1 have such; loading makes no objects of them."""
    told: list[str] = []

    def prepare(assign: Assign) -> None:
        told.append(assign(["bias"], np.float32(2)))
        told.append(assign(["bias"], np.float32([2])))
        told.append(assign(["nothing"], np.float32(2)))

    with Runner(Load(str(CORPUS / "run" / "tf1"), python=PYTHON), prepare=prepare) as runner:
        call = Call("serving_default", {"x1": np.array([1, 2], np.float32)})
        np.testing.assert_array_equal(runner.call(call).outputs[0].values, np.float32([90, 98]))
    assert told == [
        "",
        "the variable has the shape [], not [1]",
        "the loaded model has no such variable",
    ]
