"""Two answers to the inputs of an earlier call: who is asked, what comes of it, what is kept."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.answering import SideAnswer, compare_sides
from tensorboard_plugin_modelinspect.runner.messages import Answer, Value, WatchedValue
from tensorboard_plugin_modelinspect.views.http.describe_answers import MOST_PAIRS, describe_answers
from tests.runner.pretend import pretending
from tests.views.http.support import Tab, copy_case, wait_until
from tests.views.http.test_run import REFUSED, desk, finish, look, post

PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")
MODEL = "answers/model"
X = np.linspace(-1, 1, 12).reshape(4, 3).tolist()


@pytest.fixture
def logdir(tmp_path):
    """Models and checkpoints of one another."""
    copy_case("callable", tmp_path)
    return copy_case("answers", tmp_path)


@pytest.fixture
def tab(logdir) -> Iterator[Tab]:
    """The plugin; whatever is run gives its first input as `y`, and then what was assigned."""
    with pretending():
        tab = Tab(logdir, modelinspect_allow_run=True)
        yield tab
        desk(tab).close()


def call(tab: Tab, path: str = MODEL, key: str = "x", values: object = X, **more: str) -> str:
    """Call a model; the id of the call."""
    fields = {"id": tab.id_of(path), "tags": "serve", "signature": "serve", **more}
    response = post(tab, "run", {**fields, "inputs": json.dumps({key: {"values": values}})})
    assert response.status_code == 200, response.text
    return finish(tab, response.get_json()["call"]["call"])["call"]["call"]


def ask(tab: Tab, call_id: str, other: str, **more: str):
    """Ask for a comparison with the artifact at a path."""
    fields = {"call": call_id, "action": "compare", "other": tab.id_of(other), **more}
    return post(tab, "run_call", fields)


def compare(tab: Tab, call_id: str, other: str, **more: str) -> dict[str, Any]:
    """Compare, and wait for the end."""
    response = ask(tab, call_id, other, **more)
    assert response.status_code == 200, response.text
    return finish(tab, response.get_json()["call"]["call"])


def test_another_model(tab):
    """Both are called with the inputs of the call; the outputs of both can be had."""
    earlier = call(tab)
    answer = compare(tab, earlier, "answers/retrained")
    assert answer["call"]["state"] == "done"
    assert answer["call"]["words"] == "against answers/retrained: x [4, 3]"
    comparison = answer["comparison"]
    sides = (comparison["left"], comparison["right"])
    assert [side["path"] for side in sides] == [MODEL, "answers/retrained"]
    assert sides[1]["location"].endswith("/answers/retrained")
    assert [side["values"] for side in sides] == [None, None]
    (pair,) = comparison["found"]["outputs"]
    assert (pair["key"], pair["difference"]["words"]) == ("y", "equal")
    assert pair["left"]["text"] == pair["right"]["text"]
    assert comparison["found"]["not_compared"] == 1
    new = answer["call"]["call"]
    for side in ("output", "other"):
        asked = {"call": new, "side": side, "key": "y", "slice": "0, :"}
        assert len(tab.get("api/run_values", asked).get_json()["text"]) == 3
    asked = {"call": earlier, "side": "other", "key": "y"}
    assert tab.get("api/run_values", asked).status_code == 404
    listed = tab.get("api/run", {"id": tab.id_of(MODEL)}).get_json()["calls"]
    assert [one["call"] for one in listed] == [new, earlier]


def test_checkpoints(tab):
    """Their values are put into the variables, of either side; that is another process."""
    earlier = call(tab)
    answer = compare(tab, earlier, "answers/training-1")
    restored = answer["comparison"]["right"]["restored"]
    assert (restored["variables"], restored["kept_count"]) == (3, 0)
    assert answer["comparison"]["right"]["values"]["path"] == "answers/training-1"
    outputs = {one["key"]: one for one in answer["comparison"]["found"]["outputs"]}
    assert outputs["last/kernel"]["difference"]["words"] == "only the second has it"
    assert outputs["y"]["difference"]["words"] == "equal"
    assert [one["key"] for one in answer["outputs"]] == ["y"]
    more = {"restore": tab.id_of("answers/last-1"), "tolerance": "1e-3"}
    both = compare(tab, earlier, "answers/training-1", **more)
    assert both["comparison"]["left"]["restored"]["kept"][0]["name"] == "first/kernel"
    assert both["comparison"]["tolerance"] == 0.001
    assert both["call"]["words"].startswith("answers/last-1 against answers/training-1")
    assert [one["key"] for one in both["outputs"]] == ["y", "last/bias", "last/kernel"]
    again = compare(tab, both["call"]["call"], MODEL)
    assert again["comparison"]["left"]["restored"] is None
    assert [one["key"] for one in again["outputs"]] == ["y"]


def test_what_looks_inside_keeps_the_values(tab):
    """A further look at the first side is at the model with those values."""
    earlier = call(tab)
    more = {"restore": tab.id_of("answers/last-1")}
    compared = compare(tab, earlier, "answers/training-1", **more)["call"]["call"]
    response = post(tab, "run_call", {"call": compared, "action": "find_nan"})
    answer = finish(tab, response.get_json()["call"]["call"])
    assert [one["key"] for one in answer["outputs"]] == ["y", "last/bias", "last/kernel"]


def test_refused_before_anything_runs(tab, monkeypatch):
    """What has no such signature, takes other inputs or fits nowhere; and says which it is."""
    earlier = call(tab)
    brighten = call(tab, "callable/shop", "image", np.zeros((1, 4, 4, 1)).tolist(), **SERVING)
    monkeypatch.setattr("subprocess.Popen", None)
    cases = [
        (ask(tab, earlier, "callable/parser"), 400, 'callable/parser: has no signature "serve"'),
        (ask(tab, earlier, "answers/tf1"), 400, "answers/tf1: "),
        (ask(tab, brighten, MODEL), 400, f'{MODEL}: has no signature "serving_default"'),
        (ask(tab, earlier, "answers/tf1-3"), 400, "no variable of "),
        (ask(tab, earlier, MODEL, restore=tab.id_of("answers/tf1-3")), 400, "no variable of "),
        (ask(tab, earlier, MODEL, tolerance="-1"), 400, "tolerance=-1"),
        (ask(tab, earlier, MODEL, tolerance="nan"), 400, "tolerance=nan"),
        (ask(tab, earlier, MODEL, restore="0" * 12), 404, "No artifact has the id"),
        (post(tab, "run_call", {"call": earlier, "action": "compare"}), 404, "No artifact"),
    ]
    for response, status, words in cases:
        assert response.status_code == status, response.text
        assert words in response.get_json()["error"]["message"]


SERVING = {"signature": "serving_default"}


@pytest.mark.parametrize(("headers", "status"), REFUSED)
def test_what_another_page_can_send_begins_nothing(tab, headers, status):
    """The rules of all actions hold."""
    earlier = call(tab)
    fields = {"call": earlier, "action": "compare", "other": tab.id_of("answers/retrained")}
    assert post(tab, "run_call", fields, **headers).status_code == status
    assert tab.get("api/run_call", fields).status_code == 400
    assert len(tab.get("api/run", {"id": tab.id_of(MODEL)}).get_json()["calls"]) == 1


def test_an_error_names_its_side(tab, logdir):
    """A value that cannot be read is the checkpoint's; no model is left half restored."""
    earlier = call(tab)
    data = logdir / "answers" / "training-1.data-00000-of-00001"
    whole = data.read_bytes()
    data.write_bytes(bytes(20) + whole[20:])
    answer = compare(tab, earlier, "answers/training-1")
    assert (answer["call"]["state"], answer["comparison"]["at"]) == ("failed", "right")
    words = f"{MODEL} with the values of answers/training-1: "
    assert answer["error"]["message"].startswith(words)
    assert answer["call"]["words"] == answer["error"]["message"]
    assert answer["comparison"]["found"] is None
    data.write_bytes(whole)
    tab.settle(rescan=True)
    again = compare(tab, earlier, "answers/training-1")
    assert again["comparison"]["right"]["restored"]["variables"] == 3


def test_place_and_cancel(tab):
    """A comparison is one thing in the queue, and Cancel ends all of it."""
    fields = {"id": tab.id_of("callable/shop"), "tags": "", "signature": "hang"}
    inputs = json.dumps({"start": {"values": 0}})
    earlier = call(tab)
    hanging = post(tab, "run", {**fields, "inputs": inputs}).get_json()["call"]["call"]
    wait_until(lambda: look(tab, hanging)["call"]["state"] == "running")
    compared = ask(tab, earlier, "answers/retrained").get_json()["call"]["call"]
    third = ask(tab, earlier, "answers/wider").get_json()["call"]["call"]
    told = [look(tab, one) for one in (compared, third)]
    assert [one["call"]["ahead"] for one in told] == [1, 2]
    assert [one["comparison"]["at"] for one in told] == ["", ""]
    post(tab, "run_call", {"call": compared, "action": "cancel"})
    assert look(tab, compared)["call"]["state"] == "cancelled"
    post(tab, "run_call", {"call": hanging, "action": "cancel"})
    assert finish(tab, third)["call"]["state"] == "done"


def test_what_comes_is_bounded():
    """The first of many inner tensors, counts of all, and no values of any."""
    number = np.float32([1])
    watched = [
        tuple(
            WatchedValue(f"n{at}", 0, op, "f", ("call",), "float32", (1,), number * by, "", 1, 1)
            for at, op in enumerate(["ReadVariableOp", *["Add"] * 300])
        )
        for by in (1, 2)
    ]
    outputs = (Value("y", "float32", (1,), number),)
    sides = [SideAnswer(Answer(outputs, one), None) for one in watched]
    found = describe_answers(compare_sides(*sides))
    assert (found.differs, found.compared, found.computed_count) == (False, 301, 300)
    assert (len(found.computed), found.reads_count) == (MOST_PAIRS, 1)
    assert found.first == found.computed[0]
    assert (found.first.node, found.first.calls, found.first.graph) == ("n1", "call", "f")
    assert found.first.difference.words == "1 of 1 differ, by at most 1 at [0]: 1 and 2"
    lost = SideAnswer(Answer(outputs, unwatched="More than 20000 tensors"), None)
    found = describe_answers(compare_sides(sides[0], lost))
    assert (found.compared, found.unpaired) == (0, [])
    assert found.unwatched == "More than 20000 tensors"


@pytest.mark.tensorflow
@pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow")
@pytest.mark.timeout(600)
def test_real_comparisons(logdir):
    """With TensorFlow: of TensorFlow 2, of TensorFlow 1, and of what Keras 3 exported."""
    copy_case("lineage", logdir)
    tab = Tab(logdir, modelinspect_allow_run=True, modelinspect_run_python=PYTHON)
    try:
        earlier = call(tab)
        retrained = compare(tab, earlier, "answers/retrained")
        found = retrained["comparison"]["found"]
        assert [one["difference"]["differs"] for one in found["outputs"]] == [False, True]
        assert (found["first"]["node"], found["first"]["op"]) == ("last/product", "MatMul")
        assert found["first"]["graph"].startswith("__inference_")
        assert found["reads_count"] == 2
        kept = desk(tab).get(retrained["call"]["call"]).job.answers
        assert [one.watched for one in kept] == [(), ()]
        asked = {"call": retrained["call"]["call"], "side": "other", "key": "scores"}
        other = tab.get("api/run_values", asked).get_json()["text"]
        assert other == found["outputs"][1]["right"]["text"]
        assert other != found["outputs"][1]["left"]["text"]
        more = {"restore": tab.id_of("answers/training-1")}
        equal = compare(tab, earlier, "answers/retrained", **more)["comparison"]["found"]
        assert not equal["differs"]
        assert equal["compared"] > 10
        fields = {"path": "answers/tf1", "values": [1, 2]}
        tf1 = compare(tab, call(tab, **fields), "answers/tf1-3")["comparison"]
        assert tf1["right"]["restored"]["variables"] == 1
        assert tf1["found"]["outputs"][0]["right"]["text"] == ["3.0", "6.0"]
        values = np.linspace(-1, 1, 8).reshape(2, 4).tolist()
        keras = call(tab, "lineage/export/1", "keras_tensor", values)
        same = compare(tab, keras, "lineage/model.weights.h5")["comparison"]
        assert same["right"]["restored"]["call"] == ""
        assert not same["found"]["differs"]
        assert compare(tab, keras, "lineage/run/ckpt-1")["comparison"]["found"]["differs"]
    finally:
        desk(tab).close()
