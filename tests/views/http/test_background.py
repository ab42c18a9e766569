"""Threads that work in the background."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from tensorboard_plugin_modelinspect.views.http.background import BackgroundExecutor


def test_results_and_errors_come_back():
    """As of any executor, in whatever order."""
    executor = BackgroundExecutor(2, "some")
    assert list(executor.map(abs, [-1, -2, 3])) == [1, 2, 3]
    with pytest.raises(ZeroDivisionError):
        executor.submit(divmod, 1, 0).result(30)


def test_what_was_cancelled_is_not_done():
    """A task that waits can be taken back, and the next one is done."""
    executor, gate, done = BackgroundExecutor(1, "one"), threading.Event(), []
    first = executor.submit(gate.wait, 30)
    second, third = executor.submit(done.append, 2), executor.submit(done.append, 3)
    assert second.cancel()
    gate.set()
    third.result(30)
    assert first.result(30)
    assert done == [3]


def test_a_task_that_hangs_does_not_hold_up_the_end():
    """TensorBoard ends on Ctrl-C, whatever a disk does."""
    code = (
        "import threading\n"
        "from tensorboard_plugin_modelinspect.views.http.background import BackgroundExecutor\n"
        "begun = threading.Event()\n"
        "def hang():\n"
        "    begun.set()\n"
        "    threading.Event().wait()\n"
        "BackgroundExecutor(1, 'x').submit(hang)\n"
        "begun.wait()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
