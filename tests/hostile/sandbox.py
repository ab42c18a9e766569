"""Runs trials in a process of their own, with bounded memory, killed if it hangs.

A trial is a label and a function that must return. `run_trials` is for tests; the process itself
is `python -m tests.hostile.sandbox FILE MODULE GROUP...`, where FILE takes the label of the current
trial.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hostile.fuzz import MEMORY
from tests.hostile.peak import limit_memory

ROOT = Path(__file__).resolve().parents[2]
HANG_S = 120
"""Far more than any few trials take; it separates slow machines from endless loops."""
GROUP_S = 1800
"""The same for a whole group, should the process itself be stuck."""
WATCHED = 50
"""Trials between two times the watch is wound up."""

Trials = Iterator[tuple[str, Callable[[], object]]]


def run_trials(module: str, groups: str, tmp_path: Path, **environment: str) -> None:
    """Fail unless all trials return in time and within memory.

    Args:
        module: Where the groups are functions.
        groups: Their names, with spaces between; one process runs them all.
        tmp_path: For the label of the current trial.
        environment: Variables of that process.
    """
    label = tmp_path / "label"
    label.touch()
    command = [sys.executable, "-m", "tests.hostile.sandbox", str(label), module, *groups.split()]
    env = {**os.environ, **environment}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=GROUP_S, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"{module} hangs at {label.read_text()}")
    if done.returncode:
        where = f"{module} ended with {done.returncode} at {label.read_text()}"
        pytest.fail(f"{where}\n{done.stdout}{done.stderr}", pytrace=False)


def main(label_path: str, module: str, *groups: str) -> int:
    """Run the trials of some groups; 1 if one raises. Each failure is printed with its label."""
    functions = [getattr(importlib.import_module(module), group) for group in groups]
    failures = 0
    with open(label_path, "wb", buffering=0) as file:
        limit_memory(MEMORY)
        for number, (label, trial) in enumerate(all_trials(functions)):
            if number % WATCHED == 0:
                faulthandler.dump_traceback_later(HANG_S, exit=True)
            os.pwrite(file.fileno(), label.encode("utf-8", "replace").ljust(200)[:200], 0)
            try:
                trial()
            except Exception:  # noqa: BLE001 - each one is a finding
                failures += 1
                print(f"--- {label}\n{traceback.format_exc(limit=-8)}")
            if failures >= 3:
                break
    return int(failures > 0)


def all_trials(functions: list[Callable[[], Trials]]) -> Trials:
    """Trials of each group in turn; a group without any is a mistake."""
    for function in functions:
        is_empty = True
        for trial in function():
            is_empty = False
            yield trial
        assert not is_empty, f"{function.__name__} has no trials"


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
