"""What TensorFlow says of a failure, in one sentence."""

from __future__ import annotations

import re

import tensorflow as tf

_NOISE = re.compile(
    r"^(Graph execution error:|Detected at node .*|Hint: .*|Stack trace for op definition:.*"
    r"|\s*File \".*|<stack traces unavailable>|\s*\[\[.*|Node: .*|Original stack trace.*|)$"
)
_TAIL = re.compile(r"\s*(\[Op:[^\]]*\]|\[\[\{\{node .*|name: ?)\s*$")


def describe_error(error: Exception, ask: str) -> dict[str, str]:
    """The kind of a failure, `load`, `call` or `memory`, and the reason."""
    text = error.message if isinstance(error, tf.errors.OpError) else str(error)
    reason = summarise(text) or type(error).__name__
    if isinstance(error, MemoryError) or "OOM when allocating" in text:
        return {"kind": "memory", "text": reason or "Out of memory."}
    return {"kind": ask, "text": reason}


def summarise(text: str) -> str:
    """The first line that says something, without where in TensorFlow's sources it was."""
    for line in str(text).splitlines():
        if not _NOISE.match(line):
            line = _TAIL.sub("", line).strip()
            return line if line.endswith((".", "!", "?")) else f"{line}."
    return ""
