"""The child process: how it is started, spoken to, watched, and how its end is told."""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tensorboard_plugin_modelinspect.errors import (
    CallFailed,
    ModelInspectError,
    RunnerCancelled,
    RunnerCrashed,
    RunnerMissing,
    RunnerOutOfMemory,
    RunnerTimeout,
)
from tensorboard_plugin_modelinspect.runner.frames import (
    BadFrame,
    Block,
    Frame,
    FrameTooLarge,
    read_frame,
    write_frame,
)
from tensorboard_plugin_modelinspect.runner.log import Log

_WORKER = Path(__file__).with_name("worker.py")
_BURY_S = 10.0
INSTALL = "pip install 'tensorboard-plugin-modelinspect[tensorflow]'"


class Process:
    """A worker. One exchange at a time; `kill` may come from any thread, at any time.

    Args:
        python: Interpreter; empty for the one that runs this.
        gpu: Whether it may see GPUs.
        limits: What of `Limits` it applies to itself: `memory_nbytes`.

    Raises:
        RunnerMissing: The interpreter cannot be started.
    """

    def __init__(self, python: str, *, gpu: bool, limits: dict[str, Any]) -> None:
        self.token = secrets.token_hex(16)
        self._why: ModelInspectError | None = None
        # The worker ends when the other side of this pipe closes, however this process ends.
        theirs, self._lifeline = os.pipe()
        settings = {"token": self.token, "lifeline": theirs, "gpu": gpu, **limits}
        try:
            self._popen = subprocess.Popen(
                _command(python, settings),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                pass_fds=[theirs] if os.name == "posix" else [],
                env=_environment(gpu=gpu),
                start_new_session=True,
            )
        except OSError as error:
            os.close(self._lifeline)
            name = python or sys.executable
            raise RunnerMissing(f"{name}: cannot be started ({error.strerror}).") from None
        finally:
            os.close(theirs)
        self.pid = self._popen.pid
        self.log = Log(self._popen.stderr, self.token)

    def exchange(
        self,
        header: dict[str, Any] | None,
        blocks: Sequence[Block] = (),
        *,
        wall_s: float | None,
        most_nbytes: int,
        doing: str,
    ) -> Frame:
        """Send a message and wait for the answer.

        Args:
            header: None to send nothing: the first word is the worker's.
            blocks: Arrays that go along.
            wall_s: After so long the process is killed.
            most_nbytes: Of the answer's arrays.
            doing: For errors, such as `calling serving_default`.

        Raises:
            RunnerTimeout, RunnerCancelled, RunnerOutOfMemory, RunnerCrashed: It has ended.
            CallFailed: The answer is too large; the process has ended.
        """
        took_too_long = RunnerTimeout(
            f"{doing}: stopped after {wall_s:g} s, which is the limit." if wall_s else doing
        )
        timer = threading.Timer(wall_s or 0, self.kill, [took_too_long])
        timer.daemon = True
        if wall_s:
            timer.start()
        try:
            if header is not None:
                write_frame(_raw(self._popen.stdin), header, blocks)
            frame = read_frame(_raw(self._popen.stdout), most_nbytes)
        except FrameTooLarge as error:
            self.kill(CallFailed(f"{doing}: the answer is too large ({error})."))
            frame = None
        except (BadFrame, OSError, ValueError):
            # Whatever it says from here on cannot be told from arrays. A ValueError is a pipe that
            # another thread has closed.
            frame = None
        finally:
            timer.cancel()
        if frame is None or self._why is not None:
            raise self._ended(doing)
        return frame

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._popen.poll() is None and self._why is None

    def kill(self, why: ModelInspectError | None = None) -> None:
        """End it and what it started, at once; whoever waits for an answer gets `why`."""
        if self._why is None:
            self._why = why or RunnerCancelled("Cancelled.")
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix" and self._popen.returncode is None:
                os.killpg(self.pid, signal.SIGKILL)
            else:
                self._popen.kill()

    def close(self) -> None:
        """End it, if it still runs, and take leave of it. Not while somebody waits for it."""
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(_BURY_S)
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        for stream in (self._popen.stdin, self._popen.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self.log.close()

    def _ended(self, doing: str) -> ModelInspectError:
        """The error that its end stands for."""
        if self._why is None:
            # Its pipes close a moment before it is gone; one that talks nonsense stays.
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._popen.wait(1.0)
                self.log.close()
                if self._why is None:
                    self._why = describe_end(code, doing, self.log.tail())
        self.kill(RunnerCrashed(f"{doing}: what the process says makes no sense; it was ended."))
        return self._why or RunnerCrashed(f"{doing}: the process has ended.")


def describe_end(code: int, doing: str, log: str) -> ModelInspectError:
    """What the exit code of a worker means that nobody asked to end."""
    if code < 0 and -code == getattr(signal, "SIGXCPU", 0):
        return RunnerTimeout(f"{doing}: stopped, it took more processor time than it may.")
    last = log.strip().splitlines()[-1:]
    said = f" Its last line: {last[0][:300]}" if last else ""
    if "bad_alloc" in log or "std::length_error" in log:
        return RunnerOutOfMemory(f"{doing}: the process ran out of memory and ended.{said}")
    if code >= 0:
        return RunnerCrashed(f"{doing}: the process ended by itself, with exit code {code}.{said}")
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ""
    if name == "SIGKILL":
        hint = " Something outside did that; often the system, for want of memory."
    return RunnerCrashed(f"{doing}: the process was ended by {name}.{hint}{said}")


def _raw(stream: object) -> io.RawIOBase:
    if not isinstance(stream, io.RawIOBase):
        raise OSError("the pipe is gone")
    return stream


def _command(python: str, settings: dict[str, Any]) -> list[str]:
    """Isolated: what lies in the working folder, or in PYTHONPATH of another Python, stays out."""
    if not python or os.path.abspath(python) == os.path.abspath(sys.executable):
        # Our own interpreter finds TensorFlow where this process would.
        settings = {**settings, "path": [os.path.abspath(part) for part in sys.path if part]}
    flags = ["-I", "-B"] if sys.dont_write_bytecode else ["-I"]
    return [python or sys.executable, *flags, str(_WORKER), json.dumps(settings)]


def _environment(*, gpu: bool) -> dict[str, str]:
    environment = dict(os.environ)
    if not gpu:
        environment |= {"CUDA_VISIBLE_DEVICES": "-1", "HIP_VISIBLE_DEVICES": "-1"}
    environment.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
    return environment
