"""What every route owes, whatever it answers: inherit `RouteTests`."""

from __future__ import annotations

import gzip
import json
from typing import Any, ClassVar

import pytest

from tensorboard_plugin_modelinspect.views.http.routes import ROUTES
from tests.views.http.support import Tab


class RouteTests:
    """The common suite of a route.

    A subclass names the `route`, and overrides `parameters` if the route needs any. The fixture
    `tab` is the plugin over a logdir with models.
    """

    route: ClassVar[str]

    def parameters(self, tab: Tab) -> dict[str, str]:
        """Parameters that the route answers with 200."""
        return {}

    @pytest.fixture
    def asked(self, tab: Tab) -> tuple[str, dict[str, str]]:
        """Path and parameters of a request that succeeds."""
        parameters = self.parameters(tab)
        tab.settle()
        return f"api/{self.route}", parameters

    def test_answers(self, tab, asked):
        """The request of this suite succeeds: what the others change is what matters."""
        response = tab.get(*asked)
        assert response.status_code == 200
        self.assert_safe(response)

    def test_only_what_is_allowed(self, tab, asked):
        """GET, HEAD, and POST where it does something; else 405 that says so, OPTIONS too."""
        allowed = ["GET", "HEAD", *(["POST"] if ROUTES[self.route].action else [])]
        for method in {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - set(allowed):
            response = tab.ask(method, *asked)
            assert response.status_code == 405
            assert response.headers["Allow"] == ", ".join(allowed)
            self.assert_error(response, "MethodNotAllowed", method)

    def test_head_is_get_without_the_body(self, tab, asked):
        """HEAD has GET's headers, length included, and no body."""
        got, head = tab.get(*asked), tab.ask("HEAD", *asked)
        assert head.status_code == 200
        assert head.data == b""
        for name in ("Content-Type", "Content-Length", "ETag", "Content-Disposition"):
            assert head.headers.get(name) == got.headers.get(name)

    def test_a_rebound_name_reads_nothing(self, tab, asked):
        """Under a name of the attacker's the route is 403 and names the flag."""
        response = tab.get(*asked, base_url="http://attacker.example:6006")
        assert response.status_code == 403
        self.assert_error(
            response, "ForbiddenHost", "--modelinspect_allowed_hosts=attacker.example"
        )

    def test_no_host_at_all(self, tab, asked):
        """Without a Host it is 400."""
        response = tab.get(*asked, environ_overrides={"HTTP_HOST": ""})
        assert response.status_code == 400
        self.assert_error(response, "BadRequest", "Host")

    def test_unknown_parameters_are_refused(self, tab, asked):
        """A misspelt parameter is 400 and the sentence lists the known ones."""
        path, parameters = asked
        response = tab.get(path, {**parameters, "slcie": "0"})
        assert response.status_code == 400
        self.assert_error(response, "BadRequest", '"slcie"')
        for known in (*ROUTES[self.route].required, *ROUTES[self.route].optional):
            assert known in response.get_json()["error"]["message"]

    def test_each_parameter_is_given_once(self, tab, asked):
        """Twice the same parameter is 400: which one would count?"""
        path, parameters = asked
        for name in (*ROUTES[self.route].required, *ROUTES[self.route].optional):
            value = parameters.get(name, "0")
            pairs = [*{**parameters, name: value}.items(), (name, value)]
            response = tab.get(path, query_string=pairs)
            assert response.status_code == 400
            self.assert_error(response, "BadRequest", "2 times")

    def test_missing_parameters_are_named(self, tab, asked):
        """Without a required parameter it is 400 with its name."""
        path, parameters = asked
        for name in ROUTES[self.route].required:
            rest = {key: value for key, value in parameters.items() if key != name}
            response = tab.get(path, rest)
            assert response.status_code == 400
            self.assert_error(response, "BadRequest", f'"{name}" is missing')

    def test_unknown_ids_are_not_found(self, tab, asked):
        """An id that is none, whatever it looks like, is 404 in words."""
        path, parameters = asked
        if "id" not in ROUTES[self.route].required:
            return
        for artifact_id in ("0" * 12, "../../etc/passwd", "\0", "</script>", ""):
            response = tab.get(path, {**parameters, "id": artifact_id})
            assert response.status_code == 404
            self.assert_error(response, "NotFound", "id")

    def assert_safe(self, response) -> None:
        """Headers that each answer has."""
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-cache"
        assert "text/html" not in response.headers["Content-Type"]

    def assert_error(self, response, kind: str, words: str) -> None:
        """The one shape of errors, with these words."""
        self.assert_safe(response)
        answer: dict[str, Any] = response.get_json()
        assert answer["ok"] is False
        assert answer["error"]["type"] == kind
        assert words in answer["error"]["message"]


class JsonRouteTests(RouteTests):
    """A route that answers with a payload."""

    def test_says_ok(self, tab, asked):
        """A payload comes beside `"ok": true`, as strict JSON in UTF-8."""
        response = tab.get(*asked)
        assert response.headers["Content-Type"] == "application/json"
        answer = json.loads(response.data.decode(), parse_constant=pytest.fail)
        assert answer["ok"] is True

    def test_known_answers_are_not_sent_again(self, tab, asked):
        """The ETag of one answer makes the next a 304 without a body, and any other does not."""
        etag = tab.get(*asked).headers["ETag"]
        again = tab.get(*asked, headers={"If-None-Match": etag})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == etag
        assert again.headers["Content-Type"] == "application/json"
        assert tab.get(*asked, headers={"If-None-Match": '"other"'}).status_code == 200

    def test_gzip_is_the_same_answer(self, tab, asked):
        """Compressed where the client takes it; the same bytes and the same ETag after all."""
        plain = tab.get(*asked)
        packed = tab.get(*asked, headers={"Accept-Encoding": "gzip"})
        refused = tab.get(*asked, headers={"Accept-Encoding": "gzip;q=0"})
        data = packed.data
        if packed.headers.get("Content-Encoding") == "gzip":
            assert len(data) < len(plain.data)
            data = gzip.decompress(data)
        assert data == plain.data == refused.data
        assert packed.headers["ETag"] == plain.headers["ETag"]
        assert packed.headers["Vary"] == "Accept-Encoding"
