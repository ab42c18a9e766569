"""Functions that Keras stores as bytecode: what they name, and a listing of them."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.scan.disassembly import list_code
from tensorboard_plugin_modelinspect.analyses.scan.marshalled import (
    CodeObject,
    parse_code,
    walk_code,
)
from tensorboard_plugin_modelinspect.analyses.scan.names import (
    TELLING_NAMES,
)
from tensorboard_plugin_modelinspect.analyses.scan.result import Severity
from tensorboard_plugin_modelinspect.analyses.scan.texts import read_meaning

_MOST_NBYTES = 1 << 20
_MOST_LISTED = 400


class LambdaReading(NamedTuple):
    """What a stored function is.

    Attributes:
        severity: `critical` if it names what no layer needs, `high` if it cannot be read.
        evidence: What was seen.
        argument: The names or texts that tell; None if none do.
        listing: Its instructions, or the bytes.
    """

    severity: Severity
    evidence: str
    argument: str | None
    listing: tuple[str, ...]


def read_lambda(text: str) -> LambdaReading:
    """What the base64 text of a marshalled function holds. Nothing of it is run."""
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        data = text.encode("raw_unicode_escape", "replace")  # Keras before 2.2 had no base64
    code = parse_code(data) if len(data) <= _MOST_NBYTES else None
    if code is None:
        evidence = f"{len(data):,} bytes of code in a form that is not known"
        return LambdaReading("high", evidence, None, _dump(data))
    return _judge(code)


def _judge(code: CodeObject) -> LambdaReading:
    names = dict.fromkeys(name for one in walk_code(code) for name in one.names)
    texts = [text for one in walk_code(code) for text in _texts(one.constants)]
    telling = [name for name in names if name in TELLING_NAMES]
    meaning = read_meaning(texts)
    listing = tuple(list_code(code, _MOST_LISTED))
    if telling or meaning.is_sensitive or meaning.is_shell or meaning.is_url:
        shown = ", ".join([*telling, *(repr(text[:120]) for text in texts)][:12])
        evidence = f"bytecode of Python {code.layout} that names {', '.join(telling) or 'places'}"
        return LambdaReading("critical", evidence, shown or None, listing)
    named = ", ".join(list(names)[:12]) or "nothing"
    evidence = f"bytecode of Python {code.layout} that names {named}"
    return LambdaReading("medium", evidence, None, listing)


def _texts(constants: tuple[object, ...]) -> list[str]:
    found: list[str] = []
    waiting: list[object] = list(constants)
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, bytes):
            found.append(one.decode("latin-1"))
        elif isinstance(one, tuple) and not isinstance(one, CodeObject):
            waiting += one
    return found


def _dump(data: bytes) -> tuple[str, ...]:
    """Some lines of bytes, as hexadecimal digits and as text."""
    lines = []
    for offset in range(0, min(len(data), 512), 16):
        row = data[offset : offset + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{offset:06x}  {row.hex(' '):<47}  {text}")
    return tuple(lines)
