"""Limits that this process sets itself, where the platform has them."""

from __future__ import annotations

import math
import re
import sys
import time
from typing import Any

if sys.platform != "win32":
    import resource

_PLATFORM: str = sys.platform  # a plain text: all branches are checked on every platform


def apply(memory_nbytes: int | None, *, gpu: bool) -> list[dict[str, str]]:
    """Limit memory from here on; says of every limit who keeps it.

    RLIMIT_DATA counts what a process may write and does not share: heap, stacks of threads,
    anonymous maps. TensorFlow gets no memory then and says so, where RLIMIT_AS, which also counts
    libraries and what allocators merely reserve, would have to be set blindly.
    """
    rows = [_row("gpu", "TensorFlow", "GPUs are visible" if gpu else "no GPU is visible")]
    if memory_nbytes is not None:
        by = _limit_memory(memory_nbytes)
        amount = f"{memory_nbytes / (1 << 30):.3g} GiB of memory beyond what TensorFlow takes"
        rows.append(_row("memory_nbytes", by, amount))
    by = ""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        by = "the kernel (RLIMIT_CPU)"
    rows.append(_row("cpu_s", by, "processor time"))
    rows.append(_row("call_s", "the process that asks", "wall time"))
    rows.append(_row("orphan", _orphan(), "its end with that of the process that asks"))
    return rows


def _row(name: str, by: str, text: str) -> dict[str, str]:
    kept = f"kept by {by}" if by else "not kept on this platform"
    return {"name": name, "by": by, "text": f"{text}: {kept}"}


def _limit_memory(nbytes: int) -> str:
    """Limit it; says who keeps the limit, nothing if nobody can."""
    if _PLATFORM != "linux":
        return ""
    most = _status("VmData") + nbytes
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    return "the kernel (RLIMIT_DATA)"


def _orphan() -> str:
    if _PLATFORM == "linux":
        return "the kernel (F_SETSIG)"
    return "" if sys.platform == "win32" else "a thread of its own"


def allow_cpu(seconds: float | None) -> None:
    """Allow this much processor time from now on; beyond it the kernel ends the process."""
    if sys.platform == "win32":
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = hard if seconds is None else math.ceil(time.process_time() + seconds)
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def measure_memory() -> tuple[int, int | None]:
    """Resident bytes now, and the most so far; the latter is None where nobody knows."""
    if _PLATFORM == "linux":
        return _status("VmRSS"), _status("VmHWM")
    if sys.platform == "win32":
        return 0, None
    scale = 1 if _PLATFORM == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
    return peak, peak


def _status(name: str) -> int:
    """A size of `/proc/self/status` in bytes; 0 if it is not there."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        found: Any = re.search(rf"^{name}:\s+(\d+) kB", file.read(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
