"""Runs trials in a process of their own, with bounded memory, killed if it hangs.

A trial is a label and a function that must return. `run_trials` is for tests; the process itself
is `python -m tests.hostile.sandbox GROUP FILE`, where FILE takes the label of the current trial.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import resource
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HANG_S = 120
"""Far more than any group takes; it separates slow machines from endless loops."""
MEMORY = 768 << 20
"""Address space beyond what the imports take."""

Trials = Iterator[tuple[str, Callable[[], object]]]


def run_trials(group: str, tmp_path: Path) -> None:
    """Fail unless all trials of a group, `module:function`, return in time and within memory."""
    label = tmp_path / "label"
    label.touch()
    command = [sys.executable, "-m", "tests.hostile.sandbox", group, str(label)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=HANG_S + 30, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"{group} hangs at {label.read_text()}")
    if done.returncode:
        where = f"{group} ended with {done.returncode} at {label.read_text()}"
        pytest.fail(f"{where}\n{done.stdout}{done.stderr}", pytrace=False)


def limit_memory() -> None:
    """Let this process take `MEMORY` more than it has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main(group: str, label_path: str) -> int:
    """Run the trials of a group; 1 if one raises. Each failure is printed with its label."""
    module, _, function = group.partition(":")
    trials: Trials = getattr(importlib.import_module(module), function)()
    failures = count = 0
    faulthandler.dump_traceback_later(HANG_S, exit=True)
    with open(label_path, "wb", buffering=0) as file:
        limit_memory()
        for label, trial in trials:
            count += 1
            os.pwrite(file.fileno(), label.encode("utf-8", "replace").ljust(200)[:200], 0)
            try:
                trial()
            except Exception:  # noqa: BLE001 - each one is a finding
                failures += 1
                print(f"--- {label}\n{traceback.format_exc(limit=-8)}")
            if failures >= 3:
                break
    assert count, f"{group} has no trials"
    return int(failures > 0)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
