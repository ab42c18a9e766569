"""The guard in front of all routes, where no single route is concerned."""

from __future__ import annotations

import json
import logging

import pytest

from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.views.http import routes
from tensorboard_plugin_modelinspect.views.http.application import plugin_path
from tests.views.http.support import BASE_URL, Tab

ENTRIES = ["index.js", "plugin/modelinspect/index.js"]


@pytest.mark.parametrize("path", ENTRIES)
def test_the_entry_is_a_script_at_both_addresses(tab, path):
    """Where `<base>` counts and where WebKit ignores it, the same module comes."""
    response = tab.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert b"render" in response.data
    again = tab.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ENTRIES)
def test_files_ignore_parameters(tab, path):
    """A proxy that adds a parameter of its own to every address must not empty the tab."""
    assert tab.get(path, {"authuser": "0"}).data == tab.get(path).data


@pytest.mark.parametrize("path", ENTRIES)
def test_a_refused_host_is_said_in_the_tab(tab, path):
    """A script with an error status would not run: the sentence comes as one that shows it."""
    response = tab.get(path, base_url="http://hub.example:8443")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "--modelinspect_allowed_hosts=hub.example" in response.text
    assert run_script(response.text).endswith("--modelinspect_allowed_hosts=hub.example")


def test_a_refused_host_gets_no_static_file(tab):
    """The rule holds for files, too."""
    response = tab.get("static/index.js", base_url="http://hub.example:8443")
    assert response.status_code == 403
    assert response.get_json()["error"]["type"] == "ForbiddenHost"


def test_an_allowed_host_is_served(tmp_path):
    """What the flag names is answered."""
    tab = Tab(tmp_path, modelinspect_allowed_hosts="hub.example")
    assert tab.get("api/status", base_url="http://hub.example:8443").status_code == 200


def test_a_missing_front_end_is_said_in_the_tab(tmp_path, monkeypatch):
    """A checkout that was never built: the tab names the command."""
    folder = "tensorboard_plugin_modelinspect.views.http.application.STATIC_FOLDER"
    monkeypatch.setattr(folder, str(tmp_path / "nothing"))
    tab = Tab(tmp_path)
    assert "make frontend" in run_script(tab.get("index.js").text)


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "DELETE", "PROPFIND"])
@pytest.mark.parametrize("path", ["index.js", "static/index.js", "api/nothing"])
def test_nothing_is_ever_written(tab, path, method):
    """No route has another method than GET and HEAD."""
    response = tab.ask(method, path)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"
    assert response.get_json()["error"]["type"] == "MethodNotAllowed"


@pytest.mark.parametrize("path", ["api/nothing", "api/status/more", "api/</script>"])
def test_unknown_routes_answer_in_json(tab, path):
    """What is no route is 404 in the shape of all errors, with the routes there are."""
    response = tab.get(path)
    assert response.status_code == 404
    assert "artifacts" in response.get_json()["error"]["message"]


def test_an_unexpected_error_is_an_id(tab, monkeypatch, caplog):
    """Its text goes to the log in one line, with the id that the client sees, and nowhere else."""

    def fail(_desk, _parameters):
        raise RuntimeError("secret\nof the machine")

    monkeypatch.setitem(routes.ROUTES, "status", routes.Route(fail))
    with caplog.at_level(logging.INFO, "tensorboard"):
        response = tab.get("api/status")
    assert response.status_code == 500
    error = response.get_json()["error"]
    assert error["type"] == "InternalError"
    assert error["id"]
    assert error["id"] in error["message"]
    assert "secret" not in response.text
    (record,) = caplog.records
    line = record.getMessage()
    assert error["id"] in line
    assert "RuntimeError: secret\\nof the machine" in line
    assert "test_application.py:" in line
    assert "\n" not in line
    assert record.exc_info is None


def test_an_unexpected_error_at_the_entry_is_said_in_the_tab(tab, monkeypatch):
    """Even then the tab is not empty."""

    def fail(_self, _name):
        raise MemoryError

    monkeypatch.setattr("tensorboard_plugin_modelinspect.views.http.statics.StaticFiles.get", fail)
    assert "TensorBoard's log says what" in run_script(tab.get("index.js").text)


def test_errors_of_users_are_not_logged(tab, monkeypatch, caplog):
    """The log is for what an operator must know: 4xx leave no line."""

    def fail(_desk, _parameters):
        raise NotFound("gone")

    monkeypatch.setitem(routes.ROUTES, "status", routes.Route(fail))
    with caplog.at_level(logging.INFO, "tensorboard"):
        assert tab.get("api/status").status_code == 404
        assert tab.get("api/nothing").status_code == 404
        assert tab.get("api/status", base_url="http://evil.example:1").status_code == 403
        assert tab.ask("POST", "api/status").status_code == 405
        assert tab.get("api/artifact").status_code == 400
    assert caplog.records == []


@pytest.mark.parametrize("path", ["api/status", "api/nothing", "index.js", "static/no.js"])
def test_tensorboard_finds_nothing_to_warn_about(tab, path, caplog):
    """TensorBoard checks every response for a type and nosniff, and warns: never about ours."""
    with caplog.at_level(logging.INFO, "tensorboard"):
        first = tab.get(path)
        tab.get(path, headers={"If-None-Match": first.headers.get("ETag", "*")})
    assert caplog.records == []


@pytest.mark.parametrize("prefix", ["", "/tb", "/plugin/modelinspect", "/a/plugin/b"])
def test_under_any_path_prefix(model_logdir, prefix):
    """`--path_prefix` moves all routes, and nothing else changes."""
    tab = Tab(model_logdir, path_prefix=prefix)
    for path in (*ENTRIES, "api/status"):
        assert tab.get(path).status_code == 200
    assert tab.get("static/nothing.js").status_code == 404


def test_behind_a_proxy_that_strips_its_path(model_logdir):
    """Only the rest of the path arrives, with the outer part as SCRIPT_NAME: all the same."""
    tab = Tab(model_logdir)
    response = tab.get("api/status", base_url=f"{BASE_URL}/user/me/proxy/6006/")
    assert response.get_json()["ok"] is True


def test_under_an_experiment(tab):
    """TensorBoard's `/experiment/ID/` in front of the path changes nothing."""
    path = "/experiment/abc/data/plugin/modelinspect/api/status"
    assert tab.client.get(path, base_url=BASE_URL).get_json()["ok"] is True


@pytest.mark.parametrize(
    ("path_info", "expected"),
    [
        ("/data/plugin/modelinspect/api/status", "api/status"),
        ("/data/plugin/modelinspect/plugin/modelinspect/index.js", ENTRIES[1]),
        ("/data/plugin/modelinspect/index.js/", "index.js"),
        ("/elsewhere", ""),
    ],
)
def test_plugin_path(path_info, expected):
    """The plugin's own part of a path begins at the first place it can."""
    assert plugin_path(path_info) == expected


def run_script(script: str) -> str:
    """What a problem script writes into the page: its text, found without a browser.

    The browser tests see it for real; here the string literal is parsed where it is assigned.
    """
    literal = script.partition("text.textContent = ")[2].partition(";\n")[0]
    return json.loads(literal)
