"""Whatever goes wrong, and wherever, an error has one shape and a sentence that helps."""

from __future__ import annotations

import pytest

from tensorboard_plugin_modelinspect import errors
from tensorboard_plugin_modelinspect.views.http import routes
from tests.views.http.support import Tab, copy_case


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    """Damaged models and a good one."""
    folder = tmp_path_factory.mktemp("models")
    copy_case("sharded", folder)
    return copy_case("broken", folder)


def check_shape(response) -> dict[str, str]:
    """`{"ok": false, "error": {"type", "message", "id"}}`, and nothing beside it."""
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    answer = response.get_json()
    assert set(answer) == {"ok", "error"}
    assert answer["ok"] is False
    error = answer["error"]
    assert set(error) == {"type", "message", "id"}
    check_sentence(error["message"])
    assert (error["id"] is None) == (response.status_code != 500)
    return error


def check_sentence(message: str) -> None:
    """One line of several words: no bare exception, no traceback, no dump."""
    assert 15 < len(message) < 600
    assert "\n" not in message
    assert message.count(" ") > 3


REQUESTS = [
    ("api/nothing", {}, 404),
    ("api/status", {"x": "1"}, 400),
    ("api/artifact", {}, 400),
    ("api/artifact", {"id": "0123456789ab"}, 404),
    ("api/artifacts", {"rescan": "2"}, 400),
    ("api/objects", {"id": "0123456789ab", "nodes": "0"}, 404),
    ("api/values", {"id": "GOOD", "key": "nothing"}, 404),
    ("api/values", {"id": "GOOD", "key": "KEY", "slice": "x"}, 400),
    ("api/values", {"id": "GOOD", "key": "KEY", "slice": ",".join(":" * 300)}, 400),
    ("api/npy", {"id": "GOOD", "key": "KEY", "slice": "99999999"}, 400),
    ("static/nothing.js", {}, 404),
]


@pytest.mark.parametrize(("path", "parameters", "status"), REQUESTS)
def test_requests_that_are_wrong(logdir, path, parameters, status):
    """Every way to ask wrongly is answered in the one shape."""
    tab = Tab(logdir)
    if "GOOD" in parameters.values():
        artifact_id = tab.id_of("sharded/four")
        key = tab.get("api/tensors", {"id": artifact_id}).get_json()["key"][0]
        known = {"GOOD": artifact_id, "KEY": key}
        parameters = {name: known.get(value, value) for name, value in parameters.items()}
    response = tab.get(path, parameters)
    assert response.status_code == status
    check_shape(response)


def test_methods_and_hosts(logdir):
    """The guard's own refusals have the shape, too."""
    tab = Tab(logdir)
    assert check_shape(tab.ask("POST", "api/status"))["type"] == "MethodNotAllowed"
    refused = tab.get("api/status", base_url="http://attacker.example:6006")
    assert check_shape(refused)["type"] == "ForbiddenHost"
    assert check_shape(tab.get("api/status", headers={"Host": "a b"}))["type"] == "BadRequest"


ROUTES_THAT_READ = [
    "artifact",
    "objects",
    "tensors",
    "values",
    "npy",
    "timeline",
    "timeline_values",
]


@pytest.mark.parametrize("route", ROUTES_THAT_READ)
def test_files_that_are_damaged(logdir, route):
    """Each damaged artifact of the corpus, on each route that reads: a reason, never a 500."""
    tab = Tab(logdir)
    rows = [row for row in tab.settle()["artifacts"] if row["state"] != "complete"]
    assert len(rows) > 10
    given = {"nodes": "0", "key": "numbers"}
    for row in rows:
        wanted = routes.ROUTES[route].required
        parameters = {"id": row["id"], **{name: given[name] for name in wanted if name in given}}
        response = tab.get(f"api/{route}", parameters)
        if response.status_code == 200:
            continue
        assert response.status_code in (404, 422, 501)
        error = check_shape(response)
        assert issubclass(getattr(errors, error["type"]), errors.ModelInspectError)
        check_sentence(row["reason"])


def test_mistakes_of_ours(logdir, monkeypatch):
    """An unexpected exception has the shape, and an id to find it by."""

    def fail(_desk, _parameters):
        raise KeyError("x")

    monkeypatch.setitem(routes.ROUTES, "status", routes.Route(fail))
    error = check_shape(Tab(logdir).get("api/status"))
    assert error["type"] == "InternalError"
    assert error["id"] in error["message"]
