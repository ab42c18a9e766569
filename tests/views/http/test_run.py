"""The routes that run models: what they refuse, the queue, what is kept, and real calls."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.runner.messages import WatchedValue
from tensorboard_plugin_modelinspect.views.http import runs
from tensorboard_plugin_modelinspect.views.http.actions import HEADER
from tensorboard_plugin_modelinspect.views.http.describe_inner import describe_watched
from tests.runner.pretend import pretending
from tests.views.http.route_tests import JsonRouteTests, RouteTests
from tests.views.http.support import Tab, copy_case, wait_until

HEADERS = {HEADER: "1", "Content-Type": "application/json"}
SHOP = "callable/shop"
ROUTES = [
    *("run", "run_call", "run_values", "run_stats", "run_picture", "run_top", "run_npy"),
    "run_form",
]
IMAGE = {"image": {"values": np.zeros((1, 4, 4, 1)).tolist()}}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    """Models to call; only to be read."""
    return copy_case("callable", tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def shared(logdir) -> Iterator[Tab]:
    """The plugin where models may be run; whatever is run gives its first input as `y`."""
    with pretending():
        tab = Tab(logdir, modelinspect_allow_run=True)
        yield tab
        desk(tab).close()


@pytest.fixture
def tab(shared) -> Tab:
    """The same, under the name that the suite of routes has for it."""
    return shared


@pytest.fixture
def fresh(logdir) -> Iterator[Tab]:
    """One that nobody called yet."""
    with pretending():
        tab = Tab(logdir, modelinspect_allow_run=True)
        yield tab
        desk(tab).close()


def desk(tab: Tab) -> runs.Runs:
    """The calls of a plugin."""
    tab.get("api/status")
    application: Any = tab.plugin._app
    return application._desk.runs


def post(tab: Tab, route: str, fields: dict[str, str], **headers: str | None):
    """Send a POST; a header that is None is left out."""
    sent = {**HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    kept = {name: value for name, value in sent.items() if value is not None}
    return tab.ask("POST", f"api/{route}", headers=kept, data=json.dumps(fields))


def fields_of(
    tab: Tab, signature: str = "serving_default", inputs: object = None
) -> dict[str, str]:
    """What starts a call."""
    given = IMAGE if inputs is None else inputs
    found = {"id": tab.id_of(SHOP), "tags": "serve", "signature": signature}
    return {**found, "inputs": json.dumps(given)}


def start(tab: Tab, signature: str = "serving_default", inputs: object = None) -> str:
    """Begin a call; its id."""
    response = post(tab, "run", fields_of(tab, signature, inputs))
    assert response.status_code == 200, response.text
    return response.get_json()["call"]["call"]


def look(tab: Tab, call: str) -> dict[str, Any]:
    """How a call stands."""
    return tab.get("api/run_call", {"call": call}).get_json()


def finish(tab: Tab, call: str) -> dict[str, Any]:
    """A call once it has ended."""
    wait_until(lambda: look(tab, call)["call"]["state"] in ("done", "failed", "cancelled"))
    return look(tab, call)


class CallRouteTests(JsonRouteTests):
    """A route about a call that was made."""

    more: ClassVar[dict[str, str]] = {}
    called: ClassVar[dict[int, str]] = {}

    def parameters(self, tab):
        """A call of the shared plugin that has ended."""
        if id(tab) not in self.called:
            self.called[id(tab)] = start(tab)
        finish(tab, self.called[id(tab)])
        return {"call": self.called[id(tab)], **self.more}


class TestRun(JsonRouteTests):
    """`api/run`."""

    route = "run"

    def parameters(self, tab):
        """A model."""
        return {"id": tab.id_of(SHOP)}


class TestCall(CallRouteTests):
    """`api/run_call`."""

    route = "run_call"


class TestValues(CallRouteTests):
    """`api/run_values`."""

    route = "run_values"
    more: ClassVar = {"side": "output", "key": "y"}


class TestStats(CallRouteTests):
    """`api/run_stats`."""

    route = "run_stats"
    more: ClassVar = {"side": "input", "key": "image"}


class TestPicture(CallRouteTests):
    """`api/run_picture`."""

    route = "run_picture"
    more: ClassVar = {"side": "output", "key": "y"}


class TestTop(CallRouteTests):
    """`api/run_top`."""

    route = "run_top"
    more: ClassVar = {"key": "y"}


class TestNpy(RouteTests):
    """`api/run_npy`."""

    route = "run_npy"
    parameters = CallRouteTests.parameters
    called = CallRouteTests.called
    more: ClassVar = {"side": "output", "key": "y"}


class TestForm(JsonRouteTests):
    """`api/run_form`."""

    route = "run_form"

    def parameters(self, tab):
        """A signature."""
        return {"id": tab.id_of(SHOP), "signature": "serving_default"}


@pytest.mark.parametrize("route", ROUTES)
def test_without_the_flag_nothing_is_answered(logdir, route):
    """403, and the sentence says how to allow it; the status says it beforehand."""
    tab = Tab(logdir)
    assert tab.get("api/status").get_json()["allow_run"] is False
    parameters = {
        "run": {"id": tab.id_of(SHOP)},
        "run_form": {"id": tab.id_of(SHOP), "signature": "serving_default"},
        "run_call": {"call": "x"},
        "run_top": {"call": "x", "key": "y"},
    }
    usual = {"call": "x", "side": "output", "key": "y"}
    response = tab.get(f"api/{route}", parameters.get(route, usual))
    assert response.status_code == 403
    assert response.get_json()["error"]["type"] == "RunDisabled"
    assert "--modelinspect_allow_run" in response.get_json()["error"]["message"]


@pytest.mark.parametrize("value", [None, False, "", "true", 1])
def test_only_the_flag_itself_allows(logdir, value, monkeypatch):
    """Nothing that merely looks true; and no process is begun."""
    monkeypatch.setattr("subprocess.Popen", None)
    tab = Tab(logdir, modelinspect_allow_run=value)
    assert post(tab, "run", fields_of(tab)).status_code == 403
    assert post(tab, "run_call", {"call": "x", "action": "cancel"}).status_code == 403


REFUSED = [
    ({"Sec_Fetch_Site": "cross-site"}, 403),
    ({"Sec_Fetch_Site": "same-site"}, 403),
    ({"Sec_Fetch_Site": "none"}, 403),
    ({HEADER: None}, 403),
    ({HEADER: "0"}, 403),
    ({"Content_Type": "text/plain"}, 415),
    ({"Content_Type": None}, 415),
]


@pytest.mark.parametrize(("headers", "status"), REFUSED)
def test_what_another_page_can_send_begins_nothing(fresh, headers, status):
    """Refused, and no call is there afterwards."""
    assert post(fresh, "run", fields_of(fresh), **headers).status_code == status
    assert fresh.get("api/run", {"id": fresh.id_of(SHOP)}).get_json()["calls"] == []


def test_a_rebound_name_begins_nothing(fresh):
    """The Host rule comes first."""
    url = "http://attacker.example:6006"
    data = json.dumps(fields_of(fresh))
    response = fresh.ask("POST", "api/run", headers=HEADERS, data=data, base_url=url)
    assert (response.status_code, response.get_json()["error"]["type"]) == (403, "ForbiddenHost")
    assert desk(fresh).calls_of(desk_found(fresh)) == []


def desk_found(tab: Tab):
    """The model, as the server has it."""
    application: Any = tab.plugin._app
    return application._desk.catalog.get(tab.id_of(SHOP))


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_begin_nothing(fresh, method):
    """Parameters in an address, which any page can put there, never start anything."""
    response = fresh.ask(method, "api/run", fields_of(fresh), headers=HEADERS)
    assert response.status_code in (400, 405)
    assert fresh.get("api/run", {"id": fresh.id_of(SHOP)}).get_json()["calls"] == []


def test_a_call_and_its_answer(fresh):
    """Inputs and outputs as text, and as a file; the call is in the list."""
    sent = {"image": {"values": np.arange(16.0).reshape(1, 4, 4, 1).tolist()}}
    call = start(fresh, inputs=sent)
    answer = finish(fresh, call)
    assert answer["call"]["state"] == "done"
    (output,) = answer["outputs"]
    assert (output["key"], output["dtype"], output["shape"]) == ("y", "float32", [1, 4, 4, 1])
    assert output["text"] == [f"{number}.0" for number in range(16)]
    assert answer["inputs"][0]["text"] == output["text"]
    assert answer["cost"]["run_s"] >= 0
    parameters = {"call": call, "side": "output", "key": "y", "slice": "0, 1:3"}
    sliced = fresh.get("api/run_values", parameters).get_json()
    assert sliced["text"] == [f"{number}.0" for number in range(4, 12)]
    file = fresh.get("api/run_npy", {"call": call, "side": "output", "key": "y"})
    assert np.array_equal(np.load(io.BytesIO(file.data)), np.arange(16.0).reshape(1, 4, 4, 1))
    stats = fresh.get("api/run_stats", {"call": call, "side": "output", "key": "y"}).get_json()
    assert (stats["stats"]["max"], stats["stats"]["zeros"]) == (15.0, 1)
    listed = fresh.get("api/run", {"id": fresh.id_of(SHOP)}).get_json()["calls"]
    assert [one["call"] for one in listed] == [call]
    assert [one.id for one in desk(fresh).calls_of(desk_found(fresh))] == [call]


def test_failures_have_words(fresh):
    """TensorFlow's reason reaches the tab, and the next call works."""
    failed = finish(fresh, start(fresh, "fail", {"x": {"values": [1]}}))
    assert failed["call"]["state"] == "failed"
    assert failed["error"]["type"] == "CallFailed"
    assert "does not like that" in failed["error"]["message"]
    parameters = {"call": failed["call"]["call"], "side": "output", "key": "y"}
    assert fresh.get("api/run_values", parameters).status_code == 502
    assert finish(fresh, start(fresh))["call"]["state"] == "done"


def test_places_in_the_queue_and_cancel(fresh):
    """One runs, the others see how many are before them; each can be taken back."""
    hanging = start(fresh, "hang", {"start": {"values": 0}})
    wait_until(lambda: look(fresh, hanging)["call"]["state"] == "running")
    second, third = start(fresh), start(fresh)
    told = [look(fresh, call)["call"] for call in (second, third)]
    assert [(one["state"], one["ahead"]) for one in told] == [("queued", 1), ("queued", 2)]
    waiting = {"call": third, "side": "output", "key": "y"}
    assert fresh.get("api/run_values", waiting).status_code == 404
    assert post(fresh, "run_call", {"call": third, "action": "cancel"}).status_code == 200
    assert look(fresh, third)["call"]["state"] == "cancelled"
    post(fresh, "run_call", {"call": hanging, "action": "cancel"})
    assert finish(fresh, hanging)["call"]["state"] == "cancelled"
    assert finish(fresh, second)["call"]["state"] == "done"
    assert post(fresh, "run_call", {"call": second, "action": "stop"}).status_code == 400


def test_what_cannot_be_called(fresh):
    """Unknown models, signatures and tags are 404; inputs that do not fit 400."""
    good = fields_of(fresh)
    cases = [
        ({"id": "0" * 12}, 404),
        ({"signature": "nothing"}, 404),
        ({"signature": "__saved_model_init_op"}, 404),
        ({"tags": "train"}, 404),
        ({"inputs": "{}"}, 400),
        ({"inputs": "x"}, 400),
        ({"inputs": '{"image": {"values": [1]}}'}, 400),
    ]
    for change, status in cases:
        assert post(fresh, "run", {**good, **change}).status_code == status
    for parameters in ({"call": "x"}, {"call": "../"}):
        assert fresh.get("api/run_call", parameters).status_code == 404


def test_large_inputs_are_taken(fresh):
    """A request may have megabytes; other actions may not."""
    array = np.zeros((3000, 4, 4, 1)).tolist()
    answer = finish(fresh, start(fresh, inputs={"image": {"values": array}}))
    assert answer["outputs"][0]["shape"] == [3000, 4, 4, 1]
    assert answer["outputs"][0]["text"] is None
    assert post(fresh, "run_call", {"call": "x" * 70_000, "action": "cancel"}).status_code == 400


def test_what_is_kept_is_bounded(fresh, monkeypatch):
    """The oldest calls go, but never a model's last."""
    monkeypatch.setattr(runs, "MOST_KEPT", 2)
    calls = [start(fresh) for _ in range(4)]
    finish(fresh, calls[-1])
    last = start(fresh)
    finish(fresh, last)
    listed = fresh.get("api/run", {"id": fresh.id_of(SHOP)}).get_json()["calls"]
    assert [one["call"] for one in listed] == [last, *calls[:1:-1]]
    monkeypatch.setattr(runs, "KEPT_NBYTES", 0)
    assert finish(fresh, start(fresh))["outputs"]


def test_a_link_that_leads_outside(tmp_path):
    """A model that was replaced by a link out of the logdir is not run."""
    logdir = copy_case("callable", tmp_path / "logs")
    outside = copy_case("callable", tmp_path / "outside")
    with pretending():
        tab = Tab(logdir, modelinspect_allow_run=True)
        fields = fields_of(tab)
        (logdir / SHOP).rename(tmp_path / "moved")
        (logdir / SHOP).symlink_to(outside / SHOP)
        response = post(tab, "run", fields)
        assert response.status_code in (404, 422)
        desk(tab).close()


def test_the_form(fresh):
    """Types, shapes and the features of messages, through calls of functions."""
    asked = {"id": fresh.id_of("callable/parser"), "signature": "parse_one"}
    example, note = fresh.get("api/run_form", asked).get_json()["inputs"]
    assert [one["name"] for one in example["features"]] == ["age", "words"]
    assert (note["key"], note["features"]) == ("note", [])


def test_classes_are_of_floats(fresh):
    """Integers and what has no axis are no scores."""
    call = start(fresh, "brighten", {"image": {"values": np.zeros((1, 2, 3), int).tolist()}})
    finish(fresh, call)
    assert fresh.get("api/run_top", {"call": call, "key": "y"}).status_code == 400
    call = start(fresh)
    finish(fresh, call)
    asked = {"call": call, "key": "y", "asset": "labels.txt"}
    assert fresh.get("api/run_top", asked).status_code == 404


def again(tab: Tab, call: str, action: str, **more: str) -> dict[str, Any]:
    """Make a call again to look inside; the answer once it has ended."""
    response = post(tab, "run_call", {"call": call, "action": action, **more})
    assert response.status_code == 200, response.text
    return finish(tab, response.get_json()["call"]["call"])


def test_the_first_nan(fresh):
    """The same call again, a call of the history: with the words of the command line, and links."""
    sent = np.arange(16.0).reshape(1, 4, 4, 1)
    call = start(fresh, inputs={"image": {"values": sent.tolist()}})
    assert finish(fresh, call)["nan"] is None
    answer = again(fresh, call, "find_nan")
    assert answer["call"]["words"] == "first NaN: image [1, 4, 4, 1]"
    assert answer["outputs"][0]["text"] == [f"{number}.0" for number in range(16)]
    words = "call/planted/log:0 (Log, float32): 1 NaN, 2 positive of 3"
    assert answer["nan"] == {
        "kind": "nan",
        "made": {"text": words, "graph": "inner", "node": "planted/log"},
        "inputs": [
            {
                "text": "call/mul:0 (Mul, float32): 1 negative, 2 positive of 3",
                "graph": "inner",
                "node": "mul",
            }
        ],
        "infinity": None,
        "looked_at": 5,
        "reach": [
            "Of 5 tensors 2 have a NaN, 0 an infinity.",
            "Not looked at: 1 node in a condition of a loop.",
        ],
    }
    listed = fresh.get("api/run", {"id": fresh.id_of(SHOP)}).get_json()["calls"]
    assert [one["call"] for one in listed] == [answer["call"]["call"], call]


def test_inner_tensors(fresh):
    """With the same inputs, and no call of the history; the graph is that of the call."""
    call = start(fresh)
    finish(fresh, call)
    answer = again(fresh, call, "watch", node="scope/log", graph="__inference_f_1")
    (inner,) = answer["watched"]
    assert (inner["node"], inner["calls"], inner["finite"]) == ("scope/log", "call", 1)
    assert (inner["text"], inner["min"], answer["watched_count"]) == ([], None, 1)
    assert "more than was asked for" in inner["reason"]
    assert again(fresh, call, "watch", node="x", graph="")["watched"][0]["node"] == "x"
    assert [one.id for one in desk(fresh).calls_of(desk_found(fresh))] == [call]
    refused = [{"node": "x", "graph": "main:train"}, {"graph": ""}, {"node": "x", "more": ""}]
    for fields in refused:
        asked = {"call": call, "action": "watch", **fields}
        assert post(fresh, "run_call", asked).status_code == 400
    for headers, status in REFUSED:
        response = post(fresh, "run_call", {"call": call, "action": "find_nan"}, **headers)
        assert response.status_code == status
    assert len(desk(fresh).calls_of(desk_found(fresh))) == 1


def test_an_inner_tensor_in_numbers():
    """Only finite values are summed up; what has no order is not."""
    arrays = {
        "float32": np.array([[1, np.nan], [3, -np.inf]], np.float32),
        "int64": np.arange(40),
        "string": np.array([b"a", b"b"], object),
        "float64": np.array([np.nan]),
    }
    told = {}
    for dtype, array in arrays.items():
        inner = WatchedValue("n", 0, "Op", "", (), dtype, array.shape, array, "", array.size, None)
        told[dtype] = describe_watched(inner)
    assert (told["float32"].min, told["float32"].max, told["float32"].mean) == ("1.0", "3.0", "2")
    assert told["float32"].text == ["1.0", "NaN", "3.0", "-inf"]
    assert (told["int64"].mean, len(told["int64"].text)) == ("19.5", 16)
    assert (told["string"].min, told["string"].text) == (None, ["a", "b"])
    assert (told["float64"].mean, told["float64"].text) == (None, ["NaN"])
