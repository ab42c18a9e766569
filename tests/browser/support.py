"""What the browser tests share: a page of the real TensorBoard, and what may not happen on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, FrameLocator, Page, Request, expect

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


class Tab:
    """The tab in TensorBoard, on a page of its own.

    Collects what our frame logs as an error and every request that leaves this machine.

    Args:
        browser: Where the page is opened.
        root: TensorBoard's address, with its path prefix, ending in `/`.
        width: Of the window, in pixels.
        is_dark: Whether TensorBoard shows its dark theme.
    """

    def __init__(self, browser: Browser, root: str, *, width: int = 1440, is_dark: bool = False):
        self.root = root
        self.is_dark = is_dark
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if is_dark else "light",
            accept_downloads=True,
        )
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.problems: list[str] = []
        self.page.on("console", lambda message: self._note_message(message))
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("request", self._note_request)

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
        """Close the page; fails if anything happened that may not."""
        self.context.close()
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
