"""Measuring child processes and calls; the numbers are medians, never limits of a test."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

_SPAWN = Path(__file__).with_name("spawn.py")


class Cost(NamedTuple):
    """What a run took: wall-clock seconds and peak resident memory in bytes."""

    seconds: float
    peak_nbytes: int


def run_process(arguments: Sequence[str], *, times: int) -> Cost:
    """Median cost of a command run `times` times with its output thrown away.

    Raises:
        RuntimeError: It failed; carries the end of what it wrote to stderr.
    """
    costs = [_run_once(arguments) for _ in range(times)]
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        int(statistics.median(cost.peak_nbytes for cost in costs)),
    )


def _run_once(arguments: Sequence[str]) -> Cost:
    """Run through `spawn.py`: a process counts its parent's memory at birth as its own peak."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        [sys.executable, "-S", "-E", str(_SPAWN), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr[-2000:]}")
    seconds, peak_nbytes = done.stdout.split()
    return Cost(float(seconds), int(peak_nbytes))


def run_python(code: str, *, times: int = 1) -> Cost:
    """Median cost of Python code in a fresh process of this interpreter."""
    return run_process([sys.executable, "-c", code], times=times)


def time_call(call: Callable[[], object], *, times: int) -> float:
    """Median seconds of a call in this process, after one call to warm up."""
    call()
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
