"""A model in a process of its own, whatever it does there; TensorFlow is pretended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.errors import (
    CallFailed,
    ModelInspectError,
    RunnerCancelled,
    RunnerCrashed,
    RunnerMissing,
    RunnerOutOfMemory,
    RunnerTimeout,
)
from tensorboard_plugin_modelinspect.runner.client import Runner
from tensorboard_plugin_modelinspect.runner.log import MOST_NBYTES
from tensorboard_plugin_modelinspect.runner.messages import Limits, Load
from tests.runner.pretend import MODEL, ask, ends_soon, is_running, open_files, pretending

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


@pytest.fixture(autouse=True)
def pretended() -> Iterator[None]:
    """No TensorFlow here."""
    with pretending():
        yield


def test_call_gives_its_outputs() -> None:
    """Arrays come back as they went, and one process serves all calls."""
    with Runner(MODEL) as runner:
        loaded = runner.load()
        first = runner.call(ask("fine", 5))
        pid = runner.pid
        second = runner.call(ask("fine", 5))
        assert runner.pid == pid
    assert loaded.tensorflow == "0.0"
    np.testing.assert_array_equal(first.outputs[0].values, np.arange(5, dtype=np.float32))
    assert (first.is_first, second.is_first) == (True, False)
    assert pid is not None
    assert not is_running(pid)


def test_what_is_printed_is_the_log() -> None:
    """Neither stdout nor stderr of the model reaches the frames; both are the call's log."""
    with Runner(MODEL) as runner:
        log = runner.call(ask("print", 3)).log
        assert sorted(log.split("\n")) == sorted(
            ["a word to stdout", "another", "one to stderr", ""]
        )
        assert runner.call(ask("fine")).log == ""


def test_stdin_is_empty() -> None:
    """A model cannot read the requests."""
    with Runner(MODEL) as runner:
        assert runner.call(ask("read stdin")).log.strip() == "read 0"
        assert runner.call(ask("fine", 2)).outputs


def test_flood_is_dropped_but_for_its_end() -> None:
    """30 MB on stdout keep nobody waiting and take no memory."""
    with Runner(MODEL) as runner:
        answer = runner.call(ask("flood", 1))
    assert answer.outputs
    assert len(answer.log) <= MOST_NBYTES


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ("leave", RunnerCrashed, ["calling leave", "ended by itself", "exit code 7"]),
        ("abort", RunnerCrashed, ["calling abort", "SIGABRT"]),
        ("be killed", RunnerCrashed, ["SIGKILL", "want of memory"]),
        ("run out of memory", RunnerOutOfMemory, ["ran out of memory"]),
        ("talk nonsense", RunnerCrashed, ["makes no sense"]),
        ("lie", CallFailed, ["without sense"]),
        ("fail", CallFailed, ["calling fail: It does not like that."]),
    ],
)
def test_end_is_told(what: str, error: type[ModelInspectError], words: list[str]) -> None:
    """However a call ends, the error says how, and the next call works."""
    with Runner(MODEL) as runner:
        with pytest.raises(error) as caught:
            runner.call(ask(what))
        assert type(caught.value) is error
        assert all(word in caught.value.message for word in words), caught.value.message
        assert runner.call(ask("fine", 2)).outputs


def test_failed_call_keeps_the_process() -> None:
    """What TensorFlow refuses is no reason to load the model again."""
    with Runner(MODEL) as runner:
        runner.load()
        pid = runner.pid
        with pytest.raises(CallFailed):
            runner.call(ask("fail"))
        assert runner.is_warm
        assert runner.pid == pid


@pytest.mark.parametrize("what", ["hang", "burn", "hold the lock"])
def test_hang_is_ended(what: str) -> None:
    """After the wall time the process is gone, also one that lets no thread of its own run."""
    with Runner(MODEL, Limits(call_s=0.5)) as runner:
        runner.load()
        pid = runner.pid
        with pytest.raises(RunnerTimeout, match=r"stopped after 0\.5 s, which is the limit"):
            runner.call(ask(what))
        assert pid is not None
        assert not is_running(pid)


def test_processor_time_is_limited() -> None:
    """The kernel ends what computes for too long; what waits is left alone."""
    too_much = pytest.raises(RunnerTimeout, match="more processor time than it may")
    with Runner(MODEL, Limits(cpu_s=1)) as runner, too_much:
        runner.call(ask("burn"))


def test_memory_is_limited() -> None:
    """3 GiB where 1 is allowed: refused inside, reported as such, and the process lives on."""
    with Runner(MODEL, Limits(memory_nbytes=1 << 30)) as runner:
        limits = {limit.name: limit.by for limit in runner.load().limits}
        assert limits["memory_nbytes"] == "the kernel (RLIMIT_DATA)"
        with pytest.raises(RunnerOutOfMemory):
            runner.call(ask("take memory"))
        assert runner.is_warm


def test_too_large_an_answer_is_refused() -> None:
    """Nothing is allocated for what is more than was asked for."""
    with Runner(MODEL, Limits(answer_nbytes=100)) as runner:
        assert runner.call(ask("fine", 25)).outputs
        with pytest.raises(CallFailed, match="too large"):
            runner.call(ask("fine", 26))


def test_cancel_ends_at_once() -> None:
    """Whoever waits is told, and a later call starts anew."""
    with Runner(MODEL) as runner:
        runner.load()
        pid = runner.pid
        timer = threading.Timer(0.3, runner.cancel)
        timer.start()
        began_s = time.monotonic()
        with pytest.raises(RunnerCancelled):
            runner.call(ask("hang"))
        assert time.monotonic() - began_s < 30
        assert pid is not None
        assert not is_running(pid)
        assert runner.call(ask("fine", 2)).outputs


def test_cancelled_before_it_begins() -> None:
    """A cancel between the order and the start is not lost."""
    cancelled = threading.Event()
    cancelled.set()
    with Runner(MODEL) as runner, pytest.raises(RunnerCancelled):
        runner.call(ask("fine", 2), cancelled)


def test_close_leaves_nothing() -> None:
    """No process, no descriptor, no thread."""
    with Runner(MODEL) as runner:  # what Python opens the first time is no leak
        runner.load()
    files, threads = open_files(), threading.active_count()
    for what in ("fine", "leave"):
        with Runner(MODEL) as runner:
            if what == "fine":
                runner.call(ask(what))
            else:
                with pytest.raises(RunnerCrashed):
                    runner.call(ask(what))
    assert open_files() == files
    deadline_s = time.monotonic() + 10
    while threading.active_count() > threads and time.monotonic() < deadline_s:
        time.sleep(0.01)  # a timer that was cancelled ends a moment later
    assert threading.active_count() == threads


PARENT = """
import sys
from tests.runner.pretend import MODEL, ask, pretending
from tensorboard_plugin_modelinspect.runner.client import Runner
with pretending():
    runner = Runner(MODEL)
    runner.load()
    print(runner.pid, flush=True)
    runner.call(ask(sys.argv[1]))
"""


@pytest.mark.parametrize("what", ["hang", "hold the lock", "burn"])
def test_no_orphan(what: str) -> None:
    """Killed with SIGKILL, the asking process takes its worker along, whatever that is doing."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, what],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        assert is_running(pid)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        assert ends_soon(pid)


def test_too_old_tensorflow_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason and the line that installs it."""
    monkeypatch.setenv(
        "MODELINSPECT_TOO_OLD", "TensorFlow 1.15 is too old: 2.4 or newer is needed."
    )
    with Runner(MODEL) as runner, pytest.raises(RunnerMissing) as caught:
        runner.load()
    assert "1.15 is too old" in caught.value.message
    assert "pip install 'tensorboard-plugin-modelinspect[tensorflow]'" in caught.value.message


def test_missing_interpreter() -> None:
    """A Python that is not there: named, and no process is left."""
    files = open_files()
    cannot = pytest.raises(RunnerMissing, match=r"/no/python: cannot be started \(No such file")
    with Runner(Load("/nowhere", python="/no/python")) as runner, cannot:
        runner.load()
    assert open_files() == files
