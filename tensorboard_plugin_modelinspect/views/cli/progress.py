"""A line of progress on the terminal, for work that takes longer than a moment."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from tensorboard_plugin_modelinspect.views.text.words import describe_bytes

BAR_WIDTH = 24
_FIRST_S = 0.5
_EVERY_S = 0.1


class Progress:
    """Shows the latest message on stderr while a `with` block runs; nothing if it is no terminal.

    Names of files do not belong in a message: it is written as it is.
    """

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._due_s = time.monotonic() + _FIRST_S
        self._width = 0

    def __enter__(self) -> Progress:
        """Start; quick work shows nothing."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wipe the line, so that results and errors start at the margin."""
        if self._width:
            self._write("")

    def show(self, message: str) -> None:
        """Replace the line, at most ten times a second."""
        now_s = time.monotonic()
        if self._is_terminal and now_s >= self._due_s:
            self._due_s = now_s + _EVERY_S
            self._write(message)

    def _write(self, message: str) -> None:
        sys.stderr.write(f"\r{message.ljust(self._width)}" + ("" if message else "\r"))
        sys.stderr.flush()
        self._width = len(message)


def describe_progress(done_nbytes: int, nbytes: int, elapsed_s: float) -> str:
    """A bar, how much is read, how fast, and how long the rest takes at that speed."""
    total = max(nbytes, 1)
    part = min(done_nbytes / total, 1.0)
    bar = ("#" * int(BAR_WIDTH * part)).ljust(BAR_WIDTH, ".")
    speed = done_nbytes / max(elapsed_s, 1e-3)
    left_s = (total - done_nbytes) / max(speed, 1.0)
    left = f"{left_s:,.0f} s" if left_s < 90 else f"{left_s / 60:,.0f} min"
    amount = f"{describe_bytes(done_nbytes)} of {describe_bytes(nbytes)}"
    return f"[{bar}] {part:.0%}  {amount}  {describe_bytes(int(speed))}/s  {left} left"
