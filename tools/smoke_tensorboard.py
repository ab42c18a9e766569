"""Starts a real TensorBoard beside this interpreter and asks it for the tab.

    python -m tools.smoke_tensorboard

Needs nothing but the package and TensorBoard, so that it runs in every environment of the matrix.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.resources import files
from typing import IO, Any

START_S = 90.0
"""Longest time to wait for the server's address."""
REQUEST_S = 30.0


@contextmanager
def running_tensorboard(logdir: str) -> Iterator[str]:
    """Run TensorBoard on a free port of this machine and yield its address, without a final slash.

    Args:
        logdir: Folder to serve.
    """
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", logdir, "--port", "0"]
    with subprocess.Popen(
        [*command, "--host", "localhost"],
        cwd=logdir,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        watchdog = threading.Timer(START_S, server.kill)
        watchdog.start()
        try:
            address = _read_address(server.stderr or io.StringIO())
            watchdog.cancel()
            yield address
        finally:
            watchdog.cancel()
            server.kill()


def _read_address(stderr: IO[str]) -> str:
    """The address that the server prints; the rest of what it prints is read and dropped.

    A pipe that nobody empties would stop the server at one of its next log lines.
    """
    said = []
    for line in stderr:
        if match := re.search(r"(http://\S+?)/? \(Press", line):
            threading.Thread(target=stderr.read, daemon=True).start()
            return match[1]
        said.append(line)
    raise SystemExit("TensorBoard did not start. It said:\n" + "".join(said))


def fetch(url: str) -> tuple[str, bytes]:
    """Content type and body of a URL; anything but 200 raises."""
    with urllib.request.urlopen(url, timeout=REQUEST_S) as response:
        return response.headers.get_content_type(), response.read()


def check_tab(address: str) -> None:
    """Stop with a sentence unless the tab is listed and its entry module is served."""
    listing: dict[str, Any] = json.loads(fetch(f"{address}/data/plugins_listing")[1])
    plugin = listing.get("modelinspect")
    if plugin is None:
        raise SystemExit(f"TensorBoard lists no Model Inspect, only {sorted(listing)}.")
    kind, content = fetch(f"{address}/data/plugin/modelinspect/index.js")
    committed = files("tensorboard_plugin_modelinspect").joinpath("static/index.js").read_bytes()
    if kind != "text/javascript" or content != committed:
        raise SystemExit(
            f"The tab's entry module came as {kind} with {len(content)} bytes; "
            f"expected text/javascript with the {len(committed)} bytes of static/index.js."
        )


def main() -> None:
    """Start, ask, stop, and say which TensorBoard answered."""
    with tempfile.TemporaryDirectory() as logdir, running_tensorboard(logdir) as address:
        check_tab(address)
    print(f"TensorBoard {version('tensorboard')} shows the tab.")


if __name__ == "__main__":
    main()
