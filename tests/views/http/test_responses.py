"""Bodies: JSON that every browser parses, compression, and what is kept."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody, StatusPayload
from tensorboard_plugin_modelinspect.views.http.responses import (
    Body,
    BodyCache,
    encode,
    encode_error,
    plain_text,
    respond,
)


@dataclass(frozen=True)
class Anything:
    """A payload of one field."""

    value: Any


@given(st.text(st.characters()) | st.text(st.sampled_from('a\\"\ud800\udc80\udcff\udfff😀\n')))
def test_any_text_is_valid_json_in_utf8(text):
    """Names from disk and files hold anything, half surrogate pairs too; the answer stays valid."""
    answer = json.loads(encode(Anything(text)).decode("utf-8", "strict"))
    assert answer["value"] == plain_text(text)


def test_bytes_that_are_no_text_are_shown():
    """A byte that Python carries as a surrogate becomes xNN, any other surrogate a �."""
    assert plain_text("caf\udce9 \udc00\ud83d") == "caf\\xe9 \ufffd\ufffd"
    assert plain_text("😀") == "😀"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
def test_json_has_no_nan(value):
    """A number that JSON lacks is a mistake of ours, and never sent."""
    with pytest.raises(ValueError, match="JSON compliant"):
        encode(Anything(value))


def test_only_payloads_are_sent():
    """An object that is no payload is a mistake, not `str()` of it."""
    with pytest.raises(TypeError, match="object is no payload"):
        encode(Anything(object()))


def test_the_two_shapes():
    """A payload's fields stand beside `ok`; an error has type, message and id."""
    said = b'{"ok":true,"version":"1","problem":null,"allow_run":false}'
    assert encode(StatusPayload("1", None, False)) == said
    error = {"type": "NotFound", "message": "No.", "id": None}
    assert json.loads(encode_error(ErrorBody("NotFound", "No."))) == {"ok": False, "error": error}


def ask(**headers: str):
    """A request with some headers."""
    return EnvironBuilder(headers=headers).get_request()


@pytest.mark.parametrize(
    ("accept", "compressed"),
    [
        ("gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("br", False),
        ("", False),
    ],
)
def test_compression_is_the_clients_choice(accept, compressed):
    """gzip exactly where it is accepted."""
    body = Body(b"x" * 5000)
    response = respond(ask(**{"Accept-Encoding": accept}), body)
    assert (response.headers.get("Content-Encoding") == "gzip") is compressed
    data = gzip.decompress(response.data) if compressed else response.data
    assert data == body.data
    assert response.content_length == len(response.data)


def test_small_bodies_are_not_compressed():
    """Below a kilobyte compression costs more than it saves."""
    response = respond(ask(**{"Accept-Encoding": "gzip"}), Body(b"x" * 500))
    assert "Content-Encoding" not in response.headers


def test_a_body_is_compressed_once():
    """However often it is asked for; and equal bytes give equal files, with no time in them."""
    body = Body(b"x" * 3_000_000)
    assert body.compressed() is body.compressed()
    assert body.compressed() == Body(b"x" * 3_000_000).compressed()
    assert body.etag == Body(b"x" * 3_000_000).etag


@pytest.mark.parametrize("known", ['W/"{}"', '"{}"', 'W/"a", W/"{}"', "*"])
def test_a_known_body_is_not_sent(known):
    """Any form of the tag gives 304, with the type that TensorBoard's own check wants."""
    body = Body(b"{}")
    request = ask(**{"If-None-Match": known.format(body.etag)})
    response = respond(request, body)
    status, headers = response.status_code, response.get_wsgi_headers(request.environ)
    assert status == 304
    assert headers["Content-Type"] == "application/json"


def test_errors_are_never_304():
    """An error is sent in full, whatever tag the client has, and has none itself."""
    body = Body(b"{}")
    response = respond(ask(**{"If-None-Match": "*"}), body, status=404)
    assert (response.status_code, response.data) == (404, b"{}")
    assert "ETag" not in response.headers


class TestBodyCache:
    """What is dear to make is kept, within bounds."""

    def test_the_same_object_gives_the_same_body(self):
        """A body is made again only for another object, be it equal."""
        cache = BodyCache(1000)
        shown = [1]
        first = cache.get_or_make(("r", "a"), shown, lambda: b"1")
        assert cache.get_or_make(("r", "a"), shown, pytest.fail) is first
        assert cache.get_or_make(("r", "a"), [1], lambda: b"2").data == b"2"
        assert cache.get_or_make(("r", "b"), shown, lambda: b"3").data == b"3"

    def test_the_oldest_goes_first(self):
        """Above the limit the longest kept are dropped, and only as many as needed."""
        cache = BodyCache(250)
        shown = object()
        for name in "abc":
            cache.get_or_make(("r", name), shown, lambda: b"x" * 100)
        cache.get_or_make(("r", "b"), shown, pytest.fail)
        cache.get_or_make(("r", "c"), shown, pytest.fail)
        assert cache.get_or_make(("r", "a"), shown, lambda: b"new").data == b"new"

    def test_what_is_larger_than_all_room_is_not_kept(self):
        """A giant answer is given, and forgotten."""
        cache = BodyCache(250)
        assert len(cache.get_or_make(("r", "a"), self, lambda: b"x" * 300).data) == 300
        assert cache.get_or_make(("r", "a"), self, lambda: b"again").data == b"again"
