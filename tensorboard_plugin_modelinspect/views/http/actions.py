"""What a request must be to act: nothing that another page in the browser could make it send.

A form or an image of a foreign page can send a POST, but not as JSON and not with a header of our
own: for those a browser asks first, with OPTIONS, and that is 405. Newer browsers also say where a
request comes from. `docs/security.md` has the reasons.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import werkzeug

from tensorboard_plugin_modelinspect.errors import (
    BadContentType,
    BadRequest,
    ForbiddenOrigin,
)

HEADER = "X-Modelinspect-Action"
LARGEST_BODY = 1 << 16
"""Bytes that most actions may send."""


def read_action(
    request: werkzeug.Request,
    fields: Sequence[str],
    most_nbytes: int = LARGEST_BODY,
    optional: Sequence[str] = (),
) -> dict[str, str]:
    """The fields of a request to act.

    Args:
        request: A POST.
        fields: Names that its JSON object must have, each with a text.
        most_nbytes: Of its body.
        optional: Names that it may have as well; no other.

    Raises:
        ForbiddenOrigin: It may come from another page.
        BadContentType: It does not say that it is JSON.
        BadRequest: It is no such object.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site != "same-origin" or request.headers.get(HEADER) != "1":
        raise ForbiddenOrigin(
            f"Only the tab itself may ask for this: send the header {HEADER}: 1 from its own page."
        )
    if request.mimetype != "application/json":
        raise BadContentType("Send JSON, with Content-Type: application/json.")
    return _check_fields(_parse(request, most_nbytes), fields, optional)


def _parse(request: werkzeug.Request, most_nbytes: int) -> Any:
    nbytes = request.content_length
    if nbytes is None or nbytes > most_nbytes:
        raise BadRequest(f"The body has {nbytes} bytes; send {most_nbytes:,} at most.")
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or nested without end
        raise BadRequest("The body is no JSON.") from None


def _check_fields(value: Any, fields: Sequence[str], optional: Sequence[str]) -> dict[str, str]:
    if not isinstance(value, dict) or value.keys() - set(optional) != set(fields):
        more = f", and perhaps {', '.join(optional)}" if optional else ""
        listing = f"{', '.join(fields)}{more}"
        raise BadRequest(f"The body must be an object with just the fields {listing}.")
    for name in value:
        if not isinstance(value[name], str):
            raise BadRequest(f'The field "{name}" must be a text.')
    return value


def no_such_action(name: str) -> BadRequest:
    """The error of a job that is asked to do something else than to start or to cancel."""
    return BadRequest(f'The action "{name[:40]}" is none: there are start and cancel.')
