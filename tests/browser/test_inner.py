"""Inner tensors on the Graph page of the real server, as TensorFlow computes them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tensorboard_plugin_modelinspect.views.text.values import format_elements
from tests.browser.conftest import OpenTab
from tests.browser.support import Tab
from tests.browser.test_pages import id_of
from tests.browser.test_run import press_run
from tests.views.http.real_tensorboard import Server, running_tensorboard
from tests.views.http.support import copy_case

PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow"),
]

INNER = "run/inner"
SCALE = np.array([1, 2, 4], np.float32)
X = np.random.default_rng(0).uniform(0, 1, (5, 3)).astype(np.float32)
"""What the page's random values with seed 0 are."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """TensorBoard that may run models."""
    logdir = copy_case("run", tmp_path_factory.mktemp("inner"))
    flags = ["--modelinspect_allow_run", f"--modelinspect_run_python={PYTHON}"]
    with running_tensorboard("--logdir", str(logdir), *flags) as server:
        server.artifacts()
        yield server


@pytest.fixture(scope="module")
def function(server: Server) -> str:
    """The function that is called twice."""
    listed = server.tab("api/graphs", {"id": id_of(server, INNER)}).json()["graphs"]["id"]
    return next(name for name in listed if "scaled" in name)


def call_it(server: Server, tab: Tab) -> None:
    """Run the model once, with random values."""
    tab.open(page="run", id=id_of(server, INNER), signature="run")
    tab.frame.get_by_role("button", name="Random", exact=True).click()
    tab.frame.get_by_label("Size of axis 0 of x").fill(str(len(X)))
    press_run(tab.frame)
    expect(tab.frame.get_by_role("article", name="logs")).to_be_visible()


def show(server: Server, tab: Tab, graph: str, node: str) -> FrameLocator:
    """Select a node or scope and ask for its values."""
    tab.open(page="graph", id=id_of(server, INNER), graph=graph, node=node)
    tab.frame.get_by_role("button", name="Show values").click()
    return tab.frame


def read_cell(dialog: Locator, tab: Tab, *keys: str) -> str:
    """What is said of the cell that keys lead to."""
    dialog.get_by_role("application").focus()
    for key in keys:
        tab.page.keyboard.press(key)
    return dialog.locator(".readout > strong").inner_text()


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_a_node_in_a_called_function(
    server: Server, open_tab: OpenTab, function: str, *, is_dark: bool
) -> None:
    """Once for each call: a picture, whose cells have numpy's values to the last digit."""
    tab = open_tab(server, is_dark=is_dark, width=1024, page="home")
    call_it(server, tab)
    posts: list[str] = []
    tab.page.on("request", lambda sent: posts.append(sent.method))
    tab.open(page="graph", id=id_of(server, INNER), graph=function, node="layer/product")
    expect(tab.frame.get_by_role("button", name="Show values")).to_be_visible()
    assert "POST" not in posts
    frame = show(server, tab, function, "layer/product")
    articles = frame.get_by_role("article", name="layer/product:0")
    expect(articles).to_have_count(2)
    expect(articles.nth(1)).to_contain_text("PartitionedCall_1")
    assert tab.axe_violations() == []
    articles.nth(1).get_by_role("button", name="Heat map of layer/product").click()
    dialog = frame.get_by_role("dialog", name="layer/product:0")
    expect(dialog.get_by_role("region", name="Statistics")).to_contain_text("Mean")
    second = (X * SCALE + 1) * SCALE
    read = dialog.locator(".readout")
    read_cell(dialog, tab, "ArrowRight", "ArrowDown", "ArrowDown", "ArrowRight")
    expect(read).to_contain_text("[2, 1]")
    expect(read.locator("strong")).to_have_text(format_elements(second[2, 1]))
    dialog.get_by_role("button", name="Values").click()
    row = dialog.get_by_role("row", name=re.compile("^4 "))
    expect(row.get_by_role("cell")).to_have_text(format_elements(second[4]))
    assert tab.axe_violations() == []
    tab.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert tab.hash_keys()["node"] == "layer/product"


def test_a_scope(server: Server, open_tab: OpenTab, function: str) -> None:
    """A list, a table, and by keyboard from there to one tensor, on to the next, and back."""
    tab = open_tab(server, page="home")
    call_it(server, tab)
    frame = show(server, tab, function, "layer")
    expect(frame.get_by_role("grid", name=re.compile("Inner tensors"))).to_be_visible()
    frame.get_by_role("button", name="All in a table").click()
    dialog = frame.get_by_role("dialog")
    table = dialog.get_by_role("grid")
    expect(table.get_by_role("row", name=re.compile("product .*Mul "))).to_have_count(2)
    expect(table.get_by_role("img", name=re.compile("Histogram from")).first).to_be_visible()
    assert tab.axe_violations() == []
    table.focus()
    tab.page.keyboard.press("Home")
    tab.page.keyboard.press("Enter")
    expect(dialog).to_have_accessible_name(re.compile("layer/.*ReadVariableOp:0"))
    back = dialog.get_by_role("button", name=re.compile(r"All \d+ tensors"))
    expect(back).to_be_focused()
    dialog.get_by_role("button", name="The tensor computed next").click()
    expect(dialog).to_have_accessible_name("layer/product:0")
    with tab.page.expect_download() as download:
        dialog.get_by_role("link", name=re.compile(r"\.npy, ")).click()
    np.testing.assert_array_equal(np.load(download.value.path()), X * SCALE)
    back.click()
    expect(table).to_be_focused()


def test_where_there_are_no_values(server: Server, open_tab: OpenTab) -> None:
    """The body of a loop runs any number of times: that is said."""
    tab = open_tab(server, page="home")
    call_it(server, tab)
    listed = server.tab("api/graphs", {"id": id_of(server, INNER)}).json()["graphs"]["id"]
    body = next(name for name in listed if "while_body" in name)
    frame = show(server, tab, body, "while/add")
    article = frame.get_by_role("article", name=re.compile("while.add"))
    expect(article).to_contain_text("No values: in a function that is no plain call")
    expect(article.get_by_role("button")).to_have_count(0)
