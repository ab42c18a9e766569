"""Requests that do something: none that another page could make the browser send."""

from __future__ import annotations

import json

import pytest

from tensorboard_plugin_modelinspect.views.http.actions import HEADER
from tests.views.http.support import Tab

HEADERS = {HEADER: "1", "Content-Type": "application/json"}


@pytest.fixture
def body(tab: Tab) -> dict[str, str]:
    """What cancels nothing, since nothing was begun."""
    return {"id": tab.id_of("keras3_export/network"), "action": "cancel"}


def post(tab: Tab, data: object, **headers: str | None):
    """Send a POST; a header that is None is left out."""
    sent = {**HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    kept = {name: value for name, value in sent.items() if value is not None}
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    return tab.ask("POST", "api/verify", headers=kept, data=text)


def test_the_tab_itself_may(tab, body):
    """As our page sends it, in browsers that say where from and in those that do not."""
    assert post(tab, body).get_json()["state"] == "idle"
    assert post(tab, body, Sec_Fetch_Site="same-origin").status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_other_pages_may_not(tab, body, site):
    """Whatever a browser says that is not our own page: 403."""
    response = post(tab, body, Sec_Fetch_Site=site)
    assert response.status_code == 403
    assert response.get_json()["error"]["type"] == "ForbiddenOrigin"


@pytest.mark.parametrize("value", [None, "", "0", "yes"])
def test_without_our_header_nobody_may(tab, body, value):
    """What a form can send has no header of our own: 403, and the message names it."""
    response = post(tab, body, **{HEADER: value})
    assert response.status_code == 403
    assert HEADER in response.get_json()["error"]["message"]


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_what_a_form_sends_is_no_json(tab, body, content_type):
    """The types that a page may send without being asked are refused: 415."""
    response = post(tab, body, Content_Type=content_type)
    assert response.status_code == 415
    assert "application/json" in response.get_json()["error"]["message"]


def test_a_rebound_name_may_not(tab, body):
    """The Host rule comes first."""
    response = tab.ask(
        "POST",
        "api/verify",
        headers=HEADERS,
        data=json.dumps(body),
        base_url="http://attacker.example:6006",
    )
    assert response.status_code == 403
    assert response.get_json()["error"]["type"] == "ForbiddenHost"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 60_000,
        b" " * 70_000,
        [],
        "start",
        {},
        {"id": "0"},
        {"id": "0", "action": "start", "more": "x"},
        {"id": 0, "action": "start"},
        {"id": ["0"], "action": None},
    ],
)
def test_bodies_that_make_no_sense(tab, data):
    """400 in words, whatever was sent."""
    response = post(tab, data)
    assert response.status_code == 400
    assert response.get_json()["error"]["type"] == "BadRequest"


def test_unknown_actions_and_ids(tab, body):
    """An action that is none is 400, an artifact that is none 404."""
    assert post(tab, {**body, "action": "delete"}).status_code == 400
    assert post(tab, {**body, "id": "0" * 12}).status_code == 404


def test_a_get_begins_nothing(tab, body):
    """Parameters in an address, which any page can put there, never start anything."""
    tab.get("api/verify", {"id": body["id"], "action": "start"})
    assert tab.get("api/verify", {"id": body["id"]}).get_json()["state"] == "idle"
