"""What the browser tests stand on: a page that is lent again has forgotten, and still tells."""

from __future__ import annotations

import pytest

from tests.browser.support import FRAME, Pages, Tab
from tests.views.http.real_tensorboard import Server

pytestmark = pytest.mark.browser


def test_a_page_that_is_lent_again_has_forgotten(demo_server: Server, pages: Pages) -> None:
    """Nothing is kept of the test before, and what it noticed is not told to the next one."""
    root = f"http://localhost:{demo_server.port}{demo_server.prefix}/"
    first = Tab(pages, root, width=1024, is_dark=True).open()
    first.page.evaluate("() => { localStorage.kept = 1; sessionStorage.kept = 1; }")
    first.close()
    second = Tab(pages, root).open()
    assert second.page is first.page
    assert second.page.viewport_size == {"width": 1440, "height": 900}
    kept = second.page.evaluate("() => [localStorage.kept, sessionStorage.kept].filter(Boolean)")
    assert kept == []
    log_error(second)
    assert first.problems == []
    with pytest.raises(AssertionError, match="console error: planted"):
        second.close()


def test_tabs_of_one_test_have_a_page_each(demo_server: Server, pages: Pages) -> None:
    """What happens on one is its own fault."""
    root = f"http://localhost:{demo_server.port}{demo_server.prefix}/"
    left, right = [Tab(pages, root).open() for _ in range(2)]
    assert left.page is not right.page
    log_error(right)
    left.close()
    with pytest.raises(AssertionError, match="console error: planted"):
        right.close()


def log_error(tab: Tab) -> None:
    """Log an error in our frame, from a script of ours."""
    frame = tab.page.locator(FRAME).element_handle().content_frame()
    assert frame is not None
    frame.evaluate(
        "() => (0, eval)(\"console.error('planted')\\n//# sourceURL=/modelinspect/planted.js\")"
    )
