"""`make bench-graph`: the Graph page beside other viewers, on the same models in the same run.

Each is opened in a fresh headless Chromium without a GPU. Times are from the click to the picture;
frames are those of the browser while the picture is dragged and zoomed; memory is that of the
server. A peer that is not installed, or that shows nothing in two minutes, is said to be so.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import psutil

from benchmarks.graph_models import BLOCKS, NODES_PER_BLOCK
from benchmarks.graph_viewers import (
    CAP_S,
    Site,
    Viewer,
    all_viewers,
    processor_s,
)
from benchmarks.report import amount
from tests.browser.support import CHROMIUM_FLAGS

_FLAGS = (*CHROMIUM_FLAGS, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost")
_STEPS = 90
_MIDDLE = (760, 520)
_Measured = TypeVar("_Measured")

_RECORD = """() => {
  const start = performance.now();
  const seen = window.benchFrames = { gaps: [], long: 0, on: true };
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) {
      if (seen.on && task.startTime >= start) seen.long += task.duration;
    }
  }).observe({ type: "longtask" });
  let last = start;
  const next = (now) => {
    seen.gaps.push(now - last);
    last = now;
    if (seen.on) requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}"""
_STOP = "() => { window.benchFrames.on = false; return window.benchFrames; }"


class Frames(NamedTuple):
    """Seconds between frames during a gesture, and of work in the browser for each.

    Attributes:
        median: Half are shorter.
        p95: Most are shorter.
        longest: None is longer.
        blocked: Sum of the tasks that kept the page from answering for more than 50 ms.
        cpu: Processor time of all of the browser's processes by the number of frames: what does not
            depend on how busy the machine is.
    """

    median: float
    p95: float
    longest: float
    blocked: float
    cpu: float


class Result(NamedTuple):
    """What one viewer took on one model; None where it showed nothing in time, or cannot.

    Attributes:
        work: Processor time of server and browser until the first picture.
    """

    opened: float | None = None
    work: float | None = None
    again: float | None = None
    expanded: float | None = None
    drag: Frames | None = None
    zoom: Frames | None = None
    before: int | None = None
    after: int | None = None


class _Bench:
    """One viewer on one size of the models."""

    def __init__(self, viewer: Viewer, browser: Any, site: Site, size: str) -> None:
        self._viewer = viewer
        self._browser = browser
        self._site = site
        self._size = size

    def run(self, shots: Path) -> Result:
        """Measure all, in order; leaves pictures of what was seen in `shots`."""
        before, spent = self._site.memory(), self._spent()
        page = self._new_page()
        opened = _try(lambda: self._viewer.open(page, self._site.address))
        work = self._spent() - spent
        self._shoot(page, shots / f"{self._size}-{self._viewer.name}-opened.png")
        if opened is None:
            return Result(work=work, before=before, after=self._site.memory())
        expanded = _try(lambda: self._viewer.expand(page, BLOCKS[self._size]))
        self._shoot(page, shots / f"{self._size}-{self._viewer.name}-expanded.png")
        drag = _try(lambda: self._gesture(page, _drag))
        zoom = _try(lambda: self._gesture(page, _zoom))
        after = self._site.memory()
        page.context.close()
        again = _try(lambda: self._viewer.open(self._new_page(), self._site.address))
        return Result(opened, work, again, expanded, drag, zoom, before, after)

    def _spent(self) -> float:
        return _browser_cpu_s() + self._site.cpu_s()

    def _new_page(self) -> Any:
        page = self._browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(CAP_S * 1000)
        return page

    def _shoot(self, page: Any, path: Path) -> None:
        _try(lambda: page.screenshot(path=str(path), timeout=20_000))

    def _gesture(self, page: Any, gesture: Callable[[Any], None]) -> Frames:
        frame = self._viewer.frame(page)
        frame.evaluate(_RECORD)
        spent = _browser_cpu_s()
        gesture(page)
        seen = frame.evaluate(_STOP)
        spent = _browser_cpu_s() - spent
        gaps = sorted(gap / 1000 for gap in seen["gaps"])
        p95 = gaps[int(len(gaps) * 0.95)]
        blocked = seen["long"] / 1000
        return Frames(statistics.median(gaps), p95, gaps[-1], blocked, spent / len(gaps))


def _drag(page: Any) -> None:
    page.mouse.move(*_MIDDLE)
    page.mouse.down()
    for step in range(_STEPS):
        page.mouse.move(_MIDDLE[0] + 2 * step, _MIDDLE[1] - 3 * (step % 45))
    page.mouse.up()


def _zoom(page: Any) -> None:
    page.keyboard.down("Control")
    for step in range(_STEPS):
        page.mouse.wheel(0, 8 if step < _STEPS / 2 else -8)
    page.keyboard.up("Control")


def _try(measure: Callable[[], _Measured]) -> _Measured | None:
    """What is measured; None, and a word about it, where the viewer did not come to it."""
    from playwright.sync_api import Error

    try:
        return measure()
    except (Error, TimeoutError, ValueError) as error:  # a page that is not as it was, too
        print(f"  given up: {str(error).splitlines()[0][:100]}", file=sys.stderr)
        return None


def _browser_cpu_s() -> float:
    """Processor time so far of the browser, all of its processes."""
    family = psutil.Process().children(recursive=True)
    return sum(processor_s(one) for one in family if one.name().startswith("chrom"))


def measure(viewer: Viewer, folder: Path, size: str) -> Result | None:
    """What a viewer takes on the models of a size; None where it is not installed."""
    from playwright.sync_api import sync_playwright

    try:
        with sync_playwright() as playwright, viewer.serve(folder / size) as site:
            browser = playwright.chromium.launch(
                executable_path=os.environ["MODELINSPECT_CHROMIUM"], args=list(_FLAGS)
            )
            try:
                return _Bench(viewer, browser, site, size).run(folder)
            finally:
                browser.close()
    except OSError as error:
        print(f"  left out: {error}", file=sys.stderr)
        return None


_SECONDS: dict[str, Callable[[Result], float | None]] = {
    "first picture, from the click": lambda one: one.opened,
    "… processor time, server and browser": lambda one: one.work,
    "… the second time": lambda one: one.again,
    "expansion of {blocks:,} children": lambda one: one.expanded,
    "frame while dragging, median": lambda one: one.drag and one.drag.median,
    "… p95": lambda one: one.drag and one.drag.p95,
    "… longest": lambda one: one.drag and one.drag.longest,
    "… sum of long tasks": lambda one: one.drag and one.drag.blocked,
    "… processor time for each": lambda one: one.drag and one.drag.cpu,
    "frame while zooming, median": lambda one: one.zoom and one.zoom.median,
    "… p95 ": lambda one: one.zoom and one.zoom.p95,
    "… longest ": lambda one: one.zoom and one.zoom.longest,
    "… sum of long tasks ": lambda one: one.zoom and one.zoom.blocked,
    "… processor time for each ": lambda one: one.zoom and one.zoom.cpu,
}
_BYTES: dict[str, Callable[[Result], float | None]] = {
    "memory of the server before": lambda one: one.before,
    "… after": lambda one: one.after,
}


def describe(size: str, results: dict[str, Result | None]) -> str:
    """The measurements as a table in Markdown, ratios to the first column in brackets."""
    blocks = BLOCKS[size]
    nodes = blocks * NODES_PER_BLOCK
    lines = [f"| {nodes:,} nodes | {' | '.join(results)} |", "|---|" + "---|" * len(results)]
    for columns, unit in ((_SECONDS, "s"), (_BYTES, "B")):
        for what, pick in columns.items():
            cells = [None if one is None else pick(one) for one in results.values()]
            texts = [_cell(cell, cells[0], unit) for cell in cells]
            lines.append(f"| {what.format(blocks=blocks).rstrip()} | {' | '.join(texts)} |")
    return "\n".join(lines)


def _cell(value: float | None, ours: float | None, unit: str) -> str:
    if value is None:
        return "–"
    text = amount(value, unit)
    is_other = bool(ours) and value != ours
    return f"{text} ({value / (ours or 1):,.1f}×)" if is_other else text


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="models that benchmarks.graph_models wrote")
    parser.add_argument("--peers", type=Path, default=Path(".venv-peers"))
    parser.add_argument("--only", default="", help="part of the names of viewers")
    parser.add_argument("--size", choices=list(BLOCKS), action="append")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} of {os.cpu_count()} processors")
    for size in given.size or BLOCKS:
        results = {}
        for viewer in all_viewers(given.peers.absolute()):
            if given.only in viewer.name:
                print(f"{size}, {viewer.name}", file=sys.stderr)
                results[viewer.name] = measure(viewer, given.folder.absolute(), size)
        print(f"\n{describe(size, results)}", flush=True)
    print(
        f"\n–: not in {CAP_S:.0f} s, or there is no such thing. Load now {os.getloadavg()[0]:.1f}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
