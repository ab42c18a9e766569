"""The most memory that a piece of work takes, in this process, whoever takes it.

Counted in resident pages: C libraries take memory that Python's own counters do not see.
"""

from __future__ import annotations

import re
import resource
from contextlib import suppress
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_HIGHEST = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def reset_peak() -> int:
    """Forget the highest mark where the kernel lets us; returns resident bytes now."""
    with suppress(OSError):  # then the mark is that of the whole process: never too low
        _CLEAR.write_text("5")
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def peak_nbytes() -> int:
    """The most bytes that were resident since the last reset."""
    match = _HIGHEST.search(_STATUS.read_text())
    return int(match[1]) * 1024 if match else 0


def limit_memory(nbytes: int) -> None:
    """Let this process take so many bytes of address space more than it has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + nbytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
