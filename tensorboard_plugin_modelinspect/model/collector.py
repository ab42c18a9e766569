"""Python's cycle collector, which large models without cycles keep busy for nothing."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Keep the cycle collector off while a hundred thousand records without cycles are made.

    It would walk all of them again and again: half the time of parsing a large index.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
