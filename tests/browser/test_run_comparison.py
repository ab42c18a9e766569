"""Two answers side by side on the page Run: what is chosen, what is told, what may not begin it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, expect

from tests.browser import test_run
from tests.browser.conftest import OpenTab
from tests.browser.test_pages import id_of
from tests.browser.test_run import SEND, count_calls, press_run
from tests.views.http.real_tensorboard import Server, running_tensorboard
from tests.views.http.support import copy_case, wait_until

pytestmark = test_run.pytestmark
elsewhere = test_run.elsewhere

MODEL, RETRAINED = "answers/model", "answers/retrained"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """TensorBoard that may run models, which have relatives."""
    folder = tmp_path_factory.mktemp("compare")
    copy_case("callable", folder)
    copy_case("answers", folder)
    flags = ["--modelinspect_allow_run", f"--modelinspect_run_python={test_run.PYTHON}"]
    with running_tensorboard("--logdir", str(folder), *flags) as server:
        server.artifacts()
        yield server


def run_once(server: Server, frame: FrameLocator, path: str = MODEL) -> None:
    """Call the model with random values, and wait for its answer: an earlier one may be shown."""
    before = count_calls(server, path)
    frame.get_by_role("button", name="Random", exact=True).click()
    press_run(frame)
    wait_until(lambda: count_calls(server, path) > before)
    expect(frame.get_by_text("in TensorFlow")).to_be_visible()
    answer = frame.get_by_role("region", name="Answer")
    expect(answer.get_by_role("article", name="scores")).to_be_visible()


def choose(frame: FrameLocator, label: str, path: str) -> None:
    """Pick an artifact by keyboard."""
    frame.get_by_role("button", name=re.compile(f"^{label}")).press("Enter")
    dialog = frame.get_by_role("dialog")
    dialog.get_by_label("Search paths").fill(f"/{path}$/")
    dialog.get_by_label("Search paths").press("ArrowDown")
    dialog.get_by_role("row").filter(has_text=path.rpartition("/")[2]).first.click()
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_a_retrained_model(server: Server, open_tab: OpenTab, *, is_dark: bool) -> None:
    """What differs, by how much, and where that begins, with the way there; axe is content."""
    tab = open_tab(server, is_dark=is_dark, width=1024, page="run", id=id_of(server, MODEL))
    frame = tab.frame
    run_once(server, frame)
    frame.get_by_role("button", name="Compare…").click()
    choose(frame, "Other side", RETRAINED)
    frame.get_by_role("button", name="Compare", exact=True).click()
    comparison = frame.get_by_role("region", name="Comparison")
    expect(comparison.get_by_role("heading", level=2)).to_contain_text("1 of 2 outputs differs")
    values = comparison.get_by_role("region", name="Both values of scores")
    expect(values.get_by_role("columnheader", name="Second − first")).to_be_visible()
    inner = comparison.get_by_role("region", name="Inner tensors")
    expect(inner).to_contain_text("The first that is computed and differs")
    comparison.get_by_text("The same on a command line").click()
    expect(comparison.get_by_role("region", name="Command that")).to_contain_text(
        re.compile(r"--against \S+/answers/retrained")
    )
    assert tab.axe_violations() == []
    expect(frame.get_by_role("region", name="Calls of this session")).to_contain_text(
        "against answers/retrained"
    )
    inner.get_by_role("link", name=re.compile("product:0")).first.click()
    expect(frame.get_by_role("heading", name=re.compile("product")).first).to_be_visible()
    assert tab.hash_keys()["page"] == "graph"


def test_a_link_holds_the_choice_and_runs_nothing(server: Server, open_tab: OpenTab) -> None:
    """A checkpoint in the model it is of: opened from an address, it is compared when asked for."""
    path = "answers/retrained"
    before = count_calls(server, path)
    keys = {"page": "run", "id": id_of(server, path), "with": id_of(server, "answers/training-1")}
    tab = open_tab(server, **keys, values=id_of(server, "answers/last-1"))
    frame = tab.frame
    expect(frame.get_by_role("button", name="Compare", exact=True)).to_be_disabled()
    tab.page.wait_for_timeout(500)
    assert count_calls(server, path) == before
    run_once(server, frame, path)
    tab.page.wait_for_timeout(500)
    assert count_calls(server, path) == before + 1
    frame.get_by_role("button", name="Compare", exact=True).click()
    comparison = frame.get_by_role("region", name="Comparison")
    expect(comparison.get_by_role("heading", level=2)).to_contain_text("Equal")
    expect(comparison).to_contain_text("Restored 3 variables")
    expect(comparison).to_contain_text("1 variable keeps its value")
    assert tab.axe_violations() == []
    frame.get_by_label("With the values of its own variables").click()
    wait_until(lambda: "values" not in tab.hash_keys())


def test_what_fits_nowhere_is_refused(server: Server, open_tab: OpenTab) -> None:
    """Before anything is called, with the way to the page that says why."""
    keys = {"page": "run", "id": id_of(server, MODEL), "with": id_of(server, "answers/tf1-3")}
    tab = open_tab(server, **keys)
    run_once(server, tab.frame)
    before = count_calls(server, MODEL)
    tab.frame.get_by_role("button", name="Compare", exact=True).click()
    alert = tab.frame.get_by_role("form").get_by_role("alert")
    expect(alert).to_contain_text("no variable of")
    assert count_calls(server, MODEL) == before
    assert tab.axe_violations() == []
    assert all("run_call" in problem for problem in tab.problems)
    tab.problems.clear()  # Chromium notes each answer that is no 200


def test_cancel(server: Server, open_tab: OpenTab) -> None:
    """It says which side is under way; Cancel ends both."""
    shop = id_of(server, "callable/shop")
    tab = open_tab(server, **{"page": "run", "id": shop, "signature": "hang", "with": shop})
    frame = tab.frame
    press_run(frame)
    expect(frame.get_by_text("Running", exact=True)).to_be_visible()
    frame.get_by_role("button", name="Cancel", exact=True).click()
    expect(frame.get_by_text(re.compile("Cancelled after"))).to_be_visible()
    frame.get_by_role("button", name="Compare", exact=True).click()
    expect(frame.get_by_text("Running, side 1 of 2")).to_be_visible()
    frame.get_by_role("button", name="Cancel", exact=True).click()
    expect(frame.get_by_text(re.compile("Cancelled after"))).to_be_visible()


def test_another_page_compares_nothing(
    server: Server, browser: Browser, open_tab: OpenTab, elsewhere: str
) -> None:
    """From a second origin, also who knows the id of a call."""
    model = id_of(server, MODEL)
    run_once(server, open_tab(server, page="run", id=model).frame)
    call = server.tab("api/run", {"id": model}).json()["calls"][0]["call"]
    before = count_calls(server, MODEL)
    body = json.dumps({"call": call, "action": "compare", "other": model})
    ours = {"Content-Type": "application/json", "X-Modelinspect-Action": "1"}
    page = browser.new_page()
    page.goto(elsewhere)
    address = f"http://localhost:{server.port}/data/plugin/modelinspect/api/run_call"
    for options in ({"headers": ours}, {"headers": ours, "mode": "no-cors"}, {"mode": "no-cors"}):
        assert page.evaluate(SEND, [address, options, body]) in ("refused", "opaque")
    page.close()
    assert count_calls(server, MODEL) == before
