"""What the browser tests share: a page of the real TensorBoard, and what may not happen on it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, Error, FrameLocator, Locator, Page, Request, expect

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 60_000
FRAME = 'iframe[src*="plugin_entry.html?name=modelinspect"]'
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

expect.set_options(timeout=PATIENCE_MS)

_AXE_RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}

_FORGET = "() => [localStorage, sessionStorage].forEach(kept => kept.clear())"


class Pages:
    """Pages of one browser, lent to one test after the other.

    TensorBoard's own page is a script of 6 MB. A page that has shown it compiles it no more, which
    is most of what opening the tab costs. What is asked for is never told by an earlier test: every
    server has a port of its own, and what a page keeps is forgotten when it is given back.

    Args:
        browser: Where the pages are opened.
    """

    def __init__(self, browser: Browser) -> None:
        self._context = browser.new_context(accept_downloads=True)
        self._context.grant_permissions(["clipboard-read", "clipboard-write"])
        self._idle: list[Page] = []

    def take(self) -> Page:
        """A page that shows nothing."""
        return self._idle.pop() if self._idle else self._context.new_page()

    def give_back(self, page: Page) -> None:
        """Leave what a page shows, and keep it for another test if it lets us."""
        try:
            page.mouse.move(0, 0)
            page.goto("about:blank")
        except Error:
            page.close()
        else:
            self._idle.append(page)

    def close(self) -> None:
        """Close them all."""
        self._context.close()


class Tab:
    """The tab in TensorBoard, on a page that no other test uses meanwhile.

    Collects what our frame logs as an error and every request that leaves this machine.

    Args:
        pages: Where the page comes from.
        root: TensorBoard's address, with its path prefix, ending in `/`.
        width: Of the window, in pixels.
        is_dark: Whether TensorBoard shows its dark theme.
    """

    def __init__(self, pages: Pages, root: str, *, width: int = 1440, is_dark: bool = False):
        self.root = root
        self.is_dark = is_dark
        self._pages = pages
        self._is_open = True
        self.page: Page = pages.take()
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme="dark" if is_dark else "light")
        self.page.set_default_timeout(PATIENCE_MS)
        self.problems: list[str] = []
        self._listeners: dict[Any, Callable[[Any], None]] = {
            "console": self._note_message,
            "pageerror": lambda error: self.problems.append(f"page error: {error}"),
            "request": self._note_request,
        }
        for event, listener in self._listeners.items():
            self.page.on(event, listener)

    @property
    def frame(self) -> FrameLocator:
        """Our frame."""
        return self.page.frame_locator(FRAME)

    def open(self, **keys: str) -> Tab:
        """Open a view by its deep link; returns the tab when something of ours is to be seen."""
        tokens = [f"p.modelinspect.{name}={quote(value, safe='')}" for name, value in keys.items()]
        theme = "?darkMode=true" if self.is_dark else "?darkMode=false"
        self.page.goto(f"{self.root}{theme}#{'&'.join(['modelinspect', *tokens])}")
        expect(self.frame.locator("main")).to_be_visible()
        return self

    def set_theme(self, *, is_dark: bool) -> None:
        """Change TensorBoard's theme under what is shown, as its own switch does."""
        self.page.evaluate("is => document.body.classList.toggle('dark-mode', is)", is_dark)
        expect(self.frame.locator("html.dark")).to_have_count(int(is_dark))

    def hash_keys(self) -> dict[str, str]:
        """Our keys in the address bar, decoded."""
        keys = self.page.evaluate(
            "() => Object.fromEntries(location.hash.slice(1).split('&')"
            ".filter(t => t.includes('=')).map(t => t.split('=').map(decodeURIComponent)))"
        )
        own = {name: value for name, value in keys.items() if name.startswith("p.modelinspect.")}
        return {name.removeprefix("p.modelinspect."): value for name, value in own.items()}

    def reload_data(self) -> None:
        """Press TensorBoard's own Reload button."""
        self.page.get_by_role("button", name=re.compile("Last Updated")).click()

    def copied_by(self, button: Locator) -> str:
        """What a button puts into the clipboard, which other tests have used before."""
        self.page.evaluate("() => navigator.clipboard.writeText('')")
        button.click()
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while True:
            text = self.page.evaluate("() => navigator.clipboard.readText()")
            if text or time.monotonic() > deadline:
                return str(text)
            self.page.wait_for_timeout(20)

    def axe_violations(self) -> list[str]:
        """What axe-core finds wrong in our frame."""
        frame = next(f for f in self.page.frames if "name=modelinspect" in f.url)
        frame.evaluate(AXE.read_text())
        result: dict[str, Any] = frame.evaluate("rules => axe.run(document, rules)", _AXE_RULES)
        return [
            f"{found['id']}: {found['help']}: {node['html'][:120]}"
            for found in result["violations"]
            for node in found["nodes"]
        ]

    def close(self) -> None:
        """Give the page back; fails if anything happened that may not."""
        if self._is_open:
            self._is_open = False
            with suppress(Error):  # it may have been closed, or have crashed, which its test says
                self.page.evaluate(_FORGET)
            for event, listener in self._listeners.items():
                self.page.remove_listener(event, listener)
            self._pages.give_back(self.page)
        assert not self.problems, "\n".join(self.problems)

    def _note_message(self, message: Any) -> None:
        where = message.location.get("url", "")
        # TensorBoard's own page logs what it likes; ours logs nothing.
        if message.type in ("error", "warning") and "modelinspect" in where:
            self.problems.append(f"console {message.type}: {message.text} ({where})")

    def _note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        is_outside = (
            parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "localhost"
        )
        # TensorBoard's own page asks for a font; our frame asks for nothing outside.
        if is_outside and "name=modelinspect" in request.frame.url:
            self.problems.append(f"request outside: {request.url}")
