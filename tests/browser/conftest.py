"""Fixtures of the browser tests: Chromium, the demo logdir, and TensorBoard on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from tests.browser.support import CHROMIUM_FLAGS, Pages, Tab
from tests.views.http.real_tensorboard import Server, running_tensorboard

OpenTab = Callable[..., Tab]


@pytest.fixture(scope="session")
def demo_logdir() -> Path:
    """The trained demo; `make` trains it and says where it is."""
    folder = os.environ.get("MODELINSPECT_DEMO_LOGDIR")
    if not folder:
        pytest.skip("MODELINSPECT_DEMO_LOGDIR is not set: run `make test-browser`")
    return Path(folder)


@pytest.fixture(scope="session")
def browser(driver: Playwright, chromium_path: str) -> Iterator[Browser]:
    """Headless Chromium."""
    browser = driver.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_FLAGS))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def pages(browser: Browser) -> Iterator[Pages]:
    """Pages that have compiled TensorBoard's script already."""
    pages = Pages(browser)
    yield pages
    pages.close()


@pytest.fixture(scope="session")
def demo_server(demo_logdir: Path) -> Iterator[Server]:
    """TensorBoard on the demo logdir."""
    with running_tensorboard("--logdir", str(demo_logdir)) as server:
        server.artifacts()
        yield server


@pytest.fixture
def open_tab(pages: Pages) -> Iterator[OpenTab]:
    """Opens tabs on a server; closing them fails the test if one logged an error."""
    tabs: list[Tab] = []

    def open_one(server: Server, *, width: int = 1440, is_dark: bool = False, **keys: str) -> Tab:
        root = f"http://localhost:{server.port}{server.prefix}/"
        tab = Tab(pages, root, width=width, is_dark=is_dark)
        tabs.append(tab)
        return tab.open(**keys)

    yield open_one
    for tab in tabs:
        tab.close()
