"""Asks libhdf5 about a file, in a process that may crash without harm.

Of 30,000 damaged copies of three small Keras files, h5py (3.14 and 3.16) died on 32 by SIGSEGV or
SIGABRT and was still busy with 53 after five seconds. So the library runs in `worker.py`, one fork
a file, without access to any file: this side reads what it asks for, and only that.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats.hdf5.frames import (
    LARGEST_SENT,
    BadFrame,
    Frame,
    receive_frame,
    send_frame,
)
from tensorboard_plugin_modelinspect.sources.base import ByteSource

_WORKER = Path(__file__).with_name("worker.py")
_PACKAGE_PARENT = str(Path(__file__).resolve().parents[3])
_START_S = 60.0
_ANSWER_S = 600.0
"""Longest silence of the worker; its own limits end it long before."""
_LARGEST_READ = 64 << 20
_READ_AGAIN = 64 << 20
"""Bytes that may be read beyond twice the file: libhdf5 looks at some places several times."""
_AT_ONCE = 4
_MEMORY = 256 << 20
"""Address space of a fork beyond what its imports take."""
_OUT_OF_TIME = (signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM)


class LibraryFailed(FormatError):
    """libhdf5 crashed on a file, or did not come to an end with it."""

    next_step = "Copy or save the file again, and do not open it in your own programs."

    def __init__(self, source: ByteSource, found: str) -> None:
        super().__init__(path=source.name, field="its HDF5 structure", found=found)


class Answer(NamedTuple):
    """What the worker said: JSON, not to be trusted more than the file, and bytes."""

    message: dict[str, Any]
    payload: bytearray


class Worker:
    """The process, started when first needed and again whenever it is gone.

    May be shared by threads; a few files are looked at at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(
        self, source: ByteSource, request: dict[str, Any], *, cpu_s: int, payload_nbytes: int = 0
    ) -> Answer:
        """Ask about a file.

        Args:
            source: The file, or the window of a larger one that holds it.
            request: As `describing.answer` takes it.
            cpu_s: Processor time that the answer may take.
            payload_nbytes: Most bytes of values that are wanted.

        Raises:
            FormatError: libhdf5 cannot make sense of the file, crashed or took too long.
            Unsupported: There is no h5py.
        """
        limits = {"nbytes": source.nbytes, "cpu_s": cpu_s, "memory": _MEMORY + 2 * payload_nbytes}
        with self._turns:
            data, status = self._connect()
            try:
                return _converse(data, status, source, {**request, **limits}, payload_nbytes)
            finally:
                data.close()
                os.close(status)

    def _connect(self) -> tuple[socket.socket, int]:
        """A connection to a new fork, and a pipe that tells how it ended."""
        data, theirs = socket.socketpair()
        status, their_status = os.pipe()
        try:
            with theirs:
                try:
                    self._order(theirs.fileno(), their_status)
                except ConnectionError:  # the process was killed: once more, with a new one
                    self.close()
                    self._order(theirs.fileno(), their_status)
        except BaseException:
            data.close()
            os.close(status)
            raise
        finally:
            os.close(their_status)
        return data, status

    def _order(self, data: int, status: int) -> None:
        """Order a fork that talks over these descriptors."""
        with self._lock:
            # A fork of this process must not talk over its parent's connection.
            if self._control is None or self._owner != os.getpid():
                self._control, self._process = _start()
                self._owner = os.getpid()
            socket.send_fds(self._control, [b"?"], [data, status])

    def close(self) -> None:
        """End the process; the next question starts it anew."""
        with self._lock:
            control, process, self._control = self._control, self._process, None
        if control is not None:
            control.close()
        if process is not None and self._owner == os.getpid():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)


def _start() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Start the process and wait until it has imported h5py, about 0.2 s."""
    ours, theirs = socket.socketpair()
    # Isolated, with our own search path: what lies in the working folder is not imported. An
    # editable install finds this package by a hook, not by the path.
    path = json.dumps([*(os.path.abspath(part) for part in sys.path if part), _PACKAGE_PARENT])
    with theirs:
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_WORKER), str(theirs.fileno()), path],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **_ENVIRONMENT},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise Unsupported(f"HDF5 needs a process of its own: {error}.") from None
    ours.settimeout(_START_S)
    try:
        hello = receive_frame(ours, 0)
    except (BadFrame, TimeoutError):
        hello = None
    if hello is None or "version" not in hello.message:
        ours.close()
        process.wait(5)
        missing = hello.message.get("missing", "") if hello else "it ended at once"
        raise Unsupported(f"HDF5 is read with h5py, which cannot be used ({missing}). Install it.")
    return ours, process


_ENVIRONMENT = {
    "HDF5_PLUGIN_PRELOAD": "::",  # filters are code: none is loaded from a folder
    "HDF5_USE_FILE_LOCKING": "FALSE",
    "OPENBLAS_NUM_THREADS": "1",  # threads do not survive a fork
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def _converse(
    data: socket.socket,
    status: int,
    source: ByteSource,
    request: dict[str, Any],
    payload_nbytes: int,
) -> Answer:
    """Serve the fork's reads until it answers or ends."""
    data.settimeout(_ANSWER_S)
    left = 2 * source.nbytes + _READ_AGAIN
    try:
        whole = source.read(0, source.nbytes) if source.nbytes <= LARGEST_SENT else b""
        send_frame(data, request, whole)
        while (frame := receive_frame(data, payload_nbytes)) is not None:
            if "read" not in frame.message:
                return _checked(frame, source)
            offset, nbytes = (int(number) for number in frame.message["read"])
            left -= nbytes
            if left < 0 or not 0 <= nbytes <= max(_LARGEST_READ, payload_nbytes):
                raise _refused(source, "more of the file than there is")
            send_frame(data, {}, source.read(offset, nbytes))
    except (BadFrame, TypeError, ValueError):
        raise _refused(source, "what makes no sense") from None
    except TimeoutError:
        raise LibraryFailed(source, "damage on which the HDF5 library falls silent") from None
    except ConnectionError:
        pass
    raise _ended(source, status, request["cpu_s"])


def _checked(frame: Frame, source: ByteSource) -> Answer:
    """The answer, unless it says that there is none."""
    error = frame.message.get("error")
    text = str(frame.message.get("text", ""))
    if error == "limit":
        raise LimitExceeded(path=source.name, field="its HDF5 structure", found=text)
    if error == "memory":
        raise LimitExceeded(
            path=source.name,
            field="its HDF5 structure",
            found="sizes that need too much memory",
            next_step="The file is damaged, or made to exhaust memory, or a part is asked for of"
            " what can only be unpacked as a whole.",
        )
    if error is not None:
        raise FormatError(
            path=source.name,
            offset=_offset(frame.message.get("offset"), source),
            field="its HDF5 structure",
            found=text,
        )
    return Answer(frame.message, frame.payload)


def _offset(value: object, source: ByteSource) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= source.nbytes else None


def _ended(source: ByteSource, status: int, cpu_s: int) -> LibraryFailed:
    """The error that the end of a fork stands for."""
    try:
        code = int(os.read(status, 20) or b"1")
    except ValueError:
        code = 1
    if -code in _OUT_OF_TIME:
        return LibraryFailed(source, f"damage on which the HDF5 library is busy for {cpu_s} s")
    how = signal.Signals(-code).name if code < 0 else "it just ended"
    return LibraryFailed(source, f"damage that crashes the HDF5 library ({how})")


def _refused(source: ByteSource, what: str) -> FormatError:
    return FormatError(
        path=source.name, field="its HDF5 structure", found=f"damage: its reader asked for {what}"
    )


WORKER = Worker()
atexit.register(WORKER.close)
