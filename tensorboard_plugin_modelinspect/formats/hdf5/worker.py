"""The process that runs libhdf5, which damaged files crash, hang or blow up.

Started by `client.py` as a script. It imports h5py once, then forks for every request: what a file
does to the library ends with the fork. A fork opens no file. The bytes it reads come from the
server by position, and its memory, time and file descriptors are limited by the kernel.

    server ──a byte, two descriptors──► this process ──fork──► reader
    server ◄──────── frames: reads and their bytes, the answer ──────► reader
    server ◄──────── how the reader ended ── this process
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import resource
import select
import signal
import socket
import sys
from typing import Any

_BLOCK = 4096
"""Metadata is read in blocks of this size; a page is what a disk gives anyway."""
_MOST_BLOCKS = 4096
_LONGEST_WAIT_S = 900
"""A reader that is stuck without using the processor is killed after this."""


def main(control_fd: int) -> None:
    """Say that all is imported, then fork for each request until the server is gone."""
    from tensorboard_plugin_modelinspect.formats.hdf5.frames import send_frame

    control = socket.socket(fileno=control_fd)
    try:
        from tensorboard_plugin_modelinspect.formats.hdf5 import describing
    except ImportError as error:
        send_frame(control, {"missing": str(error)})
        return
    describing.warm_up()
    gc.freeze()  # what a fork leaves alone is not copied for it
    send_frame(control, {"version": describing.VERSION})
    wakeup, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    readers: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), wakeup], [], [])
        if wakeup in ready:
            os.read(wakeup, 4096)
            _bury(readers)
        if control.fileno() in ready:
            byte, descriptors, _, _ = socket.recv_fds(control, 1, 2)
            if not byte:
                return
            data_fd, status_fd = descriptors
            pid = _fork(data_fd, [control.fileno(), status_fd, *readers.values()])
            os.close(data_fd)
            if pid:
                readers[pid] = status_fd
            else:
                os.close(status_fd)


def _fork(data_fd: int, others: list[int]) -> int:
    """Fork a reader; its process number, 0 if there can be no more of them.

    Args:
        data_fd: Its connection to the server.
        others: Descriptors that are none of its business.
    """
    try:
        pid = os.fork()
    except OSError:
        return 0  # the server sees that the connection closes
    if pid == 0:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for descriptor in others:
                os.close(descriptor)
            _read(socket.socket(fileno=data_fd))
            code = 0
        finally:
            os._exit(code)
    return pid


def _bury(readers: dict[int, int]) -> None:
    """Tell the server how readers ended."""
    while readers:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        status_fd = readers.pop(pid)
        with contextlib.suppress(BrokenPipeError):
            os.write(status_fd, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(status_fd)


def _read(connection: socket.socket) -> None:
    """Answer one request."""
    from tensorboard_plugin_modelinspect.formats.hdf5 import describing
    from tensorboard_plugin_modelinspect.formats.hdf5.frames import (
        LARGEST_SENT,
        receive_frame,
        send_frame,
    )

    frame = receive_frame(connection, LARGEST_SENT)
    if frame is None:
        return
    request = frame.message
    _limit(request["cpu_s"], request["memory"])
    source = ServedFile(connection, request["nbytes"], bytes(frame.payload))
    payload: Any = b""
    try:
        reply, payload = describing.answer(source, request)
    except MemoryError:
        reply = {"error": "memory"}
    except describing.TooMuch as error:
        reply = {"error": "limit", "text": str(error)}
    except Exception as error:  # noqa: BLE001 - whatever the library says of the file
        text = describing.reason_of(error)[:2000]
        reply = {"error": "file", "text": text, "offset": source.last_offset}
        if "memory allocation failed" in text:
            reply = {"error": "memory"}
    send_frame(connection, reply, payload)


def _limit(cpu_s: int, memory: int) -> None:
    """No new file, no dump, and bounded time and memory for the rest of this process."""
    signal.alarm(_LONGEST_WAIT_S)
    limits = [
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ]
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[0])
        limits.insert(0, (resource.RLIMIT_AS, pages * resource.getpagesize() + memory))
    except OSError:
        pass  # no Linux: the sizes that the server checks are all there is
    for which, most in limits:
        resource.setrlimit(which, (most, most))


class ServedFile(io.RawIOBase):
    """The file as libhdf5 sees it: every read is asked of the server, small ones in blocks.

    Args:
        connection: To the server.
        nbytes: Size of the file.
        whole: All of it, if the server sent it along.

    Attributes:
        last_offset: Where the library looked last; near the damage if it gives up.
    """

    def __init__(self, connection: socket.socket, nbytes: int, whole: bytes = b"") -> None:
        self._connection = connection
        self._nbytes = nbytes
        self._whole = whole
        self._position = 0
        self._blocks: dict[int, bytes] = {}
        self.last_offset = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be read at any place."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._nbytes}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """The place it is at."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from the place it is at; less at the end of the file."""
        target = memoryview(buffer).cast("B")
        start, stop = self._position, min(self._position + len(target), self._nbytes)
        self.last_offset = start
        if stop <= start:
            return 0
        if self._whole:
            target[: stop - start] = self._whole[start:stop]
        elif stop - start >= _BLOCK:
            target[: stop - start] = self._ask(start, stop - start)
        else:
            first = start // _BLOCK
            blocks = [self._block(number) for number in range(first, (stop - 1) // _BLOCK + 1)]
            data = b"".join(blocks)
            target[: stop - start] = data[start - first * _BLOCK : stop - first * _BLOCK]
        self._position = stop
        return stop - start

    def _block(self, number: int) -> bytes:
        block = self._blocks.get(number)
        if block is None:
            start = number * _BLOCK
            block = bytes(self._ask(start, min(_BLOCK, self._nbytes - start)))
            if len(self._blocks) >= _MOST_BLOCKS:
                self._blocks.clear()
            self._blocks[number] = block
        return block

    def _ask(self, offset: int, nbytes: int) -> bytearray:
        from tensorboard_plugin_modelinspect.formats.hdf5.frames import receive_frame, send_frame

        send_frame(self._connection, {"read": [offset, nbytes]})
        frame = receive_frame(self._connection, nbytes)
        if frame is None or len(frame.payload) != nbytes:
            os._exit(1)  # the server gave up: its reason is the one that is told
        return frame.payload


if __name__ == "__main__":
    sys.path[:] = json.loads(sys.argv[2])
    main(int(sys.argv[1]))
