"""The process that runs libhdf5: whatever becomes of it, the server gets an answer or an error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    Truncated,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats.hdf5 import client
from tensorboard_plugin_modelinspect.formats.hdf5.client import LibraryFailed, Worker
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile

BAD_WORKER = Path(__file__).with_name("bad_worker.py")


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker that misbehaves as it is asked to."""
    monkeypatch.setattr(client, "_WORKER", BAD_WORKER)
    started = Worker()
    yield started
    started.close()


def ask(worker: Worker, how: str, data: bytes = b"file", **options: Any) -> Any:
    """What a worker says that is asked to misbehave."""
    source = MemoryFile(data, "file.h5")
    return worker.ask(source, {"ask": "", "how": how}, **{"cpu_s": 5, **options}).message


def assert_alive(worker: Worker) -> None:
    assert ask(worker, "nothing") == {"done": "file"}


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE"])
def test_a_crash_is_a_format_error(worker: Worker, name: str) -> None:
    """It names the file and the signal, and the next question is answered."""
    with pytest.raises(LibraryFailed, match=rf"^file\.h5, .*\({name}\)"):
        ask(worker, name)
    assert_alive(worker)


def test_a_hang_is_ended(worker: Worker) -> None:
    """Processor time is limited by the kernel; the error says so."""
    with pytest.raises(LibraryFailed, match=r"^file\.h5, .* for 1 s"):
        ask(worker, "hang", cpu_s=1)
    assert_alive(worker)


def test_memory_is_limited(worker: Worker) -> None:
    """Only what was asked for, and a bit, can be allocated."""
    with pytest.raises(LimitExceeded, match=r"^file\.h5, .*memory"):
        ask(worker, "eat")
    assert_alive(worker)


def test_no_file_can_be_opened(worker: Worker) -> None:
    """Not even one that everybody may open; so nothing a file names is ever followed."""
    with pytest.raises(FormatError, match="Too many open files"):
        ask(worker, "open")
    assert_alive(worker)


def test_output_goes_nowhere(worker: Worker, capfd: pytest.CaptureFixture[str]) -> None:
    """What a library prints does not reach the server's output, nor block anything."""
    assert ask(worker, "write") == {"done": "file"}
    assert capfd.readouterr() == ("", "")


def test_reading_without_end_is_refused(worker: Worker) -> None:
    """The bytes that a question may read are a multiple of the file's."""
    with pytest.raises(FormatError, match=r"^file\.h5, .*more of the file than there is"):
        ask(worker, "read on", bytes(1 << 18), cpu_s=60)
    assert_alive(worker)


def test_too_many_bytes_are_refused(worker: Worker) -> None:
    """No more is received than was asked for."""
    with pytest.raises(FormatError, match=r"^file\.h5, .*makes no sense"):
        ask(worker, "too many bytes", payload_nbytes=1000)
    assert_alive(worker)


def test_reads_are_those_of_the_source(worker: Worker) -> None:
    """A file that is cut short while it is read gives the error of the source itself."""

    class Shrinking(MemoryFile):
        def read(self, offset: int, nbytes: int) -> bytes:
            raise Truncated(path="file.h5", expected="2", found="1")

    with pytest.raises(Truncated, match=r"^file\.h5: needs 2 bytes"):
        worker.ask(Shrinking(bytes(1 << 18)), {"ask": "", "how": ""}, cpu_s=5)
    assert_alive(worker)


def test_large_files_are_read_in_parts(worker: Worker) -> None:
    """What is not sent along comes by position, whole."""
    text = "abc" * 100_000
    assert ask(worker, "", text.encode()) == {"done": text}


def test_a_killed_process_is_started_again(worker: Worker) -> None:
    """Whoever kills it (the out-of-memory killer, an admin): the next question starts another."""
    assert_alive(worker)
    process = worker._process
    assert process is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert_alive(worker)


def test_questions_may_come_at_once(worker: Worker) -> None:
    """Threads share the process; each gets its own answer, and a crash is nobody else's."""
    answers: dict[int, object] = {}

    def one(number: int) -> None:
        try:
            answers[number] = ask(worker, "SIGSEGV" if number % 3 == 0 else "", b"%d" % number)
        except FormatError as error:
            answers[number] = str(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(12):
        if number % 3 == 0:
            assert "SIGSEGV" in str(answers[number])
        else:
            assert answers[number] == {"done": str(number)}


def test_a_fork_starts_its_own(worker: Worker) -> None:
    """A fork of the server must not talk over its parent's connection."""
    assert_alive(worker)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            assert_alive(worker)
            worker.close()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert_alive(worker)


@pytest.mark.parametrize(
    ("script", "words"),
    [("raise SystemExit", "it ended at once"), ("import nothing_of_that_name", "it ended at once")],
)
def test_a_process_that_does_not_start_is_told(
    script: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer is awaited for ever."""
    (tmp_path / "worker.py").write_text(script)
    monkeypatch.setattr(client, "_WORKER", tmp_path / "worker.py")
    with pytest.raises(Unsupported, match=words):
        ask(Worker(), "")


def test_missing_h5py_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    (tmp_path / "h5py.py").write_text("raise ImportError('no libhdf5.so')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Unsupported, match=r"h5py.*\(no libhdf5\.so\).*Install"):
        Worker().ask(MemoryFile(b""), {"ask": "describe"}, cpu_s=1)


def test_nothing_is_imported_from_the_working_folder(tmp_path: Path) -> None:
    """A file `h5py.py` in a logdir that TensorBoard was started in is not run."""
    (tmp_path / "h5py.py").write_text("import os; os.mkdir('was_run')")
    program = (
        "from tensorboard_plugin_modelinspect.formats.hdf5.client import WORKER\n"
        "from tensorboard_plugin_modelinspect.sources.memory import MemoryFile\n"
        "try:\n    WORKER.ask(MemoryFile(b''), {'ask': 'describe'}, cpu_s=1)\n"
        "except Exception as error:\n    print(type(error).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert (done.stdout.strip(), os.listdir(tmp_path)) == ("FormatError", ["h5py.py"]), done.stderr
