"""The worker, with a library that does at once what damaged files make libhdf5 do now and then."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

sys.path[:] = json.loads(sys.argv[2])

from tensorboard_plugin_modelinspect.formats.hdf5 import describing, worker  # noqa: E402


def misbehave(source: Any, request: dict[str, Any]) -> describing.Answer:
    """Do what the request names."""
    how = request.get("how", "")  # it is also called to warm up
    if how.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, how))
    elif how == "hang":
        while True:
            pass
    elif how == "eat":
        return {}, bytearray(1 << 40)
    elif how == "open":
        with open("/dev/null") as file:
            return {"opened": file.name}, b""
    elif how == "write":
        os.write(sys.stdout.fileno(), b"x" * 100_000)
    elif how == "read on":
        while True:
            source.seek(0)
            source.read(1 << 20)
    elif how == "lie":
        return {"datasets": [["key", None]], "groups": [], "notes": 3}, b""
    elif how == "too many bytes":
        return {}, bytes(1 << 20)
    return {"done": source.read().decode("ascii", "ignore")}, b""


describing.answer = misbehave
if __name__ == "__main__":
    worker.main(int(sys.argv[1]))
