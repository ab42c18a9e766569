"""Messages between the server and the process that runs libhdf5: JSON and bytes, never pickles.

    frame = length of the JSON (4 bytes), length of the payload (8 bytes), JSON, payload

The worker imports this file alone, so it needs nothing but the standard library.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any, NamedTuple

_LENGTHS = struct.Struct("<IQ")
LARGEST_SENT = 1 << 17
"""A file up to this size is sent along with the question; of others the worker asks for parts."""
LARGEST_JSON = 256 << 20
"""About a million tensors."""


class Frame(NamedTuple):
    """One message."""

    message: dict[str, Any]
    payload: bytearray


class BadFrame(Exception):
    """The other side sent something else than a frame, or more than was asked for."""


def send_frame(
    connection: socket.socket,
    message: dict[str, Any],
    payload: bytes | bytearray | memoryview = b"",
) -> None:
    """Send a message; blocks until it is taken. Raises OSError if the other side is gone."""
    text = json.dumps(message).encode()
    connection.sendall(_LENGTHS.pack(len(text), len(payload)) + text)
    if len(payload):
        connection.sendall(payload)


def receive_frame(connection: socket.socket, largest_payload: int) -> Frame | None:
    """The next message; None if the other side is gone, even in the middle of one.

    Raises:
        BadFrame: No frame, or one that is too large; nothing is allocated for it.
        TimeoutError: The connection has a timeout, and it is over.
    """
    head = _receive(connection, _LENGTHS.size)
    if head is None:
        return None
    json_nbytes, payload_nbytes = _LENGTHS.unpack(head)
    if json_nbytes > LARGEST_JSON or payload_nbytes > largest_payload:
        raise BadFrame(f"{json_nbytes} and {payload_nbytes} bytes")
    text = _receive(connection, json_nbytes)
    payload = None if text is None else _receive(connection, payload_nbytes)
    if text is None or payload is None:
        return None
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame("no JSON") from None
    if not isinstance(message, dict):
        raise BadFrame("no JSON object")
    return Frame(message, payload)


def _receive(connection: socket.socket, nbytes: int) -> bytearray | None:
    buffer = bytearray(nbytes)
    view, done = memoryview(buffer), 0
    while done < nbytes:
        try:
            count = connection.recv_into(view[done:])
        except ConnectionError:
            return None
        if count == 0:
            return None
        done += count
    return buffer
