"""Runners whose worker does without TensorFlow, and what is left of one."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.runner import process
from tensorboard_plugin_modelinspect.runner.messages import Call, Load

MODEL = Load("/nowhere")


@contextlib.contextmanager
def pretending() -> Iterator[None]:
    """Workers are `pretend_worker.py` for so long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "_WORKER", Path(__file__).with_name("pretend_worker.py"))
        patch.setenv("MODELINSPECT_RUNNER", str(Path(process.__file__).parent))
        yield


def ask(what: str, size: int = 0) -> Call:
    """A call that makes the pretended model do something."""
    return Call(what, {"x": np.arange(size, dtype=np.float32)} if size else {})


def is_running(pid: int) -> bool:
    """Whether a process is there and not a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def ends_soon(pid: int, within_s: float = 10.0) -> bool:
    """Whether a process ends by itself before long."""
    deadline_s = time.monotonic() + within_s
    while is_running(pid) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return not is_running(pid)


def open_files() -> int:
    """How many descriptors this process has open."""
    return len(os.listdir("/proc/self/fd"))
