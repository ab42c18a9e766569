"""A real TensorBoard in a process of its own, for tests: started, asked, ended by its id."""

from __future__ import annotations

import functools
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

REPOSITORY = Path(__file__).parents[3]
ROOT = "/data/plugin/modelinspect/"
START_S = 120.0
REQUEST_S = 60.0

_ADDRESS = re.compile(r"TensorBoard \S+ at (http://\S+) \(Press")
_RUN = "import sys; sys.argv[0] = 'tensorboard'; from tensorboard.main import run_main; run_main()"


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.data)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.data.decode()


class Server:
    """A running TensorBoard.

    Args:
        address: What it printed.
        log: Where its output goes.
        pid: Of its process.
    """

    def __init__(self, address: str, log: Path, pid: int) -> None:
        self.pid = pid
        parts = urlsplit(address)
        self.port = parts.port or 0
        self.prefix = parts.path.rstrip("/")
        self._log = log

    def ask(
        self,
        path: str,
        parameters: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        host: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask for a path of TensorBoard's.

        Args:
            path: From the root, without the path prefix.
            parameters: Of the query.
            method: Of the request.
            host: The Host header; else this machine and the port.
            headers: More of them.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=REQUEST_S)
        query = f"?{urlencode(parameters)}" if parameters else ""
        given = {"Host": host or f"localhost:{self.port}", **(headers or {})}
        try:
            connection.request(method, self.prefix + path + query, headers=given)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def tab(self, path: str, parameters: Mapping[str, str] | None = None, **given: Any) -> Answer:
        """Ask for a path below the plugin's root."""
        return self.ask(ROOT + path, parameters, **given)

    def listing(self) -> dict[str, Any]:
        """What TensorBoard's page asks first; waits until our tab is active."""
        deadline = time.monotonic() + REQUEST_S
        while True:
            answer = self.ask("/data/plugins_listing")
            assert answer.status == 200, self.log()
            listing: dict[str, Any] = answer.json()
            if listing["modelinspect"]["enabled"] or time.monotonic() > deadline:
                return listing
            time.sleep(0.1)

    def artifacts(self) -> dict[str, Any]:
        """The list, once nothing is searched or counted."""
        deadline = time.monotonic() + REQUEST_S
        while True:
            answer: dict[str, Any] = self.tab("api/artifacts").json()
            scan = answer["scan"]
            if not (scan["running"] or scan["counting"]) or time.monotonic() > deadline:
                return answer
            time.sleep(0.1)

    def log(self) -> str:
        """All it printed so far."""
        return self._log.read_text(errors="replace")


@contextmanager
def running_tensorboard(
    *arguments: str,
    python: str = sys.executable,
    before: str = "",
    paths: Sequence[str | Path] = (),
    environment: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
) -> Iterator[Server]:
    """Run TensorBoard on a free port.

    Args:
        arguments: Of its command line.
        python: Interpreter that has TensorBoard.
        before: Python statements to run in the server's process before TensorBoard.
        paths: Folders to put on its module path.
        environment: Variables to add.
        cwd: Where it runs.
    """
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch, "log")
        module_paths = [str(path) for path in (*paths, *_registration(python))]
        variables = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(module_paths),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "COLUMNS": "200",
            **(environment or {}),
        }
        with log.open("wb") as output:
            process = subprocess.Popen(
                [python, "-c", f"{before}\n{_RUN}", *arguments, "--port=0"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=cwd or scratch,
                env=variables,
            )
        try:
            yield Server(_wait_for_address(process, log), log, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for_address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        match = _ADDRESS.search(log.read_text(errors="replace"))
        if match:
            return match[1]
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"TensorBoard did not start. It said:\n{log.read_text(errors='replace')}")


@functools.cache
def _registration(python: str) -> tuple[str, ...]:
    """What the module path needs: this checkout, whichever is installed, and what finds it."""
    code = (
        "from importlib.metadata import entry_points; "
        "print('modelinspect' in entry_points(group='tensorboard_plugins').names)"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    if done.stdout.strip() == "True":
        return (str(REPOSITORY),)
    folder = tempfile.mkdtemp(prefix="modelinspect-registration-")
    register(folder)
    return (folder, str(REPOSITORY))


def register(
    folder: str | Path,
    *,
    name: str = "tensorboard_plugin_modelinspect",
    target: str = "tensorboard_plugin_modelinspect.views.http.loader:ModelInspectLoader",
) -> None:
    """Make a folder that, on the module path, registers a plugin as an installed package does."""
    info = Path(folder, f"{name}-0.dist-info")
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0\n")
    (info / "entry_points.txt").write_text(f"[tensorboard_plugins]\n{name} = {target}\n")


def write_scalars(folder: str | Path) -> None:
    """Write an event file with one scalar, so that the folder is a run."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    for step in range(3):
        summary = Summary(value=[Summary.Value(tag="loss", simple_value=1.0 / (step + 1))])
        writer.add_event(Event(step=step, wall_time=time.time(), summary=summary))
    writer.close()
