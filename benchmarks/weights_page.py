"""The Weights page of 100,000 tensors: until rows are on screen, and while it scrolls and sorts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.fixtures import write_named_checkpoint
from benchmarks.report import Row

_COUNT = 100_000

# As in `paint.py`: it runs before the frame's own scripts.
_WATCH = """
if (location.href.includes("name=modelinspect")) {
  const look = () => {
    if (document.querySelector('.weights .grid-row')) {
      requestAnimationFrame(() => { window.firstRowsMs = performance.now(); });
    } else {
      requestAnimationFrame(look);
    }
  };
  look();
}
"""

# A frame that took long is the time between two of them; the screen shows nothing new meanwhile.
_SCROLL = """async () => {
  const grid = document.querySelector('.grid');
  const box = grid.getBoundingClientRect();
  const frame = () => new Promise(requestAnimationFrame);
  const steps = [...Array(120).fill(150), ...Array(30).fill(60_000), ...Array(30).fill(-20_000)];
  const gaps = [];
  let blank = 0;
  let last = await frame();
  for (const step of steps) {
    grid.scrollTop += step;
    const now = await frame();
    gaps.push(now - last);
    last = now;
    for (let y = box.top + 45; y < box.bottom - 10; y += 40) {
      if (!document.elementFromPoint(box.left + 60, y)?.closest('.grid-row')) blank += 1;
    }
  }
  gaps.sort((a, b) => a - b);
  return { blank, median: gaps[gaps.length >> 1], longest: gaps.at(-1) };
}"""

_SORT = """async () => {
  const head = [...document.querySelectorAll('[role=columnheader] button')];
  const start = performance.now();
  head.find(button => button.textContent.startsWith('Std')).click();
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""


def bench_weights_page(folder: Path) -> Iterator[Row]:
    """In headless Chromium, while the statistics of all of them are being computed.

    Needs `MODELINSPECT_CHROMIUM`, which `make bench` sets.
    """
    from playwright.sync_api import sync_playwright

    from tests.browser.support import CHROMIUM_FLAGS
    from tests.views.http.real_tensorboard import running_tensorboard

    logdir = folder / "weights-page"
    logdir.mkdir(exist_ok=True)
    write_named_checkpoint(str(logdir / "ckpt-1"), _COUNT)
    with sync_playwright() as playwright, running_tensorboard("--logdir", str(logdir)) as server:
        [artifact] = server.artifacts()["artifacts"]
        browser = playwright.chromium.launch(
            executable_path=os.environ["MODELINSPECT_CHROMIUM"], args=list(CHROMIUM_FLAGS)
        )
        for turn in ("first", "second"):
            frame = _open(browser, server.port, artifact["id"])
            value = float(frame.evaluate("() => window.firstRowsMs")) / 1000
            what = f"Weights page of {_COUNT:,} tensors, opened the {turn} time"
            yield Row(what, value, budget=1.0)
        frame.wait_for_selector("text=Std")
        scrolled = frame.evaluate(_SCROLL)
        yield Row(
            f"… a frame while it scrolls ({scrolled['blank']} blank rows)",
            scrolled["median"] / 1000,
        )
        yield Row("… the longest of these", scrolled["longest"] / 1000)
        yield Row("… sort by a column that is filling", frame.evaluate(_SORT) / 1000)
        browser.close()


def _open(browser: Any, port: int, artifact_id: str) -> Any:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(_WATCH)
    page = context.new_page()
    address = f"http://localhost:{port}/#modelinspect"
    page.goto(f"{address}&p.modelinspect.page=weights&p.modelinspect.id={artifact_id}")
    element = page.wait_for_selector('iframe[src*="name=modelinspect"]', state="attached")
    frame = element.content_frame()
    frame.wait_for_function("() => window.firstRowsMs")
    return frame
