"""The viewers of graphs that `make bench-graph` compares, and how each is driven in Chromium.

Each is given what it can open: SavedModels, and the Graphs tab an event file with the same nodes.
All are asked for the same: to show the body of the function, and in it the 5,000 blocks.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from tests.browser.support import FRAME
from tests.views.http.real_tensorboard import running_tensorboard

MODEL = Path("models", "stack")
_REPOSITORY = Path(__file__).parents[1]
CAP_S = 120.0
"""A viewer that has shown nothing after this long is given up."""
_SCOPE = "stack"

# Two frames after what was waited for the picture is on the screen.
_UNTIL = """() => {
  if (!window.benchSeen && (TEST)) {
    window.benchSeen = true;
    const end = () => { window.benchEnd = performance.now(); };
    requestAnimationFrame(() => requestAnimationFrame(end));
  }
  return window.benchEnd;
}"""

# Netron takes `eval` away, by which a test looks into a page.
_KEEP_EVAL = """const real = window.eval;
Object.defineProperty(window, "eval", { get: () => real, set: () => {} });"""

# Nodes of the Graphs tab are in shadow trees.
_COUNT_DEEP = """(() => {
  const within = (root) => root.querySelectorAll("g.node").length + [...root.querySelectorAll("*")]
    .reduce((sum, one) => sum + (one.shadowRoot ? within(one.shadowRoot) : 0), 0);
  return within(document);
})()"""


class Site(NamedTuple):
    """A server that shows a model.

    Attributes:
        address: Of its page.
        process: Of the server.
    """

    address: str
    process: psutil.Process

    def memory(self) -> int:
        """Bytes that the server and what it started hold (PSS)."""
        return sum(one.memory_full_info().pss for one in self._family())

    def cpu_s(self) -> float:
        """Processor time of these so far."""
        return sum(map(processor_s, self._family()))

    def _family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


def processor_s(process: psutil.Process) -> float:
    """Processor time of a process so far, its own and the system's for it; 0 once it ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


class Viewer:
    """A program that shows graphs in the browser.

    Attributes:
        name: What the table calls it.
    """

    name = ""

    def serve(self, folder: Path) -> Any:
        """A context with the `Site` of a size of the models in `folder`.

        Raises:
            OSError: It is not installed.
        """
        raise NotImplementedError

    def open(self, page: Any, address: str) -> float:
        """Go to the first picture; seconds from the click on."""
        raise NotImplementedError

    def expand(self, page: Any, blocks: int) -> float | None:
        """Open the scope with so many blocks; seconds from the click on, None if it has none."""
        raise NotImplementedError

    def frame(self, page: Any) -> Any:
        """The frame that holds the picture."""
        return page.main_frame


class Ours(Viewer):
    """The Graph page of this package."""

    name = "ours"

    @contextmanager
    def serve(self, folder: Path) -> Iterator[Site]:
        """TensorBoard on the SavedModel, once the list of artifacts is known."""
        models = str(folder / "models")
        with running_tensorboard("--logdir", models, paths=[_REPOSITORY]) as server:
            [artifact] = server.artifacts()["artifacts"]
            address = f"http://localhost:{server.port}/#modelinspect"
            process = psutil.Process(server.pid)
            yield Site(f"{address}&p.modelinspect.id={artifact['id']}", process)

    def open(self, page: Any, address: str) -> float:
        """From the Model page to the Graph page."""
        page.goto(f"{address}&p.modelinspect.page=model")
        page.wait_for_selector(FRAME, state="attached")
        frame = self.frame(page)
        frame.wait_for_selector("main a:text-is('Graph')")
        start = frame.evaluate(
            """() => {
              const link = [...document.querySelectorAll("main a")];
              const now = performance.now();
              link.find((one) => one.textContent === "Graph").click();
              return now;
            }"""
        )
        test = "document.querySelector('[role=treeitem]') && document.querySelector('canvas')"
        return _wait(frame, test, start)

    def expand(self, page: Any, blocks: int) -> float:
        """The scope of the blocks, or what stands for them in it, by its row in the outline."""
        frame = self.frame(page)
        frame.locator("[role=treeitem][aria-expanded=false]").first.click()
        start = frame.evaluate("() => performance.now()")
        page.keyboard.press("ArrowRight")
        label = "document.querySelector('.graph-canvas').ariaLabel.replace(/\\D/g, '')"
        return _wait(frame, f"Number({label}) >= {blocks}", start)

    def frame(self, page: Any) -> Any:
        """That of the tab."""
        return page.query_selector(FRAME).content_frame()


class GraphsTab(Viewer):
    """TensorBoard's own Graphs tab."""

    name = "Graphs tab"

    @contextmanager
    def serve(self, folder: Path) -> Iterator[Site]:
        """TensorBoard on the event file, once it was read."""
        with running_tensorboard("--logdir", str(folder / "events")) as server:
            deadline = time.monotonic() + CAP_S
            while b"true" not in server.ask("/data/plugin/graphs/info").data:
                if time.monotonic() > deadline:
                    raise OSError("TensorBoard does not find the graph")
                time.sleep(0.2)
            yield Site(f"http://localhost:{server.port}/", psutil.Process(server.pid))

    def open(self, page: Any, address: str) -> float:
        """From the page of all tabs to this one."""
        page.goto(f"{address}#timeseries")
        tab = page.get_by_role("tab", name="Graphs")
        tab.wait_for()
        start = page.evaluate("() => performance.now()")
        tab.click()
        return _wait(page, f"{_COUNT_DEEP} > 0", start)

    def expand(self, page: Any, blocks: int) -> float:
        """The scope of the blocks, by a double click."""
        node = page.locator("g.node", has=page.locator(f"text=/^{_SCOPE}$/")).first
        start = page.evaluate("() => performance.now()")
        node.dblclick(force=True)
        return _wait(page, f"{_COUNT_DEEP} >= {blocks}", start)


class Netron(Viewer):
    """Netron of PyPI. It knows no scopes: its first picture of the function has all nodes."""

    name = "Netron"

    def __init__(self, environment: Path) -> None:
        self._program = environment / "bin" / "netron"

    @contextmanager
    def serve(self, folder: Path) -> Iterator[Site]:
        """Its server on the SavedModel."""
        port = _free_port()
        model = folder / MODEL / "saved_model.pb"
        with _running([str(self._program), "--port", str(port), str(model)], port) as process:
            yield Site(f"http://localhost:{port}/", process)

    def open(self, page: Any, address: str) -> float:
        """From the choice of the function on; it opens at a row of variables."""
        page.add_init_script(_KEEP_EVAL)
        page.goto(address)
        page.get_by_role("button", name="Accept").click()
        page.wait_for_selector("g.node-item, g.node")
        page.wait_for_selector("option:text('apply')", state="attached")
        choice = page.locator("select:visible")
        [function] = [one for one in choice.locator("option").all_inner_texts() if "apply" in one]
        start = page.evaluate("() => performance.now()")
        choice.select_option(label=function)
        test = "document.querySelectorAll('g.node-item-type').length > 1000"
        return _wait(page, f"{test} && !document.body.className.includes('spinner')", start)

    def expand(self, page: Any, blocks: int) -> None:
        """There is nothing to open."""


class ModelExplorer(Viewer):
    """Google's Model Explorer of PyPI."""

    name = "Model Explorer"

    def __init__(self, environment: Path) -> None:
        self._program = environment / "bin" / "model-explorer"

    @contextmanager
    def serve(self, folder: Path) -> Iterator[Site]:
        """Its server on the SavedModel."""
        port = _free_port()
        model = folder / MODEL / "saved_model.pb"
        options = ["--no_open_in_browser", "--skip_health_check", "--port", str(port)]
        with _running([str(self._program), *options, str(model)], port) as process:
            data = f'{{"models":[{{"url":"{model}"}}]}}'
            yield Site(f"http://localhost:{port}/?data={data}", process)

    def open(self, page: Any, address: str) -> float:
        """From the start of its page, which asks for the model by itself."""
        page.goto(address, wait_until="commit")
        return _wait(page, "document.querySelector('webgl-renderer canvas.main')", 0.0)

    def expand(self, page: Any, blocks: int) -> float:
        """The scope of the blocks, by a double click; ends with the first picture that stays."""
        box = page.locator("webgl-renderer canvas.main").bounding_box()
        # The second of four boxes in a column: inputs, blocks, identity, outputs.
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.366
        before = page.screenshot()
        start = time.monotonic()
        page.mouse.dblclick(x, y)
        last, since = before, start
        while time.monotonic() - start < CAP_S:
            picture = page.screenshot(timeout=CAP_S * 1000)
            if picture != last:
                last, since = picture, time.monotonic()
            elif picture != before and time.monotonic() - since > 1:
                return since - start
        raise TimeoutError


def all_viewers(peers: Path) -> list[Viewer]:
    """Ours, then the peers of the environment `peers`."""
    return [Ours(), GraphsTab(), ModelExplorer(peers), Netron(peers)]


def _wait(frame: Any, test: str, start_ms: float) -> float:
    """Seconds from a moment of the frame's clock until something holds in it and was painted."""
    frame.evaluate("() => { window.benchSeen = false; window.benchEnd = 0; }")
    end = frame.wait_for_function(_UNTIL.replace("TEST", test), timeout=CAP_S * 1000)
    return (float(end.json_value()) - start_ms) / 1000


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return int(free.getsockname()[1])


@contextmanager
def _running(command: list[str], port: int) -> Iterator[psutil.Process]:
    """A server that answers on its port; ended with all that it started."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    known = psutil.Process(process.pid)
    try:
        deadline = time.monotonic() + CAP_S
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise OSError(f"{command[0]} did not start")
            time.sleep(0.2)
        yield known
    finally:
        for one in [*known.children(recursive=True), known]:
            one.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return False
    return True
