"""What a worker and its model print: taken at once, so that nobody waits, and mostly dropped."""

from __future__ import annotations

import contextlib
import io
import os
import threading

MOST_NBYTES = 64 << 10
"""Kept of what is printed: the end of it."""
_MARK_S = 2.0


class Log:
    """Reads a pipe in a thread of its own until it ends; keeps the last `MOST_NBYTES`.

    Args:
        stream: The pipe, unbuffered; closed by this.
        token: A line that the worker prints when it has answered, and that no model can guess.
    """

    def __init__(self, stream: object, token: str) -> None:
        self._stream = stream
        self._mark = f"\n{token}\n".encode()
        self._kept = bytearray()
        self._marks = 0
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="modelinspect-log", daemon=True)
        self._thread.start()

    def take(self) -> str:
        """What was printed up to the answer that just came, and since the last time."""
        with self._changed:
            self._changed.wait_for(lambda: self._marks > 0, _MARK_S)
            self._marks = 0
            text = bytes(self._kept)
            self._kept.clear()
        return text.decode("utf-8", "replace")

    def tail(self) -> str:
        """What is kept at the moment."""
        with self._changed:
            return self._kept.decode("utf-8", "replace")

    def close(self) -> None:
        """Wait until the pipe has ended: the process must have."""
        self._thread.join(_MARK_S)

    def _run(self) -> None:
        if not isinstance(self._stream, io.RawIOBase):
            return
        with contextlib.suppress(OSError, ValueError), self._stream as stream:
            while data := os.read(stream.fileno(), 1 << 16):
                self._keep(data)

    def _keep(self, data: bytes) -> None:
        with self._changed:
            self._kept += data
            while (start := self._kept.find(self._mark)) >= 0:
                del self._kept[start : start + len(self._mark)]
                self._marks += 1
                self._changed.notify_all()
            del self._kept[: -MOST_NBYTES or None]
