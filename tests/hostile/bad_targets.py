"""Exercisers that do what no reader may do, for the test of the watch over them."""

from __future__ import annotations

import os
import signal
import sys
import time
from functools import partial

from tests.hostile import seeds
from tests.hostile.targets import Files, Target

WORDS = {
    "raises": "ZeroDivisionError",
    "recurses": "RecursionError",
    "dies": "SIGSEGV",
    "leaves": "ended with 3",
    "hangs": "over 1 s",
    "devours": "are allowed",
}
"""Names of the rows, and a word that a finding of each must have."""


def misbehave(how: str, files: Files) -> str:
    """Do wrong, unless the files are the undamaged ones that a child begins with."""
    if files == seeds.checkpoint():
        return "whole"
    if how == "raises":
        print(1 / 0)
    elif how == "recurses":
        return misbehave(how, {**files, str(len(files)): b""})
    elif how == "dies":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif how == "leaves":
        sys.exit(3)
    elif how == "hangs":
        time.sleep(3600)
    elif how == "devours":
        return "whole" if b"x" * (200 << 20) else ""
    return "whole"


TARGETS = tuple(
    Target(name, (seeds.checkpoint,), ("*.index",), exercise=partial(misbehave, name))
    for name in WORDS
)
