"""Calls from the tab with TensorFlow itself: not in a module where workers only pretend."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.views.http.support import Tab, copy_case, wait_until
from tests.views.http.test_run import again, desk, finish, look, post, start

PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")
pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow"),
]


@contextlib.contextmanager
def calling(logdir: Path) -> Iterator[Tab]:
    """The plugin where models may be run, by TensorFlow."""
    tab = Tab(logdir, modelinspect_allow_run=True, modelinspect_run_python=PYTHON)
    try:
        yield tab
    finally:
        desk(tab).close()


def test_real_calls(tmp_path):
    """With TensorFlow: classes by name, prints, a reason, a call without an end."""
    with calling(copy_case("callable", tmp_path)) as tab:
        done = finish(tab, start(tab))
        top = tab.get("api/run_top", {"call": done["call"]["call"], "key": "scores"}).get_json()
        assert (top["asset"], top["classes"], top["rows"]) == ("labels.txt", 3, 1)
        assert [one["label"] for one in top["top"][0]] == ["ankle boot", "bag", "sneaker"]
        assert "hello from the model" in done["log"]
        assert done["cost"]["tensorflow"]
        failed = finish(tab, start(tab, "fail", {"x": {"values": [-1]}}))
        assert "x must not be < 0" in failed["error"]["message"]
        hanging = start(tab, "hang", {"start": {"values": 0}})
        wait_until(lambda: look(tab, hanging)["call"]["state"] == "running")
        post(tab, "run_call", {"call": hanging, "action": "cancel"})
        assert finish(tab, hanging)["call"]["state"] == "cancelled"
        sent = {"examples": [{"age": {"float32": [3]}, "words": ["a", "b"]}]}
        fields = {"id": tab.id_of("callable/parser"), "tags": "", "signature": "parse"}
        response = post(tab, "run", {**fields, "inputs": json.dumps({"examples": sent})})
        parsed = finish(tab, response.get_json()["call"]["call"])
        values = {one["key"]: one["text"] for one in parsed["outputs"]}
        assert values["age"] == ["3.0"]
        assert values["clicks"] == ["1", "2", "3"]
        assert values["words"] == ["a", "b"]


def test_a_picture_of_an_inner_tensor(tmp_path):
    """In a function that is called twice: cells and values of each are what numpy makes of it."""
    x = np.array([[1, 2, 3], [-1, -2, 0.5]], np.float32)
    scale = np.array([1, 2, 4], np.float32)
    with calling(copy_case("run", tmp_path)) as tab:
        found = {"id": tab.id_of("run/inner"), "tags": "", "signature": "run"}
        sent = json.dumps({"x": {"values": x.tolist()}})
        call = post(tab, "run", {**found, "inputs": sent}).get_json()["call"]["call"]
        finish(tab, call)
        listed = tab.get("api/graphs", {"id": found["id"]}).get_json()["graphs"]["id"]
        graph = next(name for name in listed if "scaled" in name)
        answer = again(tab, call, "watch", node="layer/product:0", graph=graph)
        assert [one["op"] for one in answer["watched"]] == ["Mul", "Mul"]
        first = x * scale
        for key, expected in enumerate((first, (first + 1) * scale)):
            asked = {"call": answer["call"]["call"], "side": "watched", "key": str(key)}
            picture = tab.get("api/run_picture", asked).get_json()
            cells = np.frombuffer(base64.b64decode(picture["cells"]), "<f4").reshape(2, 3)
            np.testing.assert_array_equal(cells, expected)
            text = tab.get("api/run_values", asked).get_json()["text"]
            np.testing.assert_array_equal(np.array(text, np.float32).reshape(2, 3), expected)
