"""Inner tensors of calls: their values, pictures and statistics, and how many are kept."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.views.http import runs
from tests.runner.pretend import pretending
from tests.views.http.support import Tab, copy_case
from tests.views.http.test_run import SHOP, again, desk, finish, look, start


@pytest.fixture
def tab(tmp_path) -> Iterator[Tab]:
    """The plugin where models may be run; nobody called one yet."""
    with pretending():
        tab = Tab(copy_case("callable", tmp_path), modelinspect_allow_run=True)
        yield tab
        desk(tab).close()


def test_values_of_an_inner_tensor(tab):
    """Slices, statistics, pictures and files of it are those of any tensor."""
    sent = np.arange(16.0).reshape(1, 4, 4, 1)
    sent[0, 2, 1, 0] = np.nan
    values = json.loads(json.dumps(sent.tolist()).replace("NaN", '"NaN"'))
    call = start(tab, inputs={"image": {"values": values}})
    finish(tab, call)
    answer = again(tab, call, "watch", node="kept", graph="inner")
    (inner,) = answer["watched"]
    assert (inner["shape"], inner["max"], inner["reason"]) == ([1, 4, 4, 1], "15.0", "")
    found = {"call": answer["call"]["call"], "side": "watched", "key": "0"}
    sliced = tab.get("api/run_values", {**found, "slice": "0, 1:3, 1"}).get_json()
    assert (sliced["text"], sliced["name"]) == (["5.0", "NaN"], "call/kept:0")
    asked = {**found, "slice": "0, :, :, 0", "axes": "1,2"}
    picture = tab.get("api/run_picture", asked).get_json()
    cells = np.frombuffer(base64.b64decode(picture["cells"]), "<f4").reshape(4, 4)
    np.testing.assert_array_equal(cells, sent[0, :, :, 0].astype(np.float32))
    assert (picture["exact"], picture["nan_count"], picture["full_range"]) == (True, 1, [0, 15])
    assert tab.get("api/run_stats", found).get_json()["stats"]["nan"] == 1
    file = tab.get("api/run_npy", found)
    np.testing.assert_array_equal(np.load(io.BytesIO(file.data)), sent.astype(np.float32))
    assert "call.kept_0.npy" in file.headers["Content-Disposition"]
    for key in ("1", "-1", "x", "9999999999999", ""):
        assert tab.get("api/run_values", {**found, "key": key}).status_code in (400, 404)
    refused = again(tab, call, "watch", node="net/log", graph="inner")["call"]["call"]
    assert tab.get("api/run_values", {**found, "call": refused}).status_code == 404
    for asked in ({**found, "axes": "7"}, {**found, "height": "x"}, {**found, "side": "inner"}):
        assert tab.get("api/run_picture", asked).status_code == 400


def test_inner_tensors_that_are_kept_are_bounded(tab, monkeypatch):
    """Calls that only show them push out each other, and never one of the history."""
    monkeypatch.setattr(runs, "MOST_SHOWN", 2)
    calls = [start(tab), start(tab)]
    finish(tab, calls[1])
    shown = [again(tab, calls[1], "watch", node="kept", graph="x") for _ in range(5)]
    stands = [look(tab, one["call"]["call"])["ok"] for one in shown]
    assert stands == [False, False, True, True, True]  # the last was not there when it was counted
    monkeypatch.setattr(runs, "SHOWN_NBYTES", 0)
    shown.append(again(tab, calls[1], "watch", node="kept", graph="x"))
    assert [look(tab, one["call"]["call"])["ok"] for one in shown] == [*[False] * 5, True]
    monkeypatch.setattr(runs, "MOST_KEPT", 3)
    calls.append(start(tab))
    finish(tab, calls[-1])
    listed = tab.get("api/run", {"id": tab.id_of(SHOP)}).get_json()["calls"]
    assert [one["call"] for one in listed] == calls[::-1]
