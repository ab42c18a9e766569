"""First useful paint of the tab: from the start of its frame to the first artifact on screen."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator

from benchmarks.report import Row

# Runs before the frame's own scripts; TensorBoard's shell is up when the frame starts to load.
_WATCH = """
if (location.href.includes("name=modelinspect")) {
  const look = () => {
    if (document.querySelector('[role="treegrid"] [role="row"] a')) {
      requestAnimationFrame(() => { window.firstUsefulPaintMs = performance.now(); });
    } else {
      requestAnimationFrame(look);
    }
  };
  look();
}
"""
_TIMES = 9


def bench_paint() -> Iterator[Row]:
    """Median over fresh pages of headless Chromium on the demo logdir, TensorBoard on this machine.

    Needs `MODELINSPECT_CHROMIUM` and `MODELINSPECT_DEMO_LOGDIR`, which `make bench` sets.
    """
    from playwright.sync_api import sync_playwright

    from tests.browser.support import CHROMIUM_FLAGS
    from tests.views.http.real_tensorboard import running_tensorboard

    logdir = os.environ["MODELINSPECT_DEMO_LOGDIR"]
    with sync_playwright() as playwright, running_tensorboard("--logdir", logdir) as server:
        server.artifacts()
        browser = playwright.chromium.launch(
            executable_path=os.environ["MODELINSPECT_CHROMIUM"], args=list(CHROMIUM_FLAGS)
        )
        times = []
        for _ in range(_TIMES):
            context = browser.new_context()
            context.add_init_script(_WATCH)
            page = context.new_page()
            page.goto(f"http://localhost:{server.port}/#modelinspect")
            element = page.wait_for_selector('iframe[src*="name=modelinspect"]', state="attached")
            frame = element.content_frame() if element is not None else None
            assert frame is not None
            value = frame.wait_for_function("() => window.firstUsefulPaintMs").json_value()
            times.append(float(value) / 1000)
            context.close()
        browser.close()
    yield Row("first useful paint of the tab (demo logdir)", statistics.median(times), budget=0.5)
