"""Bodies and how they go out: JSON, compression, and "you have it already"."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import is_dataclass
from itertools import chain
from typing import Any

import werkzeug
from werkzeug.datastructures import Headers

from tensorboard_plugin_modelinspect.views.http.numbers import Numbers
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody

JSON_TYPE = "application/json"
REVALIDATE = "no-cache"
"""The browser keeps it, and asks each time whether it is still so."""
FOREVER = "public, max-age=31536000, immutable"
"""For names that hold a hash of their content."""

_LEAST_COMPRESSED = 1_000
_LARGE = 1 << 20
_SURROGATE = re.compile("[\ud800-\udfff]")


class Body:
    """What a route answers: bytes, compressed when first asked for and kept so.

    Args:
        data: Uncompressed.
        content_type: With its charset, for text.
        cache_control: `REVALIDATE` or `FOREVER`.
    """

    def __init__(
        self, data: bytes, *, content_type: str = JSON_TYPE, cache_control: str = REVALIDATE
    ) -> None:
        self.data = data
        self.content_type = content_type
        self.cache_control = cache_control
        self.etag = hashlib.blake2b(data, digest_size=12).hexdigest()
        self._compressed: bytes | None = None

    @property
    def nbytes(self) -> int:
        """Bytes it keeps in memory."""
        return len(self.data) + len(self._compressed or b"")

    def compressed(self) -> bytes:
        """As gzip. Large bodies at a low level: 10 MB of tensors in a quarter of the time."""
        if self._compressed is None:
            level = 2 if len(self.data) >= _LARGE else 6
            self._compressed = gzip.compress(self.data, compresslevel=level, mtime=0)
        return self._compressed


class Response(werkzeug.Response):
    """A response that TensorBoard's checks accept.

    They ask for a content type even where "not modified" has no content, and log a warning if
    there is none; Werkzeug takes it away.
    """

    def get_wsgi_headers(self, environ: Any) -> Headers:
        """The headers as sent."""
        headers = super().get_wsgi_headers(environ)
        headers["Content-Type"] = self.headers["Content-Type"]
        return headers


def respond(request: werkzeug.Request, body: Body, *, status: int = 200) -> Response:
    """Answer with a body: compressed if that is welcome and worth it, 304 if it is known."""
    response = Response(status=status, content_type=body.content_type)
    response.headers["Cache-Control"] = body.cache_control
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Vary"] = "Accept-Encoding"
    if len(body.data) >= _LEAST_COMPRESSED and request.accept_encodings["gzip"] > 0:
        response.data = body.compressed()
        response.headers["Content-Encoding"] = "gzip"
    else:
        response.data = body.data
    if status == 200:
        response.set_etag(body.etag, weak=True)  # weak: the same for either encoding
        response.make_conditional(request)
    return response


def encode(payload: Any) -> bytes:
    r"""A payload as JSON: its fields beside `"ok": true`.

    Text that is not UTF-8 (a file name, a tensor's key) comes with `\xNN` for each such byte.

    Raises:
        ValueError: A number that JSON does not have, NaN or infinite.
    """
    return _dump({"ok": True, **_fields(payload)})


def encode_error(error: ErrorBody) -> bytes:
    """What went wrong, in the one shape all errors have."""
    return _dump({"ok": False, "error": error})


def plain_text(text: str) -> str:
    r"""Text as JSON carries it: `\xNN` for a byte that is not UTF-8, � for any other surrogate."""
    return _SURROGATE.sub(lambda match: _stand_in(match[0]), text)


def _dump(value: dict[str, Any]) -> bytes:
    columns: list[bytes] = []
    place = secrets.token_hex()  # in no text but by design: nobody can know it before

    def convert(one: Any) -> Any:
        if not isinstance(one, Numbers):
            return _fields(one)
        columns.append(one.encode())
        return place

    text = json.dumps(
        value, default=convert, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    try:
        data = text.encode()
    except UnicodeEncodeError:
        escaped = _SURROGATE.sub(lambda match: json.dumps(_stand_in(match[0]))[1:-1], text)
        data = escaped.encode()
    parts = data.split(f'"{place}"'.encode()) if columns else [data]
    return b"".join(chain.from_iterable(zip(parts, [*columns, b""], strict=True)))


def _stand_in(surrogate: str) -> str:
    byte = ord(surrogate) - 0xDC00  # where Python puts a byte that is not UTF-8: from 0x80
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else "\N{REPLACEMENT CHARACTER}"


def _fields(value: Any) -> dict[str, Any]:
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is no payload")
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


class BodyCache:
    """Bodies that are dear to make, kept while what they show is the same object.

    Args:
        limit_nbytes: Of all kept bodies; the oldest goes first. A larger one is not kept.
    """

    def __init__(self, limit_nbytes: int) -> None:
        self._limit = limit_nbytes
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[object, Body]] = {}

    def get_or_make(self, key: tuple[str, str], shown: object, make: Callable[[], bytes]) -> Body:
        """The body under `key` if it shows this very object, else a new one."""
        with self._lock:
            known = self._kept.get(key)
        if known is not None and known[0] is shown:
            return known[1]
        body = Body(make())
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = (shown, body)
            self._drop_oldest()
        return body

    def _drop_oldest(self) -> None:
        total = sum(body.nbytes for _, body in self._kept.values())
        for key in list(self._kept):
            if total <= self._limit:
                return
            total -= self._kept.pop(key)[1].nbytes
