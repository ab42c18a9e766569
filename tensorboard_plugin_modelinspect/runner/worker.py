"""The process that runs TensorFlow, and with it what a model contains.

Started by `process.py` as a script, by any Python that has TensorFlow; this package need not be
installed there. Its stdin and stdout are moved out of the way before anything else is imported:
what the model or TensorFlow prints goes to stderr, and cannot be taken for an answer.

    client ──stdin: frames──► this process ──stdout: frames──► client
                              └─stderr: what is printed─► its log
    client ──a pipe that carries nothing and closes when the client is gone

Without the lines at the end that start it, importing this does nothing but import TensorFlow.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import io
import json
import os
import sys
import threading
import time
import types
from typing import Any

_PACKAGE = "tensorboard_plugin_modelinspect"
_LOOK_S = 1.0


def main(settings: dict[str, Any]) -> None:
    """Serve one client until it is gone."""
    requests, answers = _take_streams()
    _end_with(settings.get("lifeline"), os.getppid())
    _find_modules(settings.get("path"))
    from tensorboard_plugin_modelinspect.runner.frames import write_frame

    try:
        from tensorboard_plugin_modelinspect.runner import worker_calls, worker_limits
    except Exception as error:  # noqa: BLE001 - an install may be broken in any way
        write_frame(answers, {"error": {"kind": "missing", "text": _describe_import(error)}})
        return
    too_old = worker_calls.describe_too_old()
    if too_old:
        write_frame(answers, {"error": {"kind": "missing", "text": too_old}})
        return
    limits = worker_limits.apply(settings["memory_nbytes"], gpu=settings["gpu"])
    write_frame(answers, {"tensorflow": worker_calls.VERSION, "limits": limits})
    worker_calls.serve(requests, answers, settings["token"])


def _take_streams() -> tuple[io.FileIO, io.FileIO]:
    """Where frames come from and go to; nobody else gets hold of them."""
    requests = io.FileIO(os.dup(0), "rb")
    answers = io.FileIO(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    return requests, answers


def _end_with(lifeline: int | None, parent: int) -> None:
    """End when the client is gone, whatever this process is busy with.

    On Linux the kernel does it, when the last writer of the pipe is gone. A fork of the client
    may keep the pipe open, and elsewhere there is no such signal: so a thread looks, too.
    """
    if lifeline is not None and sys.platform == "linux":
        import fcntl
        import signal

        with contextlib.suppress(OSError):
            fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
            fcntl.fcntl(lifeline, 10, signal.SIGKILL)  # F_SETSIG
            flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
            fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_S)
        os._exit(0)

    threading.Thread(target=look, name="lifeline", daemon=True).start()


def _find_modules(path: list[str] | None) -> None:
    """Make the modules beside this one importable, and nothing else of the package's Python.

    Args:
        path: Where the client finds modules, if this is its own Python.
    """
    if path is not None:
        sys.path[:] = path
    folder = os.path.dirname(os.path.abspath(__file__))
    for name, place in ((_PACKAGE, os.path.dirname(folder)), (f"{_PACKAGE}.runner", folder)):
        module = types.ModuleType(name)
        module.__path__ = [place]
        module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
        sys.modules[name] = module


def _describe_import(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name in ("tensorflow", "numpy"):
        return f"TensorFlow is not installed for {sys.executable}."
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return f"TensorFlow cannot be imported by {sys.executable}: {first}."


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
