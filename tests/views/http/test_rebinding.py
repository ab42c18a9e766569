"""DNS rebinding as an attacker would do it, in a real browser against a real TensorBoard."""

from __future__ import annotations

import pytest

from tests.views.http.real_tensorboard import running_tensorboard
from tests.views.http.support import copy_case

pytestmark = [pytest.mark.browser, pytest.mark.tensorboard]

READ = """
async (headers) => {
  const answer = await fetch("data/plugin/modelinspect/api/artifacts", {headers});
  return [answer.status, await answer.text()];
}
"""


@pytest.fixture(scope="module")
def page(driver, chromium_path):
    """A page of a browser to which `attacker.example` is this machine."""
    from tests.browser.support import CHROMIUM_FLAGS

    rebound = "--host-resolver-rules=MAP attacker.example 127.0.0.1"
    flags = [*CHROMIUM_FLAGS, rebound]
    browser = driver.chromium.launch(executable_path=chromium_path, args=flags)
    yield browser.new_page()
    browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """TensorBoard over a model that is nobody's business."""
    logdir = copy_case("sharded", tmp_path_factory.mktemp("logs"))
    with running_tensorboard(f"--logdir={logdir}") as server:
        server.artifacts()
        yield server


def test_a_rebound_page_reads_nothing(page, server):
    """To the browser it is the page's own origin, and it may send what it likes: always 403."""
    page.goto(f"http://attacker.example:{server.port}/")
    for headers in ({}, {"Sec-Fetch-Site": "same-origin"}, {"Host": "localhost"}):
        status, text = page.evaluate(READ, headers)
        assert status == 403
        assert "sharded" not in text
    page.goto(f"http://localhost:{server.port}/")
    status, text = page.evaluate(READ, {})
    assert status == 200
    assert "sharded/four" in text


def test_the_tab_says_how_to_allow_a_name(page, server):
    """Whoever comes under a name of their own finds the flag in the tab."""
    page.goto(f"http://attacker.example:{server.port}/data/plugin_entry.html?name=modelinspect")
    alert = page.get_by_role("alert")
    alert.wait_for()
    flag = "--modelinspect_allowed_hosts=attacker.example"
    assert alert.inner_text().endswith(flag)


def test_a_problem_stays_text(page, tmp_path):
    """Markup in an error message is shown, not run."""
    before = """
from tensorboard_plugin_modelinspect.views.http import plugin
def fail(*_): raise ValueError("<img src=x onerror='document.title=1'></script>")
plugin.ModelInspectPlugin.__init__ = fail
"""
    with running_tensorboard(f"--logdir={tmp_path}", before=before) as broken:
        page.goto(f"http://localhost:{broken.port}/data/plugin_entry.html?name=modelinspect")
        alert = page.get_by_role("alert")
        alert.wait_for()
        assert "ValueError: <img src=x onerror='document.title=1'></script>" in alert.inner_text()
        assert page.locator("img").count() == 0
        assert page.title() == "Model Inspect"
